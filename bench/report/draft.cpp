#include "bench/report/draft.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/report/elements.hpp"
#include "bench/report/packed.hpp"

namespace report {
namespace {

// Bytes that plots and their tables do not take, so that there is room for words.
constexpr std::size_t kept_for_words = 120'000;

}  // namespace

std::string Draft::words(std::string html) {
    if (taken(html.size(), 0)) return html;
    ++left_out_.words;
    return "";
}

std::string Draft::figure(const Plot& plot) {
    const std::string json = has_charts_ ? to_json_text(plot) : "";
    std::string text = figure_text(plot);
    if (!taken(text.size() + json.size() + 2, kept_for_words)) {
        ++left_out_.plots;
        return "";
    }
    if (!json.empty()) plots_ += (plots_.empty() ? "\n" : ",\n") + json;
    return text;
}

std::string Draft::figures(const std::vector<Plot>& plots) {
    std::string text;
    for (const Plot& plot : plots) text += figure(plot);
    return text;
}

std::string Draft::text_download(const std::string& name, const std::string& label,
                                 const std::string& text) {
    const nlohmann::json json = text;
    return download(name, "text", label,
                    json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string Draft::json_download(const std::string& name, const std::string& label,
                                 const std::string& json) {
    constexpr std::size_t small = 200'000;  // bytes, which whoever opens the page's source can read
    if (json.size() > small) {
        const std::string text = packed(json);
        if (!text.empty()) return download(name, "packed", label, text);
    }
    return download(name, "json", label, json);
}

std::string Draft::download(const std::string& name, std::string_view kind,
                            const std::string& label, const std::string& kept) {
    const std::string id = fmt::format("download-{}", downloads_count_ + 1);
    const std::string data =
        fmt::format("<script type=\"{}\" id=\"{}\">{}</script>\n",
                    kind == "packed" ? "text/plain" : "application/json", id, safe_in_script(kept));
    std::string button = fmt::format(
        "<p class=\"tools\"><button type=\"button\" data-download=\"{}\" data-kind=\"{}\" "
        "data-name=\"{}\" hidden>{}</button></p>\n",
        id, kind, element::escaped(name), element::escaped(label));
    if (!taken(data.size() + button.size(), 0)) return "";
    ++downloads_count_;
    downloads_ += data;
    return button;
}

bool Draft::taken(std::size_t bytes, std::size_t kept) {
    if (bytes + kept > room_) return false;
    room_ -= bytes;
    return true;
}

std::string Draft::figure_text(const Plot& plot) const {
    std::string text = fmt::format("<figure class=\"plot\">\n<figcaption>{}{}{}</figcaption>\n",
                                   element::heading(plot.title), element::paragraph(plot.point),
                                   element::paragraph(plot.note));
    if (has_charts_) {
        text += fmt::format(
            "<div class=\"drawing\" hidden><canvas id=\"{0}\" role=\"img\" aria-label=\"{1} The "
            "table below has the same figures.\"></canvas></div>\n"
            "<p class=\"tools\"><button type=\"button\" data-plot=\"{0}\" hidden "
            "aria-label=\"Download as PNG: {2}\">Download as PNG</button></p>\n",
            plot.id, element::escaped(plot.title + ". " + plot.point),
            element::escaped(plot.title));
    }
    text +=
        element::details("Table: " + plot.table.caption, element::table(plot.table), !has_charts_);
    return text + "</figure>\n";
}

}  // namespace report
