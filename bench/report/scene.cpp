#include "bench/report/scene.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/analysis/statistics.hpp"

namespace report {
namespace {

Scene::Shown shown_of(const lab::Result& result, std::string mark) {
    Scene::Shown shown{
        .result = &result, .mark = std::move(mark), .tables = tables_of(result), .cells = {}};
    for (const lab::Cell& cell : result.cells) {
        if (cell.status == lab::Status::measured)
            shown.cells[{cell.model, cell.workload}].push_back(&cell);
    }
    return shown;
}

using Calls = std::map<std::string, double>;  // by name

// What a model calls, a request, over all its cells.
std::map<std::string, Calls> calls_by_model(const lab::Result& result) {
    std::map<std::string, Calls> all;
    for (const lab::Cell& cell : result.cells) {
        if (!cell.server) continue;
        for (const auto& [name, count] : cell.server->system_calls_per_request_by_name)
            all[cell.model][name] += count;
    }
    return all;
}

// Every call's share in the calls of the model that it has most part in.
Calls largest_shares(std::span<const lab::Result> results) {
    Calls shares;
    for (const lab::Result& result : results) {
        for (const auto& [model, calls] : calls_by_model(result)) {
            double sum = 0;
            for (const auto& [name, count] : calls) sum += count;
            for (const auto& [name, count] : calls)
                shares[name] = std::max(shares[name], sum > 0 ? count / sum : 0);
        }
    }
    return shares;
}

// The names of all system calls, those first that matter most to a model. By their sums, what many
// models call would leave no place to the one call that tells a model from the others. What the
// kernel has counted without a name, "other", has no place at all.
std::vector<std::string> calls_in(std::span<const lab::Result> results) {
    Calls shares = largest_shares(results);
    std::vector<std::string> names;
    names.reserve(shares.size());
    for (const auto& [name, share] : shares) {
        if (name != "other") names.push_back(name);
    }
    std::stable_sort(names.begin(), names.end(),
                     [&](const auto& a, const auto& b) { return shares[a] > shares[b]; });
    return names;
}

}  // namespace

Scene::Scene(std::span<const lab::Result> results) : calls_{calls_in(results)} {
    for (const lab::Result& result : results) {
        const char mark = static_cast<char>('A' + shown_.size());
        shown_.push_back(shown_of(result, results.size() > 1 ? std::string(1, mark) : ""));
        for (const lab::Workload& workload : result.workloads) {
            const auto same = [&](const lab::Workload* other) { return other->id == workload.id; };
            if (std::none_of(workloads_.begin(), workloads_.end(), same))
                workloads_.push_back(&workload);
        }
        for (const lab::Model& model : result.models) places_.emplace(model.name, places_.size());
    }
}

std::size_t Scene::place_of(const std::string& model) const {
    const auto found = places_.find(model);
    return found == places_.end() ? 0 : found->second;
}

std::size_t Scene::place_of_call(const std::string& call) const {
    const auto found = std::find(calls_.begin(), calls_.end(), call);
    return found == calls_.end() ? no_place : static_cast<std::size_t>(found - calls_.begin());
}

std::string Scene::label(const Shown& of, const std::string& model) const {
    return of.mark.empty() ? brief(model) : fmt::format("{}: {}", of.mark, brief(model));
}

const Table* table_of(const Scene::Shown& of, const std::string& workload) {
    for (const Table& table : of.tables) {
        if (table.workload->id == workload) return table.lines.empty() ? nullptr : &table;
    }
    return nullptr;
}

const Scene::Cells& cells_of(const Scene::Shown& of, const std::string& model,
                             const std::string& workload) {
    static const Scene::Cells none;
    const auto found = of.cells.find({model, workload});
    return found == of.cells.end() ? none : found->second;
}

std::optional<double> median_of(const Scene::Cells& cells, const Reading& reading) {
    std::vector<double> values;
    for (const lab::Cell* cell : cells) {
        if (const auto value = reading(*cell)) values.push_back(*value);
    }
    if (values.empty()) return std::nullopt;
    return analysis::median(std::move(values));
}

std::string range_text(const std::vector<std::pair<double, std::string>>& values,
                       std::string_view unit) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const std::string gap = unit.empty() ? "" : " ";
    const std::string high = figure(most->first);
    if (high == figure(least->first)) return fmt::format("{}{}{}", high, gap, unit);
    return fmt::format("{} ({}) to {}{}{} ({})", figure(least->first), least->second, high, gap,
                       unit, most->second);
}

}  // namespace report
