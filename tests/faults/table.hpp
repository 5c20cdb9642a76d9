#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What can go wrong: for each call of a running server, every error that its man page allows,
/// and what has to become of the server and of the client concerned.
namespace faults {

/// A call of the seam, told apart by what it is about where that matters.
enum class Point : std::uint8_t {
    accept4,
    close_client,
    close_other,  ///< a file, the listener, the set of epoll: by the destructor of `sys::Fd`
    epoll_create1,
    epoll_ctl_bell,  ///< by which workers tell the thread that waits
    epoll_ctl_client,
    epoll_ctl_listener,
    epoll_wait,
    fcntl_client,  ///< by which a signal is asked for
    fcntl_listener,
    fstat,
    getpeername,
    memory,  ///< no call of the kernel: what `new` asks for
    nanosleep,
    openat2,
    poll,
    poll_log,
    pread,
    recv,
    select,
    send,
    setsockopt_client,
    setsockopt_listener,  ///< of workers with listeners of their own
    shutdown_client,
    shutdown_listener,  ///< in the signal handler
    sigtimedwait,
    write_log,
    count
};

inline constexpr std::size_t points = static_cast<std::size_t>(Point::count);

/// No error: the call moves one byte and no more.
inline constexpr int one_byte = 0;

/// The most that the client concerned may lose; all others lose nothing, ever.
enum class Loss {
    nothing,
    status,  ///< it is answered, but with a status that tells of the failure
    connection,
};

struct Row {
    Point point;
    const char* call;  ///< the man page's name, as `server::fatal` and the statistics page spell it
    const char* about;  ///< "" where there is only one
    Loss loss;
    bool moves_bytes;  ///< so that one byte may be all
    std::vector<int> errors;
    std::vector<int> survived{};  ///< of our own mistakes, those that do not end the process here
    const char* why = "";  ///< they do not, or the set-up ends by any error
    bool ends_set_up = false;  ///< whoever it is cannot do without: any error ends it, in words
};

/// In the order of `Point`.
[[nodiscard]] const std::vector<Row>& table();

[[nodiscard]] const Row& row_of(Point point);

/// EBADF, EFAULT, EINVAL or ENOTSOCK: only a mistake in the server explains it.
[[nodiscard]] bool is_ours(int error);

/// Nothing went wrong, it only takes another try: EAGAIN, EINTR, one byte.
[[nodiscard]] bool is_harmless(int error);

/// "EBADF", "one byte".
[[nodiscard]] std::string name_of(int error);

}  // namespace faults
