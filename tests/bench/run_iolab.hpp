#pragma once

#include <gtest/gtest.h>

#include <sys/types.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/lab/text.hpp"
#include "bench/verify/process.hpp"

/// The harness as people start it. A test that includes this is compiled with IOLAB, its path.
namespace run_iolab {

struct Finished {
    verify::Exit exit;
    std::string out;
    std::string err;
};

inline verify::Launch launch(std::vector<std::string> words) {
    verify::Launch launch;
    launch.command = std::move(words);
    launch.command.insert(launch.command.begin(), IOLAB);
    return launch;
}

/// Waits until it has ended.
inline Finished finish(verify::Process& process) {
    Finished finished;
    finished.out = process.read_all(verify::in(std::chrono::seconds{120}));
    finished.exit =
        process.wait(verify::in(std::chrono::seconds{10})).value_or(verify::Exit{true, 0});
    finished.err = process.stderr_text();
    return finished;
}

inline Finished iolab(std::vector<std::string> words) {
    verify::Process process{launch(std::move(words))};
    return finish(process);
}

inline bool alive(pid_t pid) {
    const std::string stat = lab::contents(fmt::format("/proc/{}/stat", pid));
    const auto after = stat.rfind(')');
    return after != stat.npos && stat[after + 2] != 'Z';
}

inline void expect_gone(const std::vector<pid_t>& pids) {
    for (const pid_t pid : pids) {
        const auto deadline = verify::in(std::chrono::seconds{5});
        while (alive(pid) && verify::Clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        EXPECT_FALSE(alive(pid)) << lab::contents(fmt::format("/proc/{}/cmdline", pid));
    }
}

}  // namespace run_iolab
