#include <sys/socket.h>

#include <cstdlib>
#include <ctime>

// A server made slower by a known share: preloaded (ld.so(8), LD_PRELOAD), this send(2) burns
// SLOW_SEND_PERCENT of the CPU time that the thread has needed from one send to the next. It
// measures that as it goes, so the share is the same whatever the machine does to the rest.

namespace {

constexpr int sends_a_look = 512;  ///< a look at the CPU clock is a system call

long now_ns(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

/// Burns for that long, and as long again as it takes to read the clock, vdso(7).
void burn(long length_ns) {
    const long end_ns = now_ns(CLOCK_MONOTONIC) + length_ns;
    while (now_ns(CLOCK_MONOTONIC) < end_ns) {
    }
}

/// What a burn takes beyond its length.
long reading_ns() {
    constexpr int burns = 1000;
    const long begin_ns = now_ns(CLOCK_MONOTONIC);
    for (int count = 0; count < burns; ++count) burn(0);
    return (now_ns(CLOCK_MONOTONIC) - begin_ns) / burns;
}

double share() {
    const char* const percent = std::getenv("SLOW_SEND_PERCENT");
    return percent == nullptr ? 0 : std::atof(percent) / 100;
}

/// One thread's.
class Brake {
public:
    void before_send() {
        if (++sends_ == sends_a_look) look();
        if (burnt_ns_ > 0) burn(burnt_ns_ - reading_ns_);
    }

private:
    // Of the time since the last look, what was not burnt is the server's own.
    void look() {
        const long cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
        const long own_ns = (cpu_ns - looked_ns_) / sends_ - burnt_ns_;
        burnt_ns_ = static_cast<long>(static_cast<double>(own_ns) * share_);
        looked_ns_ = cpu_ns;
        sends_ = 0;
    }

    const double share_ = share();
    const long reading_ns_ = reading_ns();
    long looked_ns_ = now_ns(CLOCK_THREAD_CPUTIME_ID);
    long burnt_ns_ = 0;  ///< before each send
    int sends_ = 0;
};

}  // namespace

// With no address, sendto is send: send(2), DESCRIPTION.
extern "C" ssize_t send(int fd, const void* bytes, size_t size, int flags) {
    thread_local Brake brake;
    brake.before_send();
    return ::sendto(fd, bytes, size, flags, nullptr, 0);
}
