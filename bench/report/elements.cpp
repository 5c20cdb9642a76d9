#include "bench/report/elements.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace report::element {
namespace {

constexpr std::size_t longest_text = 2000;  // bytes, of one string of a document
constexpr std::size_t most_rows = 1000;  // of a table
constexpr std::size_t most_items = 100;  // of a list

bool is_figure(std::string_view text) {
    return !text.empty() && (text == "–" || text.find_first_of("0123456789-") == 0);
}

std::string table_row(const std::vector<std::string>& cells) {
    std::string text = fmt::format("<tr><th scope=\"row\">{}</th>", escaped(cells[0]));
    for (std::size_t at = 1; at < cells.size(); ++at) {
        text += fmt::format("<td{}>{}</td>", is_figure(cells[at]) ? " class=\"figure\"" : "",
                            escaped(cells[at]));
    }
    return text + "</tr>\n";
}

}  // namespace

std::string escaped(std::string_view whole) {
    const std::string text = brief(whole, longest_text);
    std::string safe;
    safe.reserve(text.size());
    for (const char byte : text) {
        switch (byte) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            case '\'': safe += "&#39;"; break;
            case '\0': safe += "\xef\xbf\xbd"; break;
            default: safe += byte;
        }
    }
    return safe;
}

std::string paragraph(std::string_view text, std::string_view kind) {
    if (text.empty()) return "";
    return kind.empty() ? fmt::format("<p>{}</p>\n", escaped(text))
                        : fmt::format("<p class=\"{}\">{}</p>\n", kind, escaped(text));
}

// A number and its unit stay in one line.
std::string heading(std::string_view text) {
    std::string safe = escaped(text);
    for (const std::string_view unit : {" %", " µs", " MiB", " s "}) {
        for (auto at = safe.find(unit); at != safe.npos; at = safe.find(unit, at + 1))
            safe.replace(at, 1, "\xc2\xa0");
    }
    return fmt::format("<h3>{}</h3>\n", safe);
}

std::string list(const std::vector<std::string>& items) {
    if (items.empty()) return "";
    std::string text = "<ul>\n";
    for (std::size_t at = 0; at < std::min(items.size(), most_items); ++at)
        text += fmt::format("<li>{}</li>\n", escaped(items[at]));
    if (items.size() > most_items)
        text += fmt::format("<li>and {} more</li>\n", items.size() - most_items);
    return text + "</ul>\n";
}

std::string definitions(const Pairs& pairs) {
    std::string text = "<dl>\n";
    for (const auto& [name, value] : pairs) {
        if (!value.empty())
            text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value));
    }
    return text + "</dl>\n";
}

std::string link(std::string_view address, std::string_view text) {
    return fmt::format("<a href=\"{}\">{}</a>", escaped(address), escaped(text));
}

std::string table(const Grid& grid) {
    std::string text = fmt::format(
        "<div class=\"wide\"><table>\n<caption>{}</caption>\n<thead><tr>", escaped(grid.caption));
    for (const std::string& name : grid.head)
        text += fmt::format("<th scope=\"col\">{}</th>", escaped(name));
    text += "</tr></thead>\n<tbody>\n";
    for (std::size_t at = 0; at < std::min(grid.rows.size(), most_rows); ++at)
        text += table_row(grid.rows[at]);
    text += "</tbody>\n</table></div>\n";
    if (grid.rows.size() > most_rows)
        text += paragraph(fmt::format("And {} rows more.", grid.rows.size() - most_rows));
    return text;
}

std::string details(std::string_view name, const std::string& content, bool open) {
    return fmt::format("<details{}><summary>{}</summary>\n{}</details>\n", open ? " open" : "",
                       escaped(name), content);
}

}  // namespace report::element
