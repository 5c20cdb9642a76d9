// Pages of classic bugs, each beside the lines of the sibling that does not have it.

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "docs/generator/course.hpp"
#include "docs/generator/markup.hpp"
#include "docs/generator/patch.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

// Lines as they are coloured, at the numbers that they have in the patched file.
void put(std::vector<Pieces>& lines, int first, const std::vector<Pieces>& more) {
    const auto begin = static_cast<std::size_t>(first - 1);
    lines.resize(std::max(lines.size(), begin + more.size()));
    std::copy(more.begin(), more.end(), lines.begin() + first - 1);
}

Chunk chunk_of(const std::vector<std::string>& code, int line) {
    Chunk chunk;
    chunk.code = code;
    chunk.code_line = line;
    return chunk;
}

}  // namespace

// What the bugs put in the place of a sibling's lines, all by one process.
void Course::colour_bugs() {
    std::vector<Plain> texts;
    for (const std::string& file : bugs_) {
        for (Hunk& hunk : parse_patch(atlas_.text(file).value_or("")).hunks)
            texts.push_back({.language = "cpp", .lines = std::move(hunk.right)});
    }
    auto coloured = highlight(texts, options_.highlighter);
    auto next = coloured.begin();
    for (const std::string& file : bugs_) {
        for (std::size_t left = parse_patch(atlas_.text(file).value_or("")).hunks.size(); left > 0;
             --left)
            hunks_[file].push_back(std::move(*next++));
    }
}

// Shown rows of a patch: what stands in the sibling, and what the bug makes of it.
std::string Course::patch_html(const Patch& patch, const std::string& file, Desk& desk) {
    const Source& left = atlas_.source(patch.file);
    Source right;
    right.path = file;
    std::string html;
    int moved = 0;
    int end = 0;  // of the hunk before
    std::size_t number = 0;
    for (const Hunk& hunk : patch.hunks) {
        const int line = line_of(left.lines, hunk.left);
        if (line == 0 || !coloured_.contains(patch.file)) {
            faults_.add(
                {.place = {.file = file, .line = hunk.line},
                 .what = "the lines that it changes do not stand exactly once in " + patch.file,
                 .likely_cause = "the sibling has changed since",
                 .what_helps = "scripts/zoo carries patches over"});
            return {};
        }
        const int since = line - std::exchange(end, line + static_cast<int>(hunk.left.size()));
        if (number > 0 && since > 0) html += skipped_html(static_cast<std::size_t>(since));
        put(coloured_[file], line + moved, hunks_.at(file)[number++]);
        const Chunk before = chunk_of(hunk.left, line);
        const Chunk after = chunk_of(hunk.right, line + moved);
        html += table_html({.left = &before, .right = &after}, left, right, desk);
        moved += static_cast<int>(hunk.right.size()) - static_cast<int>(hunk.left.size());
    }
    return html;
}

void Course::add_bug(const std::string& file) {
    const Patch patch = parse_patch(atlas_.text(file).value_or(""));
    Desk desk = desk_for("zoo/" + stem_of(file) + ".html");
    Page page{.path = desk.page,
              .title = stem_of(file),
              .lead = "<p class=\"idea\">It " + escaped(patch.bug) + ".</p>\n",
              .kind = "siblings",
              .trail = {{.text = "The zoo", .to = {.page = "zoo.html", .anchor = {}}}}};
    if (atlas_.text("servers/" + patch.sibling + ".cpp"))
        page.beside.push_back(to_server(patch.sibling, patch.sibling + ", which does not"));
    for (const std::string& experiment : experiments_) {
        const std::string text = atlas_.text(experiment).value_or("");
        const auto json = nlohmann::json::parse(text, nullptr, false, true);
        if (text.find("\"zoo/" + stem_of(file) + '"') != text.npos && json.is_object())
            page.beside.push_back(to_experiment(experiment, json.value("title", "")));
    }
    page.body = prose_html(patch.lesson, {.file = file, .line = patch.lesson_line}, desk);
    page.body +=
        diff_html(escaped(patch.file), escaped(stem_of(file)), patch_html(patch, file, desk));
    page.body +=
        "<p>To try it:</p>\n<pre tabindex=\"0\"><code>cmake --build build --target "
        "zoo\nbuild/zoo/" +
        escaped(stem_of(file)) + " --port 8080\n</code></pre>\n";
    keep(std::move(page), desk);
}

}  // namespace docs
