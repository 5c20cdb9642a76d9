#include "bench/analysis/trend.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

namespace analysis {
namespace {

// The probability of each number of pairs in rising order, all orders being equally likely:
// the k-th value stands above 0 to k - 1 of those before it.
std::vector<double> distribution_of_rises(std::size_t count) {
    std::vector<double> probability{1.0};
    for (std::size_t k = 2; k <= count; ++k) {
        std::vector<double> next(probability.size() + k - 1, 0.0);
        for (std::size_t at = 0; at < probability.size(); ++at) {
            for (std::size_t more = 0; more < k; ++more)
                next[at + more] += probability[at] / static_cast<double>(k);
        }
        probability = std::move(next);
    }
    return probability;
}

// Rising pairs less falling ones.
std::int64_t score_of(std::span<const double> series) {
    std::int64_t score = 0;
    for (std::size_t later = 1; later < series.size(); ++later) {
        for (std::size_t sooner = 0; sooner < later; ++sooner) {
            score += series[later] > series[sooner] ? 1 : 0;
            score -= series[later] < series[sooner] ? 1 : 0;
        }
    }
    return score;
}

double spread_term(double count) {
    return count * (count - 1) * (2 * count + 5);
}

double variance_of_score(std::span<const double> series) {
    std::map<double, double> counts;
    for (const double value : series) ++counts[value];
    double sum = spread_term(static_cast<double>(series.size()));
    for (const auto& [value, count] : counts) sum -= spread_term(count);
    return sum / 18;
}

bool all_differ(std::span<const double> series) {
    std::vector<double> sorted(series.begin(), series.end());
    std::sort(sorted.begin(), sorted.end());
    return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

double exact_p(std::int64_t score, std::size_t count) {
    const auto probability = distribution_of_rises(count);
    const auto pairs = static_cast<std::int64_t>(probability.size()) - 1;
    const std::int64_t tail = (pairs - std::abs(score)) / 2;
    return std::min(1.0,
                    2 * std::accumulate(probability.begin(), probability.begin() + tail + 1, 0.0));
}

}  // namespace

Test mann_kendall(std::span<const double> series) {
    Test test;
    if (series.size() < 2) return test;
    const std::int64_t score = score_of(series);
    test.direction = score > 0 ? 1 : (score < 0 ? -1 : 0);
    test.exact = series.size() < exact_below && all_differ(series);
    if (test.exact) {
        test.p = exact_p(score, series.size());
        return test;
    }
    const double variance = variance_of_score(series);
    const double corrected = std::max(0.0, static_cast<double>(std::abs(score)) - 1);
    test.p = variance > 0 ? std::erfc(corrected / std::sqrt(2 * variance)) : 1.0;
    return test;
}

double slope(std::span<const double> times, std::span<const double> series) {
    std::vector<double> slopes;
    for (std::size_t later = 1; later < series.size(); ++later) {
        for (std::size_t sooner = 0; sooner < later; ++sooner)
            slopes.push_back((series[later] - series[sooner]) / (times[later] - times[sooner]));
    }
    return median(std::move(slopes));
}

}  // namespace analysis
