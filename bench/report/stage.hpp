#pragma once

#include <string>
#include <string_view>

#include "bench/lab/experiment.hpp"
#include "bench/lab/result.hpp"
#include "bench/report/terminal.hpp"

/// What a lecture demo shows: screens of at most 24 lines of 80 columns, for a projector. Pure.
namespace report {

inline constexpr std::size_t stage_lines = 24;

/// The question, in letters set wide, and what there is to know before one guesses.
[[nodiscard]] std::string question_screen(const lab::Experiment& experiment, Style style);

/// How far it is, the figure that the experiment is about as bars, and its checks so far.
[[nodiscard]] std::string live_screen(const lab::Experiment& experiment, const lab::Result& so_far,
                                      Style style);

/// What was found, beside what was expected, and why that is so.
[[nodiscard]] std::string answer_screen(const lab::Experiment& experiment,
                                        const lab::Result& result, Style style);

/// "A B C" of "ABC", wrapped and in the middle of 80 columns.
[[nodiscard]] std::string set_wide(std::string_view text);

}  // namespace report
