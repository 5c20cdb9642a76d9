#include "bench/timeline/colours.hpp"

#include <fmt/format.h>

namespace timeline {
namespace {

std::string rules_of(const Colour& colour) {
    return fmt::format("svg .fill-{0} {{ fill: {1}; }}\nsvg .line-{0} {{ stroke: {1}; }}\n",
                       colour.name, colour.dark);
}

}  // namespace

std::string dark_css() {
    std::string text = "\n@media screen and (prefers-color-scheme: dark) {\n";
    for (const Colour& colour :
         {paper_colour, ink_colour, soft_colour, rule_colour, grid_colour, reply_colour})
        text += rules_of(colour);
    for (const Paint& paint : paints) {
        if (paint.fill.name == paper_colour.name) continue;  // its colours stand above
        text += rules_of(paint.fill) + rules_of(paint.line) + rules_of(paint.ink);
    }
    return text + "}\n";
}

}  // namespace timeline
