#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/cli/commands.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/trace_file.hpp"
#include "bench/report/file.hpp"
#include "bench/report/view.hpp"
#include "bench/tell.hpp"

namespace cli {
namespace {

using lab::Trace;
using lab::TracedCall;
using Calls = std::vector<const TracedCall*>;

// No process or thread has a number from this on: proc(5), /proc/sys/kernel/pid_max.
constexpr std::uint64_t beyond_pids = (1U << 22U) + 1;

// A line of the timeline: what it is called, and its calls, none of which lies inside another.
struct Lane {
    std::uint64_t process;  // under which lanes stand together
    std::uint64_t id;  // among these
    std::string name;
    Calls calls;
};

struct Timeline {
    std::vector<Lane> threads;
    std::vector<Lane> clients;
};

// A thread makes one call at a time, but for a signal that interrupts it in one: what the handler
// calls meanwhile goes to `inside`.
void split_nested(Calls all, Calls& outside, Calls& inside) {
    std::stable_sort(all.begin(), all.end(), [](const TracedCall* one, const TracedCall* other) {
        if (one->start_ns != other->start_ns) return one->start_ns < other->start_ns;
        return one->duration_ns > other->duration_ns;
    });
    for (const TracedCall* call : all) {
        const bool nested = !outside.empty() && call->start_ns < outside.back()->end_ns();
        (nested ? inside : outside).push_back(call);
    }
}

std::vector<Lane> thread_lanes(const Trace& trace) {
    std::map<std::uint32_t, Calls> by_thread;
    for (const TracedCall& call : trace.calls) by_thread[call.thread].push_back(&call);
    std::vector<Lane> lanes;
    for (const auto& [thread, calls] : by_thread) {
        const std::string name =
            fmt::format("{} {}", thread == trace.pid ? "main thread" : "thread", thread);
        Lane own{trace.pid, thread, name, {}};
        Lane handler{trace.pid, beyond_pids + thread, name + ", signal handler", {}};
        split_nested(calls, own.calls, handler.calls);
        lanes.push_back(std::move(own));
        if (!handler.calls.empty()) lanes.push_back(std::move(handler));
    }
    return lanes;
}

// When a call belongs to a client. Between the start of a close and the end of the accept that
// returns the same number again, the kernel has given that number to another: so an accept belongs
// to its end, and all others to their start.
std::uint64_t moment_of(const Trace& trace, const TracedCall& call) {
    return trace.site_of(call).call == "accept4" ? call.end_ns() : call.start_ns;
}

// A client begins with the accept4 that returns its descriptor and ends with its close. One that
// was there before the oldest record begins with its first recv or send.
std::vector<Lane> client_lanes(const Trace& trace) {
    Calls calls;
    for (const TracedCall& call : trace.calls) calls.push_back(&call);
    std::stable_sort(calls.begin(), calls.end(), [&](const auto* one, const auto* other) {
        return moment_of(trace, *one) < moment_of(trace, *other);
    });
    std::vector<Lane> lanes;
    std::map<std::int64_t, std::size_t> lane_of;  // by descriptor
    const auto begin = [&](std::int64_t fd, const char* since) {
        const std::uint64_t number = lanes.size() + 1;
        lanes.push_back(
            {beyond_pids, number, fmt::format("client {}, fd {}{}", number, fd, since), {}});
        return lanes.size() - 1;
    };
    for (const TracedCall* call : calls) {
        const std::string& name = trace.site_of(*call).call;
        std::int64_t fd = call->fd;
        if (name == "accept4") {
            fd = call->result;
            if (fd >= 0) lane_of[fd] = begin(fd, "");
        } else if ((name == "recv" || name == "send") && fd >= 0 && !lane_of.contains(fd)) {
            lane_of[fd] = begin(fd, ", accepted before");
        }
        const auto lane = lane_of.find(fd);
        if (lane == lane_of.end()) continue;
        lanes[lane->second].calls.push_back(call);
        if (name == "close") lane_of.erase(lane);
    }
    return lanes;
}

std::string quoted(const std::string& text) {
    using Json = nlohmann::json;
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The name of an errno that is given as a negative number.
std::string errno_name(std::int64_t negative) {
    const bool plausible = negative > std::numeric_limits<int>::min();
    const char* name = plausible ? ::strerrorname_np(static_cast<int>(-negative)) : nullptr;
    return name == nullptr ? fmt::format("unknown {}", negative) : name;
}

std::string us_of(std::uint64_t ns) {
    return fmt::format("{}.{:03}", ns / 1000, ns % 1000);
}

std::string args_of(const Trace& trace, const TracedCall& call) {
    const lab::TracedSite& site = trace.site_of(call);
    std::string text = "\"at\":" + quoted(fmt::format("{}:{}", site.file, site.line));
    if (call.fd >= 0) text += fmt::format(",\"fd\":{}", call.fd);
    if (call.result >= 0) return text + fmt::format(",\"result\":{}", call.result);
    return text + fmt::format(",\"result\":-1,\"errno\":\"{}\"", errno_name(call.result));
}

// The text of a document of events, one a line.
// source: "Trace Event Format" of the Chromium project,
//         docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
class Events {
public:
    explicit Events(const Trace& trace) : trace_{trace} {
        for (const TracedCall& call : trace.calls) began_ns_ = std::min(began_ns_, call.start_ns);
        if (trace.calls.empty()) began_ns_ = 0;
        text_ = fmt::format(
            "{{\"displayTimeUnit\":\"ns\",\n\"otherData\":{{\"clock\":\"CLOCK_MONOTONIC\","
            "\"began_ns\":{},\"calls_recorded\":{},\"calls_overwritten\":{},\"calls_torn\":{},"
            "\"calls_lost\":{}}},\n\"traceEvents\":[",
            began_ns_, trace.recorded, trace.overwritten, trace.torn, trace.lost);
    }

    void name_process(std::uint64_t process, const std::string& name) {
        add(
            fmt::format("{{\"ph\":\"M\",\"pid\":{},\"tid\":0,\"name\":\"process_name\","
                        "\"args\":{{\"name\":{}}}}}",
                        process, quoted(name)));
    }

    void add_lane(const Lane& lane, std::size_t place) {
        const std::string whose =
            fmt::format("\"pid\":{},\"tid\":{},\"name\":", lane.process, lane.id);
        add(fmt::format("{{\"ph\":\"M\",{}\"thread_name\",\"args\":{{\"name\":{}}}}}", whose,
                        quoted(lane.name)));
        add(fmt::format("{{\"ph\":\"M\",{}\"thread_sort_index\",\"args\":{{\"sort_index\":{}}}}}",
                        whose, place));
        for (const TracedCall* call : lane.calls) {
            add(fmt::format("{{\"ph\":\"X\",{}{},\"ts\":{},\"dur\":{},\"args\":{{{}}}}}", whose,
                            quoted(trace_.site_of(*call).call), us_of(call->start_ns - began_ns_),
                            us_of(call->duration_ns), args_of(trace_, *call)));
        }
    }

    [[nodiscard]] std::string text() const { return text_ + "\n]}\n"; }

private:
    void add(const std::string& event) {
        text_ += first_ ? "\n" : ",\n";
        text_ += event;
        first_ = false;
    }

    const Trace& trace_;
    std::uint64_t began_ns_ = std::numeric_limits<std::uint64_t>::max();
    std::string text_;
    bool first_ = true;
};

std::string events_of(const Trace& trace, const Timeline& timeline) {
    Events events{trace};
    events.name_process(trace.pid, fmt::format("server {}: threads", trace.pid));
    events.name_process(beyond_pids, fmt::format("server {}: clients", trace.pid));
    std::size_t place = 0;
    for (const auto& lanes : {timeline.threads, timeline.clients})
        for (const Lane& lane : lanes) events.add_lane(lane, place++);
    return events.text();
}

void summarise(const Trace& trace, const Timeline& timeline) {
    std::set<std::uint32_t> threads;
    for (const TracedCall& call : trace.calls) threads.insert(call.thread);
    std::string text = fmt::format("{} in {}, {}", report::counted(trace.calls.size(), "call"),
                                   report::counted(threads.size(), "thread"),
                                   report::counted(timeline.clients.size(), "client"));
    const auto add = [&](std::uint64_t count, const char* what) {
        if (count > 0) text += fmt::format("; {} {}", count, what);
    };
    add(trace.overwritten, "older ones were overwritten");
    add(trace.torn, "were being written");
    add(trace.lost, "were not recorded: too many call sites");
    if (trace.recorded == 0)
        text += "; nothing has happened yet, or the server was built with IOLAB_COUNT_CALLS=OFF";
    bench::tell("{}\nopen the timeline in ui.perfetto.dev or chrome://tracing\n", text);
}

}  // namespace

int trace(const TraceOptions& options) {
    try {
        const Trace recorded = lab::read_trace(options.from);
        const Timeline timeline{thread_lanes(recorded), client_lanes(recorded)};
        const std::string text = events_of(recorded, timeline);
        if (options.output.empty())
            put(text);
        else
            report::write_file(options.output, text);
        summarise(recorded, timeline);
        return done;
    } catch (const lab::BadTrace& error) {
        return complain(failed, fmt::format("{}: {}", options.from, error.what()),
                        "another file, one of another version, or one that was cut or changed",
                        "give the FILE that a server was started with: --trace FILE");
    } catch (const std::system_error& error) {
        return complain(failed, error.what(),
                        "the path is misspelt, the disk is full, or this user may not",
                        "ls -ld shows what is there and who may; df -h what is free");
    }
}

}  // namespace cli
