#include "bench/load/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "bench/load/json.hpp"

namespace load {
namespace {

/// Durations as servers give them: most near one value, some far out, over six decades.
std::vector<std::uint64_t> some_durations(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    std::lognormal_distribution<double> body{std::log(80e3), 1.5};
    std::uniform_real_distribution<double> tail{0, 10e9};
    std::vector<std::uint64_t> values;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(static_cast<std::uint64_t>(i % 50 == 0 ? tail(random) : body(random)));
    }
    return values;
}

Histogram histogram_of(const std::vector<std::uint64_t>& values) {
    Histogram histogram;
    for (const std::uint64_t value : values) histogram.record(value);
    return histogram;
}

/// The definition, on the sorted values themselves.
std::uint64_t exact_percentile(const std::vector<std::uint64_t>& sorted, double percentile) {
    const double rank = std::ceil(static_cast<double>(sorted.size()) * (percentile / 100));
    return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

TEST(Histogram, AgreesWithSortedValuesWithinABin) {
    for (const std::size_t count : {1U, 2U, 99U, 1000U, 100'000U}) {
        std::vector<std::uint64_t> values = some_durations(count, count);
        const Histogram histogram = histogram_of(values);
        std::sort(values.begin(), values.end());
        for (const double percentile :
             {0.0, 1.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
            const std::uint64_t exact = exact_percentile(values, percentile);
            const std::uint64_t found = histogram.value_at_percentile(percentile);
            EXPECT_EQ(Histogram::index_of(found), Histogram::index_of(exact))
                << count << " values, p" << percentile;
            EXPECT_GE(found, exact);
            EXPECT_LE(static_cast<double>(found), static_cast<double>(exact) * 1.008);
        }
        EXPECT_EQ(histogram.count(), count);
        EXPECT_EQ(histogram.min_ns(), values.front());
        EXPECT_EQ(histogram.max_ns(), values.back());
        EXPECT_EQ(histogram.value_at_percentile(100), values.back());
    }
}

TEST(Histogram, BinsAreAtMostEightTenthsOfAPercentWideAndLeaveNoGap) {
    EXPECT_EQ(Histogram::lowest_ns(0), 0U);
    for (std::size_t i = 0; i < Histogram::bin_count; ++i) {
        const std::uint64_t lowest = Histogram::lowest_ns(i);
        const std::uint64_t highest = Histogram::upper_ns(i);
        ASSERT_EQ(Histogram::index_of(lowest), i);
        ASSERT_EQ(Histogram::index_of(highest), i);
        const double width = static_cast<double>(highest - lowest + 1);
        ASSERT_LE(width, std::max(1.0, 0.008 * static_cast<double>(lowest))) << "bin " << i;
        ASSERT_EQ(lowest, i == 0 ? 0 : Histogram::upper_ns(i - 1) + 1);
    }
    EXPECT_GE(Histogram::highest_ns, 3600ULL * 1'000'000'000);
}

TEST(Histogram, CountsWhatIsBeyondItsRangeAndKeepsTheMaximumExact) {
    Histogram histogram;
    const std::uint64_t two_hours = 7200ULL * 1'000'000'000;
    histogram.record(two_hours);
    histogram.record(1000);
    EXPECT_EQ(histogram.count(), 2U);
    EXPECT_EQ(histogram.max_ns(), two_hours);
    EXPECT_EQ(histogram.value_at_percentile(99), two_hours);
    EXPECT_EQ(histogram.value_at_percentile(50), Histogram::upper_ns(Histogram::index_of(1000)));
}

TEST(Histogram, SaysZeroWhenItIsEmpty) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.min_ns(), 0U);
    EXPECT_EQ(histogram.max_ns(), 0U);
    EXPECT_EQ(histogram.value_at_percentile(50), 0U);
}

TEST(Histogram, MergedEqualsRecordedTogether) {
    const std::vector<std::uint64_t> left = some_durations(1000, 1);
    const std::vector<std::uint64_t> right = some_durations(3000, 2);
    Histogram merged = histogram_of(left);
    merged.merge(histogram_of(right));

    std::vector<std::uint64_t> both = left;
    both.insert(both.end(), right.begin(), right.end());
    EXPECT_EQ(merged.sparse(), histogram_of(both).sparse());

    merged.merge(Histogram{});
    EXPECT_EQ(merged.sparse(), histogram_of(both).sparse());
    merged.clear();
    EXPECT_EQ(merged.sparse(), Histogram{}.sparse());
}

TEST(Histogram, ComesBackFromWhatWasWrittenDown) {
    for (const std::size_t count : {0U, 1U, 5000U}) {
        const Histogram histogram = histogram_of(some_durations(count, 7));
        const auto back = Histogram::from_sparse(histogram.sparse());
        ASSERT_TRUE(back.has_value());
        EXPECT_EQ(back->sparse(), histogram.sparse());

        const auto text = to_json(histogram).dump();
        const Histogram parsed = histogram_from_json(nlohmann::ordered_json::parse(text));
        EXPECT_EQ(parsed.sparse(), histogram.sparse());
    }
}

TEST(Histogram, RefusesWhatContradictsItself) {
    const SparseHistogram good = histogram_of(some_durations(100, 3)).sparse();
    const auto refused = [&good](auto change) {
        SparseHistogram changed = good;
        change(changed);
        return !Histogram::from_sparse(changed).has_value();
    };
    EXPECT_FALSE(refused([](SparseHistogram&) {}));
    EXPECT_TRUE(refused([](SparseHistogram& h) { h.sub_bins_per_octave = 64; }));
    EXPECT_TRUE(refused([](SparseHistogram& h) { h.highest_ns += 1; }));
    EXPECT_TRUE(refused([](SparseHistogram& h) { h.count += 1; }));
    EXPECT_TRUE(refused([](SparseHistogram& h) { h.max_ns *= 2; }));
    EXPECT_TRUE(refused([](SparseHistogram& h) { h.min_ns /= 2; }));
    EXPECT_TRUE(refused([](SparseHistogram& h) { std::swap(h.bins[0], h.bins[1]); }));
    EXPECT_TRUE(refused([](SparseHistogram& h) { h.bins.back().index = Histogram::bin_count; }));
    EXPECT_TRUE(refused([](SparseHistogram& h) { h.bins[1].count = 0; }));
    EXPECT_THROW((void)histogram_from_json(nlohmann::ordered_json::parse(R"({"count": 1})")),
                 std::invalid_argument);
}

TEST(Histogram, TellsWhichBinsHaveGrown) {
    Histogram histogram = histogram_of(some_durations(1000, 4));
    const Histogram earlier = histogram;
    EXPECT_TRUE(histogram.grown_since(earlier).empty());

    const std::vector<std::uint64_t> later = some_durations(500, 5);
    for (const std::uint64_t value : later) histogram.record(value);
    EXPECT_EQ(histogram.grown_since(earlier), histogram_of(later).sparse().bins);

    Histogram rebuilt;
    rebuilt.add(histogram.grown_since(earlier));
    EXPECT_EQ(rebuilt.count(), later.size());
    EXPECT_EQ(rebuilt.sparse().bins, histogram_of(later).sparse().bins);
}

}  // namespace
}  // namespace load
