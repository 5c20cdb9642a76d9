#pragma once

#include <string_view>
#include <vector>

#include "bench/analysis/difference.hpp"
#include "bench/lab/result.hpp"
#include "bench/report/view.hpp"

/// What two results, A and B, say of each other.
namespace report {

/// CPU a request, B against A: a row a workload and a model that both have.
[[nodiscard]] Grid changes_of(const std::vector<analysis::DifferenceRow>& rows);

/// In what they are not alike: what, how it was in A, how it is in B.
[[nodiscard]] Grid unlike_of(const lab::Result& a, const lab::Result& b);

/// What to think of where all models have become better, or all worse.
inline constexpr std::string_view moved_together_sentence =
    "All moved the same way. That may well be the machine, not the models: put old and new side by "
    "side in one run, iolab compare --add old='...' --add new='...'.";

}  // namespace report
