#include "bench/analysis/rank_sum.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace analysis {
namespace {

bool countable(std::size_t m, std::size_t n) {
    return m < exact_below && n < exact_below;
}

// The probability of each U where both samples come from one distribution. U counts the
// pairs whose first value is the greater. We place the m values of the first sample among
// m + n: the j-th of them, at a position, is greater than position - j of the second.
std::vector<double> distribution_of_u(std::size_t m, std::size_t n) {
    std::vector<std::vector<double>> ways(m + 1, std::vector<double>(m * n + 1, 0.0));
    ways[0][0] = 1;
    for (std::size_t position = 1; position <= m + n; ++position) {
        for (std::size_t j = std::min(position, m); j > 0 && position - j <= n; --j) {
            const std::size_t beaten = position - j;
            for (std::size_t u = beaten; u <= m * n; ++u) ways[j][u] += ways[j - 1][u - beaten];
        }
    }
    std::vector<double>& all = ways[m];
    const double total = std::accumulate(all.begin(), all.end(), 0.0);
    for (double& each : all) each /= total;
    return all;
}

// Twice U, so that a tie, half a win, is whole.
std::size_t doubled_u(std::span<const double> first, std::span<const double> second) {
    std::size_t doubled = 0;
    for (const double a : first) {
        for (const double b : second) doubled += a > b ? 2U : (a == b ? 1U : 0U);
    }
    return doubled;
}

// The sum of t^3 - t over the groups of t equal values.
double tie_term(std::span<const double> first, std::span<const double> second) {
    std::map<double, double> counts;
    for (const double value : first) ++counts[value];
    for (const double value : second) ++counts[value];
    double sum = 0;
    for (const auto& [value, count] : counts) sum += count * count * count - count;
    return sum;
}

double variance_of_u(double m, double n, double ties) {
    const double all = m + n;
    return m * n / 12 * (all + 1 - (all > 1 ? ties / (all * (all - 1)) : 0));
}

double exact_p(std::size_t u, std::size_t m, std::size_t n) {
    const auto probability = distribution_of_u(m, n);
    const std::size_t tail = std::min(u, m * n - u);
    const auto end = probability.begin() + static_cast<std::ptrdiff_t>(tail) + 1;
    return std::min(1.0, 2 * std::accumulate(probability.begin(), end, 0.0));
}

// Of a distance from the middle, made half a step smaller: continuity.
double normal_p(double distance, double variance) {
    const double corrected = std::max(0.0, distance - 0.5);
    return variance > 0 ? std::erfc(corrected / std::sqrt(2 * variance)) : 1.0;
}

std::vector<double> all_differences(std::span<const double> first, std::span<const double> second) {
    std::vector<double> all;
    all.reserve(first.size() * second.size());
    for (const double a : first) {
        for (const double b : second) all.push_back(a - b);
    }
    return all;
}

// The probability of U <= u for every u in the lower half.
std::vector<double> lower_half(std::size_t m, std::size_t n) {
    const std::size_t half = m * n / 2;
    std::vector<double> below(half + 1);
    if (countable(m, n)) {
        const auto probability = distribution_of_u(m, n);
        std::partial_sum(probability.begin(),
                         probability.begin() + static_cast<std::ptrdiff_t>(half) + 1,
                         below.begin());
        return below;
    }
    const auto left = static_cast<double>(m);
    const auto right = static_cast<double>(n);
    const double scale = std::sqrt(2 * variance_of_u(left, right, 0));
    for (std::size_t u = 0; u <= half; ++u) {
        below[u] = std::erfc((left * right / 2 - static_cast<double>(u) - 0.5) / scale) / 2;
    }
    return below;
}

}  // namespace

Test mann_whitney(std::span<const double> first, std::span<const double> second) {
    Test test;
    if (first.empty() || second.empty()) return test;
    const std::size_t m = first.size();
    const std::size_t n = second.size();
    const std::size_t doubled = doubled_u(first, second);
    test.direction = doubled > m * n ? 1 : (doubled < m * n ? -1 : 0);
    const double ties = tie_term(first, second);
    test.exact = countable(m, n) && ties == 0;
    if (test.exact) {
        test.p = exact_p(doubled / 2, m, n);
    } else {
        const auto left = static_cast<double>(m);
        const auto right = static_cast<double>(n);
        test.p = normal_p(std::abs(static_cast<double>(doubled) - left * right) / 2,
                          variance_of_u(left, right, ties));
    }
    return test;
}

double least_mann_whitney_p(std::size_t first, std::size_t second) {
    double p = 2;
    for (std::size_t at = 1; at <= first; ++at) {
        p *= static_cast<double>(at) / static_cast<double>(second + at);
    }
    return std::min(1.0, p);
}

double shift(std::span<const double> first, std::span<const double> second) {
    return median(all_differences(first, second));
}

std::optional<Interval> shift_interval(std::span<const double> first,
                                       std::span<const double> second, double wanted) {
    if (first.empty() || second.empty()) return std::nullopt;
    const auto below = lower_half(first.size(), second.size());
    std::size_t outside = 0;  // differences left out at either end
    while (outside < below.size() && 1 - 2 * below[outside] >= wanted) ++outside;
    if (outside == 0) return std::nullopt;
    auto all = all_differences(first, second);
    std::sort(all.begin(), all.end());
    return Interval{all[outside - 1], all[all.size() - outside], 1 - 2 * below[outside - 1]};
}

}  // namespace analysis
