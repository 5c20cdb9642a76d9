#pragma once

#include <cerrno>
#include <cstdint>

#include "common/sys/page.hpp"
#include "common/sys/site.hpp"
#include "common/sys/trace.hpp"

/// How the seam counts: a row of the statistics page for every call site.
namespace sys {

inline constexpr bool counting_built_in = IOLAB_COUNT_CALLS;

/// Where this thread counts this call: one table look-up, a few nanoseconds.
///
/// call  the man page's name, a literal
[[nodiscard]] Row& row_for(const char* call, Site site) noexcept;

/// This thread's share of what the server as a whole does.
[[nodiscard]] ServerCounters& counters() noexcept;

/// Maps the page, in which nothing is counted yet. An empty path maps a page that
/// nobody else can see.
/// errors: throws std::system_error
void map_page(const char* path);

/// Gives the slot of a forked child back that has ended; its totals stay in the page, and whom it
/// took in and did not let go is counted out there.
/// result: how many those were
std::uint64_t free_slot_of(int child) noexcept;

/// Counts into the mapped page from now on, and records into the mapped ring where there is one;
/// what was called before is in neither.
void start_counting() noexcept;

/// CLOCK_MONOTONIC in nanoseconds.
[[nodiscard]] std::uint64_t monotonic_ns() noexcept;

/// What the calling thread has used of CPUs, in nanoseconds. To ask enters the kernel, and is no
/// call that counts: clock_gettime(2), CLOCK_THREAD_CPUTIME_ID.
[[nodiscard]] std::uint64_t thread_cpu_ns() noexcept;

/// What a result other than an error says.
enum class Result { status, bytes };

/// Notes the outcome of one entry into the kernel; leaves `errno` alone.
inline void note(Row& row, Result meaning, std::int64_t result) noexcept {
    add(row.calls);
    if (result >= 0) {
        if (meaning == Result::bytes) add(row.bytes, static_cast<std::uint64_t>(result));
    } else if (errno == EAGAIN) {
        add(row.would_block);
    } else if (errno == EINTR) {
        add(row.interrupted);
    } else {
        add(row.errors);
    }
}

/// Makes one system call and counts it under its call site.
template <Result meaning = Result::status, class Attempt>
auto counted_only(const char* call, Site site, Attempt attempt) noexcept {
    const std::uint64_t started_ns = site.sleeps ? monotonic_ns() : 0;
    const auto result = attempt();
    Row& row = row_for(call, site);
    note(row, meaning, result);
    if (site.sleeps) add(row.asleep_ns, monotonic_ns() - started_ns);
    return result;
}

/// Makes one system call and records it, with start and duration.
template <class Attempt>
auto traced(const char* call, Site site, int fd, Attempt attempt) noexcept {
    const std::uint64_t start_ns = monotonic_ns();
    const auto result = attempt();
    const std::uint64_t duration_ns = monotonic_ns() - start_ns;
    record(call, site, {start_ns, duration_ns, result < 0 ? -std::int64_t{errno} : result, fd});
    return result;
}

/// Counts and records: seldom wanted, so it stands apart from the way of every call.
template <Result meaning, class Attempt>
[[gnu::cold, gnu::noinline]] auto counted_and_traced(const char* call, Site site, int fd,
                                                     Attempt attempt) noexcept {
    return counted_only<meaning>(call, site, [&] { return traced(call, site, fd, attempt); });
}

/// The descriptor of a call that is about none, or about many.
inline constexpr int no_fd = -1;

/// Makes one system call, counts it and, while a trace is kept, records it.
///
/// fd  the descriptor that it is about
template <Result meaning = Result::status, class Attempt>
auto counted(const char* call, Site site, int fd, Attempt attempt) noexcept {
    if constexpr (!counting_built_in) {
        return attempt();
    } else {
        if (tracing()) [[unlikely]]
            return counted_and_traced<meaning>(call, site, fd, attempt);
        return counted_only<meaning>(call, site, attempt);
    }
}

}  // namespace sys
