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
    const std::string fill = paint.hatching.empty() ? std::string{paint.fill}
                                                    : fmt::format("url(#{}-{})", id_, paint.name);
    body_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\" "
        "stroke=\"{}\" stroke-width=\"0.8\"><title>{}</title></rect>\n",
        x, top, box_width, height, fill, paint.line, escaped(title));
}

void Drawing::text(double x, double base, std::string_view ink, std::string_view words,
                   std::string_view more) {
    body_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"{}\"{}>{}</text>\n", x, base, ink,
                         more, escaped(words));
}

void Drawing::line(double x, double top, double x2, double bottom, std::string_view ink,
                   std::string_view more) {
    body_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"{}/>\n", x, top,
        x2, bottom, ink, more);
}

void Drawing::path(std::string_view d, std::string_view fill, std::string_view title) {
    body_ += fmt::format("<path d=\"{}\" fill=\"{}\"><title>{}</title></path>\n", d, fill,
                         escaped(title));
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
        "</desc>\n{5}<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{6}</svg>\n",
        width, y, id_, escaped(title), escaped(says), hatchings(), body_);
}

std::string Drawing::hatchings() const {
    std::string text = "<defs>\n";
    for (const Paint* paint : {&paint_asleep, &paint_blocked, &paint_backlog}) {
        text += fmt::format(
            "<pattern id=\"{}-{}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
            "<rect width=\"8\" height=\"8\" fill=\"{}\"/><path d=\"{}\" stroke=\"{}\" "
            "stroke-width=\"0.8\"/></pattern>\n",
            id_, paint->name, paint->fill, paint->hatching, paint->line);
    }
    return text + "</defs>\n";
}

}  // namespace timeline
