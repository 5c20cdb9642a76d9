#include "bench/belief/series.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "bench/lab/text.hpp"

namespace belief {
namespace {

// A line of About: its key, as it stands in the file, and where it goes.
struct Words {
    const char* key;
    std::string About::*value;
};
struct Number {
    const char* key;
    double About::*value;
};
constexpr std::array words{Words{"workload", &About::workload}, Words{"server", &About::server},
                           Words{"neighbour", &About::neighbour}, Words{"machine", &About::machine},
                           Words{"commit", &About::commit}};
constexpr std::array numbers{Number{"warm_up_s", &About::warm_up_s},
                             Number{"measured_s", &About::measured_s},
                             Number{"slowed_percent", &About::slowed_percent}};

double number_in(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0))
        throw std::runtime_error{fmt::format("'{}' is no number from 0 on", text)};
    return value;
}

void read_about(const std::string& line, About& about) {
    const auto space = line.find(' ', 2);
    const std::string key = line.substr(2, space - 2);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    for (const Words& word : words) {
        if (key == word.key) return void(about.*word.value = rest);
    }
    for (const Number& number : numbers) {
        if (key == number.key) return void(about.*number.value = number_in(rest));
    }
    throw std::runtime_error{fmt::format("'{}' is no key of a series", key)};
}

lab::Cell cell_of(const std::string& model, const std::string& workload, int round,
                  std::string figure) {
    lab::Cell cell;
    cell.model = model;
    cell.workload = workload;
    cell.round = round;
    if (figure.empty()) {
        cell.status = lab::Status::failed;
        return cell;
    }
    cell.load.emplace().was_the_limit = figure.back() == '*';
    if (figure.back() == '*') figure.pop_back();
    cell.server.emplace().cpu_us_per_request = number_in(figure);
    return cell;
}

void read_round(const std::string& line, Series& series) {
    auto figures = lab::split(line, ',');
    if (line.ends_with(',')) figures.emplace_back();
    const auto& models = series.rounds.models;
    if (figures.size() != models.size() + 1)
        throw std::runtime_error{
            fmt::format("{} columns, not {}", figures.size(), models.size() + 1)};
    const int round = rounds_of(series.rounds) + 1;
    if (figures[0] != std::to_string(round))
        throw std::runtime_error{fmt::format("round '{}' where {} follows", figures[0], round)};
    for (std::size_t at = 0; at < models.size(); ++at) {
        series.rounds.cells.push_back(
            cell_of(models[at].name, series.about.workload, round, figures[at + 1]));
    }
}

void read_models(const std::string& line, Series& series) {
    const auto names = lab::split(line, ',');
    if (names.size() < 2 || names[0] != "round")
        throw std::runtime_error{"no line that names the columns: round,base,same,..."};
    for (std::size_t at = 1; at < names.size(); ++at)
        series.rounds.models.emplace_back().name = names[at];
    lab::Workload& workload = series.rounds.workloads.emplace_back();
    workload.id = workload.name = series.about.workload;
}

void read_line(const std::string& line, Series& series) {
    if (line.starts_with("# ")) return read_about(line, series.about);
    if (series.rounds.models.empty()) return read_models(line, series);
    read_round(line, series);
}

std::string figure_of(const lab::Cell& cell) {
    if (cell.status != lab::Status::measured || !cell.server) return "";
    if (!cell.server->cpu_us_per_request) return "";
    const bool limited = cell.load && cell.load->was_the_limit.value_or(false);
    return fmt::format("{:.4f}{}", *cell.server->cpu_us_per_request, limited ? "*" : "");
}

std::vector<std::string> names_of(const lab::Result& result) {
    std::vector<std::string> names;
    for (const lab::Model& model : result.models) names.push_back(model.name);
    return names;
}

}  // namespace

int rounds_of(const lab::Result& result) noexcept {
    int last = 0;
    for (const lab::Cell& cell : result.cells) last = std::max(last, cell.round);
    return last;
}

About about(const lab::Result& result, const std::string& server, const std::string& neighbour,
            double slowed_percent) {
    About about;
    about.workload = result.workloads.empty() ? "" : result.workloads.front().id;
    about.server = server;
    about.neighbour = neighbour;
    about.warm_up_s = result.run.warm_up_s;
    about.measured_s = result.run.measured_s;
    about.slowed_percent = slowed_percent;
    about.machine = fmt::format("{}, {} CPUs, Linux {}", result.machine.cpu_model,
                                result.machine.cpus, result.machine.kernel);
    about.commit = result.run.commit;
    return about;
}

void append(Series& series, const lab::Result& result) {
    if (series.rounds.models.empty()) {
        series.rounds.models = result.models;
        series.rounds.workloads = result.workloads;
    }
    if (names_of(series.rounds) != names_of(result))
        throw std::runtime_error{"these rounds had other servers than the series"};
    const int before = rounds_of(series.rounds);
    for (const lab::Cell& cell : result.cells) {
        series.rounds.cells.push_back(
            cell_of(cell.model, series.about.workload, before + cell.round, figure_of(cell)));
    }
}

std::string to_text(const Series& series) {
    std::string text;
    for (const Words& word : words)
        text += fmt::format("# {} {}\n", word.key, series.about.*word.value);
    for (const Number& number : numbers)
        text += fmt::format("# {} {}\n", number.key, series.about.*number.value);
    const auto names = names_of(series.rounds);
    text += fmt::format("round,{}\n", fmt::join(names, ","));
    std::map<std::pair<int, std::string>, std::string> figures;
    for (const lab::Cell& cell : series.rounds.cells)
        figures[{cell.round, cell.model}] = figure_of(cell);
    for (int round = 1; round <= rounds_of(series.rounds); ++round) {
        text += std::to_string(round);
        for (const std::string& name : names) text += "," + figures[{round, name}];
        text += "\n";
    }
    return text;
}

Series from_text(const std::string& text) {
    Series series;
    int at = 0;
    for (const std::string& line : lab::split(text, '\n')) {
        ++at;
        if (line.empty()) continue;
        try {
            read_line(line, series);
        } catch (const std::runtime_error& error) {
            throw std::runtime_error{fmt::format("line {}: {}", at, error.what())};
        }
    }
    if (series.rounds.models.empty()) throw std::runtime_error{"there is no round in it"};
    return series;
}

}  // namespace belief
