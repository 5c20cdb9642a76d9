#include "bench/lab/load_plan.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "bench/load/target.hpp"

namespace lab {
namespace {

unsigned whole(const Quantity& quantity) {
    return static_cast<unsigned>(quantity.number);
}

load::Span span_of(const Actor& actor) {
    return {.start_s = actor.start_s, .stop_s = actor.stop_s};
}

// One thread for eight clients, at most four, and none without a CPU of its own.
unsigned threads_for(unsigned clients, std::size_t cpus) {
    const std::size_t useful = std::max<std::size_t>(1, clients / 8);
    return static_cast<unsigned>(
        std::min({std::max<std::size_t>(cpus, 1), useful, std::size_t{4}}));
}

bool knows(const std::vector<load::ReplyPattern>& patterns, const load::ReplyPattern& pattern) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const load::ReplyPattern& known) {
        return known.size() == pattern.size() && known.matches_at(0, pattern.bytes());
    });
}

std::string request_for(const Actor& actor, const load::Address& target, bool keep_alive) {
    return load::get_request({.host = {},
                              .port = target.port(),
                              .target = actor.path,
                              .authority = load::to_string(target)},
                             keep_alive);
}

void expect_bytes(const Actor& actor, const Exchange& exchange, load::Askers& askers) {
    askers.request = actor.close ? exchange.closing_request : exchange.request;
    askers.last_request = exchange.closing_request;
    askers.expected = exchange.expected;
    if (actor.close) askers.expected = {exchange.closing};
    if (!actor.close && exchange.expected.empty())
        throw std::invalid_argument{"the server keeps no connection"};
    if (actor.requests_a_connection > 0 && !knows(askers.expected, exchange.closing))
        askers.expected.push_back(exchange.closing);
}

void expect_status(const Actor& actor, const load::Address& target, load::Askers& askers) {
    askers.request = request_for(actor, target, !actor.close);
    askers.last_request = request_for(actor, target, false);
    askers.expected_status = actor.expect_status;
}

// All but what they ask and expect.
load::Askers askers_of(const Actor& actor, std::size_t cpus) {
    load::Askers askers;
    askers.mode = actor.close ? load::Mode::connection_a_request : load::Mode::keep_alive;
    askers.connections = whole(actor.count);
    askers.threads = threads_for(askers.connections, cpus);
    askers.rate_per_s = actor.rate_per_s.number;
    askers.poisson = actor.poisson;
    if (actor.kind == ActorKind::pipeliner) askers.depth = whole(actor.depth);
    askers.requests_a_connection = static_cast<unsigned>(actor.requests_a_connection);
    askers.span = span_of(actor);
    return askers;
}

load::CrowdKind crowd_kind(ActorKind kind) {
    switch (kind) {
        case ActorKind::dead: return load::CrowdKind::dead;
        case ActorKind::slow_sender: return load::CrowdKind::slow_sender;
        case ActorKind::slow_reader: return load::CrowdKind::slow_reader;
        case ActorKind::abandoner: return load::CrowdKind::abandoner;
        case ActorKind::resetter: return load::CrowdKind::resetter;
        case ActorKind::half_closer: return load::CrowdKind::half_closer;
        case ActorKind::burst: return load::CrowdKind::burst;
        case ActorKind::firehose: return load::CrowdKind::firehose;
        case ActorKind::late_reader: return load::CrowdKind::late_reader;
        case ActorKind::polite:
        case ActorKind::steady:
        case ActorKind::pipeliner:
        case ActorKind::idle: break;
    }
    throw std::invalid_argument{"an actor that is none of a crowd"};
}

load::CrowdActor crowd_actor(const Actor& actor, const load::Address& target) {
    const bool stays = actor.kind != ActorKind::late_reader;
    const std::string more(static_cast<std::size_t>(actor.more_bytes), 'x');
    return {.kind = crowd_kind(actor.kind),
            .count = whole(actor.count),
            .request = request_for(actor, target, stays) + more,
            .expected_status = actor.expect_status > 0 ? actor.expect_status : 200,
            .whole = actor.whole,
            .rate_per_s = actor.rate_per_s.number,
            .bytes_per_s = actor.bytes_per_s.number,
            .period_s = actor.period_s,
            .span = span_of(actor)};
}

const Exchange& exchange_for(const std::map<std::string, Exchange>& exchanges,
                             const std::string& path) {
    const auto found = exchanges.find(path);
    if (found == exchanges.end()) throw std::invalid_argument{"no reply is known to " + path};
    return found->second;
}

bool is_of_a_crowd(const Actor& actor) {
    return !asks(actor.kind) && actor.kind != ActorKind::idle;
}

// Of two CPUs or more a crowd gets the last to itself: its thread would otherwise take time from
// clients that are measured. An actor of no clients counts, so that all points of a sweep are alike.
void divide_cpus(const Workload& workload, std::vector<int> cpus, load::Plan& plan) {
    const bool crowd = std::any_of(workload.actors.begin(), workload.actors.end(), is_of_a_crowd);
    if (crowd && cpus.size() > 1) {
        plan.crowd_cpu = cpus.back();
        cpus.pop_back();
    }
    plan.cpus = std::move(cpus);
}

}  // namespace

std::vector<std::string> asked_paths(const Workload& workload) {
    std::vector<std::string> paths;
    for (const Actor& actor : workload.actors) {
        if (!asks(actor.kind) || actor.expect_status > 0) continue;
        if (std::find(paths.begin(), paths.end(), actor.path) == paths.end())
            paths.push_back(actor.path);
    }
    return paths;
}

load::Plan load_plan(const Workload& workload, const std::map<std::string, Exchange>& exchanges,
                     const LoadConditions& conditions) {
    std::vector<load::Askers> groups;
    load::Plan plan;
    divide_cpus(workload, conditions.cpus, plan);
    for (const Actor& actor : workload.actors) {
        if (actor.count.number < 1) continue;
        if (asks(actor.kind)) {
            load::Askers& askers = groups.emplace_back(askers_of(actor, plan.cpus.size()));
            if (actor.expect_status > 0)
                expect_status(actor, conditions.target, askers);
            else
                expect_bytes(actor, exchange_for(exchanges, actor.path), askers);
        } else if (actor.kind == ActorKind::idle) {
            plan.idle_connections += whole(actor.count);
        } else {
            plan.crowd.push_back(crowd_actor(actor, conditions.target));
        }
    }
    if (groups.empty()) throw std::invalid_argument{"nobody asks"};
    static_cast<load::Askers&>(plan) = groups.front();
    plan.more.assign(groups.begin() + 1, groups.end());
    plan.target = conditions.target;
    plan.warm_up_s = conditions.warm_up_s;
    plan.measured_s = conditions.measured_s;
    plan.reply_timeout_s = conditions.reply_timeout_s;
    plan.connect_timeout_s = conditions.connect_timeout_s;
    return plan;
}

}  // namespace lab
