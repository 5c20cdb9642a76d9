#include "bench/timeline/sequence.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/report/view.hpp"
#include "bench/timeline/drawing.hpp"

namespace timeline {
namespace {

constexpr double first_client = 110;  // pixels
constexpr double between_clients = 80;
constexpr double first_worker = 345;
constexpr double before_workers = 14;  // ends an arrow of which nobody knows who took it
constexpr double least_column = 90;
constexpr double most_column = 260;
constexpr double row_height = 19;
constexpr std::uint64_t least_nap_ns = 5'000'000;  // a shorter sleep is no row of its own
constexpr std::size_t most_rows = 120;
constexpr std::size_t most_columns = 5;  // of workers

/// What stands in one row.
struct Event {
    enum class Is { to_server, to_client, call, sleep } is;
    std::uint64_t ns;
    std::size_t who;  ///< a client's or a worker's place
    std::string text;
    Kind kind = Kind::doing;
    std::optional<std::size_t> other{};  ///< of a message: the worker's place, if that is known
};

/// Which workers have a column of their own, and who share the last one.
struct Columns {
    std::vector<const Worker*> own;
    std::vector<const Worker*> shared;  ///< their calls are not drawn, messages to them are
    std::size_t quiet = 0;  ///< have none

    [[nodiscard]] std::size_t count() const { return own.size() + (shared.empty() ? 0 : 1); }
};

bool knows_a_client(const Worker* worker) {
    return std::any_of(worker->strokes.begin(), worker->strokes.end(),
                       [](const Stroke& stroke) { return stroke.client.has_value(); });
}

// Where there is no room for all, the first stays, and who had to do with a client comes before
// others.
Columns columns_of(const View& view) {
    Columns columns;
    for (const Worker& worker : view.workers) {
        if (worker.served || columns.own.empty())
            columns.own.push_back(&worker);
        else
            ++columns.quiet;
    }
    if (columns.own.size() <= most_columns) return columns;
    std::stable_partition(columns.own.begin() + 1, columns.own.end(), knows_a_client);
    const auto rest = columns.own.begin() + (most_columns - 1);
    columns.shared.assign(rest, columns.own.end());
    columns.own.erase(rest, columns.own.end());
    std::sort(columns.own.begin(), columns.own.end());  // as they stand in the view
    return columns;
}

void for_each_worker(const Columns& columns, auto look) {
    for (std::size_t place = 0; place < columns.own.size(); ++place)
        look(place, *columns.own[place]);
    for (const Worker* worker : columns.shared) look(columns.own.size(), *worker);
}

// Where there is one worker, it is this one.
std::optional<std::size_t> only_one(const Columns& columns) {
    return columns.count() == 1 ? std::optional<std::size_t>{0} : std::nullopt;
}

// Who is the next to make a call for a client, as far as calls tell.
std::optional<std::size_t> taker(const Columns& columns, std::size_t client,
                                 std::uint64_t from_ns) {
    std::optional<std::size_t> found = only_one(columns);
    std::uint64_t least_ns = ~std::uint64_t{0};
    for_each_worker(columns, [&](std::size_t place, const Worker& worker) {
        for (const Stroke& stroke : worker.strokes) {
            if (stroke.client != client || stroke.end_ns < from_ns || stroke.end_ns >= least_ns)
                continue;
            least_ns = stroke.end_ns;
            found = place;
        }
    });
    return found;
}

// Who sent a client something last, likewise.
std::optional<std::size_t> giver(const Columns& columns, std::size_t client, std::uint64_t to_ns) {
    std::optional<std::size_t> found = only_one(columns);
    std::uint64_t most_ns = 0;
    for_each_worker(columns, [&](std::size_t place, const Worker& worker) {
        for (const Stroke& stroke : worker.strokes) {
            const bool sends = stroke.client == client && stroke.call == "send";
            if (!sends || stroke.start_ns > to_ns || stroke.start_ns < most_ns) continue;
            most_ns = stroke.start_ns;
            found = place;
        }
    });
    return found;
}

void add_clients(std::vector<Event>& events, const View& view, const Columns& columns) {
    for (std::size_t place = 0; place < view.clients.size(); ++place) {
        for (const Act& act : view.clients[place].seen.acts) {
            const auto message = [&](Event::Is is, std::uint64_t ns, std::string text,
                                     std::optional<std::size_t> worker) {
                events.push_back({is, ns, place, std::move(text), Kind::doing, worker});
            };
            const std::optional<std::size_t> to = taker(columns, place, act.start_ns);
            switch (act.doing) {
                case Doing::connecting:
                    message(Event::Is::to_server, act.start_ns, "connects", to);
                    break;
                case Doing::sending:
                    message(Event::Is::to_server, act.start_ns, act.text, to);
                    break;
                case Doing::receiving:
                    message(Event::Is::to_client, act.start_ns, "reply " + act.text,
                            giver(columns, place, act.end_ns));
                    break;
                case Doing::leaving:
                    message(Event::Is::to_server, act.start_ns, "leaves", to);
                    break;
                case Doing::waiting: break;
            }
        }
    }
}

std::string bracketed(const std::string& client) {
    return client.empty() ? "" : " (" + client + ")";
}

void add_workers(std::vector<Event>& events, const View& view, const Columns& columns) {
    for (std::size_t place = 0; place < columns.own.size(); ++place) {
        for (const Stroke& stroke : columns.own[place]->strokes) {
            const bool naps =
                stroke.kind == Kind::asleep && stroke.end_ns - stroke.start_ns >= least_nap_ns;
            if (naps)
                events.push_back({Event::Is::sleep, stroke.start_ns, place,
                                  "sleeps in " + stroke.call + bracketed(slept_for(view, stroke)),
                                  Kind::asleep});
            const Kind kind = stroke.result == -EAGAIN ? Kind::would_block : Kind::doing;
            const std::uint64_t ns = stroke.kind == Kind::asleep ? stroke.end_ns : stroke.start_ns;
            if (!stroke.is_cut || stroke.end_ns < view.length_ns)
                events.push_back({Event::Is::call, ns, place,
                                  stroke_text(stroke) + bracketed(whose(view, stroke)), kind});
        }
    }
}

std::vector<Event> events_in(const View& view, const Columns& columns) {
    std::vector<Event> events;
    add_clients(events, view, columns);
    add_workers(events, view, columns);
    std::stable_sort(events.begin(), events.end(),
                     [](const Event& one, const Event& other) { return one.ns < other.ns; });
    return events;
}

std::string head_of(const Columns& columns, std::size_t place) {
    if (place < columns.own.size()) return "server: " + columns.own[place]->name;
    return fmt::format("and {} more workers", columns.shared.size());
}

/// Where the workers' columns begin, and how wide they are: as wide as their texts take, as far as
/// there is room.
class Layout {
public:
    Layout(const Columns& columns, const std::vector<Event>& events) {
        for (std::size_t place = 0; place < columns.count(); ++place)
            widths_.push_back(room_for(head_of(columns, place)) + 16);
        for (const Event& event : events) {
            if (event.is != Event::Is::call && event.is != Event::Is::sleep) continue;
            double& width = widths_[event.who];
            width = std::max(width, std::min(room_for(event.text) + 28, most_column));
        }
        fill();
    }

    [[nodiscard]] double width(std::size_t place) const { return widths_[place]; }

    [[nodiscard]] double left(std::size_t place) const {
        return std::accumulate(widths_.begin(), widths_.begin() + static_cast<long>(place),
                               first_worker);
    }

private:
    // What is left goes to all alike; what is missing is taken from what each has above the least.
    void fill() {
        const auto count = static_cast<double>(widths_.size());
        const double wanted = std::accumulate(widths_.begin(), widths_.end(), 0.0);
        const double more = Drawing::width - first_worker - 8 - wanted;
        const double spare = wanted - least_column * count;
        for (double& width : widths_)
            width += more >= 0 ? more / count : more * (width - least_column) / spare;
    }

    std::vector<double> widths_;
};

/// Draws row after row.
class Diagram {
public:
    Diagram(Drawing& drawing, const View& view, Columns columns)
        : drawing_{drawing},
          view_{view},
          columns_{std::move(columns)},
          events_{events_in(view_, columns_)},
          layout_{columns_, events_} {
        merge();
    }

    void draw() {
        const std::size_t cut = events_.size() - std::min(events_.size(), most_rows);
        events_.resize(events_.size() - cut);
        heads(26 + row_height * static_cast<double>(events_.size()));
        drawing_.y = 30;
        for (const Event& event : events_) row(event);
        if (cut > 0) remark(fmt::format("and {} more events", cut));
        if (!columns_.shared.empty())
            remark(
                fmt::format("the calls of {} more workers are not shown", columns_.shared.size()));
        if (columns_.quiet > 0) remark(quiet_text(columns_.quiet));
        if (std::any_of(events_.begin(), events_.end(), is_somebodys))
            remark("an arrow that ends before the workers: no call tells which of them it was");
    }

private:
    static bool is_somebodys(const Event& event) {
        const bool is_message =
            event.is == Event::Is::to_server || event.is == Event::Is::to_client;
        return is_message && !event.other;
    }

    static double client_x(std::size_t place) {
        return first_client + between_clients * static_cast<double>(place);
    }
    [[nodiscard]] double worker_x(std::optional<std::size_t> place) const {
        return place ? layout_.left(*place) : first_worker - before_workers;
    }

    // Calls that follow each other are one row as long as there is room for them.
    void merge() {
        std::vector<Event> merged;
        for (Event& event : events_) {
            Event* last = merged.empty() ? nullptr : &merged.back();
            const bool joins =
                last != nullptr && event.is == Event::Is::call && last->is == Event::Is::call &&
                last->who == event.who &&
                room_for(last->text + ", " + event.text) < layout_.width(event.who) - 24;
            if (!joins) {
                merged.push_back(std::move(event));
                continue;
            }
            last->text += ", " + event.text;
            if (event.kind == Kind::doing) last->kind = Kind::doing;
        }
        events_ = std::move(merged);
    }

    void heads(double bottom) {
        const auto head = [&](double x, const std::string& name, const char* anchor) {
            drawing_.text(x, 14, ink_colour, name,
                          fmt::format(" font-weight=\"600\" text-anchor=\"{}\"", anchor));
            drawing_.line(x, 20, x, bottom, rule_colour, " stroke-dasharray=\"3 3\"");
        };
        for (std::size_t at = 0; at < view_.clients.size(); ++at)
            head(client_x(at), view_.clients[at].seen.name, "middle");
        for (std::size_t at = 0; at < columns_.count(); ++at)
            head(worker_x(at), head_of(columns_, at), "start");
    }

    void remark(const std::string& words) {
        drawing_.text(8, drawing_.y + 14, soft_colour, words);
        drawing_.y += row_height;
    }

    void row(const Event& event) {
        drawing_.text(62, drawing_.y + 13, soft_colour, fmt::format("{} ms", event.ns / 1'000'000),
                      " text-anchor=\"end\"");
        switch (event.is) {
            case Event::Is::to_server:
                arrow(client_x(event.who), worker_x(event.other), event.text);
                break;
            case Event::Is::to_client:
                arrow(worker_x(event.other), client_x(event.who), event.text);
                break;
            case Event::Is::call:
            case Event::Is::sleep: call(event); break;
        }
        drawing_.y += row_height;
    }

    void arrow(double from, double to, const std::string& text) {
        const double base = drawing_.y + 13;
        const bool reply = to < from;
        const Colour& ink = reply ? reply_colour : ink_colour;
        drawing_.line(from, base, to, base, ink, " stroke-width=\"1.6\"");
        drawing_.path(fmt::format("M{:.1f},{:.1f} l{},-4 v8 z", to, base, reply ? 8 : -8), ink,
                      text);
        drawing_.text(reply ? to + 12 : from + 6, base - 3, ink, text);
    }

    void call(const Event& event) {
        const Paint& paint = paint_of(event.kind);
        const double x = worker_x(event.who) - 4;
        const double width = layout_.width(event.who);
        const std::size_t letters = static_cast<std::size_t>((width - 20) / room_for("x"));
        const std::string text = report::brief(event.text, letters);
        const double length = room_for(text) + 10;
        drawing_.box(x, drawing_.y + 2, length, 15, paint, event.text);
        drawing_.label(x, drawing_.y + 13, length + 2, paint, {text});
    }

    Drawing& drawing_;
    const View& view_;
    Columns columns_;
    std::vector<Event> events_;
    Layout layout_;
};

}  // namespace

std::string sequence_svg(const View& view) {
    Drawing drawing{"s-" + word_of(view.model)};
    Diagram{drawing, view, columns_of(view)}.draw();
    drawing.y += 6;
    return drawing.element(
        view.model + ": what happened, in order",
        "One row an event; times at the left are not to scale. " + finding({view}));
}

}  // namespace timeline
