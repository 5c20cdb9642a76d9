#pragma once

#include <string>
#include <vector>

#include "bench/timeline/view.hpp"

/// The scene as HTML. Names may be anyone's: nothing in them is ever run.
namespace timeline {

/// One file that opens from disk and fetches nothing: all models below each other, each with its
/// timeline, its sequence and the tables of the same.
[[nodiscard]] std::string page_of(const std::vector<View>& views);

/// One model's part of it, for another page: a figure without styles, whose ids begin with `t-` and
/// `s-` and the model's name.
[[nodiscard]] std::string figure_of(const View& view);

}  // namespace timeline
