// What a comparison shows while it runs.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "bench/lab/plan.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/eta.hpp"
#include "bench/report/terminal.hpp"

namespace {

using namespace std::chrono_literals;

lab::Plan plan_of(std::size_t models, std::size_t workloads) {
    lab::Plan plan;
    for (std::size_t at = 0; at < models; ++at) {
        lab::Model model;
        model.name = fmt::format("model_of_a_long_name_{}", at);
        model.executable = "bin/" + model.name;
        plan.models.push_back(model);
    }
    for (std::size_t at = 0; at < workloads; ++at) {
        lab::Workload workload;
        workload.id = fmt::format("a-workload-with-a-long-name idle={}", at);
        plan.workloads.push_back(workload);
    }
    return plan;
}

lab::PlannedCell cell_of(std::size_t model, std::size_t workload) {
    lab::PlannedCell cell;
    cell.model = model;
    cell.workload = workload;
    return cell;
}

TEST(LiveTable, FitsAnyTerminalOfEightyColumns) {
    for (const std::size_t models : {1, 5, 40}) {
        for (const std::size_t workloads : {1, 6, 30}) {
            const lab::Plan plan = plan_of(models, workloads);
            report::SoFar so_far;
            for (const auto& model : plan.models)
                for (const auto& workload : plan.workloads)
                    so_far[{model.name, workload.id}] = {123456.789};
            for (const std::size_t most_lines : {4, 10, 20}) {
                const std::string text = report::live_table(
                    plan, so_far, cell_of(models - 1, workloads - 1), most_lines);
                const auto lines = lab::split(text, '\n');
                EXPECT_LE(lines.size(), most_lines) << text;
                for (const std::string& line : lines) EXPECT_LE(line.size(), 80U) << text;
                EXPECT_EQ(std::count(text.begin(), text.end(), '>'), 2) << text;  // and the head's
            }
        }
    }
    EXPECT_EQ(report::live_table(plan_of(2, 2), {}, cell_of(0, 0), 3), "");
}

TEST(LiveTable, HasTheMedianOfTheRoundsSoFarAndADashWhereThereIsNone) {
    const lab::Plan plan = plan_of(2, 2);
    const report::SoFar so_far{{{plan.models[0].name, plan.workloads[1].id}, {3, 100, 5}}};
    const auto lines = lab::split(report::live_table(plan, so_far, cell_of(1, 0), 20), '\n');
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_EQ(lab::split(lines[3], ' ').back(), "5.00");
    EXPECT_EQ(std::count(lines[3].begin(), lines[3].end(), '-'), 1);
    EXPECT_NE(lines[4].find('>'), std::string::npos);
}

// What is told of a cell that failed, for so many words of a reason.
std::string told_of_failure(bool redraw) {
    const lab::Plan plan = [] {
        lab::Plan one = plan_of(1, 1);
        one.rounds = {{cell_of(0, 0)}};
        return one;
    }();
    lab::Cell failed;
    failed.status = lab::Status::failed;
    failed.model = plan.models.front().name;
    failed.workload = plan.workloads.front().id;
    for (int word = 0; word < 40; ++word) failed.reason += "words of a reason ";
    testing::internal::CaptureStderr();
    report::Progress progress{plan, {.redraw = redraw, .colour = false}};
    progress.begins(plan.rounds.front().front());
    progress.ended(failed);
    std::string text = testing::internal::GetCapturedStderr();
    return text.substr(text.rfind("[1/1] round 0"));
}

TEST(Progress, TellsOfAFailureInLinesThatFitATerminalAndInOneElsewhere) {
    const std::string shown = told_of_failure(true);
    for (const std::string& line : lab::split(shown, '\n')) EXPECT_LE(line.size(), 80U) << shown;
    EXPECT_NE(shown.find("failed: words"), std::string::npos) << shown;
    const std::string piped = told_of_failure(false);
    EXPECT_EQ(std::count(piped.begin(), piped.end(), '\n'), 1) << piped;
}

// A cell that is not run is over at once, and would leave its picture for as long as the next takes.
TEST(Progress, DrawsNoCellThatIsNotRun) {
    lab::Plan plan = plan_of(1, 2);
    plan.rounds = {{cell_of(0, 0), cell_of(0, 1)}};
    const lab::PlannedCell& left_out = plan.rounds.front().front();
    plan.rounds.front().front().reason = "it has no room for so many";
    report::Progress progress{plan, {.redraw = true, .colour = false}};
    testing::internal::CaptureStderr();
    progress.begins(left_out);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    testing::internal::CaptureStderr();
    progress.begins(plan.rounds.front().back());
    EXPECT_NE(testing::internal::GetCapturedStderr().find("[2/"), std::string::npos);
}

TEST(Redraws, AreAtMostFourASecond) {
    report::Redraws redraws;
    report::Redraws::Time now{};
    int drawn = 0;
    for (int ms = 0; ms < 10'000; ++ms, now += 1ms) drawn += redraws.may_be(now) ? 1 : 0;
    EXPECT_EQ(drawn, 40);
}

constexpr std::size_t nobody = 99;

// Of windows of a second.
lab::Plan rounds_of(std::size_t models, std::size_t workloads, std::size_t rounds,
                    std::size_t not_here) {
    lab::Plan plan = plan_of(models, workloads);
    plan.experiment.warm_up_s = 0;
    plan.experiment.measured_s = 1;
    plan.rounds.resize(rounds);
    for (auto& round : plan.rounds) {
        for (std::size_t workload = 0; workload < workloads; ++workload) {
            for (std::size_t model = 0; model < models; ++model) {
                round.push_back(cell_of(model, workload));
                if (model == not_here) round.back().reason = "it is not here";
            }
        }
    }
    return plan;
}

/// A comparison of which we say how long everything takes.
class Played {
public:
    Played(std::size_t models, std::size_t workloads, std::size_t rounds,
           std::size_t not_here = nobody)
        : plan{rounds_of(models, workloads, rounds, not_here)} {}

    // All cells to the end of that round, and the begin of the next one: as long as `took` says of a
    // model and a workload.
    template <class Took>
    void rounds_until(std::size_t round, const Took& took) {
        if (done == 0) eta.begins(now);
        for (; done < round; ++done) {
            const auto& cells = plan.rounds.at(done);
            for (std::size_t at = 0; at < cells.size(); ++at) {
                if (at > 0) eta.begins(now);
                const bool is_run = cells[at].reason.empty();
                now += seconds(is_run ? took(cells[at].model, cells[at].workload) : 0);
                eta.ended(ended, now);
            }
            now += seconds(saving_s * static_cast<double>(done + 1));
            if (done + 1 < plan.rounds.size()) eta.begins(now);
        }
    }

    // In the rest.
    template <class Took>
    double rest_s(const Took& took) {
        const auto before = now;
        rounds_until(plan.rounds.size(), took);
        return std::chrono::duration<double>(now - before).count();
    }

    static report::Eta::Time::duration seconds(double s) {
        return std::chrono::duration_cast<report::Eta::Time::duration>(
            std::chrono::duration<double>{s});
    }

    lab::Plan plan;
    double saving_s = 0;  ///< what a round more makes the saving of all longer
    lab::Cell ended;
    std::size_t done = 0;
    report::Eta::Time now{};
    report::Eta eta{plan, now};
};

double workload_s(std::size_t model, std::size_t workload) {
    return 0.2 + 0.1 * static_cast<double>(model) + 1.5 * static_cast<double>(workload);
}

TEST(Eta, IsThePlansBeforeAnythingWasRun) {
    const Played played{4, 3, 5, 2};
    EXPECT_NEAR(played.eta.left_s(), 3 * 3 * 5 * (1 + lab::cell_overhead_s), 1e-6);
}

TEST(Eta, IsWhatACellTookInTheRoundBeforeForEveryCellToCome) {
    Played played{4, 3, 5};
    played.rounds_until(1, workload_s);
    const double said_s = played.eta.left_s();
    EXPECT_NEAR(said_s, played.rest_s(workload_s), 1e-6);
    EXPECT_NEAR(played.eta.left_s(), 0, 1e-6);
}

TEST(Eta, CountsThatSavingTakesLongerTheMoreThereIs) {
    Played played{4, 3, 8};
    played.saving_s = 0.9;
    played.rounds_until(1, workload_s);
    const double said_s = played.eta.left_s();
    EXPECT_NEAR(said_s, played.rest_s(workload_s), 1e-6);
}

TEST(Eta, WaitsNoMoreForAModelThatWasGivenUp) {
    Played played{2, 4, 3};
    std::size_t tried = 0;
    const auto took = [&](std::size_t model, std::size_t) {
        played.ended.status = model == 1 ? lab::Status::failed : lab::Status::measured;
        played.ended.got_ready = model == 0;
        return model == 0 ? 1.0 : ++tried <= 2 ? 20.0 : 0.0;
    };
    played.rounds_until(1, took);
    EXPECT_NEAR(played.eta.left_s(), 2 * 4 * 1.0, 1e-6);
}

TEST(Eta, LeavesOutWhatIsNotToBeRun) {
    Played played{2, 2, 4, 1};
    played.rounds_until(1, workload_s);
    EXPECT_NEAR(played.eta.left_s(), 3 * (0.2 + 1.7), 1e-6);
}

// Before the first round's end: of a model what the others took, of a workload the pace so far.
TEST(Eta, JudgesByTheOthersWhatHasNotYetBeenRun) {
    Played played{2, 2, 1};
    played.eta.begins(played.now);
    played.eta.ended(played.ended, played.now += 23s);
    const double planned_s = 1 + lab::cell_overhead_s;
    EXPECT_NEAR(played.eta.left_s(), 23 + 2 * planned_s * (23 / planned_s), 1e-6);
}

}  // namespace
