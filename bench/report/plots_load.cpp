#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "bench/analysis/statistics.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/report/bars.hpp"
#include "bench/report/plots.hpp"

namespace report {
namespace {

// ## Curves over a number of clients

using Count = std::function<double(const lab::Workload&)>;

// Without digits that do not count: 8, 0.4.
std::string as_it_is(double number) {
    return fmt::format("{:.6g}", number);
}

double asking(const lab::Workload& workload) {
    double sum = 0;
    for (const lab::Actor& actor : workload.actors) {
        if (lab::asks(actor.kind)) sum += actor.count.number;
    }
    return sum;
}

double silent(const lab::Workload& workload) {
    double sum = 0;
    for (const lab::Actor& actor : workload.actors) {
        if (lab::holds(actor.kind) == "silent") sum += actor.count.number;
    }
    return sum;
}

double connected(const lab::Workload& workload) {
    return asking(workload) + silent(workload);
}

// Points of one scenario that differ in one number of clients and agree in the other.
struct Group {
    std::string scenario;
    double fixed = 0;
    std::vector<const lab::Workload*> workloads;  // by rising number
};

bool is_curve(const Group& group, const Count& varied) {
    const auto& all = group.workloads;
    const auto rises = [&](const auto* a, const auto* b) { return varied(*a) >= varied(*b); };
    return all.size() > 1 && varied(*all.front()) > 0 &&
           std::adjacent_find(all.begin(), all.end(), rises) == all.end();
}

std::vector<Group> groups_of(const Scene& scene, const Count& varied, const Count& fixed) {
    std::vector<Group> groups;
    for (const lab::Workload* workload : scene.workloads()) {
        const auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
            return group.scenario == workload->name && group.fixed == fixed(*workload);
        });
        if (found == groups.end())
            groups.push_back({workload->name, fixed(*workload), {workload}});
        else
            found->workloads.push_back(workload);
    }
    for (Group& group : groups) {
        std::stable_sort(group.workloads.begin(), group.workloads.end(),
                         [&](const auto* a, const auto* b) { return varied(*a) < varied(*b); });
    }
    std::erase_if(groups, [&](const Group& group) { return !is_curve(group, varied); });
    return groups;
}

const Line* line_of(const Scene::Shown& of, const std::string& model, const std::string& workload) {
    const Table* table = table_of(of, workload);
    if (table == nullptr) return nullptr;
    const auto found = std::find_if(table->lines.begin(), table->lines.end(),
                                    [&](const Line& line) { return line.model == model; });
    return found == table->lines.end() ? nullptr : &*found;
}

Look line_look(const Scene& scene, const Scene::Shown& of) {
    return &of == &scene.shown().front() ? Look::line : Look::dashed;
}

// A model's curve over a group, and its rows in the table.
Series curve_of(const Scene& scene, const Scene::Shown& of, const std::string& model,
                const Group& group, const Count& varied, std::string_view metric, Grid& table) {
    Series series{.name = scene.label(of, model),
                  .look = line_look(scene, of),
                  .place = scene.place_of(model)};
    for (const lab::Workload* workload : group.workloads) {
        const Line* line = line_of(of, model, workload->id);
        const lab::SummaryRow* row = line == nullptr ? nullptr : row_of(*line, metric);
        if (row == nullptr || *row->median <= 0) continue;
        const auto& interval = row->interval_95;
        series.points.push_back({varied(*workload), *row->median});
        series.low.push_back(interval ? interval->low : *row->least);
        series.high.push_back(interval ? interval->high : *row->most);
        table.rows.push_back(
            {series.name, as_it_is(varied(*workload)), figure(*row->median),
             fmt::format("{}..{}", figure(series.low.back()), figure(series.high.back())),
             interval ? fmt::format("{:.1f} %", 100 * interval->coverage) : "least to most",
             line->load_was_the_limit ? "yes" : "no"});
    }
    return series;
}

std::optional<Plot> curves(const Scene& scene, const Group& group, const Count& varied,
                           std::string_view metric) {
    Plot plot;
    for (const Scene::Shown& of : scene.shown()) {
        for (const lab::Model& model : of.result->models) {
            Series series = curve_of(scene, of, model.name, group, varied, metric, plot.table);
            if (!series.points.empty()) plot.series.push_back(std::move(series));
        }
    }
    const auto has_line = [](const Series& series) { return series.points.size() > 1; };
    if (std::none_of(plot.series.begin(), plot.series.end(), has_line)) return std::nullopt;
    const auto& rows = plot.table.rows;
    if (std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row[5] == "yes"; }))
        plot.note = "At points that the table marks, the clients set the pace: they rank nothing.";
    return plot;
}

constexpr std::string_view band_sentence =
    "a point is the median over the rounds, the band an interval that holds it with at least 95 %, "
    "or with few rounds the least and the most.";

// range: `plot` has a series
std::string throughput_title(const Group& group, const Plot& plot) {
    std::array<double, 2> best{0, -1};
    const Series* whose = &plot.series.front();
    for (const Series& series : plot.series) {
        for (const auto& point : series.points) {
            if (point[1] <= best[1]) continue;
            best = point;
            whose = &series;
        }
    }
    return fmt::format("{}: the most replies, {} a second, come from {} with {} clients",
                       brief(group.scenario), figure(best[1]), whose->name, as_it_is(best[0]));
}

// How many times more the last point of each curve is than its first.
Named growths(const Plot& plot) {
    Named all;
    for (const Series& series : plot.series) {
        if (series.points.size() < 2) continue;
        all.emplace_back(series.points.back()[1] / series.points.front()[1], series.name);
    }
    return all;
}

// ## The spectrum of times

using Clock = std::optional<lab::Times> lab::Cell::*;

load::Histogram pooled(const Scene::Cells& cells, Clock clock) {
    load::Histogram all;
    for (const lab::Cell* cell : cells) {
        if (!(cell->*clock)) continue;
        if (const auto one = load::Histogram::from_sparse((cell->*clock)->histogram))
            all.merge(*one);
    }
    return all;
}

double percentile_us(const load::Histogram& times, double percentile) {
    return static_cast<double>(times.value_at_percentile(percentile)) / 1e3;
}

constexpr int points_per_decade = 8;

// From the median on: the fastest half is of no interest, and its first would bend the axis. The
// last place is that of the slowest reply.
std::vector<double> places_of(const load::Histogram& times) {
    std::vector<double> places;
    const auto count = static_cast<double>(times.count());
    double x = 2;
    for (int at = 3; x < count; ++at) {
        places.push_back(x);
        x = std::pow(10, static_cast<double>(at) / points_per_decade);
    }
    places.push_back(count);
    return places;
}

// Nothing is at 0 on a logarithmic axis; a nanosecond is what the histogram tells apart.
constexpr double least_us = 1e-3;

// What the slowest of `x` replies took.
double slowest_of_us(const load::Histogram& times, double x) {
    const bool is_last = x >= static_cast<double>(times.count());
    return std::max(least_us, is_last ? static_cast<double>(times.max_ns()) / 1e3
                                      : percentile_us(times, 100 * (1 - 1 / x)));
}

std::vector<std::array<double, 2>> spectrum_of(const load::Histogram& times) {
    std::vector<std::array<double, 2>> points;
    for (const double x : places_of(times)) points.push_back({x, slowest_of_us(times, x)});
    return points;
}

// How far one clock runs ahead of the other.
struct Gap {
    double x = 0;  // among so many replies
    double response_us = 0, service_us = 0;
    bool at_the_slowest = false;  // of all

    [[nodiscard]] double us() const { return response_us - service_us; }
    [[nodiscard]] double ratio() const { return response_us / service_us; }
    [[nodiscard]] std::string where() const {
        if (at_the_slowest) return "the slowest reply";
        const int digits = std::max(3, 1 + static_cast<int>(std::log10(x)));  // 99.9, 99.99
        return fmt::format("{:.{}g} %", 100 * (1 - 1 / x), digits);
    }
};

// One model's two clocks.
struct Clocks {
    std::string name;
    std::size_t place = 0;
    Look look = Look::line;
    load::Histogram response, service;

    [[nodiscard]] bool has_both() const { return service.count() > 0; }

    // range: has both
    [[nodiscard]] Gap gap_at(double x) const {
        return {.x = x,
                .response_us = slowest_of_us(response, x),
                .service_us = slowest_of_us(service, x),
                .at_the_slowest = x >= static_cast<double>(response.count())};
    }

    // Where it is widest to the eye, which sees ratios on a logarithmic axis.
    // range: has both
    [[nodiscard]] Gap widest_gap() const {
        Gap widest;
        for (const double x : places_of(response)) {
            const Gap gap = gap_at(x);
            if (widest.x == 0 || gap.ratio() > widest.ratio()) widest = gap;
        }
        return widest;
    }
};

std::vector<Clocks> clocks_of(const Scene& scene, const std::string& workload) {
    std::vector<Clocks> all;
    for (const Scene::Shown& of : scene.shown()) {
        for (const lab::Model& model : of.result->models) {
            const auto& cells = cells_of(of, model.name, workload);
            Clocks clocks{.name = scene.label(of, model.name),
                          .place = scene.place_of(model.name),
                          .look = line_look(scene, of),
                          .response = pooled(cells, &lab::Cell::response_time),
                          .service = pooled(cells, &lab::Cell::service_time)};
            if (clocks.response.count() > 0) all.push_back(std::move(clocks));
        }
    }
    return all;
}

using Side = load::Histogram Clocks::*;

Plot spectrum(const std::vector<Clocks>& all, Side side) {
    Plot plot;
    plot.x = {.title = "share of replies that came sooner", .scale = Scale::nines};
    plot.y = {.title = side == &Clocks::response ? "response time, µs" : "service time, µs",
              .scale = Scale::logarithmic};
    plot.table.head = {"model", "replies", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "longest µs"};
    for (const Clocks& clocks : all) {
        const load::Histogram& times = clocks.*side;
        if (times.count() == 0) continue;
        plot.series.push_back({.name = clocks.name,
                               .look = clocks.look,
                               .place = clocks.place,
                               .points = spectrum_of(times)});
        std::vector<std::string> row{clocks.name, std::to_string(times.count())};
        for (const double percentile : {50.0, 90.0, 99.0, 99.9})
            row.push_back(figure(percentile_us(times, percentile)));
        row.push_back(figure(static_cast<double>(times.max_ns()) / 1e3));
        plot.table.rows.push_back(std::move(row));
    }
    return plot;
}

Named at_99(const std::vector<Clocks>& all, Side side) {
    Named values;
    for (const Clocks& clocks : all) {
        if ((clocks.*side).count() > 0)
            values.emplace_back(percentile_us(clocks.*side, 99), clocks.name);
    }
    return values;
}

// The model whose clocks stand farthest apart, and where they do.
struct Widest {
    const Clocks* clocks = nullptr;  // null: none has both
    Gap gap;

    // A difference that is worth a second plot.
    [[nodiscard]] bool is_wide() const { return clocks != nullptr && gap.ratio() > 1.05; }
};

Widest widest_of(const std::vector<Clocks>& all) {
    Widest widest;
    for (const Clocks& clocks : all) {
        if (!clocks.has_both()) continue;
        const Gap gap = clocks.widest_gap();
        if (widest.clocks == nullptr || gap.ratio() > widest.gap.ratio()) widest = {&clocks, gap};
    }
    return widest;
}

// Of whom nothing can be said; empty where that is nobody, or everybody.
std::string without_service(const std::vector<Clocks>& all) {
    std::vector<std::string> names;
    for (const Clocks& clocks : all) {
        if (!clocks.has_both()) names.push_back(clocks.name);
    }
    if (names.empty() || names.size() == all.size()) return "";
    return fmt::format("Service time of {} was not measured.", listed(names));
}

// What both plots have to say that is not drawn in them.
std::string spectrum_note(const Widest& widest, const std::vector<Clocks>& all) {
    std::string note = without_service(all);
    if (widest.clocks == nullptr || widest.is_wide()) return note;
    return "Requests were sent when they were to be sent: service time, from the actual send, is "
           "the same within 5 % all along the line." +
           (note.empty() ? "" : ' ' + note);
}

Plot response_plot(const Scene& scene, const std::string& workload, const std::vector<Clocks>& all,
                   const Widest& widest) {
    Plot plot = spectrum(all, &Clocks::response);
    plot.id = id_of("response", scene, "", workload);
    plot.title = fmt::format("{}: 99 of 100 replies came within {}", brief(workload),
                             range_text(at_99(all, &Clocks::response), "µs"));
    plot.point =
        "A point tells how long the slowest of so many replies took, from the moment when the "
        "request was to be sent: at 99 % the slowest of 100, at 99.9 % of 1000. All rounds are "
        "taken together.";
    plot.note = spectrum_note(widest, all);
    plot.table.caption = fmt::format("Response times, {}", brief(workload));
    if (!widest.is_wide()) return plot;
    const Gap& gap = widest.gap;
    plot.series.push_back(
        {.name = fmt::format("gap at {}: {} µs, {}", gap.where(), figure(gap.us()),
                             widest.clocks->name),
         .look = Look::rule,
         .points = {{gap.x, gap.service_us}, {gap.x, gap.response_us}},
         .label = {fmt::format("gap of {} µs", figure(gap.us())),
                   fmt::format("{}, {}", brief(widest.clocks->name, 24), gap.where())}});
    return plot;
}

// range: `widest` is there
Plot service_plot(const Scene& scene, const std::string& workload, const std::vector<Clocks>& all,
                  const Widest& widest) {
    Plot plot = spectrum(all, &Clocks::service);
    plot.id = id_of("service", scene, "", workload);
    plot.title = fmt::format(
        "{}: counted from the actual send, 99 of 100 came within {}; the gap is widest for {}, {} "
        "µs at {}",
        brief(workload), range_text(at_99(all, &Clocks::service), "µs"), widest.clocks->name,
        figure(widest.gap.us()), widest.gap.where());
    plot.point =
        "The same replies, timed from the moment when the request was sent. Whoever shows this "
        "alone leaves out how long requests waited for their turn.";
    plot.note = spectrum_note(widest, all);
    plot.table.caption = fmt::format("Service times, {}", brief(workload));
    plot.table.head.emplace_back("response time is longer at p99 by, µs");
    plot.table.head.emplace_back("where the gap is widest");
    for (auto& row : plot.table.rows) {
        const auto whose = std::find_if(all.begin(), all.end(),
                                        [&](const Clocks& each) { return each.name == row[0]; });
        const Gap most = whose->widest_gap();
        row.push_back(figure(whose->gap_at(100).us()));
        row.push_back(fmt::format("{} µs at {}", figure(most.us()), most.where()));
    }
    return plot;
}

// ## Over time

// A model's slices, over the rounds.
struct Slices {
    std::string name;
    double step_ms = 0;
    Series replies, p99;
};

constexpr std::size_t least_slices = 3;

// A slice that the window's end cuts short would look like a dip.
std::size_t whole_slices(const Scene::Cells& cells) {
    std::size_t count = std::numeric_limits<std::size_t>::max();
    for (const lab::Cell* cell : cells) {
        if (!cell->timeline || cell->timeline->step_ms <= 0) continue;
        const double covered = cell->measured_s.value_or(0) * 1e3 / cell->timeline->step_ms;
        const auto points = cell->timeline->points.size();
        const bool short_end = covered + 0.01 < static_cast<double>(points);
        count = std::min(count, points - (short_end && points > 0 ? 1 : 0));
    }
    return count == std::numeric_limits<std::size_t>::max() ? 0 : count;
}

void add_slice(double at_s, std::vector<double> values, Series& series) {
    if (values.empty()) return;
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    series.low.push_back(*least);
    series.high.push_back(*most);
    series.points.push_back({at_s, analysis::median(std::move(values))});
}

Slices slices_of(const Scene& scene, const Scene::Shown& of, const std::string& model,
                 const Scene::Cells& cells) {
    const Series series{.name = scene.label(of, model),
                        .look = line_look(scene, of),
                        .place = scene.place_of(model)};
    Slices slices{.name = series.name, .step_ms = 0, .replies = series, .p99 = series};
    const std::size_t count = whole_slices(cells);
    for (std::size_t at = 0; at < count; ++at) {
        std::vector<double> replies;
        std::vector<double> p99;
        double at_s = 0;
        for (const lab::Cell* cell : cells) {
            if (!cell->timeline || cell->timeline->step_ms <= 0) continue;
            slices.step_ms = cell->timeline->step_ms;
            const load::TimelinePoint& point = cell->timeline->points[at];
            at_s = static_cast<double>(at) * cell->timeline->step_ms / 1e3;
            replies.push_back(static_cast<double>(point.replies));
            if (point.p99_us && *point.p99_us > 0) p99.push_back(*point.p99_us);
        }
        add_slice(at_s, std::move(replies), slices.replies);
        add_slice(at_s, std::move(p99), slices.p99);
    }
    return slices;
}

std::vector<Slices> all_slices(const Scene& scene, const std::string& workload) {
    std::vector<Slices> all;
    for (const Scene::Shown& of : scene.shown()) {
        for (const lab::Model& model : of.result->models) {
            const auto& cells = cells_of(of, model.name, workload);
            Slices slices = slices_of(scene, of, model.name, cells);
            if (slices.replies.points.size() >= least_slices) all.push_back(std::move(slices));
        }
    }
    return all;
}

// Where a model has fewest replies, as a share of what is usual for it.
struct Dip {
    double share = 1;
    double at_s = 0;
    std::string model;
};

Dip deepest_dip(const std::vector<Slices>& all) {
    Dip dip;
    for (const Slices& slices : all) {
        std::vector<double> values;
        for (const auto& point : slices.replies.points) values.push_back(point[1]);
        const double usual = analysis::median(values);
        if (usual <= 0) continue;
        for (const auto& [at_s, replies] : slices.replies.points) {
            if (replies / usual < dip.share) dip = {replies / usual, at_s, slices.name};
        }
    }
    return dip;
}

std::string dip_text(const Dip& dip) {
    const double percent = 100 * dip.share;
    if (dip.share > 0.8)
        return fmt::format("replies come evenly, no slice has less than {:.0f} % of the usual",
                           std::floor(percent));
    return fmt::format("at {} s {} has {:.0f} % of its usual replies", as_it_is(dip.at_s),
                       dip.model, percent);
}

void add_events(const lab::Workload& workload, Plot& plot) {
    double least = std::numeric_limits<double>::infinity();
    double most = 0;
    for (const Series& series : plot.series) {
        for (const auto& point : series.points) {
            least = std::min(least, point[1]);
            most = std::max(most, point[1]);
        }
    }
    for (const lab::Event& event : workload.events) {
        plot.series.push_back(
            {.name = fmt::format("{} at {} s", lab::name_of(event.kind), as_it_is(event.at_s)),
             .look = Look::rule,
             .points = {{event.at_s, least}, {event.at_s, most}}});
    }
}

Plot timeline_plot(const lab::Workload& workload, const std::vector<Slices>& all,
                   Series Slices::*which) {
    Plot plot;
    plot.x.title = "seconds since the window opened";
    plot.table.head = {"model", "slice begins at, s", "median", "least", "most"};
    for (const Slices& slices : all) {
        const Series& series = slices.*which;
        if (series.points.empty()) continue;
        plot.series.push_back(series);
        for (std::size_t at = 0; at < series.points.size(); ++at) {
            plot.table.rows.push_back({series.name, as_it_is(series.points[at][0]),
                                       figure(series.points[at][1]), figure(series.low[at]),
                                       figure(series.high[at])});
        }
    }
    add_events(workload, plot);
    return plot;
}

std::string peak_text(const std::vector<Slices>& all) {
    double peak = 0;
    std::string where;
    for (const Slices& slices : all) {
        for (const auto& [at_s, p99] : slices.p99.points) {
            if (p99 <= peak) continue;
            peak = p99;
            where = fmt::format("{}, at {} s", slices.name, as_it_is(at_s));
        }
    }
    return fmt::format("p99 of a slice is at most {} µs ({})", figure(peak), where);
}

}  // namespace

std::vector<Plot> throughput_plots(const Scene& scene) {
    std::vector<Plot> plots;
    for (const Group& group : groups_of(scene, asking, silent)) {
        auto plot = curves(scene, group, asking, "throughput_per_s");
        if (!plot) continue;
        plot->id = id_of("throughput", scene, "", group.workloads.front()->id);
        plot->title = throughput_title(group, *plot);
        plot->point = fmt::format("Replies a second over the clients that ask: {}", band_sentence);
        plot->x = {.title = "clients that ask", .scale = Scale::logarithmic};
        plot->y.title = "replies a second";
        plot->table.caption = fmt::format("Replies a second, {}", brief(group.scenario));
        plot->table.head = {"model",    "clients",      "replies a second",
                            "interval", "its coverage", "clients set the pace"};
        plots.push_back(std::move(*plot));
    }
    return plots;
}

std::vector<Plot> idle_plots(const Scene& scene) {
    std::vector<Plot> plots;
    for (const Group& group : groups_of(scene, connected, asking)) {
        auto plot = curves(scene, group, connected, analysis::primary_metric);
        if (!plot) continue;
        plot->id = id_of("idle", scene, "", group.workloads.front()->id);
        plot->title = fmt::format(
            "{}: with {} connections instead of {}, a request costs {} as much",
            brief(group.scenario), as_it_is(connected(*group.workloads.back())),
            as_it_is(connected(*group.workloads.front())), range_text(growths(*plot), "times"));
        plot->point = fmt::format(
            "CPU a request over all connections, of which {} ask and the others are silent: {} A "
            "line that climbs by a decade a decade pays for every silent client.",
            as_it_is(group.fixed), band_sentence);
        plot->x = {.title = "connections", .scale = Scale::logarithmic};
        plot->y = {.title = "µs of CPU a request", .scale = Scale::logarithmic};
        plot->table.caption = fmt::format("CPU a request, µs, {}", brief(group.scenario));
        plot->table.head = {"model",    "connections",  "CPU µs a request",
                            "interval", "its coverage", "clients set the pace"};
        plots.push_back(std::move(*plot));
    }
    return plots;
}

std::vector<Plot> spectrum_plots(const Scene& scene, const std::string& workload) {
    const std::vector<Clocks> all = clocks_of(scene, workload);
    if (all.empty()) return {};
    const Widest widest = widest_of(all);
    std::vector<Plot> plots{response_plot(scene, workload, all, widest)};
    if (widest.is_wide()) plots.push_back(service_plot(scene, workload, all, widest));
    return plots;
}

std::vector<Plot> timeline_plots(const Scene& scene, const std::string& workload) {
    const std::vector<Slices> all = all_slices(scene, workload);
    if (all.empty()) return {};
    const auto& workloads = scene.workloads();
    const lab::Workload& whole =
        **std::find_if(workloads.begin(), workloads.end(),
                       [&](const lab::Workload* each) { return each->id == workload; });
    Plot replies = timeline_plot(whole, all, &Slices::replies);
    replies.id = id_of("replies", scene, "", workload);
    replies.title = fmt::format("{}: {}", brief(workload), dip_text(deepest_dip(all)));
    const std::string step = as_it_is(all.front().step_ms);
    replies.point = fmt::format(
        "A point has the replies of {} ms of the window, median over the rounds; the band goes "
        "from "
        "the least to the most.",
        step);
    replies.y.title = fmt::format("replies in {} ms", step);
    replies.table.caption = fmt::format("Replies a slice, {}", brief(workload));
    std::vector<Plot> plots{std::move(replies)};
    Plot p99 = timeline_plot(whole, all, &Slices::p99);
    if (p99.table.rows.empty()) return plots;
    p99.id = id_of("slices", scene, "", workload);
    p99.title = fmt::format("{}: {}", brief(workload), peak_text(all));
    p99.point = fmt::format(
        "A point is the response time that 99 of 100 replies of {} ms kept, median over the "
        "rounds; "
        "the band goes from the least to the most.",
        step);
    p99.y = {.title = fmt::format("p99 of {} ms, µs", step), .scale = Scale::logarithmic};
    p99.table.caption = fmt::format("Response time at p99 a slice, µs, {}", brief(workload));
    plots.push_back(std::move(p99));
    return plots;
}

}  // namespace report
