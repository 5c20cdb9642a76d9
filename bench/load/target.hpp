#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace load {

/// An IPv4 or IPv6 address with a port.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const noexcept {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
    [[nodiscard]] int family() const noexcept { return storage.ss_family; }
    [[nodiscard]] std::uint16_t port() const noexcept;
};

/// From a numeric host, "127.0.0.1" or "::1" (without brackets).
/// errors: nullopt if it is not numeric
[[nodiscard]] std::optional<Address> numeric_address(const std::string& host, std::uint16_t port);

/// Every stream address that a host name or a numeric host stands for, the resolver's first first.
/// result: empty if there is none
[[nodiscard]] std::vector<Address> resolve(const std::string& host, std::uint16_t port);

/// Inside this machine: 127.0.0.0/8, ::1, or the former mapped into IPv6.
[[nodiscard]] bool is_loopback(const Address& address) noexcept;

/// Inside a private network: RFC 1918 and RFC 4193, or link-local.
[[nodiscard]] bool is_private(const Address& address) noexcept;

/// "127.0.0.1:8080", "[::1]:8080".
[[nodiscard]] std::string to_string(const Address& address);

/// The parts of an http URL.
struct Url {
    std::string host;  ///< without brackets
    std::uint16_t port;  ///< 80 where the URL names none
    std::string target;  ///< path and query, begins with a slash
    std::string authority;  ///< as a Host field has it

    /// errors: nullopt, and in `why` what is wrong with it, as half a sentence
    [[nodiscard]] static std::optional<Url> parse(std::string_view text, std::string& why);
};

/// A GET request for `url` in as few bytes as its version allows.
///
/// keep_alive  false: HTTP/1.1 says `Connection: close`; true: HTTP/1.0 says `keep-alive`
[[nodiscard]] std::string get_request(const Url& url, bool keep_alive, bool http_1_0 = false);

/// What became of one request on a connection of its own.
struct Sample {
    std::string reply;  ///< the whole reply, byte by byte; empty on failure
    std::string error;  ///< what failed, as half a sentence; empty on success
    int error_number = 0;  ///< errno of the failed call, 0 if none failed
};

/// Sends `request` and reads one whole reply: to the length its head tells (Content-Length or
/// chunks), else to the end of the connection.
///
/// to_end      read to the end of the connection in any case
/// timeout_ms  for the whole exchange, the connection's set-up included
[[nodiscard]] Sample fetch(const Address& target, std::string_view request, bool to_end,
                           int timeout_ms);

}  // namespace load
