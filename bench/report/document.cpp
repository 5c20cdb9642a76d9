#include "bench/report/document.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/text.hpp"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

constexpr std::array<std::string_view, 5> status_names{"measured", "wrong answer", "not applicable",
                                                       "failed", "interrupted"};
constexpr std::array<std::string_view, 4> verdict_names{
    "better", "worse", "no detectable difference", "too few rounds"};
constexpr std::array<std::string_view, 2> opinion_names{"agrees", "differs"};
constexpr std::array<std::string_view, 3> sighting_names{"found", "not found", "inconclusive"};

// Each `describe` names the members of one struct, once, for writing and for reading.

template <class V, Is<lab::Run> T>
void describe(V& visit, T& run) {
    visit("id", run.id);
    visit("started_at", run.started_at);
    visit("duration_s", run.duration_s);
    visit("preset", run.preset);
    visit("baseline", run.baseline);
    visit("seed", run.seed);
    visit("command", run.command);
    visit("tool_version", run.tool_version);
    visit("commit", run.commit);
    visit("complete", run.complete);
    visit("rounds_planned", run.rounds_planned);
    visit("warm_up_s", run.warm_up_s);
    visit("measured_s", run.measured_s);
}

template <class V, Is<lab::Machine> T>
void describe(V& visit, T& machine) {
    visit("kernel", machine.kernel);
    visit("distribution", machine.distribution);
    visit("architecture", machine.architecture);
    visit("cpu_model", machine.cpu_model);
    visit("cpus", machine.cpus);
    visit("allowed_cpus", machine.allowed_cpus);
    visit("cpu_quota_cpus", machine.cpu_quota);
    visit("memory_mib", machine.memory_mib);
    visit("virtualised", machine.virtualised);
    visit("container", machine.container);
    visit("load_average_1min", machine.load_average_1min);
    visit("open_files_soft", machine.open_files_soft);
    visit("open_files_hard", machine.open_files_hard);
    visit("somaxconn", machine.somaxconn);
    visit("port_range_first", machine.port_range_first);
    visit("port_range_last", machine.port_range_last);
    visit("tcp", machine.tcp);
    visit("io_uring", machine.io_uring);
    visit("io_uring_reason", machine.io_uring_reason);
    visit("openat2", machine.openat2);
    visit("clock_resolution_ns", machine.clock_resolution_ns);
    visit("clock_source", machine.clock_source);
    visit("cpu_tick_ms", machine.cpu_tick_ms);
}

template <class V, Is<lab::Build> T>
void describe(V& visit, T& build) {
    visit("compiler", build.compiler);
    visit("flags", build.flags);
    visit("type", build.type);
    visit("libraries", build.libraries);
}

template <class V, Is<lab::Placement> T>
void describe(V& visit, T& placement) {
    visit("transport", placement.transport);
    visit("server_cpus", placement.server_cpus);
    visit("load_cpus", placement.load_cpus);
    visit("agents", placement.agents);
}

template <class V, Is<lab::Traits> T>
void describe(V& visit, T& traits) {
    visit("model", traits.model);
    visit("idea", traits.idea);
    visit("kind", traits.kind);
    visit("trigger", traits.trigger);
    visit("one_at_a_time", traits.one_at_a_time);
    visit("one_a_worker", traits.one_a_worker);
    visit("workers", traits.workers);
    visit("descriptor_wall", traits.descriptor_wall);
    visit("never_sleeps", traits.never_sleeps);
    visit("processes", traits.processes);
    visit("threads", traits.threads);
    visit("hands_over", traits.hands_over);
    visit("needs", traits.needs);
}

template <class V, Is<lab::Model> T>
void describe(V& visit, T& model) {
    visit("name", model.name);
    visit("args", model.args);
    visit("added_command", model.command);
    visit("missing", model.missing);
    visit("open_files_limit", model.open_files);
    visit("files_first", model.files_first);
    visit("traits", model.traits);
}

template <class V, Is<lab::Actor> T>
void describe(V& visit, T& actor) {
    visit("kind", actor.kind);
    visit("count", actor.count.number);
    visit("closes", actor.close);
    visit("path", actor.path);
    visit("expect_status", actor.expect_status);
    visit("whole", actor.whole);
    visit("more_bytes", actor.more_bytes);
    visit("rate_per_s", actor.rate_per_s.number);
    visit("poisson", actor.poisson);
    visit("depth", actor.depth.number);
    visit("bytes_per_s", actor.bytes_per_s.number);
    visit("requests_a_connection", actor.requests_a_connection);
    visit("period_s", actor.period_s);
    visit("start_s", actor.start_s);
    visit("stop_s", actor.stop_s);
}

template <class V, Is<lab::Event> T>
void describe(V& visit, T& event) {
    visit("at_s", event.at_s);
    visit("do", event.kind);
    visit("rate_per_s", event.rate_per_s);
    visit("for_s", event.for_s);
}

template <class V, Is<lab::Workload> T>
void describe(V& visit, T& workload) {
    visit("id", workload.id);
    visit("name", workload.name);
    visit("title", workload.title);
    visit("sweep", workload.point);
    visit("actors", workload.actors);
    visit("events", workload.events);
}

template <class V, Is<lab::Times> T>
void describe(V& visit, T& times) {
    visit("count", times.count);
    visit("p50_us", times.p50_us);
    visit("p90_us", times.p90_us);
    visit("p99_us", times.p99_us);
    visit("p999_us", times.p999_us);
    visit("max_us", times.max_us);
    visit("histogram", times.histogram);
}

template <class V, Is<load::SparseHistogram> T>
void describe(V& visit, T& histogram) {
    visit("sub_bins_per_octave", histogram.sub_bins_per_octave);
    visit("highest_ns", histogram.highest_ns);
    visit("count", histogram.count);
    visit("min_ns", histogram.min_ns);
    visit("max_ns", histogram.max_ns);
    visit("bins", histogram.bins);
}

template <class V, Is<load::TimelinePoint> T>
void describe(V& visit, T& point) {
    visit("replies", point.replies);
    visit("p99_us", point.p99_us);
}

template <class V, Is<lab::Timeline> T>
void describe(V& visit, T& timeline) {
    visit("step_ms", timeline.step_ms);
    visit("points", timeline.points);
}

template <class V, Is<lab::CallSite> T>
void describe(V& visit, T& site) {
    visit("file", site.file);
    visit("line", site.line);
    visit("call", site.call);
    visit("calls", site.calls);
    visit("bytes", site.bytes);
    visit("would_block", site.would_block);
    visit("interrupted", site.interrupted);
    visit("errors", site.errors);
    visit("asleep_ms", site.asleep_ms);
}

template <class V, Is<lab::WorkerFigures> T>
void describe(V& visit, T& worker) {
    visit("connections", worker.connections);
    visit("requests", worker.requests);
}

template <class V, Is<lab::ServerFigures> T>
void describe(V& visit, T& server) {
    visit("cpu_ms", server.cpu_ms);
    visit("cpu_user_ms", server.cpu_user_ms);
    visit("cpu_system_ms", server.cpu_system_ms);
    visit("cpu_us_per_request", server.cpu_us_per_request);
    visit("cpu_busy_ratio", server.cpu_busy_ratio);
    visit("cpu_wait_ratio", server.cpu_wait_ratio);
    visit("memory_kib", server.memory_kib);
    visit("peak_memory_kib", server.peak_memory_kib);
    visit("memory_note", server.memory_note);
    visit("memory_per_connection_bytes", server.memory_per_connection_bytes);
    visit("kernel_memory_per_connection_bytes", server.kernel_memory_per_connection_bytes);
    visit("kernel_socket_memory_kib", server.kernel_socket_memory_kib);
    visit("threads", server.threads);
    visit("processes", server.processes);
    visit("switches_voluntary", server.switches_voluntary);
    visit("switches_involuntary", server.switches_involuntary);
    visit("requests", server.requests);
    visit("accepted", server.accepted);
    visit("closed", server.closed);
    visit("refused", server.refused);
    visit("timed_out", server.timed_out);
    visit("accept_pauses", server.accept_pauses);
    visit("system_calls_per_request", server.system_calls_per_request);
    visit("system_calls_per_request_by_name", server.system_calls_per_request_by_name);
    visit("system_calls_source", server.system_calls_source);
    visit("system_calls_reason", server.system_calls_reason);
    visit("wakeups_per_request", server.wakeups_per_request);
    visit("events_per_wakeup", server.events_per_wakeup);
    visit("wasted_wakeups_per_request", server.wasted_wakeups_per_request);
    visit("events_per_wakeup_histogram", server.events_per_wakeup_histogram);
    visit("call_sites", server.call_sites);
    visit("workers", server.workers);
}

template <class V, Is<lab::KernelFigures> T>
void describe(V& visit, T& kernel) {
    visit("listen_overflows", kernel.listen_overflows);
    visit("listen_drops", kernel.listen_drops);
    visit("syn_retransmissions", kernel.syn_retransmissions);
    visit("segments_retransmitted", kernel.segments_retransmitted);
    visit("resets_sent", kernel.resets_sent);
    visit("established_resets", kernel.established_resets);
    visit("delayed_acks", kernel.delayed_acks);
    visit("accept_queue", kernel.accept_queue);
    visit("receive_queue_bytes", kernel.receive_queue_bytes);
    visit("segments_received", kernel.segments_received);
    visit("segments_sent", kernel.segments_sent);
}

template <class V, Is<lab::LoadFigures> T>
void describe(V& visit, T& load) {
    visit("cpu_busy_ratio", load.cpu_busy_ratio);
    visit("awake_ratio", load.awake_ratio);
    visit("cpu_us_per_request", load.cpu_us_per_request);
    visit("late_sends", load.late_sends);
    visit("was_the_limit", load.was_the_limit);
    visit("crowd_cpu_busy_ratio", load.crowd_cpu_busy_ratio);
    visit("crowd_shares_cpu", load.crowd_shares_cpu);
    visit("reply_timeout_s", load.reply_timeout_s);
    visit("connect_timeout_s", load.connect_timeout_s);
}

template <class V, Is<load::CrowdFigures> T>
void describe(V& visit, T& crowd) {
    load::for_each_figure(visit, crowd);
}

template <class V, Is<lab::ActorFigures> T>
void describe(V& visit, T& actor) {
    visit("kind", actor.kind);
    visit("offered_clients", actor.offered_clients);
    visit("served_clients", actor.served_clients);
    visit("requests_sent", actor.requests_sent);
    visit("replies_ok", actor.replies_ok);
    visit("unanswered", actor.unanswered);
    visit("connections_made", actor.connections_made);
    visit("late_sends", actor.late_sends);
    visit("fairness_jain", actor.fairness_jain);
    visit("errors", actor.errors);
    visit("response_p50_us", actor.response_p50_us);
    visit("response_p99_us", actor.response_p99_us);
    visit("response_max_us", actor.response_max_us);
    visit("service_p50_us", actor.service_p50_us);
    visit("service_p99_us", actor.service_p99_us);
    visit("service_max_us", actor.service_max_us);
    visit("connect_p50_us", actor.connect_p50_us);
    visit("connect_max_us", actor.connect_max_us);
    visit("crowd", actor.crowd);
}

template <class V, Is<lab::Cell> T>
void describe(V& visit, T& cell) {
    visit("model", cell.model);
    visit("workload", cell.workload);
    visit("round", cell.round);
    visit("order", cell.order);
    visit("status", cell.status);
    visit("reason", cell.reason);
    visit("ended", cell.ended);
    visit("measured_s", cell.measured_s);
    visit("requests_sent", cell.requests_sent);
    visit("replies_ok", cell.replies_ok);
    visit("unanswered", cell.unanswered);
    visit("offered_clients", cell.offered_clients);
    visit("served_clients", cell.served_clients);
    visit("fairness_jain", cell.fairness_jain);
    visit("throughput_per_s", cell.throughput_per_s);
    visit("connections_made", cell.connections_made);
    visit("errors", cell.errors);
    visit("connect_time", cell.connect_time);
    visit("service_time", cell.service_time);
    visit("response_time", cell.response_time);
    visit("server", cell.server);
    visit("kernel", cell.kernel);
    visit("load", cell.load);
    visit("timeline", cell.timeline);
    visit("actors", cell.actors);
}

template <class V, Is<lab::SummaryRow> T>
void describe(V& visit, T& row) {
    visit("model", row.model);
    visit("workload", row.workload);
    visit("metric", row.metric);
    visit("rounds", row.rounds);
    visit("median", row.median);
    visit("least", row.least);
    visit("most", row.most);
    visit("interval_95", row.interval_95);
    visit("baseline", row.baseline);
    visit("ratio", row.ratio);
    visit("ratio_interval_95", row.ratio_interval_95);
    visit("p_value", row.p_value);
    visit("p_adjusted", row.p_adjusted);
    visit("verdict", row.verdict);
    visit("verdict_reason", row.verdict_reason);
    visit("p_mann_whitney", row.p_mann_whitney);
    visit("p_mann_whitney_adjusted", row.p_mann_whitney_adjusted);
    visit("mann_whitney_method", row.mann_whitney_method);
    visit("second_opinion", row.second_opinion);
}

template <class V, Is<lab::Drift> T>
void describe(V& visit, T& drift) {
    visit("workload", drift.workload);
    visit("rounds", drift.rounds);
    visit("models", drift.models);
    visit("last_to_first_ratio", drift.last_to_first_ratio);
    visit("slope_percent_per_round", drift.slope_percent_per_round);
    visit("p_value", drift.p_value);
    visit("method", drift.method);
}

template <class V, Is<lab::Diagnosis> T>
void describe(V& visit, T& diagnosis) {
    visit("artefact", diagnosis.artefact);
    visit("model", diagnosis.model);
    visit("workload", diagnosis.workload);
    visit("rounds", diagnosis.rounds);
    visit("sentence", diagnosis.sentence);
    visit("evidence", diagnosis.evidence);
    visit("figures", diagnosis.figures);
}

template <class V, Is<lab::ThresholdOutcome> T>
void describe(V& visit, T& outcome) {
    visit("threshold", outcome.threshold);
    visit("model", outcome.model);
    visit("workload", outcome.workload);
    visit("metric", outcome.metric);
    visit("median", outcome.median);
    visit("holds", outcome.holds);
}

template <class V, Is<lab::CheckOutcome> T>
void describe(V& visit, T& check) {
    visit("says", check.says);
    visit("number", check.number);
    visit("sighting", check.sighting);
    visit("reason", check.reason);
    visit("rounds", check.rounds);
    visit("median", check.median);
    visit("interval", check.interval);
    visit("least", check.least);
    visit("most", check.most);
    visit("published", check.published);
    visit("seen", check.seen);
}

template <class V, Is<lab::SignatureOutcome> T>
void describe(V& visit, T& signature) {
    visit("sighting", signature.sighting);
    visit("checks", signature.checks);
}

template <class V, Is<lab::ReplicationOutcome> T>
void describe(V& visit, T& replication) {
    visit("says", replication.says);
    visit("source", replication.source);
    visit("figure", replication.figure);
    visit("axis", replication.axis);
    visit("points", replication.points);
}

template <class V, Is<lab::ReplicationOutcome::Point> T>
void describe(V& visit, T& point) {
    visit("model", point.model);
    visit("at", point.at);
    visit("then", point.then);
    visit("now", point.now);
}

template <class V, Is<analysis::Interval> T>
void describe(V& visit, T& interval) {
    visit("low", interval.low);
    visit("high", interval.high);
    visit("coverage", interval.coverage);
}

// Values of all kinds, in both directions. Strings that are optional by nature are null
// when they are empty: "not known", "no reason".

template <class T>
Json json_of(const T& value);

class Writer {
public:
    explicit Writer(Json& json) : json_{json} {}

    template <class T>
    void operator()(const char* key, const T& value) {
        json_[key] = json_of(value);
    }

private:
    Json& json_;
};

template <class T>
Json described(const T& value) {
    Json json = Json::object();
    Writer writer{json};
    describe(writer, value);
    return json;
}

Json json_value(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}
Json json_value(bool value) {
    return value;
}
template <std::integral T>
Json json_value(T value) {
    return value;
}
Json json_value(double value) {
    if (!std::isfinite(value)) return nullptr;
    return written(value);
}
Json json_value(lab::Status status) {
    return name_of(status);
}
Json json_value(lab::Verdict verdict) {
    return name_of(verdict);
}
Json json_value(lab::Opinion opinion) {
    return name_of(opinion);
}
Json json_value(lab::Sighting sighting) {
    return name_of(sighting);
}
Json json_value(lab::Event::Kind kind) {
    return lab::name_of(kind);
}
Json json_value(lab::ActorKind kind) {
    return lab::name_of(kind);
}
Json json_value(const load::SparseHistogram::Bin& bin) {
    return Json::array({bin.index, bin.count});
}
Json json_value(const std::array<std::uint64_t, load::error_kinds>& errors) {
    Json json = Json::object();
    for (std::size_t kind = 0; kind < errors.size(); ++kind) {
        json[std::string{load::name(static_cast<load::ErrorKind>(kind))}] = errors[kind];
    }
    return json;
}
template <class T>
Json json_value(const std::optional<T>& value) {
    return value ? json_of(*value) : Json(nullptr);
}
template <class T>
Json json_value(const std::map<std::string, T>& values) {
    Json json = Json::object();
    for (const auto& [key, value] : values) json[key] = json_of(value);
    return json;
}
Json json_value(const std::vector<std::pair<std::string, double>>& values) {
    Json json = Json::object();
    for (const auto& [key, value] : values) json[key] = json_value(value);
    return json;
}
template <class T>
Json json_value(const std::vector<T>& values) {
    Json json = Json::array();
    for (const T& value : values) json.push_back(json_of(value));
    return json;
}

template <class T>
Json json_of(const T& value) {
    if constexpr (requires { json_value(value); }) {
        return json_value(value);
    } else {
        return described(value);
    }
}

// Reading: a value of another type, or a name that is none, is no document of ours.

template <class T>
void read(const Json& json, T& value);

struct NoSuchNumber {};

class Reader {
public:
    explicit Reader(const Json& json) : json_{json} {
        if (!json.is_object()) throw Unreadable{"an object is missing"};
    }

    template <class T>
    void operator()(const char* key, T& value) {
        const auto found = json_.find(key);
        if (found == json_.end()) return;
        try {
            read(*found, value);
        } catch (const Json::exception&) {
            throw wrong_type(key);
        } catch (const NoSuchNumber&) {
            throw wrong_type(key);
        }
    }

private:
    static Unreadable wrong_type(const char* key) {
        return Unreadable{fmt::format("`{}` is of another type than it should be", key)};
    }

    const Json& json_;
};

/// A number, if it is one of T: the library would cast 2e50 to an integer.
/// errors: throws NoSuchNumber, or what the library throws of another type
template <class T>
T number_of(const Json& json) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        const bool fits =
            json.is_number_unsigned()
                ? std::in_range<T>(json.get<std::uint64_t>())
                : json.is_number_integer() && std::in_range<T>(json.get<std::int64_t>());
        if (!fits) throw NoSuchNumber{};
    }
    return json.get<T>();
}

template <class Name, std::size_t count>
Name read_name(const Json& json, const std::array<std::string_view, count>& names) {
    const auto found = std::find(names.begin(), names.end(), json.get<std::string>());
    if (found == names.end())
        throw Unreadable{fmt::format("{} is no name that is known here", json.dump())};
    return static_cast<Name>(found - names.begin());
}

void read_value(const Json& json, std::string& value) {
    value = json.is_null() ? std::string{} : lab::showable(json.get<std::string>());
}
template <class T>
requires std::is_arithmetic_v<T>
void read_value(const Json& json, T& value) {
    value = number_of<T>(json);
}
void read_value(const Json& json, lab::Status& value) {
    value = read_name<lab::Status>(json, status_names);
}
void read_value(const Json& json, lab::Verdict& value) {
    value = read_name<lab::Verdict>(json, verdict_names);
}
void read_value(const Json& json, lab::Opinion& value) {
    value = read_name<lab::Opinion>(json, opinion_names);
}
void read_value(const Json& json, lab::Sighting& value) {
    value = read_name<lab::Sighting>(json, sighting_names);
}
void read_value(const Json& json, lab::Event::Kind& value) {
    value = read_name<lab::Event::Kind>(json, lab::event_names);
}
void read_value(const Json& json, lab::ActorKind& value) {
    value = lab::actor_kind(json.get<std::string>()).value_or(lab::ActorKind::polite);
}
void read_value(const Json& json, load::SparseHistogram::Bin& bin) {
    bin = {.index = number_of<std::uint32_t>(json.at(0)),
           .count = number_of<std::uint64_t>(json.at(1))};
}
void read_value(const Json& json, std::array<std::uint64_t, load::error_kinds>& errors) {
    if (!json.is_object()) throw NoSuchNumber{};
    for (std::size_t kind = 0; kind < errors.size(); ++kind) {
        const auto found = json.find(load::name(static_cast<load::ErrorKind>(kind)));
        errors[kind] = found == json.end() ? 0 : number_of<std::uint64_t>(*found);
    }
}
template <class T>
void read_value(const Json& json, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) read(json, value.emplace());
}
template <class T>
void read_value(const Json& json, std::map<std::string, T>& values) {
    for (const auto& [key, value] : json.get_ref<const Json::object_t&>())
        read(value, values[lab::showable(key)]);
}
void read_value(const Json& json, std::vector<std::pair<std::string, double>>& values) {
    for (const auto& [key, value] : json.get_ref<const Json::object_t&>())
        values.emplace_back(lab::showable(key), value.get<double>());
}
template <class T>
void read_value(const Json& json, std::vector<T>& values) {
    for (const Json& value : json.get_ref<const Json::array_t&>())
        read(value, values.emplace_back());
}

template <class T>
void read(const Json& json, T& value) {
    if constexpr (requires { read_value(json, value); }) {
        read_value(json, value);
    } else {
        Reader reader{json};
        describe(reader, value);
    }
}

// Lists of objects are written one object a line, the rest on a line a key.
std::string list_text(const Json& list) {
    if (!list.is_array() || list.empty()) return list.dump();
    std::string text = "[\n";
    for (const Json& item : list) {
        text += "    " + item.dump(-1, ' ', false, Json::error_handler_t::replace);
        text += &item == &list.back() ? "\n" : ",\n";
    }
    return text + "  ]";
}

void check_schema(const Json& json) {
    if (!json.is_object() || !json.contains("schema") || !json["schema"].is_object() ||
        json["schema"].value("name", "") != schema_name) {
        throw Unreadable{"this is no result of iolab"};
    }
    const auto found = json["schema"].find("version");
    if (found == json["schema"].end() || !found->is_string())
        throw Unreadable{"this result does not say of which version it is"};
    const auto version = found->get<std::string>();
    if (version.substr(0, version.find('.')) != std::to_string(schema_major)) {
        throw Unreadable{
            fmt::format("this result has version {} of the format, which this iolab does "
                        "not know; it reads version {}",
                        lab::showable(version), schema_major)};
    }
}

}  // namespace

double written(double value) {
    return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

std::string_view name_of(lab::Status status) noexcept {
    return status_names[static_cast<std::size_t>(status)];
}
std::string_view name_of(lab::Verdict verdict) noexcept {
    return verdict_names[static_cast<std::size_t>(verdict)];
}
std::string_view name_of(lab::Opinion opinion) noexcept {
    return opinion_names[static_cast<std::size_t>(opinion)];
}
std::string_view name_of(lab::Sighting sighting) noexcept {
    return sighting_names[static_cast<std::size_t>(sighting)];
}

std::string to_text(const lab::Result& result) {
    Json schema{{"name", schema_name},
                {"version", fmt::format("{}.{}", schema_major, schema_minor)}};
    const std::vector<std::pair<const char*, Json>> members{
        {"schema", std::move(schema)},
        {"run", json_of(result.run)},
        {"machine", json_of(result.machine)},
        {"build", json_of(result.build)},
        {"placement", json_of(result.placement)},
        {"models", json_of(result.models)},
        {"workloads", json_of(result.workloads)},
        {"cells", json_of(result.cells)},
        {"summary", json_of(result.summary)},
        {"drift", json_of(result.drift)},
        {"diagnoses", json_of(result.diagnoses)},
        {"thresholds", json_of(result.thresholds)},
        {"signature", json_of(result.signature)},
        {"replication", json_of(result.replication)},
        {"warnings", json_of(result.warnings)},
    };
    std::string text = "{\n";
    for (const auto& member : members) {
        text += fmt::format("  \"{}\": {}", member.first, list_text(member.second));
        text += &member == &members.back() ? "\n" : ",\n";
    }
    return text + "}\n";
}

lab::Result from_text(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) throw Unreadable{"this is no JSON, or only a part of it"};
    check_schema(json);
    lab::Result result;
    Reader read_member{json};
    read_member("run", result.run);
    read_member("machine", result.machine);
    read_member("build", result.build);
    read_member("placement", result.placement);
    read_member("models", result.models);
    read_member("workloads", result.workloads);
    read_member("cells", result.cells);
    read_member("summary", result.summary);
    read_member("drift", result.drift);
    read_member("diagnoses", result.diagnoses);
    read_member("thresholds", result.thresholds);
    read_member("signature", result.signature);
    read_member("replication", result.replication);
    read_member("warnings", result.warnings);
    return result;
}

}  // namespace report
