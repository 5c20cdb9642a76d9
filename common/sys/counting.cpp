#include "common/sys/counting.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <string_view>
#include <system_error>

namespace sys {
namespace {

Page* page = nullptr;  // the statistics page of this process
Page* mapped = nullptr;  // the same, before counting starts

// Where calls go that cannot be counted: before start_counting, or with all slots taken.
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

/// Gives the slot back when the thread ends; its totals stay in the page.
struct Release {
    ~Release() {
        if (local.slot != nullptr && local.slot != &nowhere) local.slot->owner.store(0);
        local = {};
    }
};

Slot* claim_slot() noexcept {
    if (page == nullptr) return &nowhere;
    const auto self = static_cast<std::uint32_t>(gettid());
    for (Slot& slot : page->slot) {
        std::uint32_t free = 0;
        if (slot.owner.compare_exchange_strong(free, self)) return &slot;
    }
    page->lost_rows.fetch_add(1, std::memory_order_relaxed);
    return &nowhere;
}

Slot& slot() noexcept {
    if (local.slot == nullptr) {
        thread_local Release release;
        local.slot = claim_slot();
    }
    return *local.slot;
}

template <std::size_t size>
void copy_end(std::array<char, size>& to, std::string_view text) noexcept {
    if (text.size() >= size) text.remove_prefix(text.size() - (size - 1));
    std::memcpy(to.data(), text.data(), text.size());
    to[text.size()] = '\0';
}

template <std::size_t size>
bool ends_as(const std::array<char, size>& name, std::string_view text) noexcept {
    if (text.size() >= size) text.remove_prefix(text.size() - (size - 1));
    return text == name.data();
}

/// Finds the row of a site in this thread's slot, or names a free one. A signal
/// handler may come in between, so a row is claimed before it is named.
Row& find_row(Slot& in, const char* call, Site site) noexcept {
    for (Row& row : in.rows) {
        std::uint32_t free = 0;
        if (row.used.compare_exchange_strong(free, 1)) {
            row.line = static_cast<std::uint32_t>(site.line);
            copy_end(row.file, site.file);
            copy_end(row.call, call);
            row.used.store(2, std::memory_order_release);
            return row;
        }
        if (row.used.load(std::memory_order_acquire) == 2 &&
            row.line == static_cast<std::uint32_t>(site.line) && ends_as(row.call, call) &&
            ends_as(row.file, site.file)) {
            return row;
        }
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
    int fd = -1;
    int flags = MAP_SHARED | MAP_ANONYMOUS;
    if (*path != '\0') {
        fd = ::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        // Allocated, not only sized: a disk that fills later must not end the server.
        const int error = fd < 0 ? errno : ::posix_fallocate(fd, 0, sizeof(Page));
        if (error != 0) {
            if (fd >= 0) ::close(fd);
            throw std::system_error{error, std::generic_category(), path};
        }
        flags = MAP_SHARED;
    }
    void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, flags, fd, 0);
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (memory == MAP_FAILED) throw std::system_error{error, std::generic_category(), "mmap"};

    // Fresh pages are zero, and all-zero is the state of an unused Page: it is
    // begun in place, without touching the megabytes that nobody uses yet.
    mapped = static_cast<Page*>(memory);
    mapped->version = page_version;
    mapped->size_bytes = sizeof(Page);
    mapped->slots = max_slots;
    mapped->rows = max_rows;
    mapped->pid = static_cast<std::uint32_t>(getpid());
    mapped->magic = page_magic;
    pthread_atfork(nullptr, nullptr, after_fork_in_child);
}

void start_counting() noexcept {
    page = mapped;
    local = {};
}

std::uint64_t monotonic_ns() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace sys
