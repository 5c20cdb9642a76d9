#include "bench/analysis/diagnosis.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "bench/analysis/statistics.hpp"
#include "bench/load/histogram.hpp"

namespace analysis {
namespace {

using lab::Cell;
using Figures = std::map<std::string, double>;

/// What a rule found in one cell: the sentence that quotes it, and its figures.
struct Finding {
    std::string evidence;
    Figures figures;
    const char* sentence = nullptr;  ///< instead of the rule's, where the evidence allows less
};
using Found = std::optional<Finding>;

template <class Number>
double known(const std::optional<Number>& value) {
    return static_cast<double>(value.value_or(0));
}

std::uint64_t errors_of(const Cell& cell, load::ErrorKind kind) {
    return cell.errors ? (*cell.errors)[static_cast<std::size_t>(kind)] : 0;
}

std::uint64_t all_errors(const Cell& cell) {
    std::uint64_t sum = 0;
    if (!cell.errors) return sum;
    for (const std::uint64_t count : *cell.errors) sum += count;
    return sum;
}

/// Durations from `low_s` to `high_s`. A bin counts where its middle does.
std::uint64_t count_between(const std::optional<lab::Times>& times, double low_s, double high_s) {
    std::uint64_t count = 0;
    if (!times) return count;
    for (const auto& bin : times->histogram.bins) {
        const auto low_ns = static_cast<double>(load::Histogram::lowest_ns(bin.index));
        const auto high_ns = static_cast<double>(load::Histogram::upper_ns(bin.index));
        const double middle_s = (low_ns + high_ns) / 2e9;
        if (middle_s >= low_s && middle_s < high_s) count += bin.count;
    }
    return count;
}

// ## SYN retries
//
// A SYN that meets a full backlog is dropped without a word, and its client tries again after a
// second. Its connect time then lies on a stair: nobody else connects so late on loopback.

constexpr double latest_stair_s = 64;

std::string stairs_of(const lab::Times& connects, const std::vector<SynStair>& stairs,
                      std::uint64_t& on_stairs) {
    std::string text;
    for (const SynStair& stair : stairs) {
        const std::uint64_t count = count_between(connects, stair.begin_s, stair.end_s);
        if (count == 0) continue;
        on_stairs += count;
        text += fmt::format("{}{} at {:g} s", text.empty() ? "" : ", ", count, stair.step_s);
    }
    return text;
}

/// Of clients that are not measured for speed, only the latest connect is known.
std::string late_actors(const Cell& cell, const std::vector<SynStair>& stairs) {
    std::string text;
    if (!cell.actors) return text;
    for (const lab::ActorFigures& actor : *cell.actors) {
        if (!actor.crowd) continue;
        const double latest_s = known(actor.connect_max_us) / 1e6;
        const auto on = [&](const SynStair& stair) {
            return latest_s >= stair.begin_s && latest_s < stair.end_s;
        };
        if (std::none_of(stairs.begin(), stairs.end(), on)) continue;
        text += fmt::format("; the latest {} client was connected after {:.2f} s", actor.kind,
                            latest_s);
    }
    return text;
}

double longest_of(const std::optional<lab::Times>& times) {
    return times ? known(times->max_us) / 1e6 : 0;
}

/// Who of this cell has not been let in, in words; empty where nobody is known to be missing. The
/// kernel counts for all programs of the machine, and an overflow may be another's.
std::string missing(const Cell& cell) {
    const std::uint64_t given_up = errors_of(cell, load::ErrorKind::connect_timeout);
    if (given_up > 0) return fmt::format("{} connections were given up", given_up);
    const auto offered = static_cast<std::uint64_t>(known(cell.offered_clients));
    const auto served = static_cast<std::uint64_t>(known(cell.served_clients));
    if (cell.served_clients && served < offered)
        return fmt::format("{} of {} clients were never served", offered - served, offered);
    const double longest_s = longest_of(cell.response_time) - longest_of(cell.service_time);
    constexpr double long_s = 0.1;
    if (known(cell.connections_made) > 0 && longest_s > long_s)
        return fmt::format("a client had waited {:.2f} s for its connection", longest_s);
    for (const lab::ActorFigures& actor : cell.actors.value_or(std::vector<lab::ActorFigures>{})) {
        if (!actor.crowd || actor.connections_made >= actor.offered_clients) continue;
        return fmt::format("{} of {} {} clients were never connected",
                           actor.offered_clients - actor.connections_made, actor.offered_clients,
                           actor.kind);
    }
    return "";
}

Found syn_retries(const Cell& cell, const std::vector<SynStair>& stairs) {
    const auto& kernel = cell.kernel;
    const double overflows = kernel ? known(kernel->listen_overflows) : 0;
    const double retries = kernel ? known(kernel->syn_retransmissions) : 0;
    const bool told = kernel && kernel->listen_overflows && kernel->syn_retransmissions;
    std::uint64_t on_stairs = 0;
    const std::string standing =
        cell.connect_time ? stairs_of(*cell.connect_time, stairs, on_stairs) : "";
    const std::string late = late_actors(cell, stairs);
    const std::uint64_t few = 3;
    const bool late_at_all = on_stairs > 0 || !late.empty();
    const bool seen = told ? late_at_all && overflows + retries > 0 : on_stairs >= few;
    const std::string waiting = !late_at_all && overflows > 0 && retries > 0 ? missing(cell) : "";
    if (!seen && waiting.empty()) return std::nullopt;

    std::string evidence =
        fmt::format("no client was let in at a retry before the window closed; {}", waiting);
    if (!standing.empty())
        evidence = fmt::format("connect times stand on the stairs: {}", standing);
    if (standing.empty() && !late.empty()) evidence = "clients that are not measured met it";
    evidence += late;
    if (told) {
        evidence +=
            fmt::format("; ListenOverflows {:g}, SYN retransmissions {:g}", overflows, retries);
    }
    return Finding{evidence,
                   {{"connects_on_stairs", static_cast<double>(on_stairs)},
                    {"listen_overflows", overflows},
                    {"syn_retransmissions", retries}}};
}

// ## Acknowledgements that wait
//
// A sender that holds its second small segment back until the first is acknowledged (Nagle,
// RFC 896) meets a receiver that delays its acknowledgement: 40 ms on Linux. A corked socket
// gives in after 200 ms: tcp(7), TCP_CORK; so does the least retransmission time-out.

/// A timer fires late, by a tick and by what a busy machine adds to it, but never early: the hill
/// has a steep face at its beginning.
struct Plateau {
    double low_s, high_s;  ///< where its replies are
    double begun_s;  ///< by when it must have begun
    double before_s, after_s;  ///< where stretches of the same length begin, for comparison
    const char* name;
};
constexpr std::array plateaus{
    Plateau{.low_s = 0.038,
            .high_s = 0.060,
            .begun_s = 0.046,
            .before_s = 0.016,
            .after_s = 0.062,
            .name = "40 ms"},
    Plateau{.low_s = 0.196,
            .high_s = 0.230,
            .begun_s = 0.210,
            .before_s = 0.160,
            .after_s = 0.232,
            .name = "200 ms"},
};

/// Enough to be no accident, and many more than on either side: a hill, not a slope.
bool stands_out(std::uint64_t here, std::uint64_t beside, std::uint64_t all) {
    constexpr std::uint64_t least = 10, times_beside = 5, percent = 2;
    return here >= least && here >= times_beside * beside && 100 * here >= percent * all;
}

/// Whoever stood still once, for want of a CPU, has late replies in one step of the timeline. A
/// timer that each reply meets has them in all.
bool lasts(const Cell& cell, double low_s) {
    if (!cell.timeline) return true;
    std::size_t with_replies = 0, late = 0;
    for (const load::TimelinePoint& point : cell.timeline->points) {
        with_replies += point.replies > 0 ? 1 : 0;
        late += point.replies > 0 && known(point.p99_us) >= low_s * 1e6 ? 1 : 0;
    }
    return late >= 2 && 2 * late >= with_replies;
}

/// Whoever waits for a CPU is late as well, and so are clients who set the pace themselves.
bool had_its_cpu(const Cell& cell) {
    constexpr double much = 0.1;
    const bool waited = cell.server && known(cell.server->cpu_wait_ratio) > much;
    return !waited && !(cell.load && cell.load->was_the_limit.value_or(false));
}

/// Calls that may have sent, over the replies; none where nobody counted them by name.
std::optional<double> sends_a_reply(const Cell& cell) {
    if (!cell.server || cell.server->system_calls_per_request_by_name.empty()) return std::nullopt;
    double sum = 0;
    for (const char* name :
         {"send", "sendmsg", "sendmmsg", "sendfile", "splice", "write", "writev"}) {
        const auto& calls = cell.server->system_calls_per_request_by_name;
        const auto found = calls.find(name);
        if (found != calls.end()) sum += found->second;
    }
    return sum;
}

/// Replies on a plateau, and what the kernel and the calls say of their cause.
struct Hill {
    std::uint64_t replies = 0, beside = 0;
    std::optional<std::int64_t> delayed, again;  ///< acknowledgements, segments
    std::optional<double> sends;  ///< a reply
};

enum class Cause { waiting, unknown, another };

bool half_of(const std::optional<std::int64_t>& count, const Hill& hill) {
    return count && 2 * static_cast<double>(*count) >= static_cast<double>(hill.replies);
}

/// A handler that takes as long makes the same hill. But one send waits for no acknowledgement,
/// and one that does wait for 40 ms has been counted by the kernel; what waits in a cork has not.
Cause cause_of(const Plateau& plateau, const Hill& hill) {
    const bool higher = plateau.low_s > 0.1;
    if (higher && half_of(hill.again, hill)) return Cause::waiting;
    const double pieces = hill.sends.value_or(0);
    if (pieces > 0.5 && pieces < 1.5) return Cause::another;
    if (higher) return Cause::unknown;
    if (!hill.delayed) return Cause::unknown;
    if (!half_of(hill.delayed, hill)) return Cause::another;
    return pieces >= 1.5 ? Cause::waiting : Cause::unknown;
}

constexpr const char* waiting_or_working =
    "Replies took as long as a timer of the kernel. Either they waited for it, which sending a "
    "reply in one piece, or TCP_NODELAY, ends (Nagle's algorithm against delayed ACKs, a cork, a "
    "lost segment), or making them takes that long: the counters cannot tell.";

std::string count_or_null(const std::optional<std::int64_t>& count) {
    return count ? std::to_string(*count) : "not known";
}

Finding told(const Cell& cell, const Plateau& plateau, const Hill& hill, Cause cause) {
    const std::uint64_t all = cell.service_time->count;
    Finding finding{
        .evidence = fmt::format(
            "{} of {} replies ({:.0f} %) took {:g} to {:g} ms, {} in as long a stretch beside; "
            "delayed ACKs {}, segments retransmitted {}, sends a reply {}",
            hill.replies, all, 100 * static_cast<double>(hill.replies) / static_cast<double>(all),
            plateau.low_s * 1e3, plateau.high_s * 1e3, hill.beside, count_or_null(hill.delayed),
            count_or_null(hill.again),
            hill.sends ? fmt::format("{:.1f}", *hill.sends) : "not known"),
        .figures = {{"plateau_ms", plateau.low_s < 0.1 ? 40 : 200},
                    {"replies_on_plateau", static_cast<double>(hill.replies)},
                    {"replies", static_cast<double>(all)}},
        .sentence = cause == Cause::unknown ? waiting_or_working : nullptr};
    if (hill.delayed) finding.figures["delayed_acks"] = static_cast<double>(*hill.delayed);
    return finding;
}

std::optional<Hill> hill_on(const Cell& cell, const Plateau& plateau) {
    const auto& times = cell.service_time;
    const double length_s = plateau.high_s - plateau.low_s;
    Hill hill;
    hill.replies = count_between(times, plateau.low_s, plateau.high_s);
    hill.beside = std::max(count_between(times, plateau.before_s, plateau.before_s + length_s),
                           count_between(times, plateau.after_s, plateau.after_s + length_s));
    hill.sends = sends_a_reply(cell);
    if (cell.kernel) {
        hill.delayed = cell.kernel->delayed_acks;
        hill.again = cell.kernel->segments_retransmitted;
    }
    const std::uint64_t first = count_between(times, plateau.low_s, plateau.begun_s);
    if (!stands_out(hill.replies, hill.beside, times->count) || 50 * first < hill.replies)
        return std::nullopt;
    return hill;
}

Found waiting_acks(const Cell& cell) {
    if (!cell.service_time) return std::nullopt;
    for (const Plateau& plateau : plateaus) {
        const auto hill = hill_on(cell, plateau);
        if (!hill || !lasts(cell, plateau.low_s)) continue;
        const Cause cause = cause_of(plateau, *hill);
        const bool doubtful = cause == Cause::unknown && !had_its_cpu(cell);
        if (cause != Cause::another && !doubtful) return told(cell, plateau, *hill, cause);
    }
    return std::nullopt;
}

// ## The clients' own limits

int requests_a_connection(const Cell& cell, const lab::Result& result) {
    for (const lab::Workload& workload : result.workloads) {
        if (workload.id != cell.workload) continue;
        for (const lab::Actor& actor : workload.actors) {
            if (actor.requests_a_connection > 1) return actor.requests_a_connection;
        }
    }
    return 1;
}

/// By our own clients, who count one error for each request that had no answer. Those of others may
/// count a connection that failed with all that it was to ask.
bool counted_here(const lab::Result& result) {
    return !result.run.tool_version.empty();
}

Found time_outs(const Cell& cell, const lab::Result& result) {
    const std::uint64_t replies = errors_of(cell, load::ErrorKind::reply_timeout);
    const std::uint64_t connects = errors_of(cell, load::ErrorKind::connect_timeout);
    if (replies + connects == 0 || !cell.load) return std::nullopt;
    const double reply_limit_s = known(cell.load->reply_timeout_s);
    const double connect_limit_s = known(cell.load->connect_timeout_s);
    const double limit_s = replies > 0 ? reply_limit_s : connect_limit_s;
    std::string evidence =
        reply_limit_s == connect_limit_s || connects == 0 || replies == 0
            ? fmt::format(
                  "{} replies and {} connections were given up by the clients, whose "
                  "limit is {:g} s",
                  replies, connects, limit_s)
            : fmt::format(
                  "{} replies were given up by the clients after {:g} s, and {} "
                  "connections after {:g} s",
                  replies, reply_limit_s, connects, connect_limit_s);
    const double wall_s = known(cell.measured_s);
    // A window that was to be as long says nothing.
    const bool longer = wall_s > 1.05 * result.run.measured_s;
    if (limit_s > 0 && longer && wall_s >= limit_s && wall_s < 1.1 * limit_s) {
        evidence += fmt::format("; the run took {:.1f} s, which is that limit", wall_s);
    }
    const auto whole = static_cast<std::uint64_t>(requests_a_connection(cell, result));
    const std::uint64_t errors = all_errors(cell);
    if (!counted_here(result) && whole > 1 && errors % whole == 0) {
        evidence += fmt::format(
            "; {} errors = {} x {}: each connection that failed is counted "
            "with all its requests",
            errors, errors / whole, whole);
    }
    return Finding{evidence,
                   {{"reply_timeouts", static_cast<double>(replies)},
                    {"connect_timeouts", static_cast<double>(connects)},
                    {"limit_s", limit_s},
                    {"wall_s", wall_s}}};
}

Found ports_gone(const Cell& cell, const lab::Result& result) {
    const std::uint64_t refused = errors_of(cell, load::ErrorKind::no_ports);
    if (refused == 0) return std::nullopt;
    const int first = result.machine.port_range_first;
    const int last = result.machine.port_range_last;
    return Finding{fmt::format("{} connections found no local port; {} to {} are {} a source "
                               "address, and a connection that we closed first holds its own for "
                               "a minute",
                               refused, first, last, last - first + 1),
                   {{"connections_without_port", static_cast<double>(refused)},
                    {"ports_a_source", static_cast<double>(last - first + 1)}}};
}

Found saturated(const Cell& cell) {
    if (!cell.load || !cell.load->was_the_limit.value_or(false)) return std::nullopt;
    const double awake = known(cell.load->awake_ratio);
    const double busy = cell.server ? known(cell.server->cpu_busy_ratio) : 0;
    const double late = known(cell.load->late_sends);
    return Finding{
        fmt::format("a load thread was awake {:.1f} % of the time and ran {:.1f} %, {:g} of {:g} "
                    "sends were late; the server was busy {:.0f} %",
                    100 * awake, 100 * known(cell.load->cpu_busy_ratio), late,
                    known(cell.requests_sent), 100 * busy),
        {{"load_awake_ratio", awake}, {"late_sends", late}, {"server_cpu_busy_ratio", busy}}};
}

/// Where there were replies enough for everybody.
Found starved(const Cell& cell) {
    const double offered = known(cell.offered_clients);
    const double served = known(cell.served_clients);
    const double replies = known(cell.replies_ok);
    if (!cell.served_clients || offered < 2 || replies < 20 * offered) return std::nullopt;
    const double jain = cell.fairness_jain.value_or(1);
    if (served >= offered && jain >= 0.5) return std::nullopt;
    return Finding{
        fmt::format("{:g} replies went to {:g} of {:g} clients; Jain's fairness {:.2f}", replies,
                    served, offered, jain),
        {{"served_clients", served}, {"offered_clients", offered}, {"fairness_jain", jain}}};
}

// ## All rules
//
// A rule looks at one cell. What it says of the figures holds for every cell that it finds.

struct Rule {
    const char* artefact;
    std::function<Found(const Cell&)> look;
    const char* sentence;
    bool in_most_rounds = false;  ///< says something only of more than half of the rounds
};

std::vector<Rule> rules_for(const lab::Result& result) {
    const auto found = result.machine.tcp.find("tcp_syn_linear_timeouts");
    const auto linear = found == result.machine.tcp.end() ? std::nullopt : found->second;
    return {
        {artefact::syn_retry_staircase,
         [stairs = syn_retry_stairs(linear)](const Cell& cell) {
             return syn_retries(cell, stairs);
         },
         "The backlog overflowed: clients were turned away without a word and came back when their "
         "SYN timer said so. The long times are that timer, not the server's work."},
        {artefact::delayed_ack_plateau, waiting_acks,
         "Replies waited for an acknowledgement: Nagle's algorithm against delayed ACKs, or a "
         "cork. "
         "The time is the kernel's timer; sending a reply in one piece, or TCP_NODELAY, ends it.",
         true},
        {artefact::time_out_wall, [&result](const Cell& cell) { return time_outs(cell, result); },
         "The clients' own time-out ended requests: the server may have been slow or dead, the "
         "figures cannot tell, and no time is longer than the limit."},
        {artefact::port_exhaustion,
         [&result](const Cell& cell) { return ports_gone(cell, result); },
         "The load side ran out of local ports: what is missing is the client's, not the "
         "server's."},
        {artefact::load_side_saturated, saturated,
         "The clients set the pace: replies a second and times say what they can do, not the "
         "server. The cells get no verdict.",
         true},
        {artefact::starved_clients, starved,
         "Some clients were served and others were not: medians are of those that were."},
    };
}

const Cell* measured(const Cell& cell, const std::string& model, const std::string& workload) {
    const bool is =
        cell.model == model && cell.workload == workload && cell.status == lab::Status::measured;
    return is ? &cell : nullptr;
}

void apply(const Rule& rule, const lab::Result& result, const std::string& model,
           const std::string& workload, std::vector<lab::Diagnosis>& diagnoses) {
    int rounds = 0;
    lab::Diagnosis diagnosis{.artefact = rule.artefact,
                             .model = model,
                             .workload = workload,
                             .rounds = 0,
                             .sentence = rule.sentence,
                             .evidence = {},
                             .figures = {}};
    for (const Cell& each : result.cells) {
        const Cell* cell = measured(each, model, workload);
        if (cell == nullptr) continue;
        ++rounds;
        Found found = rule.look(*cell);
        if (!found || diagnosis.rounds++ > 0) continue;
        diagnosis.evidence = fmt::format("Round {}: {}.", cell->round, found->evidence);
        diagnosis.figures = std::move(found->figures);
        if (found->sentence != nullptr) diagnosis.sentence = found->sentence;
    }
    const bool says = rule.in_most_rounds ? 2 * diagnosis.rounds > rounds : diagnosis.rounds > 0;
    if (says) diagnoses.push_back(std::move(diagnosis));
}

// ## The same throughput for all
//
// Models that differ in what a request costs them, none of them busy, and all as fast as one
// another: something else sets the pace.

struct Pace {
    std::vector<double> throughput, cost, busy;  ///< medians, one a model
    std::set<int> rounds;  ///< in which they were measured
};

double spread(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return *least > 0 ? *most / *least : 0;
}

Pace pace_of(const lab::Result& result, const std::string& workload) {
    Pace pace;
    for (const lab::Model& model : result.models) {
        std::vector<double> throughput, cost, busy;
        for (const Cell& each : result.cells) {
            const Cell* cell = measured(each, model.name, workload);
            if (cell == nullptr || !cell->throughput_per_s || !cell->server) continue;
            if (!cell->server->cpu_us_per_request || !cell->server->cpu_busy_ratio) continue;
            pace.rounds.insert(cell->round);
            throughput.push_back(*cell->throughput_per_s);
            cost.push_back(*cell->server->cpu_us_per_request);
            // One that is ready and waits for a CPU is not idle.
            busy.push_back(*cell->server->cpu_busy_ratio + known(cell->server->cpu_wait_ratio));
        }
        if (throughput.empty()) continue;
        pace.throughput.push_back(median(throughput));
        pace.cost.push_back(median(cost));
        pace.busy.push_back(median(busy));
    }
    return pace;
}

void look_at_pace(const lab::Result& result, const lab::Workload& workload,
                  std::vector<lab::Diagnosis>& diagnoses) {
    const bool scheduled =
        std::any_of(workload.actors.begin(), workload.actors.end(),
                    [](const lab::Actor& actor) { return actor.kind == lab::ActorKind::steady; });
    if (scheduled) return;  // an open loop asks everybody as often, by design
    const Pace pace = pace_of(result, workload.id);
    constexpr std::size_t least_models = 3;
    constexpr double same = 1.02, different = 1.15, idle = 0.9;
    if (pace.throughput.size() < least_models) return;
    const double busiest = *std::max_element(pace.busy.begin(), pace.busy.end());
    if (spread(pace.throughput) > same || spread(pace.cost) < different || busiest > idle) return;
    diagnoses.push_back(
        {.artefact = artefact::same_throughput,
         .model = {},
         .workload = workload.id,
         .rounds = static_cast<int>(pace.rounds.size()),
         .sentence = "All models are as fast as one another although a request costs them "
                     "different CPU time: something else sets the pace, such as a timer or the "
                     "clients.",
         .evidence = fmt::format(
             "Replies a second of {} models lie within {:.1f} %, CPU time a "
             "request within {:.0f} %, and no server was busy, or waited for a CPU, for more than "
             "{:.0f} % of the time.",
             pace.throughput.size(), 100 * (spread(pace.throughput) - 1),
             100 * (spread(pace.cost) - 1), 100 * busiest),
         .figures = {{"throughput_spread_ratio", spread(pace.throughput)},
                     {"cpu_spread_ratio", spread(pace.cost)},
                     {"busiest_server_cpu_busy_ratio", busiest}}});
}

}  // namespace

std::vector<SynStair> syn_retry_stairs(std::optional<std::int64_t> linear_timeouts) {
    std::vector<SynStair> stairs;
    double at_s = 0;
    double next_s = 1;
    for (std::int64_t linear = linear_timeouts.value_or(0); at_s < latest_stair_s;) {
        at_s += next_s;
        stairs.push_back({.step_s = at_s, .begin_s = 0.99 * at_s, .end_s = 1.15 * at_s + 0.02});
        if (--linear < 0) next_s *= 2;
    }
    // High up, an eighth of a stair is longer than the second to the next one.
    for (std::size_t at = 1; at < stairs.size(); ++at)
        stairs[at - 1].end_s = std::min(stairs[at - 1].end_s, stairs[at].begin_s);
    return stairs;
}

std::vector<lab::Diagnosis> diagnose(const lab::Result& result) {
    std::vector<lab::Diagnosis> diagnoses;
    const std::vector<Rule> rules = rules_for(result);
    for (const lab::Workload& workload : result.workloads) {
        look_at_pace(result, workload, diagnoses);
        for (const lab::Model& model : result.models) {
            for (const Rule& rule : rules) {
                apply(rule, result, model.name, workload.id, diagnoses);
            }
        }
    }
    return diagnoses;
}

}  // namespace analysis
