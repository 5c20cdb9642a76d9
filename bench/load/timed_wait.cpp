#include "bench/load/timed_wait.hpp"

#include <poll.h>
#include <time.h>

#include <cerrno>

#include "bench/load/clock.hpp"

namespace load {

int TimedWait::operator()(int epoll, std::span<epoll_event> events,
                          std::uint64_t left_ns) noexcept {
    const auto size = static_cast<int>(events.size());
    const timespec left{.tv_sec = static_cast<time_t>(left_ns / second_ns),
                        .tv_nsec = static_cast<long>(left_ns % second_ns)};
    if (has_pwait2_) {
        const int ready = ::epoll_pwait2(epoll, events.data(), size, &left, nullptr);
        has_pwait2_ = ready >= 0 || (errno != ENOSYS && errno != EPERM);
        if (has_pwait2_) return ready;
    }
    pollfd any{.fd = epoll, .events = POLLIN, .revents = 0};
    const int ready = ::ppoll(&any, 1, &left, nullptr);
    if (ready <= 0) return ready;
    return ::epoll_wait(epoll, events.data(), size, 0);
}

}  // namespace load
