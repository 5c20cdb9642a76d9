#pragma once

#include <pthread.h>

#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "common/server/service.hpp"
#include "common/sys/site.hpp"

namespace server {

/// The threads that serve beside the first one, which alone calls these functions.
class Threads {
public:
    /// ownership: `house` outlives them
    explicit Threads(Service& house) noexcept : house_{house} {}
    Threads(const Threads&) = delete;
    ~Threads();  ///< ends the process if any still runs: what they use is about to go

    [[nodiscard]] std::size_t count() const noexcept { return running_.size(); }

    /// Begins a thread that runs `serve`, with a service of its own.
    /// errors: false and `errno`, pthread_create(3), ERRORS; ENOMEM
    [[nodiscard]] bool start(std::function<void(Service&)> serve,
                             sys::Site site = sys::Site::here());

    /// Joins those that have ended.
    void join_ended();

    /// Rouses and joins until none is left. One that does not end within its drain ends with the
    /// process.
    void finish(sys::Site site = sys::Site::here());

private:
    struct Thread {
        Threads* among;
        std::function<void(Service&)> serve;
        std::unique_ptr<Service> service;
        pthread_t id;
        std::list<Thread>::iterator place;
        Thread* next_ended;
    };
    static void* begin(void* thread);

    Service& house_;
    std::list<Thread> running_;
    std::mutex mutex_;
    Thread* ended_ = nullptr;  // put there by themselves, under the mutex
};

}  // namespace server
