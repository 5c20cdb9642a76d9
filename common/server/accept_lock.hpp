#pragma once

#include <pthread.h>

#include <string_view>

#include "common/sys/fd.hpp"

namespace server {

/// What a worker holds while it accepts, so that the others do not sleep in accept(2): nothing, the
/// lock of a file, or a mutex in memory that forked children share. Systems on which a new client
/// woke every process that slept there needed one; Linux wakes one.
class AcceptLock {
public:
    /// range: "none" or empty, "file", "mutex"
    /// errors: throws std::system_error
    explicit AcceptLock(std::string_view kind);
    AcceptLock(const AcceptLock&) = delete;
    ~AcceptLock() = default;

    /// Held from its beginning to its end; not held, with the reason in `errno`, where a signal came
    /// before it was free, or it cannot be had.
    class [[nodiscard]] Held {
    public:
        explicit Held(AcceptLock& lock) noexcept : lock_{lock}, held_{lock.take()} {}
        Held(const Held&) = delete;
        ~Held() {
            if (held_) lock_.release();
        }
        [[nodiscard]] explicit operator bool() const noexcept { return held_; }

    private:
        AcceptLock& lock_;
        bool held_;
    };

private:
    [[nodiscard]] bool take() noexcept;
    void release() noexcept;

    sys::Fd file_;  // nameless; its lock belongs to a process, not to the descriptor: fcntl(2)
    pthread_mutex_t* mutex_ = nullptr;  // lasts as long as the process
};

}  // namespace server
