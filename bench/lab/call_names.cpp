#include "bench/lab/call_names.hpp"

#include <sys/syscall.h>

#include <array>
#include <set>

namespace lab {
namespace {

// What servers of all kinds do for a request, and what surprises in one. The C library makes many
// a function of section 2 through a wider call of another name: recv(2) through recvfrom, select(2)
// through pselect6, open(2) through openat. We give the function. What is not listed is `other`.
constexpr auto named_calls = std::to_array<TracedCall>({
    {"accept", SYS_accept},
    {"accept4", SYS_accept4},
    {"clock_gettime", SYS_clock_gettime},
    {"clone", SYS_clone},
    {"clone", SYS_clone3},
    {"close", SYS_close},
    {"connect", SYS_connect},
    {"epoll_ctl", SYS_epoll_ctl},
    {"epoll_wait", SYS_epoll_pwait},
    {"epoll_wait", SYS_epoll_pwait2},
    {"fcntl", SYS_fcntl},
    {"futex", SYS_futex},
    {"getpeername", SYS_getpeername},
    {"getsockname", SYS_getsockname},
    {"getsockopt", SYS_getsockopt},
    {"io_uring_enter", SYS_io_uring_enter},
    {"ioctl", SYS_ioctl},
    {"madvise", SYS_madvise},
    {"mmap", SYS_mmap},
    {"mprotect", SYS_mprotect},
    {"munmap", SYS_munmap},
    {"nanosleep", SYS_clock_nanosleep},
    {"nanosleep", SYS_nanosleep},
    {"open", SYS_openat},
    {"poll", SYS_ppoll},
    {"pread", SYS_pread64},
    {"read", SYS_read},
    {"readv", SYS_readv},
    {"recv", SYS_recvfrom},
    {"recvmsg", SYS_recvmsg},
    {"sched_yield", SYS_sched_yield},
    {"select", SYS_pselect6},
    {"send", SYS_sendto},
    {"sendfile", SYS_sendfile},
    {"sendmsg", SYS_sendmsg},
    {"setsockopt", SYS_setsockopt},
    {"shutdown", SYS_shutdown},
    {"sigprocmask", SYS_rt_sigprocmask},
    {"socket", SYS_socket},
    {"splice", SYS_splice},
    {"stat", SYS_fstat},
    {"stat", SYS_newfstatat},
    {"stat", SYS_statx},
    {"wait", SYS_wait4},
    {"wait", SYS_waitid},
    {"write", SYS_write},
    {"writev", SYS_writev},
#ifdef SYS_epoll_wait  // younger architectures have only the wider calls
    {"clone", SYS_fork},
    {"clone", SYS_vfork},
    {"epoll_wait", SYS_epoll_wait},
    {"open", SYS_open},
    {"poll", SYS_poll},
    {"select", SYS_select},
    {"stat", SYS_lstat},
    {"stat", SYS_stat},
#endif
});

// What `common/sys` counts under other names than these, and `other`.
constexpr auto more_names = std::to_array<std::string_view>(
    {"bind", "epoll_create1", "eventfd", "eventfd_read", "eventfd_write", "fork", "fstat",
     "io_uring_register", "io_uring_setup", "kill", "listen", "memfd_create", "openat2", "other",
     "ppoll", "pthread_create", "sigtimedwait", "socketpair", "waitpid"});

}  // namespace

std::span<const TracedCall> traced_calls() noexcept {
    return named_calls;
}

std::vector<std::string_view> call_names() {
    std::set<std::string_view> names{more_names.begin(), more_names.end()};
    for (const TracedCall& call : named_calls) names.insert(call.manual);
    return {names.begin(), names.end()};
}

}  // namespace lab
