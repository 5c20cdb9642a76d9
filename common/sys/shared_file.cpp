#include "common/sys/shared_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sys {

void* map_shared(const char* path, std::size_t size_bytes) {
    int fd = -1;
    int flags = MAP_SHARED | MAP_ANONYMOUS;
    if (*path != '\0') {
        fd = ::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        // Allocated, not only sized: a disk that fills later must not end the server.
        const int error = fd < 0 ? errno : ::posix_fallocate(fd, 0, static_cast<off_t>(size_bytes));
        if (error != 0) {
            if (fd >= 0) ::close(fd);
            throw std::system_error{error, std::generic_category(), path};
        }
        flags = MAP_SHARED;
    }
    void* memory = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (memory == MAP_FAILED) throw std::system_error{error, std::generic_category(), "mmap"};
    return memory;
}

}  // namespace sys
