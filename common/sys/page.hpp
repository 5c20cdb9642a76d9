#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "common/sys/call_site.hpp"

/// The statistics page: a file mapped shared, in which a server counts and from
/// which anybody else may read while it runs, and after it has ended.
///
/// The layout is fixed and versioned: adding a field at the end of a struct's
/// spare room keeps the version, anything else raises it. All counters are
/// 64-bit, monotonic, written with relaxed stores by one thread each, the owner of the slot; in the
/// last slot by all who found no other. A reader sees every value whole, and values of one moment
/// only as far as the reader's two glances are apart.
namespace sys {

inline constexpr std::array<char, 8> page_magic{'i', 'o', 'l', 'a', 'b', 'p', 'g', '\0'};
inline constexpr std::uint32_t page_version = 1;
inline constexpr std::size_t max_slots = 256;  ///< threads that count apart, and the rest together
inline constexpr std::size_t max_rows = 64;  ///< call sites a thread may have

using Counter = std::atomic<std::uint64_t>;
static_assert(Counter::is_always_lock_free);

/// Where the slot begins that several threads write to at once; nowhere without a page.
inline constinit std::atomic<std::uintptr_t> shared_slot{~std::uintptr_t{0}};

/// One more: by the counter's only writer a plain add, without a locked instruction.
inline void add(Counter& counter, std::uint64_t amount = 1) noexcept {
    if (reinterpret_cast<std::uintptr_t>(&counter) >= shared_slot.load(std::memory_order_relaxed))
        [[unlikely]] {
        counter.fetch_add(amount, std::memory_order_relaxed);
    } else {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
}

/// A call site, and what is counted there.
struct alignas(64) Row : CallSite {
    Counter calls;  ///< how often the kernel was entered
    Counter bytes;  ///< moved, in either direction
    Counter would_block;  ///< EAGAIN
    Counter interrupted;  ///< EINTR
    Counter errors;  ///< every other failure
    Counter asleep_ns;  ///< wall time inside calls that sleep
};
static_assert(sizeof(Row) == 128);

/// Reply statuses that have a counter of their own; the last is for all others.
inline constexpr std::array<std::uint16_t, 16> counted_statuses{
    200, 301, 400, 403, 404, 405, 408, 413, 414, 417, 431, 500, 501, 503, 505, 0};

/// Upper bounds of the events-per-wake-up histogram; the last bin has none.
inline constexpr std::array<std::uint16_t, 12> event_bins{0,  1,  2,   4,   8,   16,
                                                          32, 64, 128, 256, 512, 0xffff};

/// What a server does, one set a thread.
struct alignas(64) ServerCounters {
    Counter accepted;  ///< clients taken in
    Counter closed;  ///< clients let go; open now = accepted - closed
    Counter refused;  ///< told 503, or closed at a wall
    Counter timed_out;  ///< deadlines that passed
    Counter requests;  ///< whole requests answered, errors not among them
    Counter accept_pauses;  ///< times accepting stopped for want of descriptors
    Counter wakeups;  ///< returns from the wait
    Counter events;  ///< events reported by them
    Counter wasted_wakeups;  ///< reported events, yet no client was taken in, settled or let go
    Counter log_dropped;  ///< log lines lost to a full or broken stdout
    std::array<Counter, counted_statuses.size()> replies;
    std::array<Counter, event_bins.size()> events_per_wakeup;
};

/// Everything one thread counts. Slots are pooled: a thread that ends gives its
/// slot back with the totals in it, the next one goes on adding. The last slot has no
/// owner: all who find no other count there at once.
struct alignas(64) Slot {
    std::atomic<std::uint32_t> owner;  ///< thread id, 0 when free
    ServerCounters server;
    std::array<Row, max_rows> rows;
};

struct alignas(64) Page {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t size_bytes;  ///< of the whole page
    std::uint32_t slots;
    std::uint32_t rows;  ///< a slot
    std::uint32_t pid;
    std::uint32_t reserved;
    Counter lost_rows;  ///< not 0: calls are missing, for want of a row or a slot
    std::array<Slot, max_slots> slot;
};

}  // namespace sys
