#include "bench/report/stage.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/analysis/figure.hpp"
#include "bench/analysis/statistics.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/view.hpp"

namespace report {
namespace {

constexpr std::size_t width = 80;
constexpr std::size_t most_bars = 10;
constexpr std::size_t bar_columns = 34;

std::string bold(const std::string& text, Style style) {
    return style.colour ? "\033[1m" + text + "\033[0m" : text;
}

std::string first_lines(const std::string& text, std::size_t count) {
    std::size_t end = 0;
    for (std::size_t line = 0; line < count && end != text.npos; ++line)
        end = text.find('\n', end == 0 ? 0 : end + 1);
    return end == text.npos ? text : text.substr(0, end + 1);
}

std::string rule() {
    return std::string(width, '-') + "\n";
}

int rounds_in(const lab::Result& result) {
    int most = 0;
    for (const lab::Cell& cell : result.cells) most = std::max(most, cell.round);
    return most;
}

// What is drawn: the figure of the first check that has one.
std::string drawn_figure(const lab::Experiment& experiment) {
    for (const lab::Check& check : experiment.signature) {
        if (check.kind != lab::Check::Kind::share) return check.figure;
    }
    return "throughput_per_s";
}

struct Bar {
    std::string label;
    double value = 0;
};

std::string point_of(const lab::Workload& workload, bool alone) {
    std::string text = alone ? "" : " " + workload.name;
    for (const auto& [axis, value] : workload.point) text += fmt::format(" {}={}", axis, value);
    return text;
}

std::vector<Bar> bars_of(const lab::Result& result, const std::string& name) {
    std::vector<Bar> bars;
    bool alone = true;
    for (const lab::Workload& workload : result.workloads)
        alone = alone && workload.name == result.workloads.front().name;
    for (const lab::Model& model : result.models) {
        for (const lab::Workload& workload : result.workloads) {
            std::vector<double> values;
            for (const lab::Cell& cell : result.cells) {
                if (cell.model != model.name || cell.workload != workload.id) continue;
                if (cell.status != lab::Status::measured) continue;
                if (const auto value = analysis::figure(cell, name)) values.push_back(*value);
            }
            if (!values.empty())
                bars.push_back({model.name + point_of(workload, alone), analysis::median(values)});
        }
    }
    return bars;
}

// Proportional; logarithmic where the least could not be seen beside the most.
std::size_t length_of(double value, double least, double most) {
    if (!(value > 0) || !(most > 0)) return 0;
    double share = value / most;
    if (least > 0 && most / least > bar_columns)
        share = std::log(value / least * 2) / std::log(most / least * 2);
    return std::max<std::size_t>(
        1, static_cast<std::size_t>(std::lround(share * static_cast<double>(bar_columns))));
}

std::string picture(const lab::Result& result, const std::string& name) {
    std::vector<Bar> bars = bars_of(result, name);
    if (bars.empty()) return "";
    if (bars.size() > most_bars) bars.resize(most_bars);
    double least = 0;
    double most = 0;
    std::size_t label = 0;
    for (const Bar& bar : bars) {
        most = std::max(most, bar.value);
        if (bar.value > 0) least = least > 0 ? std::min(least, bar.value) : bar.value;
        label = std::max(label, bar.label.size());
    }
    label = std::min<std::size_t>(label, width - bar_columns - 14);
    std::string text = name + "\n";
    for (const Bar& bar : bars)
        text += fmt::format("  {:<{}} {:<{}} {}\n", bar.label.substr(0, label), label,
                            std::string(length_of(bar.value, least, most), '#'), bar_columns,
                            figure(bar.value));
    return text;
}

std::string mark_of(lab::Sighting sighting) {
    switch (sighting) {
        case lab::Sighting::found: return "[x]";
        case lab::Sighting::not_found: return "[ ]";
        case lab::Sighting::inconclusive: break;
    }
    return "[?]";
}

// "response_p50_us 57.6", "0.94 of epoll_lt's cpu_us_per_request", "0.92 of response_time".
std::string number_of(const lab::Check& check, const std::string& number) {
    switch (check.kind) {
        case lab::Check::Kind::value: return fmt::format("{} {}", check.figure, number);
        case lab::Check::Kind::ratio:
            return fmt::format("{} of {}'s {}", number, check.other, check.figure);
        case lab::Check::Kind::slope: return fmt::format("slope of {} {}", check.figure, number);
        case lab::Check::Kind::crossing: return fmt::format("{} {}", check.axis, number);
        case lab::Check::Kind::share: return fmt::format("{} of {}", number, check.figure);
    }
    return number;
}

// The outcomes stand in the order of the experiment's checks.
std::string checks_of(const lab::Experiment& experiment, const lab::Result& result) {
    if (!result.signature) return "";
    std::string text;
    for (std::size_t at = 0; at < experiment.signature.size(); ++at) {
        const lab::CheckOutcome& outcome = result.signature->checks.at(at);
        const std::string number = outcome.median ? figure(*outcome.median) : "not measured";
        text += wrapped(fmt::format("{} {}: {}, expected {}", mark_of(outcome.sighting),
                                    outcome.says, number_of(experiment.signature[at], number),
                                    bounds_text(outcome.least, outcome.most)),
                        width, "");
    }
    return text;
}

std::string published_of(const lab::Result& result) {
    std::string text;
    for (const lab::CheckOutcome& check : result.signature->checks) {
        if (!check.published.empty())
            text += wrapped("Published: " + check.published + ".", width, "");
        if (!check.seen.empty()) text += wrapped("Seen before: " + check.seen + ".", width, "");
    }
    return text;
}

}  // namespace

std::string set_wide(std::string_view text) {
    std::string all;
    for (const std::string& line : lab::split(wrapped(text, width / 2 - 2, ""), '\n')) {
        if (line.empty()) continue;
        std::string wide;
        for (const char letter : line) {
            if (!wide.empty()) wide += ' ';
            wide += letter;
        }
        all += std::string((width - std::min(width, wide.size())) / 2, ' ') + wide + "\n\n";
    }
    return all;
}

std::string question_screen(const lab::Experiment& experiment, Style style) {
    const std::string question =
        experiment.question.empty() ? experiment.title : experiment.question;
    std::string text = rule() + experiment.title + "\n" + rule() + "\n";
    text += bold(set_wide(question), style);
    text += wrapped(experiment.background, width, "");
    return first_lines(text, stage_lines - 2);
}

std::string live_screen(const lab::Experiment& experiment, const lab::Result& so_far, Style style) {
    const int rounds = rounds_in(so_far);
    const auto done = static_cast<std::size_t>(40.0 * rounds / std::max(1, experiment.rounds));
    std::string text = bold(experiment.title, style) + "\n";
    text += fmt::format("[{:<40}] round {} of {}\n\n", std::string(done, '='), rounds,
                        experiment.rounds);
    text += picture(so_far, drawn_figure(experiment)) + "\n" + checks_of(experiment, so_far);
    return first_lines(text, stage_lines - 1);
}

std::string answer_screen(const lab::Experiment& experiment, const lab::Result& result,
                          Style style) {
    std::string text = rule();
    if (result.signature) {
        text += bold(fmt::format("{}: {}\n", experiment.title, name_of(result.signature->sighting)),
                     style);
        text += checks_of(experiment, result) + published_of(result);
    }
    if (result.replication) text += rule() + then_and_now(*result.replication);
    text += rule() + wrapped(experiment.explanation, width, "");
    if (!experiment.see.empty())
        text +=
            wrapped(fmt::format("To be read in {}.", fmt::join(experiment.see, ", ")), width, "");
    if (!experiment.source.empty())
        text += "\n" + wrapped("Source: " + experiment.source + ".", width, "");
    for (const std::string& warning : result.warnings)
        text += wrapped("Warning: " + warning, width, "");
    return text;
}

}  // namespace report
