#include "bench/report/markdown.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "bench/report/document.hpp"
#include "bench/report/view.hpp"

namespace report {
namespace {

constexpr std::size_t width = 100;
constexpr std::size_t cell_width = 30;  // so that a model and its longest figures stand in a line

// Markdown's own characters, as themselves.
std::string plain(std::string_view text) {
    std::string safe;
    for (const char byte : text) {
        if (std::string_view{"|*_`<>[]\\#"}.find(byte) != std::string_view::npos) safe += '\\';
        safe += byte == '\n' ? ' ' : byte;
    }
    return safe;
}

// A figure needs its brackets as they are, and has none of the other characters but a star.
std::string plain_figure(std::string text) {
    const auto star = text.find('*');
    if (star != text.npos) text.insert(star, 1, '\\');
    return text;
}

std::string paragraph(std::string_view text) {
    return wrapped(text, width, "") + '\n';
}

// A heading is one line: what a document calls things is cut until it fits.
std::string heading(std::string_view marks, std::string_view name) {
    const std::size_t room = width - columns_of(marks);
    std::size_t most = room;
    while (columns_of(plain(brief(name, most))) > room && most > 10) most -= 5;
    return fmt::format("{}{}\n\n", marks, plain(brief(name, most)));
}

std::string item(std::string_view text) {
    return wrapped(text, width, "  ").replace(0, 2, "- ");
}

std::string quote(std::string_view text) {
    return wrapped(text, width, "> ");
}

Grid as_markdown(const Grid& grid) {
    Grid text = grid;
    for (std::string& cell : text.head) cell = plain(brief(cell, cell_width));
    for (auto& row : text.rows) {
        for (std::size_t at = 0; at < row.size(); ++at)
            row[at] = at == 0 ? plain(brief(row[at], cell_width)) : plain_figure(row[at]);
    }
    return text;
}

// How wide a column becomes, with its bar and the spaces around.
std::size_t width_of(const Grid& grid, std::size_t column) {
    std::size_t most = columns_of(grid.head[column]);
    for (const auto& row : grid.rows) most = std::max(most, columns_of(row[column]));
    return most + 3;
}

bool holds_figures(const Grid& grid, std::size_t column) {
    return grid.head[column] != "verdict";
}

// The first column, then those from `first` to before `last`.
std::string part_text(const Grid& grid, std::size_t first, std::size_t last) {
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text = fmt::format("| {} |", cells[0]);
        for (std::size_t at = first; at < last; ++at) text += fmt::format(" {} |", cells[at]);
        return text + '\n';
    };
    std::string text = line(grid.head) + "|---|";
    for (std::size_t at = first; at < last; ++at)
        text += holds_figures(grid, at) ? "---:|" : "---|";
    text += '\n';
    for (const auto& row : grid.rows) text += line(row);
    return text + '\n';
}

// As many tables as it takes to stay within the width.
std::string table_text(const Grid& wide) {
    const Grid grid = as_markdown(wide);
    std::string text;
    for (std::size_t first = 1; first < grid.head.size();) {
        std::size_t used = 1 + width_of(grid, 0) + width_of(grid, first);
        std::size_t last = first + 1;
        while (last < grid.head.size() && used + width_of(grid, last) <= width)
            used += width_of(grid, last++);
        text += part_text(grid, first, last);
        first = last;
    }
    return text;
}

std::string workload_section(const Table& table) {
    std::string text =
        heading("## ", table.workload->id) + paragraph(plain(table.workload->title) + '.');
    if (!table.lines.empty()) text += table_text(grid_of(table));
    for (const Note& note : table.notes)
        text += item(fmt::format("**{}**: {}", plain(note.model), plain(note.text)));
    if (!table.notes.empty()) text += '\n';
    const auto limited = [](const Line& line) { return line.load_was_the_limit; };
    if (std::any_of(table.lines.begin(), table.lines.end(), limited))
        text += paragraph(fmt::format("\\* {}", limit_sentence));
    return text;
}

std::string conditions(const lab::Result& result) {
    std::string text = "## How it was taken\n\n";
    for (const auto& [name, value] : conditions_of(result))
        text += item(fmt::format("{}: {}", name, plain(value)));
    return text + '\n';
}

std::string signature_section(const lab::SignatureOutcome& signature) {
    std::string text = fmt::format("## Signature: {}\n\n", name_of(signature.sighting));
    for (const lab::CheckOutcome& check : signature.checks)
        text += item(plain(check_sentence(check)));
    return text + '\n';
}

constexpr std::array<std::string_view, 4> how_to_read{
    "Each figure is the median over the rounds, with the least and the most in brackets. In every "
    "round each model runs as a fresh process on a CPU of its own, its answers are checked first, "
    "and every reply under load is compared with the bytes it must have.",
    "Start with **CPU µs a request**: what the server's CPU does for one reply, the kernel's part "
    "included. It is steadier than times and rates, which depend on the clients as well. The "
    "**ratio** is the median of the ratios inside each round, where both models ran within seconds "
    "of each other: what slows the whole machine for a while cancels out. The **verdict** is about "
    "that ratio: an exact signed-rank test over the rounds, corrected (Holm) for the number of "
    "models in the table, at 5 %. *No detectable difference* is not *equal*: the interval beside "
    "the ratio says how large a difference may still be there.",
    "**Calls** and **wake-ups** are exact counts of the server's system calls and of the times it "
    "came back from waiting. **p50** and **p99** are response times as the clients saw them: half "
    "of the replies, and 99 of 100, took no longer.",
    "A **second opinion** that differs is told under the table: the Mann-Whitney test, which does "
    "not pair the rounds. The verdict stays, but look at the spread before you build on it."};

std::string reading_help() {
    std::string text = "## How to read it\n";
    for (const std::string_view each : how_to_read) text += '\n' + wrapped(each, width, "");
    return text;
}

std::string replication_section(const lab::ReplicationOutcome& replication) {
    std::string text =
        "## Then and now\n\n" + paragraph(plain(fmt::format("{}: {}. Then: {}.", replication.figure,
                                                            replication.says, replication.source)));
    text +=
        fmt::format("| model | {} | then | now |\n|---|---:|---:|---:|\n", plain(replication.axis));
    for (const auto& point : replication.points)
        text += fmt::format("| {} | {} | {} | {} |\n", plain(point.model), point.at,
                            figure(point.then), point.now ? figure(*point.now) : "not measured");
    return text + '\n';
}

std::string quoted(std::string_view text) {
    if (text.find_first_of(",\"\n") == text.npos) return std::string{text};
    std::string safe = "\"";
    for (const char byte : text) safe += byte == '"' ? "\"\"" : std::string(1, byte);
    return safe + '"';
}

std::string number_text(const std::optional<double>& value) {
    return value ? fmt::format("{:.6g}", *value) : "";
}

}  // namespace

std::string markdown(const lab::Result& result) {
    std::string text = heading("# Comparison ", result.run.id);
    if (!result.run.complete) text += "**Incomplete**: the run was ended before its last cell.\n\n";
    for (const std::string& warning : result.warnings)
        text += quote(fmt::format("Warning: {}", plain(warning))) + ">\n";
    if (!result.warnings.empty()) text.replace(text.size() - 2, 2, "\n");
    for (const Table& table : tables_of(result)) text += workload_section(table);
    for (const std::string& sentence : {arguments_sentence(result), drift_sentence(result)}) {
        if (!sentence.empty()) text += paragraph(plain(sentence));
    }
    for (const std::string& each : diagnosis_paragraphs(result))
        text += quote("Diagnosis: " + plain(each)) + '\n';
    for (const auto& outcome : result.thresholds.value_or(std::vector<lab::ThresholdOutcome>{}))
        text += item(plain(threshold_sentence(outcome)));
    if (result.thresholds) text += '\n';
    if (result.signature) text += signature_section(*result.signature);
    if (result.replication) text += replication_section(*result.replication);
    return text + conditions(result) + reading_help();
}

std::string csv(const lab::Result& result) {
    std::string text =
        "workload,model,metric,rounds,median,least,most,interval_95_low,interval_95_high,"
        "interval_95_coverage,baseline,ratio,ratio_interval_95_low,ratio_interval_95_high,"
        "ratio_interval_95_coverage,p_value,p_adjusted,verdict,p_mann_whitney,"
        "p_mann_whitney_adjusted,second_opinion\r\n";
    const auto interval = [](const std::optional<analysis::Interval>& value) {
        return value ? fmt::format("{:.6g},{:.6g},{:.6g}", value->low, value->high, value->coverage)
                     : ",,";
    };
    for (const lab::SummaryRow& row : result.summary) {
        text +=
            fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                        quoted(row.workload), quoted(row.model), row.metric, row.rounds,
                        number_text(row.median), number_text(row.least), number_text(row.most),
                        interval(row.interval_95), quoted(row.baseline), number_text(row.ratio),
                        interval(row.ratio_interval_95), number_text(row.p_value),
                        number_text(row.p_adjusted), row.verdict ? name_of(*row.verdict) : "",
                        number_text(row.p_mann_whitney), number_text(row.p_mann_whitney_adjusted),
                        row.second_opinion ? name_of(*row.second_opinion) : "");
    }
    return text;
}

}  // namespace report
