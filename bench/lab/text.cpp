#include "bench/lab/text.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace lab {
namespace {

bool is_space(char byte) {
    return byte == ' ' || byte == '\t';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && (is_space(text.back()) || text.back() == '\n')) text.remove_suffix(1);
    return text;
}

// How much of the start of `text` is a home directory; 0 if it is none.
std::size_t home_size(std::string_view text, std::string_view own_home) {
    const auto name_end = [&](std::size_t from) {
        return std::min(text.find_first_of("/ '\"\t", from), text.size());
    };
    for (const std::string_view parent : {"/home/", "/Users/"}) {
        if (text.starts_with(parent)) return name_end(parent.size());
    }
    for (const std::string_view home : {std::string_view{"/root"}, own_home}) {
        if (home.size() > 1 && text.starts_with(home) && name_end(home.size()) == home.size())
            return home.size();
    }
    return 0;
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

std::string anonymous(std::string_view text) {
    const char* home = std::getenv("HOME");
    const std::string_view own_home = home == nullptr ? "" : home;
    std::string clean;
    while (!text.empty()) {
        const std::size_t size =
            clean.empty() || clean.back() != '/' ? home_size(text, own_home) : 0;
        clean += size > 0 ? '~' : text.front();
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return clean;
}

std::string own_cgroup() {
    for (const auto& line : split(contents("/proc/self/cgroup"), '\n')) {
        if (line.rfind("0::", 0) == 0) return line.substr(3) == "/" ? "" : line.substr(3);
    }
    return {};
}

}  // namespace lab
