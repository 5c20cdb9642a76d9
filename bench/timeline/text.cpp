#include "bench/timeline/text.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

#include <fmt/format.h>

#include "bench/report/view.hpp"

namespace timeline {
namespace {

constexpr std::size_t width = 80;
constexpr std::size_t name_columns = 13;
constexpr std::size_t plot_columns = 66;
constexpr std::size_t most_workers = 8;  // of one model: the rest is told in a line

constexpr char in_backlog = 'b', waiting = 'w', connected = '.', sent = '>', received = '<';
constexpr char asleep_for_all = 'z', doing_for_all = '#', blocked = '!';

/// The colours of a terminal, by what a column shows.
const char* colour_of(char letter) {
    switch (letter) {
        case in_backlog:
        case waiting: return "33";  // yellow
        case sent:
        case received: return "1";
        case blocked: return "31";  // red
        case doing_for_all: return "1;36";
        case connected:
        case ' ': return "";
        default: break;
    }
    const bool asleep = letter >= 'a' && letter <= 'z';
    return asleep ? "34" : "1;36";  // blue, cyan
}

std::string painted(const std::string& columns, report::Style style) {
    if (!style.colour) return columns;
    std::string text;
    for (std::size_t at = 0; at < columns.size();) {
        const std::string code = colour_of(columns[at]);
        const std::size_t begin = at;
        while (at < columns.size() && colour_of(columns[at]) == code) ++at;
        const std::string run = columns.substr(begin, at - begin);
        text += code.empty() ? run : fmt::format("\x1b[{}m{}\x1b[0m", code, run);
    }
    return text;
}

/// One line of columns over the scene's length.
class Columns {
public:
    explicit Columns(std::uint64_t length_ns) : length_ns_{length_ns} {}

    [[nodiscard]] std::size_t column_of(std::uint64_t ns) const {
        return std::min<std::size_t>(plot_columns - 1, ns * plot_columns / length_ns_);
    }

    void put(std::uint64_t ns, char letter) { columns_[column_of(ns)] = letter; }

    // Both ends with it.
    void fill(std::uint64_t from_ns, std::uint64_t to_ns, char letter) {
        for (std::size_t at = column_of(from_ns); at <= column_of(to_ns); ++at)
            columns_[at] = letter;
    }

    [[nodiscard]] const std::string& text() const { return columns_; }

private:
    std::uint64_t length_ns_;
    std::string columns_ = std::string(plot_columns, ' ');
};

std::string line(const std::string& name, const Columns& columns, report::Style style) {
    std::string text = columns.text();
    text.erase(text.find_last_not_of(' ') + 1);
    return fmt::format(" {:<{}}{}\n", report::brief(name, name_columns - 1), name_columns,
                       painted(text, style));
}

Columns client_columns(const View& view, const ClientView& client) {
    Columns columns{view.length_ns};
    if (!client.connected_ns) return columns;
    const std::uint64_t end_ns = client.left_ns.value_or(view.length_ns);
    const std::uint64_t accepted_ns = backlog_end_ns(view, client, end_ns);
    columns.fill(*client.connected_ns, end_ns, connected);
    columns.fill(*client.connected_ns, accepted_ns, in_backlog);
    if (accepted_ns < end_ns) columns.put(accepted_ns, connected);
    for (const Act& act : client.seen.acts) {
        if (act.doing == Doing::waiting) columns.fill(act.start_ns, act.end_ns, waiting);
    }
    for (const Act& act : client.seen.acts) {
        if (act.doing == Doing::sending) columns.put(act.start_ns, sent);
        if (act.doing == Doing::receiving) columns.put(act.end_ns, received);
    }
    return columns;
}

// A client's letter, or that for everybody.
char letter_of(const std::string& client) {
    return client.empty() ? asleep_for_all : client.front();
}

char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

char letter_of(const View& view, const Stroke& stroke) {
    if (stroke.kind == Kind::asleep) return letter_of(slept_for(view, stroke));
    if (stroke.kind == Kind::would_block) return blocked;
    const std::string client = whose(view, stroke);
    return client.empty() ? doing_for_all : upper(client.front());
}

// What is done stands over what would block, and that over sleep: a column has room for one. What
// belongs to nobody does not hide what was done for somebody.
Columns worker_columns(const View& view, const Worker& worker) {
    Columns columns{view.length_ns};
    for (const Kind kind : {Kind::asleep, Kind::would_block, Kind::doing}) {
        for (const Stroke& stroke : worker.strokes) {
            if (stroke.kind != kind) continue;
            const char letter = letter_of(view, stroke);
            const bool is_free = columns.text()[columns.column_of(stroke.start_ns)] == ' ';
            if (letter != doing_for_all || is_free)
                columns.fill(stroke.start_ns, stroke.end_ns, letter);
        }
    }
    for (const Stroke& stroke : worker.strokes) {  // a sleep that ended with a client
        const std::string client = whose(view, stroke);
        if (stroke.kind == Kind::asleep && client != slept_for(view, stroke))
            columns.put(stroke.end_ns, upper(client.front()));
    }
    return columns;
}

std::string axis(std::uint64_t length_ns) {
    constexpr std::uint64_t steps = 5;
    const Columns places{length_ns};
    std::string text(name_columns + 1 + plot_columns, ' ');
    for (std::uint64_t step = 0; step <= steps; ++step) {
        const std::uint64_t ns = length_ns * step / steps;
        std::string label = fmt::format("{}", ns / 1'000'000);
        if (step == steps) label += " ms";
        const std::size_t most = text.size() - label.size();
        text.replace(std::min(most, name_columns + 1 + places.column_of(ns)), label.size(), label);
    }
    return text + "\n";
}

std::string rest_line(std::size_t count, std::string_view words) {
    if (count == 0) return "";
    return fmt::format(" {:<{}}{}\n", fmt::format("{} more", count), name_columns, words);
}

std::string workers_text(const View& view, report::Style style) {
    std::string text;
    std::size_t shown = 0;
    std::size_t crowded_out = 0;
    std::size_t quiet = 0;
    for (const Worker& worker : view.workers) {
        const bool wanted = worker.served || shown == 0;
        if (!wanted) {
            ++quiet;
        } else if (shown == most_workers) {
            ++crowded_out;
        } else {
            ++shown;
            text += line(worker.name, worker_columns(view, worker), style);
        }
    }
    text += rest_line(crowded_out, "made calls as well: too many to be shown here");
    return text + rest_line(quiet, quiet_words(quiet));
}

std::string model_text(const View& view, report::Style style) {
    std::string text = report::wrapped(fmt::format("{}: {}", view.model, view.idea), width, "");
    for (const ClientView& client : view.clients)
        text += line(client.seen.name, client_columns(view, client), style);
    text += workers_text(view, style);
    for (const ClientView& client : view.clients) {
        if (!client.seen.trouble.empty())
            text += report::wrapped(
                fmt::format("{} was not served: {}", client.seen.name, client.seen.trouble), width,
                " ");
    }
    if (view.missed > 0)
        text += fmt::format(" {} were not seen\n", report::counted(view.missed, "call"));
    return text;
}

std::string first_waits(const std::vector<View>& views) {
    std::string text;
    for (const View& view : views)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", view.model, first_wait_text(view));
    return "The fast client waited for its first reply: " + text + ".";
}

constexpr std::string_view legend =
    "Clients: b in the backlog, . accepted, > sends, w waits for a reply, < has it\n"
    "Server:  z asleep for anybody; s, i, f: asleep for slow, idle, fast alone;\n"
    "         S, I, F: a call for that client; # another call; ! it would block\n";

}  // namespace

std::string text_of(const std::vector<View>& views, report::Style style) {
    if (views.empty()) return "";
    std::string text;
    for (const View& view : views) text += model_text(view, style) + axis(view.length_ns);
    text += "\n";
    text += legend;
    text += report::wrapped(finding(views), width, "");
    return text + report::wrapped(first_waits(views), width, "");
}

}  // namespace timeline
