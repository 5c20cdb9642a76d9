// Runs that really cause an artefact, by experiment files beside this test: each is named, with its
// evidence, and nothing else is that did not happen.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/analysis/diagnosis.hpp"
#include "bench/lab/text.hpp"
#include "bench/verify/process.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/schema.hpp"

namespace {

namespace artefact = analysis::artefact;
using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using testing::HasSubstr;

constexpr int not_permitted = 77;  ///< how narrow ends where it may not do its work

class Artefacts : public InDirectory<> {
protected:
    /// Runs the experiment of that name, behind a command of the test's own if there is one, and
    /// before other programs where that is allowed: nice(1) says so otherwise, and runs it all
    /// the same.
    /// result: the document, null where the command may not do its work
    Json run(const std::string& experiment, const std::vector<std::string>& before = {},
             const std::vector<std::string>& after = {}) const {
        verify::Launch launch;
        launch.command = {"nice", "-n", "-15"};
        launch.command.insert(launch.command.end(), before.begin(), before.end());
        const std::string file = fmt::format("{}/{}.jsonc", EXPERIMENTS, experiment);
        for (const std::string& word :
             {std::string{IOLAB}, std::string{"run"}, file, std::string{"-o"}, directory_.string(),
              std::string{"--no-progress"}}) {
            launch.command.push_back(word);
        }
        launch.command.insert(launch.command.end(), after.begin(), after.end());
        verify::Process process{launch};
        (void)process.read_all(verify::in(60s));
        const auto exit = process.wait(verify::in(10s)).value_or(verify::Exit{true, 0});
        if (exit == verify::Exit{false, not_permitted}) return {};
        EXPECT_EQ(exit, verify::Exit{}) << process.stderr_text();
        return document();
    }

    Json document() const {
        Json json = Json::parse(lab::contents((directory_ / "results.json").string()));
        const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/result.schema.json"));
        for (const auto& violation : schema::violations(rules, json)) ADD_FAILURE() << violation;
        return json;
    }

    /// The run again, up to three times, until the artefact is named: whoever works beside the
    /// test blurs a timer's mark.
    template <class Run>
    Json run_until_named(const char* artefact, const Run& once) const {
        Json json;
        for (int attempt = 0; attempt < 3 && !find(json, artefact); ++attempt) json = once();
        return json;
    }

    static const Json* find(const Json& document, const char* artefact) {
        if (!document.is_object()) return nullptr;
        for (const Json& diagnosis : document.at("diagnoses")) {
            if (diagnosis.at("artefact") == artefact) return &diagnosis;
        }
        return nullptr;
    }

    /// The artefact's own diagnosis. Fails where there is none, or one beside it that is neither
    /// it nor among those that may come with it.
    static Json named(const Json& document, const char* artefact,
                      const std::set<std::string>& companions = {}) {
        for (const Json& diagnosis : document.at("diagnoses")) {
            const auto other = diagnosis.at("artefact").get<std::string>();
            EXPECT_TRUE(other == artefact || companions.count(other) == 1) << diagnosis.dump(2);
        }
        const Json* found = find(document, artefact);
        EXPECT_NE(found, nullptr) << shown(document);
        if (found == nullptr) return {{"evidence", ""}, {"model", ""}, {"figures", Json::object()}};
        return *found;
    }

    /// The cells without their long parts.
    static std::string shown(const Json& document) {
        Json cells = document.at("cells");
        for (Json& cell : cells) {
            for (const char* part : {"timeline", "histograms", "server"}) cell.erase(part);
            for (auto& [key, value] : cell.items()) {
                if (value.is_object()) value.erase("histogram");
            }
        }
        return cells.dump(2);
    }
};

/// The first CPU that this process may use.
std::string first_cpu() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    int cpu = 0;
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &allowed)) ++cpu;
    return std::to_string(cpu);
}

std::string evidence(const Json& diagnosis) {
    return diagnosis.at("evidence").get<std::string>();
}

double figure(const Json& diagnosis, const char* key) {
    return diagnosis.at("figures").value(key, -1.0);
}

TEST_F(Artefacts, ABacklogOfOneMakesAStaircase) {
    const Json diagnosis = named(
        run("syn_retry_staircase"), artefact::syn_retry_staircase,
        {artefact::starved_clients, artefact::delayed_ack_plateau, artefact::load_side_saturated});
    EXPECT_THAT(evidence(diagnosis), HasSubstr("connect times stand on the stairs: "));
    EXPECT_GT(figure(diagnosis, "connects_on_stairs"), 0);
    EXPECT_GT(figure(diagnosis, "listen_overflows"), 0);
}

TEST_F(Artefacts, ABurstBeforeAFrozenServerMeetsTheStaircaseThoughNobodyMeasuresIt) {
    const Json diagnosis = named(run("syn_retry_burst"), artefact::syn_retry_staircase);
    EXPECT_THAT(evidence(diagnosis), HasSubstr("the latest burst client was connected after "));
    EXPECT_EQ(figure(diagnosis, "connects_on_stairs"), 0);
    EXPECT_GT(figure(diagnosis, "listen_overflows"), 0);
}

TEST_F(Artefacts, AHeadAndABodyInTwoSendsMakeAPlateau) {
    const Json json = run_until_named(artefact::delayed_ack_plateau,
                                      [this] { return run("delayed_ack_plateau"); });
    const Json diagnosis = named(json, artefact::delayed_ack_plateau);
    EXPECT_EQ(figure(diagnosis, "plateau_ms"), 40);
    EXPECT_GT(2 * figure(diagnosis, "replies_on_plateau"), figure(diagnosis, "replies"));
    EXPECT_GT(figure(diagnosis, "delayed_acks"), 0);
}

TEST_F(Artefacts, ACorkBetweenHeadAndBodyMakesAHigherPlateau) {
    const std::string corked = fmt::format("corked={} {{port}} 16 cork", KEEPER);
    const Json json = run_until_named(artefact::delayed_ack_plateau, [&] {
        return run("corked_plateau", {}, {"--add", corked});
    });
    const Json diagnosis = named(json, artefact::delayed_ack_plateau);
    EXPECT_EQ(figure(diagnosis, "plateau_ms"), 200);
    EXPECT_GT(2 * figure(diagnosis, "replies_on_plateau"), figure(diagnosis, "replies"));
}

TEST_F(Artefacts, AFrozenServerAndImpatientClientsMakeAWall) {
    const Json diagnosis = named(run("time_out_wall"), artefact::time_out_wall);
    EXPECT_THAT(evidence(diagnosis), HasSubstr("whose limit is 0.3 s"));
    EXPECT_GE(figure(diagnosis, "reply_timeouts"), 8);
    EXPECT_EQ(figure(diagnosis, "limit_s"), 0.3);
}

TEST_F(Artefacts, ClientsWithoutALocalPortAreCounted) {
    const Json json = run("port_exhaustion", {NARROW, "100", "80"});
    if (json.is_null()) GTEST_SKIP() << "a network of one's own takes root";
    const Json diagnosis = named(json, artefact::port_exhaustion, {artefact::starved_clients});
    EXPECT_THAT(evidence(diagnosis), HasSubstr("40000 to 40099 are 100 a source address"));
    EXPECT_GT(figure(diagnosis, "connections_without_port"), 0);
}

TEST_F(Artefacts, ClientsOnTheServersOwnCpuSetThePace) {
    const Json json = run_until_named(artefact::load_side_saturated, [this] {
        return run("load_side_saturated", {"taskset", "-c", first_cpu()});
    });
    const Json diagnosis = named(json, artefact::load_side_saturated);
    EXPECT_GT(figure(diagnosis, "load_awake_ratio"), 0.98);
    EXPECT_THAT(evidence(diagnosis), HasSubstr("a load thread was awake"));
}

TEST_F(Artefacts, ATimerMakesAllModelsEquallyFast) {
    const Json json =
        run_until_named(artefact::same_throughput, [this] { return run("same_throughput"); });
    const Json diagnosis = named(json, artefact::same_throughput);
    EXPECT_EQ(diagnosis.at("model"), nullptr);
    EXPECT_LE(figure(diagnosis, "throughput_spread_ratio"), 1.02);
    EXPECT_GE(figure(diagnosis, "cpu_spread_ratio"), 1.15);
}

TEST_F(Artefacts, AServerOfTwoSeatsStarvesTheOthers) {
    const std::string keeper = fmt::format("keeper={} {{port}} 2", KEEPER);
    const Json diagnosis =
        named(run("starved_clients", {}, {"--add", keeper}), artefact::starved_clients);
    EXPECT_THAT(evidence(diagnosis), HasSubstr("2 of 8 clients"));
    EXPECT_EQ(diagnosis.at("model"), "keeper");
}

}  // namespace
