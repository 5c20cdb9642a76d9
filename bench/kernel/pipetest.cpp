// # pipetest: a token in a ring of pipes
//
// The micro-benchmark that epoll was taken into Linux by: N pipes, one byte that is passed from one
// to the next, and one thread that waits for all of them. Prints passes a second of select, poll and
// both modes of epoll beside those of 2002, and whether the shape is the same: poll falls as 1/N,
// epoll is flat.
//
//   pipetest [--pipes N...] [--rounds 5] [--seconds 0.05]
//
// Exit code 0, 1 where it failed, 2 for wrong usage, 3 where the limit of open files leaves too few
// rings to see a shape, 99 where the shape is another.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bench/analysis/statistics.hpp"
#include "bench/cli/say.hpp"
#include "bench/kernel/ring.hpp"
#include "bench/tell.hpp"
#include "common/sys/calls.hpp"

namespace {

struct Options {
    std::vector<std::size_t> pipes{10, 100, 500, 1000, 2000, 6000, 10000, 16000};
    int rounds = 5;
    double seconds = 0.05;
};

using kernel::Point;
using kernel::Wait;

constexpr std::array all_waits{Wait::select, Wait::poll, Wait::epoll_lt, Wait::epoll_et};
constexpr std::size_t descriptors_besides = 16;
constexpr std::size_t fewest_points = 3;

/// Leaves out rings that this process may not have open.
std::vector<std::size_t> possible(const std::vector<std::size_t>& wanted, std::uint64_t limit) {
    std::vector<std::size_t> sizes = wanted;
    std::sort(sizes.begin(), sizes.end());
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    const auto too_many = [limit](std::size_t pipes) {
        return 2 * pipes + descriptors_besides > limit;
    };
    const auto end = std::remove_if(sizes.begin(), sizes.end(), too_many);
    if (end != sizes.end())
        bench::tell(
            "left out: rings of more than {} pipes; {} open files are allowed (ulimit -Hn)\n",
            (limit - std::min<std::uint64_t>(limit, descriptors_besides)) / 2, limit);
    sizes.erase(end, sizes.end());
    return sizes;
}

/// In every round each ring once, and each way of waiting in another order.
std::vector<Point> measure(const std::vector<std::size_t>& sizes, const Options& options) {
    const auto length = std::chrono::nanoseconds{static_cast<std::int64_t>(options.seconds * 1e9)};
    std::vector<std::array<std::vector<double>, kernel::waits>> seen(sizes.size());
    for (int round = 0; round < options.rounds; ++round) {
        for (std::size_t at = 0; at < sizes.size(); ++at) {
            kernel::Ring ring{sizes[at]};
            for (std::size_t turn = 0; turn < kernel::waits; ++turn) {
                const std::size_t how = (turn + static_cast<std::size_t>(round)) % kernel::waits;
                const auto rate = ring.passes_per_s(all_waits[how], length);
                if (rate) seen[at][how].push_back(*rate);
            }
        }
    }
    std::vector<Point> points;
    for (std::size_t at = 0; at < sizes.size(); ++at) {
        Point& point = points.emplace_back();
        point.pipes = sizes[at];
        for (std::size_t how = 0; how < kernel::waits; ++how) {
            if (!seen[at][how].empty()) point.passes_per_s[how] = analysis::median(seen[at][how]);
        }
    }
    return points;
}

int ring_all(const Options& options) {
    const auto sizes = possible(options.pipes, sys::raise_open_files());
    const auto falls = std::lower_bound(sizes.begin(), sizes.end(), kernel::poll_falls_from);
    if (sizes.size() < fewest_points || sizes.end() - falls < 2)
        return cli::complain(
            cli::something_missing,
            fmt::format("{} rings, {} of them of {} pipes and more, are too few to see a shape",
                        sizes.size(), sizes.end() - falls, kernel::poll_falls_from),
            "the limit of open files is low, or few were asked for",
            "ulimit -Hn shows the limit; --pipes 10 100 500 1000 needs 2016 open files");
    const std::vector<Point> points = measure(sizes, options);
    cli::put(kernel::to_text(points));
    const auto shapes = kernel::shapes_of(points);
    const bool found =
        std::all_of(shapes.begin(), shapes.end(), [](const auto& shape) { return shape.found(); });
    return found ? cli::done : cli::signature_not_found;
}

int run(int argc, char** argv) {
    Options options;
    CLI::App app{"A token in a ring of pipes: passes a second of select, poll and epoll.",
                 "pipetest"};
    app.add_option("--pipes", options.pipes, "Rings of so many pipes")
        ->check(CLI::Range(std::size_t{1}, std::size_t{500000}))
        ->capture_default_str();
    app.add_option("--rounds", options.rounds, "How often each is measured")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--seconds", options.seconds, "How long each time")
        ->check(CLI::Range(0.001, 60.0))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help
        return cli::complain(cli::wrong_usage, error.what(), "an option is misspelt",
                             "pipetest --help");
    }
    return ring_all(options);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr,
                     "iolab: %s\n  likely cause: a limit of open files, of pipes or of memory\n"
                     "  what helps:   --pipes 10 100 500 1000 needs 2016 open files\n",
                     error.what());
        return cli::failed;
    }
}
