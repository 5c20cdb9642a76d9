#include <fmt/format.h>

#include "common/server/log.hpp"
#include "common/server/options.hpp"

// Stands in for a model that could not be built here, so that whoever looks for it hears why.

namespace {

constexpr int missing = 3;

constexpr server::Traits traits{
    .model = IOLAB_MODEL,
    .idea = "left out, for want of liburing",
    .kind = "completion",
    .needs = "liburing",
};

}  // namespace

int main(int argc, char** argv) {
    const server::CommandLine line = server::read_command_line(argc, argv, traits);
    if (!line.run) return line.exit_code;
    server::say_three_lines(fmt::format("{}: it was built without liburing", traits.model),
                            "liburing 2.3 or later was not there when this was configured",
                            "scripts/setup io_uring, then make; or another model");
    return missing;
}
