#include "bench/verify/client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "bench/verify/socket_view.hpp"

namespace verify {
namespace {

constexpr std::size_t most_line_bytes = std::size_t{64} << 10;  // of a head, and of a chunk's line

// Whoever is slower, with the server on the same machine, sends in drips.
constexpr std::uint64_t least_bytes_per_ms = 100;

std::string error_text(int error) {
    return std::generic_category().message(error);
}

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? char(letter + 32) : letter;
}

bool same_name(std::string_view one, std::string_view other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
    const auto start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

bool is_token(std::string_view name) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char letter) {
        return (letter >= '0' && letter <= '9') || (lower(letter) >= 'a' && lower(letter) <= 'z') ||
               others.find(letter) != std::string_view::npos;
    });
}

int millis_until(Deadline deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

std::int64_t millis_since(Clock::time_point began) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count();
}

/// Waits for an event. result: whether it came before the deadline.
bool await(int fd, short events, Deadline deadline) {
    pollfd watched{.fd = fd, .events = events, .revents = 0};
    int count = 0;
    while ((count = ::poll(&watched, 1, millis_until(deadline))) < 0 && errno == EINTR) {
    }
    return count > 0;
}

std::uint64_t parse_number(std::string_view digits, int base, std::string_view what) {
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty())
        throw Failed{fmt::format("{} that is a number", what), escaped(digits)};
    return value;
}

void parse_status_line(Reply& reply, std::string_view line) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool formed = line.size() >= 13 && line.substr(0, 7) == "HTTP/1." && digit(line[7]) &&
                        line[8] == ' ' && digit(line[9]) && digit(line[10]) && digit(line[11]) &&
                        line[12] == ' ';
    if (!formed) throw Failed{"a status line as in RFC 9112, section 4", escaped(line)};
    reply.minor_version = line[7] - '0';
    reply.status = static_cast<int>(parse_number(line.substr(9, 3), 10, "a status"));
    reply.reason = line.substr(13);
}

void parse_field(Reply& reply, std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
        throw Failed{"a header field as in RFC 9112, section 5", escaped(line)};
    reply.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
}

Reply parse_head(std::string head) {
    Reply reply;
    std::string_view rest = head;
    for (bool first = true; rest != "\r\n"; first = false) {
        const auto end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, end);
        if (line.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos)
            throw Failed{"reply lines that end in CR LF", escaped(head)};
        first ? parse_status_line(reply, line) : parse_field(reply, line);
        rest.remove_prefix(end + 2);
    }
    reply.head = std::move(head);
    return reply;
}

/// Begins to connect a new socket and, where that is wanted, waits. result: 0 or an `errno`.
int connect_within(const sys::Fd& fd, const sockaddr_storage& peer, socklen_t size,
                   std::chrono::milliseconds patience) {
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), size) == 0) return 0;
    if (errno != EINPROGRESS || patience == 0ms) return errno == EINPROGRESS ? 0 : errno;
    if (!await(fd.get(), POLLOUT, in(patience))) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

}  // namespace

std::string escaped(std::string_view bytes, std::size_t limit) {
    std::string text = "\"";
    for (const char byte : bytes.substr(0, limit)) {
        const auto code = static_cast<unsigned char>(byte);
        if (byte == '\r')
            text += "\\r";
        else if (byte == '\n')
            text += "\\n";
        else if (byte == '"' || byte == '\\')
            (text += '\\') += byte;
        else if (code < 0x20 || code >= 0x7f)
            text += fmt::format("\\x{:02x}", code);
        else
            text += byte;
    }
    text += '"';
    if (bytes.size() > limit) text += fmt::format("... ({} bytes)", bytes.size());
    return text;
}

std::size_t Reply::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(),
                      [&](const auto& field) { return same_name(field.first, name); }));
}

std::string_view Reply::field(std::string_view name) const {
    for (const auto& [own, value] : fields)
        if (same_name(own, name)) return value;
    return {};
}

bool Reply::has_token(std::string_view name, std::string_view token) const {
    for (const auto& [own, value] : fields) {
        if (!same_name(own, name)) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (same_name(trimmed(rest.substr(0, comma)), token)) return true;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return false;
}

std::pair<sockaddr_storage, socklen_t> socket_address(const Address& address) {
    sockaddr_storage storage{};
    sockaddr_in four{};
    sockaddr_in6 six{};
    if (::inet_pton(AF_INET, address.host.c_str(), &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        four.sin_port = htons(static_cast<std::uint16_t>(address.port));
        std::memcpy(&storage, &four, sizeof four);
        return {storage, sizeof four};
    }
    if (::inet_pton(AF_INET6, address.host.c_str(), &six.sin6_addr) != 1)
        throw std::invalid_argument{"not a numeric address: " + address.host};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(static_cast<std::uint16_t>(address.port));
    std::memcpy(&storage, &six, sizeof six);
    return {storage, sizeof six};
}

int try_connect(const Address& address) {
    const auto [peer, size] = socket_address(address);
    const sys::Fd fd{::socket(peer.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    return fd ? connect_within(fd, peer, size, 5s) : errno;
}

Client::Client(const Address& address, const ClientOptions& options)
    : patience_{options.patience}, most_bytes_{options.most_bytes} {
    const auto [peer, size] = socket_address(address);
    peer_ = peer;
    fd_ = sys::Fd{::socket(peer_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd_) throw std::system_error{errno, std::generic_category(), "socket"};
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (options.receive_buffer_bytes > 0)
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes, sizeof(int));

    const int error = connect_within(fd_, peer_, size, options.at_once ? 0ms : patience_);
    if (error != 0) throw Failed{"a connection", error_text(error)};
    socklen_t length = sizeof local_;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&local_), &length);
}

int Client::local_port() const {
    sockaddr_in four{};
    std::memcpy(&four, &local_, sizeof four);  // the port is at the same place in both families
    return ntohs(four.sin_port);
}

bool Client::await_arrival(std::chrono::milliseconds within) const {
    return await(fd_.get(), POLLIN, in(within));
}

bool Client::server_holds_on() const {
    const auto view = socket_view(peer_, local_);
    return view && view->state == TCP_ESTABLISHED;
}

std::size_t Client::send_some(std::string_view bytes) {
    const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return 0;
    sent_bytes_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
}

void Client::send(std::string_view bytes) {
    const Deadline deadline = in(patience_);
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            sent_bytes_ += static_cast<std::uint64_t>(count);
            bytes.remove_prefix(static_cast<std::size_t>(count));
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) {  // closed by the peer
            was_reset_ = true;
            return;
        }
        if (!await(fd_.get(), POLLOUT, deadline))
            throw Failed{fmt::format("{} more bytes to be read", bytes.size()),
                         fmt::format("no room for {} ms", patience_.count())};
    }
}

void Client::send_in_pieces(std::string_view bytes, std::size_t piece_bytes) {
    for (std::size_t start = 0; start < bytes.size(); start += piece_bytes) {
        send(bytes.substr(start, piece_bytes));
        wait_until_taken();
    }
}

void Client::send_urgent(char byte) {
    ::send(fd_.get(), &byte, 1, MSG_OOB | MSG_NOSIGNAL);
}

void Client::wait_until_taken() {
    const Deadline deadline = in(patience_);
    for (;;) {
        const auto view = socket_view(peer_, local_);
        if (!view || view->state != TCP_ESTABLISHED) return;  // closed: nothing will be read
        int unacknowledged = 0;
        ::ioctl(fd_.get(), SIOCOUTQ, &unacknowledged);
        const bool arrived =
            view->received_bytes ? *view->received_bytes >= sent_bytes_ : unacknowledged == 0;
        if (arrived && view->unread_bytes == 0) return;
        if (Clock::now() > deadline)
            throw Failed{
                "what was sent to be read",
                fmt::format("{} bytes unread after {} ms", view->unread_bytes, patience_.count())};
        std::this_thread::sleep_for(20us);
    }
}

void Client::half_close() {
    ::shutdown(fd_.get(), SHUT_WR);
}

void Client::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

Client::Got Client::fill(Deadline deadline) {
    std::array<char, 65536> block{};
    for (;;) {
        const ssize_t count = ::recv(fd_.get(), block.data(), block.size(), 0);
        if (count > 0) {
            received_bytes_ += static_cast<std::uint64_t>(count);
            unread_.erase(0, std::exchange(start_, 0));
            unread_.append(block.data(), static_cast<std::size_t>(count));
            return Got::bytes;
        }
        // Told to a send, a reset is not told again: what follows the bytes looks like an end.
        if (count == 0) return was_reset_ ? Got::reset : Got::end;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return Got::reset;
        if (!await(fd_.get(), POLLIN, deadline)) return Got::nothing;
    }
}

void Client::begin_waiting() {
    waits_since_ = Clock::now();
    received_before_ = received_bytes_;
}

/// When the wait that goes on has lasted too long for what has come.
Deadline Client::last_deadline() const {
    const std::chrono::milliseconds earned{came() / least_bytes_per_ms};
    return waits_since_ + patience_ + earned;
}

/// One more piece, within its patience and in the time that is left in all.
Client::Got Client::fill_in_time() {
    if (came() > most_bytes_)
        throw Failed{"a reply that ends",
                     fmt::format("{} bytes, and on, after {}", came(), escaped(unread()))};
    const Deadline last = last_deadline();
    if (Clock::now() > last) return Got::nothing;
    return fill(std::min(in(patience_), last));
}

void Client::need_more(std::string_view what) {
    switch (fill_in_time()) {
        case Got::bytes: return;
        case Got::end: throw Failed{std::string{what}, "the end, after " + escaped(unread())};
        case Got::reset: throw Failed{std::string{what}, "a reset, after " + escaped(unread())};
        case Got::nothing: break;
    }
    const std::string got = came() == 0 ? "nothing" : fmt::format("{} bytes", came());
    throw Failed{std::string{what}, fmt::format("{} for {} ms, after {}", got,
                                                millis_since(waits_since_), escaped(unread()))};
}

std::string Client::take(std::size_t size_bytes) {
    while (unread().size() < size_bytes) need_more(fmt::format("{} bytes of a body", size_bytes));
    std::string taken = unread_.substr(start_, size_bytes);
    start_ += size_bytes;
    return taken;
}

std::string Client::take_all() {
    unread_.erase(0, std::exchange(start_, 0));
    return std::exchange(unread_, {});
}

/// What comes up to that mark, and the mark.
std::string Client::take_to(std::string_view mark, std::string_view what) {
    std::size_t end = 0;
    while ((end = unread().find(mark)) == std::string::npos) {
        if (unread().size() > most_line_bytes)
            throw Failed{fmt::format("{} of at most {} bytes", what, most_line_bytes),
                         escaped(unread())};
        need_more(what);
    }
    return take(end + mark.size());
}

std::string Client::take_line() {
    std::string line = take_to("\r\n", "the end of a chunk line");
    line.resize(line.size() - 2);
    return line;
}

std::string Client::read_head() {
    return take_to("\r\n\r\n", "a reply");
}

void Client::read_chunks(Reply& reply) {
    for (;;) {
        const std::string line = take_line();
        const auto digits = std::string_view{line}.substr(0, line.find(';'));
        const std::uint64_t size = parse_number(trimmed(digits), 16, "a chunk size");
        if (size == 0) break;
        reply.body += take(size);
        if (take(2) != "\r\n") throw Failed{"CR LF behind a chunk", "something else"};
    }
    while (!take_line().empty()) {
    }
}

void Client::read_body(Reply& reply, To to) {
    if (to == To::head || reply.status == 204 || reply.status == 304) return;
    if (reply.has_token("Transfer-Encoding", "chunked")) return read_chunks(reply);
    if (reply.count("Content-Length") > 1) throw Failed{"one Content-Length", escaped(reply.head)};
    if (reply.count("Content-Length") == 1) {
        reply.body = take(parse_number(reply.field("Content-Length"), 10, "a Content-Length"));
        return;
    }
    reply.body = receive_rest();
}

Reply Client::receive(To to) {
    begin_waiting();
    for (;;) {
        Reply reply = parse_head(read_head());
        if (reply.status < 200) continue;
        inside_ = true;
        read_body(reply, to);
        inside_ = false;
        return reply;
    }
}

std::string Client::receive_rest() {
    begin_waiting();
    for (;;) {
        switch (fill_in_time()) {
            case Got::bytes: break;
            case Got::end: return take_all();
            case Got::reset: throw Failed{"an orderly end", "a reset, after " + escaped(unread())};
            case Got::nothing:
                throw Failed{"the end of the connection",
                             fmt::format("still open after {} ms, received {}",
                                         millis_since(waits_since_), escaped(unread()))};
        }
    }
}

std::string Client::receive_for(std::chrono::milliseconds length) {
    const Deadline deadline = in(length);
    while (fill(deadline) == Got::bytes && Clock::now() < deadline &&
           unread().size() < most_bytes_) {
    }
    return take_all();
}

void Client::expect_end(std::chrono::milliseconds within) {
    const Deadline deadline = in(within);
    const Got got = unread().empty() ? fill(deadline) : Got::bytes;
    switch (got) {
        case Got::end: return;
        case Got::bytes: throw Failed{"the end of the connection", escaped(unread())};
        case Got::reset: throw Failed{"an orderly end of the connection", "a reset"};
        case Got::nothing: break;
    }
    throw Failed{"the end of the connection",
                 fmt::format("still open after {} ms", within.count())};
}

void Client::expect_gone(std::chrono::milliseconds within) {
    const Deadline deadline = in(within);
    for (;;) {
        unread_.erase(0, std::exchange(start_, 0));
        unread_.resize(std::min(unread_.size(), most_line_bytes));  // what comes does not matter
        switch (Clock::now() > deadline ? Got::nothing : fill(deadline)) {
            case Got::end:
            case Got::reset: return;
            case Got::bytes: break;
            case Got::nothing:
                throw Failed{"the end of the connection",
                             fmt::format("still open after {} ms, received {}", within.count(),
                                         escaped(unread()))};
        }
    }
}

void Client::expect_silence(std::chrono::milliseconds length) {
    const Deadline deadline = in(length);
    const Got got = unread().empty() ? fill(deadline) : Got::bytes;
    switch (got) {
        case Got::nothing: return;
        case Got::bytes: throw Failed{"silence", escaped(unread())};
        case Got::end: throw Failed{"a connection that stays open", "its end"};
        case Got::reset: throw Failed{"a connection that stays open", "a reset"};
    }
}

}  // namespace verify
