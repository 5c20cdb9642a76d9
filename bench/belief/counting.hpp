#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/analysis/statistics.hpp"
#include "bench/lab/result.hpp"

/// How often verdicts are right: a long series of rounds, cut into comparisons.
namespace belief {

/// What comparisons said.
struct Tally {
    std::uint64_t comparisons = 0;
    std::uint64_t better = 0, worse = 0;
    std::uint64_t undecided = 0;  ///< too few rounds, or no verdict at all

    Tally& operator+=(const Tally& more) noexcept;

    /// Of comparisons that said better or worse, with the interval of Clopper and Pearson.
    [[nodiscard]] double share_told() const noexcept;
    [[nodiscard]] analysis::Interval told_interval() const;
    /// Of comparisons that said worse, likewise.
    [[nodiscard]] double share_worse() const noexcept;
    [[nodiscard]] analysis::Interval worse_interval() const;
};

/// The series in disjoint windows of so many rounds each, in order; what is left at the end
/// is dropped. A round with failed cells counts as it does in a comparison.
/// range: rounds >= 1.
[[nodiscard]] std::vector<lab::Result> windows(const lab::Result& series, int rounds);

/// Judges `model` against `base` in one window by `analysis::summarise`, as one of `family`
/// comparisons. The others are of `base` with itself, which is the least that they can show,
/// so that Holm's correction takes the whole factor `family`.
void judge(const lab::Result& window, const std::string& base, const std::string& model, int family,
           Tally& tally);

/// CPU a request of `model` over that of `base`, a value for each round that has both.
[[nodiscard]] std::vector<double> true_ratios(const lab::Result& series, const std::string& base,
                                              const std::string& model);

}  // namespace belief
