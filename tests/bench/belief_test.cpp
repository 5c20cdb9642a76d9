#include "bench/belief/counting.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include <string>
#include <vector>

#include "bench/belief/series.hpp"

namespace {

void add_cell(lab::Result& series, const std::string& model, int round, double cpu_us) {
    lab::Cell cell;
    cell.model = model;
    cell.workload = "keep-alive";
    cell.round = round;
    cell.server.emplace();
    cell.server->cpu_us_per_request = cpu_us;
    series.cells.push_back(std::move(cell));
}

// A series of so many rounds: `same` is now above, now below `base`, but always above it in
// the rounds from `odd_from` to `odd_to`; `slowed` costs a twentieth more.
lab::Result made_up(int rounds, int odd_from = 0, int odd_to = -1) {
    lab::Result series;
    lab::Workload workload;
    workload.id = workload.name = "keep-alive";
    series.workloads = {workload};
    for (const char* name : {"base", "same", "slowed"}) {
        lab::Model model;
        model.name = name;
        series.models.push_back(model);
    }
    for (int round = 1; round <= rounds; ++round) {
        const double cpu_us = 5 + 0.001 * round;
        const bool odd = round >= odd_from && round <= odd_to;
        add_cell(series, "base", round, cpu_us);
        add_cell(series, "same", round, cpu_us * (odd || round % 2 == 0 ? 1.01 : 0.99));
        add_cell(series, "slowed", round, cpu_us * 1.05);
    }
    return series;
}

belief::Tally tally_of(const lab::Result& series, const std::string& model, int rounds,
                       int family) {
    belief::Tally tally;
    for (const auto& window : belief::windows(series, rounds))
        belief::judge(window, "base", model, family, tally);
    return tally;
}

TEST(Windows, AreDisjointAndWhole) {
    const auto all = belief::windows(made_up(27), 8);
    ASSERT_EQ(all.size(), 3U);  // three rounds are left over
    for (std::size_t at = 0; at < all.size(); ++at) {
        EXPECT_EQ(all[at].cells.size(), 24U);
        EXPECT_EQ(all[at].cells.front().round, static_cast<int>(8 * at) + 1);
        EXPECT_EQ(all[at].cells.back().round, static_cast<int>(8 * at) + 8);
    }
    EXPECT_TRUE(belief::windows(made_up(7), 8).empty());
    EXPECT_TRUE(belief::windows(lab::Result{}, 8).empty());
}

TEST(Tally, CountsComparisonsThatTellAServerFromItself) {
    // In one window of five every round says the same by chance.
    const auto tally = tally_of(made_up(40, 9, 16), "same", 8, 1);
    EXPECT_EQ(tally.comparisons, 5U);
    EXPECT_EQ(tally.worse, 1U);
    EXPECT_EQ(tally.better, 0U);
    EXPECT_DOUBLE_EQ(tally.share_told(), 0.2);
    // SciPy 1.10.1: binomtest(1, 5).proportion_ci(0.95, 'exact')
    EXPECT_NEAR(tally.told_interval().low, 0.005050763379468115, 1e-12);
    EXPECT_NEAR(tally.told_interval().high, 0.7164179361180895, 1e-12);
}

TEST(Tally, CountsComparisonsThatFindTheSlowedOne) {
    const auto tally = tally_of(made_up(40), "slowed", 8, 4);
    EXPECT_EQ(tally.comparisons, 5U);
    EXPECT_EQ(tally.worse, 5U);
    EXPECT_DOUBLE_EQ(tally.share_worse(), 1);
}

// Seven rounds of eight that agree, the least of them not: 4 / 256 alone, 16 / 256 of four.
TEST(Tally, TakesTheWholeFactorOfTheFamily) {
    lab::Result series = made_up(8);
    for (auto& cell : series.cells) {
        if (cell.model != "slowed") continue;
        *cell.server->cpu_us_per_request =
            (5 + 0.001 * cell.round) * (cell.round == 1 ? 0.999 : 1.05 + 0.001 * cell.round);
    }
    EXPECT_EQ(tally_of(series, "slowed", 8, 1).worse, 1U);
    EXPECT_EQ(tally_of(series, "slowed", 8, 3).worse, 1U);
    EXPECT_EQ(tally_of(series, "slowed", 8, 4).worse, 0U);
}

TEST(Tally, CountsWhatCouldNotBeDecided) {
    lab::Result series = made_up(8);
    for (auto& cell : series.cells) {
        if (cell.model == "slowed" && cell.round > 4) cell.status = lab::Status::failed;
    }
    const auto tally = tally_of(series, "slowed", 8, 1);
    EXPECT_EQ(tally.comparisons, 1U);
    EXPECT_EQ(tally.worse, 0U);
    EXPECT_EQ(tally.undecided, 1U);
}

TEST(Tally, TakesWhatOthersHaveCounted) {
    belief::Tally sum{.comparisons = 20, .better = 1, .worse = 2, .undecided = 3};
    sum += {.comparisons = 80, .better = 4, .worse = 5, .undecided = 6};
    EXPECT_EQ(sum.comparisons, 100U);
    EXPECT_EQ(sum.undecided, 9U);
    EXPECT_DOUBLE_EQ(sum.share_told(), 0.12);
    EXPECT_DOUBLE_EQ(sum.share_worse(), 0.07);
}

TEST(TrueRatio, IsTakenInsideRounds) {
    const auto ratios = belief::true_ratios(made_up(12), "base", "slowed");
    ASSERT_EQ(ratios.size(), 12U);
    for (const double ratio : ratios) EXPECT_NEAR(ratio, 1.05, 1e-12);
}

belief::Series kept(const lab::Result& rounds) {
    belief::Series series;
    series.about = {"keep-alive", "epoll_lt", "none", 0.1, 0.2, 5, "a machine, 2 CPUs", "c0ffee"};
    belief::append(series, rounds);
    return series;
}

TEST(SeriesFile, KeepsWhatVerdictsAreMadeOf) {
    lab::Result rounds = made_up(8);
    rounds.cells[1].load.emplace().was_the_limit = true;
    rounds.cells[23].status = lab::Status::failed;
    const belief::Series series = kept(rounds);
    const std::string text = belief::to_text(series);
    const belief::Series again = belief::from_text(text);
    EXPECT_EQ(again.about, series.about);
    EXPECT_EQ(belief::to_text(again), text);
    ASSERT_EQ(again.rounds.cells.size(), 24U);
    EXPECT_TRUE(again.rounds.cells[1].load->was_the_limit.value());
    EXPECT_FALSE(again.rounds.cells[2].load->was_the_limit.value());
    EXPECT_EQ(again.rounds.cells[23].status, lab::Status::failed);
    EXPECT_NEAR(again.rounds.cells[3].server->cpu_us_per_request.value(), 5.002, 1e-9);
    EXPECT_EQ(again.rounds.workloads.at(0).id, "keep-alive");
    EXPECT_EQ(tally_of(again.rounds, "slowed", 7, 1).worse, 1U);
}

TEST(SeriesFile, NumbersTheRoundsOn) {
    belief::Series series = kept(made_up(3));
    belief::append(series, made_up(2));
    EXPECT_EQ(belief::rounds_of(series.rounds), 5);
    EXPECT_EQ(belief::from_text(belief::to_text(series)).rounds.cells.back().round, 5);
}

TEST(SeriesFile, TakesNoRoundsOfOtherServers) {
    belief::Series series = kept(made_up(3));
    lab::Result other = made_up(2);
    other.models.back().name = "slower";
    EXPECT_THROW(belief::append(series, other), std::runtime_error);
}

TEST(SeriesFile, NamesTheLineThatIsWrong) {
    const auto complaint = [](const std::string& text) -> std::string {
        try {
            static_cast<void>(belief::from_text(text));
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "taken";
    };
    const std::string head = "# workload keep-alive\nround,base,same\n";
    EXPECT_EQ(complaint(head + "1,5,5\n2,5,\n"), "taken");
    EXPECT_EQ(complaint(head + "1,5,5\n3,5,5\n"), "line 4: round '3' where 2 follows");
    EXPECT_EQ(complaint(head + "1,5\n"), "line 3: 2 columns, not 3");
    EXPECT_EQ(complaint(head + "1,5,five\n"), "line 3: 'five' is no number from 0 on");
    EXPECT_EQ(complaint(head + "1,5,-5\n"), "line 3: '-5' is no number from 0 on");
    EXPECT_EQ(complaint(head + "1,5,nan\n"), "line 3: 'nan' is no number from 0 on");
    EXPECT_EQ(complaint("# colour blue\n"), "line 1: 'colour' is no key of a series");
    EXPECT_EQ(complaint("1,5,5\n"), "line 1: no line that names the columns: round,base,same,...");
    EXPECT_EQ(complaint(""), "there is no round in it");
}

}  // namespace
