// What a comparison shows while it runs.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "bench/lab/plan.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/terminal.hpp"

namespace {

using namespace std::chrono_literals;

lab::Plan plan_of(std::size_t models, std::size_t workloads) {
    lab::Plan plan;
    for (std::size_t at = 0; at < models; ++at) {
        lab::Model model;
        model.name = fmt::format("model_of_a_long_name_{}", at);
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

TEST(Redraws, AreAtMostFourASecond) {
    report::Redraws redraws;
    report::Redraws::Time now{};
    int drawn = 0;
    for (int ms = 0; ms < 10'000; ++ms, now += 1ms) drawn += redraws.may_be(now) ? 1 : 0;
    EXPECT_EQ(drawn, 40);
}

// A round of cells that take as long as they will take in the others.
TEST(Eta, IsWithinAFifthAfterTheFirstRoundWhateverThePlanExpected) {
    constexpr std::size_t cells = 12;
    constexpr std::size_t rounds = 5;
    double taken_s = 0;
    for (std::size_t cell = 0; cell < cells; ++cell)
        taken_s += 0.2 + 0.1 * static_cast<double>(cell);
    const double truth_s = taken_s * (rounds - 1);
    EXPECT_EQ(report::left_s(777, 0, 0, cells * rounds), 777);
    EXPECT_NEAR(report::left_s(777, taken_s, cells, cells * rounds), truth_s, truth_s / 5);
    EXPECT_EQ(report::left_s(777, taken_s, cells * rounds, cells * rounds), 0);
}

}  // namespace
