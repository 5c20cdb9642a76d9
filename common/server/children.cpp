#include "common/server/children.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <new>
#include <utility>

#include "common/server/main.hpp"
#include "common/server/rousing.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"

namespace server {

Children::Children(Service& service) : service_{service}, while_waiting_{sys::hear_of_children()} {}

pid_t Children::fork(sys::Site site) {
    // Its place first: a child that there is and nobody knows of would stay as a zombie.
    constexpr pid_t nobody = 0;
    try {
        running_.insert(nobody);
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        service_.worker_missing();
        return -1;
    }
    const pid_t child = sys::fork(site);
    const int error = errno;
    auto place = running_.extract(nobody);
    place.value() = child;
    if (child > 0) running_.insert(std::move(place));
    errno = error;
    if (child < 0) service_.worker_missing();
    if (child == 0) service_.becomes_worker();
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
        service_.worker_ended(status, sys::free_slot_of(ended), running_.size());
    }
    return count;
}

void Children::finish(sys::Site site) {
    const auto any_left = [&] {
        reap(site);
        return !running_.empty();
    };
    const auto rouse = [&] {
        for (const pid_t child : running_) sys::rouse(child, service_.overdue(), site);
    };
    rouse_until_none(service_, any_left, rouse, site);
}

}  // namespace server
