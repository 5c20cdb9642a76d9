#include "docs/generator/measured.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/analysis/statistics.hpp"

namespace docs {
namespace {

using Json = nlohmann::json;

// Of one line in one round.
struct Sample {
    double calls = 0, asleep = 0, would_block = 0;  // the first and the last a request
    bool sleeps = false;
};

struct Rounds {
    std::string call;
    std::vector<Sample> samples;
    std::size_t cells = 0;  // in which the model was counted, whether it made this call or not
};

// By workload in the document's order, file and line.
using Lines = std::map<std::pair<std::string, int>, Rounds>;
using Workloads = std::vector<std::pair<std::string, Lines>>;

double number(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string text(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

const Json& part(const Json& object, const char* key) {
    static const Json none = Json::object();
    const auto found = object.find(key);
    return found != object.end() ? *found : none;
}

// From the project's directory on; a compiler that ran elsewhere may say `../servers/poll.cpp`.
std::string path_of(const Json& site) {
    std::string path = text(site, "file");
    while (path.starts_with("../")) path.erase(0, 3);
    return path;
}

Lines& lines_of(Workloads& workloads, const std::string& id) {
    const auto same = [&](const auto& workload) { return workload.first == id; };
    const auto found = std::find_if(workloads.begin(), workloads.end(), same);
    return found != workloads.end() ? found->second : workloads.emplace_back(id, Lines{}).second;
}

void add_cell(Workloads& workloads, std::map<std::string, std::size_t>& counted, const Json& cell) {
    const Json& server = part(cell, "server");
    const double requests = number(server, "requests");
    const double window_s = number(cell, "measured_s");
    if (text(cell, "status") != "measured" || requests <= 0 || window_s <= 0) return;
    const std::string id = text(cell, "workload");
    ++counted[id];
    Lines& lines = lines_of(workloads, id);
    for (const Json& site : part(server, "call_sites")) {
        Rounds& rounds = lines[{path_of(site), static_cast<int>(number(site, "line"))}];
        rounds.call = text(site, "call");
        rounds.samples.push_back({.calls = number(site, "calls") / requests,
                                  .asleep = number(site, "asleep_ms") / 1000 / window_s,
                                  .would_block = number(site, "would_block") / requests,
                                  .sleeps = number(site, "asleep_ms") > 0});
    }
}

// Rounds in which the line was not reached count as none.
double median_of(const Rounds& rounds, std::size_t cells, double Sample::*figure) {
    std::vector<double> values;
    for (const Sample& sample : rounds.samples) values.push_back(sample.*figure);
    values.resize(std::max(cells, values.size()), 0.0);
    return analysis::median(std::move(values));
}

LineFigures figures_of(const std::string& workload, const Rounds& rounds, std::size_t cells) {
    const auto& samples = rounds.samples;
    return {.workload = workload,
            .calls_a_request = median_of(rounds, cells, &Sample::calls),
            .asleep = median_of(rounds, cells, &Sample::asleep),
            .would_block_a_request = median_of(rounds, cells, &Sample::would_block),
            .sleeps = std::any_of(samples.begin(), samples.end(),
                                  [](const Sample& sample) { return sample.sleeps; })};
}

// Our own models as they are, without arguments: a line's figures are of nobody else.
bool is_plain(const Json& model) {
    const Json& added = part(model, "added_command");
    return part(model, "args").empty() && (added.is_null() || added.empty());
}

CostFigures cost_of(const Json& row) {
    CostFigures cost{.workload = text(row, "workload"),
                     .median_us = number(row, "median"),
                     .least_us = number(row, "least"),
                     .most_us = number(row, "most"),
                     .ratio = {},
                     .verdict = text(row, "verdict")};
    if (part(row, "ratio").is_number()) cost.ratio = number(row, "ratio");
    return cost;
}

std::string origin_of(const Json& document) {
    const Json& run = part(document, "run");
    const Json& machine = part(document, "machine");
    std::string origin =
        fmt::format("{}, {:.0f} rounds", text(run, "preset"), number(run, "rounds_planned"));
    if (!text(run, "commit").empty()) origin += ", commit " + text(run, "commit");
    if (!text(machine, "cpu_model").empty()) origin += "; " + text(machine, "cpu_model");
    return origin;
}

}  // namespace

Measured::Measured(std::string_view document) {
    const Json json = Json::parse(document, nullptr, false);
    if (!json.is_object() || text(part(json, "schema"), "name").empty() ||
        !part(json, "cells").is_array())
        throw std::runtime_error{"it is no result document of iolab"};
    origin_ = origin_of(json);
    baseline_ = text(part(json, "run"), "baseline");
    for (const Json& model : part(json, "models")) {
        const std::string name = text(model, "name");
        if (!is_plain(model)) continue;
        Workloads workloads;
        for (const Json& workload : part(json, "workloads"))
            static_cast<void>(lines_of(workloads, text(workload, "id")));
        std::map<std::string, std::size_t> counted;
        for (const Json& cell : json["cells"]) {
            if (text(cell, "model") == name) add_cell(workloads, counted, cell);
        }
        for (const auto& [id, lines] : workloads) {
            for (const auto& [place, rounds] : lines) {
                Line& line = by_model_[name][place.first][place.second];
                line.call = rounds.call;
                line.figures.push_back(figures_of(id, rounds, counted[id]));
            }
        }
    }
    for (const Json& row : part(json, "summary")) {
        if (text(row, "metric") == "cpu_us_per_request" && by_model_.contains(text(row, "model")))
            costs_[text(row, "model")].push_back(cost_of(row));
    }
}

std::vector<LineFigures> Measured::at(const std::string& model, const std::string& file,
                                      int line) const {
    const auto of_model = by_model_.find(model);
    if (of_model == by_model_.end()) return {};
    const auto of_file = of_model->second.find(file);
    if (of_file == of_model->second.end()) return {};
    const auto found = of_file->second.find(line);
    return found == of_file->second.end() ? std::vector<LineFigures>{} : found->second.figures;
}

std::string Measured::call_at(const std::string& model, const std::string& file, int line) const {
    const auto of_model = by_model_.find(model);
    if (of_model == by_model_.end()) return {};
    const auto of_file = of_model->second.find(file);
    if (of_file == of_model->second.end()) return {};
    const auto found = of_file->second.find(line);
    return found == of_file->second.end() ? std::string{} : found->second.call;
}

std::vector<int> Measured::lines(const std::string& model, const std::string& file) const {
    std::vector<int> numbers;
    const auto of_model = by_model_.find(model);
    if (of_model == by_model_.end()) return numbers;
    const auto of_file = of_model->second.find(file);
    if (of_file == of_model->second.end()) return numbers;
    for (const auto& [number, line] : of_file->second) numbers.push_back(number);
    return numbers;
}

std::vector<CostFigures> Measured::costs(const std::string& model) const {
    const auto found = costs_.find(model);
    return found == costs_.end() ? std::vector<CostFigures>{} : found->second;
}

}  // namespace docs
