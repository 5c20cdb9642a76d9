// `iolab compare` as a whole: the real harness on real servers.

#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/comparison.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/placement.hpp"
#include "bench/lab/plan.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/eta.hpp"
#include "bench/verify/process.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/run_iolab.hpp"
#include "tests/bench/schema.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using run_iolab::expect_gone;
using run_iolab::finish;
using run_iolab::Finished;
using run_iolab::iolab;
using run_iolab::launch;

constexpr const char* tiny = R"({
    "name": "tiny",
    "models": ["blocking", "select", "poll", "epoll_lt", "epoll_et"],
    "baseline": "poll",
    "workloads": [
        {"name": "close", "actors": [{"kind": "polite", "count": 4, "connection": "close"}]},
        {"name": "keep", "sweep": {"idle": [0, 120]},
         "actors": [{"kind": "polite", "count": 4}, {"kind": "idle", "count": "idle"}]}
    ],
    "warm_up_s": 0.03,
    "measured_s": 0.2,
    "rounds": 2
})";

class Compare : public InDirectory<> {
protected:
    void SetUp() override {
        InDirectory::SetUp();
        std::ofstream{directory_ / "tiny.jsonc"} << tiny;
    }

    // Waits until the harness has said so on stderr.
    static void await_word(verify::Process& process, const std::string& word) {
        const auto deadline = verify::in(30s);
        while (process.stderr_text().find(word) == std::string::npos) {
            ASSERT_LT(verify::Clock::now(), deadline) << process.stderr_text();
            std::this_thread::sleep_for(2ms);
        }
    }

    Json document(const std::string& path) const {
        Json json = Json::parse(lab::contents(path));
        const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/result.schema.json"));
        for (const auto& violation : schema::violations(rules, json)) ADD_FAILURE() << violation;
        return json;
    }
};

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void expect_usage_error(const Finished& finished, const std::string& part) {
    EXPECT_EQ(finished.exit, (verify::Exit{false, 2})) << finished.err;
    EXPECT_EQ(lines_of(finished.err), 3U) << finished.err;
    EXPECT_NE(finished.err.find(part), std::string::npos) << finished.err;
    EXPECT_EQ(finished.out, "");
}

// Waits until the harness has a server, and tells its process.
std::vector<pid_t> await_server(const verify::Process& process) {
    const auto deadline = verify::in(30s);
    for (;;) {
        auto servers = verify::descendants(process.pid());
        if (!servers.empty() || verify::Clock::now() > deadline) return servers;
        std::this_thread::sleep_for(1ms);
    }
}

TEST_F(Compare, WritesADocumentWithEveryCellMeasuredOrReasoned) {
    const Finished finished = iolab({"run", file("tiny.jsonc"), "--seed", "7", "-o", file("out")});
    ASSERT_EQ(finished.exit, verify::Exit{}) << finished.err;
    EXPECT_NE(finished.out.find("Result: " + file("out") + "/results.json"), std::string::npos)
        << finished.out;
    for (const auto& line : lab::split(finished.out, '\n')) {
        const bool is_path = line.starts_with("Result: ") || line.starts_with("Summary: ") ||
                             line.starts_with("Report: ");
        EXPECT_LE(is_path ? 0 : line.size(), 80U) << line;
    }
    EXPECT_NE(finished.out.find("Report: " + file("out") + "/report.html"), std::string::npos);
    const std::string page = lab::contents(file("out/report.html"));
    EXPECT_NE(page.find("<h2 id=\"overview\">"), std::string::npos);
    EXPECT_NE(page.find("</html>"), std::string::npos);

    const Json json = document(file("out/results.json"));
    EXPECT_EQ(json["run"]["complete"], true);
    EXPECT_EQ(json["run"]["seed"], 7);
    EXPECT_EQ(json["run"]["preset"], "tiny");
    ASSERT_EQ(json["models"].size(), 5U);
    ASSERT_EQ(json["workloads"].size(), 3U);
    ASSERT_EQ(json["cells"].size(), 5U * 3U * 2U);

    std::set<std::string> seen;
    for (const Json& cell : json["cells"]) {
        const std::string model = cell["model"];
        const std::string workload = cell["workload"];
        const std::string where =
            fmt::format("{}, {}, round {}", model, workload, cell["round"].dump());
        EXPECT_TRUE(seen.insert(where).second) << where;
        SCOPED_TRACE(where);
        if (model == "blocking" && workload == "keep idle=120") {
            EXPECT_EQ(cell["status"], "not applicable");
            EXPECT_NE(cell["reason"].get<std::string>().find("one client at a time"),
                      std::string::npos);
            EXPECT_TRUE(cell["server"].is_null());
            continue;
        }
        ASSERT_EQ(cell["status"], "measured") << cell["reason"];
        EXPECT_TRUE(cell["reason"].is_null());
        EXPECT_GE(cell["measured_s"], 0.2);
        EXPECT_GT(cell["replies_ok"], 0);
        EXPECT_EQ(cell["offered_clients"], 4);
        for (const auto& [kind, count] : cell["errors"].items()) EXPECT_EQ(count, 0) << kind;
        EXPECT_GT(cell["response_time"]["p50_us"], 0);
        EXPECT_GE(cell["response_time"]["p99_us"], cell["response_time"]["p50_us"]);

        const Json& server = cell["server"];
        EXPECT_GT(server["cpu_us_per_request"], 0);
        EXPECT_GT(server["peak_memory_kib"], 100);
        EXPECT_EQ(server["threads"], 1);
        const Json& calls = server["system_calls_per_request_by_name"];
        if (model == "blocking") continue;
        // A request in flight at an edge of the window may have one of its calls outside.
        const double slack = 12.0 / server["requests"].get<double>();
        EXPECT_NEAR(calls["recv"], 1, slack + 0.05);
        EXPECT_NEAR(calls["send"], 1, slack);
        EXPECT_EQ(server["memory_per_connection_bytes"].is_null(), workload != "keep idle=120");
        const Json& in_kernel = server["kernel_memory_per_connection_bytes"];
        if (workload != "keep idle=120") {
            EXPECT_TRUE(in_kernel.is_null());
        }
        if (workload != "close") continue;
        EXPECT_NEAR(calls["close"], 1, slack);
    }
}

TEST_F(Compare, SummaryIsThatOfTheCells) {
    ASSERT_EQ(
        iolab({"run", file("tiny.jsonc"), "--models", "poll,epoll_lt", "-o", file("r.json")}).exit,
        verify::Exit{});
    const Json json = document(file("r.json"));
    EXPECT_FALSE(fs::exists(directory_ / "summary.md"));
    EXPECT_FALSE(fs::exists(directory_ / "report.html"));
    for (const Json& row : json["summary"]) {
        if (row["metric"] != "throughput_per_s") continue;
        std::vector<double> values;
        for (const Json& cell : json["cells"]) {
            if (cell["model"] == row["model"] && cell["workload"] == row["workload"])
                values.push_back(cell["throughput_per_s"]);
        }
        ASSERT_EQ(values.size(), 2U);
        EXPECT_NEAR(row["median"], (values[0] + values[1]) / 2, row["median"].get<double>() * 1e-4);
        EXPECT_EQ(row["baseline"], "poll");
    }
    const Finished csv = iolab({"report", file("r.json"), "--format", "csv"});
    EXPECT_EQ(csv.exit, verify::Exit{});
    EXPECT_EQ(lines_of(csv.out), json["summary"].size() + 1);
}

TEST_F(Compare, PutsTheDocumentAloneOnStdoutWithJson) {
    const Finished finished = iolab({"run", file("tiny.jsonc"), "--models", "poll", "--rounds", "1",
                                     "--json", "--no-progress", "-o", file("r.json")});
    ASSERT_EQ(finished.exit, verify::Exit{}) << finished.err;
    EXPECT_EQ(finished.out, lab::contents(file("r.json")));
}

TEST_F(Compare, NamesNobodyAndNoHome) {
    ASSERT_EQ(iolab({"run", file("tiny.jsonc"), "--models", "poll", "--rounds", "1", "--measured-s",
                     "0.02", "--add", std::string{"mine="} + "/home/ada/bin/server {port}", "-o",
                     file("r.json")})
                  .exit,
              (verify::Exit{false, 1}));  // that server is not there
    const std::string text = lab::contents(file("r.json"));
    EXPECT_EQ(text.find("/ada"), std::string::npos);
    EXPECT_NE(text.find("~/bin/server"), std::string::npos);
}

// pthread_create is a call in the source, and none of the kernel's.
TEST_F(Compare, CountsWhatTheCLibraryCallsForThreads) {
    std::ofstream{file("threads.jsonc")} << R"({
        "name": "threads", "models": ["thread_per_client"],
        "workloads": [{"name": "close",
                       "actors": [{"kind": "polite", "count": 2, "connection": "close"}]}],
        "warm_up_s": 0.05, "measured_s": 0.1, "rounds": 1})";
    const Finished finished = iolab({"run", file("threads.jsonc"), "-o", file("result.json")});
    ASSERT_EQ(finished.exit, verify::Exit{}) << finished.err;
    const Json server = document(file("result.json"))["cells"][0]["server"];
    const std::string source = server["system_calls_source"];
    if (source != "tracepoints") {
        EXPECT_EQ(source, "statistics page, without what the C library calls for threads");
        GTEST_SKIP() << "tracepoints cannot be had here";
    }
    EXPECT_FALSE(server["system_calls_per_request_by_name"].contains("pthread_create"));
    EXPECT_NEAR(server["system_calls_per_request_by_name"]["clone"], 1, 0.2);
    EXPECT_GT(server["system_calls_per_request"], 7);
    EXPECT_TRUE(server["system_calls_reason"].is_null());
}

TEST_F(Compare, HoldsResultsAgainstThresholds) {
    const auto with = [&](const std::string& threshold) {
        return iolab({"run", file("tiny.jsonc"), "--models", "poll", "--rounds", "1", "--threshold",
                      threshold, "-o", file("r.json")});
    };
    EXPECT_EQ(with("poll.cpu_us_per_request > 0").exit, verify::Exit{});
    EXPECT_EQ(document(file("r.json"))["thresholds"].size(), 3U);  // one a workload
    const Finished crossed = with("poll.p99_us < 0.001");
    EXPECT_EQ(crossed.exit, (verify::Exit{false, 99}));
    EXPECT_NE(crossed.out.find("Crossed: poll.p99_us < 0.001 (poll, close:"), std::string::npos)
        << crossed.out;
    expect_usage_error(with("select.p99_us < 1e9"), "there is no model `select` in this run");
}

TEST_F(Compare, EndsWith3AndSaysWhyWhereALimitIsBelowWhatASignatureNeeds) {
    for (const char* const name : {"descriptor-wall", "idle-cost"}) {
        verify::Launch low =
            launch({"run", name, "--rounds", "1", "--no-progress", "-o", file("low.json")});
        low.open_files = {256, 256};
        verify::Process process{low};
        const Finished finished = finish(process);
        EXPECT_EQ(finished.exit, (verify::Exit{.number = 3})) << finished.err;
        EXPECT_NE(finished.err.find("more open files than the limit of 256"), std::string::npos)
            << finished.err;
    }
}

TEST_F(Compare, EndsWith99WhenAThresholdIsCrossedThoughTheSignatureWasFound) {
    std::ofstream{directory_ / "signed.jsonc"} << R"({
        "name": "signed", "models": ["poll"],
        "actors": [{"kind": "polite", "count": 2}],
        "warm_up_s": 0, "measured_s": 0.05, "rounds": 1,
        "signature": [{"says": "It serves.", "model": "poll", "figure": "throughput_per_s",
                       "least": 1}]
    })";
    const auto with = [&](const std::string& threshold) {
        return iolab({"run", file("signed.jsonc"), "--threshold", threshold, "-o", file("r.json")});
    };
    const Finished kept = with("poll.p99_us < 1e9");
    EXPECT_EQ(kept.exit, verify::Exit{}) << kept.err;
    EXPECT_EQ(document(file("r.json"))["signature"]["sighting"], "found");
    const Finished crossed = with("poll.p99_us < 0.001");
    EXPECT_EQ(crossed.exit, (verify::Exit{false, 99})) << crossed.err;
    EXPECT_NE(crossed.out.find("Crossed: poll.p99_us < 0.001"), std::string::npos) << crossed.out;
}

TEST_F(Compare, DemonstrationHasItsErrorBehindItsLastPage) {
    std::string words;
    for (int line = 1; line <= 40; ++line) words += fmt::format("Sentence number {}. ", line);
    std::ofstream{directory_ / "open.jsonc"} << R"({
        "name": "open", "models": ["poll"], "explanation": ")" +
                                                    words + R"(",
        "workloads": [{"name": "few", "sweep": {"idle": [0, 1]},
                       "actors": [{"kind": "polite", "count": 2},
                                  {"kind": "idle", "count": "idle"}]}],
        "warm_up_s": 0, "measured_s": 0.05, "rounds": 1,
        "signature": [{"says": "Errors grow.", "model": "poll", "figure": "errors",
                       "slope_along": "idle", "least": 1}]
    })";
    verify::Launch launch;
    launch.command = {"/bin/sh", "-c",          R"(exec "$@" 2>&1)", "sh",
                      IOLAB,     "demo",        file("open.jsonc"),  "--no-pause",
                      "-o",      file("r.json")};
    verify::Process process{launch};
    const Finished finished = finish(process);
    EXPECT_EQ(finished.exit, (verify::Exit{.number = 1})) << finished.out;
    const auto reason = finished.out.find("errors of poll is 0, or not known");
    const auto last_page = finished.out.find("Sentence number 40.");
    const auto error = finished.out.find("iolab: the signature is inconclusive");
    EXPECT_LT(finished.out.find("[?] Errors grow."), reason) << finished.out;
    EXPECT_LT(reason, last_page) << finished.out;
    EXPECT_LT(last_page, error) << finished.out;
    EXPECT_EQ(lines_of(finished.out.substr(error)), 3U) << finished.out;
}

TEST_F(Compare, DryRunTouchesNothingAndKeepsTheOrderOfASeed) {
    const Finished once = iolab({"compare", "--dry-run", "--seed", "5", "-o", file("out")});
    ASSERT_EQ(once.exit, verify::Exit{}) << once.err;
    EXPECT_FALSE(fs::exists(directory_ / "out"));
    EXPECT_EQ(once.out, iolab({"compare", "--dry-run", "--seed", "5"}).out);
    EXPECT_NE(once.out, iolab({"compare", "--dry-run", "--seed", "6"}).out);
    EXPECT_NE(once.out.find("not run: it serves one client at a time"), std::string::npos)
        << once.out;
    for (const std::string& line : lab::split(once.out, '\n')) EXPECT_LE(line.size(), 80U) << line;
}

TEST_F(Compare, GivesAModelThatAnswersWronglyAfterAWhileNoNumber) {
    const Finished finished = iolab({"run", file("tiny.jsonc"), "--models", "poll", "--rounds", "1",
                                     "--add", std::string{"liar="} + LIAR + " {port} lies",
                                     "--no-progress", "-o", file("r.json")});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 4})) << finished.err;
    EXPECT_EQ(lines_of(finished.err), 3U) << finished.err;
    const Json json = document(file("r.json"));
    EXPECT_EQ(json["run"]["complete"], true);
    int wrong = 0;
    for (const Json& cell : json["cells"]) {
        if (cell["model"] == "poll") {
            EXPECT_EQ(cell["status"], "measured") << cell["reason"];
        }
        if (cell["model"] != "liar" || cell["workload"] == "keep idle=120") continue;
        EXPECT_EQ(cell["status"], "wrong answer");
        EXPECT_NE(cell["reason"].get<std::string>().find("urld!"), std::string::npos)
            << cell["reason"];
        EXPECT_TRUE(cell["server"].is_null());
        EXPECT_TRUE(cell["throughput_per_s"].is_null());
        ++wrong;
    }
    EXPECT_EQ(wrong, 2);
    for (const Json& row : json["summary"]) EXPECT_EQ(row["model"], "poll");
}

TEST_F(Compare, SaysOnceHowLongTheAnswerOfAModelWasThatIsRefused) {
    const Finished finished =
        iolab({"run", file("tiny.jsonc"), "--models", "poll", "--exclude", "poll", "--rounds", "1",
               "--add", std::string{"liar="} + LIAR + " {port} lies 3", "-o", file("r.json")});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 4})) << finished.err;
    const std::string reason = document(file("r.json"))["cells"][0]["reason"];
    EXPECT_NE(reason.find("... (97 bytes), got "), std::string::npos) << reason;
    EXPECT_EQ(reason.find("bytes) ("), std::string::npos) << reason;
}

TEST_F(Compare, GoesOnWhenAServerDiesOrNeverGetsReady) {
    const Finished finished =
        iolab({"run", file("tiny.jsonc"), "--models", "poll", "--rounds", "1", "--add",
               std::string{"mortal="} + LIAR + " {port} dies", "--add",
               std::string{"shy="} + LIAR + " {port} ends", "-o", file("r.json")});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 1})) << finished.err;
    const Json result = document(file("r.json"));
    for (const Json& cell : result["cells"]) {
        if (cell["model"] == "poll") {
            EXPECT_EQ(cell["status"], "measured") << cell["reason"];
        }
        if (cell["model"] == "mortal") {
            EXPECT_EQ(cell["status"], "failed");
            EXPECT_NE(cell["reason"].get<std::string>().find("signal 6"), std::string::npos)
                << cell["reason"];
        }
        if (cell["model"] == "shy") {
            EXPECT_EQ(cell["status"], "failed");
            EXPECT_NE(cell["reason"].get<std::string>().find("exit 7"), std::string::npos)
                << cell["reason"];
        }
    }
}

TEST_F(Compare, FailsWhereNothingCouldBeMeasured) {
    const Finished finished =
        iolab({"run", file("tiny.jsonc"), "--models", "blocking", "--rounds", "1", "--exclude",
               "blocking", "--add", std::string{"shy="} + LIAR + " {port} ends", "--no-progress",
               "-o", file("r.json")});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 1})) << finished.err;
    EXPECT_NE(finished.err.find("nothing could be measured"), std::string::npos) << finished.err;
}

TEST_F(Compare, KeepsWhatWasMeasuredWhenInterrupted) {
    verify::Process process{
        launch({"run", file("tiny.jsonc"), "--rounds", "100", "-o", file("r.json")})};
    await_word(process, "[2/");
    const auto servers = await_server(process);
    process.signal(SIGINT);
    const Finished finished = finish(process);
    EXPECT_EQ(finished.exit, (verify::Exit{false, 130})) << finished.err;
    expect_gone(servers);
    const Json json = document(file("r.json"));
    EXPECT_EQ(json["run"]["complete"], false);
    EXPECT_GE(json["cells"].size(), 2U);
    EXPECT_LT(json["cells"].size(), 100U * 15U);
    EXPECT_NE(finished.out.find("marked incomplete"), std::string::npos) << finished.out;
}

TEST_F(Compare, KeepsWhatWasMeasuredWhenInterruptedTwice) {
    verify::Process process{
        launch({"run", file("tiny.jsonc"), "--rounds", "100", "-o", file("r.json")})};
    await_word(process, "[2/");
    process.signal(SIGINT);
    std::this_thread::sleep_for(20ms);  // two of a kind at once are one
    process.signal(SIGINT);
    const Finished finished = finish(process);
    EXPECT_EQ(finished.exit, (verify::Exit{false, 130})) << finished.err;
    EXPECT_GE(document(file("r.json"))["cells"].size(), 2U);
}

TEST_F(Compare, EndsAtOnceWhenInterruptedAThirdTime) {
    verify::Process process{
        launch({"run", file("tiny.jsonc"), "--rounds", "100", "-o", file("r.json")})};
    await_word(process, "[2/");
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) process.signal(number);
    EXPECT_TRUE(finish(process).exit.by_signal);
    (void)document(file("r.json"));
}

TEST_F(Compare, GoesOnThroughASignalThatWasIgnoredFromTheBeginning) {
    verify::Launch shell;
    shell.command = {"/bin/sh",
                     "-c",
                     "trap '' HUP; exec \"$@\"",
                     "sh",
                     IOLAB,
                     "run",
                     file("tiny.jsonc"),
                     "--models",
                     "poll",
                     "-o",
                     file("r.json")};
    verify::Process process{shell};
    await_word(process, "[2/");
    process.signal(SIGHUP);
    const Finished finished = finish(process);
    EXPECT_EQ(finished.exit, verify::Exit{}) << finished.err;
    EXPECT_EQ(document(file("r.json"))["run"]["complete"], true);
}

TEST_F(Compare, LeavesNoServerBehindWhenKilled) {
    for (int attempt = 0; attempt < 5; ++attempt) {
        verify::Process process{
            launch({"run", file("tiny.jsonc"), "--rounds", "100", "-o", file("r.json")})};
        await_word(process, attempt % 2 == 0 ? "Ctrl-C" : "[1/");
        const auto servers = await_server(process);
        ASSERT_FALSE(servers.empty());
        process.signal(SIGKILL);
        EXPECT_TRUE(process.wait(verify::in(5s)));
        expect_gone(servers);
    }
}

TEST_F(Compare, SaysWrongUsageInThreeLines) {
    expect_usage_error(iolab({}), "subcommand");
    expect_usage_error(iolab({"compete"}), "compete");
    expect_usage_error(iolab({"compare", "--round", "3"}), "--round");
    expect_usage_error(iolab({"compare", "--rounds", "0"}), "--rounds");
    expect_usage_error(iolab({"compare", "--rounds", "many"}), "many");
    expect_usage_error(iolab({"compare", "--dry-run", "--seed", "-1"}), "--seed");
    expect_usage_error(iolab({"compare", "--dry-run", "--seed", "18446744073709551616"}), "--seed");
    expect_usage_error(iolab({"load", "http://127.0.0.1:1/", "--seed", "-1"}), "--seed");
    EXPECT_EQ(iolab({"compare", "--dry-run", "--seed", "18446744073709551615"}).exit,
              verify::Exit{});
    expect_usage_error(iolab({"compare", "--preset", "slow"}), "--preset");
    expect_usage_error(iolab({"compare", "--models", "pol"}), "`pol`");
    expect_usage_error(iolab({"compare", "--exclude", "*"}), "no model");
    expect_usage_error(iolab({"compare", "--add", "mine"}), "{port}");
    expect_usage_error(iolab({"run", "nothing-like-it"}), "nothing-like-it");
    expect_usage_error(iolab({"compare", "--threshold", "poll.p99_us = 5"}),
                       "expected MODEL.METRIC");
    expect_usage_error(iolab({"compare", "--threshold", "poll.colour < 5"}), "there is no metric");
    std::ofstream{directory_ / "bad.jsonc"} << "{\n  \"name\": \"bad\",\n  \"rounds\": 0\n}";
    expect_usage_error(iolab({"run", file("bad.jsonc")}), "bad.jsonc:1: actors: missing");
}

TEST_F(Compare, FindsOutAtOnceThatAResultCannotBeWritten) {
    const auto started = verify::Clock::now();
    const Finished finished = iolab({"compare", "-o", "/proc/nowhere/r.json"});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 1}));
    EXPECT_EQ(lines_of(finished.err), 3U) << finished.err;
    EXPECT_LT(verify::Clock::now() - started, 10s);
}

TEST_F(Compare, RefusesToReportWhatIsNoResult) {
    std::ofstream{directory_ / "other.json"} << "{\"a\": 1}";
    for (const std::string& path : {file("other.json"), file("absent.json")}) {
        const Finished finished = iolab({"report", path});
        EXPECT_EQ(finished.exit, (verify::Exit{false, 1}));
        EXPECT_EQ(lines_of(finished.err), 3U) << finished.err;
    }
}

TEST_F(Compare, ListsModelsAndExperiments) {
    const Json json = Json::parse(iolab({"list", "--json"}).out);
    std::size_t sources = 0;
    for (const auto& entry : fs::directory_iterator{SOURCE_DIR "/servers"})
        sources += entry.path().extension() == ".cpp" ? 1 : 0;
    ASSERT_EQ(json["models"].size(), sources);
    for (const Json& model : json["models"])
        EXPECT_TRUE(model["missing"].is_null()) << model["missing"];
    EXPECT_EQ(json["experiments"][0]["name"], "quick");
    EXPECT_EQ(iolab({"doctor"}).exit, verify::Exit{});
    EXPECT_EQ(iolab({"--version"}).exit, verify::Exit{});
    EXPECT_EQ(iolab({"compare", "--help"}).exit, verify::Exit{});
}

// ## The time that is left

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

/// Watches a real run with a real clock, and writes down what it took and what was said of it.
class Watch {
public:
    explicit Watch(const lab::Plan& plan) : plan_{plan}, eta_{plan, Clock::now()} {}

    void begins(const lab::PlannedCell& cell) {
        const auto now = Clock::now();
        if (begun == in_round()) saving_s = seconds(now - last_);
        eta_.begins(now);
        if (begun == in_round()) said_s = eta_.left_s();
        names.emplace(plan_.models[cell.model].name, plan_.workloads[cell.workload].id);
        ++begun;
        last_ = now;
    }

    void ended(const lab::Cell& cell) {
        const auto now = Clock::now();
        eta_.ended(cell, now);
        const bool is_run = cell.status != lab::Status::not_applicable;
        if (begun <= in_round() && is_run) first_round_s += seconds(now - last_);
        last_ = now;
    }

    [[nodiscard]] std::size_t in_round() const { return plan_.rounds.front().size(); }

    std::size_t begun = 0;
    double first_round_s = 0;  ///< its cells
    double saving_s = 0;  ///< from its last cell to the next round
    double said_s = 0;  ///< when that began
    std::set<std::pair<std::string, std::string>> names;

private:
    const lab::Plan& plan_;
    report::Eta eta_;
    Clock::time_point last_;
};

// What it says follows from what the run itself took, whatever that was: nothing here is a bound on
// time. `blocking` takes no part where clients are silent.
TEST(TimeLeft, AfterTheFirstRoundIsWhatItsCellsTookForEveryRoundToCome) {
    lab::Experiment experiment = lab::parse_experiment(tiny, "tiny");
    experiment.rounds = 3;
    experiment.warm_up_s = 0;
    experiment.measured_s = 0.02;
    auto models = lab::choose(lab::own_models(BIN_DIR), experiment,
                              {.models = {"blocking", "poll"}, .exclude = {}, .added = {}});
    const lab::Plan plan = lab::make_plan(std::move(experiment), std::move(models),
                                          lab::place(lab::topology_here()), lab::limits_here(), 7);
    lab::Result result = lab::begin_result(plan, "a test");
    Watch watch{plan};
    lab::run(plan, result,
             {.cell_begins = [&](const lab::PlannedCell& cell) { watch.begins(cell); },
              .cell_ended = [&](const lab::Cell& cell) { watch.ended(cell); },
              .round_ended = {}},
             false);
    EXPECT_EQ(watch.begun, plan.cells());
    EXPECT_EQ(watch.names.size(), watch.in_round());
    EXPECT_GT(watch.first_round_s, 0);
    const double saving_s = (2 + 3) * watch.saving_s;  // all rounds so far, at the end of each
    EXPECT_NEAR(watch.said_s, 2 * watch.first_round_s + saving_s, 1e-6);
}

}  // namespace
