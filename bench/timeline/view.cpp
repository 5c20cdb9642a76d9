#include "bench/timeline/view.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "bench/report/view.hpp"
#include "bench/timeline/lanes.hpp"
#include "bench/timeline/script.hpp"

namespace timeline {
namespace {

using lab::Trace;
using lab::TracedCall;

// Calls that would block and follow each other so closely are one stroke.
constexpr std::uint64_t most_gap_ns = 200'000;

/// Times of the scene.
struct Scope {
    std::uint64_t began_ns;
    std::uint64_t length_ns;

    [[nodiscard]] std::uint64_t place(std::uint64_t ns) const {
        return ns <= began_ns ? 0 : std::min(ns - began_ns, length_ns);
    }
    [[nodiscard]] bool holds(const TracedCall& call) const {
        return call.end_ns() > began_ns && call.start_ns < began_ns + length_ns;
    }
    [[nodiscard]] bool cuts(const TracedCall& call) const {
        return call.start_ns < began_ns || call.end_ns() > began_ns + length_ns;
    }
};

// Whom each call of a trace is about.
using Clients = std::vector<std::optional<std::size_t>>;

// Clients of the scene connect one after the other, and are accepted in that order.
Clients clients_of(const Trace& trace, const std::vector<ClientLane>& lanes, std::size_t most) {
    Clients clients(trace.calls.size());
    for (std::size_t at = 0; at < std::min(lanes.size(), most); ++at)
        for (const TracedCall* call : lanes[at].calls) clients[call - trace.calls.data()] = at;
    return clients;
}

Stroke stroke_of(const Trace& trace, const TracedCall& call, const Scope& scope,
                 const Clients& clients) {
    const lab::TracedSite& site = trace.site_of(call);
    Stroke stroke{.start_ns = scope.place(call.start_ns),
                  .end_ns = scope.place(call.end_ns()),
                  .kind = kind_of(call),
                  .call = site.call,
                  .at = fmt::format("{}:{}", site.file, site.line),
                  .fd = call.fd,
                  .result = call.result,
                  .is_cut = scope.cuts(call)};
    stroke.client = clients[&call - trace.calls.data()];
    return stroke;
}

bool names(const std::string& calls, const std::string& call) {
    for (std::size_t at = 0; at != std::string::npos;) {
        const std::size_t end = calls.find(", ", at);
        if (calls.substr(at, end == calls.npos ? end : end - at) == call) return true;
        at = end == calls.npos ? end : end + 2;
    }
    return false;
}

// result: whether `stroke` has become a part of the last one
bool fold(std::vector<Stroke>& strokes, const Stroke& stroke) {
    if (strokes.empty() || stroke.kind != Kind::would_block) return false;
    Stroke& last = strokes.back();
    if (last.kind != Kind::would_block || stroke.start_ns - last.end_ns > most_gap_ns) return false;
    last.end_ns = stroke.end_ns;
    last.times += stroke.times;
    last.is_cut = last.is_cut || stroke.is_cut;
    if (last.client != stroke.client) last.client.reset();
    if (!names(last.call, stroke.call)) last.call += ", " + stroke.call;
    return true;
}

// What a thread does beside its own waiting: another call, be it in vain, or a sleep on behalf of
// one client.
bool serves(const Stroke& stroke) {
    return stroke.client.has_value() || stroke.kind != Kind::asleep;
}

std::string worker_name(const Trace& trace, const ThreadLane& lane, std::size_t place) {
    const bool leads = lane.thread == lane.process;
    if (lane.process == trace.pid && leads) return lane.in_handler ? "main, signal" : "main";
    const std::string name = fmt::format("{} {}", leads ? "process" : "thread", place);
    return lane.in_handler ? name + ", signal" : name;
}

std::vector<Worker> workers_of(const Trace& trace, const Scope& scope, const Clients& clients) {
    std::vector<Worker> workers;
    std::size_t place = 0;
    for (const ThreadLane& lane : thread_lanes(trace)) {
        if (!lane.in_handler) ++place;
        Worker worker{worker_name(trace, lane, place), lane.process, lane.thread, {}, false};
        for (const TracedCall* call : lane.calls) {
            if (!scope.holds(*call)) continue;
            const Stroke stroke = stroke_of(trace, *call, scope, clients);
            worker.served = worker.served || serves(stroke);
            if (!fold(worker.strokes, stroke)) worker.strokes.push_back(stroke);
        }
        if (!worker.strokes.empty()) workers.push_back(std::move(worker));
    }
    return workers;
}

std::optional<std::uint64_t> time_of(const ClientSeen& seen, Doing doing) {
    for (const Act& act : seen.acts)
        if (act.doing == doing) return act.end_ns;
    return std::nullopt;
}

ClientView client_view(ClientSeen seen, const Scope& scope) {
    for (Act& act : seen.acts) {
        act.start_ns = scope.place(act.start_ns);
        act.end_ns = scope.place(act.end_ns);
    }
    ClientView view;
    view.connected_ns = time_of(seen, Doing::connecting);
    view.left_ns = time_of(seen, Doing::leaving);
    view.seen = std::move(seen);
    return view;
}

std::optional<std::uint64_t> accepted_ns(const ClientLane& lane, const Scope& scope) {
    if (lane.accepted_before || lane.calls.empty()) return std::nullopt;
    return scope.place(lane.calls.front()->end_ns());
}

// A client that was accepted was connected, though its connect may return a moment later.
void accept(ClientView& client, std::optional<std::uint64_t> accepted_ns) {
    client.accepted_ns = accepted_ns;
    if (accepted_ns && client.connected_ns > accepted_ns) client.connected_ns = accepted_ns;
}

}  // namespace

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::asleep: return "asleep";
        case Kind::doing: return "doing";
        case Kind::would_block: break;
    }
    return "would block";
}

Kind kind_of(const TracedCall& call) {
    if (call.may_sleep && call.duration_ns >= least_sleep_ns) return Kind::asleep;
    return call.result == -EAGAIN ? Kind::would_block : Kind::doing;
}

// The reply may be there before the send has returned: it is from its start that a client waits.
std::vector<std::uint64_t> ClientView::waits_ns() const {
    std::vector<std::uint64_t> waits;
    std::uint64_t sent_ns = 0;
    for (std::size_t at = 0; at + 1 < seen.acts.size(); ++at) {
        const Act& act = seen.acts[at];
        const Act& next = seen.acts[at + 1];
        if (act.doing == Doing::sending) sent_ns = act.start_ns;
        const bool replied = next.doing == Doing::receiving && !next.text.empty();
        if (act.doing == Doing::waiting && replied) waits.push_back(act.end_ns - sent_ns);
    }
    return waits;
}

std::optional<std::uint64_t> ClientView::first_reply_ns() const {
    for (const Act& act : seen.acts)
        if (act.doing == Doing::receiving && !act.text.empty()) return act.end_ns;
    return std::nullopt;
}

View view_of(const Recording& recording) {
    const Scope scope{recording.began_ns, recording.length_ns};
    const Trace& trace = recording.trace;
    View view{.model = recording.model,
              .idea = recording.idea,
              .length_ns = recording.length_ns,
              .clients = {},
              .workers = {},
              .missed = trace.overwritten + trace.torn + trace.lost};
    // A descriptor that came from another process has no accept: whose it is nobody can tell.
    auto lanes = client_lanes(trace);
    std::erase_if(lanes, [](const ClientLane& lane) { return lane.accepted_before; });
    view.sees_accepts = !lanes.empty();
    for (const ClientSeen& seen : recording.clients) {
        const std::size_t place = view.clients.size();
        view.clients.push_back(client_view(seen, scope));
        if (place < lanes.size()) accept(view.clients.back(), accepted_ns(lanes[place], scope));
    }
    view.workers = workers_of(trace, scope, clients_of(trace, lanes, recording.clients.size()));
    return view;
}

std::uint64_t backlog_end_ns(const View& view, const ClientView& client, std::uint64_t end_ns) {
    const std::uint64_t unseen_ns = view.sees_accepts ? end_ns : *client.connected_ns;
    return std::min(end_ns, client.accepted_ns.value_or(unseen_ns));
}

bool fast_waited_for_slow(const View& view) {
    const auto replied_ns = view.clients.at(fast).first_reply_ns();
    const auto gone_ns = view.clients.at(slow).left_ns;
    return !replied_ns || (gone_ns && *replied_ns > *gone_ns);
}

std::string first_wait_text(const View& view) {
    const auto waits = view.clients.at(fast).waits_ns();
    return waits.empty() ? "for ever" : ms_text(waits.front());
}

std::string finding(const std::vector<View>& views) {
    std::vector<std::string> waited, served;
    for (const View& view : views)
        (fast_waited_for_slow(view) ? waited : served).push_back(view.model);
    std::string text;
    if (!waited.empty())
        text = fmt::format(
            "{} served one client while the others waited: the fast client had its "
            "first reply when the slow one had gone.",
            report::listed(waited, 20));
    if (!served.empty())
        text += fmt::format("{}{} answered the fast client while the slow one was still sending.",
                            text.empty() ? "" : " ", report::listed(served, 20));
    return text;
}

std::string ms_text(std::uint64_t ns) {
    const double ms = static_cast<double>(ns) / 1e6;
    return ms < 10 ? fmt::format("{:.2f} ms", ms) : fmt::format("{:.0f} ms", ms);
}

std::string_view quiet_words(std::size_t count) {
    return count == 1 ? "was asleep and served nobody" : "were asleep and served nobody";
}

std::string quiet_text(std::size_t count) {
    return fmt::format("{} more {}", count, quiet_words(count));
}

std::string errno_name(std::int64_t negative) {
    const bool plausible = negative > std::numeric_limits<int>::min();
    const char* name = plausible ? ::strerrorname_np(static_cast<int>(-negative)) : nullptr;
    return name == nullptr ? fmt::format("unknown {}", negative) : name;
}

std::string stroke_text(const Stroke& stroke) {
    if (stroke.times > 1) return fmt::format("{}: {} times would block", stroke.call, stroke.times);
    if (stroke.result == -EAGAIN) return stroke.call + ": would block";
    if (stroke.result < 0) return fmt::format("{}: {}", stroke.call, errno_name(stroke.result));
    return fmt::format("{} = {}", stroke.call, stroke.result);
}

std::string whose(const View& view, const Stroke& stroke) {
    return stroke.client ? view.clients.at(*stroke.client).seen.name : "";
}

std::string slept_for(const View& view, const Stroke& stroke) {
    return stroke.call == "accept4" ? "" : whose(view, stroke);
}

}  // namespace timeline
