#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace report {

/// source: FIPS 180-4
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view text);

/// As a Content-Security-Policy names a script or a style that may be there: "sha256-...", with
/// the digest in base64. source: Content Security Policy Level 3, 2.3.1
[[nodiscard]] std::string policy_hash(std::string_view text);

}  // namespace report
