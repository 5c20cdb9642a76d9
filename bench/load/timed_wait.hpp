#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

namespace load {

/// Waits at an epoll instance, with a time-out to the nanosecond on every kernel.
///
/// Linux has epoll_pwait2(2) since 5.11, and an old container's filter refuses what it does not
/// know with EPERM. Where it is not to be had, ppoll(2) sleeps in its place, on the epoll
/// descriptor, and epoll_wait(2) then takes the events without sleeping: a call more for each
/// sleep, and arrivals that are as exact as before. epoll_wait's own whole milliseconds would let
/// requests go out a millisecond late.
class TimedWait {
public:
    /// result, errors: as epoll_wait(2)
    int operator()(int epoll, std::span<epoll_event> events, std::uint64_t left_ns) noexcept;

private:
    bool has_pwait2_ = true;  ///< as far as is known
};

}  // namespace load
