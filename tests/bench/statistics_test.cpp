#include "bench/analysis/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace {

using analysis::holm;
using analysis::median;
using analysis::median_interval;
using analysis::signed_rank_p;

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
    EXPECT_DOUBLE_EQ(signed_rank_p(differences), 0.0390625);
}

// SciPy, help page of stats.wilcoxon: heights of Darwin's corn, p = 0.041259765625.
TEST(SignedRank, AgreesWithTheExampleOfSciPy) {
    const std::vector<double> heights{6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75};
    EXPECT_DOUBLE_EQ(signed_rank_p(heights), 0.041259765625);
}

TEST(SignedRank, ReachesItsLeastValueWhenAllAgree) {
    EXPECT_DOUBLE_EQ(signed_rank_p(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8}), 2.0 / 256);
    EXPECT_DOUBLE_EQ(signed_rank_p(std::vector<double>{-1, -2, -3, -4, -5, -6, -7, -8}), 2.0 / 256);
}

TEST(SignedRank, LeavesZerosOut) {
    EXPECT_EQ(signed_rank_p(std::vector<double>{0, 0, 0}), 1);
    EXPECT_EQ(signed_rank_p(std::vector<double>{}), 1);
    EXPECT_DOUBLE_EQ(signed_rank_p(std::vector<double>{0, 1, 2, 3, 4, 5}), 2.0 / 32);
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
    EXPECT_DOUBLE_EQ(signed_rank_p(std::vector<double>{1, -1, 2, 2, -2, 3, 4}),
                     by_enumeration(ranks, 1.5 + 4 + 4 + 6 + 7));
    EXPECT_DOUBLE_EQ(signed_rank_p(std::vector<double>{1, 1, 2, 2, 2, 3, -4}),
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

}  // namespace
