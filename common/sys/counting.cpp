#include "common/sys/counting.hpp"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "common/sys/shared_file.hpp"

namespace sys {
namespace {

Page* page = nullptr;  // the statistics page of this process
Page* mapped = nullptr;  // the same, before counting starts

// Where calls go that cannot be counted: before start_counting.
Slot nowhere;

/// One call site's row, remembered by the thread that last used it.
struct Remembered {
    const char* file;
    const char* call;
    int line;
    Row* row;
};

constexpr std::size_t remembered_sites = 128;  // a power of two

struct Local {
    Slot* slot;
    Remembered sites[remembered_sites];
};

constinit thread_local Local local{};

/// Gives the slot back when the thread ends; its totals stay in the page. A key and no destructor of
/// something `thread_local`: one of those is registered in memory from the heap, and where there is
/// none the process ends. The first keys of a program have their places in the thread.
pthread_key_t at_end_of_thread;

void give_slot_back(void* slot) noexcept {
    static_cast<Slot*>(slot)->owner.store(0);
    local = {};
}

/// Where all count who have no slot of their own.
Slot& last_slot() noexcept {
    return page->slot.back();
}

Slot* claim_slot() noexcept {
    if (page == nullptr) return &nowhere;
    const auto self = static_cast<std::uint32_t>(gettid());
    for (Slot& slot : page->slot) {
        std::uint32_t free = 0;
        if (&slot == &last_slot()) break;
        // Looked at first: even an exchange that fails writes, and a slot has pages of its own.
        if (slot.owner.load(std::memory_order_relaxed) != free) continue;
        if (slot.owner.compare_exchange_strong(free, self)) return &slot;
    }
    return &last_slot();
}

Slot& slot() noexcept {
    if (local.slot == nullptr) {
        local.slot = claim_slot();
        if (page != nullptr && local.slot != &last_slot())
            pthread_setspecific(at_end_of_thread, local.slot);
    }
    return *local.slot;
}

/// Finds the row of a site in this thread's slot, or names a free one.
Row& find_row(Slot& in, const char* call, Site site) noexcept {
    for (Row& row : in.rows) {
        if (bears(row, call, site)) return row;
    }
    if (page != nullptr) page->lost_rows.fetch_add(1, std::memory_order_relaxed);
    return nowhere.rows[0];
}

std::size_t place(const char* call, Site site) noexcept {
    const auto file = reinterpret_cast<std::uintptr_t>(site.file);
    const auto name = reinterpret_cast<std::uintptr_t>(call);
    return (file ^ (name >> 2) ^ static_cast<std::uintptr_t>(site.line) * 7) &
           (remembered_sites - 1);
}

/// A forked child shares the page but not its parent's slot.
void after_fork_in_child() noexcept {
    local = {};
}

}  // namespace

Row& row_for(const char* call, Site site) noexcept {
    Remembered& known = local.sites[place(call, site)];
    if (known.file == site.file && known.line == site.line && known.call == call) {
        return *known.row;
    }
    Row& row = find_row(slot(), call, site);
    if (&row != &nowhere.rows[0]) known = {site.file, call, site.line, &row};
    return row;
}

ServerCounters& counters() noexcept {
    return slot().server;
}

void map_page(const char* path) {
    // Fresh pages are zero, and all-zero is the state of an unused Page: it is
    // begun in place, without touching the megabytes that nobody uses yet.
    mapped = static_cast<Page*>(map_shared(path, sizeof(Page)));
    mapped->version = page_version;
    mapped->size_bytes = sizeof(Page);
    mapped->slots = max_slots;
    mapped->rows = max_rows;
    mapped->pid = static_cast<std::uint32_t>(getpid());
    mapped->magic = page_magic;
    pthread_atfork(nullptr, nullptr, after_fork_in_child);
}

std::uint64_t free_slot_of(int child) noexcept {
    for (Slot& slot : page->slot) {
        auto owner = static_cast<std::uint32_t>(child);
        if (slot.owner.load(std::memory_order_relaxed) != owner) continue;
        // One who lets go whom another took in has the larger count here.
        const std::uint64_t accepted = slot.server.accepted.load(std::memory_order_relaxed);
        const std::uint64_t closed = slot.server.closed.load(std::memory_order_relaxed);
        const std::uint64_t left = accepted > closed ? accepted - closed : 0;
        add(slot.server.closed, left);
        slot.owner.compare_exchange_strong(owner, 0);
        return left;
    }
    return 0;
}

void start_counting() noexcept {
    [[maybe_unused]] static const int made = pthread_key_create(&at_end_of_thread, give_slot_back);
    page = mapped;
    shared_slot.store(reinterpret_cast<std::uintptr_t>(&last_slot()));
    local = {};
    start_tracing();
}

namespace {

std::uint64_t now_ns(clockid_t clock) noexcept {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::uint64_t monotonic_ns() noexcept {
    return now_ns(CLOCK_MONOTONIC);
}

std::uint64_t thread_cpu_ns() noexcept {
    return now_ns(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace sys
