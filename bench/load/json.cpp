#include "bench/load/json.hpp"

#include <stdexcept>
#include <string>

namespace load {
namespace {

using nlohmann::ordered_json;

ordered_json percentile_us(const Histogram& histogram, double percentile) {
    if (histogram.count() == 0) return nullptr;
    return static_cast<double>(histogram.value_at_percentile(percentile)) / 1e3;
}

ordered_json sparse_json(const SparseHistogram& sparse) {
    ordered_json bins = ordered_json::array();
    for (const SparseHistogram::Bin& bin : sparse.bins) bins.push_back({bin.index, bin.count});
    return {{"sub_bins_per_octave", sparse.sub_bins_per_octave},
            {"highest_ns", sparse.highest_ns},
            {"count", sparse.count},
            {"min_ns", sparse.min_ns},
            {"max_ns", sparse.max_ns},
            {"bins", bins}};
}

SparseHistogram sparse_from_json(const ordered_json& written) {
    SparseHistogram sparse{
        .sub_bins_per_octave = written.at("sub_bins_per_octave").get<std::uint32_t>(),
        .highest_ns = written.at("highest_ns").get<std::uint64_t>(),
        .count = written.at("count").get<std::uint64_t>(),
        .min_ns = written.at("min_ns").get<std::uint64_t>(),
        .max_ns = written.at("max_ns").get<std::uint64_t>(),
        .bins = {}};
    for (const ordered_json& bin : written.at("bins")) {
        sparse.bins.push_back({bin.at(0).get<std::uint32_t>(), bin.at(1).get<std::uint64_t>()});
    }
    return sparse;
}

template <class T>
ordered_json or_null(const std::optional<T>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json errors_json(const std::array<std::uint64_t, error_kinds>& counts) {
    ordered_json errors = ordered_json::object();
    for (std::size_t i = 0; i < error_kinds; ++i) {
        errors[std::string{name(static_cast<ErrorKind>(i))}] = counts[i];
    }
    return errors;
}

ordered_json crowd_json(const CrowdFigures& figures) {
    ordered_json json = ordered_json::object();
    const auto add = [&json](const char* key, const std::optional<std::uint64_t>& figure) {
        json[key] = or_null(figure);
    };
    for_each_figure(add, figures);
    return json;
}

ordered_json actor_json(const ActorOutcome& actor) {
    return {{"kind", actor.kind},
            {"requests_sent", actor.requests_sent},
            {"replies_ok", actor.replies_ok},
            {"unanswered", actor.unanswered},
            {"served_clients", actor.served_clients},
            {"offered_clients", actor.offered_clients},
            {"fairness_jain", or_null(actor.fairness_jain)},
            {"connections_made", actor.connections_made},
            {"late_sends", actor.late_sends},
            {"errors", errors_json(actor.errors)},
            {"connect_time", to_json(actor.connect_time)},
            {"service_time", to_json(actor.service_time)},
            {"response_time", to_json(actor.response_time)},
            {"crowd", actor.crowd ? crowd_json(*actor.crowd) : ordered_json(nullptr)}};
}

ordered_json actors_json(const Outcome& outcome) {
    ordered_json actors = ordered_json::array();
    for (const ActorOutcome& actor : outcome.actors) actors.push_back(actor_json(actor));
    return actors;
}

ordered_json timeline_json(const Outcome& outcome) {
    ordered_json points = ordered_json::array();
    for (const TimelinePoint& point : outcome.timeline) {
        points.push_back({{"replies", point.replies}, {"p99_us", or_null(point.p99_us)}});
    }
    return {{"step_ms", timeline_step_s * 1e3}, {"points", points}};
}

}  // namespace

ordered_json to_json(const Histogram& histogram) {
    return {{"count", histogram.count()},
            {"p50_us", percentile_us(histogram, 50)},
            {"p90_us", percentile_us(histogram, 90)},
            {"p99_us", percentile_us(histogram, 99)},
            {"p999_us", percentile_us(histogram, 99.9)},
            {"max_us", percentile_us(histogram, 100)},
            {"histogram", sparse_json(histogram.sparse())}};
}

Histogram histogram_from_json(const ordered_json& written) {
    try {
        auto histogram = Histogram::from_sparse(sparse_from_json(written.at("histogram")));
        if (histogram) return *std::move(histogram);
    } catch (const nlohmann::json::exception& error) {
        throw std::invalid_argument{error.what()};
    }
    throw std::invalid_argument{"a histogram whose bins and parameters do not agree"};
}

ordered_json to_json(const Outcome& outcome) {
    return {{"requests_sent", outcome.requests_sent},
            {"replies_ok", outcome.replies_ok},
            {"unanswered", outcome.unanswered},
            {"served_clients", outcome.served_clients},
            {"offered_clients", outcome.offered_clients},
            {"fairness_jain", or_null(outcome.fairness_jain)},
            {"throughput_per_s", outcome.throughput_per_s},
            {"measured_s", outcome.measured_s},
            {"connections_made", outcome.connections_made},
            {"idle_established", outcome.idle_established},
            {"idle_lost", outcome.idle_lost},
            {"errors", errors_json(outcome.errors)},
            {"first_wrong", outcome.first_wrong.empty() ? ordered_json(nullptr)
                                                        : ordered_json(outcome.first_wrong)},
            {"connect_time", to_json(outcome.connect_time)},
            {"service_time", to_json(outcome.service_time)},
            {"response_time", to_json(outcome.response_time)},
            {"load",
             {{"cpu_busy_ratio", outcome.cpu_busy_ratio},
              {"awake_ratio", outcome.awake_ratio},
              {"cpu_us_per_request", or_null(outcome.cpu_us_per_request)},
              {"late_sends", outcome.late_sends},
              {"crowd_cpu_busy_ratio", or_null(outcome.crowd_cpu_busy_ratio)},
              {"was_the_limit", outcome.was_the_limit}}},
            {"timeline", timeline_json(outcome)},
            {"actors", actors_json(outcome)}};
}

}  // namespace load
