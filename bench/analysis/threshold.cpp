#include "bench/analysis/threshold.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include <fmt/format.h>

#include "bench/analysis/summary.hpp"
#include "bench/lab/text.hpp"

namespace analysis {
namespace {

constexpr std::string_view shape = "expected MODEL.METRIC < NUMBER (or <=, >, >=)";

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
    throw std::invalid_argument{fmt::format("threshold `{}`: {}", text, why)};
}

std::string metric_called(std::string_view name, std::string_view text) {
    if (name == "p50_us" || name == "p99_us") return fmt::format("response_{}", name);
    std::string names;
    for (const Metric& metric : metrics()) {
        if (metric.name == name) return std::string{name};
        names += fmt::format("{}{}", names.empty() ? "" : ", ", metric.name);
    }
    refuse(text, fmt::format("there is no metric `{}`; there are {}", name, names));
}

double number_in(std::string_view word, std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(value))
        refuse(text, shape);
    return value;
}

bool keeps(const Threshold& threshold, double value) {
    switch (threshold.bound) {
        case Bound::below: return value < threshold.limit;
        case Bound::at_most: return value <= threshold.limit;
        case Bound::above: return value > threshold.limit;
        case Bound::at_least: return value >= threshold.limit;
    }
    return false;
}

}  // namespace

Threshold parse_threshold(std::string_view text) {
    const std::size_t sign = text.find_first_of("<>");
    if (sign == text.npos) refuse(text, shape);
    const bool with_equal = sign + 1 < text.size() && text[sign + 1] == '=';
    const std::string_view left = trimmed(text.substr(0, sign));
    const std::size_t dot = left.rfind('.');
    if (dot == left.npos || dot == 0) refuse(text, shape);

    Threshold threshold;
    threshold.text = text;
    threshold.model = left.substr(0, dot);
    threshold.metric = metric_called(left.substr(dot + 1), text);
    threshold.limit = number_in(trimmed(text.substr(sign + (with_equal ? 2 : 1))), text);
    threshold.bound = text[sign] == '<' ? (with_equal ? Bound::at_most : Bound::below)
                                        : (with_equal ? Bound::at_least : Bound::above);
    return threshold;
}

void check_models(const std::vector<Threshold>& thresholds, const std::vector<lab::Model>& models) {
    for (const Threshold& threshold : thresholds) {
        const auto fits = [&](const lab::Model& model) {
            return lab::matches(threshold.model, model.name);
        };
        if (std::any_of(models.begin(), models.end(), fits)) continue;
        std::string names;
        for (const lab::Model& model : models)
            names += fmt::format("{}{}", names.empty() ? "" : ", ", model.name);
        refuse(threshold.text, fmt::format("there is no model `{}` in this run; there are {}",
                                           threshold.model, names));
    }
}

std::vector<lab::ThresholdOutcome> check(const lab::Result& result,
                                         const std::vector<Threshold>& thresholds) {
    std::vector<lab::ThresholdOutcome> outcomes;
    for (const Threshold& threshold : thresholds) {
        const std::size_t before = outcomes.size();
        for (const lab::SummaryRow& row : result.summary) {
            if (row.metric != threshold.metric || !row.median) continue;
            if (!lab::matches(threshold.model, row.model)) continue;
            outcomes.push_back({.threshold = threshold.text,
                                .model = row.model,
                                .workload = row.workload,
                                .metric = threshold.metric,
                                .median = row.median,
                                .holds = keeps(threshold, *row.median)});
        }
        if (outcomes.size() > before) continue;
        outcomes.push_back({.threshold = threshold.text,
                            .model = threshold.model,
                            .workload = {},
                            .metric = threshold.metric,
                            .median = {},
                            .holds = false});
    }
    return outcomes;
}

}  // namespace analysis
