#include "bench/report/bars.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace report {
namespace {

bool any_length(const std::vector<BarRow>& rows, std::size_t series) {
    return std::any_of(rows.begin(), rows.end(), [series](const BarRow& row) {
        return row.lengths[series].value_or(0) != 0;
    });
}

bool is_empty(const BarRow& row) {
    return std::none_of(row.lengths.begin(), row.lengths.end(),
                        [](const auto& length) { return length.has_value(); });
}

void add_series(const std::string& name, std::size_t at, const std::vector<BarRow>& rows, Look look,
                Plot& plot) {
    Series series{.name = name, .look = look, .place = plot.series.size()};
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto& length = rows[row].lengths[at];
        if (length) series.points.push_back({*length, static_cast<double>(row)});
        plot.table.rows[row].push_back(length ? figure(*length) : "–");
    }
    plot.table.head.push_back(name);
    plot.series.push_back(std::move(series));
}

}  // namespace

std::string id_of(std::string_view kind, const Scene& scene, const std::string& mark,
                  const std::string& workload) {
    std::string id{kind};
    if (!mark.empty()) id += '-' + mark;
    for (std::size_t at = 0; at < scene.workloads().size(); ++at) {
        if (scene.workloads()[at]->id == workload) return fmt::format("{}-{}", id, at + 1);
    }
    return id + "-all";
}

Plot bar_plot(const std::string& axis, const std::vector<std::string>& names,
              const std::vector<BarRow>& all, Look look) {
    Plot plot;
    plot.x.title = axis;
    plot.table.head = {"model"};
    std::vector<BarRow> rows;
    std::copy_if(all.begin(), all.end(), std::back_inserter(rows),
                 [](const BarRow& row) { return !is_empty(row); });
    for (const BarRow& row : rows) {
        plot.y.names.push_back(row.label);
        plot.table.rows.push_back({row.label});
    }
    for (std::size_t at = 0; at < names.size(); ++at) {
        if (any_length(rows, at)) add_series(names[at], at, rows, look, plot);
    }
    return plot;
}

}  // namespace report
