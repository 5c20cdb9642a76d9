#include "bench/analysis/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/analysis/binomial.hpp"
#include "bench/analysis/rank_sum.hpp"
#include "bench/analysis/trend.hpp"
#include "bench/lab/text.hpp"

namespace {

using analysis::holm;
using analysis::median;
using analysis::median_interval;
using analysis::signed_rank;

TEST(Median, IsTheMiddleValue) {
    EXPECT_EQ(median({3, 1, 2}), 2);
    EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
    EXPECT_EQ(median({7}), 7);
}

TEST(MedianInterval, NeedsSixValuesForNinetyFivePercent) {
    EXPECT_FALSE(median_interval({1, 2, 3, 4, 5}));
    const auto six = median_interval({6, 5, 4, 3, 2, 1});
    ASSERT_TRUE(six);
    EXPECT_EQ(six->low, 1);
    EXPECT_EQ(six->high, 6);
    EXPECT_DOUBLE_EQ(six->coverage, 1 - 2.0 / 64);
}

TEST(MedianInterval, TellsItsTrueCoverage) {
    std::vector<double> twenty;
    for (int value = 1; value <= 20; ++value) twenty.push_back(value);
    const auto interval = median_interval(twenty);
    ASSERT_TRUE(interval);
    EXPECT_EQ(interval->low, 6);  // Conover, table A3: the 6th and the 15th of 20
    EXPECT_EQ(interval->high, 15);
    EXPECT_NEAR(interval->coverage, 0.9586, 0.00005);
}

// R, help page of wilcox.test: Hamilton depression scale (Hollander and Wolfe 1973),
// V = 40, two-sided exact p = 0.0390625.
TEST(SignedRank, AgreesWithTheExampleOfR) {
    const std::vector<double> before{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
    const std::vector<double> after{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    std::vector<double> differences;
    for (std::size_t at = 0; at < before.size(); ++at)
        differences.push_back(before[at] - after[at]);
    EXPECT_DOUBLE_EQ(signed_rank(differences).p, 0.0390625);
}

// SciPy, help page of stats.wilcoxon: heights of Darwin's corn, p = 0.041259765625.
TEST(SignedRank, AgreesWithTheExampleOfSciPy) {
    const std::vector<double> heights{6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75};
    EXPECT_DOUBLE_EQ(signed_rank(heights).p, 0.041259765625);
}

TEST(SignedRank, ReachesItsLeastValueWhenAllAgree) {
    EXPECT_DOUBLE_EQ(signed_rank(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8}).p, 2.0 / 256);
    EXPECT_DOUBLE_EQ(signed_rank(std::vector<double>{-1, -2, -3, -4, -5, -6, -7, -8}).p, 2.0 / 256);
}

TEST(SignedRank, LeavesZerosOut) {
    EXPECT_EQ(signed_rank(std::vector<double>{0, 0, 0}).p, 1);
    EXPECT_EQ(signed_rank(std::vector<double>{}).p, 1);
    EXPECT_DOUBLE_EQ(signed_rank(std::vector<double>{0, 1, 2, 3, 4, 5}).p, 2.0 / 32);
}

TEST(SignedRank, TakesItsDirectionFromTheRanksAndNotFromTheNumberOfValues) {
    EXPECT_EQ(signed_rank(std::vector<double>{-1, -2, -3, 4, 5}).direction, 1);
    EXPECT_EQ(signed_rank(std::vector<double>{1, 2, 3, -4, -5}).direction, -1);
    EXPECT_EQ(signed_rank(std::vector<double>{1, 2, -3}).direction, 0);
    EXPECT_EQ(signed_rank(std::vector<double>{0, 0}).direction, 0);
}

// The distribution by looking at every assignment of signs.
double by_enumeration(const std::vector<double>& ranks, double sum) {
    double total = 0;
    for (const double rank : ranks) total += rank;
    const double extreme = std::abs(sum - total / 2);
    int hits = 0;
    const std::uint32_t all = 1U << ranks.size();
    for (std::uint32_t signs = 0; signs < all; ++signs) {
        double positive = 0;
        for (std::size_t at = 0; at < ranks.size(); ++at)
            positive += ((signs >> at) & 1U) != 0 ? ranks[at] : 0;
        hits += std::abs(positive - total / 2) >= extreme - 1e-9 ? 1 : 0;
    }
    return static_cast<double>(hits) / static_cast<double>(all);
}

TEST(SignedRank, IsExactWithTies) {
    // Sizes 1 1 2 2 2 3 4 have the mean ranks 1.5 1.5 4 4 4 6 7.
    const std::vector<double> ranks{1.5, 1.5, 4, 4, 4, 6, 7};
    EXPECT_DOUBLE_EQ(signed_rank(std::vector<double>{1, -1, 2, 2, -2, 3, 4}).p,
                     by_enumeration(ranks, 1.5 + 4 + 4 + 6 + 7));
    EXPECT_DOUBLE_EQ(signed_rank(std::vector<double>{1, 1, 2, 2, 2, 3, -4}).p,
                     by_enumeration(ranks, 1.5 + 1.5 + 4 + 4 + 4 + 6));
}

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03 0.06 0.06 0.02.
TEST(Holm, AgreesWithR) {
    const auto adjusted = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
    ASSERT_EQ(adjusted.size(), 4U);
    EXPECT_DOUBLE_EQ(adjusted[0], 0.03);
    EXPECT_DOUBLE_EQ(adjusted[1], 0.06);
    EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
    EXPECT_DOUBLE_EQ(adjusted[3], 0.02);
}

TEST(Holm, NeverExceedsOne) {
    const auto adjusted = holm(std::vector<double>{0.9, 0.8});
    EXPECT_EQ(adjusted[0], 1);
    EXPECT_EQ(adjusted[1], 1);
    EXPECT_TRUE(holm(std::vector<double>{}).empty());
}

TEST(MannWhitney, ReachesItsLeastValueWhenSamplesStandApart) {
    const std::vector<double> low{1, 2, 3, 4};
    const std::vector<double> high{5, 6, 7, 8};
    EXPECT_DOUBLE_EQ(analysis::mann_whitney(low, high).p, 2.0 / 70);
    EXPECT_DOUBLE_EQ(analysis::least_mann_whitney_p(4, 4), 2.0 / 70);
    EXPECT_EQ(analysis::mann_whitney(low, high).direction, -1);
    EXPECT_EQ(analysis::mann_whitney(high, low).direction, 1);
    EXPECT_EQ(analysis::mann_whitney(low, low).direction, 0);
    EXPECT_EQ(analysis::least_mann_whitney_p(1, 1), 1);
}

TEST(MannWhitney, SaysNothingWithoutValues) {
    const std::vector<double> none;
    const std::vector<double> some{1, 2, 3};
    EXPECT_EQ(analysis::mann_whitney(none, some).p, 1);
    EXPECT_EQ(analysis::mann_whitney(some, none).p, 1);
    EXPECT_FALSE(analysis::shift_interval(none, some));
}

TEST(Shift, IsFoundWhereItWasPut) {
    const std::vector<double> first{1, 2, 3, 4, 5, 6};
    const std::vector<double> second{11, 12, 13, 14, 15, 16};
    EXPECT_DOUBLE_EQ(analysis::shift(first, second), -10);
    const auto interval = analysis::shift_interval(first, second);
    ASSERT_TRUE(interval);
    EXPECT_LT(interval->low, -10);
    EXPECT_GT(interval->high, -10);
    EXPECT_GE(interval->coverage, 0.95);
}

TEST(Shift, HasNoIntervalWhereSamplesAreTooSmall) {
    const std::vector<double> three{1, 2, 3};
    EXPECT_FALSE(analysis::shift_interval(three, three));
}

TEST(Shift, HasAnIntervalOfLargeSamplesToo) {
    std::vector<double> first;
    std::vector<double> second;
    for (int value = 0; value < 100; ++value) {
        first.push_back(value);
        second.push_back(value + 30);
    }
    const auto interval = analysis::shift_interval(first, second);
    ASSERT_TRUE(interval);
    // R 4.2.2: wilcox.test(0:99, 30:129, conf.int = TRUE)$conf.int is -38.00 to -22.00.
    EXPECT_DOUBLE_EQ(interval->low, -38);
    EXPECT_DOUBLE_EQ(interval->high, -22);
    EXPECT_NEAR(interval->coverage, 0.95, 0.001);
}

TEST(MannKendall, SeesWhatRisesAndWhatFalls) {
    const std::vector<double> rising{1, 2, 3, 4, 5, 6};
    EXPECT_DOUBLE_EQ(analysis::mann_kendall(rising).p, 2.0 / 720);
    EXPECT_EQ(analysis::mann_kendall(rising).direction, 1);
    EXPECT_EQ(analysis::mann_kendall(std::vector<double>{3, 2, 1}).direction, -1);
    EXPECT_EQ(analysis::mann_kendall(std::vector<double>{2, 2, 2}).p, 1);
    EXPECT_EQ(analysis::mann_kendall(std::vector<double>{2}).p, 1);
}

TEST(Slope, IsNotBentByOneWildValue) {
    const std::vector<double> times{1, 2, 3, 4, 5, 6, 7};
    EXPECT_DOUBLE_EQ(analysis::slope(times, std::vector<double>{2, 4, 6, 800, 10, 12, 14}), 2);
}

TEST(BinomialInterval, IsWideOpenWithoutTrials) {
    const auto interval = analysis::binomial_interval(0, 0);
    EXPECT_EQ(interval.low, 0);
    EXPECT_EQ(interval.high, 1);
}

using Json = nlohmann::ordered_json;
using Values = std::vector<double>;

// The figures of other programs, tests/bench/golden, each with its source and version and the
// command that made it.
class Golden : public testing::TestWithParam<const char*> {
protected:
    static Json file() {
        const std::string path = std::string{SOURCE_DIR "/tests/bench/golden/"} + GetParam();
        return Json::parse(lab::contents(path));
    }
};

// Relative to what is expected; R and SciPy sum in another order than we do.
void expect_close(double found, double expected) {
    EXPECT_NEAR(found, expected, 1e-9 * std::max(1e-3, std::abs(expected)));
}

void expect_same_test(const analysis::Test& found, const Json& golden) {
    expect_close(found.p, golden["p"]);
    EXPECT_EQ(found.exact, golden.value("exact", true));
    if (golden.contains("direction")) {
        EXPECT_EQ(found.direction, golden["direction"].get<int>());
    }
}

void expect_same_interval(const analysis::Interval& found, const Json& golden) {
    expect_close(found.low, golden["low"]);
    expect_close(found.high, golden["high"]);
}

void check_shift(const Json& golden) {
    const auto first = golden["first"].get<Values>();
    const auto second = golden["second"].get<Values>();
    expect_close(analysis::shift(first, second), golden["estimate"]);
    const auto interval = analysis::shift_interval(first, second);
    ASSERT_TRUE(interval);
    expect_same_interval(*interval, golden);
}

void check_median_interval(const Json& golden) {
    const auto k = golden["k"].get<double>();
    const auto count = golden["count"].get<double>();
    Values values;
    for (double value = 1; value <= count; ++value) values.push_back(value);
    const auto interval = median_interval(values);
    ASSERT_TRUE(interval);
    EXPECT_EQ(interval->low, k);
    EXPECT_EQ(interval->high, count + 1 - k);
    expect_close(interval->coverage, golden["coverage"]);
}

void check_holm(const Json& golden) {
    const auto expected = golden["adjusted"].get<Values>();
    const auto found = holm(golden["values"].get<Values>());
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t at = 0; at < found.size(); ++at) expect_close(found[at], expected[at]);
}

void check_golden(const Json& golden) {
    const std::string test = golden["test"];
    if (test == "mann_whitney") {
        return expect_same_test(
            analysis::mann_whitney(golden["first"].get<Values>(), golden["second"].get<Values>()),
            golden);
    }
    if (test == "mann_kendall")
        return expect_same_test(analysis::mann_kendall(golden["values"].get<Values>()), golden);
    if (test == "signed_rank")
        return expect_same_test(signed_rank(golden["values"].get<Values>()), golden);
    if (test == "shift") return check_shift(golden);
    if (test == "median_interval") return check_median_interval(golden);
    if (test == "holm") return check_holm(golden);
    if (test == "binomial_interval") {
        return expect_same_interval(analysis::binomial_interval(golden["hits"], golden["trials"]),
                                    golden);
    }
    FAIL() << "nothing here is called " << test;
}

TEST_P(Golden, FiguresAreOurs) {
    const Json golden = file();
    ASSERT_GE(golden["cases"].size(), 25U);
    for (const Json& each : golden["cases"]) {
        SCOPED_TRACE(golden["source"].get<std::string>() + ": " + each.dump());
        check_golden(each);
    }
}

INSTANTIATE_TEST_SUITE_P(Of, Golden, testing::Values("scipy.json", "r.json"), [](const auto& file) {
    return std::string{file.param} == "r.json" ? "R" : "SciPy";
});

}  // namespace
