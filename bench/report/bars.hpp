#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/report/plot.hpp"
#include "bench/report/scene.hpp"

namespace report {

/// A word for a plot's id: its kind, the result's mark, and the workload's number, since what a
/// document calls a workload may be anything. range: `workload` is empty, or one of the scene
[[nodiscard]] std::string id_of(std::string_view kind, const Scene& scene,
                                const std::string& mark = "", const std::string& workload = "");

/// A row of lying bars.
struct BarRow {
    std::string label;
    std::vector<std::optional<double>> lengths;  ///< a series each; none: not measured
};

/// Bars and the table of the same figures, without id, title and sentence. A series that has no
/// length in any row is left out, and so is a row without any.
/// range: a row has as many lengths as there are names
[[nodiscard]] Plot bar_plot(const std::string& axis, const std::vector<std::string>& names,
                            const std::vector<BarRow>& rows, Look look = Look::bars);

/// Per-model values, for `range_text`.
using Named = std::vector<std::pair<double, std::string>>;

}  // namespace report
