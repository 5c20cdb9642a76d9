// # floor: the least that a server of each model can do
//
// What the models are held against: it finds the empty line that ends a request and
// sends a constant answer. Nothing is parsed, limited, timed, counted or logged, a
// client that does not read is lost, and what is not expected ends the process. So the
// CPU time of a request here is nearly all the kernel's, and a model's distance from
// it is the price of being a server: bench/experiments/floor.jsonc.
//
//   floor blocking|select|poll|epoll_lt|epoll_et PORT

#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_view_literals;

constexpr auto stays =
    "HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 13\r\n\r\nHello, world!"sv;
constexpr auto closes =
    "HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 13\r\nConnection: close\r\n\r\nHello, world!"sv;

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

int listen_on(int port, int flags) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | flags, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
    if (::listen(listener, 4096) != 0) die("listen");
    return listener;
}

// The last bytes of what each descriptor has sent, for a request that comes in pieces.
std::vector<std::array<char, 4>> tails(1 << 16);

/// Whether a request ends with this piece.
bool ends_request(int fd, std::string_view piece) {
    std::array<char, 4>& tail = tails[static_cast<std::size_t>(fd)];
    if (piece.ends_with("\r\n\r\n")) {
        tail = {};
        return true;
    }
    for (const char byte : piece) {
        std::shift_left(tail.begin(), tail.end(), 1);
        tail.back() = byte;
    }
    if (std::string_view{tail.data(), tail.size()} != "\r\n\r\n") return false;
    tail = {};
    return true;
}

/// Serves what a client has sent; whether it stays.
bool serve(int fd) {
    std::array<char, 4096> room;
    const ssize_t count = ::recv(fd, room.data(), room.size(), 0);
    if (count > 0) {
        const std::string_view piece{room.data(), static_cast<std::size_t>(count)};
        if (!ends_request(fd, piece)) return true;
        const std::string_view reply = piece.ends_with("close\r\n\r\n") ? closes : stays;
        ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
        if (reply.data() == stays.data()) return true;
    }
    tails[static_cast<std::size_t>(fd)] = {};
    ::close(fd);
    return false;
}

void run_blocking(int port) {
    const int listener = listen_on(port, 0);
    for (;;) {
        const int fd = ::accept4(listener, nullptr, nullptr, 0);
        while (fd >= 0 && serve(fd)) {
        }
    }
}

void run_select(int port) {
    const int listener = listen_on(port, SOCK_NONBLOCK);
    int top = listener;
    fd_set watched;
    FD_ZERO(&watched);
    FD_SET(listener, &watched);
    for (;;) {
        fd_set ready = watched;
        int remaining = ::select(top + 1, &ready, nullptr, nullptr, nullptr);
        if (FD_ISSET(listener, &ready)) {
            FD_CLR(listener, &ready);
            --remaining;
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
            if (fd >= FD_SETSIZE) ::close(fd);
            if (fd >= 0 && fd < FD_SETSIZE) FD_SET(fd, &watched);
            if (fd < FD_SETSIZE) top = std::max(top, fd);
        }
        const auto* words = reinterpret_cast<const unsigned long*>(&ready);
        constexpr int word_bits = 8 * sizeof *words;
        for (int word = 0; remaining > 0; ++word) {
            for (unsigned long bits = words[word]; bits != 0; bits &= bits - 1, --remaining) {
                const int fd = word * word_bits + __builtin_ctzl(bits);
                if (!serve(fd)) FD_CLR(fd, &watched);
            }
        }
    }
}

void run_poll(int port) {
    std::vector<pollfd> watched{{listen_on(port, SOCK_NONBLOCK), POLLIN, 0}};
    for (;;) {
        int remaining = ::poll(watched.data(), watched.size(), -1);
        const bool arrival = watched[0].revents != 0;
        remaining -= arrival ? 1 : 0;
        for (std::size_t at = 1; remaining > 0; ++at) {
            if (watched[at].revents == 0) continue;
            --remaining;
            if (serve(watched[at].fd)) continue;
            watched[at--] = watched.back();
            watched.pop_back();
        }
        if (!arrival) continue;
        const int fd = ::accept4(watched[0].fd, nullptr, nullptr, SOCK_NONBLOCK);
        if (fd >= 0) watched.push_back({fd, POLLIN, 0});
    }
}

void run_epoll(int port, std::uint32_t trigger) {
    const int listener = listen_on(port, SOCK_NONBLOCK);
    const int epoll = ::epoll_create1(0);
    epoll_event event{.events = EPOLLIN | trigger, .data = {.fd = listener}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    std::array<epoll_event, 256> ready;
    for (;;) {
        const int count = ::epoll_wait(epoll, ready.data(), ready.size(), -1);
        for (int at = 0; at < count; ++at) {
            const int fd = ready[static_cast<std::size_t>(at)].data.fd;
            if (fd != listener) {
                serve(fd);
                continue;
            }
            for (;;) {
                event.data.fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                if (event.data.fd < 0) break;
                ::epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
                if (trigger == 0) break;  // level-triggered: the next wait says if there is another
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view model = argc == 3 ? argv[1] : "";
    const int port = argc == 3 ? std::atoi(argv[2]) : 0;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, tails.size());
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (model == "blocking") run_blocking(port);
    if (model == "select") run_select(port);
    if (model == "poll") run_poll(port);
    if (model == "epoll_lt") run_epoll(port, 0);
    if (model == "epoll_et") run_epoll(port, EPOLLET);
    std::fputs("usage: floor blocking|select|poll|epoll_lt|epoll_et PORT\n", stderr);
    return 2;
}
