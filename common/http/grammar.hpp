#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// The small words of the protocol: characters, numbers, lists, hosts.
namespace http {

/// Whether a character, as an index, may stand in a token.
/// source: RFC 9110, section 5.6.2
inline constexpr std::array<bool, 256> is_token_character = [] {
    std::array<bool, 256> is{};
    for (const char c : std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789!#$%&'*+-.^_`|~"}) {
        is[static_cast<unsigned char>(c)] = true;
    }
    return is;
}();

/// How many characters at the start of `text` may stand in a token.
[[nodiscard]] inline std::size_t token_size(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size() && is_token_character[static_cast<unsigned char>(text[at])]) ++at;
    return at;
}

/// Whether `text` is one token: not empty, nothing else in it.
[[nodiscard]] inline bool is_token(std::string_view text) noexcept {
    return !text.empty() && token_size(text) == text.size();
}

/// Where the first control character is, DEL among them and tab not; the size
/// of `text` if there is none.
[[nodiscard]] std::size_t find_control(std::string_view text) noexcept;

/// Whether both are the same but for the case of letters.
/// range: neither has control characters, `lower` is of lower-case letters, digits and punctuation
/// below '@', in which the bit that tells a small letter from a large one is set
[[nodiscard]] inline bool same_ignoring_case(std::string_view text,
                                             std::string_view lower) noexcept {
    constexpr char case_bit = 'a' ^ 'A';
    if (text.size() != lower.size()) return false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if ((text[at] | case_bit) != lower[at]) return false;
    }
    return true;
}

/// `text` without spaces and tabs at either end. source: RFC 9110, section 5.6.3
[[nodiscard]] inline std::string_view trimmed(std::string_view text) noexcept {
    const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// Cuts the first element, trimmed, off a comma-separated list. range: `list` is not empty.
/// An empty element is an empty result. source: RFC 9110, section 5.6.1
[[nodiscard]] std::string_view cut_element(std::string_view& list) noexcept;

/// The value of a number written in decimal digits alone; none if there is no
/// digit, anything else, or more than 63 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;

/// The value of a character as a hexadecimal digit, -1 if it is none.
[[nodiscard]] int hex_digit(char character) noexcept;

/// Whether `text` is a host, perhaps empty, perhaps with a port.
/// source: RFC 9110, section 7.2; RFC 3986, section 3.2.2
[[nodiscard]] bool is_host(std::string_view text) noexcept;

/// The port of a valid host, with its colon; empty if it has none.
[[nodiscard]] std::string_view port_of(std::string_view host) noexcept;

}  // namespace http
