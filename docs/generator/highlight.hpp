#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace docs {

/// A piece of a line of code, and what it is: "keyword", "comment"; empty for plain text.
struct Piece {
    std::string kind;
    std::string text;
};
using Pieces = std::vector<Piece>;

/// A file of which every line is to be coloured.
struct Plain {
    std::string language;  ///< as source-highlight calls it: "cpp", "diff"
    std::vector<std::string> lines;
};

/// The lines of each text as pieces, by GNU source-highlight: one process for each language.
///
/// result: as many lines as there were, and in each the same characters; where the program is
///         missing, or says something else than the text, a line is plain but for its comment.
[[nodiscard]] std::vector<std::vector<Pieces>> highlight(std::span<const Plain> texts,
                                                         const std::string& program);

/// Whether the lines have colours: anything but plain text and comments.
[[nodiscard]] bool has_colours(std::span<const Pieces> lines);

/// The lines of what source-highlight wrote in its format `html-css`, for `lines`.
[[nodiscard]] std::vector<Pieces> read_highlighted(std::string_view html,
                                                   std::span<const std::string> lines);

/// Some characters of a line that are a link, or are marked.
struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string open;  ///< HTML before them, such as `<mark>`
    std::string close;
};

/// What a comment says, as HTML.
using CommentHtml = std::function<std::string(std::string_view)>;

/// A line as HTML; its comment as `comment` says it, or escaped.
/// range: `ranges` are in order and do not overlap.
[[nodiscard]] std::string code_html(const Pieces& pieces, std::span<const Range> ranges = {},
                                    const CommentHtml& comment = {});

}  // namespace docs
