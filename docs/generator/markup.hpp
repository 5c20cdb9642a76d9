#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "docs/generator/page.hpp"

/// Pieces of HTML that several kinds of pages have, and where these pages stand.
namespace docs {

[[nodiscard]] Link to_models();
[[nodiscard]] Link to_reading_order();
[[nodiscard]] Link to_server(const std::string& model, const std::string& text);
[[nodiscard]] Link to_model(const std::string& model, const std::string& text);
[[nodiscard]] Link to_room(const std::string& room);

/// Two neighbours side by side: `poll beside epoll_lt`, with `before` in front of it.
[[nodiscard]] Link to_pair(const std::string& one, const std::string& other,
                           const std::string& before = {});

/// range: the path of an experiment's file
[[nodiscard]] Link to_experiment(const std::string& file, const std::string& text);

[[nodiscard]] std::string link_html(const std::string& page, const Link& link);

/// A heading of the second level, which is added to the page's headings.
[[nodiscard]] std::string heading_html(Page& page, const std::string& text, const std::string& id);

struct Column {
    std::string name;
    bool is_figure = false;
};

/// A table that scrolls by itself where it is too wide.
class Table {
public:
    /// range: an empty caption is none
    Table(const std::string& caption, std::vector<Column> columns);

    /// range: HTML, as many cells as there are columns
    void add(const std::vector<std::string>& cells);

    [[nodiscard]] std::string html() const;

private:
    std::vector<Column> columns_;
    std::string html_;
};

/// Two texts side by side. range: HTML; `rows` have four cells each
[[nodiscard]] std::string diff_html(const std::string& left, const std::string& right,
                                    const std::string& rows);

/// A row for so many lines that both have.
[[nodiscard]] std::string skipped_html(std::size_t lines);

/// The last part of a path; without its ending.
[[nodiscard]] std::string name_of(const std::string& path);
[[nodiscard]] std::string stem_of(const std::string& path);

/// The texts with a gap between them.
[[nodiscard]] std::string listed(const std::vector<std::string>& texts, const std::string& gap);

}  // namespace docs
