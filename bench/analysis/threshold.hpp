#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/lab/result.hpp"

/// Bounds that a comparison has to keep: `epoll_lt.p99_us < 5000`.
namespace analysis {

enum class Bound { below, at_most, above, at_least };

struct Threshold {
    std::string text;  ///< as it was given
    std::string model;  ///< a name or a pattern
    std::string metric;  ///< a name of `metrics()`
    Bound bound = Bound::below;
    double limit = 0;
};

/// From MODEL.METRIC, one of < <= > >=, and a number. `p50_us` and `p99_us` are
/// short for the response time's.
/// errors: throws std::invalid_argument, whose text says what is wrong with it.
[[nodiscard]] Threshold parse_threshold(std::string_view text);

/// Whether each of them speaks of a model of the run: of another it can say nothing, ever.
/// errors: throws std::invalid_argument, whose text names the models that there are.
void check_models(const std::vector<Threshold>& thresholds, const std::vector<lab::Model>& models);

/// What each threshold says of each workload's median. One that nothing was measured
/// for does not hold either.
[[nodiscard]] std::vector<lab::ThresholdOutcome> check(const lab::Result& result,
                                                       const std::vector<Threshold>& thresholds);

}  // namespace analysis
