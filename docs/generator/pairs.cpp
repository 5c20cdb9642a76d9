// Pages of two neighbours side by side: what differs, and why.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "docs/generator/course.hpp"
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

std::string empty_cells() {
    return "<td class=\"number\"></td><td class=\"none\"></td>";
}

std::string heading_of(const Facing& facing) {
    const Chunk& chunk = facing.right != nullptr ? *facing.right : *facing.left;
    if (chunk.is_section) return chunk.heading;
    if (!chunk.heading.empty()) return "The idea";
    const std::string name = chunk.key();
    return name.empty() ? "Line " + std::to_string(chunk.prose_line) : name;
}

std::string link_to(const std::string& page, const Source& source, const Chunk& chunk) {
    std::string file = source.path;
    const std::string model = file.substr(8, file.size() - 12);  // servers/ and .cpp
    const int line = chunk.code.empty() ? 0 : chunk.code_line;
    if (line == 0) return escaped(model);
    const Address to{.page = "servers/" + model + ".html", .anchor = "L" + std::to_string(line)};
    return "<a href=\"" + escaped(address_from(page, to)) + "\">" + escaped(model) + "</a>";
}

}  // namespace

std::string Course::table_html(const Facing& facing, const Source& left, const Source& right,
                               Desk& desk) {
    static const std::vector<std::string> nothing;
    const auto& lefts = facing.left != nullptr ? facing.left->code : nothing;
    const auto& rights = facing.right != nullptr ? facing.right->code : nothing;
    const std::vector<Row> rows = side_by_side(lefts, rights);
    const std::vector<bool> shown = shown_rows(rows);
    // A side of a row, with what is marked in it.
    const auto cells = [&](const Source& source, const Chunk* chunk, int index, bool changed,
                           std::pair<std::size_t, std::size_t> bounds, const char* kind) {
        if (index < 0) return empty_cells();
        const int line = chunk->code_line + index;
        const Pieces& pieces = coloured_.at(source.path)[static_cast<std::size_t>(line - 1)];
        const std::vector<Range> marks = changed ? mark_of(bounds) : links_in(pieces, desk);
        return fmt::format("<td class=\"number\">{}</td><td class=\"{}\"><pre>{}</pre></td>", line,
                           changed ? kind : "same", code_html(pieces, marks));
    };
    std::string html;
    std::size_t skipped = 0;
    const auto flush = [&] {
        if (skipped > 0)
            html +=
                fmt::format("<tr class=\"skipped\"><td colspan=\"4\">{} {} the same</td></tr>\n",
                            skipped, skipped == 1 ? "line is" : "lines are");
        skipped = 0;
    };
    for (std::size_t at = 0; at < rows.size(); ++at) {
        if (!shown[at]) {
            ++skipped;
            continue;
        }
        flush();
        const Row& row = rows[at];
        Change change{};
        const bool both = row.left >= 0 && row.right >= 0;
        if (row.changed && both)
            change = change_of(lefts[static_cast<std::size_t>(row.left)],
                               rights[static_cast<std::size_t>(row.right)]);
        html += "<tr>" + cells(left, facing.left, row.left, row.changed, change.left, "gone") +
                cells(right, facing.right, row.right, row.changed, change.right, "come") +
                "</tr>\n";
    }
    flush();
    return html;
}

// Prose that both share stands once; otherwise each has its own above its code.
std::string Course::side_html(const Facing& facing, const Source& left, const Source& right,
                              Desk& desk) {
    const Chunk* reason = facing.reason();
    const Chunk& any = facing.right != nullptr ? *facing.right : *facing.left;
    const Source& source = facing.right != nullptr ? right : left;
    if (reason == nullptr && !facing.same_code()) {
        faults_.add({.place = {.file = source.path, .line = std::max(any.code_line, 1)},
                     .what = "it differs from its sibling here, and no prose above it says why",
                     .likely_cause = "code that came without its comment",
                     .what_helps = "a comment at the left margin above it"});
        return {};
    }
    const auto prose = [&](const Source& from, const Chunk* chunk) {
        if (chunk == nullptr)
            return std::string{"<p class=\"nothing\">There is no such thing here.</p>\n"};
        return prose_html(chunk->prose, {.file = from.path, .line = chunk->prose_line}, desk);
    };
    std::string html = "<div class=\"reasons\">\n";
    if (facing.same_prose()) {
        html += "<div class=\"reason both\">\n" + prose(right, facing.right) + "</div>\n";
    } else {
        html += "<div class=\"reason earlier\">\n" + prose(left, facing.left) + "</div>\n" +
                "<div class=\"reason later\">\n" + prose(right, facing.right) + "</div>\n";
    }
    html += "</div>\n";
    if (facing.same_code()) return html + "<p class=\"nothing\">The code is the same.</p>\n";
    const std::string caption = fmt::format(
        "<tr><th scope=\"col\" colspan=\"2\">{}</th><th scope=\"col\" colspan=\"2\">{}</th></tr>\n",
        facing.left != nullptr ? link_to(desk.page, left, *facing.left) : "",
        facing.right != nullptr ? link_to(desk.page, right, *facing.right) : "");
    return html +
           "<div class=\"wide\" tabindex=\"0\">\n<table class=\"diff\">\n<colgroup><col "
           "class=\"number\"><col><col class=\"number\"><col></colgroup>\n<thead>" +
           caption + "</thead>\n<tbody>\n" + table_html(facing, left, right, desk) +
           "</tbody>\n</table>\n</div>\n";
}

void Course::add_pair(std::size_t number) {
    const std::string& one = models_[number - 1];
    const std::string& other = models_[number];
    const Source& left = atlas_.source("servers/" + one + ".cpp");
    const Source& right = atlas_.source("servers/" + other + ".cpp");
    Page page{.path = "siblings/" + one + "-" + other + ".html",
              .title = one + " beside " + other,
              .kind = "siblings"};
    page.lead =
        "<p class=\"idea\">What changes, and why: the reason stands above the code, in the words "
        "of the "
        "source. What is not shown is the same word for word.</p>\n";
    Desk desk = desk_for(page.path);
    page.trail = {{.text = "Models", .to = {.page = "index.html", .anchor = "models"}},
                  {.text = one, .to = {.page = "servers/" + one + ".html", .anchor = {}}},
                  {.text = other, .to = {.page = "servers/" + other + ".html", .anchor = {}}}};
    if (number > 1)
        page.beside.push_back(
            {.text = "Before: " + models_[number - 2] + " beside " + one,
             .to = {.page = "siblings/" + models_[number - 2] + "-" + one + ".html",
                    .anchor = {}}});
    if (number + 1 < models_.size())
        page.beside.push_back(
            {.text = "After: " + other + " beside " + models_[number + 1],
             .to = {.page = "siblings/" + other + "-" + models_[number + 1] + ".html",
                    .anchor = {}}});
    std::vector<std::string> same;
    for (const Facing& facing : facing_chunks(left, right)) {
        const std::string heading = heading_of(facing);
        if (facing.same_code() && facing.same_prose()) {
            same.push_back(heading);
            continue;
        }
        const std::string id = new_id(desk, slug(heading));
        page.headings.push_back({.level = 2, .text = heading, .id = id});
        page.body += "<section class=\"hunk\">\n<h2 id=\"" + escaped(id) + "\">" +
                     escaped(heading) + "</h2>\n" + side_html(facing, left, right, desk) +
                     "</section>\n";
    }
    if (!same.empty()) {
        std::string names;
        for (const std::string& name : same) names += (names.empty() ? "" : ", ") + name;
        page.body +=
            "<section class=\"hunk\">\n<h2 id=\"the-same\">Word for word the same</h2>\n<p>" +
            escaped(names) + ".</p>\n</section>\n";
        page.headings.push_back({.level = 2, .text = "Word for word the same", .id = "the-same"});
    }
    keep(std::move(page), desk);
}

}  // namespace docs
