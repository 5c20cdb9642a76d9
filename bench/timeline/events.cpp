#include "bench/timeline/events.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/timeline/lanes.hpp"

namespace timeline {
namespace {

using lab::Trace;
using lab::TracedCall;

// No process or thread has a number from this on: proc(5), /proc/sys/kernel/pid_max.
constexpr std::uint64_t beyond_pids = (1U << 22U) + 1;

// Text as a JSON string with its quotes, whatever bytes it has.
std::string json_text(std::string_view text) {
    using Json = nlohmann::json;
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Perfetto reads a floating point number and cuts it to nanoseconds. Where that would come out one
// too small, and an event begin inside the one before, a tenth of a nanosecond is added.
std::string us_of(std::uint64_t ns) {
    const double read_us = static_cast<double>(ns) / 1000;
    const bool is_cut = static_cast<std::uint64_t>(read_us * 1000) < ns;
    return fmt::format("{}.{:03}{}", ns / 1000, ns % 1000, is_cut ? "1" : "");
}

/// A line of the picture.
struct Lane {
    std::uint64_t process;
    std::uint64_t id;
};

/// The text of a document of events, one a line: names first, then complete events by their starts.
class Events {
public:
    explicit Events(std::string about) : about_{std::move(about)} {}

    void name_process(std::uint64_t process, const std::string& name) {
        meta({process, 0}, "process_name", "\"name\":" + json_text(name));
        meta({process, 0}, "process_sort_index", fmt::format("\"sort_index\":{}", names_.size()));
    }

    void name_lane(Lane lane, const std::string& name) {
        meta(lane, "thread_name", "\"name\":" + json_text(name));
        meta(lane, "thread_sort_index", fmt::format("\"sort_index\":{}", names_.size()));
    }

    /// category  a viewer searches and filters by it
    /// args      members of a JSON object
    void add(Lane lane, const std::string& name, std::string_view category, std::uint64_t start_ns,
             std::uint64_t end_ns, const std::string& args) {
        complete_.emplace_back(
            start_ns, fmt::format("{{\"ph\":\"X\",\"pid\":{},\"tid\":{},\"name\":{},\"cat\":\"{}\","
                                  "\"ts\":{},\"dur\":{},\"args\":{{{}}}}}",
                                  lane.process, lane.id, json_text(name), category, us_of(start_ns),
                                  us_of(end_ns - start_ns), args));
    }

    [[nodiscard]] std::string text() && {
        std::stable_sort(
            complete_.begin(), complete_.end(),
            [](const auto& one, const auto& other) { return one.first < other.first; });
        for (auto& [start_ns, event] : complete_) names_.push_back(std::move(event));
        std::string text = fmt::format(
            "{{\"displayTimeUnit\":\"ns\",\n\"otherData\":{{{}}},\n\"traceEvents\":[", about_);
        for (std::size_t at = 0; at < names_.size(); ++at)
            text.append(at == 0 ? "\n" : ",\n").append(names_[at]);
        return text + "\n]}\n";
    }

private:
    void meta(Lane lane, const char* what, const std::string& args) {
        names_.push_back(
            fmt::format("{{\"ph\":\"M\",\"pid\":{},\"tid\":{},\"name\":\"{}\",\"args\":{{{}}}}}",
                        lane.process, lane.id, what, args));
    }

    std::string about_;
    std::vector<std::string> names_;
    std::vector<std::pair<std::uint64_t, std::string>> complete_;
};

std::string result_args(int fd, std::int64_t result) {
    std::string text = fd >= 0 ? fmt::format(",\"fd\":{}", fd) : "";
    if (result >= 0) return text + fmt::format(",\"result\":{}", result);
    return text + fmt::format(",\"result\":-1,\"errno\":{}", json_text(errno_name(result)));
}

std::string stroke_args(const View& view, const Stroke& stroke) {
    std::string text = "\"at\":" + json_text(stroke.at) + result_args(stroke.fd, stroke.result);
    text += fmt::format(",\"kind\":\"{}\"", name_of(stroke.kind));
    if (stroke.client) text += ",\"client\":" + json_text(whose(view, stroke));
    if (stroke.times > 1) text += fmt::format(",\"times\":{}", stroke.times);
    return stroke.is_cut ? text + ",\"cut\":true" : text;
}

std::string_view name_of(Doing doing) {
    switch (doing) {
        case Doing::connecting: return "connect";
        case Doing::sending: return "send";
        case Doing::waiting: return "wait for the reply";
        case Doing::receiving: return "receive the reply";
        case Doing::leaving: break;
    }
    return "leave";
}

void add_clients(Events& events, std::uint64_t process, const View& view) {
    events.name_process(process, view.model + ": clients");
    std::uint64_t id = 0;
    for (const ClientView& client : view.clients) {
        const Lane lane{process, ++id};
        events.name_lane(lane, fmt::format("{}: {}", client.seen.name, client.seen.says));
        for (const Act& act : client.seen.acts)
            events.add(lane, std::string{name_of(act.doing)}, "client", act.start_ns, act.end_ns,
                       "\"what\":" + json_text(act.text));
    }
}

// result: the number of the last process of the picture
std::uint64_t add_workers(Events& events, std::uint64_t last, const View& view) {
    std::map<std::uint32_t, std::uint64_t> numbers;
    std::uint64_t id = 0;
    for (const Worker& worker : view.workers) {
        const auto [number, is_new] = numbers.try_emplace(worker.process, last + 1);
        if (is_new)
            events.name_process(++last,
                                fmt::format("{}: server process {}", view.model, worker.process));
        const Lane lane{number->second, ++id};
        events.name_lane(lane, fmt::format("{} {}", worker.name, worker.thread));
        for (const Stroke& stroke : worker.strokes)
            events.add(lane, stroke.call, name_of(stroke.kind), stroke.start_ns, stroke.end_ns,
                       stroke_args(view, stroke));
    }
    return last;
}

std::uint64_t earliest_ns(const Trace& trace) {
    const auto first = std::min_element(trace.calls.begin(), trace.calls.end(),
                                        [](const TracedCall& one, const TracedCall& other) {
                                            return one.start_ns < other.start_ns;
                                        });
    return first == trace.calls.end() ? 0 : first->start_ns;
}

std::string about(const Trace& trace) {
    return fmt::format(
        "\"clock\":\"CLOCK_MONOTONIC\",\"began_ns\":{},\"calls_recorded\":{},"
        "\"calls_overwritten\":{},\"calls_torn\":{},\"calls_lost\":{}",
        earliest_ns(trace), trace.recorded, trace.overwritten, trace.torn, trace.lost);
}

void add_calls(Events& events, Lane lane, const Trace& trace, const Calls& calls,
               std::uint64_t began_ns) {
    for (const TracedCall* call : calls) {
        const lab::TracedSite& site = trace.site_of(*call);
        const std::string at = json_text(fmt::format("{}:{}", site.file, site.line));
        events.add(lane, site.call, name_of(kind_of(*call)), call->start_ns - began_ns,
                   call->end_ns() - began_ns, "\"at\":" + at + result_args(call->fd, call->result));
    }
}

// Several threads may be in calls about one client at once, and of events that overlap in a lane
// Perfetto shows but one: each goes to the first row in which there is nothing at that time.
std::vector<Calls> rows_of(Calls calls) {
    std::stable_sort(calls.begin(), calls.end(),
                     [](const TracedCall* one, const TracedCall* other) {
                         return one->start_ns < other->start_ns;
                     });
    std::vector<Calls> rows(1);
    for (const TracedCall* call : calls) {
        auto row = std::find_if(rows.begin(), rows.end(), [&](const Calls& before) {
            return before.empty() || before.back()->end_ns() <= call->start_ns;
        });
        if (row == rows.end()) row = rows.insert(rows.end(), Calls{});
        row->push_back(call);
    }
    return rows;
}

std::string row_name(std::size_t row) {
    if (row == 0) return "";
    return row == 1 ? ", at the same time" : fmt::format(", at the same time ({})", row);
}

std::string lane_name(const Trace& trace, const ThreadLane& lane) {
    const bool leads = lane.thread == lane.process;
    const char* const leader = lane.process == trace.pid ? "main thread" : "process";
    std::string name = fmt::format("{} {}", leads ? leader : "thread", lane.thread);
    if (!leads && lane.process != trace.pid) name += fmt::format(" of process {}", lane.process);
    return lane.in_handler ? name + ", signal handler" : name;
}

}  // namespace

std::string events_of(const std::vector<View>& views) {
    std::string missed;
    for (const View& view : views)
        missed +=
            fmt::format("{}{}:{}", missed.empty() ? "" : ",", json_text(view.model), view.missed);
    Events events{
        fmt::format("\"scene\":\"fast, slow and idle client\",\"calls_missed\":{{{}}}", missed)};
    std::uint64_t process = 0;
    for (const View& view : views) {
        add_clients(events, ++process, view);
        process = add_workers(events, process, view);
    }
    return std::move(events).text();
}

std::string events_of(const Trace& trace) {
    Events events{about(trace)};
    const std::uint64_t began_ns = earliest_ns(trace);
    std::uint32_t last = 0;
    for (const ThreadLane& lane : thread_lanes(trace)) {
        const bool is_new = std::exchange(last, lane.process) != lane.process;
        const bool is_child = lane.process != trace.pid;
        if (is_new)
            events.name_process(lane.process,
                                is_child
                                    ? fmt::format("server {}: process {}", trace.pid, lane.process)
                                    : fmt::format("server {}: threads", trace.pid));
        const Lane place{lane.process, lane.in_handler ? beyond_pids + lane.thread : lane.thread};
        events.name_lane(place, lane_name(trace, lane));
        add_calls(events, place, trace, lane.calls, began_ns);
    }
    events.name_process(beyond_pids, fmt::format("server {}: clients", trace.pid));
    std::uint64_t number = 0;
    std::uint64_t last_lane = 0;
    for (const ClientLane& lane : client_lanes(trace)) {
        const std::string name = fmt::format("client {}, fd {}{}", ++number, lane.fd,
                                             lane.accepted_before ? ", accepted before" : "");
        const std::vector<Calls> rows = rows_of(lane.calls);
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const Lane place{beyond_pids, ++last_lane};
            events.name_lane(place, name + row_name(row));
            add_calls(events, place, trace, rows[row], began_ns);
        }
    }
    return std::move(events).text();
}

}  // namespace timeline
