#pragma once

#include <span>

#include "bench/analysis/rank_sum.hpp"

/// Does a series rise or fall as it goes on?
namespace analysis {

/// The two-sided Mann-Kendall test of a trend, Kendall's tau against time; the direction is
/// that of the series. Exact below 50 values of which no two are equal; otherwise the normal
/// approximation, corrected for ties and for continuity. Those are the rules of cor.test in R.
/// source: Mann 1945; Kendall, Rank Correlation Methods; Hollander, Wolfe and Chicken, 8.1.
[[nodiscard]] Test mann_kendall(std::span<const double> series);

/// How much a series rises in one unit of `times`: the median of the slopes of all pairs.
/// range: `times` rise, are as many as the values, and at least two.
/// source: Theil 1950, Sen 1968.
[[nodiscard]] double slope(std::span<const double> times, std::span<const double> series);

}  // namespace analysis
