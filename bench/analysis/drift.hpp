#pragma once

#include <vector>

#include "bench/lab/result.hpp"

/// Whether the machine itself became slower or faster while it was measured.
namespace analysis {

/// A row for each workload that was measured in two rounds or more. A round's figure is the
/// geometric mean over the models of CPU a request against the model's own median, so that a
/// model that is missing from a round does not bend it. The slope is Theil and Sen's on the
/// logarithms, the test is Mann-Kendall's.
[[nodiscard]] std::vector<lab::Drift> drift(const lab::Result& result);

/// A change worth a word: a trend at 5 % that comes to 3 % or more from first to last round.
[[nodiscard]] bool noticeable(const lab::Drift& drift);

}  // namespace analysis
