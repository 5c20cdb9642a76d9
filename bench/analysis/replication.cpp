#include "bench/analysis/replication.hpp"

#include <optional>
#include <string>
#include <vector>

#include "bench/analysis/figure.hpp"
#include "bench/analysis/statistics.hpp"

namespace analysis {
namespace {

const lab::Workload* workload_at(const lab::Result& result, const lab::Replication& replication,
                                 double at) {
    for (const lab::Workload& workload : result.workloads) {
        const bool here = workload.point.size() == 1 && workload.point.front().second == at;
        if (workload.name == replication.workload && here) return &workload;
    }
    return nullptr;
}

std::optional<double> now(const lab::Result& result, const lab::Replication& replication,
                          const lab::Replication::Point& point) {
    const lab::Workload* const workload = workload_at(result, replication, point.at);
    if (workload == nullptr) return std::nullopt;
    std::vector<double> figures;
    for (const lab::Cell& cell : result.cells) {
        if (cell.model != point.model || cell.workload != workload->id) continue;
        if (cell.status != lab::Status::measured) continue;
        if (const auto value = figure(cell, replication.figure)) figures.push_back(*value);
    }
    if (figures.empty()) return std::nullopt;
    return median(figures);
}

}  // namespace

lab::ReplicationOutcome replicate(const lab::Replication& replication, const lab::Result& result) {
    lab::ReplicationOutcome outcome{.says = replication.says,
                                    .source = replication.source,
                                    .figure = replication.figure,
                                    .axis = replication.axis,
                                    .points = {}};
    for (const auto& point : replication.points) {
        outcome.points.push_back({.model = point.model,
                                  .at = point.at,
                                  .then = point.then,
                                  .now = now(result, replication, point)});
    }
    return outcome;
}

}  // namespace analysis
