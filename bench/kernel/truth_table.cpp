#include "bench/kernel/truth_table.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "common/sys/fd.hpp"

// The kernel is called directly here, not through the seam: what it says is the subject.

namespace kernel {
namespace {

using namespace std::chrono_literals;
using sys::Fd;

/// What is looked at, and what has to stay open beside it.
struct Scene {
    Fd watched;
    Fd other{};
};

int checked(int result, const char* call) {
    if (result < 0) throw std::system_error{errno, std::generic_category(), call};
    return result;
}

sockaddr_in loopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// Has a port of its own, and does not listen.
Fd bound_socket(sockaddr_in& address) {
    Fd fd{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
    address = loopback();
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    checked(::bind(fd.get(), generic, size), "bind");
    checked(::getsockname(fd.get(), generic, &size), "getsockname");
    return fd;
}

Scene connected() {
    sockaddr_in address{};
    const Fd listener = bound_socket(address);
    checked(::listen(listener.get(), 1), "listen");
    Fd peer{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
    checked(::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            "connect");
    Fd watched{checked(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4")};
    return {.watched = std::move(watched), .other = std::move(peer)};
}

Scene peer_closed() {
    Scene scene = connected();
    scene.other = Fd{};
    return scene;
}

Scene peer_shut() {
    Scene scene = connected();
    checked(::shutdown(scene.other.get(), SHUT_WR), "shutdown");
    return scene;
}

Scene we_shut() {
    Scene scene = connected();
    checked(::shutdown(scene.watched.get(), SHUT_WR), "shutdown");
    return scene;
}

Scene both_shut() {
    Scene scene = peer_shut();
    checked(::shutdown(scene.watched.get(), SHUT_WR), "shutdown");
    return scene;
}

Scene peer_reset() {
    Scene scene = connected();
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    checked(::setsockopt(scene.other.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once),
            "setsockopt");
    scene.other = Fd{};
    return scene;
}

Scene connect_refused() {
    sockaddr_in address{};
    Fd holder = bound_socket(address);
    Fd watched{checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")};
    const int result =
        ::connect(watched.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (result < 0 && errno != EINPROGRESS) checked(result, "connect");
    return {.watched = std::move(watched), .other = std::move(holder)};
}

Scene writer_gone() {
    std::array<int, 2> ends{};
    checked(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    const Fd writer{ends[1]};
    return {.watched = Fd{ends[0]}};
}

Scene pair_closed() {
    std::array<int, 2> ends{};
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    const Fd closed{ends[1]};
    return {.watched = Fd{ends[0]}};
}

struct Case {
    std::string_view happened;
    Scene (*play)();
    std::uint32_t expected;
};

constexpr std::uint32_t half = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
constexpr std::array cases{
    Case{"the peer has closed", peer_closed, half},
    Case{"the peer has shut its sending side", peer_shut, half},
    Case{"we have shut our sending side", we_shut, EPOLLOUT},
    Case{"both sides have shut theirs", both_shut, half | EPOLLHUP},
    Case{"the peer has reset", peer_reset, half | EPOLLHUP | EPOLLERR},
    Case{"a connect was refused", connect_refused, half | EPOLLHUP | EPOLLERR},
    Case{"a pipe's writer has gone", writer_gone, EPOLLHUP},
    Case{"a socketpair's other end has closed", pair_closed, half | EPOLLHUP},
};

struct Name {
    std::uint32_t bit;
    short polled;
    std::string_view name;
};

constexpr std::array names{
    Name{EPOLLIN, POLLIN, "IN"},    Name{EPOLLPRI, POLLPRI, "PRI"},
    Name{EPOLLOUT, POLLOUT, "OUT"}, Name{EPOLLRDHUP, POLLRDHUP, "RDHUP"},
    Name{EPOLLHUP, POLLHUP, "HUP"}, Name{EPOLLERR, POLLERR, "ERR"},
};

std::uint32_t poll_says(int fd) {
    pollfd slot{.fd = fd, .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP, .revents = 0};
    checked(::poll(&slot, 1, 0), "poll");
    std::uint32_t events = 0;
    for (const Name& name : names) events |= (slot.revents & name.polled) != 0 ? name.bit : 0;
    return events;
}

std::uint32_t epoll_says(int fd) {
    const Fd set{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
    epoll_event event{.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP, .data = {}};
    checked(::epoll_ctl(set.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    return checked(::epoll_wait(set.get(), &event, 1, 0), "epoll_wait") == 1 ? event.events : 0;
}

/// What the peer does arrives a little later: it is given a second.
Row look_at(const Case& one) {
    const Scene scene = one.play();
    const auto deadline = std::chrono::steady_clock::now() + 1s;
    Row row{.happened = one.happened, .expected = one.expected};
    do {
        row.polled = poll_says(scene.watched.get());
        row.waited = epoll_says(scene.watched.get());
        if (row.as_expected()) break;
        std::this_thread::sleep_for(1ms);
    } while (std::chrono::steady_clock::now() < deadline);
    return row;
}

}  // namespace

std::vector<Row> truth_table() {
    std::vector<Row> rows;
    rows.reserve(std::size(cases));
    for (const Case& one : cases) rows.push_back(look_at(one));
    return rows;
}

std::string names_of(std::uint32_t events) {
    std::string text;
    for (const Name& name : names) {
        if ((events & name.bit) != 0)
            text += fmt::format("{}{}", text.empty() ? "" : " ", name.name);
    }
    return text.empty() ? "nothing" : text;
}

std::string to_text(const std::vector<Row>& rows) {
    std::string text =
        fmt::format("{:<37}{:<21}{}\n", "what has happened", "poll says", "epoll says");
    bool all = true;
    for (const Row& row : rows) {
        const bool same = row.polled == row.waited;
        text += fmt::format("{:<37}{:<21}{}\n", row.happened, names_of(row.polled),
                            same ? "the same" : names_of(row.waited));
        if (!row.as_expected()) text += fmt::format("  expected: {}\n", names_of(row.expected));
        all = all && row.as_expected();
    }
    return text +
           (all ? "\nEach is as expected. RDHUP: the peer sends no more. HUP: both directions "
                  "have\nended.\n"
                : "\nNot as expected: another kernel, or another system.\n");
}

}  // namespace kernel
