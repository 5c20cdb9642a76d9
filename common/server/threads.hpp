#pragma once

#include <pthread.h>

#include <functional>
#include <list>
#include <mutex>
#include <vector>

#include "common/server/service.hpp"
#include "common/sys/site.hpp"

namespace server {

/// The threads that serve beside the first one, which alone calls these functions.
class Threads {
public:
    Threads() = default;
    Threads(const Threads&) = delete;
    ~Threads();  ///< ends the process if any still runs: what they use is about to go

    [[nodiscard]] std::size_t count() const noexcept { return running_.size(); }

    /// Begins a thread that runs `serve`.
    /// errors: false and `errno`, pthread_create(3), ERRORS
    [[nodiscard]] bool start(std::function<void()> serve, sys::Site site = sys::Site::here());

    /// Joins those that have ended.
    void join_ended();

    /// Rouses and joins until none is left. One that does not end within its drain ends with the
    /// process.
    void finish(Service& service, sys::Site site = sys::Site::here());

private:
    struct Thread {
        Threads* among;
        std::function<void()> serve;
        pthread_t id;
        std::list<Thread>::iterator place;
    };
    static void* begin(void* thread);

    std::list<Thread> running_;
    std::mutex mutex_;
    std::vector<std::list<Thread>::iterator> ended_;  // by themselves, under the mutex
};

}  // namespace server
