// Pages of two neighbours side by side: what differs, and why.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "docs/generator/course.hpp"
#include "docs/generator/markup.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

constexpr std::size_t context_lines = 2;

// Rows near a change are shown, the others only counted.
std::vector<bool> shown_rows(const std::vector<Row>& rows) {
    std::vector<bool> shown(rows.size(), false);
    for (std::size_t at = 0; at < rows.size(); ++at) {
        if (!rows[at].changed) continue;
        const std::size_t from = at - std::min(at, context_lines);
        const std::size_t to = std::min(at + context_lines + 1, rows.size());
        for (std::size_t near = from; near < to; ++near) shown[near] = true;
    }
    return shown;
}

std::vector<Range> mark_of(std::pair<std::size_t, std::size_t> bounds) {
    if (bounds.first >= bounds.second) return {};
    return {{.begin = bounds.first, .end = bounds.second, .open = "<mark>", .close = "</mark>"}};
}

std::string heading_of(const Facing& facing) {
    const Chunk& chunk = facing.right != nullptr ? *facing.right : *facing.left;
    if (chunk.is_section) return chunk.heading;
    if (!chunk.heading.empty()) return "The idea";
    const std::string name = chunk.key();
    return name.empty() ? "Line " + std::to_string(chunk.prose_line) : name;
}

// The model's name, which leads to where the chunk's code begins.
std::string link_to(const std::string& page, const Source& source, const Chunk* chunk) {
    if (chunk == nullptr) return {};
    Link link = to_server(stem_of(source.path), stem_of(source.path));
    if (!chunk->code.empty()) link.to.anchor = "L" + std::to_string(chunk->code_line);
    return link_html(page, link);
}

const std::vector<std::string>& code_of(const Chunk* chunk) {
    static const std::vector<std::string> nothing;
    return chunk != nullptr ? chunk->code : nothing;
}

// What to mark in the two lines of a row.
Change marked(const Facing& facing, const Row& row) {
    if (!row.changed || row.left < 0 || row.right < 0) return {};
    return change_of(facing.left->code[static_cast<std::size_t>(row.left)],
                     facing.right->code[static_cast<std::size_t>(row.right)]);
}

}  // namespace

// One side of a row; `kind` is what it is if it was changed.
std::string Course::cells_html(const Source& source, const Chunk* chunk, int index,
                               const std::string& kind, std::pair<std::size_t, std::size_t> mark,
                               Desk& desk) {
    if (index < 0) return "<td class=\"number\"></td><td class=\"none\"></td>";
    const int line = chunk->code_line + index;
    const Pieces& pieces = coloured_.at(source.path)[static_cast<std::size_t>(line - 1)];
    const auto ranges = kind == "same" ? links_in(pieces, desk) : mark_of(mark);
    return fmt::format("<td class=\"number\">{}</td><td class=\"{}\"><pre>{}</pre></td>", line,
                       kind, code_html(pieces, ranges));
}

std::string Course::table_html(const Facing& facing, const Source& left, const Source& right,
                               Desk& desk) {
    const std::vector<Row> rows = side_by_side(code_of(facing.left), code_of(facing.right));
    const std::vector<bool> shown = shown_rows(rows);
    std::string html;
    std::size_t skipped = 0;
    for (std::size_t at = 0; at < rows.size(); ++at) {
        if (!shown[at]) {
            ++skipped;
            continue;
        }
        if (skipped > 0) html += skipped_html(std::exchange(skipped, 0));
        const Row& row = rows[at];
        const Change change = marked(facing, row);
        html += "<tr>" +
                cells_html(left, facing.left, row.left, row.changed ? "gone" : "same", change.left,
                           desk) +
                cells_html(right, facing.right, row.right, row.changed ? "come" : "same",
                           change.right, desk) +
                "</tr>\n";
    }
    return skipped > 0 ? html + skipped_html(skipped) : html;
}

// Prose that both share stands once; otherwise each has its own above its code.
std::string Course::reasons_html(const Facing& facing, const Source& left, const Source& right,
                                 Desk& desk) {
    const auto prose = [&](const char* kind, const Source& from, const Chunk* chunk) {
        return std::string{"<div class=\"reason "} + kind + "\">\n" +
               (chunk == nullptr
                    ? "<p class=\"nothing\">There is no such thing here.</p>\n"
                    : prose_html(chunk->prose, {.file = from.path, .line = chunk->prose_line},
                                 desk)) +
               "</div>\n";
    };
    if (facing.same_prose())
        return "<div class=\"reasons\">\n" + prose("both", right, facing.right) + "</div>\n";
    std::string html = "<div class=\"reasons\">\n";
    html += prose("earlier", left,
                  facing.left);  // in this order: a term is linked where it first comes
    html += prose("later", right, facing.right);
    return html + "</div>\n";
}

std::string Course::side_html(const Facing& facing, const Source& left, const Source& right,
                              Desk& desk) {
    const std::string reasons = reasons_html(facing, left, right, desk);
    if (facing.same_code()) return reasons + "<p class=\"nothing\">The code is the same.</p>\n";
    if (facing.reason() == nullptr) {
        const Chunk* chunk = facing.right != nullptr ? facing.right : facing.left;
        faults_.add({.place = {.file = (facing.right != nullptr ? right : left).path,
                               .line = chunk == nullptr ? 1 : std::max(chunk->code_line, 1)},
                     .what = "it differs from its sibling here, and no prose above it says why",
                     .likely_cause = "code that came without its comment",
                     .what_helps = "a comment at the left margin above it"});
    }
    return reasons + diff_html(link_to(desk.page, left, facing.left),
                               link_to(desk.page, right, facing.right),
                               table_html(facing, left, right, desk));
}

void Course::add_pair(std::size_t number) {
    const std::string& one = models_[number - 1];
    const std::string& other = models_[number];
    const Source& left = atlas_.source("servers/" + one + ".cpp");
    const Source& right = atlas_.source("servers/" + other + ".cpp");
    Page page{.path = to_pair(one, other).to.page,
              .title = one + " beside " + other,
              .lead =
                  "<p class=\"idea\">What changes, and why: the reason stands above the code, in "
                  "the words of the source. What is not shown is the same word for word.</p>\n",
              .kind = "siblings",
              .trail = {to_models(), to_server(one, one), to_server(other, other)}};
    if (number > 1) page.beside.push_back(to_pair(models_[number - 2], one, "Before: "));
    if (number + 1 < models_.size())
        page.beside.push_back(to_pair(other, models_[number + 1], "After: "));
    Desk desk = desk_for(page.path);
    std::vector<std::string> same;
    for (const Facing& facing : facing_chunks(left, right)) {
        const std::string heading = heading_of(facing);
        if (facing.same_code() && facing.same_prose()) {
            same.push_back(heading);
            continue;
        }
        page.body += "<section class=\"hunk\">\n" +
                     heading_html(page, heading, new_id(desk, slug(heading))) +
                     side_html(facing, left, right, desk) + "</section>\n";
    }
    if (!same.empty()) {
        page.body += "<section class=\"hunk\">\n" +
                     heading_html(page, "Word for word the same", "the-same") + "<p>" +
                     escaped(listed(same, ", ")) + ".</p>\n</section>\n";
    }
    keep(std::move(page), desk);
}

}  // namespace docs
