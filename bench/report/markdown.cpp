#include "bench/report/markdown.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "bench/lab/placement.hpp"
#include "bench/report/document.hpp"
#include "bench/report/view.hpp"

namespace report {
namespace {

struct Column {
    std::string_view metric;
    std::string_view title;
    double scale = 1;
};

constexpr std::array columns{
    Column{"cpu_us_per_request", "CPU µs a request"},
    Column{"system_calls_per_request", "calls a request"},
    Column{"wakeups_per_request", "wake-ups a request"},
    Column{"throughput_per_s", "replies/s"},
    Column{"response_p50_us", "p50 µs"},
    Column{"response_p99_us", "p99 µs"},
    Column{"peak_memory_kib", "peak MiB", 1.0 / 1024},
    Column{"memory_per_connection_bytes", "bytes a connection"},
};

const lab::SummaryRow* row_of(const Line& line, std::string_view metric) {
    const auto found = line.rows.find(metric);
    return found == line.rows.end() ? nullptr : found->second;
}

bool any_has(const Table& table, std::string_view metric) {
    for (const Line& line : table.lines) {
        if (row_of(line, metric) != nullptr) return true;
    }
    return false;
}

// Markdown's own characters, as themselves.
std::string plain(std::string_view text) {
    std::string safe;
    for (const char byte : text) {
        if (std::string_view{"|*_`<>[]\\#"}.find(byte) != std::string_view::npos) safe += '\\';
        safe += byte == '\n' ? ' ' : byte;
    }
    return safe;
}

std::string spread(const lab::SummaryRow* row, double scale) {
    if (row == nullptr || !row->median) return "–";
    const std::string median = figure(*row->median * scale);
    const std::string least = figure(*row->least * scale);
    const std::string most = figure(*row->most * scale);
    return least == most ? median : fmt::format("{} [{}..{}]", median, least, most);
}

std::string ratio_text(const lab::SummaryRow* row) {
    if (row == nullptr || !row->ratio) return "–";
    if (row->model == row->baseline) return "1 (baseline)";
    std::string text = fmt::format("{:.3f}", *row->ratio);
    if (row->ratio_interval_95) {
        text += fmt::format(" [{:.3f}..{:.3f}]", row->ratio_interval_95->low,
                            row->ratio_interval_95->high);
    }
    return text;
}

std::string verdict_text(const lab::SummaryRow* row) {
    if (row == nullptr) return "";
    if (!row->verdict) return row->verdict_reason.empty() ? "" : "none: the load was the limit";
    return std::string{name_of(*row->verdict)};
}

std::string table_head(const Table& table) {
    std::string names = fmt::format("| model | {} | ratio to {} | verdict |", columns[0].title,
                                    plain(table.baseline));
    std::string rule = "|---|---:|---:|---|";
    for (std::size_t at = 1; at < columns.size(); ++at) {
        if (!any_has(table, columns[at].metric)) continue;
        names += fmt::format(" {} |", columns[at].title);
        rule += "---:|";
    }
    return names + '\n' + rule + '\n';
}

std::string table_line(const Table& table, const Line& line) {
    const lab::SummaryRow* primary = row_of(line, columns[0].metric);
    std::string text = fmt::format("| {} | {} | {} | {} |", plain(line.model), spread(primary, 1),
                                   ratio_text(primary), verdict_text(primary));
    for (std::size_t at = 1; at < columns.size(); ++at) {
        if (!any_has(table, columns[at].metric)) continue;
        const bool marked = columns[at].metric == "throughput_per_s" && line.load_was_the_limit;
        text += fmt::format(" {}{} |", spread(row_of(line, columns[at].metric), columns[at].scale),
                            marked ? " \\*" : "");
    }
    return text + '\n';
}

std::string workload_section(const Table& table) {
    std::string text =
        fmt::format("## {}\n\n{}.\n\n", plain(table.workload->id), plain(table.workload->title));
    bool limited = false;
    if (!table.lines.empty()) text += table_head(table);
    for (const Line& line : table.lines) {
        text += table_line(table, line);
        limited = limited || line.load_was_the_limit;
    }
    if (!table.lines.empty()) text += '\n';
    for (const Note& note : table.notes)
        text += fmt::format("- **{}**: {}\n", plain(note.model), plain(note.text));
    if (!table.notes.empty()) text += '\n';
    if (limited) {
        text +=
            "\\* The clients, not the server, set the pace in most rounds: these replies a second, "
            "and "
            "the times beside them, rank nothing, and such rounds get no verdict.\n\n";
    }
    return text;
}

std::string optional_word(const std::string& value, const char* otherwise) {
    return value.empty() ? otherwise : value;
}

std::string conditions(const lab::Result& result) {
    const lab::Machine& machine = result.machine;
    std::string text = "## How it was taken\n\n";
    text += fmt::format("- Command: `{}` (seed {})\n", result.run.command, result.run.seed);
    text += fmt::format("- Started {}, took {}; {} rounds, {} s warm-up and {} s measured a cell\n",
                        result.run.started_at, duration(result.run.duration_s),
                        result.run.rounds_planned, result.run.warm_up_s, result.run.measured_s);
    text += fmt::format("- Machine: {}, {} CPUs ({} allowed), {} MiB; {}, Linux {}{}\n",
                        optional_word(machine.cpu_model, "unknown CPU"), machine.cpus,
                        machine.allowed_cpus, machine.memory_mib,
                        optional_word(machine.distribution, "unknown distribution"), machine.kernel,
                        machine.virtualised.empty() ? "" : "; a virtual machine");
    text += fmt::format("- Server on CPU {}, load on CPU {}, over {}\n",
                        lab::cpu_list(result.placement.server_cpus),
                        lab::cpu_list(result.placement.load_cpus), result.placement.transport);
    text += fmt::format("- Build: {}, {} ({}), iolab {}{}\n", result.build.compiler,
                        result.build.type, result.build.flags, result.run.tool_version,
                        result.run.commit.empty() ? "" : ", commit " + result.run.commit);
    return text + '\n';
}

std::string signature_section(const lab::SignatureOutcome& signature) {
    std::string text = fmt::format("## Signature: {}\n\n", name_of(signature.sighting));
    for (const lab::CheckOutcome& check : signature.checks)
        text += fmt::format("- {}\n", plain(check_sentence(check)));
    return text + '\n';
}

constexpr std::string_view how_to_read =
    "## How to read it\n\n"
    "Each figure is the median over the rounds, with the least and the most in brackets. In every "
    "round "
    "each model runs as a fresh process on a CPU of its own, its answers are checked first, and "
    "every "
    "reply under load is compared with the bytes it must have.\n\n"
    "Start with **CPU µs a request**: what the server's CPU does for one reply, the kernel's part "
    "included. It is "
    "steadier than times and rates, which depend on the clients as well. The **ratio** is the "
    "median of the ratios "
    "inside each round, where both models ran within seconds of each other: what slows the whole "
    "machine for a while "
    "cancels out. The **verdict** is about that ratio: an exact signed-rank test over the rounds, "
    "corrected (Holm) for "
    "the number of models in the table, at 5 %. *No detectable difference* is not *equal*: the "
    "interval beside the "
    "ratio says how large a difference may still be there.\n\n"
    "**Calls** and **wake-ups** are exact counts of the server's system calls and of the times it "
    "came back from "
    "waiting. **p50** and **p99** are response times as the clients saw them: half of the replies, "
    "and 99 of 100, "
    "took no longer.\n\n"
    "A **second opinion** that differs is told under the table: the Mann-Whitney test, which does "
    "not pair the rounds. The verdict stays, but look at the spread before you build on it.\n";

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
    std::string text = fmt::format("# Comparison {}\n\n", result.run.id);
    if (!result.run.complete) text += "**Incomplete**: the run was ended before its last cell.\n\n";
    for (const std::string& warning : result.warnings)
        text += fmt::format("> Warning: {}\n>\n", plain(warning));
    if (!result.warnings.empty()) text.replace(text.size() - 2, 2, "\n");
    for (const Table& table : tables_of(result)) text += workload_section(table);
    const std::string arguments = arguments_sentence(result);
    if (!arguments.empty()) text += plain(arguments) + "\n\n";
    const std::string drift = drift_sentence(result);
    if (!drift.empty()) text += plain(drift) + "\n\n";
    for (const std::string& paragraph : diagnosis_paragraphs(result))
        text += fmt::format("> Diagnosis: {}\n\n", plain(paragraph));
    for (const auto& outcome : result.thresholds.value_or(std::vector<lab::ThresholdOutcome>{})) {
        text += fmt::format("- {}\n", plain(threshold_sentence(outcome)));
    }
    if (result.thresholds) text += '\n';
    if (result.signature) text += signature_section(*result.signature);
    return text + conditions(result) + std::string{how_to_read};
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
