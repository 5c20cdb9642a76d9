#include "common/sys/calls.hpp"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>

#include "common/sys/counting.hpp"
#include "common/sys/shared_file.hpp"

namespace sys {
namespace {

/// Repeats what a signal interrupted.
template <class Attempt>
auto repeated(Attempt attempt) noexcept {
    auto result = attempt();
    while (result < 0 && errno == EINTR) result = attempt();
    return result;
}

sigset_t set_of(std::initializer_list<int> signals) noexcept {
    sigset_t set{};
    ::sigemptyset(&set);
    for (const int signal : signals) ::sigaddset(&set, signal);
    return set;
}

/// Without SA_RESTART: a call that sleeps returns EINTR. Whoever started us may have held the
/// signal back, which we would inherit: execve(2).
void handle(int signal, void (*handler)(int)) noexcept {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigaction(signal, &action, nullptr);
    const sigset_t heard = set_of({signal});
    ::pthread_sigmask(SIG_UNBLOCK, &heard, nullptr);
}

/// Holds signals back from now on. result: the mask of before
sigset_t blocked(std::initializer_list<int> signals) noexcept {
    const sigset_t held = set_of(signals);
    sigset_t before{};
    ::pthread_sigmask(SIG_BLOCK, &held, &before);
    return before;
}

/// An interrupted wait has found nothing ready.
int nothing_if_interrupted(int ready) noexcept {
    return ready < 0 && errno == EINTR ? 0 : ready;
}

}  // namespace

int socket(int domain, int type, int protocol, Site site) noexcept {
    return counted("socket", site, no_fd, [=] { return ::socket(domain, type, protocol); });
}

int bind(int fd, const sockaddr* address, socklen_t size, Site site) noexcept {
    return counted("bind", site, fd, [=] { return ::bind(fd, address, size); });
}

int listen(int fd, int backlog, Site site) noexcept {
    return counted("listen", site, fd, [=] { return ::listen(fd, backlog); });
}

int setsockopt(int fd, int level, int option, std::span<const std::byte> value,
               Site site) noexcept {
    return counted("setsockopt", site, fd, [=] {
        return ::setsockopt(fd, level, option, value.data(), static_cast<socklen_t>(value.size()));
    });
}

int getsockname(int fd, sockaddr* address, socklen_t* size, Site site) noexcept {
    return counted("getsockname", site, fd, [=] { return ::getsockname(fd, address, size); });
}

int getpeername(int fd, sockaddr* address, socklen_t* size, Site site) noexcept {
    return counted("getpeername", site, fd, [=] { return ::getpeername(fd, address, size); });
}

int accept4(int listener, int flags, Site site) noexcept {
    return counted("accept4", site, listener,
                   [=] { return ::accept4(listener, nullptr, nullptr, flags); });
}

ssize_t recv(int fd, std::span<std::byte> room, int flags, Site site) noexcept {
    const auto once = [=] {
        return counted<Result::bytes>("recv", site, fd,
                                      [=] { return ::recv(fd, room.data(), room.size(), flags); });
    };
    return site.sleeps ? once() : repeated(once);
}

ssize_t send(int fd, std::span<const std::byte> bytes, int flags, Site site) noexcept {
    const auto once = [=] {
        return counted<Result::bytes>(
            "send", site, fd, [=] { return ::send(fd, bytes.data(), bytes.size(), flags); });
    };
    return site.sleeps ? once() : repeated(once);
}

int shutdown(int fd, int how, Site site) noexcept {
    return counted("shutdown", site, fd, [=] { return ::shutdown(fd, how); });
}

int socketpair(int domain, int type, int protocol, std::span<int, 2> ends, Site site) noexcept {
    return counted("socketpair", site, no_fd,
                   [=] { return ::socketpair(domain, type, protocol, ends.data()); });
}

namespace {

/// A message of one byte, and room beside it for one descriptor: cmsg(3).
struct DescriptorMessage {
    DescriptorMessage() noexcept {
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = room.data();
        message.msg_controllen = room.size();
    }
    DescriptorMessage(const DescriptorMessage&) = delete;

    char byte = 0;
    iovec piece{&byte, 1};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> room{};
    msghdr message{};
};

}  // namespace

int send_descriptor(int socket, int fd, Site site) noexcept {
    DescriptorMessage out;
    cmsghdr* const header = CMSG_FIRSTHDR(&out.message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    const ssize_t count = repeated([&] {
        return counted("sendmsg", site, socket,
                       [&] { return ::sendmsg(socket, &out.message, MSG_NOSIGNAL); });
    });
    return count < 0 ? -1 : 0;
}

int receive_descriptor(int socket, Site site) noexcept {
    DescriptorMessage in;
    const ssize_t count = counted("recvmsg", site, socket,
                                  [&] { return ::recvmsg(socket, &in.message, MSG_CMSG_CLOEXEC); });
    if (count < 0) return -1;
    errno = count == 0 ? EPIPE : EMFILE;
    const cmsghdr* const header = CMSG_FIRSTHDR(&in.message);
    if (count == 0 || header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

int close(Fd fd, Site site) noexcept {
    const int number = fd.release();
    return counted("close", site, number, [=] { return ::close(number); });
}

Fd::~Fd() {
    if (fd_ < 0) return;
    const int saved = errno;  // a destructor must not change what its scope is about to judge
    const int number = fd_;
    counted("close", Site::here(), number, [=] { return ::close(number); });
    errno = saved;
}

int poll(std::span<pollfd> watched, int timeout_ms, Site site) noexcept {
    return nothing_if_interrupted(counted(
        "poll", site, no_fd, [=] { return ::poll(watched.data(), watched.size(), timeout_ms); }));
}

int ppoll(std::span<pollfd> watched, int timeout_ms, const sigset_t& mask, Site site) noexcept {
    const timespec timeout{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000L};
    return nothing_if_interrupted(counted("ppoll", site, no_fd, [=, &timeout, &mask] {
        return ::ppoll(watched.data(), watched.size(), timeout_ms < 0 ? nullptr : &timeout, &mask);
    }));
}

int select(int highest_plus_one, fd_set* readable, fd_set* writable, fd_set* exceptional,
           timeval* timeout, Site site) noexcept {
    const int ready = nothing_if_interrupted(counted("select", site, no_fd, [=] {
        return ::select(highest_plus_one, readable, writable, exceptional, timeout);
    }));
    if (ready == 0) {  // after EINTR the sets still hold the question: select(2), RETURN VALUE
        for (fd_set* set : {readable, writable, exceptional}) {
            if (set != nullptr) FD_ZERO(set);
        }
    }
    return ready;
}

int epoll_create1(int flags, Site site) noexcept {
    return counted("epoll_create1", site, no_fd, [=] { return ::epoll_create1(flags); });
}

int epoll_ctl(int set, int operation, int fd, epoll_event* event, Site site) noexcept {
    return counted("epoll_ctl", site, fd, [=] { return ::epoll_ctl(set, operation, fd, event); });
}

int epoll_wait(int set, std::span<epoll_event> events, int timeout_ms, Site site) noexcept {
    return nothing_if_interrupted(counted("epoll_wait", site, set, [=] {
        return ::epoll_wait(set, events.data(), static_cast<int>(events.size()), timeout_ms);
    }));
}

int fcntl(int fd, int command, int argument, Site site) noexcept {
    return counted("fcntl", site, fd, [=] { return ::fcntl(fd, command, argument); });
}

int sigtimedwait(const sigset_t& signals, siginfo_t* info, int timeout_ms, Site site) noexcept {
    const timespec timeout{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000L};
    const int signal = counted("sigtimedwait", site, no_fd, [=, &signals, &timeout] {
        return ::sigtimedwait(&signals, info, timeout_ms < 0 ? nullptr : &timeout);
    });
    return signal < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : signal;
}

int eventfd(unsigned value, int flags, Site site) noexcept {
    return counted("eventfd", site, no_fd, [=] { return ::eventfd(value, flags); });
}

int eventfd_write(int fd, std::uint64_t value, Site site) noexcept {
    return repeated([=] {
        return counted("eventfd_write", site, fd, [=] { return ::eventfd_write(fd, value); });
    });
}

int eventfd_read(int fd, Site site) noexcept {
    return repeated([=] {
        return counted("eventfd_read", site, fd, [=] {
            eventfd_t value = 0;
            return ::eventfd_read(fd, &value);
        });
    });
}

int open(const char* path, int flags, Site site) noexcept {
    return counted("open", site, no_fd, [=] { return ::open(path, flags); });
}

int open_beneath(int directory, const char* path, int flags, Site site) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return repeated([&] {
        return counted("openat2", site, directory, [&] {
            return static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how));
        });
    });
}

int fstat(int fd, struct stat* status, Site site) noexcept {
    return counted("fstat", site, fd, [=] { return ::fstat(fd, status); });
}

ssize_t pread(int fd, std::span<std::byte> room, off_t offset, Site site) noexcept {
    return repeated([=] {
        return counted<Result::bytes>(
            "pread", site, fd, [=] { return ::pread(fd, room.data(), room.size(), offset); });
    });
}

int try_io_uring() noexcept {
    io_uring_params parameters{};
    const long made = ::syscall(SYS_io_uring_setup, 1, &parameters);
    if (made < 0) return -1;
    const auto queues = static_cast<int>(made);
    // Of the operations that came with 6.0, the last: io_uring_register(2), IORING_REGISTER_PROBE.
    constexpr unsigned char newest = 47;  // IORING_OP_SEND_ZC
    constexpr std::size_t size = sizeof(io_uring_probe) + (newest + 1) * sizeof(io_uring_probe_op);
    alignas(io_uring_probe) std::array<std::byte, size> probe{};
    const long known =
        ::syscall(SYS_io_uring_register, queues, IORING_REGISTER_PROBE, probe.data(), newest + 1);
    ::close(queues);
    if (known == 0 && reinterpret_cast<io_uring_probe*>(probe.data())->last_op >= newest) return 0;
    errno = EOPNOTSUPP;
    return -1;
}

ssize_t write(int fd, std::span<const std::byte> bytes, Site site) noexcept {
    return repeated([=] {
        return counted<Result::bytes>("write", site, fd,
                                      [=] { return ::write(fd, bytes.data(), bytes.size()); });
    });
}

namespace {

/// A forked child ends with its parent, and with nobody else.
void serve_for(pid_t parent) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) exit_now(0);  // it ended before: prctl(2), PR_SET_PDEATHSIG
    ::signal(SIGTERM, SIG_IGN);
    ::signal(SIGINT, SIG_IGN);
}

/// What the functions of pthreads(7) return, as a call of the kernel would.
int as_call(int error) noexcept {
    errno = error;
    return error == 0 ? 0 : -1;
}

}  // namespace

pid_t fork(Site site) noexcept {
    const pid_t parent = ::getpid();
    // Nobody but the parent counts a signal that goes to all: held back until the child ignores it.
    const sigset_t before = blocked({SIGTERM, SIGINT});
    const pid_t child = ::fork();
    const int error = errno;
    if (child == 0) serve_for(parent);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (child == 0) return child;
    errno = error;
    return counted("fork", site, no_fd, [=] { return child; });  // once, by the parent
}

pid_t waitpid(pid_t child, int* status, int options, Site site) noexcept {
    return repeated([=] {
        return counted("waitpid", site, no_fd, [=] { return ::waitpid(child, status, options); });
    });
}

int rouse(pid_t child, bool to_end, Site site) noexcept {
    return counted("kill", site, no_fd, [=] { return ::kill(child, to_end ? SIGKILL : SIGUSR1); });
}

sigset_t hear_of_children() noexcept {
    handle(SIGCHLD, [](int) {});
    return blocked({SIGCHLD});
}

int memfd_create(const char* name, Site site) noexcept {
    return counted("memfd_create", site, no_fd, [=] { return ::memfd_create(name, MFD_CLOEXEC); });
}

int lock_file(int fd, bool lock, Site site) noexcept {
    struct flock whole {};
    whole.l_type = static_cast<short>(lock ? F_WRLCK : F_UNLCK);
    whole.l_whence = SEEK_SET;
    return counted("fcntl", site, fd, [&] { return ::fcntl(fd, F_SETLKW, &whole); });
}

void rouse_thread(pthread_t thread) noexcept {
    ::pthread_kill(thread, SIGUSR1);
}

int pthread_create(pthread_t* thread, void* (*begin)(void*), void* argument, Site site) noexcept {
    return counted("pthread_create", site, no_fd,
                   [=] { return as_call(::pthread_create(thread, nullptr, begin, argument)); });
}

int pthread_join(pthread_t thread) noexcept {
    return as_call(::pthread_join(thread, nullptr));
}

std::uint64_t coarse_ms() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000u +
           static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000u;
}

std::int64_t unix_s() noexcept {
    return ::time(nullptr);
}

int nanosleep_ms(std::uint64_t duration_ms, Site site) noexcept {
    timespec left{static_cast<time_t>(duration_ms / 1000),
                  static_cast<long>(duration_ms % 1000) * 1'000'000};
    return repeated([&] {
        return counted("nanosleep", site, no_fd, [&] {
            errno = ::clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left);
            return errno == 0 ? 0 : -1;
        });
    });
}

std::uint64_t raise_open_files() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit raised{limit.rlim_max, limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur;
}

void open_standard_descriptors() noexcept {
    for (int fd = 0; fd <= 2; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            // The lowest free number is this one: all below it are open.
            [[maybe_unused]] const int opened = ::open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
        }
    }
}

namespace {

// What a signal handler needs must stand outside any object.
std::atomic<int> listener_to_stop{-1};
std::atomic<int>* signals_seen = nullptr;  // in memory that forked children share
std::atomic<bool> stop_is_taken{false};  // as a signal: sigtimedwait
Site handler_site{};
std::atomic<Row*> handler_row{nullptr};  // set when the site is
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<Row*>::is_always_lock_free);

/// shutdown(2) is async-signal-safe: signal-safety(7). It wakes every wait and
/// has no race: whoever looks at the listener after this finds it shut.
extern "C" void on_stop_signal(int) {
    const int saved = errno;
    signals_seen->fetch_add(1);
    const int listener = listener_to_stop.exchange(-1);
    if (listener >= 0) {
        const auto shut = [=] { return ::shutdown(listener, SHUT_RDWR); };
        Row* row = handler_row.load();
        const bool recorded = row != nullptr && tracing();
        const int result = recorded ? traced("shutdown", handler_site, listener, shut) : shut();
        if (row != nullptr) note(*row, Result::status, result);
    }
    if (stop_is_taken.load()) ::raise(SIGUSR1);
    errno = saved;
}

}  // namespace

void ignore_failed_writes() noexcept {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
}

void stop_on_signals(int listener) {
    signals_seen = static_cast<std::atomic<int>*>(map_shared("", sizeof *signals_seen));
    listener_to_stop.store(listener);
    handle(SIGTERM, on_stop_signal);
    handle(SIGINT, on_stop_signal);
    handle(SIGUSR1, [](int) {});
}

sigset_t take_signals(std::initializer_list<int> signals) noexcept {
    sigset_t taken = set_of(signals);
    ::sigaddset(&taken, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
    stop_is_taken.store(true);
    return taken;
}

void count_stop_signals(Site site) noexcept {
    if constexpr (!counting_built_in) return;
    handler_site = site;
    handler_row.store(&row_for("shutdown", site));
}

void exit_now(int code) noexcept {
    ::_exit(code);
}

int stop_signals() noexcept {
    return signals_seen == nullptr ? 0 : signals_seen->load(std::memory_order_relaxed);
}

}  // namespace sys
