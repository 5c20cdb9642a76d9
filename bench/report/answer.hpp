#pragma once

#include <array>
#include <string>

#include "bench/report/scene.hpp"

namespace report {

/// What a report says first, made from verdicts: what was found, how it stands with all
/// comparisons, and the caveat that weighs most. Of two results it is what changed from the one
/// to the other.
[[nodiscard]] std::array<std::string, 3> answer(const Scene& scene);

}  // namespace report
