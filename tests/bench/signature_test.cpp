// What an experiment expects, read from its file and looked for in results that were made up.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/analysis/figure.hpp"
#include "bench/analysis/replication.hpp"
#include "bench/analysis/signature.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/report/document.hpp"
#include "bench/report/view.hpp"

namespace {

using lab::Check;
using lab::Result;
using lab::Sighting;
using testing::HasSubstr;

// Two models on 10, 100 and 1000 idle clients, and the checks in between.
std::string experiment(const std::string& checks, const std::string& rest = "") {
    return R"({"name": "test", "models": ["poll", "epoll_lt"],
        "workloads": [{"name": "idle", "sweep": {"idle": [10, 100, 1000]},
                       "actors": [{"kind": "polite", "count": 1}, {"kind": "idle", "count": "idle"}]}],
        "warm_up_s": 0, "measured_s": 1, "rounds": 8)" +
           rest + R"(, "signature": [)" + checks + "]}";
}

Check check(const std::string& text) {
    return lab::parse_experiment(experiment(text), "test.jsonc").signature.at(0);
}

using Cost = std::function<double(double idle, int round)>;

// CPU a request of both models at every point, in so many rounds.
Result measured(const Cost& poll, const Cost& epoll, int rounds = 8) {
    Result result;
    const auto parsed = lab::parse_experiment(
        experiment(
            R"({"says": "x", "figure": "errors", "model": "poll", "at": {"idle": 10}, "most": 0})"),
        "test.jsonc");
    result.workloads = lab::workloads_of(parsed);
    for (const char* name : {"poll", "epoll_lt"}) result.models.emplace_back().name = name;
    for (int round = 1; round <= rounds; ++round) {
        for (const lab::Workload& workload : result.workloads) {
            for (const lab::Model& model : result.models) {
                lab::Cell& cell = result.cells.emplace_back();
                cell.model = model.name;
                cell.workload = workload.id;
                cell.round = round;
                const Cost& cost = model.name == "poll" ? poll : epoll;
                cell.server.emplace().cpu_us_per_request =
                    cost(workload.point.front().second, round);
            }
        }
    }
    return result;
}

double flat(double, int) {
    return 5;
}
double proportional(double idle, int) {
    return idle / 20;
}

lab::CheckOutcome outcome_of(const std::string& text, const Result& result) {
    return analysis::look_for({check(text)}, result).checks.at(0);
}

Sighting sighting(const std::string& text, const Result& result) {
    return outcome_of(text, result).sighting;
}

const std::string of_poll = R"({"says": "x", "figure": "cpu_us_per_request", "model": "poll", )";

TEST(Signature, HoldsAFigureAgainstItsBounds) {
    const Result result = measured(proportional, flat);
    EXPECT_EQ(sighting(of_poll + R"("at": {"idle": 100}, "least": 4, "most": 6})", result),
              Sighting::found);
    EXPECT_EQ(sighting(of_poll + R"("at": {"idle": 1000}, "least": 4, "most": 6})", result),
              Sighting::not_found);
    EXPECT_EQ(sighting(of_poll + R"("at": {"idle": 10}, "least": 4})", result),
              Sighting::not_found);
}

TEST(Signature, IsInconclusiveWhereTheRoundsLieOnBothSidesOfABound) {
    const Result result = measured([](double, int round) { return round; }, flat, 8);
    const auto outcome = outcome_of(of_poll + R"("at": {"idle": 100}, "least": 5})", result);
    EXPECT_EQ(outcome.sighting, Sighting::inconclusive);
    EXPECT_THAT(outcome.reason, HasSubstr("both sides"));
    EXPECT_EQ(outcome.median, 4.5);
    EXPECT_EQ(outcome.interval->low, 1);  // 8 rounds: the first and the last order statistic
    EXPECT_EQ(outcome.interval->high, 8);
}

// 30 rounds of which one is far away: its median is known well enough.
TEST(Signature, LooksAtTheMedianOfManyRounds) {
    const auto once = [](double, int round) { return round == 7 ? 100.0 : 5.0; };
    EXPECT_EQ(sighting(of_poll + R"("at": {"idle": 100}, "most": 6})", measured(once, flat, 30)),
              Sighting::found);
    EXPECT_EQ(sighting(of_poll + R"("at": {"idle": 100}, "most": 6})", measured(once, flat, 3)),
              Sighting::found);
    EXPECT_EQ(
        sighting(of_poll + R"("at": {"idle": 100}, "most": 6})",
                 measured([](double, int round) { return round == 3 ? 100.0 : 5.0; }, flat, 3)),
        Sighting::inconclusive);
}

// The machine becomes ten times slower; the ratio does not notice.
TEST(Signature, TakesRatiosInsideRounds) {
    const auto drifting = [](double factor) {
        return [factor](double, int round) { return factor * (1 + round); };
    };
    const Result result = measured(drifting(3), drifting(1));
    EXPECT_EQ(sighting(of_poll + R"("over": "epoll_lt", "at": {"idle": 100},
                                    "least": 2.99, "most": 3.01})",
                       result),
              Sighting::found);
    EXPECT_EQ(
        sighting(of_poll + R"("over": "epoll_lt", "at": {"idle": 100}, "most": 2.9})", result),
        Sighting::not_found);
}

TEST(Signature, TellsProportionalFromFlat) {
    const Result result = measured(proportional, flat);
    const auto slope = [&](const char* model, const char* bounds) {
        return sighting(fmt::format(R"({{"says": "x", "figure": "cpu_us_per_request", "model": "{}",
                                         "slope_along": "idle", {}}})",
                                    model, bounds),
                        result);
    };
    EXPECT_EQ(slope("poll", R"("least": 0.99, "most": 1.01)"), Sighting::found);
    EXPECT_EQ(slope("epoll_lt", R"("least": -0.01, "most": 0.01)"), Sighting::found);
    EXPECT_EQ(slope("epoll_lt", R"("least": 0.5)"), Sighting::not_found);
}

TEST(Signature, TakesTheSlopeOfAPartOfTheAxis) {
    const Result result = measured([](double idle, int) { return idle < 100 ? 77 : idle; }, flat);
    EXPECT_EQ(sighting(of_poll + R"("slope_along": "idle", "from": 100, "least": 0.99})", result),
              Sighting::found);
    EXPECT_EQ(sighting(of_poll + R"("slope_along": "idle", "least": 0.99})", result),
              Sighting::not_found);
}

// 0.5, 5 and 50 over 10: above it between 100 and 1000, at 100 + 900 * 0.5 / 4.5.
TEST(Signature, FindsWhereOneComesToExceedTheOther) {
    const auto ten = [](double, int) { return 10.0; };
    const std::string crossing = of_poll + R"("crosses": "epoll_lt", "along": "idle", )";
    EXPECT_NEAR(*outcome_of(crossing + R"("most": 1})", measured(proportional, ten)).median, 200,
                1e-9);
    EXPECT_EQ(outcome_of(crossing + R"("most": 1})", measured(ten, flat)).median, 10);
    EXPECT_NEAR(*outcome_of(crossing + R"("most": 1})", measured(proportional, flat)).median, 100,
                1e-9);  // level at 100, and dearer behind it
}

// There is no number for it, in the document neither.
TEST(Signature, TellsWhereOneNeverExceedsTheOther) {
    const auto ten = [](double, int) { return 10.0; };
    const std::string crossing = of_poll + R"("crosses": "epoll_lt", "along": "idle", )";
    const auto expect_beyond = [](const std::string& text, const Result& measured,
                                  Sighting sighting, const std::string& rounds,
                                  std::optional<double> median) {
        Result result = measured;
        result.run.started_at = "2026-01-01T00:00:00.000Z";
        result.signature = analysis::look_for({check(text)}, result);
        for (const Result& each : {result, report::from_text(report::to_text(result))}) {
            const lab::CheckOutcome& outcome = each.signature->checks.at(0);
            EXPECT_EQ(outcome.sighting, sighting);
            EXPECT_EQ(outcome.reason, "in " + rounds + " rounds it is beyond the last point");
            EXPECT_EQ(outcome.median, median);
            EXPECT_FALSE(outcome.interval);
            EXPECT_THAT(report::check_sentence(outcome), HasSubstr(outcome.reason));
        }
    };
    expect_beyond(crossing + R"("most": 500})", measured(flat, ten), Sighting::not_found, "8 of 8",
                  std::nullopt);
    expect_beyond(crossing + R"("least": 500})", measured(ten, ten), Sighting::found, "8 of 8",
                  std::nullopt);
    const auto twice = [](double idle, int round) { return round > 6 ? 5.0 : idle / 20; };
    expect_beyond(crossing + R"("most": 500})", measured(twice, ten), Sighting::inconclusive,
                  "2 of 8", 200);
}

TEST(Signature, TakesNoRoundForACrossingThatLacksAPoint) {
    const auto ten = [](double, int) { return 10.0; };
    const std::string crossing = of_poll + R"("crosses": "epoll_lt", "along": "idle", "most": 1})";
    for (std::size_t point = 0; point < 3; ++point) {
        Result result = measured(proportional, ten);
        const std::string there = result.workloads.at(point).id;
        for (lab::Cell& cell : result.cells) {
            if (cell.round <= 3 && cell.workload == there) cell.status = lab::Status::failed;
        }
        EXPECT_EQ(outcome_of(crossing, result).rounds, 5) << there;
        EXPECT_EQ(outcome_of(crossing, result).median, 200) << there;
    }
}

TEST(Signature, SaysWhereThereIsNoRatio) {
    const Result result = measured(flat, [](double, int) { return 0.0; });
    for (const char* const kind : {R"("over": "epoll_lt", "at": {"idle": 10}, "most": 1})",
                                   R"("crosses": "epoll_lt", "along": "idle", "most": 1})"}) {
        const auto outcome = outcome_of(of_poll + kind, result);
        EXPECT_EQ(outcome.sighting, Sighting::inconclusive);
        EXPECT_THAT(outcome.reason, HasSubstr("cpu_us_per_request of epoll_lt"));
    }
}

TEST(Signature, TakesNoPointByChanceForACrossing) {
    const auto ten = [](double, int) { return 10.0; };
    const auto above_at_first = [](double idle, int) { return idle == 10 ? 20 : idle / 20; };
    const auto below_at_last = [](double idle, int) { return idle == 1000 ? 5.0 : 20.0; };
    const std::string crossing = of_poll + R"("crosses": "epoll_lt", "along": "idle", "most": 1})";
    EXPECT_NEAR(*outcome_of(crossing, measured(above_at_first, ten)).median, 200, 1e-9);
    EXPECT_EQ(outcome_of(crossing, measured(below_at_last, ten)).reason,
              "in 8 of 8 rounds it is beyond the last point");
}

TEST(Signature, CountsTheShareOfAHistogram) {
    Result result = measured(flat, flat);
    for (lab::Cell& cell : result.cells) {
        load::Histogram histogram;
        for (int count = 0; count < 30; ++count) histogram.record(43'000'000);
        for (int count = 0; count < 10; ++count) histogram.record(200'000);
        cell.response_time.emplace().histogram = histogram.sparse();
    }
    const std::string share =
        R"({"says": "x", "share_of": "response_time", "model": "poll", "at": {"idle": 10}, )";
    EXPECT_EQ(sighting(share + R"("from_us": 38000, "to_us": 48000, "least": 0.75, "most": 0.75})",
                       result),
              Sighting::found);
    EXPECT_EQ(sighting(share + R"("from_us": 45000, "to_us": 48000, "least": 0.1})", result),
              Sighting::not_found);
}

TEST(Signature, IsInconclusiveWhereNothingWasMeasured) {
    Result result = measured(flat, flat);
    for (lab::Cell& cell : result.cells) {
        if (cell.model != "poll") continue;
        cell.status = lab::Status::failed;
        cell.reason = "it died";
    }
    const auto outcome = outcome_of(of_poll + R"("at": {"idle": 10}, "most": 9})", result);
    EXPECT_EQ(outcome.sighting, Sighting::inconclusive);
    EXPECT_EQ(outcome.reason, "poll: it died");
    result.models.erase(result.models.begin());
    EXPECT_EQ(outcome_of(of_poll + R"("at": {"idle": 10}, "most": 9})", result).reason,
              "poll took no part in this run");
}

TEST(Signature, IsFoundWhenAllOfItIs) {
    const Result result = measured([](double, int round) { return round; }, flat);
    const Check found = check(of_poll + R"("at": {"idle": 10}, "most": 9})");
    const Check missing = check(of_poll + R"("at": {"idle": 10}, "least": 9})");
    const Check unclear = check(of_poll + R"("at": {"idle": 10}, "least": 5})");
    EXPECT_EQ(analysis::look_for({found, found}, result).sighting, Sighting::found);
    EXPECT_EQ(analysis::look_for({found, unclear}, result).sighting, Sighting::inconclusive);
    EXPECT_EQ(analysis::look_for({unclear, missing}, result).sighting, Sighting::not_found);
}

TEST(Signature, ComesBackFromADocument) {
    Result result = measured([](double, int round) { return round; }, flat);
    result.signature = analysis::look_for({check(of_poll + R"("at": {"idle": 10}, "least": 5,
        "published": "4, somebody 1999", "seen": "6, here"})")},
                                          result);
    const Result again = report::from_text(report::to_text(result));
    ASSERT_TRUE(again.signature);
    EXPECT_EQ(again.signature->sighting, Sighting::inconclusive);
    const lab::CheckOutcome& outcome = again.signature->checks.at(0);
    EXPECT_EQ(outcome.says, "x");
    EXPECT_EQ(outcome.median, 4.5);
    EXPECT_EQ(outcome.interval->high, 8);
    EXPECT_EQ(outcome.least, 5);
    EXPECT_FALSE(outcome.most);
    EXPECT_EQ(outcome.published, "4, somebody 1999");
    EXPECT_EQ(outcome.seen, "6, here");
    EXPECT_THAT(report::check_sentence(outcome),
                HasSubstr("Published: 4, somebody 1999. Seen before: 6, here."));
}

void expect_refused(const std::string& checks, const std::string& key, const std::string& part) {
    try {
        (void)lab::parse_experiment(experiment(checks), "test.jsonc");
        ADD_FAILURE() << "was taken: " << checks;
    } catch (const lab::ExperimentError& error) {
        EXPECT_EQ(error.place.key, key);
        EXPECT_THAT(error.what(), HasSubstr(part));
    }
}

TEST(SignatureFile, IsRefusedWithThePlaceAndWhatWasExpected) {
    expect_refused("", "signature", "a list of checks, not empty");
    expect_refused(R"({"says": "x", "figure": "cpu_us", "model": "poll", "most": 1})",
                   "signature[0].figure", "cpu_us_per_request");
    expect_refused(of_poll + R"("most": 1})", "signature[0].at", "the point of the sweep");
    expect_refused(of_poll + R"("at": {"idle": 11}, "most": 1})", "signature[0].at.idle",
                   "a point that this axis has");
    expect_refused(of_poll + R"("at": {"idle": 10, "dead": 1}, "most": 1})", "signature[0].at.dead",
                   "an axis");
    expect_refused(of_poll + R"("at": {"idle": 10}})", "signature[0].least", "\"least\"");
    expect_refused(of_poll + R"("at": {"idle": 10}, "least": 2, "most": 1})", "signature[0].most",
                   "from 2");
    expect_refused(of_poll + R"("slope_along": "dead", "most": 1})", "signature[0].slope_along",
                   "the name of an axis");
    expect_refused(of_poll + R"("slope_along": "idle", "over": "epoll_lt", "most": 1})",
                   "signature[0]", "only one of");
    expect_refused(of_poll + R"("workload": "busy", "at": {"idle": 10}, "most": 1})",
                   "signature[0].workload", "the name of a workload");
    expect_refused(R"({"says": "x", "share_of": "waiting_time", "model": "poll", "from_us": 1,
                       "to_us": 2, "at": {"idle": 10}, "most": 1})",
                   "signature[0].share_of", "\"connect_time\"");
    expect_refused(of_poll + R"("at": {"idle": 10}, "from": 3, "most": 1})", "signature[0].from",
                   "unknown key");
    expect_refused(of_poll.substr(0, of_poll.find(R"("model")")) + R"("most": 1})",
                   "signature[0].model", "missing");
    for (const std::string key : {"over", "crosses"}) {
        const std::string where = key == "over" ? R"(, "at": {"idle": 10}, "most": 1})"
                                                : R"(, "along": "idle", "most": 1})";
        expect_refused(of_poll + "\"" + key + R"(": "poll")" + where, "signature[0]." + key,
                       "another model than");
    }
    const std::string crossing = of_poll + R"("crosses": "epoll_lt", "along": "idle", "most": 1, )";
    expect_refused(crossing + R"("from": 101})", "signature[0].from", "two points or more of idle");
    expect_refused(crossing + R"("to": 99})", "signature[0].to", "two points or more of idle");
    expect_refused(of_poll + R"("slope_along": "idle", "most": 1, "from": 11, "to": 999})",
                   "signature[0].from", "two points or more of idle");
}

TEST(SignatureFile, ComesBackAsItWasRead) {
    const std::string text = experiment(
        of_poll +
        R"("over": "epoll_lt", "at": {"idle": 10}, "least": 2, "published": "p", "seen": "s"},)" +
        of_poll + R"("slope_along": "idle", "from": 100, "most": 1},)" + of_poll +
        R"("crosses": "epoll_lt", "along": "idle", "to": 1000, "most": 1},)" +
        R"({"says": "y", "share_of": "connect_time", "from_us": 1, "to_us": 2, "model": "poll",
            "at": {"idle": 10}, "most": 0.5})");
    const std::string once = lab::to_json_text(lab::parse_experiment(text, "a"));
    EXPECT_EQ(lab::to_json_text(lab::parse_experiment(once, "b")), once);
    EXPECT_EQ(lab::parse_experiment(once, "b").signature.size(), 4U);
}

constexpr const char* old_table = R"("replicates": {"says": "a cost", "source": "somebody 2002",
    "figure": "cpu_us_per_request", "at": [10, 1000],
    "then": {"poll": [1, 200], "epoll_lt": [2, 2]}})";

std::string replicating(const std::string& table) {
    return experiment(of_poll + R"("at": {"idle": 10}, "most": 1})", ", " + table);
}

TEST(Replication, PutsWhatIsMeasuredBesideWhatWasPublished) {
    const auto parsed = lab::parse_experiment(replicating(old_table), "a");
    const std::string once = lab::to_json_text(parsed);
    EXPECT_EQ(lab::to_json_text(lab::parse_experiment(once, "b")), once);

    Result result = measured([](double idle, int round) { return idle * 10 + round; }, flat, 3);
    result.replication = analysis::replicate(parsed.replicates.value(), result);
    const Result again = report::from_text(report::to_text(result));
    ASSERT_TRUE(again.replication);
    ASSERT_EQ(again.replication->points.size(), 4U);
    const auto& point = again.replication->points[1];
    EXPECT_EQ(point.model, "poll");
    EXPECT_EQ(point.at, 1000);
    EXPECT_EQ(point.then, 200);
    EXPECT_EQ(point.now, 10002);  // the second of three rounds

    const std::string text = report::then_and_now(*again.replication);
    EXPECT_THAT(text, HasSubstr("    1000             200     10002            2.00      5.00\n"));
    EXPECT_THAT(text, HasSubstr("poll, from 10 to 1000: to 20000 % then, to 9806 % now."));
    EXPECT_THAT(text,
                HasSubstr("Highest then: epoll_lt at 10; poll at 1000. Now: poll at 10, 1000"));
}

TEST(Replication, FitsIntoEightyColumnsWithEightModels) {
    lab::ReplicationOutcome outcome;
    outcome.figure = "throughput_per_s";
    outcome.says = "replies a second";
    outcome.source = "somebody 2002";
    outcome.axis = "clients";
    for (int model = 0; model < 8; ++model) {
        for (const double at : {1.0, 100'000.0}) {
            auto& point = outcome.points.emplace_back();
            point.model = fmt::format("prefork_file_lock_{}", model);
            point.at = at;
            point.then = 123'456.7 + model;
            point.now = 7'654'321.0 + model;
        }
    }
    std::istringstream text{report::then_and_now(outcome)};
    int rows = 0;
    for (std::string line; std::getline(text, line);) {
        EXPECT_LE(line.size(), 80U) << line;
        rows += line.starts_with("  100000 ") ? 1 : 0;
    }
    EXPECT_EQ(rows, 4);
}

TEST(Replication, LeavesOutWhatWasNotMeasured) {
    const auto parsed = lab::parse_experiment(replicating(old_table), "a");
    Result result = measured(flat, flat, 1);
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.model == "poll"; });
    const auto outcome = analysis::replicate(parsed.replicates.value(), result);
    EXPECT_FALSE(outcome.points[0].now);
    EXPECT_EQ(outcome.points[2].now, 5);
    EXPECT_THAT(report::then_and_now(outcome), HasSubstr("1.00         -"));
}

TEST(Replication, IsRefusedWithThePlaceAndWhatWasExpected) {
    const auto refused = [](const std::string& from, const std::string& to, const std::string& key,
                            const std::string& part) {
        std::string text = replicating(old_table);
        text.replace(text.find(from), from.size(), to);
        try {
            (void)lab::parse_experiment(text, "a");
            ADD_FAILURE() << "was taken: " << text;
        } catch (const lab::ExperimentError& error) {
            EXPECT_EQ(error.place.key, key);
            EXPECT_THAT(error.what(), HasSubstr(part));
        }
    };
    refused("\"at\": [10, 1000]", "\"at\": [10, 99]", "replicates.at[1]",
            "a point that this axis has");
    refused("[1, 200]", "[1]", "replicates.then.poll", "as many figures as \"at\" has points, 2");
    refused("\"source\": \"somebody 2002\",", "", "replicates.source", "missing");
    refused("\"cpu_us_per_request\", \"at\"", "\"cpu\", \"at\"", "replicates.figure",
            "one of these");
}

TEST(Control, IsTheExperimentWithWhatItChanges) {
    const std::string check_text = of_poll + R"("at": {"idle": 10}, "most": 1})";
    const std::string text =
        experiment(check_text, R"(, "control": {"models": ["select"], "rounds": 3})");
    EXPECT_EQ(lab::parse_experiment(text, "a").rounds, 8);
    const auto control = lab::parse_experiment(text, "a", lab::Variant::control);
    EXPECT_EQ(control.name, "test-control");
    EXPECT_EQ(control.rounds, 3);
    EXPECT_EQ(control.models.at(0).pattern, "select");
    EXPECT_EQ(control.signature.size(), 1U);
}

TEST(Control, IsCheckedAlsoWhereItIsNotRun) {
    const std::string check_text = of_poll + R"("at": {"idle": 10}, "most": 1})";
    EXPECT_THROW(
        (void)lab::parse_experiment(experiment(check_text, R"(, "control": {"rounds": 0})"), "a"),
        lab::ExperimentError);
    EXPECT_THROW((void)lab::parse_experiment(experiment(check_text), "a", lab::Variant::control),
                 lab::ExperimentError);
}

TEST(Figure, TellsMeanAndStandardDeviationOfAHistogram) {
    lab::Cell cell;
    EXPECT_EQ(analysis::figure(cell, "response_mean_us"), std::nullopt);
    cell.response_time.emplace();
    EXPECT_EQ(analysis::figure(cell, "response_sd_us"), std::nullopt) << "no reply, no time";
    load::Histogram histogram;
    for (int count = 0; count < 30; ++count) histogram.record(10'000'000);
    for (int count = 0; count < 10; ++count) histogram.record(50'000'000);
    cell.response_time->histogram = histogram.sparse();
    EXPECT_NEAR(*analysis::figure(cell, "response_mean_us"), 20'000, 80);
    EXPECT_NEAR(*analysis::figure(cell, "response_sd_us"), 17'320, 140);
    EXPECT_FALSE(analysis::is_figure("response_variance_us"));
}

TEST(Figure, HasNamesForWhatACellTells) {
    lab::Cell cell;
    cell.offered_clients = 60;
    cell.served_clients = 57;
    cell.replies_ok = 90;
    cell.errors.emplace()[static_cast<std::size_t>(load::ErrorKind::reply_timeout)] = 10;
    cell.server.emplace().accepted = 60;
    cell.server->closed = 50;
    cell.server->requests = 20;
    cell.server->system_calls_per_request = 4;
    cell.server->system_calls_per_request_by_name = {{"recv", 2}, {"send", 2}};
    cell.kernel.emplace().listen_overflows = 7;
    lab::ActorFigures burst;
    burst.kind = "burst";
    burst.offered_clients = 4;
    burst.served_clients = 1;
    burst.errors[static_cast<std::size_t>(load::ErrorKind::short_reply)] = 3;
    cell.server->call_sites = {{.file = "a.cpp",
                                .line = 1,
                                .call = "accept4",
                                .would_block = 3,
                                .interrupted = 4,
                                .errors = 5},
                               {.file = "a.cpp",
                                .line = 2,
                                .call = "accept4",
                                .would_block = 2,
                                .interrupted = 1,
                                .errors = 2},
                               {.file = "a.cpp", .line = 3, .call = "send", .errors = 1}};
    cell.actors.emplace().push_back(burst);

    EXPECT_EQ(analysis::figure(cell, "served_ratio"), 0.95);
    EXPECT_EQ(analysis::figure(cell, "failed_ratio"), 0.1);
    EXPECT_EQ(analysis::figure(cell, "errors.reply_timeout"), 10);
    EXPECT_EQ(analysis::figure(cell, "errors.reset"), 0);
    EXPECT_EQ(analysis::figure(cell, "connections_left"), 10);
    EXPECT_EQ(analysis::figure(cell, "calls.recv"), 2);
    EXPECT_EQ(analysis::figure(cell, "calls.epoll_ctl"), 0);
    EXPECT_EQ(analysis::figure(cell, "listen_overflows"), 7);
    EXPECT_EQ(analysis::figure(cell, "burst.served_ratio"), 0.25);
    EXPECT_EQ(analysis::figure(cell, "dead.served_ratio"), std::nullopt);
    EXPECT_EQ(analysis::figure(cell, "connect_max_us"), std::nullopt);
    EXPECT_EQ(analysis::figure(cell, "call_errors.accept4"), 7);
    EXPECT_EQ(analysis::figure(cell, "call_errors.recv"), 0);
    EXPECT_EQ(analysis::figure(cell, "would_block.accept4"), 0.25);
    EXPECT_EQ(analysis::figure(cell, "would_block.recv"), 0);
    EXPECT_EQ(analysis::figure(cell, "interrupted.accept4"), 5);
    EXPECT_EQ(analysis::figure(cell, "interrupted.epoll_wait"), 0);
    EXPECT_EQ(analysis::figure(cell, "burst.errors.short_reply"), 3);
    EXPECT_EQ(analysis::figure(cell, "burst.errors.reset"), 0);
    EXPECT_EQ(analysis::figure(cell, "awake_ratio"), std::nullopt);
    cell.server->cpu_busy_ratio = 0.5;
    EXPECT_EQ(analysis::figure(cell, "awake_ratio"), 0.5);
    cell.server->cpu_wait_ratio = 0.25;
    EXPECT_EQ(analysis::figure(cell, "awake_ratio"), 0.75);
    EXPECT_EQ(analysis::figure(cell, "busiest_worker_share"), std::nullopt);
    cell.server->workers = {{.connections = 30, .requests = 1}, {.connections = 10, .requests = 9}};
    EXPECT_EQ(analysis::figure(cell, "busiest_worker_share"), 0.75);
    EXPECT_EQ(analysis::figure(cell, "idlest_worker_share"), 0.25);
    cell.server->workers->emplace_back();
    EXPECT_EQ(analysis::figure(cell, "idlest_worker_share"), 0);
    cell.server->workers = {{}, {}};
    EXPECT_EQ(analysis::figure(cell, "idlest_worker_share"), std::nullopt) << "nobody came";
    cell.server->switches_voluntary = 50;
    cell.server->requests = 100;
    EXPECT_EQ(analysis::figure(cell, "switches_voluntary_per_request"), 0.5);
    EXPECT_EQ(analysis::figure(cell, "died"), 0);
    cell.ended = "signal 13 (Broken pipe)";
    EXPECT_EQ(analysis::figure(cell, "died"), 1);
    EXPECT_TRUE(analysis::is_figure("late_reader.errors.short_reply"));
    EXPECT_FALSE(analysis::is_figure("late_reader.errors.boredom"));
    EXPECT_TRUE(analysis::is_figure("half_closer.errors"));
    EXPECT_FALSE(analysis::is_figure("half_closers.errors"));
    EXPECT_FALSE(analysis::is_figure("errors.boredom"));
}

}  // namespace
