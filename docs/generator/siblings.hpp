#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "docs/generator/source.hpp"

namespace docs {

/// A row of two texts side by side: line numbers from 0, -1 where one has no such line.
struct Row {
    int left = -1;
    int right = -1;
    bool changed = false;
};

/// Lines that both have in the same order, as many as can be, face each other; what was changed
/// faces what it was changed to, as far as there is as much of it.
[[nodiscard]] std::vector<Row> side_by_side(std::span<const std::string> left,
                                            std::span<const std::string> right);

/// The middle of two lines in which they differ, in whole words: begin and end in each. Where they have hardly
/// anything in common, nothing of both: that the lines differ is seen without it.
struct Change {
    std::pair<std::size_t, std::size_t> left, right;
};
[[nodiscard]] Change change_of(std::string_view left, std::string_view right);

/// Two chunks of which one was made from the other; null where a sibling has no such chunk.
struct Facing {
    const Chunk* left = nullptr;
    const Chunk* right = nullptr;

    [[nodiscard]] bool same_prose() const noexcept;
    [[nodiscard]] bool same_code() const noexcept;

    /// Why the code differs: the prose of the later sibling that stands above it; where the later
    /// one has no such chunk, that of the earlier one.
    /// result: empty where nobody has written it down
    [[nodiscard]] const Chunk* reason() const noexcept;
};

/// Chunks of two siblings, matched by what they are called, inside sections of the same heading.
[[nodiscard]] std::vector<Facing> facing_chunks(const Source& left, const Source& right);

}  // namespace docs
