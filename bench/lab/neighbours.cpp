#include "bench/lab/neighbours.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace lab {
namespace {

// In a directory that all may write to, another user's file must be opened without O_CREAT:
// proc_sys_fs(5), protected_regular.
int open_lock(const char* path) noexcept {
    const int there = ::open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (there >= 0) return there;
    const int fresh = ::open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fresh < 0) return ::open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ::fchmod(fresh, 0644);  // whatever the umask: others read it
    return fresh;
}

}  // namespace

Neighbours::Neighbours(const char* path) noexcept : lock_{open_lock(path)} {
    if (lock_) ::flock(lock_.get(), LOCK_SH | LOCK_NB);
}

bool Neighbours::others() noexcept {
    if (!lock_) return false;
    const bool alone = ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0;
    ::flock(lock_.get(), LOCK_SH | LOCK_NB);  // a failed change of a lock loses the one there was
    return !alone;
}

}  // namespace lab
