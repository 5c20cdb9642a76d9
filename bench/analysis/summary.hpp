#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/lab/result.hpp"

/// From cells to rows: one for each model, workload and metric.
namespace analysis {

/// A figure of a cell that can be compared; less is better unless it says otherwise.
struct Metric {
    std::string_view name;  ///< with its unit, as in `SummaryRow::metric`
    std::optional<double> (*of)(const lab::Cell& cell);
    bool more_is_better = false;
};

/// The one that verdicts are about.
inline constexpr std::string_view primary_metric = "cpu_us_per_request";

[[nodiscard]] const std::vector<Metric>& metrics();

/// The metric of that name. range: one of `metrics()`.
[[nodiscard]] const Metric& metric_named(std::string_view name);

/// Below it a p-value makes a verdict.
inline constexpr double significance = 0.05;

/// A model's figure on one workload, by round.
using ByRound = std::map<int, double>;

/// Of the rounds in which it was measured.
[[nodiscard]] ByRound figures(const lab::Result& result, const std::string& model,
                              const std::string& workload, const Metric& metric);

/// Those of them that verdicts stand on: of the rounds in which the load side was not the limit.
[[nodiscard]] ByRound judged_figures(const lab::Result& result, const std::string& model,
                                     const std::string& workload, const Metric& metric);

/// Their natural logarithms; a figure that is not above 0 has none and is left out.
[[nodiscard]] std::vector<double> logs_of(const ByRound& by_round);

/// A model to its baseline, inside each round that has both with figures above 0.
[[nodiscard]] std::vector<double> ratios(const ByRound& model, const ByRound& baseline);

/// "exact" or "normal approximation", as documents have it.
[[nodiscard]] std::string_view method_name(bool exact) noexcept;

/// The model that ratios refer to on a workload: the wanted one if it was measured
/// there, else the first that was; empty if none was.
[[nodiscard]] std::string baseline_for(const lab::Result& result, const lab::Workload& workload);

/// Recomputes the summary from the cells. Ratios are medians of the ratios inside each
/// round, in which both were measured one soon after the other. The primary metric has
/// a verdict: exact signed-rank test on the rounds' log ratios, Holm over the models of
/// the workload, 5 %, in the test's direction; none is detectable where the median ratio lies on
/// the other side. Beside it stands a second opinion, which has no say: Mann-Whitney on
/// the logarithms of the same figures, with Holm as well.
[[nodiscard]] std::vector<lab::SummaryRow> summarise(const lab::Result& result);

}  // namespace analysis
