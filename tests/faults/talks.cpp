#include "tests/faults/talks.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "common/sys/fd.hpp"

namespace faults {
namespace {

using Clock = std::chrono::steady_clock;

struct Reply {
    int status = 0;
    bool last = false;  ///< Connection: close
    std::string body;
    std::size_t size_bytes = 0;  ///< of all of it
};

/// The value of a field, "" without one.
std::string_view field(std::string_view head, std::string_view name) {
    for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;
         line = head.find("\r\n", line + 2)) {
        const std::string_view rest = head.substr(line + 2);
        if (rest.size() <= name.size() || rest[name.size()] != ':') continue;
        if (::strncasecmp(rest.data(), name.data(), name.size()) != 0) continue;
        const std::string_view value = rest.substr(name.size() + 1);
        return value.substr(1, value.find("\r\n") - 1);
    }
    return {};
}

/// The reply at the start of `bytes`, once it is whole. A length or a status that is no number is 0.
std::optional<Reply> whole_reply(std::string_view bytes, bool has_body) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos || bytes.size() < 12) return std::nullopt;
    const std::string_view head = bytes.substr(0, end + 2);
    const std::string_view length = field(head, "Content-Length");
    Reply reply;
    std::size_t body_bytes = 0;
    std::from_chars(head.data() + 9, head.data() + 12, reply.status);
    std::from_chars(length.data(), length.data() + length.size(), body_bytes);
    if (!has_body) body_bytes = 0;
    if (bytes.size() < end + 4 + body_bytes) return std::nullopt;
    reply.last = field(head, "Connection") == "close";
    reply.body = bytes.substr(end + 4, body_bytes);
    reply.size_bytes = end + 4 + body_bytes;
    return reply;
}

/// One talk under way.
class Talker {
public:
    Talker(const Talk& talk, std::uint16_t port) : talk_{talk}, port_{port} {
        fate_.name = talk.name;
        const bool waits = talk.manner != Manner::leaving && talk.manner != Manner::resetting;
        fate_.asked = waits ? talk.asks.size() : 0;
        connect();
        if (!waits) leave();
    }

    [[nodiscard]] bool is_done() const { return !fd_; }
    [[nodiscard]] int descriptor() const { return fd_.get(); }
    [[nodiscard]] short wants() const {
        return static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT);
    }
    [[nodiscard]] const Fate& fate() const { return fate_; }

    void proceed() {
        if (!unsent_.empty()) send_some();
        std::array<char, 65536> room;
        const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return lose();
        received_.append(room.data(), static_cast<std::size_t>(count));
        while (fd_ && take_reply()) {
        }
    }

    void run_out_of_patience() {
        fate_.port = local_port_;
        end_badly("nothing more in time after " + std::to_string(received_.size()) + " bytes");
    }

private:
    void connect() {
        fd_ = sys::Fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const int size = talk_.receive_buffer_bytes;
        if (size != 0) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port_);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t own = sizeof at;
        if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&at), own) != 0) return lose();
        ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &own);
        local_port_ = ntohs(at.sin_port);
        received_.clear();
        speak();
    }

    /// Says what is to be said before the next reply.
    void speak() {
        const std::size_t first = fate_.answered;
        const std::size_t count = talk_.manner == Manner::pipelined ? talk_.asks.size() - first : 1;
        for (std::size_t ask = first; ask < first + count; ++ask)
            unsent_ += talk_.asks[ask].request;
        send_some();
        if (talk_.manner == Manner::half_closing) ::shutdown(fd_.get(), SHUT_WR);
    }

    void send_some() {
        const ssize_t count =
            ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0) unsent_.erase(0, static_cast<std::size_t>(count));
        if (count < 0 && errno != EAGAIN) unsent_.clear();  // what can be received will tell
    }

    void leave() {
        if (talk_.manner == Manner::resetting) {
            const linger at_once{1, 0};
            ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
        fd_ = {};
    }

    bool take_reply() {
        const Ask& ask = talk_.asks[fate_.answered];
        std::optional<Reply> reply = whole_reply(received_, ask.has_body);
        if (!reply) return false;
        received_.erase(0, reply->size_bytes);
        judge(ask, *reply);
        ++fate_.answered;
        if (fate_.answered == talk_.asks.size()) {
            if (!received_.empty()) fate_.wrong = "more than was asked for: " + received_;
            fd_ = {};
        } else if (reply->last) {
            unsent_.clear();
            connect();
        } else if (talk_.manner == Manner::kept) {
            speak();
        }
        return true;
    }

    void judge(const Ask& ask, const Reply& reply) {
        if (reply.status == ask.status) {
            if (reply.body != ask.body) fate_.wrong = "another body: " + reply.body.substr(0, 80);
            return;
        }
        fate_.odd = true;
        fate_.port = local_port_;
        const bool refused = reply.status >= 400 && reply.status < 600;
        if (!refused) fate_.wrong = "status " + std::to_string(reply.status);
    }

    void lose() {
        fate_.lost = fate_.answered < fate_.asked;
        fate_.port = local_port_;
        fd_ = {};
    }

    void end_badly(std::string why) {
        fate_.wrong = std::move(why);
        fd_ = {};
    }

    const Talk& talk_;
    std::uint16_t port_;
    std::uint16_t local_port_ = 0;
    Fate fate_;
    sys::Fd fd_;
    std::string unsent_;
    std::string received_;
};

/// Lets everybody proceed who can. result: whether anybody still talks.
bool turn(std::vector<Talker>& talkers, Clock::time_point deadline) {
    std::vector<pollfd> watched;
    std::vector<Talker*> whose;
    for (Talker& talker : talkers) {
        if (talker.is_done()) continue;
        watched.push_back({talker.descriptor(), talker.wants(), 0});
        whose.push_back(&talker);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const int left_ms = std::max(0, static_cast<int>(left.count()));
    const int ready = watched.empty() ? 0 : ::poll(watched.data(), watched.size(), left_ms);
    if (ready == 0)
        for (Talker* talker : whose) talker->run_out_of_patience();
    for (std::size_t i = 0; i < watched.size() && ready > 0; ++i)
        if (watched[i].revents != 0) whose[i]->proceed();
    return !watched.empty();
}

}  // namespace

std::vector<Fate> have(const std::vector<Talk>& talks, std::uint16_t port,
                       std::chrono::milliseconds patience) {
    const auto deadline = Clock::now() + patience;
    std::vector<Talker> talkers;
    talkers.reserve(talks.size());
    for (const Talk& talk : talks) talkers.emplace_back(talk, port);
    while (turn(talkers, deadline)) {
    }
    std::vector<Fate> fates;
    for (const Talker& talker : talkers) fates.push_back(talker.fate());
    return fates;
}

}  // namespace faults
