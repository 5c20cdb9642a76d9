#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace load {

/// Why a request, or a connection, came to nothing.
enum class ErrorKind : std::uint8_t {
    connect_refused,
    connect_timeout,
    reset,  ///< the connection was reset under a request
    reply_timeout,  ///< the reply was not whole in time; the connection is replaced
    short_reply,  ///< the server closed before the reply was whole
    wrong_reply,  ///< other bytes than expected, bytes beyond the reply, or bytes unasked for
    no_ports,  ///< EADDRNOTAVAIL: no local port was left
    no_descriptors,  ///< EMFILE or ENFILE: no file descriptor was left
    unreachable,  ///< connect failed in another way
};
inline constexpr std::size_t error_kinds = 9;

/// Whether it is the client that gave up, having waited as long as it may.
[[nodiscard]] constexpr bool gave_up(ErrorKind kind) noexcept {
    return kind == ErrorKind::connect_timeout || kind == ErrorKind::reply_timeout;
}

/// Its key in a result, `connect_refused`.
[[nodiscard]] std::string_view name(ErrorKind kind) noexcept;

/// The kind of a connection's failure.
///
/// error  an errno of socket(2), bind(2) or connect(2), or a socket's SO_ERROR
[[nodiscard]] ErrorKind kind_of(int error) noexcept;

}  // namespace load
