#include "bench/report/sections.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "bench/analysis/figure.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/lab/models.hpp"
#include "bench/report/answer.hpp"
#include "bench/report/changes.hpp"
#include "bench/report/document.hpp"
#include "bench/report/elements.hpp"
#include "bench/report/markdown.hpp"
#include "bench/report/plots.hpp"
#include "bench/report/view.hpp"

namespace report {
namespace {

using element::definitions;
using element::details;
using element::escaped;
using element::heading;
using element::link;
using element::list;
using element::Pairs;
using element::paragraph;
using element::table;

std::vector<Plot> all_of(std::initializer_list<std::optional<Plot>> plots) {
    std::vector<Plot> all;
    for (const auto& plot : plots) {
        if (plot) all.push_back(*plot);
    }
    return all;
}

std::string side_by_side(const std::string& figures) {
    return figures.empty() ? "" : fmt::format("<div class=\"plots\">\n{}</div>\n", figures);
}

// What is shown for each workload, and for each result that has it.
using OfWorkload = std::function<std::vector<Plot>(const std::string& workload)>;

std::string each_workload(Draft& draft, const OfWorkload& plots) {
    std::string text;
    for (const lab::Workload* workload : draft.scene().workloads())
        text += side_by_side(draft.figures(plots(workload->id)));
    return text;
}

using OfResult =
    std::function<std::vector<Plot>(const Scene::Shown& of, const std::string& workload)>;

std::string each_result(Draft& draft, const OfResult& plots) {
    std::string text;
    for (const Scene::Shown& of : draft.scene().shown()) {
        std::string figures;
        for (const Table& table : of.tables)
            figures += draft.figures(plots(of, table.workload->id));
        if (figures.empty()) continue;
        if (!of.mark.empty()) text += heading("Result " + of.mark);
        text += side_by_side(figures);
    }
    return text;
}

// ## 1 The answer

Section answer_section(Draft& draft) {
    const auto [first, second, third] = answer(draft.scene());
    return {"answer", "The answer",
            draft.words(paragraph(first, "lead") + paragraph(second, "lead") +
                        paragraph(third, "lead caveat"))};
}

// ## 2 Conditions

constexpr std::string_view method =
    "In every round each model ran as a fresh process on a CPU of its own, in random order; its "
    "answers were checked first, and every reply under load was compared with the bytes it must "
    "have. Figures are medians over the rounds. Ratios are taken inside rounds, where both models "
    "ran within seconds of each other. A verdict is an exact signed-rank test over the rounds, "
    "corrected (Holm) for the number of models on the workload, at 5 %. No detectable difference "
    "is not equal: the interval says how large one may still be.";

Pairs more_conditions(const lab::Machine& machine) {
    Pairs pairs{{"Load before", fmt::format("{} on {} CPUs, over a minute",
                                            figure(machine.load_average_1min), machine.cpus)},
                {"Limits", fmt::format("{} open files, a backlog of {} at most, local ports {} to "
                                       "{}",
                                       machine.open_files_soft, machine.somaxconn,
                                       machine.port_range_first, machine.port_range_last)},
                {"Container", machine.container}};
    if (machine.cpu_quota)
        pairs.emplace_back("CPU quota", fmt::format("{} CPUs", figure(*machine.cpu_quota)));
    return pairs;
}

std::vector<std::string> threshold_sentences(const lab::Result& result) {
    std::vector<std::string> all;
    for (const auto& outcome : result.thresholds.value_or(std::vector<lab::ThresholdOutcome>{}))
        all.push_back(threshold_sentence(outcome));
    return all;
}

std::string signature_text(const lab::Result& result) {
    if (!result.signature) return "";
    std::vector<std::string> checks;
    for (const lab::CheckOutcome& check : result.signature->checks)
        checks.push_back(check_sentence(check));
    return heading(fmt::format("Signature: {}", name_of(result.signature->sighting))) +
           list(checks);
}

std::string replication_text(const lab::Result& result) {
    if (!result.replication) return "";
    const lab::ReplicationOutcome& replication = *result.replication;
    Grid grid{.caption = fmt::format("{}: {}", replication.figure, replication.says),
              .head = {"model", replication.axis, "then", "now"},
              .rows = {}};
    for (const auto& point : replication.points)
        grid.rows.push_back({point.model, fmt::format("{}", point.at), figure(point.then),
                             point.now ? figure(*point.now) : "not measured"});
    return heading("Then and now") + table(grid) +
           paragraph(fmt::format("Then: {}.", replication.source));
}

std::string named_list(std::string_view name, const std::vector<std::string>& items) {
    return items.empty() ? "" : heading(name) + list(items);
}

std::string conditions_text(const Scene::Shown& of) {
    const lab::Result& result = *of.result;
    Pairs pairs{{"Experiment", result.run.preset}};
    for (auto& pair : conditions_of(result)) pairs.push_back(std::move(pair));
    for (auto& pair : more_conditions(result.machine)) pairs.push_back(std::move(pair));
    std::string text;
    if (!of.mark.empty()) text += heading(fmt::format("Result {}: {}", of.mark, result.run.id));
    text += definitions(pairs);
    text += paragraph(arguments_sentence(result));
    if (!result.run.complete)
        text += paragraph("Incomplete: the run was ended before its last cell.", "notice");
    text += named_list("Warnings", result.warnings);
    text += named_list("Diagnoses: figures that something other than a model has made",
                       diagnosis_paragraphs(result));
    text += named_list("Thresholds", threshold_sentences(result));
    return text + signature_text(result) + replication_text(result);
}

std::string unlike_text(const Scene& scene) {
    if (!scene.has_two()) return "";
    const Grid grid = unlike_of(*scene.shown().front().result, *scene.shown().back().result);
    return grid.rows.empty() ? "" : table(grid);
}

Section conditions_section(Draft& draft) {
    std::string text;
    for (const Scene::Shown& of : draft.scene().shown()) text += draft.words(conditions_text(of));
    text += draft.words(unlike_text(draft.scene()));
    return {"conditions", "Conditions", text + draft.words(paragraph(method))};
}

// ## 3 Overview

std::string changes_table(const Scene& scene) {
    if (!scene.has_two()) return "";
    const Grid grid = changes_of(
        analysis::difference(*scene.shown().front().result, *scene.shown().back().result));
    return grid.rows.empty() ? "" : table(grid);
}

std::string medians(const Scene::Shown& of, bool open) {
    std::string text;
    for (const Table& each : of.tables) {
        if (each.lines.empty()) continue;
        Grid grid = grid_of(each);
        grid.caption =
            fmt::format("{}{}: {}", brief(grid.caption),
                        of.mark.empty() ? "" : ", result " + of.mark, each.workload->title);
        text += table(grid);
        const auto limited = [](const Line& line) { return line.load_was_the_limit; };
        if (std::any_of(each.lines.begin(), each.lines.end(), limited))
            text += paragraph(fmt::format("* {}", limit_sentence));
    }
    return text.empty() ? ""
                        : details(fmt::format("All medians{}, with the least and the most round",
                                              of.mark.empty() ? "" : " of " + of.mark),
                                  text, open);
}

Section overview_section(Draft& draft) {
    const Scene& scene = draft.scene();
    std::string text = draft.words(changes_table(scene));
    std::string figures;
    for (const lab::Workload* workload : scene.workloads())
        figures += draft.figures(all_of({overview_plot(scene, workload->id)}));
    text += side_by_side(figures);
    for (const Scene::Shown& of : scene.shown())
        text += draft.words(medians(of, figures.empty() || !draft.has_charts()));
    return {"overview", "Overview: CPU a request against the baseline", text};
}

// ## 4 to 9, which are plots

Section cost_section(Draft& draft) {
    const Scene& scene = draft.scene();
    return {"cost", "Cost: CPU time and system calls a request",
            each_result(draft, [&](const Scene::Shown& of, const std::string& workload) {
                return all_of({cpu_plot(scene, of, workload), calls_plot(scene, of, workload)});
            })};
}

Section throughput_section(Draft& draft) {
    return {"throughput", "Throughput over clients",
            side_by_side(draft.figures(throughput_plots(draft.scene())))};
}

Section spectrum_section(Draft& draft) {
    const Scene& scene = draft.scene();
    return {"spectrum", "Response times: from the median to the slowest reply",
            each_workload(draft, [&](const std::string& workload) {
                return spectrum_plots(scene, workload);
            })};
}

Section idle_section(Draft& draft) {
    return {"idle", "What silent clients cost",
            side_by_side(draft.figures(idle_plots(draft.scene())))};
}

Section time_section(Draft& draft) {
    const Scene& scene = draft.scene();
    return {"time", "Over time", each_workload(draft, [&](const std::string& workload) {
                return timeline_plots(scene, workload);
            })};
}

using Value = std::optional<double>;

template <class Number>
Value number(const std::optional<Number>& value) {
    return value ? Value{static_cast<double>(*value)} : std::nullopt;
}

std::string median_text(const Scene::Cells& cells, const Reading& reading, double scale = 1) {
    const Value median = median_of(cells, reading);
    return median ? figure(*median * scale) : "–";
}

// What a server's process had, of a member of its figures.
template <auto Member>
Value of_server(const lab::Cell& cell) {
    return cell.server ? number((*cell.server).*Member) : Value{};
}

std::vector<std::string> resources_row(const Scene::Cells& cells) {
    using Figures = lab::ServerFigures;
    constexpr double mib = 1.0 / 1024;
    return {median_text(cells, of_server<&Figures::threads>),
            median_text(cells, of_server<&Figures::processes>),
            median_text(cells, of_server<&Figures::peak_memory_kib>, mib),
            median_text(cells, of_server<&Figures::memory_per_connection_bytes>),
            median_text(cells, of_server<&Figures::kernel_memory_per_connection_bytes>),
            median_text(cells, of_server<&Figures::kernel_socket_memory_kib>),
            median_text(cells, of_server<&Figures::switches_voluntary>),
            median_text(cells, of_server<&Figures::switches_involuntary>)};
}

// Rows of a model on a workload; those that say nothing are left out.
template <class Row>
Grid model_rows(const Scene::Shown& of, Grid grid, const Row& row_for) {
    for (const Table& each : of.tables) {
        for (const Line& line : each.lines) {
            std::vector<std::string> row{line.model, each.workload->id};
            for (std::string& text : row_for(cells_of(of, line.model, each.workload->id)))
                row.push_back(std::move(text));
            const auto says_nothing = [](const std::string& text) { return text == "–"; };
            if (!std::all_of(row.begin() + 2, row.end(), says_nothing))
                grid.rows.push_back(std::move(row));
        }
    }
    return grid;
}

Section memory_section(Draft& draft) {
    const Scene& scene = draft.scene();
    std::string text;
    for (const Scene::Shown& of : scene.shown())
        text += side_by_side(draft.figures(all_of({memory_plot(scene, of)})));
    text += each_result(draft, [&](const Scene::Shown& of, const std::string& workload) {
        return all_of({switches_plot(scene, of, workload)});
    });
    for (const Scene::Shown& of : scene.shown()) {
        const Grid grid =
            model_rows(of,
                       {.caption = "Threads, memory and switches in the window" +
                                   (of.mark.empty() ? "" : ", result " + of.mark),
                        .head = {"model", "workload", "threads", "processes", "peak MiB",
                                 "bytes a connection", "kernel bytes a connection",
                                 "KiB in sockets", "voluntary switches", "involuntary switches"},
                        .rows = {}},
                       resources_row);
        if (!grid.rows.empty())
            text +=
                draft.words(details("Table: " + grid.caption, table(grid), !draft.has_charts()));
    }
    return {"memory", "Memory, threads and switches", text};
}

// ## 10 Errors

double sum_of(const Scene::Cells& cells, const Reading& reading) {
    double sum = 0;
    for (const lab::Cell* cell : cells) sum += reading(*cell).value_or(0);
    return sum;
}

std::string sum_text(const Scene::Cells& cells, const Reading& reading) {
    const auto has = [&](const lab::Cell* cell) { return reading(*cell).has_value(); };
    return std::any_of(cells.begin(), cells.end(), has)
               ? fmt::format("{:.0f}", sum_of(cells, reading))
               : "–";
}

// A figure by the name that experiments use.
Reading named(const char* name) {
    return [name](const lab::Cell& cell) { return analysis::figure(cell, name); };
}

Value offered(const lab::Cell& cell) {
    return number(cell.offered_clients);
}
Value served(const lab::Cell& cell) {
    return number(cell.served_clients);
}

std::string served_text(const Scene::Cells& cells) {
    const double all = sum_of(cells, offered);
    return all > 0 ? fmt::format("{:.4g} %", 100 * sum_of(cells, served) / all) : "–";
}

std::vector<std::string> errors_row(const Scene::Cells& cells) {
    std::vector<std::string> row;
    for (const char* const name : {"replies_ok", "errors", "unanswered", "refused", "timed_out"})
        row.push_back(sum_text(cells, named(name)));
    row.push_back(served_text(cells));
    return row;
}

bool all_went_well(const Scene::Cells& cells) {
    return sum_of(cells, named("errors")) == 0 && sum_of(cells, served) >= sum_of(cells, offered);
}

std::string errors_sentence(const Scene::Shown& of) {
    std::size_t cells = 0;
    for (const auto& [where, all] : of.cells) {
        if (!all_went_well(all)) return "";
        cells += all.size();
    }
    if (cells == 0) return "";
    return fmt::format("{}No client met an error, and every client was served, in {}.",
                       of.mark.empty() ? "" : "Result " + of.mark + ": ", counted(cells, "cell"));
}

Section errors_section(Draft& draft) {
    const Scene& scene = draft.scene();
    std::string text;
    for (const Scene::Shown& of : scene.shown()) {
        text += draft.words(paragraph(errors_sentence(of)));
        text += side_by_side(draft.figures(all_of({errors_plot(scene, of)})));
        const Grid grid = model_rows(
            of,
            {.caption = "Replies and failures, all rounds together" +
                        (of.mark.empty() ? "" : ", result " + of.mark),
             .head = {"model", "workload", "right replies", "errors", "unanswered at the end",
                      "refused by the server", "timed out by the server", "clients served"},
             .rows = {}},
            errors_row);
        if (!grid.rows.empty())
            text +=
                draft.words(details("Table: " + grid.caption, table(grid), !draft.has_charts()));
    }
    return {"errors", "Errors and refusals", text};
}

// ## 11 Cards

// Call sites in which a model slept or which it called most, over all its cells.
struct SiteSum {
    std::uint64_t calls = 0;
    double asleep_ms = 0;
};

// More than all of the time is that of several threads.
std::string asleep_text(double share) {
    if (share <= 1) return fmt::format(", {:.0f} % of wall time asleep", 100 * share);
    return fmt::format(", asleep {} times the wall time, all threads together", figure(share));
}

std::vector<std::string> call_sites(const Scene::Shown& of, const std::string& model) {
    constexpr std::size_t most_sites = 8;
    std::map<std::string, SiteSum> sums;
    double requests = 0;
    double wall_ms = 0;
    for (const auto& [where, cells] : of.cells) {
        if (where.first != model) continue;
        for (const lab::Cell* cell : cells) {
            if (!cell->server || cell->server->call_sites.empty()) continue;
            requests += static_cast<double>(cell->server->requests.value_or(0));
            wall_ms += 1e3 * cell->measured_s.value_or(0);
            for (const lab::CallSite& site : cell->server->call_sites) {
                SiteSum& sum = sums[fmt::format("{}:{} {}", site.file, site.line, site.call)];
                sum.calls += site.calls;
                sum.asleep_ms += site.asleep_ms;
            }
        }
    }
    if (requests <= 0) return {};
    std::vector<std::pair<std::string, SiteSum>> sites;
    for (const auto& each : sums) {
        if (each.second.calls > 0) sites.push_back(each);
    }
    std::stable_sort(sites.begin(), sites.end(),
                     [](const auto& a, const auto& b) { return a.second.calls > b.second.calls; });
    if (sites.size() > most_sites) sites.resize(most_sites);
    std::vector<std::string> items;
    for (const auto& [name, sum] : sites) {
        std::string item = fmt::format("{}: {} a request", name,
                                       figure(static_cast<double>(sum.calls) / requests));
        if (sum.asleep_ms > 0 && wall_ms > 0) item += asleep_text(sum.asleep_ms / wall_ms);
        items.push_back(std::move(item));
    }
    return items;
}

std::string arguments_text(const lab::Model& model) {
    const auto& words = model.command.empty() ? model.args : model.command;
    return fmt::format("{}", fmt::join(words, " "));
}

// Where the source is is said only where nothing leads to it.
Pairs traits_of(const lab::Model& model, bool has_links) {
    const lab::Traits& traits = model.traits;
    return {
        {"Kind", traits.trigger.empty()
                     ? traits.kind
                     : fmt::format("{}, {}-triggered", traits.kind, traits.trigger)},
        {"Serves", traits.one_at_a_time ? "one client at a time" : ""},
        {"Wall", traits.descriptor_wall
                     ? fmt::format("no descriptor from {} on", *traits.descriptor_wall)
                     : ""},
        {model.command.empty() ? "Arguments" : "Command", arguments_text(model)},
        {"Source", model.command.empty() && !traits.model.empty() && !has_links
                       ? fmt::format("servers/{}.cpp, with the page docs/models/{}.md",
                                     traits.model, traits.model)
                       : ""},
        {"Limit", model.open_files > 0 ? fmt::format("{} open files", model.open_files) : ""},
        {"Open before", model.files_first > 0 ? fmt::format("{} files", model.files_first) : ""},
        {"Missing", model.missing}};
}

// "CPU µs a request on keep-alive: 6.66 [5.48..7.45], ratio ..., better".
std::vector<std::string> results_of(const Scene::Shown& of, const std::string& model) {
    std::vector<std::string> items;
    for (const Table& each : of.tables) {
        for (const Line& line : each.lines) {
            const lab::SummaryRow* row = row_of(line, analysis::primary_metric);
            if (line.model != model || row == nullptr) continue;
            const std::string verdict = verdict_text(row);
            items.push_back(fmt::format("{}: {} µs, ratio {}{}{}", each.workload->id,
                                        spread_text(row), ratio_text(row),
                                        verdict.empty() ? "" : ", ", verdict));
        }
    }
    return items;
}

// What a document calls a model leads nowhere; only where the project has one of that name, there
// is a source to read.
std::string source_links(const Sources& sources, const lab::Model& model) {
    const auto found = sources.find(model.traits.model);
    const bool in_zoo = std::string_view{model.name}.starts_with(lab::zoo_prefix);
    if (!model.command.empty() || in_zoo || found == sources.end()) return "";
    const auto& [page, annotated, file] = found->second;
    std::vector<std::string> links;
    const std::string& name = found->first;
    if (!page.empty()) links.push_back(link(page, "about " + name));
    if (!annotated.empty()) links.push_back(link(annotated, name + ".cpp, annotated"));
    if (!file.empty()) links.push_back(link(file, fmt::format("servers/{}.cpp", name)));
    return fmt::format("<p>Read {}.</p>\n", fmt::join(links, " or "));
}

std::string card(const Draft& draft, const Scene::Shown& of, const lab::Model& model) {
    const std::string links = source_links(draft.sources(), model);
    std::string text = "<article class=\"card\">\n" + heading(draft.scene().label(of, model.name)) +
                       paragraph(model.traits.idea) + links +
                       definitions(traits_of(model, !links.empty()));
    const auto results = results_of(of, model.name);
    if (!results.empty()) text += "<h4>CPU a request</h4>\n" + list(results);
    const auto sites = call_sites(of, model.name);
    if (!sites.empty()) text += "<h4>Where it calls the kernel</h4>\n" + list(sites);
    return text + "</article>\n";
}

Section cards_section(Draft& draft) {
    std::string text;
    for (const Scene::Shown& of : draft.scene().shown()) {
        for (const lab::Model& model : of.result->models)
            text += draft.words(card(draft, of, model));
    }
    if (!text.empty()) text = fmt::format("<div class=\"cards\">\n{}</div>\n", text);
    return {"models", "The models", text};
}

// ## 12 Doubts

Grid notes_grid(const Scene::Shown& of) {
    Grid grid{.caption = "What was left out, or went wrong" +
                         (of.mark.empty() ? "" : ", result " + of.mark),
              .head = {"model", "workload", "why"},
              .rows = {}};
    for (const Table& each : of.tables) {
        for (const Note& note : each.notes)
            grid.rows.push_back({note.model, each.workload->id, brief(note.text, 600)});
    }
    return grid;
}

Section doubts_section(Draft& draft) {
    const Scene& scene = draft.scene();
    std::string text;
    for (const Scene::Shown& of : scene.shown()) {
        const Grid grid = notes_grid(of);
        if (!grid.rows.empty()) text += draft.words(table(grid));
        text += draft.words(paragraph(drift_sentence(*of.result)));
    }
    text += each_result(draft, [&](const Scene::Shown& of, const std::string& workload) {
        return all_of({rounds_plot(scene, of, workload)});
    });
    return {"doubts", "Doubts: what was left out, and every round as it was", text};
}

// What found no room: told at the end, when all is known.
std::string left_out_text(const LeftOut& left_out) {
    if (!left_out.is_any()) return "";
    std::vector<std::string> parts;
    if (left_out.plots > 0)
        parts.push_back(counted(left_out.plots, "chart") +
                        (left_out.plots == 1 ? " with its table" : " with their tables"));
    if (left_out.words > 0) parts.push_back(counted(left_out.words, "part") + " of the text");
    for (const std::string& name : left_out.downloads) parts.push_back("the download " + name);
    return paragraph(
        fmt::format("To keep this file below 1.5 MB, this was left out: {}. The result document "
                    "has all figures, and iolab report --format csv writes the summary.",
                    listed(parts, parts.size())),
        "notice");
}

// ## 13 Repeat this

std::string command_of(const lab::Run& run) {
    const bool has_seed = run.command.find("--seed") != run.command.npos;
    return has_seed ? run.command : fmt::format("{} --seed {}", run.command, run.seed);
}

// "results.json", or of two "results-A.json".
std::string file_name(const char* stem, const std::string& mark, const char* ending) {
    return fmt::format("{}{}{}{}", stem, mark.empty() ? "" : "-", mark, ending);
}

std::string of_mark(const Scene::Shown& of) {
    return of.mark.empty() ? "" : " of " + of.mark;
}

std::string summary_download(Draft& draft, const Scene::Shown& of) {
    constexpr std::size_t largest = 150'000;  // bytes: charts are worth more
    const std::string name = file_name("summary", of.mark, ".csv");
    const std::string text = csv(*of.result);
    if (text.size() <= largest) {
        std::string button = draft.text_download(
            name, fmt::format("Download the summary{} as CSV", of_mark(of)), text);
        if (!button.empty()) return button;
    }
    draft.leave_out(name);
    return "";
}

std::string repeat_text(Draft& draft, const Scene::Shown& of) {
    const lab::Run& run = of.result->run;
    std::string text = of.mark.empty() ? "" : heading("Result " + of.mark);
    text += fmt::format("<pre><code>{}</code></pre>\n", escaped(command_of(run)));
    text += paragraph(fmt::format(
        "Experiment {}, seed {}, run {}{}. The result document, results.json of that run, has "
        "every cell with its histograms and call sites.",
        brief(run.preset), run.seed, brief(run.id),
        run.commit.empty() ? "" : ", commit " + brief(run.commit)));
    return draft.words(std::move(text)) + summary_download(draft, of);
}

// Made before the others: it is short, and nobody should miss it.
Section repeat_section(Draft& draft) {
    std::string text;
    for (const Scene::Shown& of : draft.scene().shown()) text += repeat_text(draft, of);
    if (draft.has_charts()) {
        text +=
            "<p class=\"tools\"><button type=\"button\" data-figures=\"1\" hidden>Download what is "
            "drawn here as JSON</button></p>\n";
    }
    return {"repeat", "Repeat this", text};
}

std::string size_text(std::size_t bytes) {
    const auto count = static_cast<double>(bytes);
    return count < 1e6 ? fmt::format("{:.0f} kB", count / 1e3) : figure(count / 1e6) + " MB";
}

// The documents themselves, in the room that all else has left; or where they are to be found.
std::string documents_text(Draft& draft) {
    std::string text;
    for (const Scene::Shown& of : draft.scene().shown()) {
        const std::string json = to_text(*of.result);
        const std::string size = size_text(json.size());
        const std::string button = draft.json_download(
            file_name("results", of.mark, ".json"),
            fmt::format("Download the result document{} as JSON, {}", of_mark(of), size), json);
        text +=
            !button.empty()
                ? button
                : paragraph(fmt::format(
                      "The result document{} has {}, and there is no room for it in this file, "
                      "which is to stay below 1.5 MB. It is results/{}/results.json where the "
                      "command above was given, unless -o named another place; iolab report and "
                      "iolab diff read it.",
                      of_mark(of), size, brief(of.result->run.id)));
    }
    return text;
}

}  // namespace

std::vector<Section> sections_of(Draft& draft) {
    constexpr std::array makers{answer_section, conditions_section, overview_section,
                                cost_section,   throughput_section, spectrum_section,
                                idle_section,   time_section,       memory_section,
                                errors_section, cards_section,      doubts_section};
    std::vector<Section> sections;
    sections.reserve(makers.size() + 1);
    Section repeat = repeat_section(draft);
    for (const auto& make : makers) sections.push_back(make(draft));
    repeat.content += documents_text(draft);
    sections.back().content += left_out_text(draft.left_out());
    sections.push_back(std::move(repeat));
    std::erase_if(sections, [](const Section& section) { return section.content.empty(); });
    return sections;
}

}  // namespace report
