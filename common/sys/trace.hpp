#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "common/sys/call_site.hpp"
#include "common/sys/page.hpp"

/// The trace: a file mapped shared, in which a server notes every call that it counts, with start
/// and duration, and from which anybody else may read while it runs, and after it has ended.
///
/// The layout is fixed and versioned as that of the statistics page. The records are a ring: the
/// newest calls overwrite the oldest. All threads and forked children write to it at once, and a
/// signal handler may write in the middle of a record.
namespace sys {

inline constexpr std::array<char, 8> trace_magic{'i', 'o', 'l', 'a', 'b', 't', 'r', '\0'};
inline constexpr std::uint32_t trace_version = 2;
inline constexpr std::size_t max_traced_sites = 256;
inline constexpr std::size_t ring_records = 65'536;

/// Set in a record's sequence while it is written.
inline constexpr std::uint64_t half_written = std::uint64_t{1} << 63;

/// One call. Its sequence is written last, and no value of it comes twice: what a reader finds
/// the same at two looks, and not half-written, is whole.
struct alignas(64) Record {
    Counter sequence;  ///< 0: never used; otherwise which call this is, from 1, by their ends
    std::uint64_t start_ns;
    std::uint64_t duration_ns;
    std::int64_t result;  ///< of a call that failed: its errno, negative
    std::int32_t fd;  ///< the descriptor it was about; -1 for none
    std::uint32_t thread;  ///< gettid(2)
    std::uint32_t process;  ///< getpid(2)
    std::uint32_t site;  ///< an index of `Ring::site`
    std::uint32_t may_sleep;  ///< 1 on a line where the thread may sleep, 0 elsewhere
};
static_assert(sizeof(Record) == 64);

struct alignas(64) Ring {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t size_bytes;  ///< of the whole ring
    std::uint32_t sites;
    std::uint32_t records;
    std::uint32_t pid;  ///< of the first process
    std::uint32_t clock;  ///< of the times: CLOCK_MONOTONIC
    alignas(64) Counter calls;  ///< recorded in all; record n is at (n - 1) % records
    Counter lost;  ///< not recorded, for want of room in the table of sites
    std::array<CallSite, max_traced_sites> site;
    std::array<Record, ring_records> record;
};

/// Maps the ring, in which nothing is recorded yet.
/// errors: throws std::system_error
void map_trace(const char* path);

/// Records into the mapped ring from now on; without one, nothing.
void start_tracing() noexcept;

/// Where calls are recorded; null while they are not.
extern std::atomic<Ring*> ring;

[[nodiscard]] inline bool tracing() noexcept {
    return ring.load(std::memory_order_relaxed) != nullptr;
}

/// What is known of one call when it has returned.
struct Traced {
    std::uint64_t start_ns;
    std::uint64_t duration_ns;
    std::int64_t result;  ///< of a call that failed: its errno, negative
    int fd;
};

/// Records one call; leaves `errno` alone, and may be called by a signal handler.
/// range: only while `tracing()`
void record(const char* call, Site site, const Traced& traced) noexcept;

}  // namespace sys
