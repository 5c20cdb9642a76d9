#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace report {

/// source: RFC 4648, 4
[[nodiscard]] std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace report
