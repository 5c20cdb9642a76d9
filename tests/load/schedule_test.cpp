#include "bench/load/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace load {
namespace {

constexpr std::uint64_t start_ns = 5'000'000'000;

std::vector<std::uint64_t> dues(const Schedule::Shape& shape, unsigned thread, unsigned threads,
                                std::size_t count) {
    Schedule schedule{shape, thread, threads, start_ns};
    std::vector<std::uint64_t> result;
    for (std::size_t i = 0; i < count; ++i, schedule.advance()) result.push_back(schedule.due_ns());
    return result;
}

TEST(Schedule, DealsOneScheduleOutToTheThreadsExactly) {
    for (const bool poisson : {false, true}) {
        const Schedule::Shape shape{.rate_per_s = 12'345.6, .poisson = poisson, .seed = 42};
        const std::vector<std::uint64_t> alone = dues(shape, 0, 1, 2100);
        for (const unsigned threads : {2U, 3U, 7U}) {
            for (unsigned thread = 0; thread < threads; ++thread) {
                const auto part = dues(shape, thread, threads, 300);
                for (std::size_t i = 0; i < part.size(); ++i) {
                    ASSERT_EQ(part[i], alone[i * threads + thread])
                        << threads << " threads, thread " << thread << ", request " << i;
                }
            }
        }
    }
}

TEST(Schedule, IsEvenAndDoesNotDrift) {
    const auto even = dues({.rate_per_s = 3}, 0, 1, 30'001);
    EXPECT_EQ(even[0], start_ns);
    EXPECT_EQ(even[3], start_ns + 1'000'000'000);
    EXPECT_EQ(even[30'000], start_ns + 10'000ULL * 1'000'000'000);
}

TEST(Schedule, ArrivesAtRandomWithTheRateAskedFor) {
    constexpr std::size_t count = 200'000;
    const auto random = dues({.rate_per_s = 1000, .poisson = true, .seed = 9}, 0, 1, count);
    std::vector<double> gaps_ms;
    for (std::size_t i = 1; i < count; ++i) {
        ASSERT_GE(random[i], random[i - 1]);
        gaps_ms.push_back(static_cast<double>(random[i] - random[i - 1]) / 1e6);
    }
    double sum = 0;
    double squares = 0;
    for (const double gap : gaps_ms) sum += gap, squares += gap * gap;
    const double n = static_cast<double>(gaps_ms.size());
    const double mean = sum / n;
    // An exponential distribution has mean 1 ms, deviation 1 ms, median ln 2 ms; the bounds are
    // five standard errors of each.
    EXPECT_NEAR(mean, 1, 5 / std::sqrt(n));
    EXPECT_NEAR(std::sqrt(squares / n - mean * mean), 1, 5 * std::sqrt(2 / n));
    std::nth_element(gaps_ms.begin(), gaps_ms.begin() + gaps_ms.size() / 2, gaps_ms.end());
    EXPECT_NEAR(gaps_ms[gaps_ms.size() / 2], std::log(2), 5 / std::sqrt(n));
}

TEST(Schedule, RepeatsWithItsSeedAndDiffersWithAnother) {
    const Schedule::Shape shape{.rate_per_s = 100, .poisson = true, .seed = 1};
    Schedule::Shape other = shape;
    other.seed = 2;
    EXPECT_EQ(dues(shape, 0, 1, 50), dues(shape, 0, 1, 50));
    EXPECT_NE(dues(shape, 0, 1, 50), dues(other, 0, 1, 50));
}

}  // namespace
}  // namespace load
