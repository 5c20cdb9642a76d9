#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

/// Figures about figures: medians, intervals, tests. Pure functions.
namespace analysis {

/// The middle value; the mean of the two middle ones where the count is even.
/// range: `values` is not empty.
[[nodiscard]] double median(std::vector<double> values);

/// An interval of the median and the probability with which such intervals hold it.
struct Interval {
    double low = 0;
    double high = 0;
    double coverage = 0;  ///< 0 to 1, exact
};

/// The shortest symmetric pair of order statistics that holds the median with at
/// least `wanted` probability; none where there are too few values for that.
/// Assumes nothing of the distribution but independence.
/// source: Conover, Practical Nonparametric Statistics, 3.2.
[[nodiscard]] std::optional<Interval> median_interval(std::vector<double> values,
                                                      double wanted = 0.95);

/// What a two-sided test says.
struct Test {
    double p = 1;
    bool exact = true;  ///< by counting; false: the normal approximation
    int direction = 0;  ///< -1 lower or falling, 1 higher or rising, 0 neither
};

/// Wilcoxon's exact signed-rank test that the differences are symmetric about 0. Zeros are left
/// out, ties share their mean rank, and the distribution is that of the ranks as they are, by
/// counting. The direction is that of the greater sum of ranks, which need not be the median's.
/// result: p is 1 where no difference is left.
/// source: Wilcoxon 1945; Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3.1.
[[nodiscard]] Test signed_rank(std::span<const double> differences);

/// Holm's step-down adjustment: p-values of one family, in the order given.
/// source: Holm 1979.
[[nodiscard]] std::vector<double> holm(std::span<const double> p_values);

/// The exponent of the power law that fits best, by least squares through the logarithms: 1 is
/// proportional, 0 flat. Points that are not above 0 have no logarithm and are left out.
/// result: none where there are not two places
[[nodiscard]] std::optional<double> power(std::span<const std::pair<double, double>> points);

}  // namespace analysis
