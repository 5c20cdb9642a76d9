#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/analysis/difference.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/analysis/threshold.hpp"
#include "bench/cli/commands.hpp"
#include "bench/cli/result_file.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/changes.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "bench/report/terminal.hpp"
#include "bench/report/view.hpp"
#include "bench/tell.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t width = 80;

struct Warning {
    std::string run;  ///< "base", "new" or "both"
    std::string text;
};

// What the command has found out.
struct Outcome {
    lab::Result base, fresh;
    std::vector<analysis::Unlike> unlike;
    std::vector<analysis::DifferenceRow> rows;
    std::vector<std::string> notes;
    std::vector<lab::ThresholdOutcome> thresholds;
    std::vector<Warning> warnings;
};

// What a run itself says against its figures.
std::vector<Warning> warnings_of(const lab::Result& base, const lab::Result& fresh) {
    std::vector<Warning> all;
    for (const std::string& text : base.warnings) all.push_back({.run = "base", .text = text});
    for (const std::string& text : fresh.warnings) {
        const auto same = std::find_if(
            all.begin(), all.end(), [&](const Warning& warning) { return warning.text == text; });
        if (same == all.end())
            all.push_back({.run = "new", .text = text});
        else
            same->run = "both";
    }
    return all;
}

Outcome examine(const DiffOptions& options) {
    std::vector<analysis::Threshold> thresholds;
    for (const std::string& text : options.thresholds)
        thresholds.push_back(analysis::parse_threshold(text));
    Outcome outcome{.base = read_result(options.base),
                    .fresh = read_result(options.fresh),
                    .unlike = {},
                    .rows = {},
                    .notes = {},
                    .thresholds = {},
                    .warnings = {}};
    analysis::check_models(thresholds, outcome.fresh.models);
    outcome.unlike = analysis::unlike(outcome.base, outcome.fresh);
    outcome.rows = analysis::difference(outcome.base, outcome.fresh);
    outcome.notes = analysis::left_out(outcome.base, outcome.fresh);
    outcome.fresh.summary = analysis::summarise(outcome.fresh);
    outcome.thresholds = analysis::check(outcome.fresh, thresholds);
    outcome.warnings = warnings_of(outcome.base, outcome.fresh);
    for (const auto* result : {&outcome.base, &outcome.fresh}) {
        if (!result->run.complete)
            outcome.notes.push_back(fmt::format("{} was ended early", result->run.id));
    }
    return outcome;
}

std::string row_text(const analysis::DifferenceRow& row, report::Style style) {
    const auto& interval = row.ratio_interval_95;
    const std::string text = fmt::format(
        "{:<13} {:>8} {:>8} {:>7.3f}  {:<14} {:<24}", report::shortened(row.model, 13),
        report::figure(row.base_median_us), report::figure(row.fresh_median_us), row.ratio,
        interval ? fmt::format("{:.3f}..{:.3f}", interval->low, interval->high) : "-",
        report::name_of(row.verdict));
    std::string line = text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
    if (!style.colour) return line;
    if (row.verdict == lab::Verdict::better) return "\x1b[32m" + line + "\x1b[0m";
    return row.verdict == lab::Verdict::worse ? "\x1b[33m" + line + "\x1b[0m" : line;
}

std::string run_text(const char* role, const lab::Run& run) {
    return fmt::format("{:<5} {}, {}{}\n", role, run.id,
                       report::counted(static_cast<std::size_t>(run.rounds_planned), "round"),
                       run.commit.empty() ? "" : ", commit " + run.commit.substr(0, 12));
}

std::string tables(const Outcome& outcome, report::Style style) {
    std::string text;
    const std::string* workload = nullptr;
    for (const auto& row : outcome.rows) {
        if (workload == nullptr || *workload != row.workload) {
            text += fmt::format("\n{}\n{:<13} {:>8} {:>8} {:>7}  {:<14} {}\n", row.workload,
                                "CPU, us/req", "base", "new", "ratio", "95 % interval", "verdict");
        }
        workload = &row.workload;
        text += row_text(row, style);
    }
    return text;
}

constexpr std::string_view caution =
    "Ratio: CPU a request, new to base (Hodges-Lehmann). Verdict: Mann-Whitney, Holm over "
    "the models of a workload, 5 %. Two runs are not interleaved: what changed in the "
    "machine between them is in these ratios too.";

std::string text_of(const Outcome& outcome, report::Style style) {
    std::string text = run_text("base", outcome.base.run) + run_text("new", outcome.fresh.run);
    for (const auto& unlike : outcome.unlike) {
        text += report::wrapped(
            fmt::format("Not alike: {}: {}; now {}", unlike.what, unlike.base, unlike.fresh), width,
            "");
    }
    text += tables(outcome, style);
    text += outcome.rows.empty() ? "\nNo model on a workload can be judged in both.\n" : "\n";
    for (const std::string& note : outcome.notes) text += report::wrapped(note, width, "");
    for (const Warning& warning : outcome.warnings)
        text +=
            report::wrapped(fmt::format("Warning ({}): {}", warning.run, warning.text), width, "");
    if (!outcome.rows.empty()) text += report::wrapped(caution, width, "");
    if (analysis::moved_together(outcome.rows))
        text += report::wrapped(report::moved_together_sentence, width, "");
    for (const auto& threshold : outcome.thresholds)
        text += report::wrapped(report::threshold_sentence(threshold), width, "");
    return text;
}

Json json_of(const lab::Run& run) {
    return {{"id", run.id},
            {"started_at", run.started_at},
            {"preset", run.preset},
            {"commit", run.commit.empty() ? Json(nullptr) : Json(run.commit)},
            {"complete", run.complete}};
}

Json json_of(const analysis::DifferenceRow& row) {
    Json json{{"workload", row.workload},
              {"model", row.model},
              {"metric", analysis::primary_metric},
              {"base_rounds", row.base_rounds},
              {"new_rounds", row.fresh_rounds},
              {"base_median_us", row.base_median_us},
              {"new_median_us", row.fresh_median_us},
              {"ratio", row.ratio},
              {"ratio_interval_95", nullptr},
              {"p_value", row.p_value},
              {"p_adjusted", row.p_adjusted},
              {"method", row.method},
              {"verdict", report::name_of(row.verdict)}};
    if (const auto& interval = row.ratio_interval_95) {
        json["ratio_interval_95"] = {
            {"low", interval->low}, {"high", interval->high}, {"coverage", interval->coverage}};
    }
    return json;
}

Json json_of(const Outcome& outcome) {
    Json json{{"schema", {{"name", "iolab-diff"}, {"version", "1.0"}}},
              {"base", json_of(outcome.base.run)},
              {"new", json_of(outcome.fresh.run)},
              {"unlike", Json::array()},
              {"rows", Json::array()},
              {"all_moved_together", analysis::moved_together(outcome.rows)},
              {"thresholds", Json::array()},
              {"notes", outcome.notes},
              {"warnings", Json::array()}};
    for (const auto& unlike : outcome.unlike) {
        json["unlike"].push_back(
            {{"what", unlike.what}, {"base", unlike.base}, {"new", unlike.fresh}});
    }
    for (const auto& row : outcome.rows) json["rows"].push_back(json_of(row));
    for (const Warning& warning : outcome.warnings)
        json["warnings"].push_back({{"run", warning.run}, {"text", warning.text}});
    for (const auto& threshold : outcome.thresholds) {
        json["thresholds"].push_back(
            {{"threshold", threshold.threshold},
             {"model", threshold.model},
             {"workload", threshold.workload},
             {"metric", threshold.metric},
             {"median", threshold.median ? Json(*threshold.median) : Json(nullptr)},
             {"holds", threshold.holds}});
    }
    return json;
}

int refuse(const std::vector<analysis::Unlike>& unlike) {
    std::string text;
    for (const auto& each : unlike) {
        text += fmt::format("{}{} ({}; now {})", text.empty() ? "" : ", ", each.what, each.base,
                            each.fresh);
    }
    return complain(not_comparable, fmt::format("the two results are not alike: {}", text),
                    "they come from another machine, build or experiment",
                    "repeat BASE under today's conditions, or --force compares all the same");
}

int exit_code_of(const Outcome& outcome, const DiffOptions& options) {
    const bool crossed =
        std::any_of(outcome.thresholds.begin(), outcome.thresholds.end(),
                    [](const lab::ThresholdOutcome& threshold) { return !threshold.holds; });
    if (crossed) return threshold_crossed;
    if (outcome.rows.empty()) {
        return complain(failed, "there is nothing that can be judged in both results",
                        "a run was ended before its first round, or nothing of it was measured",
                        "iolab report shows what a result has; iolab compare makes another");
    }
    if (!options.fail_on_worse) return done;
    const auto any = [&](lab::Verdict verdict) {
        return std::any_of(outcome.rows.begin(), outcome.rows.end(),
                           [verdict](const auto& row) { return row.verdict == verdict; });
    };
    if (any(lab::Verdict::worse)) return threshold_crossed;
    if (!any(lab::Verdict::too_few_rounds)) return done;
    return complain(failed, "whether all is no worse is not known: some rounds are too few",
                    "a run was short, or was ended early; the models stand above",
                    "iolab compare --rounds N makes a run that can be judged");
}

int show(const Outcome& outcome, const DiffOptions& options) {
    const std::string document =
        json_of(outcome).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    if (!options.output.empty()) report::write_file(options.output, document);
    if (options.json) {
        bench::tell("{}", text_of(outcome, report::style_of(STDERR_FILENO)));
        put(document);
    } else {
        put(text_of(outcome, report::style_of(STDOUT_FILENO)));
    }
    return exit_code_of(outcome, options);
}

}  // namespace

int diff(const DiffOptions& options) {
    try {
        const Outcome outcome = examine(options);
        if (!outcome.unlike.empty() && !options.force) return refuse(outcome.unlike);
        return show(outcome, options);
    } catch (const NoResult& error) {
        return complain(failed, error.what(), "the path is misspelt, or no run was made here",
                        "iolab compare makes one; name its file, its directory, or `latest`");
    } catch (const report::Unreadable& error) {
        return complain(not_comparable, error.what(),
                        "another file, another version, or one that was cut or changed",
                        "give the results.json that iolab compare wrote");
    } catch (const std::invalid_argument& error) {
        return complain(wrong_usage, error.what(), "the threshold is misspelt, or not quoted",
                        "--threshold 'epoll_lt.p99_us < 5000'");
    } catch (const std::system_error& error) {
        return complain(failed, error.what(), "a full disk, or a directory that may not be written",
                        "-o FILE writes elsewhere");
    }
}

}  // namespace cli
