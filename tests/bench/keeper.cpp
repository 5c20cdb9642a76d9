// A server for tests of the harness: `keeper PORT SEATS` serves the clients that come first, for
// as long as they stay. Whoever comes later waits in the backlog until one of them leaves. With
// `cork` behind, it corks their sockets, sends head and body apart, and never pulls a cork.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/listen_on.hpp"

namespace {

constexpr std::string_view body = "Hello, world!";

struct Guest {
    int fd;
    bool corked;
    std::string input;
};

// Whether the guest stays.
bool serve(Guest& guest) {
    char block[4096];
    const ssize_t count = ::recv(guest.fd, block, sizeof block, 0);
    if (count <= 0) return false;
    guest.input.append(block, static_cast<std::size_t>(count));
    const std::size_t end = guest.input.find("\r\n\r\n");
    if (end == guest.input.npos) return true;
    const bool closes = guest.input.substr(0, end).find("Connection: close") != guest.input.npos;
    guest.input.erase(0, end + 4);
    std::string reply = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n";
    if (closes) reply += "Connection: close\r\n";
    reply += "\r\n";
    if (!guest.corked) reply += body;
    if (::send(guest.fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return false;
    if (guest.corked) ::send(guest.fd, body.data(), body.size(), MSG_NOSIGNAL);
    return !closes;
}

void cork(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const int listener = listen_on(std::atoi(argv[1]));
    const auto seats = static_cast<std::size_t>(std::atoi(argv[2]));
    const bool corks = argc > 3 && std::string_view{argv[3]} == "cork";
    std::vector<Guest> guests;
    for (std::vector<pollfd> watched;; watched.clear()) {
        // The listener stands last, and only while there is a seat.
        for (const Guest& guest : guests) watched.push_back({guest.fd, POLLIN, 0});
        if (guests.size() < seats) watched.push_back({listener, POLLIN, 0});
        if (::poll(watched.data(), watched.size(), -1) < 0) continue;
        const bool knocks = watched.back().fd == listener && watched.back().revents != 0;
        for (std::size_t i = guests.size(); i-- > 0;) {
            if (watched[i].revents == 0 || serve(guests[i])) continue;
            ::close(guests[i].fd);
            guests.erase(guests.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (!knocks) continue;
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        if (corks) cork(fd);
        guests.push_back({fd, corks, {}});
    }
}
