#pragma once

#include <vector>

#include "bench/lab/result.hpp"
#include "bench/lab/signature.hpp"

/// Whether a result shows what its experiment expects.
namespace analysis {

/// Looks for each check in the rounds. Its number is taken inside each round, and what decides is
/// the interval that holds the median of the rounds with 95 %, or, where there are too few rounds
/// for one, the least and the most: inside the bounds it is found, beside them not found, and
/// across one of them inconclusive. So is a check that was not measured.
[[nodiscard]] lab::SignatureOutcome look_for(const std::vector<lab::Check>& signature,
                                             const lab::Result& result);

}  // namespace analysis
