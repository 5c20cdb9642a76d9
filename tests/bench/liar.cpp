// A server for tests of the harness: `liar PORT MODE` answers one client after the other
// rightly, and then, as its mode says, does what a harness must not believe or must survive.

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/bench/listen_on.hpp"

namespace {

std::string reply_with(std::string_view body, bool closes) {
    std::string reply = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ";
    reply += std::to_string(body.size()) + "\r\n";
    if (closes) reply += "Connection: close\r\n";
    return reply + "\r\n" + std::string{body};
}

// One connection: requests until the client asks for the end, or leaves.
void serve(int client, std::string_view mode, int& served) {
    std::string input;
    for (char block[4096];;) {
        const std::size_t end = input.find("\r\n\r\n");
        if (end == input.npos) {
            const ssize_t count = ::recv(client, block, sizeof block, 0);
            if (count <= 0) return;
            input.append(block, static_cast<std::size_t>(count));
            continue;
        }
        const bool closes = input.substr(0, end).find("Connection: close") != input.npos;
        input.erase(0, end + 4);
        ++served;
        const bool strange = served > 50;
        if (strange && mode == "dies") std::abort();
        const std::string_view body = strange && mode == "lies" ? "Hello, wurld!" : "Hello, world!";
        const std::string reply = reply_with(body, closes);
        if (::send(client, reply.data(), reply.size(), MSG_NOSIGNAL) < 0 || closes) return;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const std::string_view mode = argv[2];
    if (mode == "ends") return 7;
    const int listener = listen_on(std::atoi(argv[1]));
    for (int served = 0;;) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        serve(client, mode, served);
        ::close(client);
    }
}
