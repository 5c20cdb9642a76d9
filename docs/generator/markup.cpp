#include "docs/generator/markup.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "docs/generator/text.hpp"

namespace docs {
namespace {

Link to_page(std::string page, std::string text) {
    return {.text = std::move(text), .to = {.page = std::move(page), .anchor = {}}};
}

}  // namespace

Link to_models() {
    return {.text = "Models", .to = {.page = "index.html", .anchor = "models"}};
}

Link to_reading_order() {
    return to_page("index.html", "Reading order");
}

Link to_server(const std::string& model, const std::string& text) {
    return to_page("servers/" + model + ".html", text);
}

Link to_model(const std::string& model, const std::string& text) {
    return to_page("models/" + model + ".html", text);
}

Link to_room(const std::string& room) {
    return to_page("common/" + room + ".html", "common/" + room);
}

Link to_pair(const std::string& one, const std::string& other, const std::string& before) {
    return to_page("siblings/" + one + "-" + other + ".html", before + one + " beside " + other);
}

Link to_experiment(const std::string& file, const std::string& text) {
    return to_page("experiments/" + stem_of(file) + ".html", text);
}

std::string link_html(const std::string& page, const Link& link) {
    return "<a class=\"in\" href=\"" + escaped(address_from(page, link.to)) + "\">" +
           escaped(link.text) + "</a>";
}

std::string heading_html(Page& page, const std::string& text, const std::string& id) {
    page.headings.push_back({.level = 2, .text = text, .id = id});
    return "<h2 id=\"" + escaped(id) + "\">" + escaped(text) + "</h2>\n";
}

Table::Table(const std::string& caption, std::vector<Column> columns)
    : columns_{std::move(columns)}, html_{"<div class=\"wide\" tabindex=\"0\">\n<table>\n"} {
    if (!caption.empty()) html_ += "<caption>" + escaped(caption) + "</caption>\n";
    html_ += "<thead><tr>";
    for (const Column& column : columns_) {
        html_ += std::string{"<th scope=\"col\""} +
                 (column.is_figure ? " class=\"figure\">" : ">") + escaped(column.name) + "</th>";
    }
    html_ += "</tr></thead>\n<tbody>\n";
}

void Table::add(const std::vector<std::string>& cells) {
    html_ += "<tr>";
    for (std::size_t at = 0; at < cells.size(); ++at)
        html_ += (columns_[at].is_figure ? "<td class=\"figure\">" : "<td>") + cells[at] + "</td>";
    html_ += "</tr>\n";
}

std::string Table::html() const {
    return html_ + "</tbody>\n</table>\n</div>\n";
}

namespace {

// Over nothing stands no heading, for who listens to a page would hear of an empty one.
std::string diff_head(const std::string& name) {
    return name.empty() ? "<td colspan=\"2\"></td>"
                        : "<th scope=\"col\" colspan=\"2\">" + name + "</th>";
}

}  // namespace

std::string diff_html(const std::string& left, const std::string& right, const std::string& rows) {
    return "<div class=\"wide\" tabindex=\"0\">\n<table class=\"diff\">\n<colgroup><col "
           "class=\"number\"><col><col class=\"number\"><col></colgroup>\n<thead><tr>" +
           diff_head(left) + diff_head(right) + "</tr></thead>\n<tbody>\n" + rows +
           "</tbody>\n</table>\n</div>\n";
}

std::string skipped_html(std::size_t lines) {
    return fmt::format("<tr class=\"skipped\"><td colspan=\"4\">{} {} the same</td></tr>\n", lines,
                       lines == 1 ? "line is" : "lines are");
}

std::string name_of(const std::string& path) {
    return std::filesystem::path{path}.filename().string();
}

std::string stem_of(const std::string& path) {
    return std::filesystem::path{path}.stem().string();
}

std::string listed(const std::vector<std::string>& texts, const std::string& gap) {
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "" : gap) + text;
    return list;
}

}  // namespace docs
