#include "docs/generator/page.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/report/sha256.hpp"
#include "bench/timeline/colours.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

// Replaces each `{{name}}` of a template, once through: what is put in is not looked at again.
std::string filled(std::string_view html,
                   const std::map<std::string, std::string, std::less<>>& values) {
    std::string page;
    while (!html.empty()) {
        const std::size_t begin = html.find("{{");
        const std::size_t end = begin == html.npos ? begin : html.find("}}", begin);
        if (end == html.npos) break;
        const auto value = values.find(html.substr(begin + 2, end - begin - 2));
        page += html.substr(0, begin);
        if (value != values.end()) page += value->second;
        html.remove_prefix(end + 2);
    }
    return page += html;
}

std::string link_html(const Page& page, const Link& link) {
    return "<a href=\"" + escaped(address_from(page.path, link.to)) + "\">" + escaped(link.text) +
           "</a>";
}

std::string list_of(const Page& page, const std::vector<Link>& links, const std::string& name,
                    const std::string& kind) {
    if (links.empty()) return {};
    std::string html = "<nav class=\"" + kind + "\" aria-label=\"" + name + "\">\n<ul>\n";
    for (const Link& link : links) html += "<li>" + link_html(page, link) + "</li>\n";
    return html + "</ul>\n</nav>\n";
}

std::string contents(const Page& page) {
    std::vector<Link> links;
    for (const Heading& heading : page.headings) {
        if (heading.level == 2)
            links.push_back(
                {.text = heading.text, .to = {.page = page.path, .anchor = heading.id}});
    }
    return links.size() < 2 ? std::string{} : list_of(page, links, "On this page", "contents");
}

const std::array<Link, 5>& places() {
    static const std::array<Link, 5> all{
        {{.text = "Reading order", .to = {.page = "index.html", .anchor = {}}},
         {.text = "Models", .to = {.page = "index.html", .anchor = "models"}},
         {.text = "Experiments", .to = {.page = "experiments.html", .anchor = {}}},
         {.text = "Measuring", .to = {.page = "measuring.html", .anchor = {}}},
         {.text = "Glossary", .to = {.page = "glossary.html", .anchor = {}}}}};
    return all;
}

std::string menu(const Page& page) {
    std::string html;
    for (const Link& link : places()) html += "<li>" + link_html(page, link) + "</li>\n";
    return html;
}

// Those of the frame, and in the dark those of a scene's pictures.
const std::string& looks() {
    static const std::string css = std::string{page_parts().css} + timeline::dark_css();
    return css;
}

// Nothing is fetched, nothing is sent, and nothing else than this may run.
std::string policy(const std::string& script) {
    std::string text = "default-src 'none'; style-src '" + report::policy_hash(looks()) + "'";
    if (!script.empty()) text += "; script-src '" + report::policy_hash(script) + "'";
    return text + "; base-uri 'none'";
}

std::string scripts(const std::string& script, const std::string& index) {
    if (script.empty()) return {};
    return "<script type=\"application/json\" id=\"index\">" + json_in_page(index) +
           "</script>\n<script>" + script + "</script>\n";
}

// One attribute's values, in order; our own pages quote them with `"`.
std::vector<std::string> attributes(std::string_view html, std::string_view name) {
    const std::string begin = " " + std::string{name} + "=\"";
    std::vector<std::string> values;
    for (std::size_t at = html.find(begin); at != html.npos; at = html.find(begin, at)) {
        at += begin.size();
        const std::size_t end = std::min(html.find('"', at), html.size());
        values.emplace_back(html.substr(at, end - at));
    }
    return values;
}

// `../a/b.html` as the page `from` means it.
std::string resolved(const std::string& from, const std::string& address) {
    const auto directory = std::filesystem::path{from}.parent_path();
    return (directory / address).lexically_normal().generic_string();
}

struct Entity {
    std::string_view name;
    std::string_view text;
};
constexpr std::array<Entity, 5> entities{
    {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}}};

// How far an element goes that begins here, with elements of its kind inside.
std::size_t end_of_element(std::string_view html, const std::string& tag) {
    const std::string opens = "<" + tag, closes = "</" + tag + ">";
    std::size_t at = 0;
    int depth = 0;
    do {
        const std::size_t next = std::min(html.find(opens, at), html.find(closes, at));
        if (next == html.npos) return html.size();
        const bool is_opening = html.substr(next).starts_with(opens);
        depth += is_opening ? 1 : -1;
        at = next + (is_opening ? opens.size() : closes.size());
    } while (depth > 0);
    return at;
}

std::string without(std::string_view html, std::string_view begin, const std::string& tag) {
    std::string rest;
    for (std::size_t at = html.find(begin); at != html.npos; at = html.find(begin)) {
        rest += html.substr(0, at);
        html.remove_prefix(at);
        html.remove_prefix(end_of_element(html, tag));
    }
    return rest.append(html);
}

// What is written, to be looked up: not the words in pictures, nor figures, nor marks of links.
std::string written(std::string html) {
    html = without(html, "<svg", "svg");
    html = without(html, "<details><summary>The same as", "details");
    html = without(html, "<span class=\"measured\"", "span");
    return without(html, "<a class=\"here\"", "a");
}

// A piece of a page under one heading.
struct Piece {
    std::string heading, anchor, html;
};

// Cut where headings with a name begin, in the order in which they stand.
std::vector<Piece> pieces_of(const Page& page) {
    std::map<std::size_t, const Heading*> begins;
    for (const Heading& heading : page.headings) {
        const std::size_t at = page.body.find("id=\"" + escaped(heading.id) + "\"");
        if (at != page.body.npos) begins[page.body.rfind('<', at)] = &heading;
    }
    std::vector<Piece> pieces{{.heading = {}, .anchor = {}, .html = page.lead}};
    std::size_t done = 0;
    for (const auto& [at, heading] : begins) {
        pieces.back().html += page.body.substr(done, at - done);
        pieces.push_back({.heading = heading->text, .anchor = heading->id, .html = {}});
        done = at;
    }
    pieces.back().html += page.body.substr(done);
    return pieces;
}

}  // namespace

std::string text_of_html(std::string_view html) {
    std::string text;
    while (!html.empty()) {
        if (html.front() == '<') {
            if (html.starts_with("</t")) text += ' ';  // cells stand apart
            html.remove_prefix(std::min(html.find('>') + 1, html.size()));
            continue;
        }
        const auto entity = std::find_if(entities.begin(), entities.end(), [&](const Entity& each) {
            return html.starts_with(each.name);
        });
        if (entity == entities.end()) {
            text += html.front();
            html.remove_prefix(1);
        } else {
            text += entity->text;
            html.remove_prefix(entity->name.size());
        }
    }
    return text;
}

std::set<std::string> anchors_of(const Page& page) {
    const auto ids = attributes(framed(page), "id");
    return {ids.begin(), ids.end()};
}

// A link to a place that stands twice would lead to the first of the two.
void check_places(const Page& page, Faults& faults) {
    std::set<std::string> seen;
    for (const std::string& id : attributes(framed(page), "id")) {
        if (seen.insert(id).second) continue;
        faults.add({.place = {.file = page.path, .line = 1},
                    .what = "the place `" + id + "` is twice on the page",
                    .likely_cause =
                        "a section or a name is called like another one, or like a part "
                        "of every page",
                    .what_helps = "call one of the two something else"});
    }
}

void check_links(const std::vector<Page>& pages, Faults& faults) {
    std::map<std::string, std::set<std::string>> anchors;
    for (const Page& page : pages) anchors[page.path] = anchors_of(page);
    for (const Page& page : pages) {
        check_places(page, faults);
        for (const std::string& link : attributes(framed(page), "href")) {
            if (link.starts_with("https://") || link.starts_with("http://")) continue;
            const std::size_t hash = std::min(link.find('#'), link.size());
            const std::string to =
                hash == 0 ? page.path : resolved(page.path, link.substr(0, hash));
            const std::string anchor = hash < link.size() ? link.substr(hash + 1) : "";
            const auto found = anchors.find(to);
            if (found != anchors.end() && (anchor.empty() || found->second.contains(anchor)))
                continue;
            faults.add({.place = {.file = page.path, .line = 1},
                        .what = "the page's link to `" + link + "` leads nowhere",
                        .likely_cause = "the page that it means is not made, or has no such place",
                        .what_helps =
                            "what the page is made of: docs, servers, common, bench/experiments"});
        }
    }
}

std::string search_index(const std::vector<Page>& pages) {
    nlohmann::json index = nlohmann::json::array();
    for (const Page& page : pages) {
        if (page.has_search || page.kind == "listing" || page.kind == "siblings") continue;
        for (const Piece& piece : pieces_of(page)) {
            const std::string text = in_one_line(text_of_html(written(piece.html)));
            if (text.empty() && piece.heading.empty()) continue;
            const Address address{.page = page.path, .anchor = piece.anchor};
            index.push_back({page.title, piece.heading, address_from("", address), text});
        }
    }
    return index.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string framed(const Page& page, const std::string& index) {
    const std::string script = page.has_search ? std::string{page_parts().js} : std::string{};
    const std::string title = page.path == "index.html" ? page.title : page.title + " - iolab";
    return filled(
        page_parts().html,
        {{"policy", escaped(policy(script))},
         {"title", escaped(title)},
         {"style", looks()},
         {"kind", escaped(page.kind)},
         {"home", escaped(address_from(page.path, {.page = "index.html", .anchor = {}}))},
         {"search", escaped(address_from(page.path, {.page = "search.html", .anchor = {}}))},
         {"menu", menu(page)},
         {"trail", list_of(page, page.trail, "Where this is", "trail")},
         {"heading", escaped(page.title)},
         {"lead", page.lead},
         {"beside", list_of(page, page.beside, "Beside this page", "beside")},
         {"contents", contents(page)},
         {"body", page.body},
         {"scripts", scripts(script, index)}});
}

}  // namespace docs
