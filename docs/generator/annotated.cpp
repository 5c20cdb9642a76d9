// Pages of sources: prose on the left, code on the right, figures below the lines that were counted.

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "docs/generator/course.hpp"
#include "docs/generator/markup.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

constexpr std::string_view seam_call = "sys::";

// A call is counted under its own line, and a statement may go over several.
constexpr int longest_statement = 4;

// Whether `call` is made in the statement that ends or begins in this line.
bool makes_call(const Source& source, int line, const std::string& call) {
    const std::string wanted = std::string{seam_call} + call + '(';
    for (int at = line; at > 0 && at > line - longest_statement; --at) {
        const auto index = static_cast<std::size_t>(at - 1);
        if (index < source.lines.size() && source.lines[index].find(wanted) != std::string::npos)
            return true;
    }
    return false;
}

// Whether this line calls something that makes the call for it.
bool calls_for_it(const Source& source, int line) {
    const auto index = static_cast<std::size_t>(line - 1);
    if (line < 1 || index >= source.lines.size()) return false;
    const std::string_view text = trimmed(source.lines[index]);
    return !text.starts_with("//") && text.find(seam_call) == text.npos &&
           text.find('(') != text.npos;
}

std::string rate(double a_request) {
    if (a_request == 0) return "0";
    if (a_request < 0.01) return "< 0.01";
    return fmt::format("{:.2f}", a_request);
}

// Three digits.
std::string digits(double value) {
    return fmt::format("{:.{}f}", value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

// One thread sleeps a share of the time; of several, so many sleep on average.
std::string sleep(double asleep) {
    if (asleep > 1.05) return fmt::format("{:.1f} asleep at a time", asleep);
    return fmt::format("{:.0f} % asleep", std::min(asleep, 1.0) * 100);
}

std::string chip(const LineFigures& figures) {
    std::string html = "<span class=\"chip\"><b>" + escaped(figures.workload) + "</b> " +
                       escaped(rate(figures.calls_a_request)) + " a request";
    if (figures.sleeps) html += ", " + sleep(figures.asleep);
    if (figures.would_block_a_request > 0)
        html += ", " + escaped(rate(figures.would_block_a_request)) + " would block";
    return html + "</span> ";
}

// Whether a chunk's prose is about this name: it is declared where the code below the prose begins.
bool is_what_prose_tells_of(const Declared& declared, const Chunk& chunk) {
    if (chunk.is_section || chunk.prose.empty() || chunk.code.empty()) return false;
    if (declared.line == chunk.code_line) return true;
    const bool begins_above = chunk.code.front().starts_with("template");
    return begins_above && declared.line == chunk.code_line + 1;
}

// A place that can be linked to and looked up; nothing where there is one of that name already.
std::string name_html(const std::string& name, const std::string& id, Desk& desk,
                      std::vector<Heading>& headings) {
    if (!desk.ids.insert(id).second) return {};
    headings.push_back({.level = 6, .text = name, .id = id});
    return "<a id=\"" + escaped(id) + "\"></a>";
}

std::string permalink(const std::string& id, const std::string& what) {
    return " <a class=\"here\" href=\"#" + escaped(id) + "\" aria-label=\"Link to " +
           escaped(what) + "\">#</a>";
}

// `thread_per_client: a thread for every client`, apart.
std::pair<std::string, std::string> title_and_idea(const Source& source) {
    for (const Chunk& chunk : source.chunks) {
        if (chunk.heading.empty() || chunk.is_section) continue;
        const std::size_t colon = chunk.heading.find(": ");
        if (colon == chunk.heading.npos) return {chunk.heading, ""};
        return {chunk.heading.substr(0, colon), chunk.heading.substr(colon + 2)};
    }
    return {name_of(source.path), ""};
}

// Names after `sys::` and the like: where they begin, and how long they are with it.
std::vector<std::pair<std::size_t, std::size_t>> qualified_names(std::string_view code) {
    std::vector<std::pair<std::size_t, std::size_t>> found;
    for (std::size_t at = code.find("::"); at != code.npos; at = code.find("::", at + 2)) {
        std::size_t begin = at;
        while (begin > 0 && is_word(code[begin - 1])) --begin;
        std::size_t end = at + 2;
        while (end < code.size() && is_word(code[end])) ++end;
        const bool nested = begin > 0 && code[begin - 1] == ':';
        if (begin < at && end > at + 2 && !nested) found.emplace_back(begin, end - begin);
    }
    return found;
}

}  // namespace

// A document of another version has its calls at lines that say something else now: then none of
// its figures is shown in this file.
bool Course::fits(const std::string& model, const Source& source) const {
    if (!measured_) return false;
    const std::vector<int> lines = measured_->lines(model, source.path);
    return std::all_of(lines.begin(), lines.end(), [&](int line) {
        return makes_call(source, line, measured_->call_at(model, source.path, line)) ||
               calls_for_it(source, line);
    });
}

std::vector<Range> Course::links_in(const Pieces& pieces, Desk& desk) {
    std::string code;
    for (const Piece& piece : pieces) {
        if (piece.kind == "comment") break;
        code += piece.text;
    }
    std::vector<Range> ranges;
    for (const auto& [begin, size] : qualified_names(code)) {
        const auto found = seam_names_.find(code.substr(begin, size));
        if (found == seam_names_.end()) continue;
        ranges.push_back({.begin = begin,
                          .end = begin + size,
                          .open = "<a class=\"name\" href=\"" +
                                  escaped(address_from(desk.page, found->second)) + "\">",
                          .close = "</a>"});
    }
    return ranges;
}

std::string Course::line_html(const std::string& path, int line, Desk& desk) {
    const Pieces& pieces = coloured_.at(path)[static_cast<std::size_t>(line - 1)];
    const std::vector<Range> ranges = links_in(pieces, desk);
    return code_html(pieces, ranges, [&](std::string_view comment) {
        return cited_comment(comment, {.file = path, .line = line}, desk);
    });
}

std::string Course::figures_html(const std::string& path, int line,
                                 const std::string& model) const {
    if (!measured_ || model.empty()) return {};
    const auto figures = measured_->at(model, path, line);
    if (figures.empty()) return {};
    const std::string call = measured_->call_at(model, path, line);
    std::string html =
        "<span class=\"measured\" role=\"note\"><span class=\"call\">" + escaped(call);
    if (!path.starts_with("servers/")) html += " in " + escaped(model);
    html += "</span> ";
    for (const LineFigures& each : figures) html += chip(each);
    return html + "</span>";
}

std::string Course::code_block(const Source& source, const Chunk& chunk, const std::string& prefix,
                               const std::string& model, Desk& desk,
                               std::vector<Heading>& headings) {
    if (chunk.code.empty()) return "<div class=\"code\"></div>\n";
    std::string html = "<div class=\"code\" tabindex=\"0\"><pre>";
    for (std::size_t index = 0; index < chunk.code.size(); ++index) {
        const int line = chunk.code_line + static_cast<int>(index);
        std::string names;
        for (const Declared& declared : chunk.declared) {
            const std::string id = prefix + declared.name;
            if (declared.line != line || is_what_prose_tells_of(declared, chunk)) continue;
            names += name_html(declared.name, id, desk, headings);
        }
        html += fmt::format("<span class=\"line\" id=\"{0}L{1}\" data-line=\"{1}\">{2}{3}</span>\n",
                            escaped(prefix), line, names, line_html(source.path, line, desk));
        html += figures_html(source.path, line, model);
    }
    return html + "</pre></div>\n";
}

std::string Course::chunk_html(const Source& source, const Chunk& chunk, const std::string& prefix,
                               const std::string& model, Desk& desk,
                               std::vector<Heading>& headings) {
    std::string heading;
    if (chunk.is_section) {
        const std::string id = new_id(desk, prefix + slug(chunk.heading));
        const int level = prefix.empty() ? 2 : 3;
        headings.push_back({.level = level, .text = chunk.heading, .id = id});
        heading = fmt::format("<h{0} id=\"{1}\">{2}{3}</h{0}>\n", level, escaped(id),
                              escaped(chunk.heading), permalink(id, chunk.heading));
    }
    // Who looks such a name up finds what is said of it.
    for (const Declared& declared : chunk.declared) {
        if (is_what_prose_tells_of(declared, chunk))
            heading += name_html(declared.name, prefix + declared.name, desk, headings);
    }
    const std::string prose =
        prose_html(chunk.prose, {.file = source.path, .line = chunk.prose_line}, desk);
    return "<section class=\"chunk\">\n<div class=\"prose\">\n" + heading + prose + "</div>\n" +
           code_block(source, chunk, prefix, model, desk, headings) + "</section>\n";
}

// Why no figures are shown; empty where they are.
std::string Course::no_figures_html(const Source& source, const std::string& model) const {
    if (!measured_) {
        return "<p>These pages were made without figures. <code>make compare</code> measures the "
               "models; then <code>make docs</code> writes below each line how often it called the "
               "kernel for a request, and how long it slept there. Another result is shown with "
               "<code>make docs ARGS='--result FILE'</code>.</p>\n";
    }
    const std::string origin = escaped(measured_->origin());
    if (measured_->lines(model, source.path).empty()) {
        return "<p>The result that these pages were made with did not measure this model (" +
               origin + "). <code>make compare ARGS='--models all'</code> measures all.</p>\n";
    }
    if (fits(model, source)) return {};
    return "<p class=\"notice\">The result that these pages were made with is of another version "
           "of "
           "this file: its calls stand in other lines. No figures are shown (" +
           origin + ").</p>\n";
}

std::string Course::measured_section(const Source& source, const std::string& model) const {
    std::string why_not = no_figures_html(source, model);
    if (!why_not.empty()) return why_not;
    Table table{"Calls, line by line",
                {{"line"},
                 {"call"},
                 {"workload"},
                 {"calls a request", true},
                 {"asleep", true},
                 {"would block, a request", true}}};
    for (const int line : measured_->lines(model, source.path)) {
        const std::string call = escaped(measured_->call_at(model, source.path, line));
        for (const LineFigures& row : measured_->at(model, source.path, line)) {
            table.add({fmt::format("<a href=\"#L{0}\">{0}</a>", line), call, escaped(row.workload),
                       escaped(rate(row.calls_a_request)), row.sleeps ? sleep(row.asleep) : "",
                       escaped(rate(row.would_block_a_request))});
        }
    }
    return "<p>From a result of <code>iolab compare</code>: " + escaped(measured_->origin()) +
           ". Medians over the rounds.</p>\n" + costs_html(model) + table.html();
}

std::string Course::costs_html(const std::string& model) const {
    if (!measured_ || measured_->costs(model).empty()) return {};
    Table table{"CPU time of the server",
                {{"workload"},
                 {"us a request", true},
                 {"least to most", true},
                 {"ratio to " + measured_->baseline(), true},
                 {"verdict"}}};
    for (const CostFigures& cost : measured_->costs(model)) {
        table.add({escaped(cost.workload), digits(cost.median_us),
                   digits(cost.least_us) + " to " + digits(cost.most_us),
                   cost.ratio ? fmt::format("{:.2f}", *cost.ratio) : "",
                   model == measured_->baseline() ? "the baseline" : escaped(cost.verdict)});
    }
    return table.html();
}

// What stands before and after a model, and each beside it.
std::vector<Link> Course::neighbours_of(std::size_t number) const {
    std::vector<Link> links;
    const std::string& model = models_[number];
    if (number > 0) {
        const std::string& before = models_[number - 1];
        links.push_back(to_server(before, "Before: " + before));
        links.push_back(to_pair(before, model));
    }
    if (number + 1 < models_.size()) {
        const std::string& after = models_[number + 1];
        links.push_back(to_pair(model, after));
        links.push_back(to_server(after, "After: " + after));
    }
    return links;
}

void Course::add_server(std::size_t number) {
    const std::string& model = models_[number];
    const Source& source = atlas_.source("servers/" + model + ".cpp");
    const auto [title, idea] = title_and_idea(source);
    Page page{.path = "servers/" + model + ".html",
              .title = title,
              .lead = "<p class=\"idea\">" + escaped(idea) + "</p>\n",
              .kind = "annotated",
              .trail = {to_models(), to_model(model, "About " + model)},
              .beside = neighbours_of(number)};
    Desk desk = desk_for(page.path);
    const std::string measured = fits(model, source) ? model : std::string{};
    for (const Chunk& chunk : source.chunks)
        page.body += chunk_html(source, chunk, "", measured, desk, page.headings);
    page.body += "<section class=\"measured-table\">\n" +
                 heading_html(page, "Measured", "measured") + measured_section(source, model) +
                 "</section>\n";
    cited_by_[model] = desk.cited;
    keep(std::move(page), desk);
}

// The figures in a room are those of the model to which others are compared.
void Course::add_room(const Room& room) {
    Page page{.path = "common/" + room.name + ".html",
              .title = "common/" + room.name,
              .kind = "annotated room"};
    Desk desk = desk_for(page.path);
    page.lead = "<p class=\"idea\">" + linked_text(room.says, room.place, desk) + "</p>\n";
    page.trail = {
        {.text = "The code", .to = {.page = "index.html", .anchor = "how-a-server-file-is-built"}}};
    for (const Room& other : rooms_) {
        if (other.name != room.name) page.beside.push_back(to_room(other.name));
    }
    for (const std::string& file : room.files) {
        const Source& source = atlas_.source(file);
        const std::string name = name_of(file);
        const std::string id = new_id(desk, name);
        page.headings.push_back({.level = 2, .text = name, .id = id});
        page.body += "<h2 class=\"file\" id=\"" + escaped(id) + "\">" + escaped(name) +
                     permalink(id, name) + "</h2>\n";
        const std::string model =
            measured_ && fits(measured_->baseline(), source) ? measured_->baseline() : "";
        for (const Chunk& chunk : source.chunks)
            page.body += chunk_html(source, chunk, name + ".", model, desk, page.headings);
    }
    keep(std::move(page), desk);
}

}  // namespace docs
