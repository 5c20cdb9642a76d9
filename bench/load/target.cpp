#include "bench/load/target.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "bench/load/reply.hpp"
#include "common/sys/fd.hpp"

namespace load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_head_bytes = std::size_t{64} << 10;

// The size of what announces more than is read, or nonsense.
constexpr std::size_t never_whole_bytes = std::numeric_limits<std::size_t>::max();

std::vector<Address> look_up(const std::string& host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};

    std::vector<Address> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        Address address;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        address.size = entry->ai_addrlen;
        addresses.push_back(address);
    }
    ::freeaddrinfo(found);
    return addresses;
}

std::string lower(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return result;
}

/// The value of the first field of that name in a head, in lower case; empty if there is none.
std::string field(std::string_view head, std::string_view name) {
    const std::string text = lower(head);
    const std::size_t found = text.find("\r\n" + std::string{name} + ":");
    if (found == std::string::npos) return {};
    const std::size_t at = text.find_first_not_of(" \t", found + name.size() + 3);
    const std::size_t end = text.find("\r\n", found + 2);
    if (at == std::string::npos || at >= end) return {};
    return text.substr(at, end - at);
}

/// Of a line or lines without their end: that is still to come, unless they are too long.
std::optional<std::size_t> unless_too_long(std::size_t size_bytes) {
    return size_bytes > most_head_bytes ? std::optional{never_whole_bytes} : std::nullopt;
}

/// The length of a body whose last chunk's line ends at `at`.
std::optional<std::size_t> length_with_trailers(std::string_view body, std::size_t at) {
    if (body.substr(at, 2) == "\r\n") return at + 2;
    const std::size_t end = body.find("\r\n\r\n", at);
    if (end == std::string_view::npos) return unless_too_long(body.size() - at);
    return end + 4;
}

/// The length of a body in chunks, RFC 9112, section 7.1, up to its last empty line.
/// result: nullopt while it is not whole, `never_whole_bytes` for chunks that nobody can read
///
/// at  the first chunk that is not known to be whole; moved on, for the next time
std::optional<std::size_t> chunked_length(std::string_view body, std::size_t& at) {
    for (;;) {
        const std::size_t line_end = body.find("\r\n", at);
        if (line_end == std::string_view::npos) return unless_too_long(body.size() - at);
        std::size_t chunk_size = 0;
        const auto parsed =
            std::from_chars(body.data() + at, body.data() + line_end, chunk_size, 16);
        if (parsed.ec != std::errc{} || chunk_size > ReplyPattern::max_size_bytes)
            return never_whole_bytes;
        if (chunk_size == 0) return length_with_trailers(body, line_end + 2);
        const std::size_t next = line_end + 2 + chunk_size + 2;
        if (next > body.size()) return std::nullopt;
        at = next;
    }
}

/// How long a reply is that says so in its head.
/// result: nullopt while that is not known, `never_whole_bytes` where it will never be
///
/// chunk_at  where `chunked_length` goes on, at first 0
std::optional<std::size_t> announced_size(std::string_view reply, std::size_t& chunk_at) {
    const std::size_t head_size = reply.find("\r\n\r\n");
    if (head_size == std::string_view::npos) return std::nullopt;
    const std::string_view head = reply.substr(0, head_size + 2);
    const std::size_t body_at = head_size + 4;

    if (field(head, "transfer-encoding") == "chunked") {
        const auto body_size = chunked_length(reply.substr(body_at), chunk_at);
        if (body_size == never_whole_bytes) return body_size;
        return body_size ? std::optional{body_at + *body_size} : std::nullopt;
    }
    const std::string length = field(head, "content-length");
    const char* end = length.data() + length.size();
    std::size_t length_bytes = 0;
    const auto parsed = std::from_chars(length.data(), end, length_bytes);
    if (parsed.ec == std::errc::result_out_of_range || length_bytes > ReplyPattern::max_size_bytes)
        return never_whole_bytes;
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return body_at + length_bytes;
}

/// Waits for the descriptor until the deadline. errors: false when it has passed
bool wait_for(int fd, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        pollfd slot{.fd = fd, .events = events, .revents = 0};
        const int ready = ::poll(&slot, 1, static_cast<int>(left.count()));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

Sample failed(std::string error, int error_number = 0) {
    return {.reply = {}, .error = std::move(error), .error_number = error_number};
}

/// errors: an error number, 0 for none, ETIMEDOUT when the deadline has passed
int connect_by(int fd, const Address& target, Clock::time_point deadline) {
    if (::connect(fd, target.get(), target.size) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(fd, POLLOUT, deadline)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

int send_all(int fd, std::string_view bytes, Clock::time_point deadline) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            if (!wait_for(fd, POLLOUT, deadline)) return ETIMEDOUT;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/// The verdict on what has come: a whole reply, or what is wrong with it.
Sample judge(std::string reply, bool ended) {
    std::size_t chunk_at = 0;
    const auto size = announced_size(reply, chunk_at);
    if (reply.empty()) return failed("the connection ended without a reply");
    if (size && reply.size() > *size) return failed("bytes came beyond the end of the reply");
    if (ended && size && reply.size() < *size) return failed("the connection ended in mid-reply");
    if (reply.find("\r\n\r\n") == std::string::npos) return failed("what came has no HTTP head");
    return {.reply = std::move(reply), .error = {}, .error_number = 0};
}

/// Why no more of a reply is read; empty if there is no reason.
std::string objection(std::string_view reply, std::optional<std::size_t> announced_bytes) {
    if (reply.size() > ReplyPattern::max_size_bytes) return "the reply is larger than 16 MiB";
    if (std::min(reply.find("\r\n\r\n"), reply.size()) > most_head_bytes)
        return "the head of the reply is larger than 64 KiB";
    if (announced_bytes == never_whole_bytes)
        return "the reply announces more than 16 MiB, or no length that can be read";
    return {};
}

Sample receive_reply(int fd, bool to_end, Clock::time_point deadline) {
    std::string reply;
    std::size_t chunk_at = 0;
    std::vector<char> room(std::size_t{1} << 16);
    for (;;) {
        if (!wait_for(fd, POLLIN, deadline)) {
            return failed(fmt::format("no whole reply in time ({} bytes came)", reply.size()));
        }
        const ssize_t count = ::recv(fd, room.data(), room.size(), 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (count < 0) return failed("the connection was lost under the reply", errno);
        if (count == 0) return judge(std::move(reply), true);
        reply.append(room.data(), static_cast<std::size_t>(count));
        const auto size = announced_size(reply, chunk_at);
        if (auto reason = objection(reply, size); !reason.empty()) return failed(std::move(reason));
        if (!to_end && size && reply.size() >= *size) return judge(std::move(reply), false);
    }
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::uint16_t Address::port() const noexcept {
    if (family() == AF_INET6) {
        return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
    }
    return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

std::optional<Address> numeric_address(const std::string& host, std::uint16_t port) {
    const std::vector<Address> found = look_up(host, port, AI_NUMERICHOST);
    if (found.empty()) return std::nullopt;
    return found.front();
}

std::vector<Address> resolve(const std::string& host, std::uint16_t port) {
    return look_up(host, port, 0);
}

bool is_loopback(const Address& address) noexcept {
    if (address.family() == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    if (address.family() != AF_INET6) return false;
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool is_private(const Address& address) noexcept {
    if (address.family() == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
        const std::uint32_t host = ntohl(v4.sin_addr.s_addr);
        return host >> 24 == 10 || host >> 20 == (172U << 4 | 1) ||
               host >> 16 == (192U << 8 | 168) || host >> 16 == (169U << 8 | 254);
    }
    if (address.family() != AF_INET6) return false;
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr;
    return (v6.s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(&v6);
}

std::string to_string(const Address& address) {
    char host[NI_MAXHOST];
    if (::getnameinfo(address.get(), address.size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) !=
        0) {
        return "?";
    }
    if (address.family() == AF_INET6) return fmt::format("[{}]:{}", host, address.port());
    return fmt::format("{}:{}", host, address.port());
}

std::optional<Url> Url::parse(std::string_view text, std::string& why) {
    const auto wrong = [&why](std::string reason) {
        why = std::move(reason);
        return std::nullopt;
    };
    if (!is_plain(text)) return wrong("a space or a character beyond ASCII is in it");
    if (lower(text.substr(0, 8)) == "https://") return wrong("TLS is not spoken, only http://");
    if (lower(text.substr(0, 7)) != "http://") return wrong("it does not begin with http://");

    std::string_view rest = text.substr(7);
    rest = rest.substr(0, rest.find('#'));
    const std::size_t slash = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    if (authority.find('@') != std::string_view::npos) return wrong("a user name is in it");

    const bool bracketed = authority.substr(0, 1) == "[";
    const std::size_t host_end =
        bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
    if (host_end == std::string_view::npos) return wrong("a bracket is not closed");
    Url url;
    url.host = bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
    if (url.host.empty()) return wrong("it names no host");
    if (bracketed && !numeric_address(url.host, 0))
        return wrong("the brackets hold no IPv6 address");

    url.port = 80;
    const std::string_view behind = authority.substr(host_end + (bracketed ? 1 : 0));
    if (!behind.empty()) {
        const char* end = behind.data() + behind.size();
        const auto parsed = std::from_chars(behind.data() + 1, end, url.port);
        if (behind.front() != ':' || parsed.ec != std::errc{} || parsed.ptr != end ||
            url.port == 0) {
            return wrong("its port is not a number from 1 to 65535");
        }
    }
    url.authority = authority;
    url.target = rest.substr(slash);
    if (url.target.substr(0, 1) != "/") url.target.insert(0, "/");
    return url;
}

std::string get_request(const Url& url, bool keep_alive, bool http_1_0) {
    std::string request = fmt::format("GET {} HTTP/1.{}\r\nHost: {}\r\n", url.target,
                                      http_1_0 ? 0 : 1, url.authority);
    if (keep_alive && http_1_0) request += "Connection: keep-alive\r\n";
    if (!keep_alive && !http_1_0) request += "Connection: close\r\n";
    return request + "\r\n";
}

Sample fetch(const Address& target, std::string_view request, bool to_end, int timeout_ms) {
    const auto deadline = Clock::now() + std::chrono::milliseconds{timeout_ms};
    const sys::Fd fd{::socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) return failed("no socket could be made", errno);
    if (const int error = connect_by(fd.get(), target, deadline)) {
        return failed("no connection could be made", error);
    }
    if (const int error = send_all(fd.get(), request, deadline)) {
        return failed("the request could not be sent", error);
    }
    return receive_reply(fd.get(), to_end, deadline);
}

}  // namespace load
