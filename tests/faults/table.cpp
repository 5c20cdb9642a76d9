#include "tests/faults/table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace faults {
namespace {

const std::vector<int> ours{EBADF, EFAULT, EINVAL, ENOTSOCK};

std::vector<Row> make_table() {
    return {
        // accept(2), ERRORS and Error handling, which has network errors of the new client retried.
        {Point::accept4,
         "accept4",
         "",
         Loss::nothing,
         false,
         {EAGAIN, EBADF,       ECONNABORTED,    EFAULT,          EINTR,     EINVAL,
          EMFILE, ENFILE,      ENOBUFS,         ENOMEM,          ENOTSOCK,  EOPNOTSUPP,
          EPERM,  EPROTO,      ENETDOWN,        ENOPROTOOPT,     EHOSTDOWN, ENONET,
          ENOSR,  ENETUNREACH, ESOCKTNOSUPPORT, EPROTONOSUPPORT, ETIMEDOUT, EHOSTUNREACH}},
        // close(2), ERRORS and NOTES: the descriptor is released whatever it says, but for EBADF.
        {Point::close_client,
         "close",
         "client",
         Loss::nothing,
         false,
         {EBADF, EINTR, EIO, ENOSPC, EDQUOT}},
        {Point::close_other,
         "close",
         "other",
         Loss::nothing,
         false,
         {EBADF, EINTR, EIO, ENOSPC, EDQUOT},
         {EBADF},
         "a destructor has nobody to tell, fd.hpp"},
        // epoll_create(2), ERRORS.
        {Point::epoll_create1,
         "epoll_create1",
         "",
         Loss::nothing,
         false,
         {EINVAL, EMFILE, ENFILE, ENOMEM},
         {},
         "without a set there is nothing to wait with",
         true},
        // epoll_ctl(2), ERRORS.
        {Point::epoll_ctl_bell,
         "epoll_ctl",
         "bell",
         Loss::nothing,
         false,
         {EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM},
         {},
         "without a bell nobody hears that a worker is done",
         true},
        {Point::epoll_ctl_client,
         "epoll_ctl",
         "client",
         Loss::connection,
         false,
         {EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM}},
        {Point::epoll_ctl_listener,
         "epoll_ctl",
         "listener",
         Loss::nothing,
         false,
         {EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM}},
        // epoll_wait(2), ERRORS.
        {Point::epoll_wait, "epoll_wait", "", Loss::nothing, false, {EBADF, EFAULT, EINTR, EINVAL}},
        // fcntl(2), ERRORS, and ENOMEM, for who is to be told is kept in a list of the kernel's.
        {Point::fcntl_client,
         "fcntl",
         "client",
         Loss::connection,
         false,
         {EBADF, EINVAL, ENOMEM, EPERM}},
        {Point::fcntl_listener,
         "fcntl",
         "listener",
         Loss::nothing,
         false,
         {EBADF, EINVAL, ENOMEM, EPERM},
         {},
         "without a signal nobody hears of the clients who come",
         true},
        // stat(2), ERRORS; those of a path cannot be where a descriptor is given.
        {Point::fstat, "fstat", "", Loss::status, false, {EBADF, EFAULT, ENOMEM, EOVERFLOW}},
        // getpeername(2), ERRORS.
        {Point::getpeername,
         "getpeername",
         "",
         Loss::nothing,
         false,
         {EBADF, EFAULT, EINVAL, ENOBUFS, ENOTCONN, ENOTSOCK}},
        // malloc(3), ERRORS. Whose it was nobody can tell: one client's at most.
        {Point::memory, "new", "", Loss::connection, false, {ENOMEM}},
        // clock_nanosleep(2), ERRORS.
        {Point::nanosleep,
         "nanosleep",
         "",
         Loss::nothing,
         false,
         {EFAULT, EINTR, EINVAL, EOPNOTSUPP}},
        // openat2(2) and open(2), ERRORS, without those of flags that we do not give.
        {Point::openat2,
         "openat2",
         "",
         Loss::status,
         false,
         {E2BIG,  EACCES,       EAGAIN,  EBADF,  EFAULT,    EFBIG,  EINTR,
          EINVAL, EISDIR,       ELOOP,   EMFILE, ENFILE,    ENODEV, ENOENT,
          ENOMEM, ENAMETOOLONG, ENOTDIR, ENXIO,  EOVERFLOW, EPERM,  EXDEV},
         {EINVAL},
         "a name that the file system cannot have is the client's mistake: open(2), EINVAL"},
        // poll(2), ERRORS.
        {Point::poll, "poll", "", Loss::nothing, false, {EFAULT, EINTR, EINVAL, ENOMEM}},
        {Point::poll_log,
         "poll",
         "log",
         Loss::nothing,
         false,
         {EFAULT, EINTR, EINVAL, ENOMEM},
         {EFAULT, EINVAL},
         "a log that cannot be written costs lines, never the server"},
        // read(2), ERRORS, to which pread(2) refers, and those of lseek(2) that a file can give.
        {Point::pread,
         "pread",
         "",
         Loss::connection,
         true,
         {EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR, ENXIO, EOVERFLOW},
         {EBADF, EINVAL},
         "a file system may say so of a file of its own, as sysfs does of a link that is down"},
        // recv(2), tcp(7) and ip(7), ERRORS; ECONNRESET is named by send(2) and by recv(3p).
        {Point::recv,
         "recv",
         "",
         Loss::connection,
         true,
         {EAGAIN, EBADF, ECONNREFUSED, ECONNRESET, EFAULT, EHOSTUNREACH, EINTR, EINVAL, EIO,
          ENOBUFS, ENOMEM, ENOTCONN, ENOTSOCK, EPIPE, ETIMEDOUT}},
        // select(2), ERRORS.
        {Point::select, "select", "", Loss::nothing, false, {EBADF, EINTR, EINVAL, ENOMEM}},
        // send(2), tcp(7) and ip(7), ERRORS.
        {Point::send,
         "send",
         "",
         Loss::connection,
         true,
         {EACCES,       EAGAIN,   EALREADY,   EBADF,   ECONNRESET, EDESTADDRREQ, EFAULT,
          EHOSTUNREACH, EINTR,    EINVAL,     EISCONN, EMSGSIZE,   ENOBUFS,      ENOMEM,
          ENOTCONN,     ENOTSOCK, EOPNOTSUPP, EPERM,   EPIPE,      ETIMEDOUT}},
        // setsockopt(2), ERRORS, and ENOBUFS, ENOMEM of ip(7).
        {Point::setsockopt_client,
         "setsockopt",
         "client",
         Loss::nothing,
         false,
         {EBADF, EFAULT, EINVAL, ENOBUFS, ENOMEM, ENOPROTOOPT, ENOTSOCK},
         {EINVAL},
         "setsockopt(3p) has EINVAL for a socket that was shut down: the client is gone"},
        {Point::setsockopt_listener,
         "setsockopt",
         "listener",
         Loss::nothing,
         false,
         {EBADF, EFAULT, EINVAL, ENOBUFS, ENOMEM, ENOPROTOOPT, ENOTSOCK},
         {},
         "a worker without its listener would leave its share of the clients waiting",
         true},
        // shutdown(2), ERRORS.
        {Point::shutdown_client,
         "shutdown",
         "client",
         Loss::connection,
         false,
         {EBADF, EINVAL, ENOTCONN, ENOTSOCK}},
        {Point::shutdown_listener,
         "shutdown",
         "listener",
         Loss::nothing,
         false,
         {EBADF, EINVAL, ENOTCONN, ENOTSOCK},
         ours,
         "a signal handler has nobody to tell: signal-safety(7)"},
        // sigtimedwait(2), ERRORS.
        {Point::sigtimedwait, "sigtimedwait", "", Loss::nothing, false, {EAGAIN, EINTR, EINVAL}},
        // write(2), ERRORS.
        {Point::write_log,
         "write",
         "log",
         Loss::nothing,
         true,
         {EAGAIN, EBADF, EDESTADDRREQ, EDQUOT, EFAULT, EFBIG, EINTR, EINVAL, EIO, ENOSPC, EPERM,
          EPIPE},
         ours,
         "a log that cannot be written costs lines, never the server"},
    };
}

}  // namespace

const std::vector<Row>& table() {
    static const std::vector<Row> rows = make_table();
    return rows;
}

const Row& row_of(Point point) {
    return table().at(static_cast<std::size_t>(point));
}

bool is_ours(int error) {
    return std::find(ours.begin(), ours.end(), error) != ours.end();
}

bool is_harmless(int error) {
    return error == EAGAIN || error == EINTR || error == one_byte;
}

std::string name_of(int error) {
    return error == one_byte ? "one byte" : ::strerrorname_np(error);
}

}  // namespace faults
