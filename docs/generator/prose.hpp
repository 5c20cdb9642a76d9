#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "docs/generator/atlas.hpp"
#include "docs/generator/fault.hpp"

namespace docs {

/// On which page a text stands, and what is known while that is made.
struct Desk {
    Atlas& atlas;
    Faults& faults;
    std::string page;  ///< from the first page's directory on
    std::set<std::string> terms_met{};  ///< of the glossary: each is linked where it first comes
    bool defines_terms = false;  ///< bold words are terms, and with each the looking begins anew
    std::set<std::string> ids{};  ///< taken on this page
    std::map<std::string, std::string> cited{};  ///< manual pages and RFCs, with their addresses
    struct Wanted {
        Place place;
        Address address;
    };
    std::vector<Wanted> wanted{};  ///< anchors that have to be there in the end
};

/// An id that nothing else on the page bears: `wanted`, or with a number behind it.
[[nodiscard]] std::string new_id(Desk& desk, const std::string& wanted);

/// Running text as HTML: manual pages, RFCs, workloads, files with names and terms are links. What
/// is meant as one of these and is not known is a fault.
[[nodiscard]] std::string linked_text(std::string_view text, const Place& begin, Desk& desk);

/// Finds what a code span names and nobody has: a word of code, an option, a command, a path.
void check_code(std::string_view code, const Place& place, Desk& desk);

void tell_unknown_file(std::string_view path, const Place& place, Desk& desk);

/// What stands in a code span, checked: a file of the project or a name in it is a link.
[[nodiscard]] std::string linked_code(std::string_view code, const Place& place, Desk& desk);

/// Comments inside code, likewise: what they cite, and their code spans; terms are not looked for.
[[nodiscard]] std::string cited_comment(std::string_view text, const Place& place, Desk& desk);

struct Heading {
    int level = 1;
    std::string text;
    std::string id;
};

struct Rendered {
    std::string title;  ///< the text of its first heading of level 1, which is not in `html`
    std::string html;
    std::vector<Heading> headings;  ///< in order, without the title
};

/// Markdown as HTML. Tags are text, but for those that fold an answer away in pages of the course.
///
/// range: `begin` is the file, whose directory relative links begin at, and the first line.
/// result: links that lead nowhere, and anchors that are wanted, are told to `desk`.
[[nodiscard]] Rendered render_markdown(std::string_view markdown, const Place& begin, Desk& desk,
                                       bool may_fold = false);

/// One paragraph or several, without headings.
[[nodiscard]] std::string prose_html(std::string_view markdown, const Place& begin, Desk& desk);

}  // namespace docs
