#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/types.h>

#include <set>

#include "common/server/service.hpp"
#include "common/sys/site.hpp"

namespace server {

/// The processes that serve beside the first one, which alone calls these functions.
class Children {
public:
    /// From now on a child that ends is heard of in `wait`, and nowhere else.
    explicit Children(Service& service);

    [[nodiscard]] std::size_t count() const noexcept { return running_.size(); }

    /// Forks. errors: -1 and `errno`, fork(2), ERRORS
    /// result: 0 in the child
    [[nodiscard]] pid_t fork(sys::Site site = sys::Site::here());

    /// Sleeps until one of `watched` is ready, a child has ended, a signal came or the time is up.
    /// result: how many are ready
    [[nodiscard]] int wait(std::span<pollfd> watched, int timeout_ms,
                           sys::Site site = sys::sleeping());

    /// Waits for those that have ended, lest they stay as zombies: wait(2), NOTES.
    /// result: how many there were
    int reap(sys::Site site = sys::Site::here());

    /// Rouses and reaps until none is left. One that does not end within its drain is killed.
    void finish(sys::Site site = sys::Site::here());

private:
    Service& service_;
    sigset_t while_waiting_{};
    std::set<pid_t> running_;
};

}  // namespace server
