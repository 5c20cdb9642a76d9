#include "common/server/accept_lock.hpp"

#include <cerrno>
#include <system_error>

#include "common/server/main.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/shared_file.hpp"

namespace server {
namespace {

/// Robust: a worker that is killed while it holds the mutex leaves it to the next one, who is told.
/// pthread_mutexattr_setrobust(3)
pthread_mutex_t* shared_mutex() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    auto* mutex = static_cast<pthread_mutex_t*>(sys::map_shared("", sizeof(pthread_mutex_t)));
    ::pthread_mutex_init(mutex, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
    return mutex;
}

}  // namespace

AcceptLock::AcceptLock(std::string_view kind) {
    if (kind == "mutex") mutex_ = shared_mutex();
    if (kind != "file") return;
    file_ = sys::Fd{sys::memfd_create("accept-lock")};
    if (!file_) throw std::system_error{errno, std::generic_category(), "memfd_create"};
}

bool AcceptLock::take() noexcept {
    if (mutex_ != nullptr) {
        const int error = ::pthread_mutex_lock(mutex_);
        if (error == EOWNERDEAD) ::pthread_mutex_consistent(mutex_);
        errno = error;
        return error == 0 || error == EOWNERDEAD;
    }
    if (!file_ || sys::lock_file(file_.get(), true, sys::sleeping()) == 0) return true;
    fatal_if_ours("fcntl");
    return false;
}

void AcceptLock::release() noexcept {
    if (mutex_ != nullptr) ::pthread_mutex_unlock(mutex_);
    if (file_ && sys::lock_file(file_.get(), false) != 0) fatal_if_ours("fcntl");
}

}  // namespace server
