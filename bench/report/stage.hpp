#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/lab/experiment.hpp"
#include "bench/lab/result.hpp"
#include "bench/report/terminal.hpp"

/// What a lecture demo shows: screens and pages of at most 24 lines of 80 columns, for a projector.
/// Pure.
namespace report {

inline constexpr std::size_t stage_lines = 24;

/// Of a page below which somebody is asked to go on.
inline constexpr std::size_t page_lines = stage_lines - 2;

/// The question, in letters set wide, and what there is to know before one guesses; not the title,
/// which mostly says what comes out.
[[nodiscard]] std::string question_screen(const lab::Experiment& experiment, Style style);

/// How far it is, the figure that the experiment is about as bars, and its checks so far.
[[nodiscard]] std::string live_screen(const lab::Experiment& experiment, const lab::Result& so_far,
                                      Style style);

/// What was found, beside what was expected, and why that is so; in pages of at most `page_lines`,
/// which where there is no room for both end between the figures and their reasons.
[[nodiscard]] std::vector<std::string> answer_pages(const lab::Experiment& experiment,
                                                    const lab::Result& result, Style style);

/// All of them in one.
[[nodiscard]] std::string answer_screen(const lab::Experiment& experiment,
                                        const lab::Result& result, Style style);

/// "A B C" of "ABC", wrapped and in the middle of 80 columns.
[[nodiscard]] std::string set_wide(std::string_view text);

}  // namespace report
