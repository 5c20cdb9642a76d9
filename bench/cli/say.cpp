#include "bench/cli/say.hpp"

#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string_view>

#include <fmt/format.h>

namespace cli {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
}

}  // namespace

int complain(ExitCode code, const std::string& what, const std::string& cause, const std::string& help) {
    fmt::print(stderr, "iolab: {}\n  likely cause: {}\n  what helps:   {}\n", what, cause, help);
    return code;
}

void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

std::string anonymous(const std::string& text) {
    std::string clean = text;
    const char* home = std::getenv("HOME");
    if (home != nullptr && std::string_view{home}.size() > 1) replace_all(clean, home, "~");
    static const std::regex homes{"/(home|Users)/[^/ '\"]+|/root(?=/|$| )"};
    return std::regex_replace(clean, homes, "~");
}

}  // namespace cli
