#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report/view.hpp"

/// What is drawn: plain figures, ready for a page that computes nothing.
namespace report {

enum class Scale {
    linear,
    logarithmic,
    nines,  ///< logarithmic, of 1/(1-p): 10 is shown as 90 %, 100 as 99 %
};

struct Axis {
    std::string title;
    Scale scale = Scale::linear;
    std::vector<std::string> names{};  ///< of 0, 1, 2 ...; empty: numbers are shown
    std::vector<std::string> remarks{};  ///< one below each name, empty for none; or none at all
};

enum class Look {
    line,  ///< symbols, joined; low and high are a band around them
    dashed,  ///< likewise, of the second of two results
    cloud,  ///< small pale symbols
    marks,  ///< large symbols; low and high are a bar along the x axis
    hollow_marks,  ///< likewise, hollow and with a broken bar: they decide nothing
    rule,  ///< a thin line without symbols
    bars,  ///< lying bars, those of a row end to end
    side_by_side,  ///< lying bars, those of a row below each other
};

/// What one entry of the legend stands for.
struct Series {
    std::string name;
    Look look = Look::line;
    std::size_t place = 0;  ///< in the palette and among the symbols: a model keeps its own
    std::vector<std::array<double, 2>> points{};  ///< x, y; of bars: length, row
    std::vector<double> low{}, high{};  ///< as many as points, or none
    std::vector<std::string> label{};  ///< of a rule: lines of text beside it, in the chart
};

struct Plot {
    std::string id;  ///< a word, unique on the page
    std::string title;  ///< what was found
    std::string point;  ///< what a point is, in a sentence
    std::string note{};  ///< what to be careful about; empty: nothing
    Axis x, y;
    std::vector<Series> series;
    Grid table;  ///< the same figures
};

/// The plot as JSON that may stand inside a script element of HTML: no text in it can end that.
[[nodiscard]] std::string to_json_text(const Plot& plot);

/// Any JSON so.
[[nodiscard]] std::string safe_in_script(std::string_view json);

}  // namespace report
