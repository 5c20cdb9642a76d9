#include "bench/lab/replication.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/experiment.hpp"
#include "bench/lab/signature.hpp"

namespace lab {
namespace {

constexpr double most = 1e15;

std::vector<double> read_places(const Value& list, const Axis& axis) {
    std::vector<double> places;
    for (const Value& value : list.list("points of the axis")) {
        const double place = value.number(-most, most);
        if (std::find(axis.values.begin(), axis.values.end(), place) == axis.values.end())
            value.expected("a point that this axis has");
        places.push_back(place);
    }
    return places;
}

void read_model(const Value& list, const std::vector<double>& places, Replication& read) {
    const std::vector<Value> figures = list.list("figures");
    if (figures.size() != places.size())
        list.expected(fmt::format("as many figures as \"at\" has points, {}", places.size()));
    for (std::size_t at = 0; at < places.size(); ++at)
        read.points.push_back({.model = list.key(),
                               .at = places[at],
                               .then = figures[at].number(-most, most),
                               .place = list.place()});
}

}  // namespace

Replication read_replication(const Value& value, const std::vector<Scenario>& scenarios) {
    value.check_keys({"says", "source", "figure", "workload", "at", "then"});
    Replication read;
    read.says = value.need("says", "what was measured then, and on what").line();
    read.source = value.need("source", "who published it, where and when").line();
    const Scenario& scenario = scenario_of(value, scenarios);
    read.figure = read_figure(value.need("figure", "a figure of the result"), scenario);
    if (scenario.sweep.size() != 1) value.expected("a workload with one axis");
    read.workload = scenario.name;
    read.axis = scenario.sweep.front().name;
    const auto places = read_places(value.need("at", "points of the axis"), scenario.sweep.front());
    for (const Value& model : value.need("then", "figures, by model").members())
        read_model(model, places, read);
    return read;
}

nlohmann::ordered_json json_of(const Replication& replication) {
    nlohmann::ordered_json json{{"says", replication.says},
                                {"source", replication.source},
                                {"figure", replication.figure},
                                {"workload", replication.workload},
                                {"at", nlohmann::ordered_json::array()}};
    for (const auto& point : replication.points) {
        if (point.model == replication.points.front().model) json["at"].push_back(point.at);
        json["then"][point.model].push_back(point.then);
    }
    return json;
}

}  // namespace lab
