#include "bench/report/plot.hpp"

#include <cmath>
#include <string_view>

#include <nlohmann/json.hpp>

#include "bench/report/document.hpp"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> scale_names{"linear", "logarithmic", "nines"};
constexpr std::array<std::string_view, 8> look_names{
    "line", "dashed", "cloud", "marks", "hollow_marks", "rule", "bars", "side_by_side"};

Json number(double value) {
    return std::isfinite(value) ? Json(written(value)) : Json(nullptr);
}

Json numbers(const std::vector<double>& values) {
    Json json = Json::array();
    for (const double value : values) json.push_back(number(value));
    return json;
}

Json json_of(const Axis& axis) {
    return {{"title", axis.title},
            {"scale", scale_names[static_cast<std::size_t>(axis.scale)]},
            {"names", axis.names},
            {"remarks", axis.remarks}};
}

Json json_of(const Series& series) {
    Json points = Json::array();
    for (const auto& [x, y] : series.points) points.push_back(Json::array({number(x), number(y)}));
    return {
        {"name", series.name},        {"look", look_names[static_cast<std::size_t>(series.look)]},
        {"place", series.place},      {"points", std::move(points)},
        {"low", numbers(series.low)}, {"high", numbers(series.high)},
        {"label", series.label}};
}

}  // namespace

std::string safe_in_script(std::string_view json) {
    std::string safe;
    safe.reserve(json.size());
    for (std::size_t at = 0; at < json.size(); ++at) {
        const std::string_view rest = json.substr(at, 3);
        if (rest == "\xe2\x80\xa8" || rest == "\xe2\x80\xa9") {  // ends of lines in old JavaScript
            safe += rest[2] == '\xa8' ? "\\u2028" : "\\u2029";
            at += 2;
        } else if (json[at] == '<') {
            safe += "\\u003c";
        } else if (json[at] == '>') {
            safe += "\\u003e";
        } else if (json[at] == '&') {
            safe += "\\u0026";
        } else {
            safe += json[at];
        }
    }
    return safe;
}

std::string to_json_text(const Plot& plot) {
    Json series = Json::array();
    for (const Series& each : plot.series) series.push_back(json_of(each));
    const Json json{{"id", plot.id},
                    {"title", plot.title},
                    {"x", json_of(plot.x)},
                    {"y", json_of(plot.y)},
                    {"series", std::move(series)}};
    return safe_in_script(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace report
