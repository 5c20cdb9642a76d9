#pragma once

#include <string>
#include <vector>

#include "docs/generator/fault.hpp"
#include "docs/generator/prose.hpp"

namespace docs {

struct Link {
    std::string text;
    Address to;
};

/// A page before it has a frame.
struct Page {
    std::string path;  ///< from the first page's directory on
    std::string title;
    std::string lead{};  ///< HTML under the title
    std::string kind{};  ///< how it is laid out: "course", "annotated", "siblings"
    std::vector<Link> trail{};  ///< to the pages above
    std::vector<Link> beside{};  ///< to what belongs to it
    std::vector<Heading> headings{};
    std::string body{};  ///< HTML
    bool has_search = false;  ///< it is the page that looks things up
};

/// The texts of a page that are the same for all, as they were when this was built.
struct PageParts {
    std::string_view html, css, js;
};
[[nodiscard]] const PageParts& page_parts();

/// The whole page: one file that fetches nothing; of scripts and styles only ours may be there.
/// range: `index` is JSON, for the page that looks things up
[[nodiscard]] std::string framed(const Page& page, const std::string& index = {});

/// What the pages say, as JSON: a list of [page title, heading, address, text].
[[nodiscard]] std::string search_index(const std::vector<Page>& pages);

/// Links inside the pages that lead nowhere and places that stand twice, as faults of their pages.
void check_links(const std::vector<Page>& pages, Faults& faults);

/// The anchors of a page: what stands in its `id` attributes.
[[nodiscard]] std::set<std::string> anchors_of(const Page& page);

/// HTML without its tags, entities as the characters that they are.
[[nodiscard]] std::string text_of_html(std::string_view html);

}  // namespace docs
