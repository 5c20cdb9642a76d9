#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/lab/result.hpp"

/// What all reports show of a result, in the order in which they show it.
namespace report {

/// One model's line in a workload's table.
struct Line {
    std::string model;
    std::map<std::string_view, const lab::SummaryRow*> rows;  ///< by metric; empty: not measured
    bool load_was_the_limit = false;  ///< in more than half of the rounds
};

struct Note {
    std::string model;
    std::string text;  ///< why it was not measured, or what went wrong in so many rounds
};

struct Table {
    const lab::Workload* workload = nullptr;
    std::string baseline;
    std::vector<Line> lines;
    std::vector<Note> notes;
};

/// A table of texts, as they are: whoever writes them somewhere escapes them.
struct Grid {
    std::string caption;
    std::vector<std::string> head;
    std::vector<std::vector<std::string>> rows;  ///< as long as `head`
};

/// One table a workload. Borrows from `result`.
[[nodiscard]] std::vector<Table> tables_of(const lab::Result& result);

/// The row of a metric; null where it was not measured.
[[nodiscard]] const lab::SummaryRow* row_of(const Line& line, std::string_view metric);

/// "6.66 [5.48..7.45]", median, least and most; a dash where there is none.
[[nodiscard]] std::string spread_text(const lab::SummaryRow* row, double scale = 1);

/// "0.931 [0.910..0.954]", with the interval; "1 (baseline)".
[[nodiscard]] std::string ratio_text(const lab::SummaryRow* row);

/// The verdict's name, or why there is none; empty for the baseline.
[[nodiscard]] std::string verdict_text(const lab::SummaryRow* row);

/// A workload's table as texts: a row a model, the columns that were measured. A star stands behind
/// replies a second where the load was the limit.
[[nodiscard]] Grid grid_of(const Table& table);

/// What a star behind a figure means.
inline constexpr std::string_view limit_sentence =
    "The clients, not the server, set the pace in most rounds: these replies a second, and the "
    "times beside them, rank nothing, and such rounds get no verdict.";

/// Under which conditions it was measured: what, and how it was.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> conditions_of(
    const lab::Result& result);

/// How many columns a text takes: its characters, in UTF-8.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// A text of at most `most` bytes, with dots where it was cut, in the middle.
[[nodiscard]] std::string brief(std::string_view text, std::size_t most = 60);

/// "a", "a and b", "a, b and c"; after `most` of them "and n more".
[[nodiscard]] std::string listed(const std::vector<std::string>& names, std::size_t most = 4);

/// A figure with three or four digits that count: 0.031, 4.12, 12.3, 24100.
[[nodiscard]] std::string figure(double value);

/// "Kept: poll.p99_us < 5000 (poll, keep-alive: 412)".
[[nodiscard]] std::string threshold_sentence(const lab::ThresholdOutcome& outcome);

/// "0.8 to 1.2", "at least 5". range: one of them is there
[[nodiscard]] std::string bounds_text(const std::optional<double>& least,
                                      const std::optional<double>& most);

/// "Found: poll pays for silent clients. slope of ...: 0.97 (0.93..1.02), expected 0.8 to 1.2."
[[nodiscard]] std::string check_sentence(const lab::CheckOutcome& check);

/// A published table beside what is measured now, in lines of 80 columns; then how far each model
/// came down along the axis, and which was highest where.
[[nodiscard]] std::string then_and_now(const lab::ReplicationOutcome& replication);

/// "Every model was started with --lab." where all were with the same; empty otherwise: then their
/// names say it.
[[nodiscard]] std::string arguments_sentence(const lab::Result& result);

/// Whether the machine became slower or faster meanwhile, where that is worth a word;
/// empty where it is not.
[[nodiscard]] std::string drift_sentence(const lab::Result& result);

/// A paragraph an artefact, in the order of the result: where it was seen, what it is, and the
/// evidence of the first of those places; that of the others is in the document.
/// "starved clients: pool and 3 more on keep-alive, in up to 8 rounds. Some clients were served ...
/// The first, pool on keep-alive: Round 1: ...".
[[nodiscard]] std::vector<std::string> diagnosis_paragraphs(const lab::Result& result);

/// Seconds as people say them: "41 s", "3 min 20 s", "1 h 05 min".
[[nodiscard]] std::string duration(double seconds);

/// "1 round", "8 rounds".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

/// Text in lines of at most `width`, each after `indent`.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width,
                                  std::string_view indent);

/// The same behind a label, which takes the place of the first line's indent.
[[nodiscard]] std::string labelled(std::string_view label, std::string_view text,
                                   std::size_t width);

}  // namespace report
