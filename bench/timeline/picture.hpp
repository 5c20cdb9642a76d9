#pragma once

#include <string>
#include <vector>

#include "bench/timeline/view.hpp"

/// The scene as SVG: a lane a client, a lane a thread of the server, from left to right a second.
///
/// Every picture says all by text and hatching that it says by colour, needs no style sheet, and
/// fetches nothing. Names may be anyone's: nothing in them is ever run.
namespace timeline {

/// One model's lanes, as a document of its own or an element in a page.
[[nodiscard]] std::string svg_of(const View& view);

/// The models below each other on the same time axis.
[[nodiscard]] std::string svg_of(const std::vector<View>& views);

/// What hatching and colours mean, as an element of its own.
[[nodiscard]] std::string legend_svg();

}  // namespace timeline
