#include "bench/timeline/picture.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "bench/report/view.hpp"
#include "bench/timeline/drawing.hpp"

namespace timeline {
namespace {

constexpr double left = 118;  // pixels; names stand left of it
constexpr double plot = 866;
constexpr double client_height = 30;
constexpr double worker_height = 42;
constexpr double bar = 18;
constexpr double least_bar = 2;
constexpr double one_look = 4;  // what is closer together cannot be told apart

std::string when(std::uint64_t from_ns, std::uint64_t to_ns) {
    return fmt::format("at {:.2f} ms, for {}", static_cast<double>(from_ns) / 1e6,
                       ms_text(to_ns - from_ns));
}

/// Strokes that stand so close that they look like one.
struct Cluster {
    double from = 0;
    double to = 0;
    std::vector<const Stroke*> strokes;
};

std::string title_of(const View& view, const Cluster& cluster) {
    std::string text;
    for (const Stroke* stroke : cluster.strokes) {
        const std::string client = whose(view, *stroke);
        text += fmt::format("{:.3f} ms {}{}{}, {:.3f} ms\n",
                            static_cast<double>(stroke->start_ns) / 1e6, stroke_text(*stroke),
                            client.empty() ? "" : ", ", client,
                            static_cast<double>(stroke->end_ns - stroke->start_ns) / 1e6);
        if (text.size() > 1500) return text + "and more";
    }
    return text;
}

// "slow: recv send; fast: accept4", a name once in a row.
std::string label_of(const View& view, const Cluster& cluster) {
    constexpr std::size_t most = 34;  // letters
    std::string text, last, client;
    for (const Stroke* stroke : cluster.strokes) {
        if (stroke->call == last) continue;
        last = stroke->call;
        const std::string name = whose(view, *stroke);
        const bool turns = !name.empty() && name != client;
        if (turns) client = name;
        const std::string word = turns ? fmt::format("{}: {}", name, last) : last;
        if (text.size() + word.size() > most) return text + " ..";
        if (!text.empty()) text += turns ? "; " : " ";
        text += word;
    }
    return text;
}

// How it is drawn: as the one of them that says most.
const Paint& paint_for(const Cluster& cluster) {
    Kind kind = Kind::asleep;
    for (const Stroke* stroke : cluster.strokes) {
        if (stroke->kind == Kind::doing) kind = Kind::doing;
        if (stroke->kind == Kind::would_block && kind == Kind::asleep) kind = Kind::would_block;
    }
    return paint_of(kind);
}

bool is_shown(const View& view, std::size_t worker) {
    return worker == 0 || view.workers[worker].served;
}

std::size_t count_shown(const View& view) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < view.workers.size(); ++at) count += is_shown(view, at) ? 1 : 0;
    return count;
}

/// Draws the lanes of one model below what is there already.
class Lanes {
public:
    Lanes(Drawing& drawing, const View& view) : drawing_{drawing}, view_{view} {}

    void draw() {
        axis();
        for (const ClientView& client : view_.clients) client_lane(client);
        drawing_.line(8, drawing_.y, Drawing::width - 8, drawing_.y, rule_colour);
        drawing_.y += 3;
        for (std::size_t at = 0; at < view_.workers.size(); ++at)
            if (is_shown(view_, at)) worker_lane(view_.workers[at]);
        quiet_ones();
        drawing_.y += axis_height;
    }

private:
    static constexpr double axis_height = 22;
    static constexpr double quiet_height = 18;

    [[nodiscard]] double x_of(std::uint64_t ns) const {
        return left + plot * static_cast<double>(ns) / static_cast<double>(view_.length_ns);
    }

    [[nodiscard]] bool is_bar(const Stroke& stroke) const {
        return x_of(stroke.end_ns) - x_of(stroke.start_ns) >= one_look;
    }

    [[nodiscard]] std::size_t quiet() const { return view_.workers.size() - count_shown(view_); }

    // It lies below everything, so it is drawn first.
    void axis() {
        const double bottom = drawing_.y +
                              client_height * static_cast<double>(view_.clients.size()) + 3 +
                              worker_height * static_cast<double>(count_shown(view_)) +
                              (quiet() > 0 ? quiet_height : 0);
        constexpr std::uint64_t steps = 10;
        for (std::uint64_t step = 0; step <= steps; ++step) {
            const std::uint64_t ns = view_.length_ns * step / steps;
            drawing_.line(x_of(ns), drawing_.y, x_of(ns), bottom + 4, grid_colour);
            const bool last = step == steps;
            drawing_.text(last ? Drawing::width - 2 : x_of(ns), bottom + 16, soft_colour,
                          fmt::format("{}{}", ns / 1'000'000, last ? " ms" : ""),
                          last ? " text-anchor=\"end\"" : " text-anchor=\"middle\"");
        }
    }

    void name(double base, std::string_view name) {
        drawing_.text(left - 8, base, ink_colour, report::brief(name, 18),
                      " text-anchor=\"end\" font-weight=\"600\"");
    }

    void client_lane(const ClientView& client) {
        const double top = drawing_.y + 3;
        name(top + 15, client.seen.name);
        stay(top, client);
        for (const Act& act : client.seen.acts)
            if (act.doing == Doing::waiting) wait(top, client, act);
        std::size_t pieces = 0;
        for (const Act& act : client.seen.acts) {
            if (act.doing == Doing::sending) piece(top, act, ++pieces);
            if (act.doing == Doing::receiving) reply(top, client, act);
        }
        const std::uint64_t in_ns =
            client.connected_ns ? backlog_end_ns(view_, client, view_.length_ns) : view_.length_ns;
        if (pieces == 0)
            drawing_.label(x_of(in_ns), top + 15, left + plot - x_of(in_ns), paint_accepted,
                           {client.seen.says});
        drawing_.y += client_height;
    }

    void stay(double top, const ClientView& client) {
        if (!client.connected_ns) return;
        const std::uint64_t from_ns = *client.connected_ns;
        const std::uint64_t to_ns = client.left_ns.value_or(view_.length_ns);
        const std::uint64_t accepted_ns = backlog_end_ns(view_, client, to_ns);
        const double x = x_of(from_ns);
        const double in = x_of(accepted_ns);
        drawing_.box(in, top, x_of(to_ns) - in, 22, paint_accepted,
                     fmt::format("{}: accepted, {}", client.seen.name, when(accepted_ns, to_ns)));
        if (in - x < one_look) return;
        drawing_.box(
            x, top, in - x, 22, paint_backlog,
            fmt::format("{}: in the backlog, {}", client.seen.name, when(from_ns, accepted_ns)));
        drawing_.label(x, top + 15, in - x, paint_backlog, {"in the backlog", "backlog"});
    }

    void wait(double top, const ClientView& client, const Act& act) {
        const double x = x_of(act.start_ns);
        const double length = x_of(act.end_ns) - x;
        if (length < one_look) return;
        const bool backlog = backlog_end_ns(view_, client, act.end_ns) > act.start_ns;
        const std::string waits = "waits " + ms_text(act.end_ns - act.start_ns);
        drawing_.box(x, top + 3, length, 16, paint_waiting,
                     fmt::format("{}: waits for a reply, {}", client.seen.name,
                                 when(act.start_ns, act.end_ns)));
        drawing_.label(x + 10, top + 15, length - 10, paint_waiting,
                       {backlog ? waits + ", at first in the backlog" : waits, waits});
    }

    void piece(double top, const Act& act, std::size_t number) {
        const double x = x_of(act.start_ns);
        drawing_.line(x, top, x, top + 22, ink_colour, " stroke-width=\"2.5\"");
        drawing_.text(x - 3, top + 9, ink_colour, std::to_string(number),
                      " font-size=\"9\" text-anchor=\"end\"");
    }

    void reply(double top, const ClientView& client, const Act& act) {
        drawing_.path(
            fmt::format("M{:.1f},{:.1f} l6,7 l-6,7 l-6,-7 z", x_of(act.end_ns), top + 4),
            reply_colour,
            fmt::format("{}: has its reply, {}", client.seen.name, when(act.start_ns, act.end_ns)));
    }

    void worker_lane(const Worker& worker) {
        const double top = drawing_.y + 3;
        name(top + 13, worker.name);
        for (const Stroke& stroke : worker.strokes)
            if (is_bar(stroke)) long_call(top, stroke);
        short_calls(top, worker);
        drawing_.y += worker_height;
    }

    void long_call(double top, const Stroke& stroke) {
        const Paint& paint = paint_of(stroke.kind);
        const double x = x_of(stroke.start_ns);
        const double length = x_of(stroke.end_ns) - x;
        const std::string client = slept_for(view_, stroke);
        const std::string call = fmt::format("{} in {}", name_of(stroke.kind), stroke.call);
        const std::string whom = client.empty() ? call : call + ", " + client;
        drawing_.box(x, top, length, bar, paint,
                     fmt::format("{}: {}, {}", whom, when(stroke.start_ns, stroke.end_ns),
                                 stroke_text(stroke)));
        const std::string most = stroke.times > 1 ? stroke_text(stroke) : whom;
        const std::string least = client.empty() ? call : stroke.call + ": " + client;
        drawing_.label(x, top + 13, length, paint, {most, least, stroke.call});
    }

    [[nodiscard]] std::vector<Cluster> clusters_of(const Worker& worker) const {
        std::vector<Cluster> clusters;
        for (const Stroke& stroke : worker.strokes) {
            if (is_bar(stroke)) continue;
            const double x = x_of(stroke.start_ns);
            if (clusters.empty() || x - clusters.back().to > one_look)
                clusters.push_back({x, x, {}});
            clusters.back().to = std::max(x, x_of(stroke.end_ns));
            clusters.back().strokes.push_back(&stroke);
        }
        return clusters;
    }

    // Marks, and below them their names where there is room, in two rows.
    void short_calls(double top, const Worker& worker) {
        std::array<double, 2> free_from{};
        for (const Cluster& cluster : clusters_of(worker)) {
            drawing_.box(cluster.from - least_bar / 2, top - 1,
                         std::max(least_bar, cluster.to - cluster.from), bar + 2,
                         paint_for(cluster), title_of(view_, cluster));
            const std::string label = label_of(view_, cluster);
            const double room = room_for(label);
            const double x = std::min(cluster.from, left + plot - room);
            const auto row = std::find_if(free_from.begin(), free_from.end(),
                                          [&](double from) { return from <= x; });
            if (label.empty() || row == free_from.end()) continue;
            const auto rows_below = static_cast<double>(row - free_from.begin());
            *row = x + room + 2;
            drawing_.text(x, top + bar + 10 + 10 * rows_below, ink_colour, label,
                          " font-size=\"10\"");
        }
    }

    void quiet_ones() {
        if (quiet() == 0) return;
        drawing_.text(left, drawing_.y + 12, soft_colour, quiet_text(quiet()));
        drawing_.y += quiet_height;
    }

    Drawing& drawing_;
    const View& view_;
};

}  // namespace

std::string svg_of(const View& view) {
    Drawing drawing{"t-" + word_of(view.model)};
    Lanes{drawing, view}.draw();
    return drawing.element(view.model + ": who waits, and for whom", finding({view}));
}

std::string svg_of(const std::vector<View>& views) {
    Drawing drawing{"t-all"};
    for (const View& view : views) {
        drawing.text(8, drawing.y + 20, ink_colour, fmt::format("{}: {}", view.model, view.idea),
                     " font-size=\"14\" font-weight=\"600\"");
        drawing.y += 28;
        Lanes{drawing, view}.draw();
        drawing.y += 12;
    }
    return drawing.element("Who waits, and for whom", finding(views));
}

std::string legend_svg() {
    Drawing drawing{"t-legend"};
    auto entry = [&, x = 8.0](const Paint& paint, std::string_view words) mutable {
        drawing.box(x, 6, 30, bar, paint, std::string{words});
        drawing.text(x + 36, 19, ink_colour, words, " font-size=\"12\"");
        x += 36 + room_for(words) * 1.1 + 22;
    };
    entry(paint_asleep, "asleep in a call");
    entry(paint_doing, "another call");
    entry(paint_blocked, "a call that would block");
    entry(paint_backlog, "client in the backlog");
    entry(paint_waiting, "client waits for a reply");
    drawing.path("M20,32 l7,7 l-7,7 l-7,-7 z", reply_colour, "a reply");
    drawing.text(44, 43, ink_colour, "the reply is there", " font-size=\"12\"");
    drawing.line(190, 30, 190, 48, ink_colour, " stroke-width=\"2.5\"");
    drawing.text(198, 43, ink_colour, "the client sends, the nth time", " font-size=\"12\"");
    drawing.y = 54;
    return drawing.element(
        "What the colours mean",
        "Asleep is hatched upwards, would-block upright, the backlog downwards.");
}

}  // namespace timeline
