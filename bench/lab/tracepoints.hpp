#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/sys/fd.hpp"

/// System calls of a server that does not count them itself, from the kernel's tracepoints.
namespace lab {

/// Calls so far, by the name that a programmer writes: `recv` for the kernel's recvfrom, `select`
/// for its pselect6. `other` has those without a name here.
using CallCounts = std::map<std::string, std::uint64_t>;

/// Counts the system calls of some processes, of all their threads, and of what these start.
///
/// A tracepoint that is open slows every system call of the machine a little and those of the
/// traced processes more, and closing it waits for the kernel: keep it out of measured windows.
///
/// ownership  counting ends with it.
/// source     perf_event_open(2), PERF_TYPE_TRACEPOINT and inherit.
class CallTracer {
public:
    /// Counts from now on, unless `refusal` says why not. Call while the processes start no
    /// threads: one that begins meanwhile may be missed.
    explicit CallTracer(const std::vector<pid_t>& pids);

    /// Why nothing is counted: no right to, no tracefs. Empty: it counts.
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

    [[nodiscard]] CallCounts read() const;

private:
    struct Counter {
        std::string_view name;  ///< empty: of all calls
        sys::Fd event;
    };

    [[nodiscard]] std::string open(const std::vector<pid_t>& pids);

    std::string refusal_;
    std::vector<Counter> counters_;
};

/// The growth from `before` to `after` over `requests`; calls that did not occur are left out.
[[nodiscard]] std::map<std::string, double> calls_per_request(const CallCounts& before,
                                                              const CallCounts& after,
                                                              std::uint64_t requests);

}  // namespace lab
