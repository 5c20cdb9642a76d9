#include "common/server/threads.hpp"

#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "common/server/main.hpp"
#include "common/server/rousing.hpp"
#include "common/sys/calls.hpp"

namespace server {

void* Threads::begin(void* argument) {
    Thread& thread = *static_cast<Thread*>(argument);
    Threads& all = *thread.among;
    try {
        thread.serve(*thread.service);
    } catch (const std::exception&) {
        // Short of memory: its clients are gone, and nobody else notices.
    }
    thread.service.reset();
    const std::lock_guard guard{all.mutex_};
    thread.next_ended = std::exchange(all.ended_, &thread);
    return nullptr;
}

Threads::~Threads() {
    if (!running_.empty()) sys::exit_now(1);
}

bool Threads::start(std::function<void(Service&)> serve, sys::Site site) {
    try {
        std::unique_ptr<Service> service{new Service{house_.for_worker()}};
        running_.push_front({this, std::move(serve), std::move(service), {}, {}, nullptr});
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        house_.worker_missing();
        return false;
    }
    Thread& thread = running_.front();
    thread.place = running_.begin();
    if (sys::pthread_create(&thread.id, begin, &thread, site) == 0) return true;
    const int error = errno;
    running_.pop_front();
    errno = error;
    house_.worker_missing();
    return false;
}

void Threads::join_ended() {
    Thread* next = nullptr;
    {
        const std::lock_guard guard{mutex_};
        next = std::exchange(ended_, nullptr);
    }
    while (next != nullptr) {
        const Thread& thread = *std::exchange(next, next->next_ended);
        if (sys::pthread_join(thread.id) < 0) fatal("pthread_join");
        running_.erase(thread.place);
    }
}

void Threads::finish(sys::Site site) {
    const auto any_left = [this] {
        join_ended();
        return !running_.empty();
    };
    const auto rouse = [&] {
        if (house_.overdue()) sys::exit_now(house_.exit_code());
        for (const Thread& thread : running_) sys::rouse_thread(thread.id);
    };
    rouse_until_none(house_, any_left, rouse, site);
}

}  // namespace server
