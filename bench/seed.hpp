#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace bench {

/// What is wrong with a seed, for CLI11's check(); "" for nothing. CLI11 itself takes a number with a
/// minus sign or with too many digits for the largest that there is.
inline std::string is_seed(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? "" : text + " is not a whole number from 0 to 18446744073709551615";
}

}  // namespace bench
