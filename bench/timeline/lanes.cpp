#include "bench/timeline/lanes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace timeline {
namespace {

using lab::Trace;
using lab::TracedCall;

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

// The descriptors of clients, by process.
class Holders {
public:
    using Number = std::int64_t;

    // The lane of whoever has that number there; null for nobody.
    [[nodiscard]] const std::size_t* find(std::uint32_t process, Number fd) const {
        const auto found = lanes_.find({process, fd});
        return found == lanes_.end() ? nullptr : &found->second;
    }

    void put(std::uint32_t process, Number fd, std::size_t lane) { lanes_[{process, fd}] = lane; }

    // result: whether no other process has that client
    bool drop(std::uint32_t process, Number fd) {
        const auto dropped = lanes_.extract({process, fd});
        return std::none_of(lanes_.begin(), lanes_.end(),
                            [&](const auto& entry) { return entry.second == dropped.mapped(); });
    }

    void fork(std::uint32_t parent, std::uint32_t child) {
        std::vector<std::pair<Number, std::size_t>> inherited;
        for (const auto& [key, lane] : lanes_)
            if (key.first == parent) inherited.emplace_back(key.second, lane);
        for (const auto& [fd, lane] : inherited) put(child, fd, lane);
    }

private:
    std::map<std::pair<std::uint32_t, Number>, std::size_t> lanes_;
};

// Clients that one process hands to another: unix(7), SCM_RIGHTS. A record has the socket that a
// message went through, and not the descriptor that it carried. So the one that was accepted last
// is taken for the one that is sent; who receives a message next has it, under the first number
// that it uses and nobody has. Where two are on their way at once, neither is told.
class Handovers {
public:
    using Number = std::int64_t;

    explicit Handovers(const Trace& trace) {
        for (const TracedCall& call : trace.calls)
            if (is_message(trace, call)) lines_.insert({call.process, call.fd});
    }

    static bool is_message(const Trace& trace, const TracedCall& call) {
        const std::string& name = trace.site_of(call).call;
        return call.fd >= 0 && (name == "sendmsg" || name == "recvmsg");
    }

    // Whether processes talk with each other through it, and no client with any.
    [[nodiscard]] bool is_line(std::uint32_t process, Number fd) const {
        return lines_.count({process, fd}) > 0;
    }

    void accepted(std::uint32_t process, std::size_t lane) { last_accepted_[process] = lane; }

    void message(const Trace& trace, const TracedCall& call) {
        if (call.result <= 0) return;
        if (trace.site_of(call).call == "sendmsg") {
            const auto sent = last_accepted_.extract(call.process);
            if (!sent.empty()) on_their_way_.push_back(sent.mapped());
        } else {
            if (on_their_way_.size() == 1) received_[call.process] = on_their_way_.front();
            on_their_way_.clear();
        }
    }

    // The lane of a client that this process was handed and has not yet used; nothing if none.
    std::optional<std::size_t> take(std::uint32_t process) {
        const auto taken = received_.extract(process);
        return taken.empty() ? std::nullopt : std::optional{taken.mapped()};
    }

private:
    std::set<std::pair<std::uint32_t, Number>> lines_;
    std::map<std::uint32_t, std::size_t> last_accepted_, received_;  // by process
    std::vector<std::size_t> on_their_way_;
};

// When a call belongs to a client. Between the start of a close and the end of the accept that
// returns the same number again, the kernel has given that number to another: so an accept belongs
// to its end, as does the receipt of a client that is handed over, and all others to their start.
std::uint64_t moment_of(const Trace& trace, const TracedCall& call) {
    const std::string& name = trace.site_of(call).call;
    return name == "accept4" || name == "recvmsg" ? call.end_ns() : call.start_ns;
}

bool is_fork(const Trace& trace, const TracedCall& call) {
    return call.result > 0 && trace.site_of(call).call == "fork";
}

// A child may have begun before its parent has noted that there is one.
Calls in_order(const Trace& trace) {
    std::map<std::uint32_t, std::uint64_t> born_ns;
    for (const TracedCall& call : trace.calls)
        if (is_fork(trace, call)) born_ns[static_cast<std::uint32_t>(call.result)] = call.start_ns;
    using Key = std::tuple<std::uint64_t, bool>;
    std::vector<std::pair<Key, const TracedCall*>> keyed;
    keyed.reserve(trace.calls.size());
    for (const TracedCall& call : trace.calls) {
        const auto born = born_ns.find(call.process);
        const std::uint64_t earliest_ns = born == born_ns.end() ? 0 : born->second;
        const std::uint64_t moment_ns = std::max(moment_of(trace, call), earliest_ns);
        keyed.push_back({{moment_ns, !is_fork(trace, call)}, &call});
    }
    std::stable_sort(keyed.begin(), keyed.end(),
                     [](const auto& one, const auto& other) { return one.first < other.first; });
    Calls calls;
    calls.reserve(keyed.size());
    for (const auto& [key, call] : keyed) calls.push_back(call);
    return calls;
}

}  // namespace

std::vector<ThreadLane> thread_lanes(const Trace& trace) {
    using Key = std::tuple<bool, std::uint32_t, std::uint32_t>;
    std::map<Key, Calls> by_thread;
    for (const TracedCall& call : trace.calls)
        by_thread[{call.process != trace.pid, call.process, call.thread}].push_back(&call);
    std::vector<ThreadLane> lanes;
    for (auto& [key, calls] : by_thread) {
        const auto [forked, process, thread] = key;
        ThreadLane own{process, thread, false, {}};
        ThreadLane handler{process, thread, true, {}};
        split_nested(std::move(calls), own.calls, handler.calls);
        lanes.push_back(std::move(own));
        if (!handler.calls.empty()) lanes.push_back(std::move(handler));
    }
    return lanes;
}

std::vector<ClientLane> client_lanes(const Trace& trace) {
    std::vector<ClientLane> lanes;
    Holders holders;
    Handovers handovers{trace};
    const auto begin = [&](std::uint32_t process, std::int64_t fd, bool before) {
        holders.put(process, fd, lanes.size());
        lanes.push_back({fd, before, {}});
    };
    for (const TracedCall* call : in_order(trace)) {
        const std::string& name = trace.site_of(*call).call;
        const bool accepts = name == "accept4";
        const std::int64_t fd = accepts ? call->result : call->fd;
        if (is_fork(trace, *call))
            holders.fork(call->process, static_cast<std::uint32_t>(call->result));
        if (accepts && fd >= 0) {
            begin(call->process, fd, false);
            handovers.accepted(call->process, lanes.size() - 1);
        }
        if (Handovers::is_message(trace, *call)) handovers.message(trace, *call);
        if (handovers.is_line(call->process, fd)) continue;
        const bool talks = (name == "recv" || name == "send") && fd >= 0;
        if (talks && holders.find(call->process, fd) == nullptr) {
            if (const auto handed = handovers.take(call->process))
                holders.put(call->process, fd, *handed);
            else
                begin(call->process, fd, true);
        }
        const std::size_t* lane = holders.find(call->process, fd);
        if (lane == nullptr) continue;
        const std::size_t place = *lane;
        if (name == "close" && !holders.drop(call->process, fd)) continue;  // another has it still
        lanes[place].calls.push_back(call);
    }
    return lanes;
}

}  // namespace timeline
