#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

namespace verify {

/// What the kernel says of one TCP socket of this machine, whoever owns it.
struct SocketView {
    int state = 0;  ///< TCP_ESTABLISHED and so on, netinet/tcp.h
    std::uint32_t unread_bytes = 0;  ///< arrived, not yet read; of a listener: clients not accepted
    std::optional<std::uint64_t> received_bytes{};  ///< in all, where the kernel tells
    std::uint32_t unsent_bytes = 0;  ///< written, not yet acknowledged; of a listener: its backlog
};

/// The socket whose own address is `local` and whose peer is `peer`; without such a one, the
/// listener at `local`.
/// result  nothing when there is neither.
/// source  sock_diag(7); proc(5), /proc/net/tcp where the kernel lacks it.
std::optional<SocketView> socket_view(const sockaddr_storage& local, const sockaddr_storage& peer);

/// What the kernel says of a server's connections that are open now, all together.
struct ServerSockets {
    std::uint64_t unread_bytes = 0;  ///< arrived, not yet read: Recv-Q of ss -t
    std::uint64_t segments_received = 0, segments_sent = 0;  ///< with data, in all their life
};

/// The connections of the server at `port`.
/// result  nothing where the kernel does not answer such questions.
/// source  sock_diag(7); tcp(7), tcpi_data_segs_in and tcpi_data_segs_out.
std::optional<ServerSockets> server_sockets(std::uint16_t port);

}  // namespace verify
