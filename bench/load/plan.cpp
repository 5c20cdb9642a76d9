#include "bench/load/plan.hpp"

#include <sched.h>

#include <algorithm>
#include <stdexcept>

#include "bench/load/clock.hpp"

namespace load {
namespace {

constexpr std::size_t max_request_bytes = std::size_t{16} << 20;
constexpr std::size_t max_batch_bytes = std::size_t{64} << 10;
constexpr double longest_s = 86400;

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument{what};
}

bool in_a_day(const std::optional<double>& at_s) {
    return !at_s || (*at_s >= 0 && *at_s <= longest_s);
}

void validate(const Span& span) {
    require(in_a_day(span.start_s) && in_a_day(span.stop_s), "a start or stop is 0 to 86400 s");
    require(!span.stop_s || *span.stop_s > span.start_s.value_or(0), "a stop is after the start");
}

void validate_batches(const Askers& askers) {
    require(askers.depth >= 1 && askers.depth <= 1024, "a depth is 1 to 1024");
    if (askers.depth > 1) {
        require(askers.mode == Mode::keep_alive, "requests sent at once need a kept connection");
        require(askers.depth * std::max(askers.request.size(), askers.last_request.size()) <=
                    max_batch_bytes,
                "requests sent at once are at most 64 KiB");
    }
    if (askers.requests_a_connection == 0) return;
    require(askers.mode == Mode::keep_alive,
            "a number of requests a connection needs connections that are kept");
    require(askers.requests_a_connection >= askers.depth,
            "a connection has at least as many requests as are sent at once");
    require(!askers.last_request.empty(), "a connection that is to end needs a last request");
}

void validate(const Askers& askers) {
    require(!askers.request.empty(), "a plan needs a request");
    require(askers.request.size() <= max_request_bytes, "a request is at most 16 MiB");
    const bool by_status = askers.expected_status > 0;
    require(by_status ? askers.expected.empty()
                      : !askers.expected.empty() && askers.expected.size() <= 8,
            "a plan has 1 to 8 right replies, or the status of one");
    require(askers.connections >= 1, "a plan has at least one connection");
    require(askers.threads >= 1 && askers.threads <= askers.connections,
            "a plan has at least one thread, and at most one a connection");
    require(askers.rate_per_s >= 0 && askers.rate_per_s <= 1e8, "a rate is 0 to 1e8 a second");
    validate_batches(askers);
    validate(askers.span);
}

void validate(const CrowdActor& actor) {
    require(!actor.request.empty(), "a crowd needs a request");
    require(actor.request.size() <= max_batch_bytes, "a crowd's request is at most 64 KiB");
    require(actor.rate_per_s >= 0 && actor.rate_per_s <= 1e8, "a rate is 0 to 1e8 a second");
    require(actor.bytes_per_s >= 0 && actor.bytes_per_s <= 1e9,
            "a slow client has 0 to 1e9 bytes a second");
    require(actor.period_s >= 0 && actor.period_s <= longest_s, "a period is 0 to 86400 s");
    validate(actor.span);
}

}  // namespace

std::string_view name(CrowdKind kind) noexcept {
    switch (kind) {
        case CrowdKind::dead: return "dead";
        case CrowdKind::slow_sender: return "slow_sender";
        case CrowdKind::slow_reader: return "slow_reader";
        case CrowdKind::abandoner: return "abandoner";
        case CrowdKind::resetter: return "resetter";
        case CrowdKind::half_closer: return "half_closer";
        case CrowdKind::burst: return "burst";
        case CrowdKind::firehose: return "firehose";
        case CrowdKind::late_reader: return "late_reader";
    }
    return "?";
}

bool comes_to_stay(const CrowdActor& actor) noexcept {
    const bool stays = actor.kind == CrowdKind::dead || actor.kind == CrowdKind::slow_sender ||
                       actor.kind == CrowdKind::slow_reader;
    return stays && !actor.span.start_s;
}

std::uint64_t begin_of(const Span& span, double warm_up_s, std::uint64_t start_ns) {
    return span.start_s ? start_ns + to_ns(warm_up_s + *span.start_s) : start_ns;
}

std::uint64_t end_of(const Span& span, double warm_up_s, std::uint64_t start_ns) {
    return span.stop_s ? start_ns + to_ns(warm_up_s + *span.stop_s) : never_ns;
}

std::uint64_t connections_of(const Plan& plan) noexcept {
    std::uint64_t sum = plan.connections + std::uint64_t{plan.idle_connections};
    for (const Askers& askers : plan.more) sum += askers.connections;
    for (const CrowdActor& actor : plan.crowd) sum += actor.count;
    return sum;
}

void validate(const Plan& plan) {
    require(plan.target.size > 0, "a plan needs a target");
    for (const Askers* askers : plan.groups()) validate(*askers);
    for (const CrowdActor& actor : plan.crowd) validate(actor);
    require(plan.crowd.empty() || is_loopback(plan.target) || is_private(plan.target),
            "rude clients go to a loopback or private address only");
    require(plan.warm_up_s >= 0 && plan.warm_up_s <= longest_s, "warm-up is 0 to 86400 s");
    require(plan.measured_s > 0 && plan.measured_s <= longest_s,
            "the window is above 0, to 86400 s");
    require(plan.reply_timeout_s > 0, "the reply time-out is above 0");
    require(plan.connect_timeout_s > 0, "the connect time-out is above 0");
    const auto numbered = [](int cpu) { return cpu >= 0 && cpu < CPU_SETSIZE; };
    require(std::all_of(plan.cpus.begin(), plan.cpus.end(), numbered) &&
                numbered(plan.crowd_cpu.value_or(0)),
            "a CPU is 0 to 1023");
}

}  // namespace load
