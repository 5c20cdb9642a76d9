#include "common/http/grammar.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace http {
namespace {

/// What a character may be part of, one bit a class.
enum Class : unsigned char { control = 1, reg_name_char = 2, literal_char = 4 };

constexpr std::array<unsigned char, 256> make_classes() {
    std::array<unsigned char, 256> classes{};
    const auto mark = [&classes](std::string_view characters, int bits) {
        for (const char c : characters) classes[static_cast<unsigned char>(c)] |= bits;
    };
    mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
         reg_name_char | literal_char);
    mark("-._~!$&'()*+,;=", reg_name_char | literal_char);
    mark(":", literal_char);
    for (int c = 0; c < 0x20; ++c) {
        if (c != '\t') classes[static_cast<std::size_t>(c)] |= control;
    }
    classes[0x7f] |= control;
    return classes;
}

constexpr std::array<unsigned char, 256> classes = make_classes();

bool is(char character, Class wanted) noexcept {
    return (classes[static_cast<unsigned char>(character)] & wanted) != 0;
}

char lower(char character) noexcept {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A'))
                                                : character;
}

bool is_percent_encoded(std::string_view text) noexcept {
    return text.size() >= 3 && text[0] == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0;
}

/// How much of the start of `text` is a registered name, perhaps nothing.
std::size_t reg_name_size(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        if (is(text[at], reg_name_char)) {
            ++at;
        } else if (is_percent_encoded(text.substr(at))) {
            at += 3;
        } else {
            break;
        }
    }
    return at;
}

/// How much of the start of `text` is an address in brackets; 0 if it is broken.
std::size_t literal_size(std::string_view text) noexcept {
    std::size_t at = 1;
    while (at < text.size() && is(text[at], literal_char)) ++at;
    return at > 1 && at < text.size() && text[at] == ']' ? at + 1 : 0;
}

bool is_port(std::string_view text) noexcept {
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    return text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

constexpr std::uint64_t in_every_byte(unsigned char byte) noexcept {
    return 0x0101010101010101u * byte;
}

/// Marks, in the highest bit of a byte, bytes that are below 0x20 or DEL. The
/// lowest mark is exact; those above it may be carried from it.
std::uint64_t mark_controls(std::uint64_t word) noexcept {
    const std::uint64_t del = word ^ in_every_byte(0x7f);
    const std::uint64_t below_space = (word - in_every_byte(0x20)) & ~word;
    const std::uint64_t is_del = (del - in_every_byte(0x01)) & ~del;
    return (below_space | is_del) & in_every_byte(0x80);
}

std::size_t find_control_slowly(std::string_view text, std::size_t at, std::size_t end) noexcept {
    while (at < end && !is(text[at], control)) ++at;
    return at;
}

}  // namespace

std::size_t find_control(std::string_view text) noexcept {
    constexpr std::size_t step = sizeof(std::uint64_t);
    std::size_t at = 0;
    for (; at + step <= text.size(); at += step) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, step);
        const std::uint64_t marks = mark_controls(word);
        if (marks == 0) continue;
        if constexpr (std::endian::native == std::endian::little) {
            const std::size_t first = at + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
            if (text[first] != '\t') return first;
        }
        const std::size_t found = find_control_slowly(text, at, at + step);
        if (found < at + step) return found;
    }
    return find_control_slowly(text, at, text.size());
}

std::string_view cut_element(std::string_view& list) noexcept {
    const std::size_t comma = list.find(',');
    const std::string_view element = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    return element;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (most - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

int hex_digit(char character) noexcept {
    if (character >= '0' && character <= '9') return character - '0';
    const char small = lower(character);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool is_host(std::string_view text) noexcept {
    if (text.empty()) return true;
    if (text.front() != '[') return is_port(text.substr(reg_name_size(text)));
    const std::size_t size = literal_size(text);
    return size > 0 && is_port(text.substr(size));
}

std::string_view port_of(std::string_view host) noexcept {
    const std::size_t colon = host.rfind(':');
    const std::size_t bracket = host.rfind(']');
    if (colon == std::string_view::npos) return {};
    if (bracket != std::string_view::npos && bracket > colon) return {};
    return host.substr(colon);
}

}  // namespace http
