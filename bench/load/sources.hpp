#pragma once

#include <cstdint>

#include "bench/load/target.hpp"

/// The addresses that clients come from. One address has some 28000 ports, and a connection
/// that has ended keeps its port for a minute; inside 127.0.0.0/8 there are more addresses.
namespace load {

inline constexpr std::uint64_t loopback_sources = 250;

/// Local ports that connect(2) may choose from, for one source address.
[[nodiscard]] std::uint64_t ephemeral_ports();

/// Source addresses that a client of `target` may take: many inside 127.0.0.0/8, else one.
[[nodiscard]] std::uint64_t sources_available(const Address& target) noexcept;

/// How many source addresses so many connections need towards a target.
[[nodiscard]] std::uint64_t sources_needed(const Address& target, std::uint64_t connections);

/// Makes a socket come from 127.0.0.1 + `number` and leaves the port to connect(2), which can
/// share one among connections to different targets: ip(7), IP_BIND_ADDRESS_NO_PORT.
/// errors: false, and errno
[[nodiscard]] bool bind_source(int fd, std::uint16_t number) noexcept;

}  // namespace load
