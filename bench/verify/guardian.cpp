#include "bench/verify/guardian.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>

namespace verify {
namespace {

sigset_t child_signal() noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGCHLD);
    return set;
}

// The harness has sockets, files and perhaps a terminal open; none of them is ours to hold.
void keep_only(int one, int other) noexcept {
    const auto low = static_cast<unsigned>(std::min(one, other));
    const auto high = static_cast<unsigned>(std::max(one, other));
    ::syscall(SYS_close_range, 0u, low - 1, 0u);
    if (high > low + 1) ::syscall(SYS_close_range, low + 1, high - 1, 0u);
    ::syscall(SYS_close_range, high + 1, ~0u, 0u);
    const int null = ::open("/dev/null", O_RDWR);
    while (null >= 0 && null < 2 && ::dup(null) < 2) {
    }
}

void tell(int news, int number) noexcept {
    [[maybe_unused]] const ssize_t written = ::write(news, &number, sizeof number);
}

// The kernel's list of this process's children; a very long one comes in several turns.
std::size_t children(std::array<pid_t, 512>& pids) noexcept {
    std::array<char, 4096> text{};
    const int file = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    const ssize_t size = file < 0 ? 0 : ::read(file, text.data(), text.size());
    if (file >= 0) ::close(file);
    std::size_t count = 0;
    pid_t pid = 0;
    for (ssize_t at = 0; at < size && count < pids.size(); ++at) {
        const char byte = text[static_cast<std::size_t>(at)];
        if (byte >= '0' && byte <= '9') {
            pid = pid * 10 + (byte - '0');
        } else if (pid > 0) {
            pids[count++] = pid;
            pid = 0;
        }
    }
    return count;
}

// Those who die leave us their children, and so the turns go down the whole tree. One that we may
// not kill, or that the kernel cannot end, does not hold us for ever.
[[noreturn]] void end_family() noexcept {
    constexpr int turns = 2000;
    constexpr timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
    std::array<pid_t, 512> pids{};
    for (int turn = 0; turn < turns; ++turn) {
        const std::size_t count = children(pids);
        for (std::size_t at = 0; at < count; ++at) ::kill(pids[at], SIGKILL);
        pid_t reaped = 0;
        while ((reaped = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
        }
        if (reaped < 0 && errno == ECHILD) break;
        ::nanosleep(&pause, nullptr);
    }
    ::_exit(0);
}

void reap(pid_t server, int news) noexcept {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;)
        if (ended == server) tell(news, status);
}

}  // namespace

void become_guardian() noexcept {
    ::setsid();  // away from the terminal: neither its Ctrl-C nor its end is meant for us
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_NAME, "guardian");  // who ends `iolab` by its name does not end us
    const sigset_t children = child_signal();
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
}

void guard(pid_t server, int lifeline, int news) noexcept {
    keep_only(lifeline, news);
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE}) ::signal(number, SIG_IGN);
    const sigset_t children = child_signal();
    const int ended = ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    tell(news, server);
    for (;;) {
        reap(server, news);
        std::array<pollfd, 2> waits{{{.fd = lifeline, .events = POLLIN, .revents = 0},
                                     {.fd = ended, .events = POLLIN, .revents = 0}}};
        ::poll(waits.data(), waits.size(), -1);
        if (waits[0].revents != 0) end_family();
        signalfd_siginfo read_away{};
        while (::read(ended, &read_away, sizeof read_away) > 0) {
        }
    }
}

}  // namespace verify
