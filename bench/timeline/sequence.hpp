#pragma once

#include <string>

#include "bench/timeline/view.hpp"

namespace timeline {

/// The scene as a sequence diagram in SVG: one row an event, in the order of their times, which
/// stand at the left and are not to scale. Clients at the left, the threads that served at the right.
[[nodiscard]] std::string sequence_svg(const View& view);

}  // namespace timeline
