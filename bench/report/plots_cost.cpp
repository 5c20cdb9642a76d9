#include "bench/report/plots.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>

#include <fmt/format.h>

#include "bench/analysis/summary.hpp"
#include "bench/report/bars.hpp"

namespace report {
namespace {

constexpr std::string_view primary = analysis::primary_metric;

// ## Overview

// What a row of the overview has: a model of a result, beside its baseline.
struct Row {
    const Scene::Shown* of = nullptr;
    const lab::SummaryRow* summary = nullptr;
};

std::vector<Row> rows_of(const Scene& scene, const std::string& workload) {
    std::vector<Row> rows;
    for (const Scene::Shown& of : scene.shown()) {
        const Table* table = table_of(of, workload);
        if (table == nullptr) continue;
        for (const Line& line : table->lines) {
            const lab::SummaryRow* row = row_of(line, primary);
            if (row != nullptr && row->ratio && row->model != row->baseline)
                rows.push_back({&of, row});
        }
    }
    std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
        return scene.place_of(a.summary->model) < scene.place_of(b.summary->model);
    });
    return rows;
}

// The rounds say neither that there is a difference nor that none can be seen.
bool is_undecided(const lab::SummaryRow& row) {
    return !row.verdict || *row.verdict == lab::Verdict::too_few_rounds;
}

// What a chart says below a name, where no difference is borne out.
std::string remark_on(const lab::SummaryRow& row) {
    if (!row.verdict) return "no verdict: load limit";
    switch (*row.verdict) {
        case lab::Verdict::better:
        case lab::Verdict::worse: return "";
        case lab::Verdict::no_detectable_difference: return "no difference seen";
        case lab::Verdict::too_few_rounds: return "no verdict: few rounds";
    }
    return "";
}

// The verdict, behind the symbol that the chart has where there is none.
std::string marked_verdict(const Scene& scene, const Row& row) {
    std::string verdict = verdict_text(row.summary);
    if (!is_undecided(*row.summary)) return verdict;
    return fmt::format("{} {}", row.of == &scene.shown().front() ? "◇" : "△", verdict);
}

// Points of one row lie a little above and below each other, so that equal ones can be counted.
double jitter(std::size_t at) {
    return (static_cast<double>(at * 3 % 7) - 3) * 0.07;
}

void add_rounds(const Row& row, double y, Series& cloud) {
    const analysis::Metric& metric = analysis::metric_named(primary);
    const auto& [of, summary] = row;
    const auto base = analysis::figures(*of->result, summary->baseline, summary->workload, metric);
    const auto values = analysis::figures(*of->result, summary->model, summary->workload, metric);
    for (const double ratio : analysis::ratios(values, base))
        cloud.points.push_back({ratio, y + jitter(cloud.points.size())});
}

void add_median(const lab::SummaryRow& row, double y, Series& marks) {
    marks.points.push_back({*row.ratio, y});
    const auto& interval = row.ratio_interval_95;
    marks.low.push_back(interval ? interval->low : std::nan(""));
    marks.high.push_back(interval ? interval->high : std::nan(""));
}

Grid ratio_grid(const Scene& scene, const std::vector<Row>& rows, const std::string& workload) {
    Grid grid{.caption = fmt::format("CPU a request against the baseline, {}", brief(workload)),
              .head = {"model", "baseline", "rounds", "ratio", "interval", "its coverage",
                       "p, adjusted", "verdict"},
              .rows = {}};
    for (const Row& each : rows) {
        const auto& [of, row] = each;
        const auto& interval = row->ratio_interval_95;
        grid.rows.push_back(
            {scene.label(*of, row->model), brief(row->baseline), std::to_string(row->rounds),
             fmt::format("{:.3f}", *row->ratio),
             interval ? fmt::format("{:.3f}..{:.3f}", interval->low, interval->high) : "–",
             interval ? fmt::format("{:.1f} %", 100 * interval->coverage) : "–",
             row->p_adjusted ? fmt::format("{:.2g}", *row->p_adjusted) : "–",
             marked_verdict(scene, each)});
    }
    return grid;
}

std::string baselines_text(const std::vector<Row>& rows) {
    std::vector<std::string> names;
    for (const Row& row : rows) {
        const std::string name = brief(row.summary->baseline);
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return listed(names);
}

// Logarithmic where the rows lie far apart: the small ones would be squeezed.
Scale scale_for(const std::vector<Row>& rows) {
    double least = 1;
    double most = 1;
    for (const Row& row : rows) {
        least = std::min(least, *row.summary->ratio);
        most = std::max(most, *row.summary->ratio);
    }
    return most > 3 * least ? Scale::logarithmic : Scale::linear;
}

std::string overview_title(const Scene& scene, const std::string& workload) {
    std::string text;
    for (const Scene::Shown& of : scene.shown()) {
        const Table* table = table_of(of, workload);
        if (table == nullptr) continue;
        const std::string finding = finding_of(*table);
        if (finding.empty()) continue;
        text += (text.empty() ? "" : "; ") + (of.mark.empty() ? "" : of.mark + ": ") + finding;
    }
    return fmt::format("{}: {}", brief(workload), text);
}

// What the verdicts of a table say, with the models that it says it of.
struct Said {
    std::vector<std::pair<double, std::string>> differ;  // by ratio
    bool equal = false, too_few = false, unjudged = false;
};

Said said_in(const Table& table) {
    Said said;
    for (const Line& line : table.lines) {
        const lab::SummaryRow* row = row_of(line, primary);
        if (row == nullptr || !row->ratio || row->model == row->baseline) continue;
        if (!row->verdict) {
            said.unjudged = true;
            continue;
        }
        switch (*row->verdict) {
            case lab::Verdict::better:
            case lab::Verdict::worse: said.differ.emplace_back(*row->ratio, line.model); break;
            case lab::Verdict::no_detectable_difference: said.equal = true; break;
            case lab::Verdict::too_few_rounds: said.too_few = true; break;
        }
    }
    std::sort(said.differ.rbegin(), said.differ.rend());
    return said;
}

// From here on, what prints as 2.00, a ratio is told as so many times.
constexpr double twice = 1.995;

// "4.92 times", "7.2 % less".
std::string difference_words(double ratio) {
    if (ratio >= twice) return figure(ratio) + " times";
    const double percent = 100 * std::abs(ratio - 1);
    return fmt::format("{:.{}f} % {}", percent, percent < 9.5 ? 1 : 0, ratio < 1 ? "less" : "more");
}

// What the symbols of a row are in the legend.
Series medians_of(const Scene& scene, std::size_t at, Look look) {
    const std::string& mark = scene.shown()[at].mark;
    const char* const decides = look == Look::hollow_marks ? ", no verdict" : "";
    return {.name = (mark.empty() ? "median and interval" : "median, " + mark) + decides,
            .look = look,
            .place = at};
}

// Rows without a verdict are drawn otherwise, and say so.
void add_medians(const Scene& scene, const std::vector<Row>& rows, Plot& plot) {
    for (std::size_t at = 0; at < scene.shown().size(); ++at) {
        Series decided = medians_of(scene, at, Look::marks);
        Series undecided = medians_of(scene, at, Look::hollow_marks);
        for (std::size_t y = 0; y < rows.size(); ++y) {
            if (rows[y].of != &scene.shown()[at]) continue;
            const lab::SummaryRow& row = *rows[y].summary;
            add_median(row, static_cast<double>(y), is_undecided(row) ? undecided : decided);
        }
        for (Series* const series : {&decided, &undecided}) {
            if (!series->points.empty()) plot.series.push_back(std::move(*series));
        }
    }
}

std::string undecided_note(const std::vector<Row>& rows) {
    const auto is_one = [](const Row& row) { return is_undecided(*row.summary); };
    if (std::none_of(rows.begin(), rows.end(), is_one)) return "";
    return "A hollow symbol and a broken bar rank nothing: there is no verdict, since the clients "
           "set the pace (load limit) or the rounds are too few.";
}

// ## CPU

// Of the CPU time that clock ticks tell apart, the kernel's share.
std::optional<double> system_share(const Scene::Cells& cells) {
    double user = 0;
    double system = 0;
    for (const lab::Cell* cell : cells) {
        if (!cell->server) continue;
        user += cell->server->cpu_user_ms.value_or(0);
        system += cell->server->cpu_system_ms.value_or(0);
    }
    if (user + system <= 0) return std::nullopt;
    return system / (user + system);
}

std::string percent_range(const Named& shares) {
    const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
    const std::string low = fmt::format("{:.0f}", 100 * least->first);
    const std::string high = fmt::format("{:.0f}", 100 * most->first);
    return low == high ? high : fmt::format("{} to {}", low, high);
}

// ## Calls

using Calls = std::map<std::string, double>;  // a request, by name

std::set<std::string> names_in(const Scene::Cells& cells) {
    std::set<std::string> names;
    for (const lab::Cell* cell : cells) {
        if (!cell->server) continue;
        for (const auto& [name, count] : cell->server->system_calls_per_request_by_name)
            names.insert(name);
    }
    return names;
}

// A call that a round did not see was made 0 times in it.
Calls calls_of(const Scene::Cells& cells) {
    Calls calls;
    for (const std::string& name : names_in(cells)) {
        const auto count = [&](const lab::Cell& cell) -> std::optional<double> {
            if (!cell.server || !cell.server->system_calls_per_request) return std::nullopt;
            const auto& by_name = cell.server->system_calls_per_request_by_name;
            const auto found = by_name.find(name);
            return found == by_name.end() ? 0 : found->second;
        };
        calls[name] = median_of(cells, count).value_or(0);
    }
    return calls;
}

constexpr std::size_t most_calls = 14;  // that colour and hatching tell apart, beside the rest

// The calls that have a place of their own, over all workloads; the rest is one entry.
std::vector<std::string> main_calls(const Scene& scene, const std::vector<Calls>& all) {
    std::vector<std::string> names;
    for (const Calls& calls : all) {
        for (const auto& [name, count] : calls) {
            const bool seen = std::find(names.begin(), names.end(), name) != names.end();
            const bool has_place = scene.place_of_call(name) < most_calls;
            if (count > 0 && !seen && has_place) names.push_back(name);
        }
    }
    std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
        return scene.place_of_call(a) < scene.place_of_call(b);
    });
    return names;
}

// A call keeps its colour in all plots, and the rest has the last one.
void colour_calls(const Scene& scene, const std::vector<std::string>& calls, Plot& plot) {
    for (Series& series : plot.series) {
        const auto of_series = [&](const std::string& call) {
            return brief(call, 30) == series.name;
        };
        const auto found = std::find_if(calls.begin(), calls.end(), of_series);
        series.place = found == calls.end() ? most_calls : scene.place_of_call(*found);
    }
}

BarRow bar_of(const std::string& label, Calls calls, const std::vector<std::string>& names) {
    BarRow row{.label = label, .lengths = {}};
    for (const std::string& name : names) {
        row.lengths.emplace_back(calls[name]);
        calls.erase(name);
    }
    double others = 0;
    for (const auto& [name, count] : calls) others += count;
    row.lengths.emplace_back(others);
    return row;
}

}  // namespace

std::string ratio_words(double ratio, std::string_view other) {
    const bool times = ratio >= twice;
    return fmt::format("{} {} {}", difference_words(ratio), times ? "the CPU of" : "CPU than",
                       other);
}

std::string finding_of(const Table& table) {
    const Said said = said_in(table);
    const std::string base = brief(table.baseline);
    std::vector<std::string> parts;
    for (const auto& [ratio, model] : said.differ) {
        parts.push_back(parts.empty()
                            ? fmt::format("{} needs {}", brief(model), ratio_words(ratio, base))
                            : fmt::format("{} {}", brief(model), difference_words(ratio)));
    }
    if (!parts.empty()) return listed(parts, 3);
    if (said.equal) return fmt::format("no difference from {} could be detected", base);
    if (said.too_few) return "too few rounds for a verdict";
    return said.unjudged ? "no verdict, since the load was the limit" : "";
}

std::optional<Plot> overview_plot(const Scene& scene, const std::string& workload) {
    const std::vector<Row> rows = rows_of(scene, workload);
    if (rows.empty()) return std::nullopt;
    Plot plot{.id = id_of("overview", scene, "", workload),
              .title = overview_title(scene, workload),
              .point = fmt::format(
                  "A small point is one round: CPU a request of the model over that of {} in the "
                  "same round. The large symbol is the median of the rounds, the bar an interval "
                  "that holds it with at least 95 %. Left of 1 is less CPU.",
                  baselines_text(rows)),
              .note = undecided_note(rows),
              .x = {.title = fmt::format("CPU a request, as a ratio to {}", baselines_text(rows)),
                    .scale = scale_for(rows)},
              .y = {},
              .series = {{.name = "one round", .look = Look::cloud},
                         {.name = "as much CPU", .look = Look::rule}},
              .table = ratio_grid(scene, rows, workload)};
    for (std::size_t at = 0; at < rows.size(); ++at) {
        plot.y.names.push_back(scene.label(*rows[at].of, rows[at].summary->model));
        plot.y.remarks.push_back(remark_on(*rows[at].summary));
        add_rounds(rows[at], static_cast<double>(at), plot.series[0]);
    }
    add_medians(scene, rows, plot);
    plot.series[1].points = {{1, -0.5}, {1, static_cast<double>(rows.size()) - 0.5}};
    return plot;
}

std::optional<Plot> cpu_plot(const Scene& scene, const Scene::Shown& of,
                             const std::string& workload) {
    const Table* table = table_of(of, workload);
    if (table == nullptr) return std::nullopt;
    std::vector<BarRow> rows;
    Named costs;
    Named shares;
    for (const Line& line : table->lines) {
        const lab::SummaryRow* row = row_of(line, primary);
        if (row == nullptr) continue;
        const std::string name = brief(line.model);
        const double cost = *row->median;
        costs.emplace_back(cost, name);
        const auto share = system_share(cells_of(of, line.model, workload));
        if (share) shares.emplace_back(*share, name);
        using Length = std::optional<double>;
        rows.push_back({name,
                        {share ? cost * *share : Length{}, share ? cost * (1 - *share) : Length{},
                         share ? Length{} : cost}});
    }
    if (costs.empty()) return std::nullopt;
    Plot plot = bar_plot("µs of CPU a request",
                         {"in the kernel", "in the program", "not told apart"}, rows);
    plot.id = id_of("cpu", scene, of.mark, workload);
    plot.title = fmt::format(
        "{}: a request costs {} of CPU{}", brief(workload), range_text(costs, "µs"),
        shares.empty() ? "" : fmt::format(", {} % of it in the kernel", percent_range(shares)));
    plot.point =
        "A bar is a model's CPU time a request, median over the rounds. Its parts are those that "
        "clock ticks tell apart, summed over all rounds.";
    plot.table.caption = fmt::format("CPU a request, µs, {}", brief(workload));
    return plot;
}

std::optional<Plot> calls_plot(const Scene& scene, const Scene::Shown& of,
                               const std::string& workload) {
    const Table* table = table_of(of, workload);
    if (table == nullptr) return std::nullopt;
    std::vector<Calls> all;
    std::vector<std::string> models;
    Named totals;
    for (const Line& line : table->lines) {
        const lab::SummaryRow* row = row_of(line, "system_calls_per_request");
        Calls calls = calls_of(cells_of(of, line.model, workload));
        if (row == nullptr || calls.empty()) continue;
        all.push_back(std::move(calls));
        models.push_back(brief(line.model));
        totals.emplace_back(*row->median, models.back());
    }
    if (totals.empty()) return std::nullopt;
    const std::vector<std::string> calls = main_calls(scene, all);
    std::vector<BarRow> rows;
    for (std::size_t at = 0; at < all.size(); ++at)
        rows.push_back(bar_of(models[at], all[at], calls));
    std::vector<std::string> names;
    names.reserve(calls.size() + 1);
    for (const std::string& call : calls) names.push_back(brief(call, 30));
    names.emplace_back("others");
    Plot plot = bar_plot("system calls a request", names, rows);
    colour_calls(scene, calls, plot);
    plot.id = id_of("calls", scene, of.mark, workload);
    plot.title =
        fmt::format("{}: {} system calls a request", brief(workload), range_text(totals, ""));
    plot.point =
        "A part of a bar is how often the server makes that call for one request, median "
        "over the rounds.";
    plot.table.caption = fmt::format("System calls a request, {}", brief(workload));
    return plot;
}

}  // namespace report
