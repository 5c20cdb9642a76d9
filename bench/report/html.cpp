#include "bench/report/html.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/lab/text.hpp"
#include "bench/report/draft.hpp"
#include "bench/report/elements.hpp"
#include "bench/report/scene.hpp"
#include "bench/report/sections.hpp"
#include "bench/report/sha256.hpp"
#include "bench/report/view.hpp"

namespace report {
namespace {

using element::escaped;

// Each name in double braces is replaced once: what takes its place is not looked at again.
std::string filled(std::string_view form, const std::map<std::string_view, std::string>& values) {
    std::string text;
    for (std::size_t at = 0; at < form.size();) {
        const auto open = form.find("{{", at);
        text += form.substr(at, open - at);
        if (open == form.npos) break;
        const auto close = form.find("}}", open);
        text += values.at(form.substr(open + 2, close - open - 2));
        at = close + 2;
    }
    return text;
}

// A text that would end the script element that it stands in, or change how its end is read, is
// no library.
bool may_stand_in_script(std::string_view text) {
    constexpr std::size_t largest = 700'000;  // Chart.js has 200 to 400 thousand bytes
    if (text.empty() || text.size() > largest || text.find('\0') != text.npos) return false;
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
    });
    return lower.find("</script") == lower.npos && lower.find("<!--") == lower.npos;
}

// As the browser sees it, whose parser makes one newline of every end of line.
std::string in_page(std::string_view text) {
    std::string plain{text};
    std::erase(plain, '\r');
    return plain;
}

std::string about(const Scene& scene) {
    std::string text;
    for (const Scene::Shown& of : scene.shown()) {
        const lab::Result& result = *of.result;
        text += fmt::format(
            "{}{}{}: {} on {}, {}, taken {}", text.empty() ? "" : "; ", of.mark,
            of.mark.empty() ? "Result" : "", counted(result.models.size(), "model"),
            counted(result.workloads.size(), "workload"),
            counted(static_cast<std::size_t>(std::max(0, result.run.rounds_planned)), "round"),
            brief(result.run.started_at));
    }
    return text + ".";
}

std::string heading_text(const Scene& scene) {
    std::vector<std::string> ids;
    for (const Scene::Shown& of : scene.shown())
        ids.push_back((of.mark.empty() ? "" : of.mark + ", ") + brief(of.result->run.id));
    return "Comparison " + listed(ids);
}

std::string notice_text(bool has_charts) {
    if (has_charts) {
        return "<noscript><p class=\"notice\">Charts are drawn by JavaScript, which is switched "
               "off here; the tables have the same figures.</p></noscript>\n"
               "<p class=\"tools\"><button type=\"button\" data-tables=\"1\" hidden>Open all "
               "tables</button></p>\n";
    }
    return element::paragraph(no_charts_sentence(), "notice");
}

std::string policy(std::string_view css, const std::vector<std::string>& scripts) {
    std::string allowed;
    for (const std::string& script : scripts) allowed += fmt::format(" '{}'", policy_hash(script));
    return fmt::format(
        "default-src 'none'; script-src{}; style-src '{}'; base-uri 'none'; "
        "form-action 'none'",
        allowed, policy_hash(css));
}

constexpr std::size_t kept_for_heads = 20'000;  // bytes: headings, contents, policy

std::string elements_of(const std::vector<std::string>& scripts) {
    std::string text;
    for (const std::string& script : scripts) text += fmt::format("<script>{}</script>\n", script);
    return text;
}

// A title up to its first pause is enough to find it by.
std::string contents_of(const std::vector<Section>& sections) {
    std::string text;
    for (const Section& section : sections) {
        text += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id,
                            section.title.substr(0, section.title.find_first_of(":,")));
    }
    return text;
}

std::string body_of(const std::vector<Section>& sections) {
    std::string text;
    for (const auto& [id, title, content] : sections) {
        text += fmt::format(
            "<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n{2}</section>\n", id,
            title, content);
    }
    return text;
}

}  // namespace

std::string no_charts_sentence() {
    return "No charts: the group plots is missing, Debian's package libjs-chart.js. The tables "
           "have all figures; scripts/setup plots installs it, and iolab report writes this again.";
}

std::string installed_chart_library() {
    return lab::contents("/usr/share/javascript/chart.js/chart.min.js");
}

std::string html(std::span<const lab::Result> results, std::string_view chart_library,
                 const Sources& sources) {
    const Scene scene{results};
    const bool has_charts = may_stand_in_script(chart_library);
    const std::string css = in_page(page_parts().css);
    std::vector<std::string> scripts;
    if (has_charts) scripts.push_back(in_page(chart_library));
    scripts.push_back(in_page(page_parts().js));
    const std::string script_elements = elements_of(scripts);
    const std::size_t used =
        css.size() + page_parts().html.size() + script_elements.size() + kept_for_heads;
    Draft draft{scene, sources, has_charts, most_report_bytes - used};
    const std::vector<Section> sections = sections_of(draft);
    return filled(page_parts().html, {{"policy", policy(css, scripts)},
                                      {"generator", "iolab " IOLAB_VERSION},
                                      {"title", escaped(heading_text(scene) + ", iolab")},
                                      {"style", css},
                                      {"heading", escaped(heading_text(scene))},
                                      {"about", escaped(about(scene))},
                                      {"contents", contents_of(sections)},
                                      {"notice", notice_text(has_charts)},
                                      {"sections", body_of(sections)},
                                      {"figures", fmt::format("{{\"plots\":[{}]}}", draft.plots())},
                                      {"downloads", draft.downloads()},
                                      {"scripts", script_elements}});
}

}  // namespace report
