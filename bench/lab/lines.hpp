#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace lab {

/// Where things stand in a JSON text, which may have comments.
struct Lines {
    std::map<std::string, int> line;  ///< by path, `workloads[1].name`; the root is ""
    std::string repeated;  ///< path of a key that an object has twice; empty if none
};

/// range: `text` is valid JSON with comments.
[[nodiscard]] Lines lines_of(std::string_view text);

/// Where the last byte before `offset` stands that is neither blank nor in a comment; npos: nowhere.
[[nodiscard]] std::size_t last_before(std::string_view text, std::size_t offset) noexcept;

/// The line, from 1, of the byte at `offset`.
[[nodiscard]] int line_at(std::string_view text, std::size_t offset) noexcept;

}  // namespace lab
