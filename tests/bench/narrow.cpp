// For tests of the harness: `narrow PORTS HELD COMMAND...` runs a command in a network of its own,
// with a loopback of so many local ports, HELD of which are taken for all addresses.
// Exit 77 where such a network may not be made: that takes root.

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr int first_port = 40000;

bool raise_loopback() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool up = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;  // netdevice(7)
    ::close(fd);
    return up;
}

bool set_port_range(int ports) {
    const int fd = ::open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
    const std::string range =
        std::to_string(first_port) + ' ' + std::to_string(first_port + ports - 1);
    const bool written =
        ::write(fd, range.data(), range.size()) == static_cast<ssize_t>(range.size());
    ::close(fd);
    return written;
}

// Bound without SO_REUSEADDR and for all addresses: connect(2) gives none of these away. The
// descriptor stays open in the command.
bool hold(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    const int ports = std::atoi(argv[1]);
    const int held = std::atoi(argv[2]);
    if (::unshare(CLONE_NEWNET) != 0) return 77;
    if (!raise_loopback() || !set_port_range(ports)) return 77;
    for (int i = 0; i < held; ++i) {
        if (!hold(first_port + i)) return 1;
    }
    ::execv(argv[3], argv + 3);
    std::perror(argv[3]);
    return 1;
}
