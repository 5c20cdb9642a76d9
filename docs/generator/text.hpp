#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace docs {

/// Text as it may stand between tags and in quoted attributes.
[[nodiscard]] std::string escaped(std::string_view text);

/// As it may stand in a script element of JSON: nothing in it ends the element.
[[nodiscard]] std::string json_in_page(std::string text);

/// The name of a heading in an address, as GitHub makes it: `What it buys` is `what-it-buys`.
[[nodiscard]] std::string slug(std::string_view heading);

/// Without their ends; a last line without one counts.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

[[nodiscard]] std::string joined(const std::vector<std::string>& lines);

[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Line ends and runs of blanks become one blank.
[[nodiscard]] std::string in_one_line(std::string_view text);

/// Letters, digits and `_`: what a name in C++ is made of.
[[nodiscard]] bool is_word(char c) noexcept;

/// Where the comment of a line of C++ begins; its size where it has none.
[[nodiscard]] std::size_t comment_begin(std::string_view line);

/// Letters of ASCII alone.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace docs
