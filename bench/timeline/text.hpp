#pragma once

#include <string>
#include <vector>

#include "bench/report/terminal.hpp"
#include "bench/timeline/view.hpp"

/// The scene in a terminal: at most 80 columns, one model in at most 24 lines.
namespace timeline {

/// The models one below the other on the same time axis, then what the letters mean, and what was
/// found.
[[nodiscard]] std::string text_of(const std::vector<View>& views, report::Style style);

}  // namespace timeline
