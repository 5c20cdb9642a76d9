#include <md4c.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "docs/generator/prose.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

namespace fs = std::filesystem;

// What a reader calls a mistake of the Markdown itself.
Fault markdown_fault(const Place& place, std::string what, std::string what_helps) {
    return {.place = place,
            .what = std::move(what),
            .likely_cause = "the pages know only what the course needs",
            .what_helps = std::move(what_helps)};
}

bool is_elsewhere(std::string_view link) {
    return link.starts_with("https://") || link.starts_with("http://");
}

// md4c calls us for every block, span and text; what runs on is collected until something ends it,
// so that a citation may go over a line's end.
class Renderer {
public:
    Renderer(std::string_view markdown, Place begin, Desk& desk, bool may_fold)
        : markdown_{markdown},
          begin_{std::move(begin)},
          here_{begin_},
          desk_{desk},
          may_fold_{may_fold} {}

    Rendered render() {
        MD_PARSER parser{};
        parser.flags = MD_FLAG_TABLES | MD_FLAG_NOHTMLSPANS | MD_FLAG_NOINDENTEDCODEBLOCKS;
        if (begin_.file.ends_with(".md")) parser.flags &= ~MD_FLAG_NOINDENTEDCODEBLOCKS;
        if (!may_fold_) parser.flags |= MD_FLAG_NOHTMLBLOCKS;
        parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
            static_cast<Renderer*>(self)->enter_block(type, detail);
            return 0;
        };
        parser.leave_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
            static_cast<Renderer*>(self)->leave_block(type, detail);
            return 0;
        };
        parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
            static_cast<Renderer*>(self)->enter_span(type, detail);
            return 0;
        };
        parser.leave_span = [](MD_SPANTYPE type, void*, void* self) {
            static_cast<Renderer*>(self)->leave_span(type);
            return 0;
        };
        parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
            static_cast<Renderer*>(self)->take_text(type, {text, size});
            return 0;
        };
        md_parse(markdown_.data(), static_cast<MD_SIZE>(markdown_.size()), &parser, this);
        return std::move(rendered_);
    }

private:
    // Where a text of the parser's stands: it mostly points into what it was given.
    void move_to(const char* text) {
        const char* const first = markdown_.data();
        if (text < first || text > first + markdown_.size()) return;
        here_.line = begin_.line + static_cast<int>(std::count(first, text, '\n'));
    }

    std::string& out() { return in_heading_ ? heading_html_ : rendered_.html; }

    void flush() {
        if (text_.empty()) return;
        const bool plain = in_link_ || in_heading_;
        check_references();
        out() += plain ? escaped(text_) : linked_text(text_, text_begin_, desk_);
        if (in_heading_) heading_.text += text_;
        text_.clear();
    }

    // md4c takes `[text][label]` for text where nobody says what the label means.
    void check_references() {
        for (std::size_t at = text_.find("]["); at != text_.npos; at = text_.find("][", at + 1)) {
            const std::size_t end = text_.find(']', at + 2);
            if (end == text_.npos) return;
            Place place = text_begin_;
            place.line += static_cast<int>(std::count(text_.data(), text_.data() + at, '\n'));
            desk_.faults.add({.place = place,
                              .what = "`[" + text_.substr(at + 2, end - at - 2) +
                                      "]` is referred to, and is no link's label",
                              .likely_cause = "a typing error, or the line that defines it is gone",
                              .what_helps = "`[label]: address` on a line of its own"});
        }
    }

    void take_text(MD_TEXTTYPE type, std::string_view text) {
        if (type != MD_TEXT_SOFTBR && type != MD_TEXT_BR) move_to(text.data());
        if (text_.empty()) text_begin_ = here_;
        switch (type) {
            case MD_TEXT_NORMAL: text_ += text; break;
            case MD_TEXT_SOFTBR: text_ += '\n'; break;
            case MD_TEXT_NULLCHAR: text_ += "\xEF\xBF\xBD"; break;
            case MD_TEXT_BR:
                flush();
                out() += "<br>\n";
                break;
            case MD_TEXT_ENTITY:
                flush();
                out() += text;
                break;
            case MD_TEXT_CODE:
                if (code_.empty()) code_begin_ = here_;
                code_ += text;
                break;
            case MD_TEXT_HTML: take_tags(text); break;
            case MD_TEXT_LATEXMATH: text_ += text; break;
        }
    }

    // Only what folds an answer away, one line that opens and one that closes, and remarks of a line.
    void take_tags(std::string_view text) {
        constexpr std::string_view opens = "<details><summary>";
        constexpr std::string_view opened = "</summary>";
        const std::string_view line = trimmed(text);
        const bool remark = line.starts_with("<!--") && line.ends_with("-->");
        if (line.empty() || remark) return;
        if (line == "</details>") {
            rendered_.html += "</div></details>\n";
        } else if (line.starts_with(opens) && line.ends_with(opened)) {
            const std::size_t size = line.size() - opens.size() - opened.size();
            rendered_.html += "<details class=\"answer\"><summary>" +
                              escaped(line.substr(opens.size(), size)) + "</summary><div>\n";
        } else {
            desk_.faults.add(markdown_fault(here_, "a tag of HTML that pages do not know",
                                            "Markdown alone, or `<details><summary>` with an empty "
                                            "line behind it"));
        }
    }

    void enter_block(MD_BLOCKTYPE type, void* detail) {
        flush();
        switch (type) {
            case MD_BLOCK_DOC:
            case MD_BLOCK_HTML: break;
            case MD_BLOCK_QUOTE: rendered_.html += "<blockquote>\n"; break;
            case MD_BLOCK_UL: rendered_.html += "<ul>\n"; break;
            case MD_BLOCK_OL: open_ordered(*static_cast<MD_BLOCK_OL_DETAIL*>(detail)); break;
            case MD_BLOCK_LI: rendered_.html += "<li>"; break;
            case MD_BLOCK_HR: rendered_.html += "<hr>\n"; break;
            case MD_BLOCK_H:
                in_heading_ = true;
                heading_ = {
                    .level = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level),
                    .text = {},
                    .id = {}};
                heading_html_.clear();
                break;
            case MD_BLOCK_CODE: code_.clear(); break;
            case MD_BLOCK_P: rendered_.html += "<p>"; break;
            case MD_BLOCK_TABLE:
                rendered_.html += "<div class=\"wide\" tabindex=\"0\">\n<table>\n";
                break;
            case MD_BLOCK_THEAD: rendered_.html += "<thead>\n"; break;
            case MD_BLOCK_TBODY: rendered_.html += "<tbody>\n"; break;
            case MD_BLOCK_TR: rendered_.html += "<tr>"; break;
            case MD_BLOCK_TH: open_cell("th scope=\"col\"", detail); break;
            case MD_BLOCK_TD: open_cell("td", detail); break;
        }
    }

    void open_ordered(const MD_BLOCK_OL_DETAIL& list) {
        rendered_.html +=
            list.start == 1 ? "<ol>\n" : "<ol start=\"" + std::to_string(list.start) + "\">\n";
    }

    void open_cell(std::string_view tag, void* detail) {
        const bool right = static_cast<MD_BLOCK_TD_DETAIL*>(detail)->align == MD_ALIGN_RIGHT;
        rendered_.html.append("<").append(tag).append(right ? " class=\"figure\">" : ">");
    }

    // A column without a name, which only keeps others apart, has no header.
    void close_header() {
        constexpr std::string_view empty = "<th scope=\"col\">";
        std::string& html = rendered_.html;
        if (!html.ends_with(empty)) {
            html += "</th>";
            return;
        }
        html.replace(html.size() - empty.size(), empty.size(), "<td></td>");
    }

    void leave_block(MD_BLOCKTYPE type, void* detail) {
        flush();
        switch (type) {
            case MD_BLOCK_DOC:
            case MD_BLOCK_HTML:
            case MD_BLOCK_HR: break;
            case MD_BLOCK_QUOTE: rendered_.html += "</blockquote>\n"; break;
            case MD_BLOCK_UL: rendered_.html += "</ul>\n"; break;
            case MD_BLOCK_OL: rendered_.html += "</ol>\n"; break;
            case MD_BLOCK_LI: rendered_.html += "</li>\n"; break;
            case MD_BLOCK_H: close_heading(); break;
            case MD_BLOCK_CODE: close_code(*static_cast<MD_BLOCK_CODE_DETAIL*>(detail)); break;
            case MD_BLOCK_P: rendered_.html += "</p>\n"; break;
            case MD_BLOCK_TABLE: rendered_.html += "</table>\n</div>\n"; break;
            case MD_BLOCK_THEAD: rendered_.html += "</thead>\n"; break;
            case MD_BLOCK_TBODY: rendered_.html += "</tbody>\n"; break;
            case MD_BLOCK_TR: rendered_.html += "</tr>\n"; break;
            case MD_BLOCK_TH: close_header(); break;
            case MD_BLOCK_TD: rendered_.html += "</td>"; break;
        }
    }

    void close_heading() {
        in_heading_ = false;
        if (heading_.level == 1 && rendered_.title.empty()) {
            rendered_.title = heading_.text;
            return;
        }
        heading_.id = new_id(desk_, slug(heading_.text));
        const std::string tag = "h" + std::to_string(heading_.level);
        rendered_.html += "<" + tag + " id=\"" + escaped(heading_.id) + "\">" + heading_html_ +
                          "</" + tag + ">\n";
        rendered_.headings.push_back(heading_);
    }

    // What is typed in a block of code, a command a line; two blanks or a `#` end it.
    void check_commands() {
        Place place = code_begin_;
        for (const std::string& line : lines_of(code_)) {
            const std::string_view text = trimmed(line);
            const std::string_view command =
                text.substr(0, std::min(text.find("  "), text.find(" #")));
            for (const std::string_view begin : {"build/bin/", "build/zoo/", "make ", "scripts/"}) {
                if (command.starts_with(begin)) check_code(command, place, desk_);
            }
            ++place.line;
        }
    }

    void close_code(const MD_BLOCK_CODE_DETAIL&) {
        check_commands();
        rendered_.html += "<pre tabindex=\"0\"><code>" + escaped(code_) + "</code></pre>\n";
        code_.clear();
    }

    void enter_span(MD_SPANTYPE type, void* detail) {
        flush();
        switch (type) {
            case MD_SPAN_EM: out() += "<em>"; break;
            case MD_SPAN_STRONG: open_strong(); break;
            case MD_SPAN_A: open_link(*static_cast<MD_SPAN_A_DETAIL*>(detail)); break;
            case MD_SPAN_CODE: code_.clear(); break;
            case MD_SPAN_IMG:
                desk_.faults.add(
                    markdown_fault(here_, "an image, which pages do not have", "words"));
                break;
            case MD_SPAN_DEL:
            case MD_SPAN_LATEXMATH:
            case MD_SPAN_LATEXMATH_DISPLAY:
            case MD_SPAN_WIKILINK:
            case MD_SPAN_U: break;
        }
    }

    void leave_span(MD_SPANTYPE type) {
        if (type == MD_SPAN_STRONG && desk_.defines_terms) return close_term();
        flush();
        switch (type) {
            case MD_SPAN_EM: out() += "</em>"; break;
            case MD_SPAN_STRONG: out() += "</strong>"; break;
            case MD_SPAN_A:
                out() += "</a>";
                in_link_ = false;
                break;
            case MD_SPAN_CODE: close_code_span(); break;
            case MD_SPAN_IMG:
            case MD_SPAN_DEL:
            case MD_SPAN_LATEXMATH:
            case MD_SPAN_LATEXMATH_DISPLAY:
            case MD_SPAN_WIKILINK:
            case MD_SPAN_U: break;
        }
    }

    // An entry does not link the term that it defines, nor the one it shares its words with.
    void open_strong() {
        if (!desk_.defines_terms) {
            out() += "<strong>";
            return;
        }
        const bool shares = std::string_view{rendered_.html}.substr(term_end_) == ", ";
        if (!shares) desk_.terms_met.clear();
    }

    void close_term() {
        const std::string term = in_one_line(std::exchange(text_, {}));
        const std::string id = "term-" + slug(lower_case(term));
        desk_.terms_met.insert(lower_case(term));
        rendered_.html += "<dfn id=\"" + escaped(id) + "\">" + escaped(term) + "</dfn>";
        rendered_.headings.push_back({.level = 6, .text = term, .id = id});  // can be looked up
        term_end_ = rendered_.html.size();
    }

    void close_code_span() {
        const bool plain = in_link_ || in_heading_;
        std::string html = linked_code(code_, here_, desk_);
        out() += plain ? "<code>" + escaped(code_) + "</code>" : html;
        if (in_heading_) heading_.text += code_;
        code_.clear();
    }

    void open_link(const MD_SPAN_A_DETAIL& link) {
        move_to(link.href.text);
        in_link_ = true;
        const std::string to{link.href.text, link.href.size};
        const bool away = is_elsewhere(to);
        const std::string address = away ? to : resolved(to);
        out() += std::string{"<a class=\""} + (away ? "out" : "in") + "\" href=\"" +
                 escaped(address) + "\">";
    }

    std::string resolved(const std::string& link) {
        const std::size_t hash = std::min(link.find('#'), link.size());
        const std::string anchor = hash < link.size() ? link.substr(hash + 1) : "";
        std::string file = begin_.file;
        if (hash > 0) {
            const fs::path directory = fs::path{begin_.file}.parent_path();
            file = (directory / link.substr(0, hash)).lexically_normal().generic_string();
        }
        auto address = desk_.atlas.file(file);
        if (!address) {
            desk_.faults.add({.place = here_,
                              .what = "the link to `" + link + "` leads to no file of the project",
                              .likely_cause = "a typing error, or the file has moved",
                              .what_helps = "a path from " + begin_.file + " on"});
            return "#";
        }
        if (!anchor.empty()) {
            address->anchor = anchor;
            desk_.wanted.push_back({.place = here_, .address = *address});
        }
        return address_from(desk_.page, *address);
    }

    std::string_view markdown_;
    Place begin_;
    Place here_;
    Place text_begin_;
    Desk& desk_;
    bool may_fold_;
    Rendered rendered_;
    std::string text_;  // that runs on
    std::string code_;
    Place code_begin_;
    bool in_link_ = false;
    bool in_heading_ = false;
    Heading heading_;
    std::string heading_html_;
    std::size_t term_end_ = 0;  // in what is rendered
};

}  // namespace

Rendered render_markdown(std::string_view markdown, const Place& begin, Desk& desk, bool may_fold) {
    return Renderer{markdown, begin, desk, may_fold}.render();
}

std::string prose_html(std::string_view markdown, const Place& begin, Desk& desk) {
    return render_markdown(markdown, begin, desk).html;
}

}  // namespace docs
