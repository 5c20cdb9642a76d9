#include "bench/analysis/difference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/analysis/rank_sum.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "bench/verify/process.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/run_iolab.hpp"
#include "tests/bench/schema.hpp"

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using run_iolab::Finished;

void add_cell(lab::Result& result, const std::string& model, int round, double cpu_us) {
    lab::Cell cell;
    cell.model = model;
    cell.workload = "keep-alive";
    cell.round = round;
    cell.order = round;
    cell.server.emplace();
    cell.server->cpu_us_per_request = cpu_us;
    cell.load.emplace();
    cell.load->reply_timeout_s = 10;
    cell.load->connect_timeout_s = 10;
    result.cells.push_back(std::move(cell));
}

// Three models over eight rounds; a round costs more than the one before.
lab::Result sample(const std::string& id) {
    lab::Result result;
    result.run.id = id;
    result.run.preset = "quick";
    result.run.complete = true;
    result.run.rounds_planned = 8;
    result.machine.kernel = "6.1.0";
    result.machine.cpus = 2;
    result.build.type = "Release";
    result.placement.server_cpus = {0};
    lab::Workload workload;
    workload.id = workload.name = workload.title = "keep-alive";
    workload.actors = {{.kind = lab::ActorKind::polite, .count = {.number = 64, .axis = {}}}};
    result.workloads = {workload};
    int place = 0;
    for (const char* name : {"poll", "epoll_lt", "epoll_et"}) {
        lab::Model model;
        model.name = name;
        result.models.push_back(model);
        for (int round = 1; round <= 8; ++round)
            add_cell(result, name, round, 5.0 + place + 0.01 * round);
        ++place;
    }
    return result;
}

void scale(lab::Result& result, const std::string& model, double factor) {
    for (auto& cell : result.cells) {
        if (cell.model == model) *cell.server->cpu_us_per_request *= factor;
    }
}

const analysis::DifferenceRow& row_of(const std::vector<analysis::DifferenceRow>& rows,
                                      const std::string& model) {
    return *std::find_if(rows.begin(), rows.end(),
                         [&](const auto& row) { return row.model == model; });
}

TEST(Difference, FindsWhatBecameWorseAndWhatBetter) {
    lab::Result fresh = sample("new");
    scale(fresh, "poll", 1.0517);
    scale(fresh, "epoll_et", 0.9013);
    const auto rows = analysis::difference(sample("base"), fresh);
    ASSERT_EQ(rows.size(), 3U);
    const auto& poll = row_of(rows, "poll");
    EXPECT_EQ(poll.verdict, lab::Verdict::worse);
    EXPECT_NEAR(poll.ratio, 1.0517, 1e-9);
    ASSERT_TRUE(poll.ratio_interval_95);
    EXPECT_LT(poll.ratio_interval_95->low, 1.0517);
    EXPECT_GT(poll.ratio_interval_95->high, 1.0517);
    EXPECT_DOUBLE_EQ(poll.p_value, 2.0 / 12870);  // 16 over 8: the samples stand apart
    EXPECT_DOUBLE_EQ(poll.p_adjusted, 3 * 2.0 / 12870);
    EXPECT_EQ(poll.method, "exact");
    EXPECT_EQ(row_of(rows, "epoll_et").verdict, lab::Verdict::better);
    EXPECT_EQ(row_of(rows, "epoll_lt").verdict, lab::Verdict::no_detectable_difference);
    EXPECT_FALSE(analysis::moved_together(rows));
}

// Of 20 rounds twelve are as before and eight are cheaper: the test finds less, the middle of all
// pairs is no change.
TEST(Difference, DetectsNoneWhereTheRatioDoesNotPointWhereTheTestDoes) {
    lab::Result base = sample("base");
    lab::Result fresh = sample("new");
    for (lab::Result* result : {&base, &fresh}) {
        std::erase_if(result->cells, [](const lab::Cell& cell) { return cell.model == "poll"; });
        for (int round = 1; round <= 20; ++round)
            add_cell(*result, "poll", round, result == &fresh && round > 12 ? 4.9 : 5);
    }
    const auto rows = analysis::difference(base, fresh);
    const auto& poll = row_of(rows, "poll");
    EXPECT_LT(poll.p_adjusted, 0.05);
    EXPECT_EQ(poll.direction, -1);
    EXPECT_EQ(poll.ratio, 1);
    EXPECT_EQ(poll.verdict, lab::Verdict::no_detectable_difference);
}

TEST(Difference, DoubtsWhatMovedTogether) {
    lab::Result fresh = sample("new");
    for (const auto& model : fresh.models) scale(fresh, model.name, 1.2);
    EXPECT_TRUE(analysis::moved_together(analysis::difference(sample("base"), fresh)));
}

TEST(Difference, SaysWhenTheRoundsAreTooFew) {
    lab::Result base = sample("base");
    lab::Result fresh = sample("new");
    scale(fresh, "poll", 2);
    for (auto* result : {&base, &fresh})
        std::erase_if(result->cells, [](const lab::Cell& cell) { return cell.round > 3; });
    const auto rows = analysis::difference(base, fresh);
    EXPECT_EQ(row_of(rows, "poll").verdict, lab::Verdict::too_few_rounds);
    EXPECT_FALSE(row_of(rows, "poll").ratio_interval_95);
}

TEST(Difference, JudgesNoRoundThatTheClientsPaced) {
    lab::Result fresh = sample("new");
    for (auto& cell : fresh.cells) {
        if (cell.model == "poll" || (cell.model == "epoll_et" && cell.round > 6))
            cell.load->was_the_limit = true;
    }
    const auto rows = analysis::difference(sample("base"), fresh);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(row_of(rows, "epoll_et").fresh_rounds, 6);
    EXPECT_EQ(analysis::left_out(sample("base"), fresh),
              (std::vector<std::string>{
                  "poll on keep-alive: not judged, no figure or clients that set the pace"}));
}

TEST(Unlike, LetsSeedCommitAndRoundsDiffer) {
    lab::Result fresh = sample("new");
    fresh.run.seed = 7;
    fresh.run.commit = "abc";
    fresh.run.rounds_planned = 20;
    fresh.machine.load_average_1min = 3;
    fresh.machine.memory_mib = 0;
    EXPECT_TRUE(analysis::unlike(sample("base"), fresh).empty());
}

void set_time_outs(lab::Result& result, std::optional<double> reply_s,
                   std::optional<double> connect_s) {
    for (auto& cell : result.cells) {
        cell.load->reply_timeout_s = reply_s;
        cell.load->connect_timeout_s = connect_s;
    }
}

TEST(Unlike, AsksNoTimeOutOfAResultThatDoesNotKnowIt) {
    lab::Result fresh = sample("new");
    set_time_outs(fresh, {}, {});
    EXPECT_TRUE(analysis::unlike(sample("base"), fresh).empty());
}

TEST(Unlike, NamesEachConditionThatChanged) {
    using Change = std::function<void(lab::Result&)>;
    const std::vector<std::pair<std::string, Change>> changes{
        {"kernel", [](auto& result) { result.machine.kernel = "6.18.0"; }},
        {"CPU model", [](auto& result) { result.machine.cpu_model = "another"; }},
        {"CPUs", [](auto& result) { result.machine.cpus = 64; }},
        {"CPU quota", [](auto& result) { result.machine.cpu_quota = 1.5; }},
        {"memory, MiB", [](auto& result) { result.machine.memory_mib = 1024; }},
        {"build type", [](auto& result) { result.build.type = "Debug"; }},
        {"compiler flags", [](auto& result) { result.build.flags = "-O0"; }},
        {"experiment", [](auto& result) { result.run.preset = "standard"; }},
        {"measured, s", [](auto& result) { result.run.measured_s = 1; }},
        {"CPUs of the server", [](auto& result) { result.placement.server_cpus = {1}; }},
        {"keep-alive", [](auto& result) { result.workloads[0].actors[0].count.number = 8; }},
        {"keep-alive", [](auto& result) { result.workloads[0].actors[0].rate_per_s.number = 9; }},
        {"arguments of poll", [](auto& result) { result.models[0].args = {"--delay"}; }},
        {"reply time-out of the clients, s", [](auto& result) { set_time_outs(result, 2, 10); }},
        {"connect time-out of the clients, s", [](auto& result) { set_time_outs(result, 10, 2); }},
    };
    for (const auto& [what, change] : changes) {
        lab::Result fresh = sample("new");
        change(fresh);
        const auto found = analysis::unlike(sample("base"), fresh);
        ASSERT_EQ(found.size(), 1U) << what;
        EXPECT_EQ(found[0].what, what);
        EXPECT_NE(found[0].base, found[0].fresh);
    }
}

// The command, on documents that were changed.
class Diff : public InDirectory<> {
protected:
    void SetUp() override {
        InDirectory::SetUp();
        put("base", sample("first"));
        lab::Result fresh = sample("second");
        scale(fresh, "poll", 1.0517);
        put("new", fresh);
    }

    void put(const std::string& name, const lab::Result& result) const {
        fs::create_directories(directory_ / name);
        report::write_file(directory_ / name / "results.json", report::to_text(result));
    }

    static Finished iolab(std::vector<std::string> words) {
        words.insert(words.begin(), "diff");
        return run_iolab::iolab(std::move(words));
    }
};

void expect_complaint(const Finished& finished, int code, const std::string& part) {
    EXPECT_EQ(finished.exit, (verify::Exit{false, code})) << finished.err;
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 3) << finished.err;
    EXPECT_NE(finished.err.find(part), std::string::npos) << finished.err;
    EXPECT_EQ(finished.out, "");
}

TEST_F(Diff, ShowsVerdictsInEightyColumns) {
    const Finished finished = iolab({file("base"), file("new/results.json")});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 0})) << finished.err;
    EXPECT_EQ(finished.err, "");
    for (const auto& line : lab::split(finished.out, '\n')) EXPECT_LE(line.size(), 80U) << line;
    EXPECT_NE(finished.out.find("  1.052  1.0"), std::string::npos) << finished.out;
    EXPECT_NE(finished.out.find("worse\n"), std::string::npos) << finished.out;
    EXPECT_NE(finished.out.find("no detectable difference\n"), std::string::npos);
    EXPECT_NE(finished.out.find("not interleaved"), std::string::npos);
}

TEST_F(Diff, WritesADocument) {
    const Finished finished = iolab({file("base"), file("new"), "--json", "-o", file("diff.json"),
                                     "--threshold", "poll.cpu_us_per_request < 9"});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 0})) << finished.err;
    EXPECT_EQ(lab::contents(file("diff.json")), finished.out);
    const Json json = Json::parse(finished.out);
    const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/diff.schema.json"));
    for (const auto& violation : schema::violations(rules, json)) ADD_FAILURE() << violation;
    EXPECT_EQ(json["schema"]["name"], "iolab-diff");
    ASSERT_EQ(json["rows"].size(), 3U);
    EXPECT_EQ(json["rows"][0]["model"], "poll");
    EXPECT_EQ(json["rows"][0]["verdict"], "worse");
    EXPECT_EQ(json["rows"][0]["new_rounds"], 8);
    EXPECT_NEAR(json["rows"][0]["new_median_us"], 1.0517 * 5.045, 0.001);
    EXPECT_EQ(json["thresholds"][0]["metric"], "cpu_us_per_request");
    EXPECT_NE(finished.err.find("worse"), std::string::npos);
}

TEST_F(Diff, RefusesUnlikeResultsUnlessForced) {
    lab::Result other = sample("other");
    other.machine.kernel = "6.18.0";
    other.build.type = "Debug";
    put("other", other);
    expect_complaint(iolab({file("base"), file("other")}), 5,
                     "kernel (6.1.0; now 6.18.0), build type (Release; now Debug)");
    const Finished forced = iolab({file("base"), file("other"), "--force"});
    EXPECT_EQ(forced.exit, (verify::Exit{false, 0})) << forced.err;
    EXPECT_NE(forced.out.find("Not alike: kernel: 6.1.0; now 6.18.0"), std::string::npos);
}

TEST_F(Diff, RefusesWhatItCannotRead) {
    Json json = Json::parse(report::to_text(sample("later")));
    json["schema"]["version"] = "2.0";
    report::write_file(file("later.json"), json.dump());
    report::write_file(file("torn.json"), "{\"cells\": [");
    expect_complaint(iolab({file("base"), file("later.json")}), 5, "version 2.0");
    expect_complaint(iolab({file("torn.json"), file("new")}), 5, "no JSON");
    expect_complaint(iolab({file("absent"), file("new")}), 1, "there is no result");
    expect_complaint(iolab({file("base")}), 2, "NEW");
    expect_complaint(iolab({file("base"), file("new"), "--threshold", "poll < 5"}), 2, "poll < 5");
    expect_complaint(iolab({file("base"), file("new"), "--threshold", "pol.p99_us < 5"}), 2,
                     "there is no model `pol` in this run; there are poll, epoll_lt, epoll_et");
}

TEST_F(Diff, TellsWhatOnlyOneHas) {
    lab::Result fewer = sample("fewer");
    std::erase_if(fewer.cells, [](const lab::Cell& cell) { return cell.model == "poll"; });
    fewer.run.complete = false;
    put("fewer", fewer);
    const Finished finished = iolab({file("base"), file("fewer")});
    EXPECT_NE(finished.out.find("poll on keep-alive: measured in BASE only"), std::string::npos);
    EXPECT_NE(finished.out.find("fewer was ended early"), std::string::npos) << finished.out;
}

TEST_F(Diff, HoldsTheNewOneAgainstThresholds) {
    const auto with = [&](const char* threshold) {
        return iolab({file("base"), file("new"), "--threshold", threshold}).exit;
    };
    EXPECT_EQ(with("poll.cpu_us_per_request < 5.2"), (verify::Exit{false, 99}));
    EXPECT_EQ(with("poll.cpu_us_per_request < 5.4"), (verify::Exit{false, 0}));
}

TEST_F(Diff, FailsOnWorseWhereItIsToldTo) {
    EXPECT_EQ(iolab({file("base"), file("new")}).exit, verify::Exit{});
    EXPECT_EQ(iolab({file("base"), file("new"), "--fail-on-worse"}).exit,
              (verify::Exit{false, 99}));
    EXPECT_EQ(iolab({file("base"), file("base"), "--fail-on-worse"}).exit, verify::Exit{});
    lab::Result brief = sample("brief");
    std::erase_if(brief.cells, [](const lab::Cell& cell) { return cell.round > 1; });
    put("brief", brief);
    const Finished unknown = iolab({file("base"), file("brief"), "--fail-on-worse"});
    EXPECT_EQ(unknown.exit, (verify::Exit{false, 1}));
    EXPECT_NE(unknown.err.find("some rounds are too few\n  likely"), std::string::npos)
        << unknown.err;
}

TEST_F(Diff, FailsWhereNothingCanBeJudged) {
    lab::Result empty = sample("empty");
    empty.cells.clear();
    empty.run.complete = false;
    put("empty", empty);
    const Finished finished = iolab({file("base"), file("empty")});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 1}));
    EXPECT_NE(finished.err.find("nothing that can be judged in both results\n  likely"),
              std::string::npos)
        << finished.err;
}

TEST_F(Diff, ShowsWhatTheRunsWarnOf) {
    lab::Result busy = sample("busy");
    busy.warnings = {"on WSL", "load average 9.0 on 2 CPUs"};
    lab::Result quiet = sample("quiet");
    quiet.warnings = {"on WSL"};
    put("busy", busy);
    put("quiet", quiet);
    const Finished finished = iolab({file("quiet"), file("busy"), "-o", file("diff.json")});
    EXPECT_NE(finished.out.find("\nWarning (both): on WSL\n"), std::string::npos) << finished.out;
    EXPECT_NE(finished.out.find("\nWarning (new): load average 9.0"), std::string::npos);
    const Json json = Json::parse(lab::contents(file("diff.json")));
    EXPECT_EQ(json["warnings"].size(), 2U);
    const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/diff.schema.json"));
    EXPECT_EQ(schema::violations(rules, json).size(), 0U);
}

}  // namespace
