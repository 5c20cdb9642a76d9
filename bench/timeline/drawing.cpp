#include "bench/timeline/drawing.hpp"

#include <fmt/format.h>

#include "bench/report/elements.hpp"
#include "bench/report/view.hpp"

namespace timeline {

using report::element::escaped;

const Paint& paint_of(Kind kind) {
    switch (kind) {
        case Kind::asleep: return paint_asleep;
        case Kind::doing: return paint_doing;
        case Kind::would_block: break;
    }
    return paint_blocked;
}

double room_for(std::string_view text) {
    constexpr double letter = 6;
    return letter * static_cast<double>(report::columns_of(text));
}

std::string word_of(std::string_view name) {
    std::string word;
    for (const char letter : name) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
        word += plain ? letter : '-';
    }
    return word;
}

void Drawing::box(double x, double top, double box_width, double height, const Paint& paint,
                  std::string_view title) {
    const bool plain = paint.hatching.empty();
    const std::string fill =
        plain ? std::string{paint.fill.light} : fmt::format("url(#{}-{})", id_, paint.name);
    body_ += fmt::format(
        "<rect class=\"{}line-{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "fill=\"{}\" stroke=\"{}\" stroke-width=\"0.8\"><title>{}</title></rect>\n",
        plain ? fmt::format("fill-{} ", paint.fill.name) : "", paint.line.name, x, top, box_width,
        height, fill, paint.line.light, escaped(title));
}

void Drawing::text(double x, double base, const Colour& ink, std::string_view words,
                   std::string_view more) {
    body_ +=
        fmt::format("<text class=\"fill-{}\" x=\"{:.1f}\" y=\"{:.1f}\" fill=\"{}\"{}>{}</text>\n",
                    ink.name, x, base, ink.light, more, escaped(words));
}

void Drawing::line(double x, double top, double x2, double bottom, const Colour& ink,
                   std::string_view more) {
    body_ += fmt::format(
        "<line class=\"line-{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" "
        "stroke=\"{}\"{}/>\n",
        ink.name, x, top, x2, bottom, ink.light, more);
}

void Drawing::path(std::string_view d, const Colour& fill, std::string_view title) {
    body_ += fmt::format("<path class=\"fill-{}\" d=\"{}\" fill=\"{}\"><title>{}</title></path>\n",
                         fill.name, d, fill.light, escaped(title));
}

void Drawing::label(double x, double base, double box_width, const Paint& paint,
                    const std::vector<std::string>& choices) {
    for (const std::string& words : choices) {
        const double needed = room_for(words);
        if (needed + 8 > box_width) continue;
        if (!paint.hatching.empty())
            path(fmt::format("M{:.1f},{:.1f} h{:.1f} v13 h-{:.1f} z", x + 3, base - 10.5,
                             needed + 2, needed + 2),
                 paint.fill, words);
        return text(x + 4, base, paint.ink, words);
    }
}

std::string Drawing::element(std::string_view title, std::string_view says) const {
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
        "width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\" aria-labelledby=\"{2}-title {2}-desc\" "
        "font-family=\"system-ui, 'DejaVu Sans', 'Liberation Sans', sans-serif\" "
        "font-size=\"11\">\n<title id=\"{2}-title\">{3}</title>\n<desc id=\"{2}-desc\">{4}"
        "</desc>\n{5}<rect class=\"fill-{6}\" width=\"100%\" height=\"100%\" "
        "fill=\"{7}\"/>\n{8}</svg>\n",
        width, y, id_, escaped(title), escaped(says), hatchings(), paper_colour.name,
        paper_colour.light, body_);
}

std::string Drawing::hatchings() const {
    std::string text = "<defs>\n";
    for (const Paint* paint : {&paint_asleep, &paint_blocked, &paint_backlog}) {
        text += fmt::format(
            "<pattern id=\"{}-{}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
            "<rect class=\"fill-{}\" width=\"8\" height=\"8\" fill=\"{}\"/><path class=\"line-{}\" "
            "d=\"{}\" stroke=\"{}\" stroke-width=\"0.8\"/></pattern>\n",
            id_, paint->name, paint->fill.name, paint->fill.light, paint->line.name,
            paint->hatching, paint->line.light);
    }
    return text + "</defs>\n";
}

std::string standing_alone(std::string svg) {
    const std::string style =
        fmt::format("\n<style>:root {{ color-scheme: light dark; }}{}</style>", dark_css());
    return svg.insert(svg.find('>') + 1, style);
}

}  // namespace timeline
