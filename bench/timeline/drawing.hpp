#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/timeline/view.hpp"

/// What pictures of a scene are drawn with.
namespace timeline {

/// How a thing is drawn: in a colour that the colour-blind can tell, with a hatching of its own.
struct Paint {
    std::string_view name;
    std::string_view fill;
    std::string_view line;
    std::string_view hatching;  ///< a path in a square of 8 pixels; empty for none
    std::string_view ink;  ///< of text on it
};

inline constexpr Paint paint_asleep{"asleep", "#dcebf7", "#6d9cc4", "M0,8 L8,0", "#12304a"};
inline constexpr Paint paint_doing{"doing", "#12375c", "#12375c", "", "#ffffff"};
inline constexpr Paint paint_blocked{"blocked", "#f6c6ad", "#b3410c", "M4,0 V8", "#5a1f04"};
inline constexpr Paint paint_backlog{"backlog", "#e9e9e6", "#8c8c88", "M0,0 L8,8", "#1a1a1a"};
inline constexpr Paint paint_waiting{"waiting", "#f5bd41", "#8a5f00", "", "#1a1a1a"};
inline constexpr Paint paint_accepted{"accepted", "#ffffff", "#8c8c88", "", "#1a1a1a"};
inline constexpr std::string_view reply_colour = "#0b7a4b";

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
    void text(double x, double base, std::string_view ink, std::string_view words,
              std::string_view more = "");
    void line(double x, double top, double x2, double bottom, std::string_view ink,
              std::string_view more = "");
    void path(std::string_view d, std::string_view fill, std::string_view title);

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

}  // namespace timeline
