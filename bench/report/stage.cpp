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
constexpr std::size_t bar_columns = 34;
constexpr std::size_t fewest_bars = 3;

std::string bold(const std::string& text, Style style) {
    return style.colour ? "\033[1m" + text + "\033[0m" : text;
}

std::string first_lines(const std::string& text, std::size_t count) {
    std::size_t size = 0;
    for (std::size_t line = 0; line < count; ++line) {
        const std::size_t end = text.find('\n', size);
        if (end == text.npos) return text;
        size = end + 1;
    }
    return text.substr(0, size);
}

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
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

// In at most so many lines; where there is no room for all, the last one says how many are left out.
std::string picture(std::vector<Bar> bars, const std::string& name, std::size_t most_lines) {
    if (bars.empty()) return "";
    const std::size_t all = bars.size();
    if (all + 1 > most_lines) bars.resize(std::min(all, std::max(most_lines, fewest_bars + 2) - 2));
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
    if (bars.size() < all) text += fmt::format("  and {} more\n", all - bars.size());
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

std::string median_of(const lab::CheckOutcome& outcome) {
    if (outcome.median) return figure(*outcome.median);
    return outcome.rounds > 0 ? "nowhere" : "not measured";
}

// The outcomes stand in the order of the experiment's checks.
std::string check_of(const lab::Check& check, const lab::CheckOutcome& outcome) {
    return wrapped(
        fmt::format("{} {}: {}, expected {}", mark_of(outcome.sighting), outcome.says,
                    number_of(check, median_of(outcome)), bounds_text(outcome.least, outcome.most)),
        width, "");
}

std::string checks_of(const lab::Experiment& experiment, const lab::Result& result) {
    std::string text;
    for (std::size_t at = 0; result.signature && at < experiment.signature.size(); ++at)
        text += check_of(experiment.signature[at], result.signature->checks.at(at));
    return text;
}

// A line each, where all of it has no room: the sentence gives way, not its figure.
std::string brief_checks_of(const lab::Result& result) {
    if (!result.signature) return "";
    std::string text;
    for (const lab::CheckOutcome& outcome : result.signature->checks) {
        const std::string number = fmt::format(": {}, expected {}", median_of(outcome),
                                               bounds_text(outcome.least, outcome.most));
        const std::size_t room = width - std::min(width / 2, columns_of(number)) - 4;
        text += fmt::format("{} {}{}\n", mark_of(outcome.sighting), shortened(outcome.says, room),
                            number);
    }
    return text;
}

// Why it is not known, and what others had, below the check that it belongs to.
std::string notes_of(const lab::CheckOutcome& check) {
    const std::string indent = "    ";
    std::string text;
    if (!check.reason.empty()) {
        const std::string interval = check.interval
                                         ? fmt::format("{} to {}: ", figure(check.interval->low),
                                                       figure(check.interval->high))
                                         : "";
        text += wrapped(interval + check.reason + ".", width, indent);
    }
    if (!check.published.empty())
        text += wrapped("Published: " + check.published + ".", width, indent);
    if (!check.seen.empty()) text += wrapped("Seen before: " + check.seen + ".", width, indent);
    return text;
}

std::string figures_part(const lab::Experiment& experiment, const lab::Result& result,
                         Style style) {
    if (!result.signature) return "";
    const std::string verdict =
        fmt::format("{}: {}\n", experiment.title, name_of(result.signature->sighting));
    const std::string ended = result.run.complete ? "" : "Ended early, after fewer rounds.\n";
    std::string checks;
    for (std::size_t at = 0; at < experiment.signature.size(); ++at) {
        const lab::CheckOutcome& outcome = result.signature->checks.at(at);
        checks += check_of(experiment.signature[at], outcome) + notes_of(outcome);
    }
    const std::string drawn = drawn_figure(experiment);
    std::string bars = picture(bars_of(result, drawn), drawn, page_lines) + "\n";
    if (lines_in(ended + bars + checks) + 2 > page_lines) bars.clear();  // the rule, the verdict
    return bold(verdict, style) + ended + bars + checks;
}

std::string reasons_part(const lab::Experiment& experiment, const lab::Result& result) {
    std::string text = rule() + wrapped(experiment.explanation, width, "");
    if (!experiment.see.empty())
        text +=
            wrapped(fmt::format("To be read in {}.", fmt::join(experiment.see, ", ")), width, "");
    if (!experiment.source.empty())
        text += "\n" + wrapped("Source: " + experiment.source + ".", width, "");
    for (const std::string& warning : result.warnings)
        text += wrapped("Warning: " + warning, width, "");
    return text;
}

}  // namespace

std::string set_wide(std::string_view text) {
    std::string all;
    for (const std::string& line : lab::split(wrapped(text, width / 2 - 2, ""), '\n')) {
        if (line.empty()) continue;
        std::string wide;
        for (const char letter : line) {
            const bool goes_on = (static_cast<unsigned char>(letter) & 0xc0U) == 0x80;  // of UTF-8
            if (!wide.empty() && !goes_on) wide += ' ';
            wide += letter;
        }
        all += std::string((width - std::min(width, columns_of(wide))) / 2, ' ') + wide + "\n\n";
    }
    return all;
}

std::string question_screen(const lab::Experiment& experiment, Style style) {
    const std::string question =
        experiment.question.empty() ? experiment.title : experiment.question;
    std::string text = rule() + "\n" + bold(set_wide(question), style);  // a title tells the answer
    text += wrapped(experiment.background, width, "");
    return first_lines(text, stage_lines - 2);
}

std::string live_screen(const lab::Experiment& experiment, const lab::Result& so_far, Style style) {
    const int rounds = rounds_in(so_far);
    const auto done = static_cast<std::size_t>(40.0 * rounds / std::max(1, experiment.rounds));
    std::string text = bold(shortened(experiment.title, width), style) + "\n";
    text += fmt::format("[{:<40}] round {} of {}\n\n", std::string(done, '='), rounds,
                        experiment.rounds);
    const std::string drawn = drawn_figure(experiment);
    std::vector<Bar> bars = bars_of(so_far, drawn);
    std::string checks = checks_of(experiment, so_far);
    const std::size_t room = stage_lines - 1 - lines_in(text) - 1;  // a blank line between the two
    if (bars.size() + 1 + lines_in(checks) > room) checks = brief_checks_of(so_far);
    const std::size_t taken = std::min(room, lines_in(checks));
    text += picture(std::move(bars), drawn, room - taken) + "\n" + checks;
    return first_lines(text, stage_lines - 1);
}

std::vector<std::string> answer_pages(const lab::Experiment& experiment, const lab::Result& result,
                                      Style style) {
    std::vector<std::string> pages{rule() + figures_part(experiment, result, style)};
    const auto add = [&](const std::string& part) {
        if (lines_in(pages.back()) + lines_in(part) > page_lines) pages.emplace_back();
        pages.back() += part;
    };
    if (result.replication) add(rule() + then_and_now(*result.replication));
    add(reasons_part(experiment, result));
    for (std::size_t at = 0; at < pages.size(); ++at) {
        if (lines_in(pages[at]) <= page_lines) continue;
        const std::string first = first_lines(pages[at], page_lines);
        pages.insert(pages.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                     pages[at].substr(first.size()));
        pages[at] = first;
    }
    return pages;
}

std::string answer_screen(const lab::Experiment& experiment, const lab::Result& result,
                          Style style) {
    return fmt::format("{}", fmt::join(answer_pages(experiment, result, style), ""));
}

}  // namespace report
