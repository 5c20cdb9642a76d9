#include "bench/analysis/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace analysis {
namespace {

// Positions of `values` from the smallest to the largest.
std::vector<std::size_t> order_of(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    return order;
}

// Twice the rank of each value, so that the mean rank of a tie is whole as well.
std::vector<std::size_t> doubled_ranks(std::span<const double> values) {
    const auto order = order_of(values);
    std::vector<std::size_t> ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
        for (std::size_t at = first; at <= last; ++at) ranks[order[at]] = first + last + 2;
        first = last + 1;
    }
    return ranks;
}

// The probability of each sum of a random subset of `ranks`.
std::vector<double> distribution_of_sums(std::span<const std::size_t> ranks) {
    const std::size_t total = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
    std::vector<double> probability(total + 1, 0.0);
    probability[0] = 1;
    std::size_t reached = 0;
    for (const std::size_t rank : ranks) {
        reached += rank;
        for (std::size_t sum = reached + 1; sum-- > 0;) {
            const double with = sum >= rank ? probability[sum - rank] : 0.0;
            probability[sum] = (probability[sum] + with) / 2;
        }
    }
    return probability;
}

}  // namespace

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::optional<Interval> median_interval(std::vector<double> values, double wanted) {
    std::sort(values.begin(), values.end());
    const auto count = static_cast<double>(values.size());
    std::optional<Interval> found;
    double below = 0;  // P(fewer than k + 1 of the values lie below the median)
    double term = std::pow(0.5, count);
    for (std::size_t k = 0; k < values.size() / 2; ++k) {
        below += term;
        const double coverage = 1 - 2 * below;
        if (coverage < wanted) break;
        found = Interval{values[k], values[values.size() - 1 - k], coverage};
        term *= (count - static_cast<double>(k)) / static_cast<double>(k + 1);
    }
    return found;
}

Test signed_rank(std::span<const double> differences) {
    Test test;
    std::vector<double> sizes;
    std::vector<bool> positive;
    for (const double difference : differences) {
        if (difference == 0) continue;
        sizes.push_back(std::abs(difference));
        positive.push_back(difference > 0);
    }
    if (sizes.empty()) return test;

    const auto ranks = doubled_ranks(sizes);
    std::size_t sum = 0;
    for (std::size_t at = 0; at < ranks.size(); ++at) sum += positive[at] ? ranks[at] : 0;

    const auto probability = distribution_of_sums(ranks);
    const std::size_t mirrored = probability.size() - 1 - sum;
    const std::size_t tail = std::min(sum, mirrored);
    const auto end = probability.begin() + static_cast<std::ptrdiff_t>(tail) + 1;
    test.p = std::min(1.0, 2 * std::accumulate(probability.begin(), end, 0.0));
    test.direction = sum > mirrored ? 1 : (sum < mirrored ? -1 : 0);
    return test;
}

std::vector<double> holm(std::span<const double> p_values) {
    std::vector<double> adjusted(p_values.size());
    double floor = 0;
    std::size_t left = p_values.size();
    for (const std::size_t at : order_of(p_values)) {
        floor = std::max(floor, std::min(1.0, p_values[at] * static_cast<double>(left--)));
        adjusted[at] = floor;
    }
    return adjusted;
}

std::optional<double> power(std::span<const std::pair<double, double>> points) {
    std::vector<std::pair<double, double>> logarithms;
    double mean_x = 0;
    double mean_y = 0;
    for (const auto& [x, y] : points) {
        if (x <= 0 || y <= 0) continue;
        logarithms.emplace_back(std::log(x), std::log(y));
        mean_x += logarithms.back().first;
        mean_y += logarithms.back().second;
    }
    if (logarithms.empty()) return std::nullopt;
    mean_x /= static_cast<double>(logarithms.size());
    mean_y /= static_cast<double>(logarithms.size());
    double rise = 0;
    double run = 0;
    for (const auto& [x, y] : logarithms) {
        rise += (x - mean_x) * (y - mean_y);
        run += (x - mean_x) * (x - mean_x);
    }
    return run > 0 ? std::optional{rise / run} : std::nullopt;
}

}  // namespace analysis
