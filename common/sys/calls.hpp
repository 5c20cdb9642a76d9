#pragma once

// The seam: the only place that spells a system call. A function that makes one
// call bears its man page's name, argument order, result and errno, takes a span
// where the kernel takes pointer and length, repeats on EINTR where that is right,
// and is counted under the line that calls it; the few that do more say what.

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "common/sys/fd.hpp"
#include "common/sys/site.hpp"

namespace sys {

// Sockets.

[[nodiscard]] int socket(int domain, int type, int protocol, Site site = Site::here()) noexcept;
[[nodiscard]] int bind(int fd, const sockaddr* address, socklen_t size,
                       Site site = Site::here()) noexcept;
[[nodiscard]] int listen(int fd, int backlog, Site site = Site::here()) noexcept;
int setsockopt(int fd, int level, int option, std::span<const std::byte> value,
               Site site = Site::here()) noexcept;
[[nodiscard]] int getsockname(int fd, sockaddr* address, socklen_t* size,
                              Site site = Site::here()) noexcept;
[[nodiscard]] int getpeername(int fd, sockaddr* address, socklen_t* size,
                              Site site = Site::here()) noexcept;

/// accept4(2) without an address. An interrupted call is not repeated: a signal
/// may be the reason to stop waiting.
[[nodiscard]] int accept4(int listener, int flags, Site site = Site::here()) noexcept;

/// recv(2), repeated on EINTR unless the site sleeps: there a signal may be the
/// reason to stop waiting, and EINTR is reported.
[[nodiscard]] ssize_t recv(int fd, std::span<std::byte> room, int flags,
                           Site site = Site::here()) noexcept;

/// send(2), repeated on EINTR as `recv` is.
[[nodiscard]] ssize_t send(int fd, std::span<const std::byte> bytes, int flags,
                           Site site = Site::here()) noexcept;

int shutdown(int fd, int how, Site site = Site::here()) noexcept;

[[nodiscard]] int socketpair(int domain, int type, int protocol, std::span<int, 2> ends,
                             Site site = Site::here()) noexcept;

/// sendmsg(2) of one byte with a descriptor, which stays open here: unix(7), SCM_RIGHTS.
[[nodiscard]] int send_descriptor(int socket, int fd, Site site = Site::here()) noexcept;

/// recvmsg(2) of such a message; close-on-exec. errors: -1, EINTR where a signal came first, EMFILE
/// where there was no room for it, EPIPE where the other end is closed
[[nodiscard]] int receive_descriptor(int socket, Site site = Site::here()) noexcept;

// Waits. They sleep, so their time is measured; an interrupted wait reports
// nothing ready.

[[nodiscard]] int poll(std::span<pollfd> watched, int timeout_ms, Site site = sleeping()) noexcept;

/// ppoll(2), -1 being for ever; while it sleeps, `mask` takes the place of the thread's own.
[[nodiscard]] int ppoll(std::span<pollfd> watched, int timeout_ms, const sigset_t& mask,
                        Site site = sleeping()) noexcept;
[[nodiscard]] int select(int highest_plus_one, fd_set* readable, fd_set* writable,
                         fd_set* exceptional, timeval* timeout, Site site = sleeping()) noexcept;
[[nodiscard]] int epoll_create1(int flags, Site site = Site::here()) noexcept;
int epoll_ctl(int set, int operation, int fd, epoll_event* event,
              Site site = Site::here()) noexcept;
[[nodiscard]] int epoll_wait(int set, std::span<epoll_event> events, int timeout_ms,
                             Site site = sleeping()) noexcept;

/// eventfd(2): a counter that is readable while it is not 0; written by adding, read by taking all.
[[nodiscard]] int eventfd(unsigned value, int flags, Site site = Site::here()) noexcept;
[[nodiscard]] int eventfd_write(int fd, std::uint64_t value, Site site = Site::here()) noexcept;
[[nodiscard]] int eventfd_read(int fd, Site site = Site::here()) noexcept;

/// fcntl(2) with a number.
[[nodiscard]] int fcntl(int fd, int command, int argument, Site site = Site::here()) noexcept;

/// From now on these signals are held back, for `sigtimedwait` to take; and with them SIGUSR1, which
/// a stop raises, so that none comes between a look at `stop_signals` and the sleep.
[[nodiscard]] sigset_t take_signals(std::initializer_list<int> signals) noexcept;

/// sigtimedwait(2), -1 being for ever. result: the signal; 0 where there was none in time
[[nodiscard]] int sigtimedwait(const sigset_t& signals, siginfo_t* info, int timeout_ms,
                               Site site = sleeping()) noexcept;

// Files.

[[nodiscard]] int open(const char* path, int flags, Site site = Site::here()) noexcept;

/// openat2(2) with RESOLVE_BENEATH: nothing outside `directory`, whatever the
/// path or a symbolic link in it says. ENOSYS before Linux 5.6.
[[nodiscard]] int open_beneath(int directory, const char* path, int flags,
                               Site site = Site::here()) noexcept;
[[nodiscard]] int fstat(int fd, struct stat* status, Site site = Site::here()) noexcept;
[[nodiscard]] ssize_t pread(int fd, std::span<std::byte> room, off_t offset,
                            Site site = Site::here()) noexcept;

/// write(2), repeated on EINTR; may be short.
[[nodiscard]] ssize_t write(int fd, std::span<const std::byte> bytes,
                            Site site = Site::here()) noexcept;

/// Whether there is an io_uring for us, as of Linux 6.0: makes one and lets it go. Counted nowhere,
/// for it is before anything is.
/// errors: -1 and `errno`, EOPNOTSUPP for an older one, ENOSYS and EPERM where there is none
[[nodiscard]] int try_io_uring() noexcept;

// Workers: processes and threads that serve beside the first one.

/// fork(2), for a child that serves: it ends when its parent does, and leaves signals that
/// stop to it. 0 in the child; the children of a parent that is gone by then end at once.
[[nodiscard]] pid_t fork(Site site = Site::here()) noexcept;

[[nodiscard]] pid_t waitpid(pid_t child, int* status, int options,
                            Site site = Site::here()) noexcept;

/// kill(2), with the signal that does nothing but end the call in which a child sleeps, or with
/// the one that ends the child.
int rouse(pid_t child, bool to_end, Site site = Site::here()) noexcept;

/// SIGCHLD is held back from now on, except where a ppoll sleeps under the mask that this gives:
/// so no child ends unheard between a look and the sleep.
[[nodiscard]] sigset_t hear_of_children() noexcept;

/// pthread_kill(3) with that signal; counted nowhere, for it enters the kernel only where the thread
/// still runs. range: a thread that has not been joined
void rouse_thread(pthread_t thread) noexcept;

/// memfd_create(2), close-on-exec.
[[nodiscard]] int memfd_create(const char* name, Site site = Site::here()) noexcept;

/// Takes or releases this process's lock of a whole file: fcntl(2), F_SETLKW. errors: EINTR where a
/// signal came before it was free
int lock_file(int fd, bool lock, Site site = Site::here()) noexcept;

/// pthread_create(3) with attributes as they are by default.
/// errors: -1 and `errno`, EAGAIN where there may be no more threads
int pthread_create(pthread_t* thread, void* (*begin)(void*), void* argument,
                   Site site = Site::here()) noexcept;

/// pthread_join(3), which is counted nowhere: mostly it does not enter the kernel.
/// errors: -1 and `errno`
int pthread_join(pthread_t thread) noexcept;

// Time. To look at a clock does not enter the kernel: vdso(7).

/// CLOCK_MONOTONIC_COARSE in milliseconds: cheap, and late by up to a tick, which
/// is 10 ms at 100 Hz.
[[nodiscard]] std::uint64_t coarse_ms() noexcept;

/// Seconds since 1970, UTC.
[[nodiscard]] std::int64_t unix_s() noexcept;

/// Sleeps for so long, whatever signals come. errors: -1, for a mistake of ours
int nanosleep_ms(std::uint64_t duration_ms, Site site = sleeping()) noexcept;

// The process.

/// Raises the soft limit of open files to the hard one; tells what it is now.
std::uint64_t raise_open_files() noexcept;

/// Opens /dev/null on each of 0, 1 and 2 that is closed, so that no socket is
/// ever mistaken for standard output.
void open_standard_descriptors() noexcept;

/// From now on a write to somebody who has gone, or beyond a limit, fails and raises no signal:
/// EPIPE and EFBIG, write(2), ERRORS.
void ignore_failed_writes() noexcept;

/// From now on SIGTERM and SIGINT shut `listener` down, which wakes every wait
/// and fails `accept` with EINVAL, and are counted, for children that are forked later too;
/// SIGUSR1 does nothing but rouse who sleeps.
/// errors: throws std::system_error where there is no memory to share
void stop_on_signals(int listener);

/// Gives the handler's shutdown(2) a row of the statistics page, under this line:
/// the handler itself may be in the middle of anything and cannot make one.
void count_stop_signals(Site site = Site::here()) noexcept;

/// Ends the process at once; nothing is flushed, no destructor runs: _exit(2).
[[noreturn]] void exit_now(int code) noexcept;

/// Number of SIGTERM and SIGINT since `stop_on_signals`.
[[nodiscard]] int stop_signals() noexcept;

}  // namespace sys
