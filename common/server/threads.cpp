#include "common/server/threads.hpp"

#include <cerrno>
#include <exception>
#include <utility>

#include "common/server/main.hpp"
#include "common/server/rousing.hpp"
#include "common/sys/calls.hpp"

namespace server {

void* Threads::begin(void* argument) {
    Thread& thread = *static_cast<Thread*>(argument);
    Threads& all = *thread.among;
    try {
        thread.serve();
    } catch (const std::exception&) {
        // Short of memory: its client is gone, and nobody else notices.
    }
    const std::lock_guard guard{all.mutex_};
    all.ended_.push_back(thread.place);
    return nullptr;
}

Threads::~Threads() {
    if (!running_.empty()) sys::exit_now(1);
}

bool Threads::start(std::function<void()> serve, sys::Site site) {
    running_.push_front({this, std::move(serve), {}, {}});
    Thread& thread = running_.front();
    thread.place = running_.begin();
    if (sys::pthread_create(&thread.id, begin, &thread, site) == 0) return true;
    const int error = errno;
    running_.pop_front();
    errno = error;
    return false;
}

void Threads::join_ended() {
    std::vector<std::list<Thread>::iterator> ended;
    {
        const std::lock_guard guard{mutex_};
        ended.swap(ended_);
    }
    for (const auto thread : ended) {
        if (sys::pthread_join(thread->id) < 0) fatal("pthread_join");
        running_.erase(thread);
    }
}

void Threads::finish(Service& service, sys::Site site) {
    const auto any_left = [this] {
        join_ended();
        return !running_.empty();
    };
    const auto rouse = [&] {
        if (service.overdue()) sys::exit_now(service.exit_code());
        for (const Thread& thread : running_) sys::rouse_thread(thread.id);
    };
    rouse_until_none(service, any_left, rouse, site);
}

}  // namespace server
