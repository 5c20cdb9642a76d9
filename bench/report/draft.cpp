#include "bench/report/draft.hpp"

#include <fmt/format.h>

#include "bench/report/elements.hpp"

namespace report {
namespace {

// Bytes that plots and their tables do not take, so that there is room for words.
constexpr std::size_t kept_for_words = 120'000;

}  // namespace

std::string Draft::words(std::string html) {
    return taken(html.size(), 0) ? std::move(html) : "";
}

std::string Draft::figure(const Plot& plot) {
    const std::string json = has_charts_ ? to_json_text(plot) : "";
    std::string text = figure_text(plot);
    if (!taken(text.size() + json.size() + 2, kept_for_words)) return "";
    if (!json.empty()) plots_ += (plots_.empty() ? "\n" : ",\n") + json;
    return text;
}

std::string Draft::figures(const std::vector<Plot>& plots) {
    std::string text;
    for (const Plot& plot : plots) text += figure(plot);
    return text;
}

bool Draft::taken(std::size_t bytes, std::size_t kept) {
    if (bytes + kept > room_) {
        ++left_out_;
        return false;
    }
    room_ -= bytes;
    return true;
}

std::string Draft::figure_text(const Plot& plot) const {
    std::string text = fmt::format("<figure class=\"plot\">\n<figcaption>{}{}{}</figcaption>\n",
                                   element::heading(plot.title), element::paragraph(plot.point),
                                   element::paragraph(plot.note));
    if (has_charts_) {
        text += fmt::format(
            "<div class=\"drawing\" hidden><canvas id=\"{0}\" role=\"img\" aria-label=\"{1} The "
            "table below has the same figures.\"></canvas></div>\n"
            "<p class=\"tools\"><button type=\"button\" data-plot=\"{0}\" hidden "
            "aria-label=\"Download as PNG: {2}\">Download as PNG</button></p>\n",
            plot.id, element::escaped(plot.title + ". " + plot.point),
            element::escaped(plot.title));
    }
    text +=
        element::details("Table: " + plot.table.caption, element::table(plot.table), !has_charts_);
    return text + "</figure>\n";
}

}  // namespace report
