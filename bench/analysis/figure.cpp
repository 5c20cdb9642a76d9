#include "bench/analysis/figure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/analysis/summary.hpp"
#include "bench/load/error.hpp"
#include "bench/load/histogram.hpp"

namespace analysis {
namespace {

using lab::ActorFigures;
using lab::Cell;
using Value = std::optional<double>;

template <class T>
Value value_of(const std::optional<T>& figure) {
    if (!figure) return std::nullopt;
    return static_cast<double>(*figure);
}

template <class A, class B>
Value share_of(const std::optional<A>& part, const std::optional<B>& whole) {
    if (!part || !whole || *whole == 0) return std::nullopt;
    return static_cast<double>(*part) / static_cast<double>(*whole);
}

Value sum(const std::array<std::uint64_t, load::error_kinds>& errors) {
    return static_cast<double>(std::accumulate(errors.begin(), errors.end(), std::uint64_t{0}));
}

Value errors_of(const Cell& cell) {
    return cell.errors ? sum(*cell.errors) : Value{};
}

Value failed_ratio(const Cell& cell) {
    const Value errors = errors_of(cell);
    if (!errors || !cell.replies_ok || *errors + static_cast<double>(*cell.replies_ok) == 0)
        return std::nullopt;
    return *errors / (*errors + static_cast<double>(*cell.replies_ok));
}

Value connections_left(const Cell& cell) {
    if (!cell.server || !cell.server->accepted || !cell.server->closed) return std::nullopt;
    return static_cast<double>(*cell.server->accepted) - static_cast<double>(*cell.server->closed);
}

// On a busy machine who never sleeps waits for a CPU as well; how long, not every kernel tells.
Value awake_ratio(const Cell& cell) {
    if (!cell.server || !cell.server->cpu_busy_ratio) return std::nullopt;
    return *cell.server->cpu_busy_ratio + cell.server->cpu_wait_ratio.value_or(0);
}

template <auto Member>
Value of_server(const Cell& cell) {
    return cell.server ? value_of((*cell.server).*Member) : Value{};
}

template <auto Member>
Value of_kernel(const Cell& cell) {
    return cell.kernel ? value_of((*cell.kernel).*Member) : Value{};
}

template <auto Clock, auto Member>
Value of_clock(const Cell& cell) {
    return cell.*Clock ? value_of((*(cell.*Clock)).*Member) : Value{};
}

// Of the clients that were taken in, the share of each worker, the least first.
std::vector<double> worker_shares(const Cell& cell) {
    std::vector<double> shares;
    if (!cell.server || !cell.server->workers) return shares;
    double all = 0;
    for (const lab::WorkerFigures& worker : *cell.server->workers) {
        shares.push_back(static_cast<double>(worker.connections));
        all += shares.back();
    }
    if (all == 0) return {};
    for (double& share : shares) share /= all;
    std::sort(shares.begin(), shares.end());
    return shares;
}

// 1 / workers where all took in as many clients, 1 where one took in all.
Value busiest_worker_share(const Cell& cell) {
    const std::vector<double> shares = worker_shares(cell);
    return shares.empty() ? Value{} : shares.back();
}

Value idlest_worker_share(const Cell& cell) {
    const std::vector<double> shares = worker_shares(cell);
    return shares.empty() ? Value{} : shares.front();
}

template <auto Clock, auto Member>
Value of_moments(const Cell& cell) {
    if (!(cell.*Clock)) return std::nullopt;
    const auto moments = moments_of(*(cell.*Clock));
    return moments ? Value{(*moments).*Member} : Value{};
}

Value switches_per_request(const Cell& cell) {
    if (!cell.server) return std::nullopt;
    return share_of(cell.server->switches_voluntary, cell.server->requests);
}

// 1 where each request and each reply is one segment, 2 where a reply is two.
Value segments_sent_per_received(const Cell& cell) {
    if (!cell.kernel) return std::nullopt;
    return share_of(cell.kernel->segments_sent, cell.kernel->segments_received);
}

Value died(const Cell& cell) {
    return cell.ended.empty() ? 0 : 1;
}

struct Named {
    std::string_view name;
    Value (*of)(const Cell&);
};

using lab::KernelFigures;
using lab::ServerFigures;
using lab::Times;

constexpr std::array cell_figures{
    Named{"served_ratio",
          [](const Cell& cell) { return share_of(cell.served_clients, cell.offered_clients); }},
    Named{"failed_ratio", failed_ratio},
    Named{"errors", errors_of},
    Named{"died", died},
    Named{"awake_ratio", awake_ratio},
    Named{"requests_sent", [](const Cell& cell) { return value_of(cell.requests_sent); }},
    Named{"replies_ok", [](const Cell& cell) { return value_of(cell.replies_ok); }},
    Named{"unanswered", [](const Cell& cell) { return value_of(cell.unanswered); }},
    Named{"fairness_jain", [](const Cell& cell) { return cell.fairness_jain; }},
    Named{"connect_p50_us", of_clock<&Cell::connect_time, &Times::p50_us>},
    Named{"connect_p99_us", of_clock<&Cell::connect_time, &Times::p99_us>},
    Named{"connect_max_us", of_clock<&Cell::connect_time, &Times::max_us>},
    Named{"service_max_us", of_clock<&Cell::service_time, &Times::max_us>},
    Named{"response_max_us", of_clock<&Cell::response_time, &Times::max_us>},
    Named{"response_mean_us", of_moments<&Cell::response_time, &Moments::mean_us>},
    Named{"response_sd_us", of_moments<&Cell::response_time, &Moments::sd_us>},
    Named{"accepted", of_server<&ServerFigures::accepted>},
    Named{"accept_pauses", of_server<&ServerFigures::accept_pauses>},
    Named{"refused", of_server<&ServerFigures::refused>},
    Named{"timed_out", of_server<&ServerFigures::timed_out>},
    Named{"connections_left", connections_left},
    Named{"wasted_wakeups_per_request", of_server<&ServerFigures::wasted_wakeups_per_request>},
    Named{"switches_voluntary", of_server<&ServerFigures::switches_voluntary>},
    Named{"switches_voluntary_per_request", switches_per_request},
    Named{"busiest_worker_share", busiest_worker_share},
    Named{"idlest_worker_share", idlest_worker_share},
    Named{"threads", of_server<&ServerFigures::threads>},
    Named{"listen_overflows", of_kernel<&KernelFigures::listen_overflows>},
    Named{"listen_drops", of_kernel<&KernelFigures::listen_drops>},
    Named{"syn_retransmissions", of_kernel<&KernelFigures::syn_retransmissions>},
    Named{"resets_sent", of_kernel<&KernelFigures::resets_sent>},
    Named{"delayed_acks", of_kernel<&KernelFigures::delayed_acks>},
    Named{"accept_queue", of_kernel<&KernelFigures::accept_queue>},
    Named{"receive_queue_bytes", of_kernel<&KernelFigures::receive_queue_bytes>},
    Named{"segments_sent_per_received", segments_sent_per_received}};

struct OfActor {
    std::string_view name;
    Value (*of)(const ActorFigures&);
};

template <auto Member>
Value of_actor(const ActorFigures& actor) {
    if constexpr (std::is_same_v<decltype(Member), std::uint64_t ActorFigures::*>)
        return static_cast<double>(actor.*Member);
    else
        return actor.*Member;
}

template <auto Member>
Value of_crowd(const ActorFigures& actor) {
    if (!actor.crowd) return {};
    const std::optional<std::uint64_t> figure = (*actor.crowd).*Member;
    return figure ? Value{static_cast<double>(*figure)} : Value{};
}

constexpr std::array actor_figures{
    OfActor{"served_ratio",
            [](const ActorFigures& actor) {
                return share_of(std::optional{actor.served_clients},
                                std::optional{actor.offered_clients});
            }},
    OfActor{"errors", [](const ActorFigures& actor) { return sum(actor.errors); }},
    OfActor{"requests_sent", of_actor<&ActorFigures::requests_sent>},
    OfActor{"replies_ok", of_actor<&ActorFigures::replies_ok>},
    OfActor{"unanswered", of_actor<&ActorFigures::unanswered>},
    OfActor{"connections_made", of_actor<&ActorFigures::connections_made>},
    OfActor{"response_p50_us", of_actor<&ActorFigures::response_p50_us>},
    OfActor{"response_p99_us", of_actor<&ActorFigures::response_p99_us>},
    OfActor{"response_max_us", of_actor<&ActorFigures::response_max_us>},
    OfActor{"connect_p50_us", of_actor<&ActorFigures::connect_p50_us>},
    OfActor{"connect_max_us", of_actor<&ActorFigures::connect_max_us>},
    OfActor{"bytes_received", of_crowd<&load::CrowdFigures::bytes_received>},
    OfActor{"closed_by_server", of_crowd<&load::CrowdFigures::closed_by_server>},
    OfActor{"reset_by_server", of_crowd<&load::CrowdFigures::reset_by_server>},
    OfActor{"timed_out", of_crowd<&load::CrowdFigures::timed_out>},
    OfActor{"open_at_start", of_crowd<&load::CrowdFigures::open_at_start>},
    OfActor{"open_at_end", of_crowd<&load::CrowdFigures::open_at_end>}};

template <class Table>
auto find(const Table& table, std::string_view name) -> decltype(&*table.begin()) {
    const auto at =
        std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.name == name; });
    return at == table.end() ? nullptr : &*at;
}

const Metric* metric_or_none(std::string_view name) {
    return find(metrics(), name);
}

std::optional<std::size_t> error_kind(std::string_view name) {
    for (std::size_t kind = 0; kind < load::error_kinds; ++kind) {
        if (load::name(static_cast<load::ErrorKind>(kind)) == name) return kind;
    }
    return std::nullopt;
}

/// "burst.served_ratio" as its two halves; the second is empty without a dot.
std::pair<std::string_view, std::string_view> halves(std::string_view name) {
    const std::size_t dot = name.find('.');
    if (dot == name.npos) return {name, {}};
    return {name.substr(0, dot), name.substr(dot + 1)};
}

Value calls_of(const Cell& cell, std::string_view call) {
    if (!cell.server || !cell.server->system_calls_per_request) return std::nullopt;
    const auto& by_name = cell.server->system_calls_per_request_by_name;
    const auto at = by_name.find(std::string{call});
    return at == by_name.end() ? 0 : at->second;
}

// A count of that call in the window, at whatever line.
template <auto Count>
std::optional<std::uint64_t> sum_over_sites(const Cell& cell, std::string_view call) {
    if (!cell.server || cell.server->call_sites.empty()) return std::nullopt;
    std::uint64_t sum = 0;
    for (const lab::CallSite& site : cell.server->call_sites)
        sum += site.call == call ? site.*Count : 0;
    return sum;
}

Value call_errors_of(const Cell& cell, std::string_view call) {
    return value_of(sum_over_sites<&lab::CallSite::errors>(cell, call));
}

// A request: those that found nothing, and would have slept.
Value would_block_of(const Cell& cell, std::string_view call) {
    const auto calls = sum_over_sites<&lab::CallSite::would_block>(cell, call);
    return calls ? share_of(calls, cell.server->requests) : Value{};
}

Value interrupted_of(const Cell& cell, std::string_view call) {
    return value_of(sum_over_sites<&lab::CallSite::interrupted>(cell, call));
}

/// A figure of one system call, `NAME.recv`.
struct OfCall {
    std::string_view name;
    Value (*of)(const Cell&, std::string_view call);
};

constexpr std::array<OfCall, 4> call_figures{{{"calls", calls_of},
                                              {"call_errors", call_errors_of},
                                              {"would_block", would_block_of},
                                              {"interrupted", interrupted_of}}};

// All actors of a kind behave alike; the first stands for them.
const ActorFigures* actor_of(const Cell& cell, std::string_view kind) {
    if (!cell.actors) return nullptr;
    for (const ActorFigures& actor : *cell.actors) {
        if (actor.kind == kind) return &actor;
    }
    return nullptr;
}

Value actor_figure(const ActorFigures& actor, std::string_view name) {
    if (const OfActor* const row = find(actor_figures, name)) return row->of(actor);
    const auto [first, second] = halves(name);
    const auto kind = first == "errors" ? error_kind(second) : std::nullopt;
    if (!kind) return std::nullopt;
    return static_cast<double>(actor.errors[*kind]);
}

}  // namespace

std::optional<double> figure(const lab::Cell& cell, std::string_view name) {
    if (const Metric* const metric = metric_or_none(name)) return metric->of(cell);
    if (const Named* const named = find(cell_figures, name)) return named->of(cell);
    const auto [first, second] = halves(name);
    if (const OfCall* const row = find(call_figures, first)) return row->of(cell, second);
    if (first != "errors") {
        const ActorFigures* const actor = actor_of(cell, first);
        return actor == nullptr ? Value{} : actor_figure(*actor, second);
    }
    const auto kind = error_kind(second);
    if (!kind || !cell.errors) return std::nullopt;
    return static_cast<double>((*cell.errors)[*kind]);
}

std::optional<std::string_view> call_of_figure(std::string_view name) {
    const auto [first, second] = halves(name);
    if (find(call_figures, first) == nullptr) return std::nullopt;
    return second;
}

bool is_figure(std::string_view name) {
    if (metric_or_none(name) != nullptr || find(cell_figures, name) != nullptr) return true;
    if (const auto call = call_of_figure(name)) return !call->empty();
    const auto [first, second] = halves(name);
    if (first == "errors") return error_kind(second).has_value();
    return lab::actor_kind(first).has_value() &&
           (find(actor_figures, second) != nullptr || actor_figure({}, second).has_value());
}

const std::optional<lab::Times>* clock_named(const lab::Cell& cell, std::string_view name) {
    if (name == "connect_time") return &cell.connect_time;
    if (name == "service_time") return &cell.service_time;
    if (name == "response_time") return &cell.response_time;
    return nullptr;
}

std::optional<double> share_between(const lab::Times& times, double from_us, double to_us) {
    std::uint64_t inside = 0;
    std::uint64_t all = 0;
    for (const auto& bin : times.histogram.bins) {
        const double lowest_us =
            static_cast<double>(load::Histogram::lowest_ns(bin.index)) / 1000.0;
        all += bin.count;
        if (lowest_us >= from_us && lowest_us <= to_us) inside += bin.count;
    }
    if (all == 0) return std::nullopt;
    return static_cast<double>(inside) / static_cast<double>(all);
}

// Two walks: the squares of what is left of the mean lose nothing beside large sums.
std::optional<Moments> moments_of(const lab::Times& times) {
    const auto middle_us = [](const auto& bin) {
        const auto sum_ns =
            load::Histogram::lowest_ns(bin.index) + load::Histogram::upper_ns(bin.index);
        return static_cast<double>(sum_ns) / 2000.0;
    };
    double count = 0;
    double sum = 0;
    for (const auto& bin : times.histogram.bins) {
        count += static_cast<double>(bin.count);
        sum += static_cast<double>(bin.count) * middle_us(bin);
    }
    if (count == 0) return std::nullopt;
    const double mean_us = sum / count;
    double squares = 0;
    for (const auto& bin : times.histogram.bins)
        squares += static_cast<double>(bin.count) * std::pow(middle_us(bin) - mean_us, 2);
    return Moments{.mean_us = mean_us, .sd_us = std::sqrt(squares / count)};
}

std::string figure_names() {
    std::string names;
    for (const Metric& metric : metrics()) names += std::string{metric.name} + ", ";
    for (const Named& named : cell_figures) names += std::string{named.name} + ", ";
    return names +
           "errors.KIND, calls.NAME, call_errors.NAME, would_block.NAME, interrupted.NAME, "
           "ACTOR.FIGURE, ACTOR.errors.KIND";
}

}  // namespace analysis
