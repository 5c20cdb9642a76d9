#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/analysis/summary.hpp"
#include "bench/report/bars.hpp"
#include "bench/report/plots.hpp"

namespace report {
namespace {

using Value = std::optional<double>;

template <class Number>
Value number(const std::optional<Number>& value) {
    return value ? Value{static_cast<double>(*value)} : std::nullopt;
}

// Switches a thousand right replies.
Value per_thousand(const lab::Cell& cell, std::optional<std::uint64_t> lab::ServerFigures::*which) {
    if (!cell.server || !cell.replies_ok || *cell.replies_ok == 0) return std::nullopt;
    const Value switches = number((*cell.server).*which);
    if (!switches) return std::nullopt;
    return 1000 * *switches / static_cast<double>(*cell.replies_ok);
}

// ## Errors

using Errors = std::array<std::uint64_t, load::error_kinds>;

Errors errors_of(const Scene::Cells& cells) {
    Errors sum{};
    for (const lab::Cell* cell : cells) {
        if (!cell->errors) continue;
        for (std::size_t kind = 0; kind < sum.size(); ++kind) sum[kind] += (*cell->errors)[kind];
    }
    return sum;
}

double total(const Errors& errors) {
    double sum = 0;
    for (const std::uint64_t count : errors) sum += static_cast<double>(count);
    return sum;
}

std::string in_words(load::ErrorKind kind) {
    std::string name{load::name(kind)};
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

// ## Rounds

// The round that lies farthest from its model's median, as a factor.
struct Outlier {
    double factor = 1;
    std::string where;
};

void look_at(const std::string& model, const analysis::ByRound& values, double median,
             Outlier& farthest) {
    if (median <= 0) return;
    for (const auto& [round, value] : values) {
        if (value <= 0) continue;
        const double factor = std::max(value / median, median / value);
        if (factor <= farthest.factor) continue;
        farthest = {factor, fmt::format("{}, round {}: {} instead of {} µs", brief(model), round,
                                        figure(value), figure(median))};
    }
}

void add_rounds(const std::string& label, std::size_t place, const analysis::ByRound& values,
                Plot& plot) {
    Series series{.name = label, .look = Look::line, .place = place};
    for (const auto& [round, value] : values) {
        series.points.push_back({static_cast<double>(round), value});
        plot.table.rows.push_back({label, std::to_string(round), figure(value)});
    }
    plot.series.push_back(std::move(series));
}

// ## Memory

// How figures of several processes came about: "prefork and fork_per_client: of several ...".
std::string processes_note(const Scene::Shown& of) {
    std::map<std::string, std::vector<std::string>> models;  // by what is said of them
    for (const auto& [where, cells] : of.cells) {
        for (const lab::Cell* cell : cells) {
            if (!cell->server || cell->server->memory_note.empty()) continue;
            auto& names = models[cell->server->memory_note];
            if (names.empty() || names.back() != where.first) names.push_back(where.first);
        }
    }
    std::vector<std::string> sentences;
    sentences.reserve(models.size());
    for (const auto& [note, names] : models)
        sentences.push_back(fmt::format("{}: {}.", listed(names), brief(note, 300)));
    return fmt::format("{}", fmt::join(sentences, " "));
}

constexpr std::size_t most_workloads = 6;  // whose bars of memory can be told apart

}  // namespace

std::optional<Plot> memory_plot(const Scene& scene, const Scene::Shown& of) {
    std::vector<std::string> names;
    std::vector<BarRow> rows;
    for (const lab::Model& model : of.result->models) rows.push_back({brief(model.name), {}});
    Named all;
    std::size_t all_workloads = 0;  // of which something was measured
    for (const Table& table : of.tables) {
        if (table.lines.empty() || ++all_workloads > most_workloads) continue;
        names.push_back(brief(table.workload->id, 40));
        for (std::size_t at = 0; at < rows.size(); ++at) {
            const auto& model = of.result->models[at].name;
            const Value kib =
                median_of(cells_of(of, model, table.workload->id), [](const lab::Cell& cell) {
                    return cell.server ? number(cell.server->peak_memory_kib) : Value{};
                });
            rows[at].lengths.push_back(kib ? Value{*kib / 1024} : Value{});
            if (kib)
                all.emplace_back(*kib / 1024, fmt::format("{}, {}", brief(model), names.back()));
        }
    }
    if (all.empty()) return std::nullopt;
    Plot plot = bar_plot("peak memory, MiB", names, rows, Look::side_by_side);
    plot.id = id_of("memory", scene, of.mark);
    plot.title = fmt::format("Peak memory is {}", range_text(all, "MiB"));
    plot.point =
        "A bar is the most memory of a model's server that was resident, median over the rounds, "
        "one bar a workload.";
    plot.note = processes_note(of);
    if (all_workloads > names.size())
        plot.note += fmt::format(
            "{}Drawn are the first {} workloads of {}; the table at the end "
            "of this section has all.",
            plot.note.empty() ? "" : " ", names.size(), all_workloads);
    plot.table.caption = "Peak memory, MiB";
    return plot;
}

std::optional<Plot> switches_plot(const Scene& scene, const Scene::Shown& of,
                                  const std::string& workload) {
    const Table* table = table_of(of, workload);
    if (table == nullptr) return std::nullopt;
    std::vector<BarRow> rows;
    Named totals;
    for (const Line& line : table->lines) {
        const auto& cells = cells_of(of, line.model, workload);
        const auto median = [&](auto which) {
            return median_of(cells,
                             [which](const lab::Cell& cell) { return per_thousand(cell, which); });
        };
        const Value voluntary = median(&lab::ServerFigures::switches_voluntary);
        const Value involuntary = median(&lab::ServerFigures::switches_involuntary);
        if (!voluntary && !involuntary) continue;
        rows.push_back({brief(line.model), {voluntary, involuntary}});
        totals.emplace_back(voluntary.value_or(0) + involuntary.value_or(0), brief(line.model));
    }
    if (totals.empty()) return std::nullopt;
    Plot plot = bar_plot("switches a thousand replies", {"voluntary", "involuntary"}, rows);
    plot.id = id_of("switches", scene, of.mark, workload);
    plot.title =
        fmt::format("{}: {} switches a thousand replies", brief(workload), range_text(totals, ""));
    plot.point =
        "A bar is how often the server's threads left the CPU for a thousand replies, median over "
        "the rounds: voluntary, since there was nothing to do, or involuntary, since another had "
        "its turn.";
    plot.table.caption = fmt::format("Switches a thousand replies, {}", brief(workload));
    return plot;
}

std::optional<Plot> errors_plot(const Scene& scene, const Scene::Shown& of) {
    std::vector<std::string> names;
    for (std::size_t kind = 0; kind < load::error_kinds; ++kind)
        names.push_back(in_words(static_cast<load::ErrorKind>(kind)));
    std::vector<BarRow> rows;
    Named totals;
    for (const Table& table : of.tables) {
        for (const Line& line : table.lines) {
            const Errors errors = errors_of(cells_of(of, line.model, table.workload->id));
            if (total(errors) == 0) continue;
            BarRow row{fmt::format("{}, {}", brief(line.model, 30), brief(table.workload->id, 40)),
                       {}};
            for (const std::uint64_t count : errors)
                row.lengths.emplace_back(static_cast<double>(count));
            totals.emplace_back(total(errors), row.label);
            rows.push_back(std::move(row));
        }
    }
    if (rows.empty()) return std::nullopt;
    Plot plot = bar_plot("errors in all rounds", names, rows);
    plot.id = id_of("errors", scene, of.mark);
    plot.title = fmt::format("Clients met errors in {}: {}", counted(rows.size(), "place"),
                             range_text(totals, "errors"));
    plot.point =
        "A part of a bar is how many requests or connections of a model and a workload "
        "came to nothing in that way, in all rounds together.";
    plot.table.caption = "Errors by kind";
    return plot;
}

std::optional<Plot> rounds_plot(const Scene& scene, const Scene::Shown& of,
                                const std::string& workload) {
    const Table* table = table_of(of, workload);
    if (table == nullptr) return std::nullopt;
    const analysis::Metric& metric = analysis::metric_named(analysis::primary_metric);
    Plot plot;
    plot.table.head = {"model", "round", "CPU µs a request"};
    Outlier farthest;
    std::size_t rounds = 0;
    for (const Line& line : table->lines) {
        const lab::SummaryRow* row = row_of(line, analysis::primary_metric);
        if (row == nullptr) continue;
        const auto values = analysis::figures(*of.result, line.model, workload, metric);
        rounds = std::max(rounds, values.size());
        look_at(line.model, values, *row->median, farthest);
        add_rounds(brief(line.model), scene.place_of(line.model), values, plot);
    }
    if (rounds < 2) return std::nullopt;
    plot.id = id_of("rounds", scene, of.mark, workload);
    plot.title = farthest.where.empty()
                     ? fmt::format("{}: all rounds are alike", brief(workload))
                     : fmt::format("{}: the round farthest from its median is {}", brief(workload),
                                   farthest.where);
    plot.point = "A point is one round of a model, as it was measured. None was removed.";
    plot.x.title = "round";
    plot.y = {.title = "µs of CPU a request", .scale = Scale::logarithmic};
    plot.table.caption = fmt::format("CPU a request by round, µs, {}", brief(workload));
    return plot;
}

}  // namespace report
