#include "bench/verify/socket_view.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <string>

#include <fmt/format.h>

#include "common/sys/fd.hpp"

namespace verify {
namespace {

constexpr int listening = 10;  // TCP_LISTEN, which netinet/tcp.h names and linux/tcp.h does not

struct End {
    int family = AF_INET;
    std::array<std::uint32_t, 4> words{};  ///< in network order
    std::uint16_t port = 0;  ///< in network order
};

End end_of(const sockaddr_storage& address) {
    End end{.family = address.ss_family, .words = {}, .port = 0};
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &address, sizeof six);
        std::memcpy(end.words.data(), &six.sin6_addr, sizeof six.sin6_addr);
        end.port = six.sin6_port;
        return end;
    }
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    end.words[0] = four.sin_addr.s_addr;
    end.port = four.sin_port;
    return end;
}

struct Query {
    nlmsghdr header;
    inet_diag_req_v2 request;
};

/// About TCP sockets of a family, with what tcp(7) knows of them.
Query query_of(int family, std::uint16_t flags) {
    Query query{};
    query.header.nlmsg_len = sizeof query;
    query.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    query.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    query.request.sdiag_family = static_cast<std::uint8_t>(family);
    query.request.sdiag_protocol = IPPROTO_TCP;
    query.request.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    return query;
}

/// What the attributes behind an answer tell of the connection, tcp(7); a kernel may know less of
/// it than we: `size` bytes.
struct Information {
    tcp_info about{};
    std::size_t size = 0;
};

Information information_in(std::span<const char> attributes) {
    while (attributes.size() >= sizeof(rtattr)) {
        rtattr attribute{};
        std::memcpy(&attribute, attributes.data(), sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > attributes.size()) break;
        if (attribute.rta_type == INET_DIAG_INFO) {
            Information found;
            found.size = std::min(attribute.rta_len - RTA_LENGTH(0), sizeof found.about);
            std::memcpy(&found.about, attributes.data() + RTA_LENGTH(0), found.size);
            return found;
        }
        attributes = attributes.subspan(
            std::min<std::size_t>(RTA_ALIGN(attribute.rta_len), attributes.size()));
    }
    return {};
}

std::optional<std::uint64_t> received_bytes(std::span<const char> attributes) {
    constexpr std::size_t end = offsetof(tcp_info, tcpi_bytes_received) + sizeof(std::uint64_t);
    const Information known = information_in(attributes);
    if (known.size < end) return std::nullopt;
    return known.about.tcpi_bytes_received;
}

/// errors  nothing, too, where the kernel does not answer such questions.
std::optional<SocketView> ask_kernel(const End& local, const End& peer) {
    static thread_local const sys::Fd netlink{
        ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
    if (!netlink) return std::nullopt;

    Query query = query_of(local.family, 0);
    query.request.idiag_states = ~0u;
    query.request.id.idiag_sport = local.port;
    query.request.id.idiag_dport = peer.port;
    std::memcpy(query.request.id.idiag_src, local.words.data(), sizeof local.words);
    std::memcpy(query.request.id.idiag_dst, peer.words.data(), sizeof peer.words);
    query.request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    query.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    if (::send(netlink.get(), &query, sizeof query, 0) < 0) return std::nullopt;

    alignas(nlmsghdr) std::array<char, 2048> room{};
    const ssize_t size = ::recv(netlink.get(), room.data(), room.size(), 0);
    if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg)))) return std::nullopt;
    nlmsghdr header{};
    std::memcpy(&header, room.data(), sizeof header);
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
    inet_diag_msg message{};
    std::memcpy(&message, room.data() + NLMSG_HDRLEN, sizeof message);
    const auto attributes = std::span{room}
                                .first(static_cast<std::size_t>(size))
                                .subspan(NLMSG_LENGTH(NLMSG_ALIGN(sizeof message)));
    return SocketView{.state = message.idiag_state,
                      .unread_bytes = message.idiag_rqueue,
                      .received_bytes = received_bytes(attributes),
                      .unsent_bytes = message.idiag_wqueue};
}

std::string proc_spelling(const End& end) {
    std::string text;
    const std::size_t words = end.family == AF_INET6 ? 4 : 1;
    for (std::size_t word = 0; word < words; ++word) text += fmt::format("{:08X}", end.words[word]);
    return text + fmt::format(":{:04X}", ntohs(end.port));
}

std::optional<SocketView> read_table(const End& local, const End& peer) {
    std::ifstream table{local.family == AF_INET6 ? "/proc/net/tcp6" : "/proc/net/tcp"};
    const std::string own = proc_spelling(local);
    const std::string other = proc_spelling(peer);
    std::optional<SocketView> listener;
    std::string number;
    std::string from;
    std::string to;
    std::string rest;
    std::getline(table, rest);
    while (table >> number >> from >> to && std::getline(table, rest)) {
        if (from != own) continue;
        SocketView view;
        unsigned state = 0;
        if (std::sscanf(rest.c_str(), " %x %x:%x", &state, &view.unsent_bytes,
                        &view.unread_bytes) != 3)
            continue;
        view.state = static_cast<int>(state);
        if (to == other) return view;
        if (view.state == listening) listener = view;
    }
    return listener;
}

/// Whether the kernel answers such questions at all: it is asked for a socket that surely exists.
bool kernel_answers() {
    const sys::Fd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (!listener || ::listen(listener.get(), 1) < 0) return false;
    if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0)
        return false;
    return ask_kernel(end_of(address), End{}).has_value();
}

// TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2 and TCP_CLOSE_WAIT, as netinet/tcp.h names them.
constexpr std::uint32_t connected_states = 1U << 1 | 1U << 4 | 1U << 5 | 1U << 8;

/// A dump that cannot be made ends with its error, netlink(7): below 0, behind the header.
/// result  as of `add_sockets`
std::optional<bool> ended_well(std::span<const char> last) {
    int error = 0;
    if (last.size() >= NLMSG_LENGTH(sizeof error))
        std::memcpy(&error, last.data() + NLMSG_HDRLEN, sizeof error);
    return error < 0 ? std::nullopt : std::optional{false};
}

/// Adds up one datagram of a dump.
/// result  whether another follows; nothing where the kernel has refused
std::optional<bool> add_sockets(std::span<const char> answers, ServerSockets& all) {
    while (answers.size() >= sizeof(nlmsghdr)) {
        nlmsghdr header{};
        std::memcpy(&header, answers.data(), sizeof header);
        if (header.nlmsg_type == NLMSG_DONE) return ended_well(answers);
        constexpr std::size_t head = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(inet_diag_msg)));
        const bool whole = header.nlmsg_len >= head && header.nlmsg_len <= answers.size();
        if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || !whole) return std::nullopt;
        inet_diag_msg message{};
        std::memcpy(&message, answers.data() + NLMSG_HDRLEN, sizeof message);
        const Information known = information_in(answers.first(header.nlmsg_len).subspan(head));
        all.unread_bytes += message.idiag_rqueue;
        all.segments_received += known.about.tcpi_data_segs_in;
        all.segments_sent += known.about.tcpi_data_segs_out;
        answers =
            answers.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), answers.size()));
    }
    return true;
}

/// result  whether the kernel has told all
bool add_sockets(int family, std::uint16_t port, ServerSockets& all) {
    const sys::Fd netlink{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
    if (!netlink) return false;
    Query query = query_of(family, NLM_F_DUMP);
    query.request.idiag_states = connected_states;
    query.request.id.idiag_sport = htons(port);
    if (::send(netlink.get(), &query, sizeof query, 0) < 0) return false;

    alignas(nlmsghdr) std::array<char, 32768> room;
    for (;;) {
        const ssize_t size = ::recv(netlink.get(), room.data(), room.size(), 0);
        if (size <= 0) return false;
        const auto more = add_sockets(std::span{room}.first(static_cast<std::size_t>(size)), all);
        if (!more) return false;
        if (!*more) return true;
    }
}

}  // namespace

std::optional<ServerSockets> server_sockets(std::uint16_t port) {
    ServerSockets all;
    if (!add_sockets(AF_INET, port, all)) return std::nullopt;
    ServerSockets both = all;
    return add_sockets(AF_INET6, port, both) ? both : all;  // a machine may be without
}

std::optional<SocketView> socket_view(const sockaddr_storage& local, const sockaddr_storage& peer) {
    const End own = end_of(local);
    const End other = end_of(peer);
    static const bool answers = kernel_answers();
    return answers ? ask_kernel(own, other) : read_table(own, other);
}

}  // namespace verify
