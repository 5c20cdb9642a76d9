#include "bench/report/markdown.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/analysis/difference.hpp"
#include "bench/report/changes.hpp"
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
    return labelled("- ", text, width);
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

// As many tables as it takes to stay within the width; columns that belong together, so many of
// them, are not parted where the width allows it.
std::string table_text(const Grid& wide, std::size_t together = 1) {
    const Grid grid = as_markdown(wide);
    std::string text;
    for (std::size_t first = 1; first < grid.head.size();) {
        std::size_t used = 1 + width_of(grid, 0) + width_of(grid, first);
        std::size_t last = first + 1;
        while (last < grid.head.size() && used + width_of(grid, last) <= width)
            used += width_of(grid, last++);
        const std::size_t parted = last < grid.head.size() ? (last - first) % together : 0;
        if (parted < last - first) last -= parted;
        text += part_text(grid, first, last);
        first = last;
    }
    return text;
}

// "A" or "B" of two results, nothing of one, where a name or a sentence begins.
std::string begin(const std::string& mark) {
    return mark.empty() ? "" : mark + ": ";
}

std::string of(const std::string& mark) {
    return mark.empty() ? "" : " of " + mark;
}

std::string notes_text(const Table& table, const std::string& mark) {
    std::string text;
    for (const Note& note : table.notes)
        text += item(fmt::format("{}**{}**: {}", begin(mark), plain(note.model), plain(note.text)));
    return text;
}

bool any_limited(const Table& table) {
    return std::any_of(table.lines.begin(), table.lines.end(),
                       [](const Line& line) { return line.load_was_the_limit; });
}

std::string limit_text() {
    return paragraph(fmt::format("\\* {}", limit_sentence));
}

std::string workload_heading(const lab::Workload& workload) {
    return heading("## ", workload.id) + paragraph(plain(workload.title) + '.');
}

std::string workload_section(const Table& table) {
    std::string text = workload_heading(*table.workload);
    if (!table.lines.empty()) text += table_text(grid_of(table));
    text += notes_text(table, "");
    if (!table.notes.empty()) text += '\n';
    return any_limited(table) ? text + limit_text() : text;
}

std::string conditions(const lab::Result& result, const std::string& mark) {
    std::string text =
        fmt::format("## How {} was taken\n\n", mark.empty() ? std::string{"it"} : mark);
    for (const auto& [name, value] : conditions_of(result))
        text += item(fmt::format("{}: {}", name, plain(value)));
    return text + '\n';
}

std::string signature_section(const lab::SignatureOutcome& signature, const std::string& mark) {
    std::string text = fmt::format("## Signature{}: {}\n\n", of(mark), name_of(signature.sighting));
    for (const lab::CheckOutcome& check : signature.checks)
        text += item(plain(check_sentence(check)));
    return text + '\n';
}

constexpr std::string_view each_figure =
    "Each figure is the median over the rounds, with the least and the most in brackets. In every "
    "round each model runs as a fresh process on a CPU of its own, its answers are checked first, "
    "and every reply under load is compared with the bytes it must have.";

constexpr std::array<std::string_view, 4> how_to_read{
    each_figure,
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

constexpr std::array<std::string_view, 4> how_to_read_two{
    each_figure,
    "**B against A** is CPU a request, the ratio of B to A (Hodges-Lehmann). Its verdict is "
    "Mann-Whitney's test over the rounds of both, corrected (Holm) for the number of models in the "
    "table, at 5 %. *No detectable difference* is not *equal*: the interval says how large a "
    "difference may still be there.",
    "Two runs are not interleaved: what changed in the machine between them is in these ratios "
    "too. A **ratio** to a baseline was taken inside the rounds of one run: hold those of A and B "
    "side by side before you believe in a change.",
    "`iolab report` of one of the two tells more of it; `-o FILE.html` of both has the charts."};

std::string reading_help(std::span<const std::string_view> paragraphs) {
    std::string text = "## How to read it\n";
    for (const std::string_view each : paragraphs) text += '\n' + wrapped(each, width, "");
    return text;
}

std::string replication_section(const lab::ReplicationOutcome& replication,
                                const std::string& mark) {
    std::string text = "## Then and now" + (mark.empty() ? "" : ", " + mark) + "\n\n" +
                       paragraph(plain(fmt::format("{}: {}. Then: {}.", replication.figure,
                                                   replication.says, replication.source)));
    text +=
        fmt::format("| model | {} | then | now |\n|---|---:|---:|---:|\n", plain(replication.axis));
    for (const auto& point : replication.points)
        text += fmt::format("| {} | {} | {} | {} |\n", plain(point.model), point.at,
                            figure(point.then), point.now ? figure(*point.now) : "not measured");
    return text + '\n';
}

// A text that a spreadsheet would take for a formula has an apostrophe in front of it.
// source: OWASP, CSV Injection
std::string unarmed(std::string_view text) {
    constexpr std::string_view begins_formulas = "=+-@\t\r";
    const bool armed = !text.empty() && begins_formulas.find(text.front()) != text.npos;
    return (armed ? "'" : "") + std::string{text};
}

// A field that holds a text, never a number.
std::string quoted(std::string_view field) {
    std::string text = unarmed(field);
    if (text.find_first_of(",\"\r\n") == text.npos) return text;
    std::string safe = "\"";
    for (const char byte : text) safe += byte == '"' ? "\"\"" : std::string(1, byte);
    return safe + '"';
}

std::string number_text(const std::optional<double>& value) {
    return value ? fmt::format("{:.6g}", *value) : "";
}

// What spoils figures, before there are any.
std::string warnings_text(const lab::Result& result, const std::string& mark) {
    std::string text;
    if (!result.run.complete)
        text += begin(mark) + "**Incomplete**: the run was ended before its last cell.\n\n";
    for (const std::string& warning : result.warnings)
        text += quote(fmt::format("Warning{}: {}", of(mark), plain(warning))) + ">\n";
    if (!result.warnings.empty()) text.replace(text.size() - 2, 2, "\n");
    return text;
}

// What stands below the tables.
std::string remarks(const lab::Result& result, const std::string& mark) {
    std::string text;
    for (const std::string& sentence : {arguments_sentence(result), drift_sentence(result)}) {
        if (!sentence.empty()) text += paragraph(begin(mark) + plain(sentence));
    }
    for (const std::string& each : diagnosis_paragraphs(result))
        text += quote(fmt::format("Diagnosis{}: {}", of(mark), plain(each))) + '\n';
    for (const auto& outcome : result.thresholds.value_or(std::vector<lab::ThresholdOutcome>{}))
        text += item(begin(mark) + plain(threshold_sentence(outcome)));
    if (result.thresholds) text += '\n';
    if (result.signature) text += signature_section(*result.signature, mark);
    if (result.replication) text += replication_section(*result.replication, mark);
    return text;
}

// ## Two results

const Table* table_of(const std::vector<Table>& tables, const std::string& workload) {
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const Table& table) {
        return table.workload->id == workload;
    });
    return found == tables.end() ? nullptr : &*found;
}

// A row of a grid by its first cell; null where there is none.
const std::vector<std::string>* row_of(const Grid& grid, const std::string& name) {
    const auto found = std::find_if(grid.rows.begin(), grid.rows.end(),
                                    [&](const auto& row) { return row[0] == name; });
    return found == grid.rows.end() ? nullptr : &*found;
}

void add_column(const Grid& from, const std::string& name, const std::string& mark, Grid& to) {
    const auto column = std::find(from.head.begin(), from.head.end(), name) - from.head.begin();
    to.head.push_back(begin(mark) + name);
    for (auto& row : to.rows) {
        const auto* there = row_of(from, row[0]);
        const bool has = there != nullptr && column < std::ssize(from.head);
        row.push_back(has ? (*there)[static_cast<std::size_t>(column)] : "–");
    }
}

// Each column of A, and beside it that of B. What each says of its own baseline stays in its own
// summary, but for the ratio, which no drift between the two has touched.
Grid interleaved(const Grid& a, const Grid& b) {
    Grid both{.caption = "", .head = {"model"}, .rows = {}};
    std::vector<std::string> names;
    for (const Grid* grid : {&a, &b}) {
        for (const auto& row : grid->rows) {
            if (row_of(both, row[0]) == nullptr) both.rows.push_back({row[0]});
        }
        for (const std::string& name : grid->head) {
            const bool known = std::find(names.begin(), names.end(), name) != names.end();
            if (name != "model" && name != "verdict" && !known) names.push_back(name);
        }
    }
    for (const std::string& name : names) {
        if (!a.head.empty()) add_column(a, name, "A", both);
        if (!b.head.empty()) add_column(b, name, "B", both);
    }
    return both;
}

// The rows of one workload, which then need not name it; without p, which the verdict stands for.
Grid only_of(const Grid& changes, const std::string& workload) {
    Grid grid{
        .caption = "", .head = {changes.head.begin() + 1, changes.head.end() - 1}, .rows = {}};
    for (const auto& row : changes.rows) {
        if (row[0] == workload) grid.rows.emplace_back(row.begin() + 1, row.end() - 1);
    }
    return grid;
}

// range: one of the two has the workload
std::string section_of_two(const Table* a, const Table* b, const Grid& changes) {
    const lab::Workload& workload = *(a != nullptr ? a : b)->workload;
    std::string text = workload_heading(workload);
    const Grid changed = only_of(changes, workload.id);
    if (!changed.rows.empty()) text += "B against A, CPU a request:\n\n" + table_text(changed);
    const auto grid = [](const Table* table) {
        return table == nullptr ? Grid{} : grid_of(*table);
    };
    const Grid both = interleaved(grid(a), grid(b));
    if (!both.rows.empty()) text += table_text(both, a != nullptr && b != nullptr ? 2 : 1);
    std::string notes;
    bool limited = false;
    for (const auto& [table, mark] : {std::pair{a, "A"}, std::pair{b, "B"}}) {
        if (table == nullptr) continue;
        notes += notes_text(*table, mark);
        limited = limited || any_limited(*table);
    }
    if (!notes.empty()) text += notes + '\n';
    return limited ? text + limit_text() : text;
}

std::string unlike_section(const lab::Result& a, const lab::Result& b) {
    const Grid unlike = unlike_of(a, b);
    if (unlike.rows.empty()) return "";
    std::string text = fmt::format("## {}\n\n", unlike.caption);
    for (const auto& row : unlike.rows)
        text += item(fmt::format("{}: A {}; B {}", plain(row[0]), plain(row[1]), plain(row[2])));
    return text + '\n';
}

// What was measured and cannot be compared.
std::string left_out_section(const lab::Result& a, const lab::Result& b) {
    const auto sentences = analysis::left_out(a, b);
    if (sentences.empty()) return "";
    std::string text = "## What is not compared\n\n";
    for (const std::string& each : sentences) text += item(plain(each));
    return text + '\n';
}

// ## Comma-separated values

constexpr std::string_view csv_names =
    "workload,model,metric,rounds,median,least,most,interval_95_low,interval_95_high,"
    "interval_95_coverage,baseline,ratio,ratio_interval_95_low,ratio_interval_95_high,"
    "ratio_interval_95_coverage,p_value,p_adjusted,verdict,p_mann_whitney,"
    "p_mann_whitney_adjusted,second_opinion,verdict_reason\r\n";

std::string csv_rows(const lab::Result& result, const std::string& in_front) {
    std::string text;
    const auto interval = [](const std::optional<analysis::Interval>& value) {
        return value ? fmt::format("{:.6g},{:.6g},{:.6g}", value->low, value->high, value->coverage)
                     : ",,";
    };
    for (const lab::SummaryRow& row : result.summary) {
        text += in_front;
        text += fmt::format(
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", quoted(row.workload),
            quoted(row.model), row.metric, row.rounds, number_text(row.median),
            number_text(row.least), number_text(row.most), interval(row.interval_95),
            quoted(row.baseline), number_text(row.ratio), interval(row.ratio_interval_95),
            number_text(row.p_value), number_text(row.p_adjusted),
            row.verdict ? name_of(*row.verdict) : "", number_text(row.p_mann_whitney),
            number_text(row.p_mann_whitney_adjusted),
            row.second_opinion ? name_of(*row.second_opinion) : "", quoted(row.verdict_reason));
    }
    return text;
}

}  // namespace

std::string markdown(const lab::Result& result) {
    std::string text = heading("# Comparison ", result.run.id) + warnings_text(result, "");
    for (const Table& table : tables_of(result)) text += workload_section(table);
    return text + remarks(result, "") + conditions(result, "") + reading_help(how_to_read);
}

std::string markdown(const lab::Result& a, const lab::Result& b) {
    std::string text = heading("# Comparison ", fmt::format("A {}, B {}", a.run.id, b.run.id)) +
                       warnings_text(a, "A") + warnings_text(b, "B") + unlike_section(a, b);
    const std::vector<Table> of_a = tables_of(a);
    const std::vector<Table> of_b = tables_of(b);
    const auto rows = analysis::difference(a, b);
    const Grid changes = changes_of(rows);
    for (const Table& table : of_a)
        text += section_of_two(&table, table_of(of_b, table.workload->id), changes);
    for (const Table& table : of_b) {
        if (table_of(of_a, table.workload->id) == nullptr)
            text += section_of_two(nullptr, &table, changes);
    }
    if (analysis::moved_together(rows)) text += paragraph(moved_together_sentence);
    return text + left_out_section(a, b) + remarks(a, "A") + remarks(b, "B") + conditions(a, "A") +
           conditions(b, "B") + reading_help(how_to_read_two);
}

std::string csv(const lab::Result& result) {
    return std::string{csv_names} + csv_rows(result, "");
}

std::string csv(const lab::Result& a, const lab::Result& b) {
    const auto rows = [](const lab::Result& result, const char* mark) {
        return csv_rows(result, fmt::format("{},{},", mark, quoted(result.run.id)));
    };
    return fmt::format("result,run_id,{}", csv_names) + rows(a, "A") + rows(b, "B");
}

}  // namespace report
