// A server that is wrong on purpose, so that a test can see the behaviours fail: a thread a
// connection around the same conversation that our models have, and one defect, chosen by name.
// Without a defect it does what it should.
//
//     broken_server PORT [DEFECT]      serves
//     broken_server --list             prints every defect, and what it does wrong

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/http/conversation.hpp"
#include "common/server/log.hpp"
#include "common/server/site.hpp"
#include "common/sys/fd.hpp"
#include "tests/bench/listen_on.hpp"

namespace {

using namespace std::chrono_literals;

struct Defect {
    const char* name;
    const char* sentence;
};

constexpr std::array defects{
    Defect{"buffers-answers", "reads on while a client does not read, and keeps its answers"},
    Defect{"deaf-to-the-end", "takes the end of a client's input for a pause"},
    Defect{"dies-of-resets", "ends when a connection fails"},
    Defect{"dies-of-silence", "ends when many clients have left without a question"},
    Defect{"first-only", "answers the first of the requests that arrive at once, and closes"},
    Defect{"ends-with-the-stop", "ends when it is to go on after a stop"},
    Defect{"fragile", "takes a call that a signal interrupts for a connection that failed"},
    Defect{"greets", "speaks first to a client that says nothing for 30 ms"},
    Defect{"hangs-up", "takes a client that has half-closed for one that is gone"},
    Defect{"hoards", "keeps everything that arrives"},
    Defect{"leaks-descriptors", "leaves a descriptor open for every client"},
    Defect{"leaks-threads", "leaves a thread behind for every client"},
    Defect{"leaves-zombies", "starts a child for every client and never waits for it"},
    Defect{"loses-answers", "reads on while a client does not read, and drops its answers"},
    Defect{"one-piece", "takes a request that does not arrive in one piece for late"},
    Defect{"plain-only", "answers 400 to all but the plainest request"},
    Defect{"resets", "ends a connection with a reset where it should linger"},
    Defect{"reversed", "answers the last of the requests that arrive at once first"},
    Defect{"says-yes", "answers 200 to whatever arrives"},
    Defect{"short-of-room", "sends away who comes while ten others are there"},
    Defect{"spins-alone", "asks for new clients without a pause"},
    Defect{"spins-with-clients", "asks its clients for input without a pause"},
    Defect{"takes-turns", "serves the next client when the last one is gone"},
    Defect{"urgent-in-line", "takes urgent data for a part of the request"},
};

constexpr std::string_view plainest = "GET / HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n";

/// One client, and what a defect may gather for it.
struct Session {
    int fd;
    server::Output errors{2};
    server::Log log{server::LogWhat::none, errors};
    server::Site site{{}, log};
    http::Context context{site, false};
    http::Conversation conversation{context};
    std::string hoard{};
    bool is_last = false;
};

class Server {
public:
    explicit Server(std::string_view defect) : defect_{defect} {}
    [[noreturn]] void run(int port);

private:
    [[nodiscard]] bool is(std::string_view defect) const { return defect_ == defect; }

    void welcome(sys::Fd client);
    void serve(int fd);
    void say_yes(int fd);
    void converse(Session& session);
    bool read(Session& session);
    std::string spoilt(Session& session, std::string_view input);
    bool write(Session& session);
    void write_or_not(Session& session, std::string_view bytes);
    void write_reversed(Session& session);
    void linger(Session& session);
    void leave_something();

    std::string_view defect_;
    std::atomic<int> clients_ = 0;
    std::atomic<int> silent_ = 0;
};

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool comes(int fd, short event, int within_ms) {
    pollfd watched{.fd = fd, .events = event, .revents = 0};
    return ::poll(&watched, 1, within_ms) > 0;
}

ssize_t send_now(int fd, std::string_view bytes, int flags = 0) {
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
}

void Server::run(int port) {
    if (is("ends-with-the-stop")) std::signal(SIGCONT, [](int) { std::_Exit(0); });
    const int listener = listen_on(port);
    for (;;) {
        if (is("spins-alone") && !comes(listener, POLLIN, 0)) continue;
        sys::Fd client{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)};
        if (client) welcome(std::move(client));
    }
}

void Server::welcome(sys::Fd client) {
    const int on = 1;
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (is("urgent-in-line")) ::setsockopt(client.get(), SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
    if (is("short-of-room") && clients_ >= 10) return;
    ++clients_;
    const auto whole = [this](int fd) {
        const sys::Fd owned{fd};
        serve(fd);
        leave_something();
        --clients_;
    };
    const int fd = client.release();
    is("takes-turns") ? whole(fd) : std::thread{whole, fd}.detach();
}

void Server::serve(int fd) {
    if (is("greets") && !comes(fd, POLLIN, 30)) send_now(fd, "welcome\r\n");
    if (is("says-yes")) return say_yes(fd);
    Session session{.fd = fd};
    converse(session);
}

/// What this defect reads of a request is whether it asks for the end.
void Server::say_yes(int fd) {
    std::array<char, 65536> block{};
    for (ssize_t count = 0; (count = ::recv(fd, block.data(), block.size(), 0)) > 0;) {
        const std::string_view input{block.data(), static_cast<std::size_t>(count)};
        const bool is_last = input.find("Connection: close") != input.npos;
        send_now(fd, "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n");
        if (is_last) send_now(fd, "Connection: close\r\n");
        send_now(fd, "\r\nHello, world!");
        if (is_last) return;
    }
}

void Server::converse(Session& session) {
    for (bool goes_on = true; goes_on;) {
        session.site.now(std::time(nullptr));
        switch (session.conversation.next()) {
            case http::Next::read: goes_on = read(session); break;
            case http::Next::write: goes_on = write(session) && !session.is_last; break;
            case http::Next::linger: return linger(session);
            case http::Next::close: return;
        }
    }
}

/// Whether the connection goes on.
bool Server::read(Session& session) {
    while (is("spins-with-clients") && !comes(session.fd, POLLIN, 0)) {
    }
    http::Conversation& conversation = session.conversation;
    const std::span<std::byte> room = conversation.room();
    const ssize_t count = ::recv(session.fd, room.data(), room.size(), 0);
    if (count < 0 && errno == EINTR) return !is("fragile");
    if (count < 0 && errno != EAGAIN && is("dies-of-resets")) std::_Exit(1);
    if (count < 0 && errno != EAGAIN) return false;
    if (count < 0) return conversation.time_up(), true;
    const bool is_silent = count == 0 && conversation.requests() == 0;
    if (is_silent && is("dies-of-silence") && ++silent_ > 100) std::_Exit(1);
    while (count == 0 && is("deaf-to-the-end")) std::this_thread::sleep_for(1h);

    const auto arrived = room.first(static_cast<std::size_t>(count));
    const std::string input = spoilt(session, text_of(arrived));
    std::memcpy(room.data(), input.data(), input.size());
    conversation.received(input.size());
    const bool is_whole =
        conversation.next() != http::Next::read || conversation.phase() == http::Phase::idle;
    if (is("one-piece") && !is_whole) conversation.time_up();
    return true;
}

/// What this server takes for its input; never longer than what arrived.
std::string Server::spoilt(Session& session, std::string_view input) {
    if (is("plain-only") && !input.empty() && input != plainest) return "?\r\n";
    if (is("hoards")) session.hoard += input;
    const std::size_t end = input.find("\r\n\r\n");
    if (is("first-only") && end != input.npos && end + 4 < input.size()) {
        session.is_last = true;
        return std::string{input.substr(0, end + 4)};
    }
    return std::string{input};
}

/// Whether the connection goes on.
bool Server::write(Session& session) {
    if (is("reversed")) return write_reversed(session), true;
    if (is("hangs-up")) {
        std::this_thread::sleep_for(20ms);
        if (comes(session.fd, POLLRDHUP, 0)) return false;
    }
    const std::string_view output = text_of(session.conversation.output());
    if (is("buffers-answers") || is("loses-answers")) return write_or_not(session, output), true;
    const ssize_t count = send_now(session.fd, output);
    if (count < 0 && errno == EINTR) return !is("fragile");
    if (count < 0 && is("dies-of-resets")) std::_Exit(1);
    if (count < 0) return false;
    session.conversation.sent(static_cast<std::size_t>(count));
    return true;
}

void Server::write_or_not(Session& session, std::string_view bytes) {
    if (is("buffers-answers")) session.hoard += bytes;
    const std::string_view all = is("buffers-answers") ? session.hoard : bytes;
    const ssize_t count = send_now(session.fd, all, MSG_DONTWAIT);
    if (is("buffers-answers") && count > 0) session.hoard.erase(0, std::size_t(count));
    session.conversation.sent(bytes.size());
}

void Server::write_reversed(Session& session) {
    std::string all;
    while (session.conversation.next() == http::Next::write) {
        const auto output = session.conversation.output();
        all += text_of(output);
        session.conversation.sent(output.size());
    }
    while (!all.empty()) {
        const std::size_t start = all.rfind("HTTP/1.");
        send_now(session.fd, std::string_view{all}.substr(start));
        all.resize(start);
    }
}

void Server::linger(Session& session) {
    if (is("resets")) {
        const ::linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(session.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return;
    }
    ::shutdown(session.fd, SHUT_WR);
    std::array<char, 65536> block{};
    const auto end = std::chrono::steady_clock::now() + 2s;
    while (std::chrono::steady_clock::now() < end) {
        if (!comes(session.fd, POLLIN, 100)) continue;
        const ssize_t count = ::recv(session.fd, block.data(), block.size(), 0);
        if (count <= 0) return;
        if (is("hoards")) session.hoard.append(block.data(), static_cast<std::size_t>(count));
    }
}

void Server::leave_something() {
    if (is("leaks-descriptors")) static_cast<void>(::open("/dev/null", O_RDONLY));
    if (is("leaks-threads")) std::thread{[] { std::this_thread::sleep_for(1h); }}.detach();
    if (is("leaves-zombies") && ::fork() == 0) std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "--list") {
        for (const Defect& defect : defects) std::printf("%s: %s\n", defect.name, defect.sentence);
        return 0;
    }
    const std::string_view chosen = argc > 2 ? argv[2] : "";
    const bool known = std::any_of(defects.begin(), defects.end(),
                                   [&](const Defect& defect) { return chosen == defect.name; });
    if (first.empty() || (!chosen.empty() && !known)) {
        std::fputs("usage: broken_server PORT [DEFECT] | --list\n", stderr);
        return 2;
    }
    Server{chosen}.run(std::atoi(argv[1]));
}
