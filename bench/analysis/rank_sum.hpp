#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "bench/analysis/statistics.hpp"

/// Two samples that are not paired: do their values differ in place, and by how much?
namespace analysis {

/// Samples with fewer values are judged by counting, as R does it.
inline constexpr std::size_t exact_below = 50;

/// The two-sided Mann-Whitney U test (Wilcoxon's rank sum); the direction is that of `first`
/// against `second`. Exact where both samples have fewer than 50 values and no two values are
/// equal; otherwise the normal approximation, corrected for ties and for continuity. Those
/// are the rules of wilcox.test in R.
/// result: p is 1 where a sample is empty.
/// source: Mann and Whitney 1947; Hollander, Wolfe and Chicken, 4.1.
[[nodiscard]] Test mann_whitney(std::span<const double> first, std::span<const double> second);

/// The least p-value that the exact test can reach with samples of such sizes.
[[nodiscard]] double least_mann_whitney_p(std::size_t first, std::size_t second);

/// How far `first` lies above `second`: the median of the differences of all pairs.
/// range: neither is empty.
/// source: Hodges and Lehmann 1963; Hollander, Wolfe and Chicken, 4.2.
[[nodiscard]] double shift(std::span<const double> first, std::span<const double> second);

/// An interval of that shift, made of two of those differences, and its coverage: by counting
/// where both samples have fewer than 50 values (and then at least that where values are
/// equal), else by the normal approximation. None where they are too small for `wanted`.
/// source: Hollander, Wolfe and Chicken, 4.3.
[[nodiscard]] std::optional<Interval> shift_interval(std::span<const double> first,
                                                     std::span<const double> second,
                                                     double wanted = 0.95);

}  // namespace analysis
