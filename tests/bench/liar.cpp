// A server for tests of the harness: `liar PORT MODE` answers one client after the other
// rightly, and then, as its mode says, does what a harness must not believe or must survive.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::string reply_with(std::string_view body, bool closes) {
    std::string reply = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ";
    reply += std::to_string(body.size()) + "\r\n";
    if (closes) reply += "Connection: close\r\n";
    return reply + "\r\n" + std::string{body};
}

int listen_on(int port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::exit(1);
    ::listen(listener, 1024);
    return listener;
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
