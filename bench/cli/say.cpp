#include "bench/cli/say.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace cli {

int complain(ExitCode code, const std::string& what, const std::string& cause,
             const std::string& help) {
    fmt::print(stderr, "iolab: {}\n  likely cause: {}\n  what helps:   {}\n", what, cause, help);
    return code;
}

void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

}  // namespace cli
