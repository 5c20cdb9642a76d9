#include "bench/timeline/page.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "bench/report/elements.hpp"
#include "bench/report/sha256.hpp"
#include "bench/report/view.hpp"
#include "bench/timeline/drawing.hpp"
#include "bench/timeline/picture.hpp"
#include "bench/timeline/sequence.hpp"

namespace timeline {
namespace {

using report::element::escaped;

constexpr std::size_t most_events = 300;  // of one model's table

// Large enough for the last row of a lecture hall, dark on white or as the reader's system wants it,
// and black on paper.
constexpr std::string_view looks = R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1a1a1a; --line: #c4c4c4; --link: #00517f; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #16181a; --ink: #ececea; --line: #4a4d50; --link: #7cc4f2; }
}
body { margin: 0 auto; max-width: 84rem; padding: 0 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.5 system-ui, "DejaVu Sans", "Liberation Sans", sans-serif; }
h1, h2 { line-height: 1.25; margin: 1.5rem 0 0.5rem; }
h2 { padding-top: 0.75rem; border-top: 3px solid var(--ink); }
p { max-width: 56rem; margin: 0 0 0.75rem; }
.lead { font-size: 1.35rem; line-height: 1.4; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; }
a { color: var(--link); }
figure { margin: 0 0 1rem; }
svg { display: block; width: 100%; height: auto; min-width: 44rem; }
.wide { overflow-x: auto; max-width: 100%; }
a:focus-visible, summary:focus-visible, .wide:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
summary { cursor: pointer; color: var(--link); }
table { border-collapse: collapse; font-size: 0.95rem; font-variant-numeric: tabular-nums; margin: 0.5rem 0; }
caption { text-align: left; font-weight: 600; }
th, td { text-align: left; padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.figure { text-align: right; white-space: nowrap; }
@page { size: landscape; margin: 12mm; }
@media print {
  body { font-size: 10pt; max-width: none; padding: 0; }
  nav { display: none; }
  details::details-content { content-visibility: visible; }
  figure, table { break-inside: avoid; }
  svg { min-width: 0; }
  a { color: inherit; text-decoration: none; }
}
)css";

std::string time_text(const std::optional<std::uint64_t>& ns) {
    return ns ? fmt::format("{:.1f}", static_cast<double>(*ns) / 1e6) : "–";
}

std::string waits_text(const ClientView& client) {
    std::string text;
    for (const std::uint64_t ns : client.waits_ns())
        text += (text.empty() ? "" : ", ") + ms_text(ns);
    if (!client.seen.trouble.empty()) return "not served: " + client.seen.trouble;
    return text.empty() ? "–" : text;
}

report::Grid clients_grid(const View& view) {
    report::Grid grid{view.model + ": the clients",
                      {"client", "what it does", "connected, ms", "accepted, ms", "left, ms",
                       "waited for its replies"},
                      {}};
    for (const ClientView& client : view.clients)
        grid.rows.push_back({client.seen.name, client.seen.says, time_text(client.connected_ns),
                             time_text(client.accepted_ns), time_text(client.left_ns),
                             waits_text(client)});
    return grid;
}

report::Grid workers_grid(const View& view) {
    report::Grid grid{view.model + ": the server",
                      {"thread", "calls", "of these would block", "asleep, ms", "asleep in"},
                      {}};
    for (const Worker& worker : view.workers) {
        std::size_t calls = 0;
        std::size_t blocked = 0;
        std::uint64_t asleep_ns = 0;
        std::vector<std::string> names;
        for (const Stroke& stroke : worker.strokes) {
            calls += stroke.times;
            if (stroke.result == -EAGAIN) blocked += stroke.times;  // those that slept in vain, too
            if (stroke.kind != Kind::asleep) continue;
            asleep_ns += stroke.end_ns - stroke.start_ns;
            if (std::find(names.begin(), names.end(), stroke.call) == names.end())
                names.push_back(stroke.call);
        }
        grid.rows.push_back({worker.name, std::to_string(calls), std::to_string(blocked),
                             time_text(asleep_ns), report::listed(names)});
    }
    return grid;
}

std::string_view verb_of(Doing doing) {
    switch (doing) {
        case Doing::connecting: return "connects";
        case Doing::sending: return "sends";
        case Doing::waiting: return "waits for a reply";
        case Doing::receiving: return "receives";
        case Doing::leaving: break;
    }
    return "leaves";
}

report::Grid events_grid(const View& view) {
    using Row = std::tuple<std::uint64_t, std::uint64_t, std::string, std::string>;
    std::vector<Row> rows;
    for (const ClientView& client : view.clients) {
        for (const Act& act : client.seen.acts)
            rows.emplace_back(act.start_ns, act.end_ns, client.seen.name,
                              fmt::format("{} {}", verb_of(act.doing), act.text));
    }
    for (const Worker& worker : view.workers) {
        for (const Stroke& stroke : worker.strokes) {
            const bool asleep = stroke.kind == Kind::asleep;
            const std::string client = asleep ? slept_for(view, stroke) : whose(view, stroke);
            rows.emplace_back(
                stroke.start_ns, stroke.end_ns, "server: " + worker.name,
                fmt::format("{}{}{}{}", asleep ? "asleep in " : "", stroke_text(stroke),
                            client.empty() ? "" : ", for ", client));
        }
    }
    std::stable_sort(rows.begin(), rows.end());
    report::Grid grid{
        view.model + ": all of it, in order", {"at, ms", "took, ms", "who", "what"}, {}};
    for (const auto& [start_ns, end_ns, who, what] : rows) {
        if (grid.rows.size() == most_events) break;
        grid.rows.push_back({fmt::format("{:.3f}", static_cast<double>(start_ns) / 1e6),
                             fmt::format("{:.3f}", static_cast<double>(end_ns - start_ns) / 1e6),
                             who, what});
    }
    if (rows.size() > most_events)
        grid.caption += fmt::format(", the first {} of {}", most_events, rows.size());
    return grid;
}

// A picture wider than the window can be moved, with the keyboard as well.
std::string scrolled(const std::string& name, const std::string& content) {
    return fmt::format(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n{}</div>\n",
        escaped(name), content);
}

std::string table_of(const report::Grid& grid) {
    std::string table = report::element::table(grid);
    constexpr std::string_view box = "<div class=\"wide\">";
    const auto end = table.rfind("</div>");
    if (!table.starts_with(box) || end == table.npos) return table;
    return scrolled(grid.caption, table.substr(box.size(), end - box.size())) +
           table.substr(end + std::string_view{"</div>\n"}.size());
}

std::string contents_of(const std::vector<View>& views) {
    std::string text = "<nav aria-label=\"Models\"><ul>\n";
    for (const View& view : views)
        text += fmt::format("<li><a href=\"#m-{}\">{}</a></li>\n", word_of(view.model),
                            escaped(view.model));
    return text + "</ul></nav>\n";
}

std::string section_of(const View& view) {
    const std::string id = "m-" + word_of(view.model);
    return fmt::format(
        "<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}: {2}</h2>\n<p>The fast client "
        "waited "
        "{3} for its first reply.</p>\n{4}</section>\n",
        id, escaped(view.model), escaped(view.idea), escaped(first_wait_text(view)),
        figure_of(view));
}

constexpr std::string_view about =
    "Three clients come to a fresh server of each kind at the same times: slow sends one request "
    "in "
    "five pieces, idle says nothing, fast asks three times. Above the line is what the clients did "
    "and saw, below it the system calls of the server, as it recorded them itself. Calls too short "
    "for a bar are marks with their names below. Who looks at a bar for a while is told more.";

}  // namespace

std::string figure_of(const View& view) {
    std::string text =
        "<figure>\n" + scrolled(view.model + ": timeline", svg_of(view)) + "</figure>\n";
    text += table_of(clients_grid(view));
    text += report::element::details(
        "The same as a sequence", scrolled(view.model + ": sequence", sequence_svg(view)), false);
    text += report::element::details(
        "The same as tables",
        report::element::table(workers_grid(view)) + report::element::table(events_grid(view)),
        false);
    return text;
}

std::string page_of(const std::vector<View>& views) {
    std::string sections;
    std::vector<std::string> names;
    for (const View& view : views) {
        sections += section_of(view);
        names.push_back(view.model);
    }
    const std::string css = std::string{looks} + dark_css();
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'{}'; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"generator\" content=\"iolab {}\">\n"
        "<title>Who waits, and for whom: {}</title>\n<style>{}</style>\n</head>\n<body>\n"
        "<header><h1>Who waits, and for whom</h1>\n<p class=\"lead\">{}</p>\n<p>{}</p></header>\n"
        "{}<main>\n<figure>{}</figure>\n{}</main>\n</body>\n</html>\n",
        report::policy_hash(css), IOLAB_VERSION, escaped(report::listed(names)), css,
        escaped(finding(views)), escaped(about), contents_of(views),
        scrolled("What the colours mean", legend_svg()), sections);
}

}  // namespace timeline
