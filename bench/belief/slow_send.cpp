#include <sys/socket.h>

#include <cstdlib>
#include <ctime>

// A server made slower by a known amount: preloaded (ld.so(8), LD_PRELOAD), this send(2)
// burns SLOW_SEND_NS nanoseconds of CPU before it sends.

namespace {

long now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);  // vdso(7): no system call
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

void burn() {
    static const char* const wanted = std::getenv("SLOW_SEND_NS");
    static const long burnt_ns = wanted == nullptr ? 0 : std::atol(wanted);
    const long end_ns = now_ns() + burnt_ns;
    while (now_ns() < end_ns) {
    }
}

}  // namespace

// With no address, sendto is send: send(2), DESCRIPTION.
extern "C" ssize_t send(int fd, const void* bytes, size_t size, int flags) {
    burn();
    return ::sendto(fd, bytes, size, flags, nullptr, 0);
}
