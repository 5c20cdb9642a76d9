#pragma once

#include <cstdint>

#include "bench/analysis/statistics.hpp"

/// Shares: so many of so many.
namespace analysis {

/// The interval of Clopper and Pearson of a probability that came true `hits` times in
/// `trials`: it holds the true one with at least `wanted` probability, whatever that is.
/// range: hits <= trials; without trials it is 0 to 1. The coverage is `wanted`.
/// source: Clopper and Pearson 1934.
[[nodiscard]] Interval binomial_interval(std::uint64_t hits, std::uint64_t trials,
                                         double wanted = 0.95);

}  // namespace analysis
