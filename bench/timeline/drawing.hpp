#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/timeline/colours.hpp"
#include "bench/timeline/view.hpp"

/// What pictures of a scene are drawn with.
namespace timeline {

[[nodiscard]] const Paint& paint_of(Kind kind);

/// The width of a text of 11 pixels, rather too much than too little.
[[nodiscard]] double room_for(std::string_view text);

/// A word of letters, digits and dashes that stands for a name of anyone's.
[[nodiscard]] std::string word_of(std::string_view name);

/// An SVG element, a thousand pixels wide, that grows downwards. All texts are escaped here.
class Drawing {
public:
    static constexpr double width = 1000;

    /// id  a word, of which no other picture of a page has the same
    explicit Drawing(std::string id) : id_{std::move(id)} {}

    double y = 0;  ///< where the next thing is drawn; at last, the height

    void box(double x, double top, double box_width, double height, const Paint& paint,
             std::string_view title);
    /// more  further attributes, each after a space
    void text(double x, double base, const Colour& ink, std::string_view words,
              std::string_view more = "");
    void line(double x, double top, double x2, double bottom, const Colour& ink,
              std::string_view more = "");
    void path(std::string_view d, const Colour& fill, std::string_view title);

    /// Text on a box with that left end and width: the first of `choices` for which there is room.
    /// It stands on the plain colour, for hatching would make it hard to read.
    void label(double x, double base, double box_width, const Paint& paint,
               const std::vector<std::string>& choices);

    [[nodiscard]] std::string element(std::string_view title, std::string_view says) const;

private:
    [[nodiscard]] std::string hatchings() const;

    std::string id_;
    std::string body_;
};

/// A picture as a file of its own, which follows who wants it dark by itself. In a page it does as
/// the page says: `dark_css`.
[[nodiscard]] std::string standing_alone(std::string svg);

}  // namespace timeline
