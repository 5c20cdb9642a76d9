#include "common/sys/shared_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sys {
namespace {

/// Empties a file, or makes one, of that size. The lock, which lasts as long as the process, keeps
/// others from emptying it again under the mapping: that would end us by SIGBUS.
int claim(const char* path, std::size_t size_bytes) {
    const int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    int error = fd < 0 || ::flock(fd, LOCK_EX | LOCK_NB) < 0 || ::ftruncate(fd, 0) < 0 ? errno : 0;
    // Allocated, not only sized: a disk that fills later must not end the server.
    if (error == 0) error = ::posix_fallocate(fd, 0, static_cast<off_t>(size_bytes));
    if (error == 0) return fd;
    if (fd >= 0) ::close(fd);
    throw FileError{error, path};
}

}  // namespace

void* map_shared(const char* path, std::size_t size_bytes) {
    const bool named = *path != '\0';
    const int fd = named ? claim(path, size_bytes) : -1;
    const int flags = named ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
    void* memory = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (memory == MAP_FAILED) throw FileError{errno, named ? path : "shared memory"};
    return memory;
}

}  // namespace sys
