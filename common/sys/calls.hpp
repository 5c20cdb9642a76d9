#pragma once

// The seam: the only place that spells a system call. A function that makes one
// call bears its man page's name, argument order, result and errno, takes a span
// where the kernel takes pointer and length, repeats on EINTR where that is right,
// and is counted under the line that calls it; the few that do more say what.

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
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

// Waits. They sleep, so their time is measured; an interrupted wait reports
// nothing ready.

[[nodiscard]] int poll(std::span<pollfd> watched, int timeout_ms, Site site = sleeping()) noexcept;
[[nodiscard]] int select(int highest_plus_one, fd_set* readable, fd_set* writable,
                         fd_set* exceptional, timeval* timeout, Site site = sleeping()) noexcept;
[[nodiscard]] int epoll_create1(int flags, Site site = Site::here()) noexcept;
int epoll_ctl(int set, int operation, int fd, epoll_event* event,
              Site site = Site::here()) noexcept;
[[nodiscard]] int epoll_wait(int set, std::span<epoll_event> events, int timeout_ms,
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

/// From now on SIGTERM and SIGINT shut `listener` down, which wakes every wait
/// and fails `accept` with EINVAL, and are counted; SIGPIPE is ignored.
void stop_on_signals(int listener) noexcept;

/// Gives the handler's shutdown(2) a row of the statistics page, under this line:
/// the handler itself may be in the middle of anything and cannot make one.
void count_stop_signals(Site site = Site::here()) noexcept;

/// Ends the process at once; nothing is flushed, no destructor runs: _exit(2).
[[noreturn]] void exit_now(int code) noexcept;

/// Number of SIGTERM and SIGINT since `stop_on_signals`.
[[nodiscard]] int stop_signals() noexcept;

}  // namespace sys
