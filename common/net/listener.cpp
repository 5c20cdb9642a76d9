#include "common/net/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#include <array>
#include <cstring>
#include <random>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "common/sys/calls.hpp"

namespace net {
namespace {

/// Either family of address, as the kernel wants it.
union Address {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

struct NamedAddress {
    Address address;
    socklen_t size;
};

[[noreturn]] void fail(const char* call) {
    throw std::system_error{errno, std::generic_category(), call};
}

NamedAddress numeric(const std::string& host, std::uint16_t port) {
    NamedAddress named{};
    if (::inet_pton(AF_INET, host.c_str(), &named.address.v4.sin_addr) == 1) {
        named.address.v4.sin_family = AF_INET;
        named.address.v4.sin_port = htons(port);
        named.size = sizeof(sockaddr_in);
    } else if (::inet_pton(AF_INET6, host.c_str(), &named.address.v6.sin6_addr) == 1) {
        named.address.v6.sin6_family = AF_INET6;
        named.address.v6.sin6_port = htons(port);
        named.size = sizeof(sockaddr_in6);
    } else {
        throw std::invalid_argument{host + " is no numeric IPv4 or IPv6 address"};
    }
    return named;
}

template <class Value>
void set(int fd, int level, int option, const Value& value) {
    if (sys::setsockopt(fd, level, option, std::as_bytes(std::span{&value, 1})) != 0) {
        fail("setsockopt");
    }
}

/// All zero is for ever: socket(7), SO_RCVTIMEO.
timeval as_timeval(int limit_ms) noexcept {
    if (limit_ms < 0) return {};
    const int least_ms = limit_ms == 0 ? 1 : limit_ms;
    return {least_ms / 1000, least_ms % 1000 * 1000L};
}

/// The lowest port that the kernel gives to clients, ip(7), ip_local_port_range.
std::uint16_t ephemeral_floor() noexcept {
    constexpr std::uint16_t usual = 32768;
    const sys::Fd file{sys::open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC)};
    std::array<std::byte, 16> text{};
    if (!file || sys::pread(file.get(), std::span{text}.first(15), 0) <= 0) return usual;
    const int floor = std::atoi(reinterpret_cast<const char*>(text.data()));
    return floor > 2048 && floor < 65536 ? static_cast<std::uint16_t>(floor) : usual;
}

/// Binds any free port below the ephemeral range: above it a client that is
/// given the same port as its own can connect to itself.
int bind_any(int fd, const std::string& host) {
    constexpr std::uint16_t lowest = 1024;
    constexpr int tries = 1000;
    std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<int> pick{lowest, ephemeral_floor() - 1};
    int result = -1;
    for (int i = 0; i < tries; ++i) {
        const NamedAddress named = numeric(host, static_cast<std::uint16_t>(pick(random)));
        result = sys::bind(fd, &named.address.any, named.size);
        if (result == 0 || errno != EADDRINUSE) break;
    }
    return result;
}

std::uint16_t port_of(const Address& address) noexcept {
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/// "127.0.0.1:80", "[::1]:80".
std::string host_and_port(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool v6 = address.any.sa_family == AF_INET6;
    const void* bits = v6 ? static_cast<const void*>(&address.v6.sin6_addr)
                          : static_cast<const void*>(&address.v4.sin_addr);
    ::inet_ntop(address.any.sa_family, bits, text.data(), text.size());
    return v6 ? fmt::format("[{}]:{}", text.data(), port_of(address))
              : fmt::format("{}:{}", text.data(), port_of(address));
}

/// A socket that is to listen, with all that its clients inherit.
sys::Fd socket_for(const ListenOptions& options) {
    const int family = numeric(options.host, 0).address.any.sa_family;
    const int kind = SOCK_STREAM | SOCK_CLOEXEC | (options.blocking ? 0 : SOCK_NONBLOCK);
    sys::Fd fd{sys::socket(family, kind, 0)};
    if (!fd) fail("socket");

    set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);  // connections of a run before are in TIME_WAIT
    if (family == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (options.no_delay) set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    if (options.limits.receive_ms >= 0)
        set(fd.get(), SOL_SOCKET, SO_RCVTIMEO, as_timeval(options.limits.receive_ms));
    if (options.limits.send_ms >= 0)
        set(fd.get(), SOL_SOCKET, SO_SNDTIMEO, as_timeval(options.limits.send_ms));
    return fd;
}

void bind_to(int fd, const ListenOptions& options) {
    const NamedAddress wanted = numeric(options.host, options.port);
    const int bound = options.port == 0 ? bind_any(fd, options.host)
                                        : sys::bind(fd, &wanted.address.any, wanted.size);
    if (bound != 0) fail("bind");
}

Address address_of(int fd) {
    Address own{};
    socklen_t size = sizeof own;
    if (sys::getsockname(fd, &own.any, &size) != 0) fail("getsockname");
    return own;
}

/// A port that nobody has. With SO_REUSEPORT the kernel would let us in beside another server of
/// the same user, and give it some of our clients: so we ask without it first.
std::uint16_t port_for_us_alone(const ListenOptions& options) {
    const sys::Fd probe = socket_for(options);
    bind_to(probe.get(), options);
    return port_of(address_of(probe.get()));
}

Listener listen_at(std::uint16_t port, ListenOptions options) {
    options.port = port;
    sys::Fd fd = socket_for(options);
    if (options.shares_port) set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    bind_to(fd.get(), options);
    if (sys::listen(fd.get(), options.backlog) != 0) fail("listen");
    const Address own = address_of(fd.get());
    return {std::move(fd), fmt::format("http://{}/", host_and_port(own)), port_of(own)};
}

}  // namespace

Listener listen(const ListenOptions& options) {
    return listen_at(options.shares_port ? port_for_us_alone(options) : options.port, options);
}

Listener listen_beside(const Listener& first, const ListenOptions& options) {
    return listen_at(first.port, options);
}

std::string peer_name(int fd) {
    Address peer{};
    socklen_t size = sizeof peer;
    if (sys::getpeername(fd, &peer.any, &size) != 0) return "?";
    return host_and_port(peer);
}

bool set_sleep_limit(int fd, int option, int limit_ms, sys::Site site) noexcept {
    const timeval limit = as_timeval(limit_ms);
    const auto bytes = std::as_bytes(std::span{&limit, 1});
    return sys::setsockopt(fd, SOL_SOCKET, option, bytes, site) == 0;
}

bool set_cork(int fd, bool corked) noexcept {
    const int value = corked ? 1 : 0;
    const auto bytes = std::as_bytes(std::span{&value, 1});
    return sys::setsockopt(fd, IPPROTO_TCP, TCP_CORK, bytes) == 0;
}

}  // namespace net
