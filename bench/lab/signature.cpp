#include "bench/lab/signature.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/analysis/figure.hpp"
#include "bench/lab/call_names.hpp"
#include "bench/lab/experiment.hpp"

namespace lab {
namespace {

constexpr double most = 1e15;

// The keys that make a check one of a kind, beside those that all have.
Check::Kind read_kind(const Value& value) {
    const bool clock = value.find("share_of").has_value();
    const bool over = value.find("over").has_value();
    const bool slope = value.find("slope_along").has_value();
    const bool crossing = value.find("crosses").has_value();
    if (clock + over + slope + crossing > 1)
        value.expected("only one of \"share_of\", \"over\", \"slope_along\" and \"crosses\"");
    if (clock) return Check::Kind::share;
    if (over) return Check::Kind::ratio;
    if (slope) return Check::Kind::slope;
    return crossing ? Check::Kind::crossing : Check::Kind::value;
}

std::string read_clock(const Value& value) {
    std::string name = value.text();
    if (analysis::clock_named({}, name) == nullptr)
        value.expected("\"connect_time\", \"service_time\" or \"response_time\"");
    return name;
}

const Axis* axis_named(const Scenario& scenario, const std::string& name) {
    const auto at = std::find_if(scenario.sweep.begin(), scenario.sweep.end(),
                                 [&](const Axis& axis) { return axis.name == name; });
    return at == scenario.sweep.end() ? nullptr : &*at;
}

std::string read_axis(const Value& value, const Scenario& scenario) {
    const Axis* const axis = axis_named(scenario, value.text());
    if (axis == nullptr) value.expected("the name of an axis of this workload's sweep");
    if (axis->values.size() < 2) value.expected("an axis of two points or more");
    return axis->name;
}

// Where on the axes that stand still.
void read_point(const Value& check, const Scenario& scenario, Check& read) {
    const auto at = check.find("at");
    for (const Axis& axis : scenario.sweep) {
        if (axis.name == read.axis) continue;
        const Value& holder =
            at ? *at : check.need("at", "the point of the sweep, {\"idle\": 100}");
        const Value point = holder.need(axis.name, "a point of this axis");
        const double number = point.number(-most, most);
        if (std::find(axis.values.begin(), axis.values.end(), number) == axis.values.end())
            point.expected("a point that this axis has");
        read.at.emplace_back(axis.name, number);
    }
    if (!at) return;
    for (const Value& member : at->members()) {
        if (member.key() == read.axis || axis_named(scenario, member.key()) == nullptr)
            member.expected("an axis of this workload's sweep that stands still");
    }
}

void read_range(const Value& check, const Scenario& scenario, Check& read) {
    if (read.kind == Check::Kind::share) {
        read.from = check.need("from_us", "microseconds").number(0, most);
        read.to = check.need("to_us", "microseconds").number(*read.from, most);
        return;
    }
    if (read.axis.empty()) return;
    if (const auto from = check.find("from")) read.from = from->number(-most, most);
    if (const auto to = check.find("to")) read.to = to->number(read.from.value_or(-most), most);
    const std::vector<double>& points = axis_named(scenario, read.axis)->values;
    const auto inside = [&](double at) {
        return at >= read.from.value_or(at) && at <= read.to.value_or(at);
    };
    if (std::count_if(points.begin(), points.end(), inside) < 2)
        check.need(read.from ? "from" : "to", "")
            .expected(
                fmt::format("two points or more of {} between \"from\" and \"to\"", read.axis));
}

void read_bounds(const Value& check, Check& read) {
    if (const auto least = check.find("least")) read.least = least->number(-most, most);
    if (const auto limit = check.find("most"))
        read.most = limit->number(read.least.value_or(-most), most);
    if (!read.least && !read.most) (void)check.need("least", "\"least\", \"most\", or both");
}

void check_keys(const Value& check, Check::Kind kind) {
    switch (kind) {
        case Check::Kind::value:
            return check.check_keys({"says", "figure", "model", "workload", "at", "least", "most",
                                     "published", "seen"});
        case Check::Kind::ratio:
            return check.check_keys({"says", "figure", "model", "over", "workload", "at", "least",
                                     "most", "published", "seen"});
        case Check::Kind::slope:
            return check.check_keys({"says", "figure", "model", "slope_along", "workload", "at",
                                     "from", "to", "least", "most", "published", "seen"});
        case Check::Kind::crossing:
            return check.check_keys({"says", "figure", "model", "crosses", "along", "workload",
                                     "at", "from", "to", "least", "most", "published", "seen"});
        case Check::Kind::share:
            return check.check_keys({"says", "share_of", "from_us", "to_us", "model", "workload",
                                     "at", "least", "most", "published", "seen"});
    }
}

// A call that nobody makes would be counted 0 times, and be found to be rare.
void check_call(const Value& value, const std::string& call) {
    const std::vector<std::string_view> names = call_names();
    if (std::find(names.begin(), names.end(), call) != names.end()) return;
    value.expected(fmt::format("the name of a call that is counted: {}", fmt::join(names, ", ")));
}

void check_actor(const Value& value, ActorKind kind, const Scenario& scenario) {
    const auto fits = [&](const Actor& actor) { return actor.kind == kind; };
    if (std::any_of(scenario.actors.begin(), scenario.actors.end(), fits)) return;
    value.expected(
        fmt::format("a figure of a kind of actor that workload \"{}\" has; \"{}\" is none",
                    scenario.name, name_of(kind)));
}

Check read_check(const Value& value, const std::vector<Scenario>& scenarios) {
    if (!value.is_object()) value.expected("an object");
    Check read;
    read.kind = read_kind(value);
    check_keys(value, read.kind);
    read.says = value.need("says", "the expectation as a sentence").line();
    const Scenario& scenario = scenario_of(value, scenarios);
    read.figure = read.kind == Check::Kind::share
                      ? read_clock(value.need("share_of", "a clock"))
                      : read_figure(value.need("figure", "a figure of the result"), scenario);
    read.model = value.need("model", "a model of this experiment").line();
    read.workload = scenario.name;
    read.model_place = value.place_of("model");
    for (const char* const key : {"over", "crosses"}) {
        const auto other = value.find(key);
        if (!other) continue;
        read.other = other->line();
        read.other_place = other->place();
        if (read.other == read.model) other->expected("another model than \"model\"");
    }
    if (const auto axis = value.find("slope_along")) read.axis = read_axis(*axis, scenario);
    if (read.kind == Check::Kind::crossing)
        read.axis = read_axis(value.need("along", "an axis of the sweep"), scenario);
    read_point(value, scenario, read);
    read_range(value, scenario, read);
    read_bounds(value, read);
    read.published = value.line_or("published", "");
    read.seen = value.line_or("seen", "");
    return read;
}

}  // namespace

std::string read_figure(const Value& value, const Scenario& scenario) {
    std::string name = value.text();
    if (!analysis::is_figure(name))
        value.expected("one of these figures: " + analysis::figure_names());
    if (const auto call = analysis::call_of_figure(name)) check_call(value, std::string{*call});
    if (const auto kind = actor_kind(name.substr(0, name.find('.'))))
        check_actor(value, *kind, scenario);
    return name;
}

const Scenario& scenario_of(const Value& holder, const std::vector<Scenario>& scenarios) {
    const auto name = holder.find("workload");
    if (!name) {
        if (scenarios.size() > 1) (void)holder.need("workload", "the name of a workload");
        return scenarios.front();
    }
    for (const Scenario& scenario : scenarios) {
        if (scenario.name == name->text()) return scenario;
    }
    name->expected("the name of a workload of this experiment");
}

std::vector<Check> read_signature(const Value& list, const std::vector<Scenario>& scenarios) {
    std::vector<Check> signature;
    for (const Value& check : list.list("checks"))
        signature.push_back(read_check(check, scenarios));
    return signature;
}

nlohmann::ordered_json json_of(const Check& check) {
    nlohmann::ordered_json json{{"says", check.says}};
    const bool share = check.kind == Check::Kind::share;
    json[share ? "share_of" : "figure"] = check.figure;
    json["model"] = check.model;
    if (check.kind == Check::Kind::ratio) json["over"] = check.other;
    if (check.kind == Check::Kind::slope) json["slope_along"] = check.axis;
    if (check.kind == Check::Kind::crossing) {
        json["crosses"] = check.other;
        json["along"] = check.axis;
    }
    json["workload"] = check.workload;
    for (const auto& [axis, point] : check.at) json["at"][axis] = point;
    if (check.from) json[share ? "from_us" : "from"] = *check.from;
    if (check.to) json[share ? "to_us" : "to"] = *check.to;
    if (check.least) json["least"] = *check.least;
    if (check.most) json["most"] = *check.most;
    if (!check.published.empty()) json["published"] = check.published;
    if (!check.seen.empty()) json["seen"] = check.seen;
    return json;
}

}  // namespace lab
