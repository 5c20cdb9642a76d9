#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include "common/sys/fd.hpp"

namespace net {

/// Whether a call that failed only had nothing to do; the two names are one
/// number on Linux, and POSIX allows either: recv(2), ERRORS.
[[nodiscard]] constexpr bool would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK;
}

/// How long the calls of a blocking socket may sleep, in milliseconds; -1 for ever.
struct SleepLimits {
    int receive_ms = -1;  ///< SO_RCVTIMEO, for accept too
    int send_ms = -1;  ///< SO_SNDTIMEO
};

/// How a listening socket is made. What is set on it is inherited by every
/// client it accepts, so no option costs a call a client.
struct ListenOptions {
    std::string host = "127.0.0.1";  ///< a numeric IPv4 or IPv6 address
    std::uint16_t port = 8080;  ///< 0: any free one below the ephemeral range
    int backlog = 4096;  ///< completed connections that may wait for accept
    bool no_delay = true;  ///< TCP_NODELAY: small replies leave at once
    bool blocking = false;  ///< calls sleep, for so long at most:
    SleepLimits limits;
    bool shares_port = false;  ///< SO_REUSEPORT: `listen_beside` may follow
};

struct Listener {
    sys::Fd fd;
    std::string url;  ///< "http://127.0.0.1:8080/"
    std::uint16_t port = 0;
};

/// Binds and listens. errors: throws std::system_error; std::invalid_argument for
/// a host that is no numeric address.
[[nodiscard]] Listener listen(const ListenOptions& options);

/// One more listener at the port of `first`, with a backlog of its own; the kernel gives each its
/// share of the clients: socket(7), SO_REUSEPORT.
/// range: options with `shares_port`, and as they were for `first`
/// errors: throws std::system_error
[[nodiscard]] Listener listen_beside(const Listener& first, const ListenOptions& options);

/// "127.0.0.1:51234", or "?" when the peer is gone already: then `errno` tells.
[[nodiscard]] std::string peer_name(int fd);

/// Sets SO_RCVTIMEO or SO_SNDTIMEO. range: -1 for ever; 0 is as short as can be said
/// errors: false and `errno`
bool set_sleep_limit(int fd, int option, int limit_ms, sys::Site site) noexcept;

/// TCP_CORK: while set, only full segments leave; clearing it sends the rest.
/// errors: false and `errno`
bool set_cork(int fd, bool corked) noexcept;

}  // namespace net
