// Every model among hostile clients, by the experiment `hostile`: the eight polite ones get every
// answer, and 99 of 100 within 10 ms where the model sleeps, or within four of the kernel's walks
// where one takes so long; nobody was let go, nothing broke.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/run_iolab.hpp"

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double p99_must_us = 10'000;
constexpr int attempts = 3;  // whoever works beside the test takes CPUs for 10 ms and more
constexpr int polite_clients = 8;

Json run_hostile(const lab::Model& model, const fs::path& directory) {
    const auto finished =
        run_iolab::iolab({"run", SOURCE_DIR "/bench/experiments/hostile.jsonc", "-o",
                          directory.string(), "--no-progress", "--models", model.name});
    EXPECT_EQ(finished.exit, verify::Exit{}) << finished.out << finished.err;
    return Json::parse(lab::contents((directory / "results.json").string()));
}

/// poll(2) walks along all that it is asked about, which is the kernel's time and not the server's:
/// 9000 sockets take 2 ms on one machine and 5 ms on another. A reply waits for the walk that is
/// under way and for the one that finds it, and there are eight clients.
double walks_must_us(const Json& cell) {
    const Json& server = cell["server"];
    if (server["wakeups_per_request"].is_null()) return 0;
    const double wakeups =
        server["wakeups_per_request"].get<double>() * cell["replies_ok"].get<double>();
    return 4 * server["cpu_system_ms"].get<double>() * 1000 / std::max(1.0, wakeups);
}

/// Cells in which a polite client waited too long, of those that were measured.
std::set<std::string> slow_cells(const Json& result) {
    std::set<std::string> slow;
    for (const Json& cell : result["cells"]) {
        if (cell["status"] != "measured") continue;
        if (cell["response_time"]["p99_us"].get<double>() >
            std::max(p99_must_us, walks_must_us(cell)))
            slow.insert(cell["workload"]);
    }
    return slow;
}

void expect_served(const Json& cell) {
    const std::string where = cell["workload"];
    EXPECT_EQ(cell["offered_clients"], polite_clients) << where;
    EXPECT_EQ(cell["served_clients"], polite_clients) << where;
    EXPECT_GT(cell["replies_ok"].get<int>(), 0) << where;
    for (const auto& [kind, count] : cell["errors"].items()) EXPECT_EQ(count, 0) << where << kind;
}

/// Those who come to stay were taken in before the window opened, and none was let go in it.
void expect_held(const Json& cell) {
    const std::string where = cell["workload"];
    const bool silent = where.starts_with("silent");
    if (!silent && !where.starts_with("half-sent")) return;
    EXPECT_EQ(cell["server"]["accepted"], 0) << where;
    EXPECT_EQ(cell["server"]["closed"], 0) << where;
    if (silent) return;  // the cell would have failed without one of them
    const Json& crowd = cell["actors"].back();
    EXPECT_EQ(crowd["crowd"]["open_at_start"], crowd["offered_clients"]) << where;
    EXPECT_EQ(crowd["crowd"]["open_at_end"], crowd["offered_clients"]) << where;
}

/// Why the model may leave a workload out: its workers are few, or it has a wall of descriptors, or
/// there is a limit here.
void expect_exempt(const Json& cell, const lab::Traits& traits) {
    EXPECT_EQ(cell["status"], "not applicable") << cell["workload"] << cell["reason"];
    const bool many = cell["workload"].get<std::string>().find("9000") != std::string::npos;
    const std::string reason = cell["reason"];
    const bool limited = many && (reason.find("open files") != std::string::npos ||
                                  reason.find("processes") != std::string::npos);
    EXPECT_TRUE(traits.serves_in_turn() || (traits.descriptor_wall && many) || limited) << cell;
}

class Hostile : public InDirectory<testing::TestWithParam<lab::Model>> {};

TEST_P(Hostile, ClientsHarmNoPoliteOne) {
    std::set<std::string> slow;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const Json result = run_hostile(GetParam(), directory_);
        int measured = 0;
        for (const Json& cell : result["cells"]) {
            if (cell["status"] == "measured") expect_served(cell);
            if (cell["status"] == "measured") expect_held(cell);
            if (cell["status"] != "measured") expect_exempt(cell, GetParam().traits);
            measured += cell["status"] == "measured" ? 1 : 0;
        }
        EXPECT_GE(measured, 3);
        // What was fast enough once can be; what is slow has to be slow every time.
        std::set<std::string> still;
        const auto now = slow_cells(result);
        for (const auto& workload : now) {
            if (attempt == 0 || slow.contains(workload)) still.insert(workload);
        }
        slow = still;
        // Who never sleeps is never woken first: another program's turn is its clients' wait.
        if (slow.empty() || GetParam().traits.never_sleeps) return;
    }
    for (const auto& workload : slow)
        ADD_FAILURE() << workload << ": p99 above the bound every time";
}

INSTANTIATE_TEST_SUITE_P(hostile, Hostile,
                         testing::ValuesIn(lab::usable_models(IOLAB_MODELS_DIRECTORY)),
                         [](const auto& one) { return one.param.name; });

}  // namespace
