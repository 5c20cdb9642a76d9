#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/report/view.hpp"

/// Elements of HTML around texts that may be anyone's: each of these escapes what it is given, and
/// cuts what is endless.
namespace report::element {

/// Text as it may stand between tags and in quoted attributes.
[[nodiscard]] std::string escaped(std::string_view text);

/// result: empty for no text
[[nodiscard]] std::string paragraph(std::string_view text, std::string_view kind = "");

/// Of the third level; a number and its unit stay in one line.
[[nodiscard]] std::string heading(std::string_view text);

/// result: empty for no items
[[nodiscard]] std::string list(const std::vector<std::string>& items);

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Names with what they stand for; those without a value are left out.
[[nodiscard]] std::string definitions(const Pairs& pairs);

/// A text that leads to `address`.
[[nodiscard]] std::string link(std::string_view address, std::string_view text);

[[nodiscard]] std::string table(const Grid& grid);

/// range: `content` is HTML
[[nodiscard]] std::string details(std::string_view name, const std::string& content, bool open);

}  // namespace report::element
