#pragma once

#include <string>
#include <vector>

#include "bench/report/draft.hpp"

namespace report {

/// A part of a report under a heading of its own.
struct Section {
    std::string id;  ///< a word, unique on the page
    std::string title;
    std::string content;  ///< HTML
};

/// Those of which there is something, in their order.
[[nodiscard]] std::vector<Section> sections_of(Draft& draft);

}  // namespace report
