#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace docs {

/// Lines of a file and what a patch puts in their place, both with the lines around them.
struct Hunk {
    std::vector<std::string> left, right;
    int line = 0;  ///< of the patch's own file, where the hunk begins
};

/// A bug of the zoo, or a variant: what its patch says of itself, and what it changes.
struct Patch {
    std::string sibling, bug, lesson, experiment;
    int lesson_line = 0;  ///< of the patch's own file
    std::string file;  ///< that is changed, from the project's directory on
    std::vector<Hunk> hunks;
};

[[nodiscard]] Patch parse_patch(std::string_view text);

/// The line, from 1, at which `wanted` begins in `lines`; 0 where it does not stand there exactly
/// once.
[[nodiscard]] int line_of(const std::vector<std::string>& lines,
                          const std::vector<std::string>& wanted);

}  // namespace docs
