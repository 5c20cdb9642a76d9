#include "bench/analysis/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>

#include <fmt/format.h>

#include "bench/analysis/rank_sum.hpp"
#include "bench/analysis/statistics.hpp"

namespace analysis {
namespace {

using lab::Cell;
using Value = std::optional<double>;

template <class Number>
Value as_value(const std::optional<Number>& number) {
    if (!number) return std::nullopt;
    return static_cast<double>(*number);
}

std::vector<double> values_of(const ByRound& by_round) {
    std::vector<double> values;
    values.reserve(by_round.size());
    for (const auto& [round, value] : by_round) values.push_back(value);
    return values;
}

void add_spread(const std::vector<double>& values, lab::SummaryRow& row) {
    row.rounds = static_cast<int>(values.size());
    if (values.empty()) return;
    row.median = median(values);
    row.least = *std::min_element(values.begin(), values.end());
    row.most = *std::max_element(values.begin(), values.end());
    row.interval_95 = median_interval(values);
}

void add_ratio(const std::vector<double>& values, lab::SummaryRow& row) {
    if (values.empty()) return;
    row.ratio = median(values);
    row.ratio_interval_95 = median_interval(values);
}

// So many rounds cannot tell even if all agree: the least p-value, times the comparisons made.
bool too_few(std::size_t rounds, std::size_t comparisons) {
    return 2 * std::pow(0.5, static_cast<double>(rounds)) * static_cast<double>(comparisons) >
           significance;
}

// Rounds in which the load side may have set the pace: how a server batches its work is then the
// clients' doing, and what a request costs it says little of the model.
std::set<int> limited_rounds(const lab::Result& result, const std::string& model,
                             const std::string& workload) {
    std::set<int> rounds;
    for (const Cell& cell : result.cells) {
        const bool limited = cell.load && cell.load->was_the_limit.value_or(false);
        if (limited && cell.model == model && cell.workload == workload) rounds.insert(cell.round);
    }
    return rounds;
}

ByRound without(ByRound values, const std::set<int>& rounds) {
    for (const int round : rounds) values.erase(round);
    return values;
}

// What a verdict says of the direction: 0 for no difference.
int direction_of(lab::Verdict verdict) {
    if (verdict == lab::Verdict::better) return -1;
    return verdict == lab::Verdict::worse ? 1 : 0;
}

// A row with its verdict and its second opinion under way.
struct Comparison {
    lab::SummaryRow* row = nullptr;
    std::size_t rounds = 0;  // on which both opinions stand
    double log_ratio = 0;  // their median
    Test signed_rank;  // of the verdict
    Test mann_whitney;
};

// What a verdict is made of, of so many rounds that have both; none where no round is left that
// may be judged.
std::optional<Comparison> compare(const ByRound& values, const ByRound& base, std::size_t rounds,
                                  lab::SummaryRow& row) {
    if (row.model == row.baseline || !row.ratio) return std::nullopt;
    std::vector<double> logs;
    for (const double ratio : ratios(values, base)) logs.push_back(std::log(ratio));
    if (logs.size() < rounds) {
        row.verdict_reason =
            fmt::format("the load side was the limit in {} of {} rounds, which are not judged",
                        rounds - logs.size(), rounds);
    }
    if (logs.empty()) return std::nullopt;
    const Test test = signed_rank(logs);
    row.p_value = test.p;
    return Comparison{&row, logs.size(), median(logs), test,
                      mann_whitney(logs_of(values), logs_of(base))};
}

void add_second_opinions(const std::vector<Comparison>& family) {
    std::vector<double> p_values;
    p_values.reserve(family.size());
    for (const Comparison& each : family) p_values.push_back(each.mann_whitney.p);
    const std::vector<double> adjusted = holm(p_values);
    for (std::size_t at = 0; at < family.size(); ++at) {
        lab::SummaryRow* const row = family[at].row;
        const Test& test = family[at].mann_whitney;
        row->p_mann_whitney = test.p;
        row->p_mann_whitney_adjusted = adjusted[at];
        row->mann_whitney_method = method_name(test.exact);
        if (row->verdict == lab::Verdict::too_few_rounds) continue;
        const int found = adjusted[at] <= significance ? test.direction : 0;
        row->second_opinion =
            found == direction_of(*row->verdict) ? lab::Opinion::agrees : lab::Opinion::differs;
    }
}

// Where the ranks weigh to one side and the median lies on the other, the p-value stands for a
// direction that the ratio beside it denies: the rounds are of two kinds, and no word is for both.
void judge(const Comparison& comparison) {
    lab::SummaryRow& row = *comparison.row;
    const int direction = comparison.signed_rank.direction;
    if (comparison.log_ratio * direction > 0) {
        row.verdict = direction < 0 ? lab::Verdict::better : lab::Verdict::worse;
        return;
    }
    row.verdict = lab::Verdict::no_detectable_difference;
    row.verdict_reason += fmt::format(
        "{}the test finds {} CPU a request (p = {:.2g}), the median ratio of the rounds is {:.3f}: "
        "they are of two kinds",
        row.verdict_reason.empty() ? "" : "; ", direction < 0 ? "less" : "more", *row.p_adjusted,
        std::exp(comparison.log_ratio));
}

// Rows of one workload's primary metric.
void add_verdicts(const std::vector<Comparison>& family) {
    std::vector<double> p_values;
    p_values.reserve(family.size());
    for (const Comparison& each : family) p_values.push_back(*each.row->p_value);
    const std::vector<double> adjusted = holm(p_values);
    for (std::size_t at = 0; at < family.size(); ++at) {
        lab::SummaryRow& row = *family[at].row;
        row.p_adjusted = adjusted[at];
        if (adjusted[at] <= significance) {
            judge(family[at]);
        } else {
            row.verdict = too_few(family[at].rounds, family.size())
                              ? lab::Verdict::too_few_rounds
                              : lab::Verdict::no_detectable_difference;
        }
    }
}

std::vector<lab::SummaryRow> rows_of(const lab::Result& result, const lab::Workload& workload,
                                     const Metric& metric) {
    const std::string baseline = baseline_for(result, workload);
    const ByRound base = figures(result, baseline, workload.id, metric);
    std::vector<lab::SummaryRow> rows;
    for (const lab::Model& model : result.models) {
        const ByRound values = figures(result, model.name, workload.id, metric);
        if (values.empty()) continue;
        lab::SummaryRow row;
        row.model = model.name;
        row.workload = workload.id;
        row.metric = metric.name;
        row.baseline = base.empty() ? "" : baseline;
        add_spread(values_of(values), row);
        add_ratio(ratios(values, base), row);
        rows.push_back(std::move(row));
    }
    if (metric.name != primary_metric) return rows;
    const ByRound fair_base = judged_figures(result, baseline, workload.id, metric);
    std::vector<Comparison> family;
    for (lab::SummaryRow& row : rows) {
        const auto values = judged_figures(result, row.model, workload.id, metric);
        const std::size_t rounds =
            ratios(figures(result, row.model, workload.id, metric), base).size();
        if (const auto comparison = compare(values, fair_base, rounds, row))
            family.push_back(*comparison);
    }
    add_verdicts(family);
    add_second_opinions(family);
    return rows;
}

}  // namespace

const std::vector<Metric>& metrics() {
    static const std::vector<Metric> all{
        {primary_metric,
         [](const Cell& cell) { return cell.server ? cell.server->cpu_us_per_request : Value{}; }},
        {"system_calls_per_request",
         [](const Cell& cell) {
             return cell.server ? cell.server->system_calls_per_request : Value{};
         }},
        {"wakeups_per_request",
         [](const Cell& cell) { return cell.server ? cell.server->wakeups_per_request : Value{}; }},
        {"events_per_wakeup",
         [](const Cell& cell) { return cell.server ? cell.server->events_per_wakeup : Value{}; },
         true},
        {"throughput_per_s", [](const Cell& cell) { return cell.throughput_per_s; }, true},
        {"response_p50_us",
         [](const Cell& cell) {
             return cell.response_time ? cell.response_time->p50_us : Value{};
         }},
        {"response_p99_us",
         [](const Cell& cell) {
             return cell.response_time ? cell.response_time->p99_us : Value{};
         }},
        {"service_p50_us",
         [](const Cell& cell) { return cell.service_time ? cell.service_time->p50_us : Value{}; }},
        {"service_p99_us",
         [](const Cell& cell) { return cell.service_time ? cell.service_time->p99_us : Value{}; }},
        {"peak_memory_kib",
         [](const Cell& cell) {
             return cell.server ? as_value(cell.server->peak_memory_kib) : Value{};
         }},
        {"memory_per_connection_bytes",
         [](const Cell& cell) {
             return cell.server ? cell.server->memory_per_connection_bytes : Value{};
         }},
        {"cpu_busy_ratio",
         [](const Cell& cell) { return cell.server ? cell.server->cpu_busy_ratio : Value{}; },
         true},
    };
    return all;
}

const Metric& metric_named(std::string_view name) {
    const auto& all = metrics();
    return *std::find_if(all.begin(), all.end(),
                         [name](const Metric& metric) { return metric.name == name; });
}

ByRound figures(const lab::Result& result, const std::string& model, const std::string& workload,
                const Metric& metric) {
    ByRound values;
    for (const Cell& cell : result.cells) {
        if (cell.model != model || cell.workload != workload) continue;
        if (cell.status != lab::Status::measured) continue;
        if (const Value value = metric.of(cell)) values[cell.round] = *value;
    }
    return values;
}

ByRound judged_figures(const lab::Result& result, const std::string& model,
                       const std::string& workload, const Metric& metric) {
    return without(figures(result, model, workload, metric),
                   limited_rounds(result, model, workload));
}

std::vector<double> logs_of(const ByRound& by_round) {
    std::vector<double> logs;
    for (const auto& [round, value] : by_round) {
        if (value > 0) logs.push_back(std::log(value));
    }
    return logs;
}

std::vector<double> ratios(const ByRound& model, const ByRound& baseline) {
    std::vector<double> all;
    for (const auto& [round, value] : model) {
        const auto base = baseline.find(round);
        if (base != baseline.end() && base->second > 0 && value > 0)
            all.push_back(value / base->second);
    }
    return all;
}

std::string_view method_name(bool exact) noexcept {
    return exact ? "exact" : "normal approximation";
}

std::string baseline_for(const lab::Result& result, const lab::Workload& workload) {
    const auto measured = [&](const std::string& model) {
        return std::any_of(result.cells.begin(), result.cells.end(), [&](const Cell& cell) {
            return cell.model == model && cell.workload == workload.id &&
                   cell.status == lab::Status::measured;
        });
    };
    if (measured(result.run.baseline)) return result.run.baseline;
    for (const lab::Model& model : result.models) {
        if (measured(model.name)) return model.name;
    }
    return "";
}

std::vector<lab::SummaryRow> summarise(const lab::Result& result) {
    std::vector<lab::SummaryRow> rows;
    for (const lab::Workload& workload : result.workloads) {
        for (const Metric& metric : metrics()) {
            auto more = rows_of(result, workload, metric);
            rows.insert(rows.end(), more.begin(), more.end());
        }
    }
    return rows;
}

}  // namespace analysis
