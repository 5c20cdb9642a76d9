// Every model among hostile clients, by the experiment `hostile`: the eight polite ones get every
// answer, and 99 of 100 within 10 ms where the model sleeps, or within four of the kernel's walks
// where one takes so long; nobody was let go, nothing broke.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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

/// The experiment, of whose cells only what tells more: no silent client is missed where ten times as
/// many are there, and nobody's harm is seen where nobody else is. Of `wanted` alone, if that is not
/// empty. With IOLAB_HOSTILE=all, which takes twice the time, all cells.
Json narrowed(const lab::Traits& traits, const std::set<std::string>& wanted) {
    Json experiment = Json::parse(lab::contents(SOURCE_DIR "/bench/experiments/hostile.jsonc"),
                                  nullptr, true, true);
    const char* const asked = std::getenv("IOLAB_HOSTILE");
    const bool whole = asked != nullptr && std::string_view{asked} == "all";
    const auto is_left_out = [&](const Json& workload) {
        const std::string name = workload["name"];
        const auto begins = [&](const std::string& cell) { return cell.starts_with(name); };
        return (!whole && name == "alone") ||
               (!wanted.empty() && std::none_of(wanted.begin(), wanted.end(), begins));
    };
    Json& workloads = experiment["workloads"];
    workloads.erase(std::remove_if(workloads.begin(), workloads.end(), is_left_out),
                    workloads.end());
    for (Json& workload : workloads) {
        if (whole || traits.descriptor_wall || !workload.contains("sweep")) continue;
        for (auto& [name, steps] : workload["sweep"].items()) steps = Json::array({steps.back()});
    }
    return experiment;
}

Json run_hostile(const lab::Model& model, const fs::path& directory,
                 const std::set<std::string>& wanted) {
    const fs::path file = directory / "hostile.jsonc";
    std::ofstream{file} << narrowed(model.traits, wanted);
    const auto finished = run_iolab::iolab(
        {"run", file.string(), "-o", directory.string(), "--no-progress", "--models", model.name});
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
        const Json result = run_hostile(GetParam(), directory_, slow);
        int measured = 0;
        for (const Json& cell : result["cells"]) {
            if (cell["status"] == "measured") expect_served(cell);
            if (cell["status"] == "measured") expect_held(cell);
            if (cell["status"] != "measured") expect_exempt(cell, GetParam().traits);
            measured += cell["status"] == "measured" ? 1 : 0;
        }
        EXPECT_GE(measured, attempt == 0 ? 2 : 1);
        // What was fast enough once can be; what is slow has to be slow every time.
        std::set<std::string> again = slow_cells(result);
        if (attempt > 0)
            std::erase_if(again, [&](const auto& cell) { return !slow.contains(cell); });
        slow = std::move(again);
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
