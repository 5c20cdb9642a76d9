#include "bench/lab/text.hpp"

#include <fnmatch.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <fstream>

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

bool is_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

std::string without_word(std::string_view text, std::string_view word, std::string_view instead) {
    std::string clean;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = at + word.size();
        const bool is_it = !word.empty() && text.substr(at).starts_with(word) &&
                           (at == 0 || !is_word(text[at - 1])) &&
                           (end == text.size() || !is_word(text[end]));
        clean += is_it ? instead : text.substr(at, 1);
        at = is_it ? end : at + 1;
    }
    return clean;
}

// How much of the start of `text` is a home directory; 0 if it is none.
std::size_t home_size(std::string_view text, std::string_view own_home) {
    const auto name_end = [&](std::size_t from) {
        return std::min(text.find_first_of("/ '\"`\t\n:,;()[]{}<>|&", from), text.size());
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

// Characters that set the direction of the text around them, so that a line would be read from its
// end: Unicode, UAX #9, section 2.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> directions{
    {{"\xd8\x9c", "<U+061C>"},
     {"\xe2\x80\x8e", "<U+200E>"},
     {"\xe2\x80\x8f", "<U+200F>"},
     {"\xe2\x80\xaa", "<U+202A>"},
     {"\xe2\x80\xab", "<U+202B>"},
     {"\xe2\x80\xac", "<U+202C>"},
     {"\xe2\x80\xad", "<U+202D>"},
     {"\xe2\x80\xae", "<U+202E>"},
     {"\xe2\x81\xa6", "<U+2066>"},
     {"\xe2\x81\xa7", "<U+2067>"},
     {"\xe2\x81\xa8", "<U+2068>"},
     {"\xe2\x81\xa9", "<U+2069>"}}};

void show_directions(std::string& text) {
    if (text.find_first_of("\xd8\xe2") == text.npos) return;
    for (const auto& [character, number] : directions) {
        for (auto at = text.find(character); at != text.npos; at = text.find(character, at))
            text.replace(at, character.size(), number);
    }
}

}  // namespace

// A read that fails ends the text: of a process that has just ended there is no more to say.
std::string contents(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text;
    std::array<char, 4096> block{};
    while (file.read(block.data(), block.size()) || file.gcount() > 0)
        text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    return text;
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

Identity own_identity() {
    const char* home = std::getenv("HOME");
    const passwd* user = ::getpwuid(::geteuid());
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const auto telling = [](const std::string& name) {
        const std::array<std::string_view, 3> anyones{"root", "localhost", "iolab"};
        const bool anyone = std::find(anyones.begin(), anyones.end(), name) != anyones.end();
        return anyone ? std::string{} : name;
    };
    return {.home = home == nullptr ? "" : home,
            .login = telling(user == nullptr ? "" : user->pw_name),
            .host = telling(host.data())};
}

std::string anonymous(std::string_view text, const Identity& identity) {
    std::string clean;
    while (!text.empty()) {
        const std::size_t size =
            clean.empty() || clean.back() != '/' ? home_size(text, identity.home) : 0;
        clean += size > 0 ? '~' : text.front();
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return without_word(without_word(clean, identity.login, "USER"), identity.host, "HOST");
}

std::string shell_quoted(std::string_view word) {
    const auto is_plain = [](char byte) {
        return is_word(byte) || std::string_view{"-./:=,@%+"}.find(byte) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string{word};
    std::string quoted = "'";
    for (const char byte : word) quoted += byte == '\'' ? std::string{"'\\''"} : std::string{byte};
    return quoted + "'";
}

std::string own_cgroup() {
    for (const auto& line : split(contents("/proc/self/cgroup"), '\n')) {
        if (line.rfind("0::", 0) == 0) return line.substr(3) == "/" ? "" : line.substr(3);
    }
    return {};
}

std::string showable(std::string text) {
    show_directions(text);
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool c0 = byte == 0x7f || (byte < 0x20 && byte != '\n' && byte != '\t');
        const bool c1 = at > 0 && text[at - 1] == '\xc2' && byte < 0xa0;  // of UTF-8
        if (c0) text[at] = '?';
        if (c1) text[at] = '\xbf';  // an inverted question mark
    }
    return text;
}

}  // namespace lab
