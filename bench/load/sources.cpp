#include "bench/load/sources.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>

namespace load {

std::uint64_t ephemeral_ports() {
    std::uint64_t first = 32768;
    std::uint64_t last = 60999;
    std::ifstream range{"/proc/sys/net/ipv4/ip_local_port_range"};
    range >> first >> last;
    return last >= first ? last - first + 1 : 0;
}

std::uint64_t sources_available(const Address& target) noexcept {
    return target.family() == AF_INET && is_loopback(target) ? loopback_sources : 1;
}

std::uint64_t sources_needed(const Address& target, std::uint64_t connections) {
    // Half of the ports: looking for a free one among few takes connect(2) long.
    const std::uint64_t ports = std::max<std::uint64_t>(ephemeral_ports() / 2, 1);
    return std::min((connections + ports - 1) / ports, sources_available(target));
}

bool bind_source(int fd, std::uint16_t number) noexcept {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0;
}

}  // namespace load
