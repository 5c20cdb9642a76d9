#include "bench/report/view.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/analysis/drift.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/lab/placement.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"

namespace report {
namespace {

Line line_of(const lab::Result& result, const lab::Model& model, const lab::Workload& workload) {
    Line line;
    line.model = model.name;
    for (const lab::SummaryRow& row : result.summary) {
        if (row.model == model.name && row.workload == workload.id) line.rows[row.metric] = &row;
    }
    int measured = 0;
    int limited = 0;
    for (const lab::Cell& cell : result.cells) {
        if (cell.model != model.name || cell.workload != workload.id || !cell.load) continue;
        ++measured;
        limited += cell.load->was_the_limit.value_or(false) ? 1 : 0;
    }
    line.load_was_the_limit = 2 * limited > measured;
    return line;
}

// Deaths that an experiment may be about.
void add_deaths(const lab::Result& result, const lab::Model& model, const lab::Workload& workload,
                std::vector<Note>& notes) {
    std::size_t count = 0;
    const lab::Cell* last = nullptr;
    for (const lab::Cell& cell : result.cells) {
        if (cell.model != model.name || cell.workload != workload.id || cell.ended.empty())
            continue;
        ++count;
        last = &cell;
    }
    if (last != nullptr)
        notes.push_back({model.name, fmt::format("died under load in {}: {}",
                                                 counted(count, "round"), last->ended)});
}

// Equal reasons of a model's rounds as one note. A reason may quote times or counts that
// differ, so that the status alone tells what is equal.
void add_notes(const lab::Result& result, const lab::Model& model, const lab::Workload& workload,
               std::vector<Note>& notes) {
    std::map<lab::Status, std::pair<int, std::string>> seen;
    int rounds = 0;
    for (const lab::Cell& cell : result.cells) {
        if (cell.model != model.name || cell.workload != workload.id) continue;
        ++rounds;
        if (cell.status == lab::Status::measured) continue;
        auto& [count, reason] = seen[cell.status];
        if (count++ == 0) reason = cell.reason;
    }
    add_deaths(result, model, workload, notes);
    for (const auto& [status, entry] : seen) {
        const auto& [count, reason] = entry;
        const std::string often =
            count == rounds ? "" : fmt::format(" in {} of {} rounds", count, rounds);
        notes.push_back({model.name, fmt::format("{}{}: {}", name_of(status), often, reason)});
    }
}

// A test that does not pair the rounds sees less where they drift, and is asked all the same.
void add_second_opinion(const Line& line, std::vector<Note>& notes) {
    const auto found = line.rows.find(analysis::primary_metric);
    if (found == line.rows.end()) return;
    const lab::SummaryRow& row = *found->second;
    if (row.second_opinion != lab::Opinion::differs) return;
    notes.push_back(
        {line.model, fmt::format("second opinion differs: Mann-Whitney, which does not pair "
                                 "the rounds, has p = {:.2g}, the verdict's test {:.2g}",
                                 *row.p_mann_whitney_adjusted, *row.p_adjusted)});
}

// A p-value that would make a verdict, and does not.
void add_contradiction(const Line& line, std::vector<Note>& notes) {
    const auto found = line.rows.find(analysis::primary_metric);
    if (found == line.rows.end()) return;
    const lab::SummaryRow& row = *found->second;
    if (row.verdict != lab::Verdict::no_detectable_difference || !row.p_adjusted) return;
    if (*row.p_adjusted <= analysis::significance)
        notes.push_back({line.model, row.verdict_reason});
}

// Errors that the clients met although the cell was measured.
void add_errors(const lab::Result& result, const lab::Model& model, const lab::Workload& workload,
                std::vector<Note>& notes) {
    std::array<std::uint64_t, load::error_kinds> sum{};
    for (const lab::Cell& cell : result.cells) {
        if (cell.model != model.name || cell.workload != workload.id || !cell.errors) continue;
        for (std::size_t kind = 0; kind < sum.size(); ++kind) sum[kind] += (*cell.errors)[kind];
    }
    std::string text;
    for (std::size_t kind = 0; kind < sum.size(); ++kind) {
        if (sum[kind] == 0) continue;
        text += fmt::format("{}{} {}", text.empty() ? "errors met by clients: " : ", ", sum[kind],
                            load::name(static_cast<load::ErrorKind>(kind)));
    }
    if (!text.empty()) notes.push_back({model.name, text});
}

using OldPoint = lab::ReplicationOutcome::Point;
using OldPoints = std::map<double, std::vector<const OldPoint*>>;  // along the axis

OldPoints by_place(const lab::ReplicationOutcome& replication) {
    OldPoints points;
    for (const OldPoint& point : replication.points) points[point.at].push_back(&point);
    return points;
}

// In the order of the table.
std::vector<std::string> models_in(const lab::ReplicationOutcome& replication) {
    std::vector<std::string> models;
    for (const OldPoint& point : replication.points) {
        if (models.empty() || models.back() != point.model) models.push_back(point.model);
    }
    return models;
}

// "poll, from 0 to 10000: to 18 % then, to 5 % now."
std::string decline_sentence(const lab::ReplicationOutcome& replication, const std::string& model) {
    const OldPoint* first = nullptr;
    const OldPoint* last = nullptr;
    for (const OldPoint& point : replication.points) {
        if (point.model != model) continue;
        first = first == nullptr || point.at < first->at ? &point : first;
        last = last == nullptr || point.at > last->at ? &point : last;
    }
    std::string text = fmt::format("{}, from {} to {}: to {:.0f} % then", model, first->at,
                                   last->at, 100 * last->then / first->then);
    if (first->now && last->now && *first->now > 0)
        text += fmt::format(", to {:.0f} % now", 100 * *last->now / *first->now);
    return text + '.';
}

// "poll at 100, 400; epoll_lt at 0, 1000".
template <class Figure>
std::string highest_where(const OldPoints& points, Figure figure_of) {
    std::map<std::string, std::string> places;
    for (const auto& [at, models] : points) {
        const auto less = [&](const OldPoint* a, const OldPoint* b) {
            return figure_of(*a).value_or(-1) < figure_of(*b).value_or(-1);
        };
        const OldPoint& highest = **std::max_element(models.begin(), models.end(), less);
        if (!figure_of(highest)) continue;
        std::string& text = places[highest.model];
        text += fmt::format("{}{}", text.empty() ? "" : ", ", at);
    }
    std::string text;
    for (const auto& [model, where] : places)
        text += fmt::format("{}{} at {}", text.empty() ? "" : "; ", model, where);
    return text.empty() ? "not measured" : text;
}

using Diagnoses = std::vector<lab::Diagnosis>;

// Where one was seen: "pool on keep-alive", or "keep-alive" where it is of all models there.
std::string place_of(const lab::Diagnosis& diagnosis) {
    return (diagnosis.model.empty() ? "" : diagnosis.model + " on ") + diagnosis.workload;
}

// Where all were seen, a workload at a time: "pool and 3 more on keep-alive, poll on close".
std::string places_of(const Diagnoses& alike) {
    std::string text;
    for (auto at = alike.begin(); at != alike.end();) {
        const auto next = std::find_if(at, alike.end(), [&](const lab::Diagnosis& each) {
            return each.workload != at->workload;
        });
        lab::Diagnosis first = *at;
        const auto more = next - at - 1;
        if (more > 0) first.model += fmt::format(" and {} more", more);
        text += (text.empty() ? "" : ", ") + place_of(first);
        at = next;
    }
    return text;
}

// range: of one artefact, not empty
std::string paragraph_of(const Diagnoses& alike) {
    const lab::Diagnosis& first = alike.front();
    std::string name = first.artefact;
    std::replace(name.begin(), name.end(), '_', ' ');
    const auto by_rounds = [](const lab::Diagnosis& a, const lab::Diagnosis& b) {
        return a.rounds < b.rounds;
    };
    const auto [least, most] = std::minmax_element(alike.begin(), alike.end(), by_rounds);
    return fmt::format("{}: {}, in {}{}. {} {}{}", name, places_of(alike),
                       least->rounds == most->rounds ? "" : "up to ",
                       counted(static_cast<std::size_t>(most->rounds), "round"), first.sentence,
                       alike.size() == 1 ? "" : fmt::format("The first, {}: ", place_of(first)),
                       first.evidence);
}

struct Column {
    std::string_view metric;
    std::string_view title;
    double scale = 1;
};

constexpr std::array columns{
    Column{"cpu_us_per_request", "CPU µs a request"},
    Column{"system_calls_per_request", "calls a request"},
    Column{"wakeups_per_request", "wake-ups a request"},
    Column{"throughput_per_s", "replies/s"},
    Column{"response_p50_us", "p50 µs"},
    Column{"response_p99_us", "p99 µs"},
    Column{"peak_memory_kib", "peak MiB", 1.0 / 1024},
    Column{"memory_per_connection_bytes", "bytes a connection"},
};

bool any_has(const Table& table, std::string_view metric) {
    for (const Line& line : table.lines) {
        if (row_of(line, metric) != nullptr) return true;
    }
    return false;
}

// Whether a byte begins a character, in UTF-8.
bool begins_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80;
}

}  // namespace

std::vector<Table> tables_of(const lab::Result& result) {
    std::vector<Table> tables;
    for (const lab::Workload& workload : result.workloads) {
        Table table;
        table.workload = &workload;
        table.baseline = analysis::baseline_for(result, workload);
        for (const lab::Model& model : result.models) {
            Line line = line_of(result, model, workload);
            add_contradiction(line, table.notes);
            add_second_opinion(line, table.notes);
            if (!line.rows.empty()) table.lines.push_back(std::move(line));
            add_notes(result, model, workload, table.notes);
            add_errors(result, model, workload, table.notes);
        }
        tables.push_back(std::move(table));
    }
    return tables;
}

const lab::SummaryRow* row_of(const Line& line, std::string_view metric) {
    const auto found = line.rows.find(metric);
    return found == line.rows.end() || !found->second->median ? nullptr : found->second;
}

std::string spread_text(const lab::SummaryRow* row, double scale) {
    if (row == nullptr || !row->median) return "–";
    const std::string median = figure(*row->median * scale);
    const std::string least = figure(*row->least * scale);
    const std::string most = figure(*row->most * scale);
    return least == most ? median : fmt::format("{} [{}..{}]", median, least, most);
}

std::string ratio_text(const lab::SummaryRow* row) {
    if (row == nullptr || !row->ratio) return "–";
    if (row->model == row->baseline) return "1 (baseline)";
    std::string text = fmt::format("{:.3f}", *row->ratio);
    if (row->ratio_interval_95) {
        text += fmt::format(" [{:.3f}..{:.3f}]", row->ratio_interval_95->low,
                            row->ratio_interval_95->high);
    }
    return text;
}

std::string verdict_text(const lab::SummaryRow* row) {
    if (row == nullptr) return "";
    if (!row->verdict) return row->verdict_reason.empty() ? "" : "none: the load was the limit";
    return std::string{name_of(*row->verdict)};
}

Grid grid_of(const Table& table) {
    Grid grid{.caption = table.workload->id,
              .head = {"model", std::string{columns[0].title},
                       fmt::format("ratio to {}", table.baseline), "verdict"},
              .rows = {}};
    for (const Line& line : table.lines) {
        const lab::SummaryRow* primary = row_of(line, columns[0].metric);
        grid.rows.push_back(
            {line.model, spread_text(primary), ratio_text(primary), verdict_text(primary)});
    }
    for (std::size_t at = 1; at < columns.size(); ++at) {
        const auto& [metric, title, scale] = columns[at];
        if (!any_has(table, metric)) continue;
        grid.head.emplace_back(title);
        for (std::size_t row = 0; row < table.lines.size(); ++row) {
            const Line& line = table.lines[row];
            const bool marked = metric == "throughput_per_s" && line.load_was_the_limit;
            grid.rows[row].push_back(spread_text(row_of(line, metric), scale) +
                                     (marked ? " *" : ""));
        }
    }
    return grid;
}

std::vector<std::pair<std::string, std::string>> conditions_of(const lab::Result& result) {
    const lab::Run& run = result.run;
    const lab::Machine& machine = result.machine;
    const auto known = [](const std::string& value, const char* otherwise) {
        return value.empty() ? otherwise : value;
    };
    return {
        {"Command", fmt::format("{} (seed {})", run.command, run.seed)},
        {"Time",
         fmt::format("started {}, took {}; {}, {} s warm-up and {} s measured a cell",
                     run.started_at, duration(run.duration_s),
                     counted(static_cast<std::size_t>(std::max(0, run.rounds_planned)), "round"),
                     run.warm_up_s, run.measured_s)},
        {"Machine",
         fmt::format("{}, {} CPUs ({} allowed), {} MiB; {}, Linux {}{}",
                     known(machine.cpu_model, "unknown CPU"), machine.cpus, machine.allowed_cpus,
                     machine.memory_mib, known(machine.distribution, "unknown distribution"),
                     machine.kernel, machine.virtualised.empty() ? "" : "; a virtual machine")},
        {"Placement",
         fmt::format("server on CPU {}, load on CPU {}, over {}",
                     lab::cpu_list(result.placement.server_cpus),
                     lab::cpu_list(result.placement.load_cpus), result.placement.transport)},
        {"Build", fmt::format("{}, {} ({}), iolab {}{}", result.build.compiler, result.build.type,
                              result.build.flags, run.tool_version,
                              run.commit.empty() ? "" : ", commit " + run.commit)},
    };
}

std::size_t columns_of(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string brief(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string{text};
    std::size_t head = most / 2;
    std::size_t tail = text.size() - (most - head - 2);
    while (head > 0 && !begins_character(text[head])) --head;
    while (tail < text.size() && !begins_character(text[tail])) ++tail;
    return fmt::format("{}..{}", text.substr(0, head), text.substr(tail));
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
    const bool cut = names.size() > most + 1;
    const std::size_t count = cut ? most : names.size();
    std::string text;
    for (std::size_t at = 0; at < count; ++at) {
        const bool last = at + 1 == count && !cut;
        if (at > 0) text += last ? " and " : ", ";
        text += names[at];
    }
    return cut ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

std::string figure(double value) {
    const double size = std::abs(value);
    if (size >= 1e15) return fmt::format("{:.2e}", value);  // more digits than it has
    if (size >= 100 || value == 0) return fmt::format("{:.0f}", value);
    if (size >= 10) return fmt::format("{:.1f}", value);
    return size >= 1 ? fmt::format("{:.2f}", value) : fmt::format("{:.3f}", value);
}

std::string threshold_sentence(const lab::ThresholdOutcome& outcome) {
    if (!outcome.median)
        return fmt::format("Crossed: {} (nothing was measured)", outcome.threshold);
    return fmt::format("{}: {} ({}, {}: {})", outcome.holds ? "Kept" : "Crossed", outcome.threshold,
                       outcome.model, outcome.workload, figure(*outcome.median));
}

std::string bounds_text(const std::optional<double>& least, const std::optional<double>& most) {
    if (least && most) return fmt::format("{} to {}", figure(*least), figure(*most));
    if (least) return fmt::format("at least {}", figure(*least));
    return fmt::format("at most {}", figure(most.value_or(0)));
}

std::string check_sentence(const lab::CheckOutcome& check) {
    std::string said{name_of(check.sighting)};
    said[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(said[0])));
    std::string text = fmt::format("{}: {}. {}: ", said, check.says, check.number);
    text += check.median ? figure(*check.median) : "no number";
    if (check.median && check.interval)
        text += fmt::format(" ({}..{})", figure(check.interval->low), figure(check.interval->high));
    text += fmt::format(", expected {}", bounds_text(check.least, check.most));
    if (!check.reason.empty()) text += fmt::format("; {}", check.reason);
    if (!check.published.empty()) text += fmt::format(". Published: {}", check.published);
    if (!check.seen.empty()) text += fmt::format(". Seen before: {}", check.seen);
    return text + ".";
}

namespace {

// As many models as 80 columns have room for, beside the axis.
constexpr std::size_t models_a_line = 2;

// The table of those from `first` on.
std::string then_and_now_of(const lab::ReplicationOutcome& replication, const OldPoints& points,
                            const std::vector<std::string>& models, std::size_t first) {
    const std::size_t end = std::min(first + models_a_line, models.size());
    std::string text = fmt::format("{:>8}", replication.axis.substr(0, 8));
    for (std::size_t model = first; model < end; ++model)
        text += fmt::format("{:>16}{:>10}", models[model].substr(0, 10) + " then", "now");
    text += '\n';
    for (const auto& [at, all] : points) {
        text += fmt::format("{:>8}", at);
        for (std::size_t model = first; model < end; ++model)
            text += fmt::format("{:>16}{:>10}", figure(all[model]->then),
                                all[model]->now ? figure(*all[model]->now) : "-");
        text += '\n';
    }
    return text;
}

}  // namespace

std::string then_and_now(const lab::ReplicationOutcome& replication) {
    std::string text = wrapped(fmt::format("Then and now, {}: {}. Then: {}.", replication.figure,
                                           replication.says, replication.source),
                               80, "");
    const OldPoints points = by_place(replication);
    const std::vector<std::string> models = models_in(replication);
    for (std::size_t first = 0; first < models.size(); first += models_a_line)
        text += then_and_now_of(replication, points, models, first);
    for (const std::string& model : models)
        text += wrapped(decline_sentence(replication, model), 80, "");
    const auto then = [](const OldPoint& point) { return std::optional{point.then}; };
    const auto now = [](const OldPoint& point) { return point.now; };
    return text + wrapped(fmt::format("Highest then: {}. Now: {}.", highest_where(points, then),
                                      highest_where(points, now)),
                          80, "");
}

std::string arguments_sentence(const lab::Result& result) {
    std::vector<std::string> common;
    bool first = true;
    for (const lab::Model& model : result.models) {
        if (!model.command.empty()) continue;  // a server of anyone's, which its command describes
        if (!std::exchange(first, false) && model.args != common) return "";
        common = model.args;
    }
    if (common.empty()) return "";
    return fmt::format("Every model was started with {}.", fmt::join(common, " "));
}

std::string drift_sentence(const lab::Result& result) {
    std::string text;
    for (const lab::Drift& drift : result.drift) {
        if (!analysis::noticeable(drift)) continue;
        const double change = drift.last_to_first_ratio - 1;
        text += fmt::format("{}{:.0f} % {} on {}", text.empty() ? "" : ", ", 100 * std::abs(change),
                            change > 0 ? "more" : "less", drift.workload);
    }
    if (text.empty()) return "";
    return fmt::format(
        "Drift: from the first round to the last, the same work came to cost {}, all models "
        "together. That is the machine; ratios inside rounds are not touched by it.",
        text);
}

std::vector<std::string> diagnosis_paragraphs(const lab::Result& result) {
    std::vector<std::string> paragraphs;
    const auto diagnoses = result.diagnoses.value_or(Diagnoses{});
    std::set<std::string> told;
    for (const lab::Diagnosis& diagnosis : diagnoses) {
        if (!told.insert(diagnosis.artefact).second) continue;
        Diagnoses alike;
        std::copy_if(
            diagnoses.begin(), diagnoses.end(), std::back_inserter(alike),
            [&](const lab::Diagnosis& each) { return each.artefact == diagnosis.artefact; });
        paragraphs.push_back(paragraph_of(alike));
    }
    return paragraphs;
}

std::string duration(double seconds) {
    const auto whole = static_cast<long>(std::ceil(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view indent) {
    std::string all;
    std::string line{indent};
    for (const std::string& word : lab::split(text, ' ')) {
        const bool begins = line.size() == indent.size();
        if (!begins && columns_of(line) + 1 + columns_of(word) > width) {
            all += line + '\n';
            line = std::string{indent};
        }
        line += line.size() == indent.size() ? word : ' ' + word;
    }
    return all + line + '\n';
}

std::string labelled(std::string_view label, std::string_view text, std::size_t width) {
    return wrapped(text, width, std::string(label.size(), ' ')).replace(0, label.size(), label);
}

}  // namespace report
