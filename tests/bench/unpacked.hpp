#pragma once

#include <zlib.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

/// What the script of a report's page does to a packed document, in C++.
namespace unpacking {

inline std::string bytes_of(std::string_view base64) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char digit : base64) {
        if (digit == '=') break;
        const auto value = digits.find(digit);
        if (value == digits.npos) throw std::runtime_error("this is not base64");
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xff);
    }
    return bytes;
}

/// range: what is decompressed has at most a hundred times the bytes
inline std::string decompressed(const std::string& bytes) {
    std::string text(100 * bytes.size() + 100, '\0');
    uLongf size = text.size();
    const int error = ::uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                                   reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (error != Z_OK) throw std::runtime_error("zlib cannot decompress this");
    text.resize(size);
    return text;
}

inline std::string bins_of(std::string_view steps) {
    std::string bins;
    std::uint64_t place = 0;
    while (true) {
        const std::string step{steps.substr(0, steps.find(','))};
        const auto count = step.find('x');
        place += step.empty() || count == 0 ? 1 : std::stoull(step.substr(0, count));
        bins += fmt::format("{}[{},{}]", bins.empty() ? "" : ",", place,
                            count == step.npos ? "1" : step.substr(count + 1));
        if (step.size() == steps.size()) return bins;
        steps.remove_prefix(step.size() + 1);
    }
}

inline std::string without_steps(std::string_view text) {
    constexpr std::string_view before = "\"bins\":~";
    std::string json;
    for (auto at = text.find(before); at != text.npos; at = text.find(before)) {
        json += text.substr(0, at);
        text.remove_prefix(at + before.size());
        const auto end = text.find('~');
        json += "\"bins\":[" + bins_of(text.substr(0, end)) + "]";
        text.remove_prefix(end + 1);
    }
    return json += text;
}

inline std::string unpacked(std::string_view base64) {
    return without_steps(decompressed(bytes_of(base64)));
}

}  // namespace unpacking
