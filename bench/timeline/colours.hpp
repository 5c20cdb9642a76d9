#pragma once

#include <array>
#include <string>
#include <string_view>

/// The colours of a scene's pictures, on white and in the dark. Nothing else of the pictures is
/// needed to know them: pages that take a picture in say what it looks like in the dark.
namespace timeline {

/// As it stands in a picture, and as a page shows it to who wants it dark.
struct Colour {
    std::string_view name;  ///< a word; none is there twice
    std::string_view light;
    std::string_view dark;
};

inline constexpr Colour paper_colour{"paper", "#ffffff", "#16181a"};
inline constexpr Colour ink_colour{"ink", "#1a1a1a", "#ececea"};
inline constexpr Colour soft_colour{"soft", "#4a4a4a", "#b9bab8"};
inline constexpr Colour rule_colour{"rule", "#8c8c88", "#7d807c"};
inline constexpr Colour grid_colour{"grid", "#d8d8d4", "#33373a"};
inline constexpr Colour reply_colour{"reply", "#0b7a4b", "#4fc28d"};

/// How a thing is drawn: in a colour that the colour-blind can tell, with a hatching of its own.
struct Paint {
    std::string_view name;
    Colour fill;
    Colour line;
    std::string_view hatching;  ///< a path in a square of 8 pixels; empty for none
    Colour ink;  ///< of text on it
};

inline constexpr Paint paint_asleep{"asleep",
                                    {"asleep", "#dcebf7", "#1c3448"},
                                    {"asleep-line", "#6d9cc4", "#5b8cb5"},
                                    "M0,8 L8,0",
                                    {"asleep-ink", "#12304a", "#d9eaf8"}};
inline constexpr Paint paint_doing{"doing",
                                   {"doing", "#12375c", "#9ccbf2"},
                                   {"doing-line", "#12375c", "#9ccbf2"},
                                   "",
                                   {"doing-ink", "#ffffff", "#0d2337"}};
inline constexpr Paint paint_blocked{"blocked",
                                     {"blocked", "#f6c6ad", "#5a2912"},
                                     {"blocked-line", "#b3410c", "#ea8552"},
                                     "M4,0 V8",
                                     {"blocked-ink", "#5a1f04", "#ffdccb"}};
inline constexpr Paint paint_backlog{"backlog",
                                     {"backlog", "#e9e9e6", "#303336"},
                                     {"backlog-line", "#8c8c88", "#8f928f"},
                                     "M0,0 L8,8",
                                     {"backlog-ink", "#1a1a1a", "#ececea"}};
inline constexpr Paint paint_waiting{"waiting",
                                     {"waiting", "#f5bd41", "#e3a934"},
                                     {"waiting-line", "#8a5f00", "#ffd98a"},
                                     "",
                                     {"waiting-ink", "#1a1a1a", "#1a1a1a"}};
inline constexpr Paint paint_accepted{"accepted", paper_colour, rule_colour, "", ink_colour};

inline constexpr std::array<Paint, 6> paints{paint_asleep,  paint_doing,   paint_blocked,
                                             paint_backlog, paint_waiting, paint_accepted};

/// Rules by which the pictures of a page follow who wants it dark; on paper they stay as they are.
[[nodiscard]] std::string dark_css();

}  // namespace timeline
