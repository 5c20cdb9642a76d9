#include "bench/belief/counting.hpp"

#include <cstddef>

#include <fmt/format.h>

#include "bench/analysis/binomial.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/belief/series.hpp"

namespace belief {
namespace {

double share(std::uint64_t hits, std::uint64_t trials) noexcept {
    return trials == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(trials);
}

lab::Model named(const std::string& name) {
    lab::Model model;
    model.name = name;
    return model;
}

// One that has nothing but the cells of `name`, under another name if so wanted.
void add_cells(const lab::Result& from, const std::string& name, const std::string& as,
               lab::Result& to) {
    to.models.push_back(named(as));
    for (const lab::Cell& cell : from.cells) {
        if (cell.model != name) continue;
        to.cells.push_back(cell);
        to.cells.back().model = as;
    }
}

}  // namespace

Tally& Tally::operator+=(const Tally& more) noexcept {
    comparisons += more.comparisons;
    better += more.better;
    worse += more.worse;
    undecided += more.undecided;
    return *this;
}
double Tally::share_told() const noexcept {
    return share(better + worse, comparisons);
}
double Tally::share_worse() const noexcept {
    return share(worse, comparisons);
}
analysis::Interval Tally::told_interval() const {
    return analysis::binomial_interval(better + worse, comparisons);
}
analysis::Interval Tally::worse_interval() const {
    return analysis::binomial_interval(worse, comparisons);
}

std::vector<lab::Result> windows(const lab::Result& series, int rounds) {
    std::vector<lab::Result> all(static_cast<std::size_t>(rounds_of(series) / rounds));
    for (lab::Result& window : all) {
        window.run = series.run;
        window.models = series.models;
        window.workloads = series.workloads;
    }
    for (const lab::Cell& cell : series.cells) {
        const auto at = static_cast<std::size_t>((cell.round - 1) / rounds);
        if (at < all.size()) all[at].cells.push_back(cell);
    }
    return all;
}

void judge(const lab::Result& window, const std::string& base, const std::string& model, int family,
           Tally& tally) {
    lab::Result comparison;
    comparison.workloads = window.workloads;
    comparison.run.baseline = base;
    add_cells(window, base, base, comparison);
    add_cells(window, model, model, comparison);
    for (int other = 1; other < family; ++other)
        add_cells(window, base, fmt::format("{} again {}", base, other), comparison);
    for (const lab::SummaryRow& row : analysis::summarise(comparison)) {
        if (row.model != model || row.metric != analysis::primary_metric) continue;
        ++tally.comparisons;
        tally.better += row.verdict == lab::Verdict::better ? 1 : 0;
        tally.worse += row.verdict == lab::Verdict::worse ? 1 : 0;
        tally.undecided += !row.verdict || row.verdict == lab::Verdict::too_few_rounds ? 1 : 0;
    }
}

std::vector<double> true_ratios(const lab::Result& series, const std::string& base,
                                const std::string& model) {
    const auto& metric = analysis::metric_named(analysis::primary_metric);
    std::vector<double> ratios;
    for (const lab::Workload& workload : series.workloads) {
        const auto bases = analysis::figures(series, base, workload.id, metric);
        for (const auto& [round, value] : analysis::figures(series, model, workload.id, metric)) {
            const auto found = bases.find(round);
            if (found != bases.end() && found->second > 0) ratios.push_back(value / found->second);
        }
    }
    return ratios;
}

}  // namespace belief
