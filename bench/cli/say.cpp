#include "bench/cli/say.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "bench/report/terminal.hpp"
#include "bench/tell.hpp"

namespace cli {

int complain(ExitCode code, const std::string& what, const std::string& cause,
             const std::string& help) {
    const report::Style style = report::style_of(STDERR_FILENO);
    bench::tell("{}", report::complaint("iolab", what, cause, help, style));
    return code;
}

void put(const std::string& text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!written || std::fflush(stdout) != 0) {
        throw std::system_error{errno, std::generic_category(), "standard output"};
    }
}

void let_writes_fail() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace cli
