#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/lab/result.hpp"

/// Two results side by side: has a model become better or worse since?
namespace analysis {

/// Something that was not the same in two runs, and that figures depend on.
struct Unlike {
    std::string what;  ///< "kernel"
    std::string base, fresh;  ///< how it was then, and now
};

/// Machine, kernel, build, placement, experiment, lengths of the windows, the clients' time-outs,
/// and the workloads and models' arguments that both have. Neither the commit nor the number of
/// rounds: those may differ.
[[nodiscard]] std::vector<Unlike> unlike(const lab::Result& base, const lab::Result& fresh);

/// One model on one workload that both results have. The rounds of two runs are not paired, so
/// that the test is Mann-Whitney's on the logarithms, Holm over the models of the workload, and the
/// ratio Hodges and Lehmann's, with the interval that belongs to the test. A verdict takes both on
/// one side.
struct DifferenceRow {
    std::string workload;
    std::string model;
    int base_rounds = 0, fresh_rounds = 0;
    double base_median_us = 0, fresh_median_us = 0;
    double ratio = 1;  ///< new to base
    std::optional<Interval> ratio_interval_95;
    double p_value = 1, p_adjusted = 1;
    int direction = 0;  ///< what the test says: -1 less, 1 more
    std::string method;  ///< "exact" or "normal approximation"
    lab::Verdict verdict = lab::Verdict::no_detectable_difference;
};

/// Of CPU a request, over the rounds in which the load side was not the limit.
[[nodiscard]] std::vector<DifferenceRow> difference(const lab::Result& base,
                                                    const lab::Result& fresh);

/// Three rows or more, and all have the same verdict, better or worse: that may be the machine.
[[nodiscard]] bool moved_together(const std::vector<DifferenceRow>& rows);

/// What was measured and has no row, a sentence each.
[[nodiscard]] std::vector<std::string> left_out(const lab::Result& base, const lab::Result& fresh);

}  // namespace analysis
