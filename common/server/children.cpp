#include "common/server/children.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

#include "common/server/main.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"

namespace server {
namespace {

constexpr std::uint64_t again_after_ms = 10;  // at first
constexpr std::uint64_t again_at_last_ms = 160;  // lest thousands keep each other from ending

}  // namespace

Children::Children(Service& service) : service_{service}, while_waiting_{sys::hear_of_children()} {}

pid_t Children::fork(sys::Site site) {
    const pid_t child = sys::fork(site);
    if (child > 0) running_.insert(child);
    return child;
}

int Children::wait(std::span<pollfd> watched, int timeout_ms, sys::Site site) {
    const int ready = sys::ppoll(watched, timeout_ms, while_waiting_, site);
    return ready < 0 ? service_.wait_failed("ppoll") : ready;
}

int Children::reap(sys::Site site) {
    int status = 0;
    int count = 0;
    for (; !running_.empty(); ++count) {
        const pid_t ended = sys::waitpid(-1, &status, WNOHANG, site);
        if (ended <= 0) break;
        running_.erase(ended);
        service_.worker_ended(status, sys::free_slot_of(ended));
    }
    return count;
}

void Children::finish(sys::Site site) {
    std::uint64_t pause_ms = again_after_ms;
    for (reap(site); !running_.empty(); reap(site)) {
        for (const pid_t child : running_) sys::rouse(child, service_.overdue(), site);
        if (sys::nanosleep_ms(pause_ms, site) < 0) fatal_if_ours("nanosleep");
        pause_ms = std::min(2 * pause_ms, again_at_last_ms);
        service_.woke(0);
    }
}

}  // namespace server
