#include "bench/report/terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "bench/report/document.hpp"
#include "bench/report/view.hpp"
#include "bench/tell.hpp"

namespace report {
namespace {

constexpr std::size_t width = 80;

std::string shortened(const std::string& text, std::size_t most) {
    return text.size() <= most ? text : text.substr(0, most - 2) + "..";
}

std::string median_text(const Line& line, std::string_view metric, double scale = 1) {
    const lab::SummaryRow* row = row_of(line, metric);
    return row == nullptr ? "-" : figure(*row->median * scale);
}

std::string spread_text(const Line& line, std::string_view metric) {
    const lab::SummaryRow* row = row_of(line, metric);
    return row == nullptr ? "" : fmt::format("{}..{}", figure(*row->least), figure(*row->most));
}

std::string calls_text(const Line& line) {
    const lab::SummaryRow* row = row_of(line, "system_calls_per_request");
    return row == nullptr ? "-" : fmt::format("{:.2f}", *row->median);
}

// A sign for each verdict, explained below the table.
const char* sign_of(const lab::SummaryRow& row) {
    if (!row.verdict) return " ";
    switch (*row.verdict) {
        case lab::Verdict::better: return "+";
        case lab::Verdict::worse: return "-";
        case lab::Verdict::no_detectable_difference: return "=";
        case lab::Verdict::too_few_rounds: return "?";
    }
    return " ";
}

std::string ratio_text(const Line& line) {
    const lab::SummaryRow* row = row_of(line, "cpu_us_per_request");
    if (row == nullptr || !row->ratio) return "-  ";
    return fmt::format("{:.2f} {}", *row->ratio, sign_of(*row));
}

std::string painted(std::string text, const char* code, Style style) {
    return style.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string table_line(const Line& line, Style style) {
    std::string text = fmt::format(
        "{:<12} {:>7} {:>13} {:>7} {:>6} {:>7} {:>7}{} {:>5} {:>6}\n", shortened(line.model, 12),
        median_text(line, "cpu_us_per_request"), spread_text(line, "cpu_us_per_request"),
        ratio_text(line), calls_text(line), median_text(line, "wakeups_per_request"),
        median_text(line, "throughput_per_s"), line.load_was_the_limit ? "*" : " ",
        median_text(line, "response_p50_us"), median_text(line, "response_p99_us"));
    const lab::SummaryRow* row = row_of(line, "cpu_us_per_request");
    if (row == nullptr || !row->verdict) return text;
    if (*row->verdict == lab::Verdict::better) return painted(text, "32", style);
    return *row->verdict == lab::Verdict::worse ? painted(text, "33", style) : text;
}

std::string memory_sentence(const Table& table) {
    std::string text;
    for (const Line& line : table.lines) {
        const lab::SummaryRow* row = row_of(line, "peak_memory_kib");
        if (row == nullptr) continue;
        text += fmt::format("{}{} {}", text.empty() ? "Peak memory, MiB: " : ", ", line.model,
                            figure(*row->median / 1024));
    }
    return text.empty() ? "" : wrapped(text + ".", width, "");
}

std::string table_text(const Table& table, Style style) {
    std::string text = painted(table.workload->id, "1", style) + "\n";
    if (table.workload->title != table.workload->name) {
        text += wrapped(table.workload->title + ".", width, "");
    }
    if (!table.lines.empty()) {
        text += fmt::format("{:<12} {:^21} {:>7} {:>6} {:>7} {:>7}  {:>12}\n", "",
                            "server CPU, us/request", "ratio", "calls", "wake-up", "replies",
                            "response, us");
        text += fmt::format("{:<12} {:>7} {:>13} {:>7} {:>6} {:>7} {:>7}  {:>5} {:>6}\n", "model",
                            "median", "least..most", "to base", "/req", "/req", "/s", "p50", "p99");
    }
    for (const Line& line : table.lines) text += table_line(line, style);
    text += memory_sentence(table);
    for (const Note& note : table.notes)
        text += wrapped(fmt::format("{}: {}", note.model, note.text), width, "  ");
    return text + "\n";
}

bool any_limited(const std::vector<Table>& tables) {
    for (const Table& table : tables) {
        for (const Line& line : table.lines) {
            if (line.load_was_the_limit) return true;
        }
    }
    return false;
}

std::string legend(const std::vector<Table>& tables) {
    std::string base;
    for (const Table& table : tables) {
        if (!table.baseline.empty() && base.find(table.baseline) == base.npos) {
            base += (base.empty() ? "" : ", ") + table.baseline;
        }
    }
    if (base.empty()) return "";
    std::string text = wrapped(
        fmt::format(
            "Ratio: CPU a request against {}, median over rounds. Beside it: + better, - worse, = "
            "no "
            "detectable difference, ? too few rounds to tell (exact signed-rank test, Holm, 5 %).",
            base),
        width, "");
    if (any_limited(tables)) {
        text += wrapped(
            "* The clients set the pace: these replies a second and times rank nothing, and "
            "such rounds get no verdict.",
            width, "");
    }
    return text;
}

}  // namespace

Style style_of(int descriptor) {
    const bool terminal = ::isatty(descriptor) == 1;
    const char* type = std::getenv("TERM");
    const bool dumb = type == nullptr || std::string_view{type} == "dumb";
    const char* no_colour = std::getenv("NO_COLOR");
    const bool plain = no_colour != nullptr && *no_colour != '\0';
    return {.redraw = terminal && !dumb, .colour = terminal && !dumb && !plain};
}

std::string terminal_tables(const lab::Result& result, Style style) {
    const std::vector<Table> tables = tables_of(result);
    std::string text;
    for (const Table& table : tables) text += table_text(table, style);
    text += legend(tables);
    const std::string arguments = arguments_sentence(result);
    if (!arguments.empty()) text += wrapped(arguments, width, "");
    const std::string drift = drift_sentence(result);
    if (!drift.empty()) text += wrapped(drift, width, "");
    for (const std::string& paragraph : diagnosis_paragraphs(result))
        text += wrapped("Diagnosis: " + paragraph, width, "");
    for (const auto& outcome : result.thresholds.value_or(std::vector<lab::ThresholdOutcome>{})) {
        text += wrapped(threshold_sentence(outcome), width, "");
    }
    for (const std::string& warning : result.warnings)
        text += wrapped("Warning: " + warning, width, "");
    if (result.replication) text += then_and_now(*result.replication);
    if (!result.signature) return text;
    for (const lab::CheckOutcome& check : result.signature->checks)
        text += wrapped(check_sentence(check), width, "");
    return text + fmt::format("Signature: {}\n", name_of(result.signature->sighting));
}

std::string cell_line(const lab::Cell& cell) {
    if (cell.status != lab::Status::measured)
        return fmt::format("{}: {}", name_of(cell.status), cell.reason);
    std::string cpu = "?";
    if (cell.server && cell.server->cpu_us_per_request)
        cpu = figure(*cell.server->cpu_us_per_request);
    return fmt::format("{} us CPU a request, {} replies/s", cpu,
                       figure(cell.throughput_per_s.value_or(0)));
}

Progress::Progress(const lab::Plan& plan, Style style) : plan_{plan}, style_{style} {}

Progress::~Progress() {
    erase();
}

// From the pace so far; before the first cell, from the plan.
double Progress::left_s() const {
    const std::size_t all = plan_.cells_to_run();
    if (run_ == 0) return plan_.expected_s();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started_;
    return taken.count() / static_cast<double>(run_) *
           static_cast<double>(all - std::min(all, run_));
}

void Progress::begins(const lab::PlannedCell& cell) {
    const std::size_t in_round = plan_.models.size() * plan_.workloads.size();
    const std::size_t round = begun_ / in_round + 1;
    ++begun_;
    if (!style_.redraw) return;
    const std::string place =
        fmt::format("[{}/{}] round {} of {}", begun_, plan_.cells(), round, plan_.rounds.size());
    const std::string line =
        fmt::format("{}, {} left: {}, {}", place, duration(left_s()), plan_.models[cell.model].name,
                    plan_.workloads[cell.workload].id);
    bench::tell("\r\x1b[2K{}", shortened(line, width - 1));
    std::fflush(stderr);
    drawn_ = true;
}

void Progress::ended(const lab::Cell& cell) {
    if (cell.status != lab::Status::not_applicable) ++run_;
    const bool expected =
        cell.status == lab::Status::measured || cell.status == lab::Status::not_applicable;
    if (style_.redraw && expected) return;
    erase();
    bench::tell("[{}/{}] round {}, {}, {}: {}\n", begun_, plan_.cells(), cell.round, cell.workload,
                cell.model, cell_line(cell));
}

void Progress::erase() {
    if (!drawn_) return;
    bench::tell("\r\x1b[2K");
    std::fflush(stderr);
    drawn_ = false;
}

}  // namespace report
