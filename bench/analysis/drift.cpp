#include "bench/analysis/drift.hpp"

#include <cmath>
#include <map>
#include <optional>

#include "bench/analysis/statistics.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/analysis/trend.hpp"

namespace analysis {
namespace {

constexpr double least_change = 0.03;

// The logarithms of a model's figures, its own median taken out.
ByRound centred(ByRound by_round) {
    std::vector<double> logs;
    for (auto& [round, value] : by_round) logs.push_back(value = std::log(value));
    const double middle = logs.empty() ? 0 : median(logs);
    for (auto& [round, value] : by_round) value -= middle;
    return by_round;
}

std::optional<lab::Drift> drift_of(const lab::Result& result, const lab::Workload& workload) {
    lab::Drift drift{.workload = workload.id, .method = {}};
    std::map<int, std::vector<double>> by_round;
    for (const lab::Model& model : result.models) {
        ByRound figure = figures(result, model.name, workload.id, metric_named(primary_metric));
        std::erase_if(figure, [](const auto& item) { return item.second <= 0; });
        drift.models += figure.empty() ? 0 : 1;
        const ByRound around_middle = centred(std::move(figure));
        for (const auto& [round, value] : around_middle) by_round[round].push_back(value);
    }
    if (by_round.size() < 2) return std::nullopt;
    std::vector<double> rounds;
    std::vector<double> means;
    for (const auto& [round, values] : by_round) {
        double sum = 0;
        for (const double value : values) sum += value;
        rounds.push_back(round);
        means.push_back(sum / static_cast<double>(values.size()));
    }
    const double rise = slope(rounds, means);
    const Test test = mann_kendall(means);
    drift.rounds = static_cast<int>(rounds.size());
    drift.last_to_first_ratio = std::exp(rise * (rounds.back() - rounds.front()));
    drift.slope_percent_per_round = 100 * std::expm1(rise);
    drift.p_value = test.p;
    drift.method = method_name(test.exact);
    return drift;
}

}  // namespace

std::vector<lab::Drift> drift(const lab::Result& result) {
    std::vector<lab::Drift> rows;
    for (const lab::Workload& workload : result.workloads) {
        if (auto row = drift_of(result, workload)) rows.push_back(std::move(*row));
    }
    return rows;
}

bool noticeable(const lab::Drift& drift) {
    return drift.p_value <= significance && std::abs(drift.last_to_first_ratio - 1) >= least_change;
}

}  // namespace analysis
