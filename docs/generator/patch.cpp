#include "docs/generator/patch.hpp"

#include <algorithm>

#include "docs/generator/text.hpp"

namespace docs {
namespace {

// What stands behind `name: ` if the line begins so.
bool take_value(std::string_view line, std::string_view name, std::string& value) {
    if (!line.starts_with(name)) return false;
    value = trimmed(line.substr(name.size()));
    return true;
}

// A line before the first hunk; a lesson may go over several.
void take_head(Patch& patch, std::string_view line, int number, bool& in_lesson) {
    const bool continues = in_lesson && line.starts_with("  ");
    if (continues) patch.lesson.append("\n").append(trimmed(line));
    in_lesson = continues;
    if (take_value(line, "Lesson: ", patch.lesson)) {
        in_lesson = true;
        patch.lesson_line = number;
    }
    static_cast<void>(take_value(line, "Sibling: ", patch.sibling) ||
                      take_value(line, "Bug: ", patch.bug) ||
                      take_value(line, "Variant: ", patch.bug) ||
                      take_value(line, "Experiment: ", patch.experiment) ||
                      take_value(line, "+++ b/", patch.file));
}

void take_change(Hunk& hunk, std::string_view line) {
    const std::string text{line.substr(std::min<std::size_t>(1, line.size()))};
    if (!line.starts_with('+')) hunk.left.push_back(text);
    if (!line.starts_with('-')) hunk.right.push_back(text);
}

}  // namespace

Patch parse_patch(std::string_view text) {
    Patch patch;
    bool in_lesson = false;
    int number = 0;
    for (const std::string& line : lines_of(text)) {
        ++number;
        if (line.starts_with("@@ "))
            patch.hunks.push_back({.left = {}, .right = {}, .line = number});
        else if (patch.hunks.empty())
            take_head(patch, line, number, in_lesson);
        else
            take_change(patch.hunks.back(), line);
    }
    return patch;
}

int line_of(const std::vector<std::string>& lines, const std::vector<std::string>& wanted) {
    const auto first = std::search(lines.begin(), lines.end(), wanted.begin(), wanted.end());
    if (first == lines.end()) return 0;
    const auto second = std::search(first + 1, lines.end(), wanted.begin(), wanted.end());
    return second == lines.end() ? static_cast<int>(first - lines.begin()) + 1 : 0;
}

}  // namespace docs
