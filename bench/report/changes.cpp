#include "bench/report/changes.hpp"

#include <fmt/format.h>

#include "bench/report/document.hpp"

namespace report {

Grid changes_of(const std::vector<analysis::DifferenceRow>& rows) {
    Grid grid{.caption = "CPU a request: B against A",
              .head = {"workload", "model", "A, µs", "B, µs", "ratio", "verdict", "p, adjusted"},
              .rows = {}};
    for (const analysis::DifferenceRow& row : rows) {
        const auto& interval = row.ratio_interval_95;
        grid.rows.push_back(
            {row.workload, row.model, figure(row.base_median_us), figure(row.fresh_median_us),
             fmt::format("{:.3f}", row.ratio) +
                 (interval ? fmt::format(" [{:.3f}..{:.3f}]", interval->low, interval->high) : ""),
             std::string{name_of(row.verdict)}, fmt::format("{:.2g}", row.p_adjusted)});
    }
    return grid;
}

Grid unlike_of(const lab::Result& a, const lab::Result& b) {
    Grid grid{
        .caption = "In what the two results are not alike", .head = {"what", "A", "B"}, .rows = {}};
    for (const analysis::Unlike& each : analysis::unlike(a, b))
        grid.rows.push_back({each.what, each.base, each.fresh});
    return grid;
}

}  // namespace report
