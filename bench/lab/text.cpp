#include "bench/lab/text.hpp"

#include <fnmatch.h>

#include <charconv>
#include <cstddef>
#include <fstream>
#include <iterator>

namespace lab {
namespace {

bool is_space(char byte) { return byte == ' ' || byte == '\t'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && (is_space(text.back()) || text.back() == '\n')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string contents(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string first_line(const std::string& path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> pieces;
    std::string piece;
    const auto ends = [separator](char byte) {
        return byte == separator || (separator == ' ' && is_space(byte));
    };
    for (const char byte : text) {
        if (!ends(byte)) {
            piece += byte;
            continue;
        }
        if (!piece.empty() || separator != ' ') pieces.push_back(piece);
        piece.clear();
    }
    if (!piece.empty()) pieces.push_back(piece);
    return pieces;
}

double number(std::string_view text) noexcept {
    text = trimmed(text);
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string value_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon != line.npos && trimmed(line.substr(0, colon)) == key) {
            return std::string{trimmed(line.substr(colon + 1))};
        }
        if (end == text.npos) break;
        text.remove_prefix(end + 1);
    }
    return {};
}

bool matches(const std::string& pattern, const std::string& name) {
    return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

std::string own_cgroup() {
    for (const auto& line : split(contents("/proc/self/cgroup"), '\n')) {
        if (line.rfind("0::", 0) == 0) return line.substr(3) == "/" ? "" : line.substr(3);
    }
    return {};
}

}  // namespace lab
