#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/analysis/drift.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/analysis/threshold.hpp"
#include "bench/lab/fitness.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "bench/report/markdown.hpp"
#include "bench/report/terminal.hpp"
#include "bench/report/view.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/schema.hpp"

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

lab::Cell cell_of(const std::string& model, int round, double cpu_us) {
    lab::Cell cell;
    cell.model = model;
    cell.workload = "keep-alive";
    cell.round = round;
    cell.order = round;
    cell.measured_s = 0.5;
    cell.replies_ok = 1000;
    cell.throughput_per_s = 2000;
    load::Histogram histogram;
    for (std::uint64_t ns = 1000; ns < 200000; ns += 777) histogram.record(ns);
    lab::Times times;
    times.count = histogram.count();
    times.p50_us = 100.5;
    times.p99_us = 199.25;
    times.histogram = histogram.sparse();
    cell.response_time = times;
    cell.service_time = times;
    cell.connect_time = lab::Times{};
    cell.errors.emplace();
    cell.server.emplace();
    cell.server->cpu_us_per_request = cpu_us;
    cell.server->system_calls_per_request = 2.05;
    cell.server->system_calls_per_request_by_name = {{"recv", 1}, {"send", 1}, {"poll", 0.05}};
    cell.server->wakeups_per_request = 0.05;
    cell.server->peak_memory_kib = 4096;
    cell.server->call_sites = {
        {.file = "servers/poll.cpp", .line = 44, .call = "poll", .calls = 50}};
    cell.kernel.emplace();
    cell.kernel->listen_drops = 0;
    cell.load.emplace();
    cell.load->was_the_limit = false;
    cell.timeline = lab::Timeline{
        .step_ms = 100,
        .points = {{.replies = 500, .p99_us = 180.0}, {.replies = 500, .p99_us = {}}}};
    return cell;
}

// Two models over eight rounds that drift together; `slow` costs a tenth more in each.
lab::Result sample() {
    lab::Result result;
    result.run = {.id = "20261121-101112-00ff",
                  .started_at = "2026-11-21T10:11:12Z",
                  .duration_s = 12.5,
                  .preset = "quick",
                  .baseline = "fast",
                  .seed = 42,
                  .command = "iolab compare",
                  .tool_version = "0.1.0",
                  .commit = "",
                  .complete = true,
                  .rounds_planned = 8,
                  .warm_up_s = 0.15,
                  .measured_s = 0.5};
    result.machine.kernel = "6.1.0";
    result.machine.architecture = "x86_64";
    result.machine.allowed_cpus = "0-1";
    result.machine.cpu_tick_ms = 10;
    result.machine.tcp["tcp_syn_linear_timeouts"] = std::nullopt;
    result.build.compiler = "GNU 12.2.0";
    result.placement.server_cpus = {0};
    result.placement.load_cpus = {1};
    for (const char* name : {"fast", "slow", "absent"}) {
        lab::Model model;
        model.name = name;
        model.traits.model = name;
        model.traits.idea = "an idea";
        model.traits.kind = "readiness";
        result.models.push_back(model);
    }
    lab::Workload workload;
    workload.id = workload.name = "keep-alive";
    workload.title = "64 clients";
    workload.point = {{"idle", 0}};
    workload.actors = {{.kind = lab::ActorKind::polite, .count = {.number = 64, .axis = {}}}};
    result.workloads = {workload};
    for (int round = 1; round <= 8; ++round) {
        const double drift = 5.0 + round;
        result.cells.push_back(cell_of("fast", round, drift));
        result.cells.push_back(cell_of("slow", round, drift * 1.1));
        lab::Cell absent;
        absent.model = "absent";
        absent.workload = "keep-alive";
        absent.round = round;
        absent.order = round;
        absent.status = lab::Status::not_applicable;
        absent.reason = "the kernel lacks it";
        result.cells.push_back(absent);
    }
    result.warnings = {"one | warning"};
    result.summary = analysis::summarise(result);
    result.drift = analysis::drift(result);
    result.thresholds = analysis::check(result, {analysis::parse_threshold("fast.p99_us < 200")});
    return result;
}

const lab::SummaryRow& row_of(const lab::Result& result, const std::string& model,
                              const std::string& metric) {
    for (const auto& row : result.summary) {
        if (row.model == model && row.metric == metric) return row;
    }
    throw std::runtime_error{"no row"};
}

TEST(Document, TakesNoNumberForAnotherOne) {
    const std::string text = report::to_text(sample());
    const std::string whole = "\"seed\":42";
    ASSERT_NE(text.find(whole), text.npos);
    for (const char* const wrong : {"2e50", "4.5", "-1", "\"42\"", "99999999999999999999"}) {
        std::string changed = text;
        changed.replace(text.find(whole), whole.size(), std::string{"\"seed\":"} + wrong);
        EXPECT_THROW((void)report::from_text(changed), report::Unreadable) << wrong;
    }
}

TEST(Arguments, AreToldOnceWhereAllModelsHaveThem) {
    lab::Result result = sample();
    EXPECT_EQ(report::arguments_sentence(result), "");
    for (lab::Model& model : result.models) model.args = {"--lab", "--backlog=1"};
    const std::string sentence = "Every model was started with --lab --backlog=1.";
    EXPECT_EQ(report::arguments_sentence(result), sentence);
    EXPECT_NE(report::terminal_tables(result, {}).find(sentence), std::string::npos);
    EXPECT_NE(report::markdown(result).find(sentence), std::string::npos);
    result.models[1].args = {"--lab"};
    EXPECT_EQ(report::arguments_sentence(result), "");
    result.models[1].command = {"./mine", "{port}"};
    EXPECT_EQ(report::arguments_sentence(result), sentence);
}

TEST(Summary, ComparesInsideRounds) {
    const lab::Result result = sample();
    const auto& slow = row_of(result, "slow", "cpu_us_per_request");
    EXPECT_EQ(slow.rounds, 8);
    EXPECT_DOUBLE_EQ(*slow.median, 9.5 * 1.1);
    EXPECT_DOUBLE_EQ(*slow.least, 6 * 1.1);
    EXPECT_DOUBLE_EQ(*slow.most, 13 * 1.1);
    EXPECT_EQ(slow.baseline, "fast");
    EXPECT_NEAR(*slow.ratio, 1.1, 1e-12);  // although the rounds differ by a factor of two
    EXPECT_DOUBLE_EQ(*slow.p_value, 2.0 / 256);
    EXPECT_EQ(slow.verdict, lab::Verdict::worse);
    const auto& fast = row_of(result, "fast", "cpu_us_per_request");
    EXPECT_FALSE(fast.p_value);
    EXPECT_FALSE(fast.verdict);
    EXPECT_FALSE(row_of(result, "slow", "throughput_per_s").verdict);
}

TEST(Summary, FallsBackToTheFirstModelThatWasMeasured) {
    lab::Result result = sample();
    result.run.baseline = "absent";
    EXPECT_EQ(analysis::baseline_for(result, result.workloads[0]), "fast");
    for (auto& cell : result.cells) cell.status = lab::Status::failed;
    EXPECT_EQ(analysis::baseline_for(result, result.workloads[0]), "");
    EXPECT_TRUE(analysis::summarise(result).empty());
}

TEST(Summary, SaysWhenTheRoundsAreTooFew) {
    lab::Result result = sample();
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.round > 5; });
    result.summary = analysis::summarise(result);
    EXPECT_EQ(row_of(result, "slow", "cpu_us_per_request").verdict, lab::Verdict::too_few_rounds);
}

TEST(Summary, FindsNothingWhereThereIsNothing) {
    lab::Result result = sample();
    for (auto& cell : result.cells) {
        if (cell.model == "slow")
            cell.server->cpu_us_per_request =
                (5.0 + cell.round) * (cell.round % 2 == 0 ? 1.01 : 0.99);
    }
    result.summary = analysis::summarise(result);
    EXPECT_EQ(row_of(result, "slow", "cpu_us_per_request").verdict,
              lab::Verdict::no_detectable_difference);
}

// The sample over 128 rounds: in 66 `slow` is a hundredth cheaper, in 62 a tenth dearer, or the
// other way about. By SciPy the signed-rank test has p = 3.13e-6 and says more, or less.
lab::Result of_two_kinds(double sign) {
    lab::Result result = sample();
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.round > 1; });
    const std::vector<lab::Cell> round = result.cells;
    result.cells.clear();
    for (int at = 0; at < 128; ++at) {
        const double log_ratio = at < 66 ? -0.0095 - 0.00001 * at : 0.0953 + 0.0001 * (at - 66);
        for (lab::Cell cell : round) {
            cell.round = at + 1;
            if (cell.model == "fast") cell.server->cpu_us_per_request = 5;
            if (cell.model == "slow")
                cell.server->cpu_us_per_request = 5 * std::exp(sign * log_ratio);
            result.cells.push_back(std::move(cell));
        }
    }
    result.summary = analysis::summarise(result);
    return result;
}

TEST(Summary, DetectsNoDifferenceWhereTheTestAndTheMedianPointApart) {
    for (const double sign : {1.0, -1.0}) {
        const lab::Result result = of_two_kinds(sign);
        const auto& slow = row_of(result, "slow", "cpu_us_per_request");
        EXPECT_NEAR(*slow.p_value, 3.13034e-6, 1e-11);
        EXPECT_EQ(*slow.ratio<1, sign> 0);
        EXPECT_EQ(slow.verdict, lab::Verdict::no_detectable_difference);
        const std::string reason = fmt::format(
            "the test finds {} CPU a request (p = 3.1e-06), the median ratio of the "
            "rounds is {:.3f}: they are of two kinds",
            sign > 0 ? "more" : "less", *slow.ratio);
        EXPECT_EQ(slow.verdict_reason, reason);
        EXPECT_NE(report::csv(result).find(reason), std::string::npos);
        EXPECT_NE(report::markdown(result).find("**slow**: the test finds"), std::string::npos);
        EXPECT_NE(report::terminal_tables(result, {}).find("slow: the test finds"),
                  std::string::npos);
    }
}

// The rounds of the sample drift by more than the models differ: paired, every round says the
// same; unpaired, the samples overlap.
TEST(Summary, JudgesNoRoundInWhichTheLoadWasTheLimit) {
    lab::Result result = sample();
    for (lab::Cell& cell : result.cells) {
        cell.load->was_the_limit = cell.model == "fast" && cell.round == 3;
    }
    result.summary = analysis::summarise(result);
    const auto& some = row_of(result, "slow", "cpu_us_per_request");
    EXPECT_EQ(some.rounds, 8);
    ASSERT_TRUE(some.p_value);
    EXPECT_DOUBLE_EQ(*some.p_value, 2.0 / 128);  // seven rounds of one mind
    EXPECT_EQ(some.verdict_reason,
              "the load side was the limit in 1 of 8 rounds, which are not judged");

    for (lab::Cell& cell : result.cells) cell.load->was_the_limit = cell.model == "slow";
    result.summary = analysis::summarise(result);
    const auto& none = row_of(result, "slow", "cpu_us_per_request");
    EXPECT_TRUE(none.ratio);
    EXPECT_FALSE(none.p_value);
    EXPECT_FALSE(none.verdict);
    EXPECT_NE(report::markdown(result).find("none: the load was the limit"), std::string::npos);
}

TEST(SecondOpinion, DiffersWhereDriftHidesWhatRoundsShow) {
    const lab::Result result = sample();
    const auto& slow = row_of(result, "slow", "cpu_us_per_request");
    EXPECT_EQ(slow.verdict, lab::Verdict::worse);
    EXPECT_EQ(slow.second_opinion, lab::Opinion::differs);
    EXPECT_EQ(slow.mann_whitney_method, "normal approximation");  // two values are equal
    EXPECT_GT(*slow.p_mann_whitney, 0.05);
    EXPECT_FALSE(row_of(result, "fast", "cpu_us_per_request").second_opinion);
    EXPECT_FALSE(row_of(result, "slow", "throughput_per_s").p_mann_whitney);
    EXPECT_NE(report::terminal_tables(result, {}).find("slow: second opinion differs"),
              std::string::npos);
    EXPECT_NE(report::markdown(result).find("**slow**: second opinion differs"), std::string::npos);
}

TEST(SecondOpinion, AgreesWhereTheModelsStandApart) {
    lab::Result result = sample();
    for (auto& cell : result.cells) {
        if (cell.model == "slow") cell.server->cpu_us_per_request = 20.0 + cell.round;
    }
    result.summary = analysis::summarise(result);
    const auto& slow = row_of(result, "slow", "cpu_us_per_request");
    EXPECT_EQ(slow.second_opinion, lab::Opinion::agrees);
    EXPECT_DOUBLE_EQ(*slow.p_mann_whitney, 2.0 / 12870);  // 16 over 8
    EXPECT_EQ(slow.mann_whitney_method, "exact");
    EXPECT_EQ(report::markdown(result).find("second opinion differs"), std::string::npos);
}

TEST(SecondOpinion, IsNotGivenWithTooFewRounds) {
    lab::Result result = sample();
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.round > 5; });
    result.summary = analysis::summarise(result);
    EXPECT_FALSE(row_of(result, "slow", "cpu_us_per_request").second_opinion);
    EXPECT_TRUE(row_of(result, "slow", "cpu_us_per_request").p_mann_whitney);
}

TEST(Drift, IsTheTrendOfAllModelsTogether) {
    const lab::Result result = sample();
    ASSERT_EQ(result.drift.size(), 1U);
    const lab::Drift& drift = result.drift[0];
    EXPECT_EQ(drift.workload, "keep-alive");
    EXPECT_EQ(drift.rounds, 8);
    EXPECT_EQ(drift.models, 2);
    EXPECT_DOUBLE_EQ(drift.p_value, 2.0 / 40320);  // 8 values in order, one way in 8!
    EXPECT_EQ(drift.method, "exact");
    EXPECT_NEAR(drift.last_to_first_ratio, 13.0 / 6, 0.2);
    EXPECT_TRUE(analysis::noticeable(drift));
    EXPECT_NE(report::terminal_tables(result, {}).find("Drift: from the first round"),
              std::string::npos);
    EXPECT_NE(report::markdown(result).find("Drift: from the first round"), std::string::npos);
}

TEST(Drift, IsNotBentByAModelThatMissesRounds) {
    lab::Result result = sample();
    for (auto& cell : result.cells) {
        if (cell.model == "fast") cell.server->cpu_us_per_request = 5;
        if (cell.model == "slow") cell.server->cpu_us_per_request = 50;
    }
    std::erase_if(result.cells,
                  [](const lab::Cell& cell) { return cell.model == "slow" && cell.round > 4; });
    const auto rows = analysis::drift(result);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_DOUBLE_EQ(rows[0].last_to_first_ratio, 1);
    EXPECT_FALSE(analysis::noticeable(rows[0]));
    result.drift = rows;
    EXPECT_EQ(report::terminal_tables(result, {}).find("Drift"), std::string::npos);
}

TEST(Drift, TakesTwoRounds) {
    lab::Result result = sample();
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.round > 1; });
    EXPECT_TRUE(analysis::drift(result).empty());
}

TEST(Threshold, IsReadFromItsText) {
    const auto threshold = analysis::parse_threshold("epoll_lt.p99_us <= 5000.5");
    EXPECT_EQ(threshold.model, "epoll_lt");
    EXPECT_EQ(threshold.metric, "response_p99_us");
    EXPECT_EQ(threshold.bound, analysis::Bound::at_most);
    EXPECT_EQ(threshold.limit, 5000.5);
    EXPECT_EQ(analysis::parse_threshold("a.b.cpu_us_per_request>1").model, "a.b");
    for (const char* wrong : {"", "poll", "poll < 5", ".p99_us < 5", "poll.p99_us < five",
                              "poll.p99_us < 5 us", "poll.p99_us = 5", "poll.colour < 5"}) {
        EXPECT_THROW((void)analysis::parse_threshold(wrong), std::invalid_argument) << wrong;
    }
}

TEST(Threshold, IsHeldAgainstEveryMedianThatItNames) {
    const lab::Result result = sample();
    const auto holds = [&](const char* text) {
        std::vector<bool> all;
        for (const auto& outcome : analysis::check(result, {analysis::parse_threshold(text)})) {
            all.push_back(outcome.holds);
        }
        return all;
    };
    EXPECT_EQ(holds("fast.cpu_us_per_request < 9.6"), std::vector<bool>{true});
    EXPECT_EQ(holds("fast.cpu_us_per_request < 9.5"), std::vector<bool>{false});
    EXPECT_EQ(holds("fast.cpu_us_per_request <= 9.5"), std::vector<bool>{true});
    EXPECT_EQ(holds("*.cpu_us_per_request < 10"), (std::vector<bool>{true, false}));
    EXPECT_EQ(holds("absent.cpu_us_per_request < 10"), std::vector<bool>{false});
}

TEST(Threshold, SaysNothingOfAModelThatTheRunDoesNotHave) {
    const auto check = [](const char* text) {
        analysis::check_models({analysis::parse_threshold(text)}, sample().models);
    };
    EXPECT_NO_THROW(check("fast.p99_us < 5"));
    EXPECT_NO_THROW(check("f*.p99_us < 5"));
    EXPECT_THROW(check("fats.p99_us < 5"), std::invalid_argument);
}

TEST(Document, FitsItsSchema) {
    const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/result.schema.json"));
    const Json json = Json::parse(report::to_text(sample()));
    for (const auto& violation : schema::violations(rules, json)) ADD_FAILURE() << violation;
}

TEST(Document, SchemaFindsWhatIsWrong) {
    const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/result.schema.json"));
    const Json good = Json::parse(report::to_text(sample()));
    const auto broken = [&](const char* pointer, const Json& value) {
        Json json = good;
        json[Json::json_pointer{pointer}] = value;
        return schema::violations(rules, json).size();
    };
    EXPECT_EQ(broken("/run/complete", "yes"), 1U);
    EXPECT_EQ(broken("/cells/0/status", "fine"), 1U);
    EXPECT_EQ(broken("/cells/0/server/cpu_us_per_request", -1), 1U);
    EXPECT_EQ(broken("/schema/version", "2.0"), 1U);
    EXPECT_EQ(broken("/summary/0/verdict", "best"), 1U);
    Json without = good;
    without["cells"][0].erase("reason");
    EXPECT_EQ(schema::violations(rules, without).size(), 1U);
}

TEST(Document, HasItsKeysInOrder) {
    const Json json = Json::parse(report::to_text(sample()));
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.push_back(key);
    EXPECT_EQ(keys,
              (std::vector<std::string>{"schema", "run", "machine", "build", "placement", "models",
                                        "workloads", "cells", "summary", "drift", "diagnoses",
                                        "thresholds", "signature", "replication", "warnings"}));
}

TEST(Document, ComesBackAsItWas) {
    const std::string text = report::to_text(sample());
    EXPECT_EQ(report::to_text(report::from_text(text)), text);
}

TEST(Document, SaysNullWhereNothingWasMeasured) {
    const Json json = Json::parse(report::to_text(sample()));
    const Json& absent = json["cells"][2];
    for (const char* key : {"measured_s", "replies_ok", "throughput_per_s", "errors",
                            "response_time", "server", "kernel", "load", "timeline"}) {
        EXPECT_TRUE(absent[key].is_null()) << key;
    }
    EXPECT_EQ(absent["reason"], "the kernel lacks it");
    EXPECT_TRUE(json["cells"][0]["server"]["cpu_ms"].is_null());
}

TEST(Document, DoesNotActOnATerminal) {
    Json json = Json::parse(report::to_text(sample()));
    const std::string hostile =
        "\x1b]0;yours\x07\x7f\xc2\x9b"
        "2J\t\xc3\xa4\n";
    json["run"]["command"] = hostile;
    json["cells"][0]["model"] = hostile;
    json["cells"][2]["reason"] = hostile;
    json["warnings"] = Json::array({hostile});
    const lab::Result result = report::from_text(json.dump());
    EXPECT_EQ(result.warnings.front(),
              "?]0;yours??\xc2\xbf"
              "2J\t\xc3\xa4\n");
    for (const std::string& text : {report::terminal_tables(result, {}), report::markdown(result),
                                    report::csv(result), report::to_text(result)}) {
        EXPECT_EQ(text.find_first_of("\x1b\x07\x7f"), std::string::npos) << text;
        EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos) << text;
    }
    json["schema"]["version"] = "\x1b[2J";
    try {
        (void)report::from_text(json.dump());
        ADD_FAILURE() << "such a version is read";
    } catch (const report::Unreadable& error) {
        EXPECT_EQ(std::string_view{error.what()}.find('\x1b'), std::string_view::npos);
    }
}

TEST(Document, IgnoresKeysThatItDoesNotKnow) {
    Json json = Json::parse(report::to_text(sample()));
    json["surprise"] = 1;
    json["cells"][0]["surprise"] = Json::array({1, 2});
    json["schema"]["version"] = "1.7";
    EXPECT_EQ(report::to_text(report::from_text(json.dump())), report::to_text(sample()));
}

TEST(Document, RefusesWhatItCannotRead) {
    const auto refused = [](const std::string& text) {
        try {
            (void)report::from_text(text);
            return std::string{"accepted"};
        } catch (const report::Unreadable& error) {
            return std::string{error.what()};
        }
    };
    Json json = Json::parse(report::to_text(sample()));
    EXPECT_NE(refused("{\"cells\": ").find("no JSON"), std::string::npos);
    EXPECT_NE(refused("[1]").find("no result"), std::string::npos);
    EXPECT_NE(refused("{\"schema\":{\"name\":\"other\",\"version\":\"1.0\"}}").find("no result"),
              std::string::npos);
    json["schema"]["version"] = "2.0";
    EXPECT_NE(refused(json.dump()).find("version 2.0"), std::string::npos);
    json["schema"]["version"] = "1.0";
    json["cells"][0]["round"] = "one";
    EXPECT_NE(refused(json.dump()).find("`round`"), std::string::npos);
    json["cells"] = 7;
    EXPECT_NE(refused(json.dump()).find("`cells`"), std::string::npos);
}

TEST(Terminal, FitsEightyColumns) {
    lab::Result result = sample();
    result.models[1].name = "a_server_with_a_very_long_name_indeed";
    for (auto& cell : result.cells) {
        if (cell.model == "slow") cell.model = result.models[1].name;
        if (cell.status == lab::Status::measured) cell.throughput_per_s = 1234567;
    }
    result.summary = analysis::summarise(result);
    const std::string text = report::terminal_tables(result, {});
    for (const auto& line : lab::split(text, '\n')) EXPECT_LE(line.size(), 80U) << line;
    EXPECT_NE(text.find("1.10 -"), std::string::npos) << text;
    EXPECT_NE(text.find("absent: not applicable: the kernel lacks it"), std::string::npos) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_NE(report::terminal_tables(result, {.redraw = true, .colour = true}).find('\x1b'),
              std::string::npos);
}

TEST(Terminal, FitsEightyColumnsHoweverLargeAFigureIs) {
    lab::Result result = sample();
    for (auto& cell : result.cells) {
        if (cell.model != "slow" || !cell.server) continue;
        *cell.server->cpu_us_per_request *= 123'456;
        cell.server->system_calls_per_request = 1'234'567;
        cell.server->wakeups_per_request = 123'456'789;
        cell.throughput_per_s = 123'456'789;
        cell.response_time->p50_us = 123'456'789;
        cell.response_time->p99_us = 98'765'432;
    }
    result.summary = analysis::summarise(result);
    const std::string text = report::terminal_tables(result, {});
    for (const auto& line : lab::split(text, '\n')) EXPECT_LE(line.size(), 80U) << line;
    for (const char* const figure : {" 136k - ", " 1235k ", " 123457k ", " 123M ", " 98765k\n"})
        EXPECT_NE(text.find(figure), std::string::npos) << figure << '\n' << text;
}

TEST(Markdown, ShowsMedianSpreadRatioAndReasons) {
    const std::string text = report::markdown(sample());
    EXPECT_NE(text.find("| slow | 10.4 [6.60..14.3] | 1.100 [1.100..1.100] | worse |"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("| fast | 9.50 [6.00..13.0] | 1 (baseline) |"), std::string::npos) << text;
    EXPECT_NE(text.find("- **absent**: not applicable: the kernel lacks it"), std::string::npos)
        << text;
    EXPECT_NE(text.find("one \\| warning"), std::string::npos) << text;
    EXPECT_EQ(text.find("Incomplete"), std::string::npos);
    lab::Result partial = sample();
    partial.run.complete = false;
    EXPECT_NE(report::markdown(partial).find("Incomplete"), std::string::npos);
}

lab::Diagnosis starved(const std::string& model, const std::string& workload, int rounds) {
    return {.artefact = "starved_clients",
            .model = model,
            .workload = workload,
            .rounds = rounds,
            .sentence = "Some were served.",
            .evidence = "Round 1: " + model + ".",
            .figures = {}};
}

TEST(Diagnoses, AreAParagraphAnArtefact) {
    lab::Result result;
    EXPECT_TRUE(report::diagnosis_paragraphs(result).empty());
    result.diagnoses = {starved("pool", "keep-alive", 8)};
    EXPECT_EQ(
        report::diagnosis_paragraphs(result),
        std::vector<std::string>{"starved clients: pool on keep-alive, in 8 rounds. Some were "
                                 "served. Round 1: pool."});
    result.diagnoses = {starved("pool", "keep-alive", 8), starved("poll", "keep-alive", 1),
                        starved("select", "keep-alive", 2), starved("poll", "close", 2),
                        starved("", "idle-1000", 2)};
    result.diagnoses->insert(result.diagnoses->begin() + 1, {.artefact = "port_exhaustion",
                                                             .model = "pool",
                                                             .workload = "keep-alive",
                                                             .rounds = 1,
                                                             .sentence = "Ports ran out.",
                                                             .evidence = "Round 2: 7.",
                                                             .figures = {}});
    EXPECT_EQ(report::diagnosis_paragraphs(result),
              (std::vector<std::string>{
                  "starved clients: pool and 2 more on keep-alive, poll on close, idle-1000, in up "
                  "to 8 rounds. Some were served. The first, pool on keep-alive: Round 1: pool.",
                  "port exhaustion: pool on keep-alive, in 1 round. Ports ran out. Round 2: 7."}));
}

TEST(Csv, HasALineForEveryRow) {
    const lab::Result result = sample();
    const auto lines = lab::split(report::csv(result), '\n');
    EXPECT_EQ(lines.size(), result.summary.size() + 1);
    const auto columns = std::count(lines[0].begin(), lines[0].end(), ',');
    for (const auto& line : lines)
        EXPECT_EQ(std::count(line.begin(), line.end(), ','), columns) << line;
}

TEST(Figure, KeepsThreeDigitsThatCount) {
    EXPECT_EQ(report::figure(0), "0");
    EXPECT_EQ(report::figure(0.0312), "0.031");
    EXPECT_EQ(report::figure(4.1234), "4.12");
    EXPECT_EQ(report::figure(41.23), "41.2");
    EXPECT_EQ(report::figure(412.3), "412");
    EXPECT_EQ(report::figure(24123), "24123");
    EXPECT_EQ(report::figure(5e299), "5.00e+299");
}

TEST(Duration, IsSaidAsPeopleSayIt) {
    EXPECT_EQ(report::duration(41), "41 s");
    EXPECT_EQ(report::duration(200), "3 min 20 s");
    EXPECT_EQ(report::duration(3900), "1 h 05 min");
}

TEST(Wrapped, BreaksBetweenWords) {
    EXPECT_EQ(report::wrapped("one two three four", 10, "  "), "  one two\n  three\n  four\n");
    EXPECT_EQ(report::wrapped("", 10, ""), "\n");
}

class Directory : public InDirectory<> {
protected:
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator{directory_}, fs::directory_iterator{}));
    }
};

using WriteFile = Directory;
using PointLink = Directory;

TEST_F(WriteFile, ReplacesAtOneBlow) {
    report::write_file(directory_ / "a.json", "first");
    report::write_file(directory_ / "a.json", "second");
    EXPECT_EQ(lab::contents(directory_ / "a.json"), "second");
    EXPECT_EQ(files(), 1U);
}

TEST_F(WriteFile, LeavesLinksPipesAndPermissionsWhatTheyAre) {
    const fs::path target = directory_ / "target";
    report::write_file(target, "old");
    fs::permissions(target, fs::perms::owner_all);
    fs::create_symlink(target, directory_ / "link");
    report::write_file(directory_ / "link", "new");
    EXPECT_TRUE(fs::is_symlink(directory_ / "link"));
    EXPECT_EQ(lab::contents(target.string()), "new");
    EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_all);

    const fs::path pipe = directory_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    report::write_file(pipe, "through");
    EXPECT_TRUE(fs::is_fifo(pipe));
    std::array<char, 16> room{};
    EXPECT_EQ(::read(reader, room.data(), room.size()), 7);
    ::close(reader);
    EXPECT_THROW(report::write_file("/dev/full", "more than it takes"), std::system_error);
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(WriteFile, KeepsTheOldOneWhenTheDiskIsFull) {
    report::write_file(directory_ / "a.json", "whole");
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit tiny{.rlim_cur = 1000, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tiny);
    std::string what;
    try {
        report::write_file(directory_ / "a.json", std::string(100000, 'x'));
    } catch (const std::system_error& error) {
        what = error.what();
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    EXPECT_NE(what.find("a.json"), std::string::npos) << what;
    EXPECT_EQ(lab::contents(directory_ / "a.json"), "whole");
    EXPECT_EQ(files(), 1U);
}

TEST_F(PointLink, FollowsTheNewestAndSparesWhatIsNoLink) {
    fs::create_directory(directory_ / "one");
    fs::create_directory(directory_ / "two");
    report::point_link(directory_ / "latest", "one");
    report::point_link(directory_ / "latest", "two");
    EXPECT_EQ(fs::read_symlink(directory_ / "latest"), "two");
    report::point_link(directory_ / "one", "two");
    EXPECT_TRUE(fs::is_directory(fs::symlink_status(directory_ / "one")));
    EXPECT_EQ(files(), 3U);
}

TEST(Anonymous, HidesWhoIsAtHomeWhere) {
    EXPECT_EQ(lab::anonymous("/srv/home/ada/x"), "/srv~/x");
    EXPECT_EQ(lab::anonymous("iolab compare -o /home/ada/runs/x"), "iolab compare -o ~/runs/x");
    EXPECT_EQ(lab::anonymous("'/Users/Ada/my server' {port}"), "'~/my server' {port}");
    EXPECT_EQ(lab::anonymous("/root/bin/x"), "~/bin/x");
    EXPECT_EQ(lab::anonymous("/srv/rooted/x"), "/srv/rooted/x");
    EXPECT_EQ(lab::anonymous("/rooted/x"), "/rooted/x");
    EXPECT_EQ(lab::anonymous("PATH=/home/ada:/root;(/home/ada), /Users/ada."), "PATH=~:~;(~), ~");
}

lab::Fitness fitness_of(const std::vector<lab::Finding>& findings, const std::string& subject) {
    for (const auto& finding : findings) {
        if (finding.subject == subject) return finding.fitness;
    }
    throw std::runtime_error{"no finding " + subject};
}

TEST(Doctor, SaysWhatAFindingMeans) {
    lab::Machine good;
    good.kernel = "6.1.0";
    good.cpus = 2;
    good.open_files_hard = 100000;
    good.somaxconn = 4096;
    good.port_range_first = 32768;
    good.port_range_last = 60999;
    good.io_uring = good.openat2 = true;
    good.clock_source = "tsc";
    good.clock_resolution_ns = 1;
    lab::Topology two{.cpus = {{.id = 0, .core = 0}, {.id = 1, .core = 1}}, .quota_cpus = {}};
    for (const auto& finding : lab::examine(good, two))
        EXPECT_EQ(finding.fitness, lab::Fitness::good) << finding.subject;

    lab::Machine bad = good;
    bad.kernel = "5.15.90.1-microsoft-standard-WSL2";
    bad.load_average_1min = 4;
    bad.open_files_hard = 1024;
    bad.somaxconn = 128;
    bad.cpu_quota = 1.5;
    bad.io_uring = bad.openat2 = false;
    bad.clock_source = "hpet";
    bad.container = "/.dockerenv";
    const auto findings = lab::examine(bad, {.cpus = {{.id = 0}}, .quota_cpus = {}});
    for (const char* subject :
         {"kernel", "CPUs", "CPU quota", "load average", "open files", "somaxconn", "clock"}) {
        EXPECT_EQ(fitness_of(findings, subject), lab::Fitness::caution) << subject;
    }
    for (const char* subject : {"container", "io_uring", "openat2"}) {
        EXPECT_EQ(fitness_of(findings, subject), lab::Fitness::note) << subject;
    }
    for (const auto& finding : findings) {
        if (finding.fitness == lab::Fitness::good) continue;
        EXPECT_FALSE(finding.meaning.empty()) << finding.subject;
    }
}

}  // namespace
