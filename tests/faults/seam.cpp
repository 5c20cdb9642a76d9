#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "common/sys/calls.hpp"
#include "tests/faults/script.hpp"
#include "tests/faults/stage.hpp"

// What the linker calls instead of the C library, and the C library.
extern "C" {
int __real_accept4(int, sockaddr*, socklen_t*, int);
int __real_clock_nanosleep(clockid_t, int, const timespec*, timespec*);
int __real_close(int);
int __real_epoll_create1(int);
int __real_epoll_ctl(int, int, int, epoll_event*);
int __real_epoll_wait(int, epoll_event*, int, int);
int __real_fcntl(int, int, ...);
int __real_fstat(int, struct stat*);
int __real_getpeername(int, sockaddr*, socklen_t*);
int __real_poll(pollfd*, nfds_t, int);
ssize_t __real_pread(int, void*, size_t, off_t);
ssize_t __real_recv(int, void*, size_t, int);
int __real_select(int, fd_set*, fd_set*, fd_set*, timeval*);
ssize_t __real_recvmsg(int, msghdr*, int);
ssize_t __real_send(int, const void*, size_t, int);
int __real_setsockopt(int, int, int, const void*, socklen_t);
int __real_shutdown(int, int);
int __real_sigtimedwait(const sigset_t*, siginfo_t*, const timespec*);
long __real_syscall(long, long, long, long, long, long, long);
ssize_t __real_write(int, const void*, size_t);
}

namespace faults {
namespace {

/// What the layer knows of the server in which it stands, which may have several threads.
struct Scene {
    bool follows = false;
    std::atomic<bool> armed = false;
    std::atomic<bool> served = false;  // somebody has come: what is made beforehand is there
    std::array<std::atomic<bool>, 1024> is_client{};
    std::array<std::atomic<std::uint16_t>, 1024> port{};

    // Of an edge-triggered set, which has one thread.
    int set = -1;
    std::array<epoll_event, 1024> told{};
};

Scene& scene() {
    static Scene only;
    return only;
}

thread_local int last_client = -1;  // whose bytes moved last: a file is read on its behalf

bool by_edges() {
    const char* const trigger = model().traits->trigger;
    return trigger != nullptr && trigger == std::string_view{"edge"};
}

bool by_signals() {
    return model().traits->kind == std::string_view{"signals"};
}

std::size_t place(int fd) {
    return static_cast<std::size_t>(std::clamp(fd, 0, 1023));
}

}  // namespace

bool is_client(int fd) noexcept {
    return fd >= 0 && scene().is_client[place(fd)];
}

void arrived(int fd) noexcept {
    if (fd < 0 || !scene().armed) return;
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    __real_getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size);
    scene().served = true;
    scene().is_client[place(fd)] = true;
    const std::uint16_t port = ntohs(peer.sin_port);
    scene().port[place(fd)] = port;
    std::atomic_ref{script().accepted_by[port]} = ::getpid();
}

void left(int fd) noexcept {
    if (fd >= 0) scene().is_client[place(fd)] = false;
    if (fd == last_client) last_client = -1;
}

bool is_due(Point point, int fd) noexcept {
    if (!scene().armed || (point == Point::memory && !scene().served)) return false;
    Script& now = script();
    const std::uint32_t nth = ++std::atomic_ref{now.calls[static_cast<std::size_t>(point)]};
    const std::atomic_ref fired{now.fired};
    if (fired && point == Point::nanosleep) ++std::atomic_ref{now.slept_after};
    const Fault& fault = now.fault;
    if (point != fault.point || nth < fault.nth || nth >= fault.nth + fault.times) return false;
    const int concerned = is_client(fd) ? fd : last_client;
    std::atomic_ref{now.pid} = ::getpid();
    std::atomic_ref{now.stopping} = sys::stop_signals() > 0;
    std::atomic_ref{now.peer_port} =
        concerned < 0 ? std::uint16_t{0} : scene().port[place(concerned)].load();
    fired = true;
    return true;
}

namespace {

/// How often the kernel has signalled what is to be had at `fd`: for each client at a listener, and
/// else for bytes and for the end behind them.
unsigned signals_due(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    const bool socket = ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
    const bool listens = socket && info.tcpi_state == TCP_LISTEN;
    return listens ? info.tcpi_unacked : 2;  // of a listener, those who wait: tcp_diag.c
}

/// As the kernel signals a change at `fd`: sigaction(2), si_code and si_fd.
void signal_again(int fd) {
    siginfo_t info{};
    info.si_signo = __real_fcntl(fd, F_GETSIG);
    info.si_code = POLL_IN;
    info.si_fd = fd;
    if (info.si_signo <= 0) return;  // nobody has asked yet
    const auto what = reinterpret_cast<long>(&info);
    for (unsigned due = signals_due(fd); due > 0; --due)
        __real_syscall(SYS_rt_sigqueueinfo, ::getpid(), info.si_signo, what, 0, 0, 0);
}

/// Edges and signals tell of bytes and of room once, so none may be held back from a server that has
/// been told: whatever the script pretends not to be there comes a moment later, which is an edge of
/// its own.
void comes_later(int fd) {
    const int error = script().fault.error;
    const bool pretends = error == EAGAIN || error == one_byte;
    if (!by_edges() || !pretends) return;
    if (by_signals()) return signal_again(fd);
    epoll_event& told = scene().told[place(fd)];
    if ((told.events & EPOLLET) == 0) return;
    epoll_event again = told;
    __real_epoll_ctl(scene().set, EPOLL_CTL_MOD, fd, &again);
}

/// Who never sleeps asks without end, another number of times in each run. Only a question that has an
/// answer is a call that can fail: the others are counted apart.
bool asks_in_vain(Point point, int fd) {
    if (model().traits->sleep != server::Sleep::never || !scene().armed) return false;
    const bool asks = point == Point::accept4 || point == Point::recv || point == Point::send;
    pollfd asked{fd, static_cast<short>(point == Point::send ? POLLOUT : POLLIN), 0};
    if (!asks || __real_poll(&asked, 1, 0) != 0) return false;
    ++std::atomic_ref{script().in_vain[static_cast<std::size_t>(point)]};
    return true;
}

int fail() {
    errno = script().fault.error;
    return -1;
}

template <class Real>
int status(Point point, int fd, Real real) {
    return is_due(point, fd) ? fail() : static_cast<int>(real());
}

template <class Real>
ssize_t bytes(Point point, int fd, std::size_t size, Real real) {
    if (is_client(fd)) last_client = fd;
    if (asks_in_vain(point, fd) || !is_due(point, fd)) return real(size);
    const int error = script().fault.error;
    const ssize_t count = error == one_byte ? real(std::min<std::size_t>(size, 1)) : fail();
    const int saved = errno;
    comes_later(fd);
    errno = saved;
    return count;
}

Point watched(int fd) {
    if (is_client(fd)) return Point::epoll_ctl_client;
    int listens = 0;
    socklen_t size = sizeof listens;
    const bool socket = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
    return socket ? Point::epoll_ctl_listener : Point::epoll_ctl_bell;
}

bool is_log(const pollfd* watched, nfds_t count) {
    return count == 1 && watched->fd == STDERR_FILENO;
}

}  // namespace

Script& script() {
    static void* const memory =
        ::mmap(nullptr, sizeof(Script), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    static Script* const only = new (memory) Script;
    return *only;
}

void follow_script() noexcept {
    scene().follows = true;
}

}  // namespace faults

using faults::Point;

// What a model is given by `new`, and what its vectors are.
namespace {

void* allocate(std::size_t size) {
    void* const memory = faults::is_due(Point::memory, -1) ? nullptr : std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc{};
    return memory;
}

void release(void* memory) noexcept {
    std::free(memory);
}

}  // namespace

#include "tests/replaced_new.hpp"

extern "C" {

int __wrap_accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
    const bool in_vain = faults::asks_in_vain(Point::accept4, fd);
    if (!in_vain && faults::is_due(Point::accept4, -1)) {
        faults::comes_later(fd);
        return faults::fail();
    }
    const int result = __real_accept4(fd, address, size, flags);
    const int saved = errno;
    faults::arrived(result);
    errno = saved;
    return result;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags, const timespec* length, timespec* left) {
    if (!faults::is_due(Point::nanosleep, -1))
        return __real_clock_nanosleep(clock, flags, length, left);
    return faults::script().fault.error;
}

int __wrap_close(int fd) {
    const bool client = faults::is_client(fd);
    const bool due = faults::is_due(client ? Point::close_client : Point::close_other, fd);
    faults::left(fd);
    const int result = __real_close(fd);  // released in any case: close(2), NOTES
    return due ? faults::fail() : result;
}

int __wrap_epoll_create1(int flags) {
    const int result =
        faults::status(Point::epoll_create1, -1, [=] { return __real_epoll_create1(flags); });
    if (result >= 0 && faults::by_edges()) faults::scene().set = result;
    return result;
}

int __wrap_epoll_ctl(int set, int operation, int fd, epoll_event* event) {
    const int result = faults::status(faults::watched(fd), fd,
                                      [=] { return __real_epoll_ctl(set, operation, fd, event); });
    if (result == 0 && faults::by_edges())
        faults::scene().told[faults::place(fd)] =
            operation == EPOLL_CTL_DEL ? epoll_event{} : *event;
    return result;
}

int __wrap_epoll_wait(int set, epoll_event* events, int size, int timeout_ms) {
    return faults::status(Point::epoll_wait, -1,
                          [=] { return __real_epoll_wait(set, events, size, timeout_ms); });
}

int __wrap_fcntl(int fd, int command, ...) {
    va_list more;
    va_start(more, command);
    void* const argument = va_arg(more, void*);
    va_end(more);
    const auto real = [=] { return __real_fcntl(fd, command, argument); };
    const bool asks = command == F_SETOWN || command == F_SETSIG || command == F_SETFL;
    if (!asks) return real();
    const bool client = faults::is_client(fd);
    return faults::status(client ? Point::fcntl_client : Point::fcntl_listener, fd, real);
}

int __wrap_fstat(int fd, struct stat* found) {
    return faults::status(Point::fstat, fd, [=] { return __real_fstat(fd, found); });
}

int __wrap_getpeername(int fd, sockaddr* address, socklen_t* size) {
    return faults::status(Point::getpeername, fd,
                          [=] { return __real_getpeername(fd, address, size); });
}

int __wrap_poll(pollfd* watched, nfds_t count, int timeout_ms) {
    const Point point = faults::is_log(watched, count) ? Point::poll_log : Point::poll;
    return faults::status(point, -1, [=] { return __real_poll(watched, count, timeout_ms); });
}

ssize_t __wrap_pread(int fd, void* room, size_t size, off_t offset) {
    return faults::bytes(Point::pread, fd, size,
                         [=](size_t most) { return __real_pread(fd, room, most, offset); });
}

ssize_t __wrap_recv(int fd, void* room, size_t size, int flags) {
    return faults::bytes(Point::recv, fd, size,
                         [=](size_t most) { return __real_recv(fd, room, most, flags); });
}

// Of lines between processes, by which clients come, too: not scripted.
ssize_t __wrap_recvmsg(int fd, msghdr* message, int flags) {
    const ssize_t count = __real_recvmsg(fd, message, flags);
    const int saved = errno;
    const cmsghdr* const header = count > 0 ? CMSG_FIRSTHDR(message) : nullptr;
    if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
        int client = -1;
        std::memcpy(&client, CMSG_DATA(header), sizeof client);
        faults::arrived(client);
    }
    errno = saved;
    return count;
}

int __wrap_select(int size, fd_set* input, fd_set* room, fd_set* exceptional, timeval* timeout) {
    return faults::status(Point::select, -1,
                          [=] { return __real_select(size, input, room, exceptional, timeout); });
}

ssize_t __wrap_send(int fd, const void* from, size_t size, int flags) {
    return faults::bytes(Point::send, fd, size,
                         [=](size_t most) { return __real_send(fd, from, most, flags); });
}

int __wrap_setsockopt(int fd, int level, int option, const void* value, socklen_t size) {
    const bool client = faults::is_client(fd);
    return faults::status(client ? Point::setsockopt_client : Point::setsockopt_listener, fd,
                          [=] { return __real_setsockopt(fd, level, option, value, size); });
}

int __wrap_shutdown(int fd, int how) {
    const bool client = faults::is_client(fd);
    return faults::status(client ? Point::shutdown_client : Point::shutdown_listener, fd,
                          [=] { return __real_shutdown(fd, how); });
}

int __wrap_sigtimedwait(const sigset_t* taken, siginfo_t* info, const timespec* timeout) {
    return faults::status(Point::sigtimedwait, -1,
                          [=] { return __real_sigtimedwait(taken, info, timeout); });
}

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
    const auto real = [=] { return __real_syscall(number, a, b, c, d, e, f); };
    return number == SYS_openat2 ? faults::status(Point::openat2, -1, real) : real();
}

ssize_t __wrap_write(int fd, const void* from, size_t size) {
    const auto real = [=](size_t most) { return __real_write(fd, from, most); };
    // The log may have a descriptor of its own for the standard error.
    if (fd != STDOUT_FILENO) return faults::bytes(Point::write_log, -1, size, real);
    const ssize_t count = real(size);
    const bool ready = std::string_view{static_cast<const char*>(from), size}.starts_with("listen");
    if (ready) faults::scene().armed = faults::scene().follows;
    return count;
}
}
