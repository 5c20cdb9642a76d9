#include "tests/bench/rich_result.hpp"

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/analysis/diagnosis.hpp"
#include "bench/analysis/drift.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/analysis/threshold.hpp"
#include "bench/report/document.hpp"

namespace rich {
namespace {

using Json = nlohmann::ordered_json;

constexpr int rounds = 8;

lab::Times times(double typical_us, double slow_us) {
    load::Histogram histogram;
    for (int at = 0; at < 2000; ++at) {
        const double share = at / 2000.0;
        const double us = share < 0.97 ? typical_us * (0.8 + 0.4 * share) : slow_us * share;
        histogram.record(static_cast<std::uint64_t>(us * 1e3));
    }
    const auto at = [&](double percentile) {
        return static_cast<double>(histogram.value_at_percentile(percentile)) / 1e3;
    };
    lab::Times times;
    times.count = histogram.count();
    times.p50_us = at(50);
    times.p90_us = at(90);
    times.p99_us = at(99);
    times.p999_us = at(99.9);
    times.max_us = static_cast<double>(histogram.max_ns()) / 1e3;
    times.histogram = histogram.sparse();
    return times;
}

lab::ServerFigures server_of(const std::string& model, double cpu_us) {
    lab::ServerFigures server;
    server.cpu_us_per_request = cpu_us;
    server.cpu_user_ms = 200;
    server.cpu_system_ms = model == "fast" ? 600 : 1000;
    server.cpu_busy_ratio = 0.9;
    server.peak_memory_kib = model == "fast" ? 4300 : 4500;
    server.memory_per_connection_bytes = 160;
    server.kernel_memory_per_connection_bytes = 7400;
    server.threads = server.processes = 1;
    server.switches_voluntary = 900;
    server.switches_involuntary = 20;
    server.requests = 100000;
    server.refused = server.timed_out = 0;
    server.system_calls_per_request = model == "fast" ? 2.02 : 3.5;
    server.system_calls_per_request_by_name = {{"recv", 1}, {"send", 1}};
    server.system_calls_per_request_by_name[model == "fast" ? "epoll_wait" : "poll"] =
        *server.system_calls_per_request - 2;
    server.wakeups_per_request = 0.02;
    server.call_sites = {
        {.file = "servers/" + model + ".cpp", .line = 44, .call = "recv", .calls = 100000},
        {.file = "servers/" + model + ".cpp",
         .line = 30,
         .call = "poll",
         .calls = 2000,
         .asleep_ms = 300}};
    return server;
}

struct Wanted {
    double cpu_us = 0;
    double replies_per_s = 0;
};

// More for the second model where clients are silent; a little of the round's own.
Wanted wanted_of(const std::string& model, const lab::Workload& workload, int round) {
    double silent = workload.clients(lab::ActorKind::idle);
    double cost = model == "fast" ? 7 : model == "slow" ? 7.7 + silent / 40 : 21;
    cost *= 1 + 0.01 * (round * 5 % 7);
    if (model == "slow" && round == 5 && workload.name == "keep-alive") cost *= 1.5;  // an outlier
    const double clients = workload.clients(lab::ActorKind::polite);
    return {cost, 1e6 / cost * (clients <= 1 ? 0.2 : 0.8)};
}

lab::Timeline timeline_of(const lab::Workload& workload, double replies_per_s) {
    lab::Timeline timeline{.step_ms = 100, .points = {}};
    for (int at = 0; at < 10; ++at) {
        const bool frozen = !workload.events.empty() && at >= 4 && at < 6;
        timeline.points.push_back(
            {.replies = frozen ? 0 : static_cast<std::uint64_t>(replies_per_s / 10),
             .p99_us = frozen ? std::optional<double>{} : 300.0 + at});
    }
    return timeline;
}

lab::Cell cell_of(const std::string& model, const lab::Workload& workload, int round,
                  double factor) {
    const auto [cpu_us, replies_per_s] = wanted_of(model, workload, round);
    lab::Cell cell;
    cell.model = model;
    cell.workload = workload.id;
    cell.round = cell.order = round;
    cell.measured_s = 1;
    cell.replies_ok = cell.requests_sent = static_cast<std::uint64_t>(replies_per_s);
    cell.throughput_per_s = replies_per_s;
    cell.unanswered = 0;
    cell.offered_clients = cell.served_clients = 8;
    const bool open_loop = workload.name == "at-a-rate";
    cell.service_time = times(40 * cpu_us, 90 * cpu_us);
    cell.response_time = open_loop ? times(50 * cpu_us, 400 * cpu_us) : cell.service_time;
    cell.errors.emplace();
    if (workload.name == "breaking" && model == "slow") {
        (*cell.errors)[static_cast<std::size_t>(load::ErrorKind::reset)] = 3;
        (*cell.errors)[static_cast<std::size_t>(load::ErrorKind::reply_timeout)] = 1;
        cell.served_clients = 7;
    }
    cell.server = server_of(model, cpu_us * factor);
    cell.load.emplace();
    cell.load->was_the_limit = model == "lone" && workload.name == "keep-alive" && round < 6;
    cell.timeline = timeline_of(workload, replies_per_s);
    return cell;
}

lab::Workload workload_of(const std::string& name, const std::string& title, double asking,
                          double idle = -1) {
    lab::Workload workload;
    workload.id = workload.name = name;
    workload.title = title;
    workload.actors = {{.kind = lab::ActorKind::polite, .count = {.number = asking, .axis = {}}}};
    if (idle >= 0) {
        workload.id += fmt::format(" idle={}", idle);
        workload.point = {{"idle", idle}};
        workload.actors.push_back(
            {.kind = lab::ActorKind::idle, .count = {.number = idle, .axis = {}}});
    }
    return workload;
}

std::vector<lab::Workload> workloads() {
    std::vector<lab::Workload> all;
    for (const double clients : {1, 8, 64}) {
        all.push_back(workload_of("keep-alive", "clients that ask again and again", clients));
        all.back().id += fmt::format(" clients={}", clients);
        all.back().point = {{"clients", clients}};
    }
    for (const double idle : {0, 100, 1000})
        all.push_back(workload_of("mostly-idle", "8 clients ask, the others are silent", 8, idle));
    all.push_back(workload_of("at-a-rate", "10,000 requests a second", 64));
    all.back().actors[0].kind = lab::ActorKind::steady;
    all.back().actors[0].rate_per_s.number = 10000;
    all.push_back(workload_of("frozen", "a server that stands still for a while", 8));
    all.back().events = {{.at_s = 0.4, .kind = lab::Event::Kind::freeze},
                         {.at_s = 0.6, .kind = lab::Event::Kind::thaw}};
    all.push_back(workload_of("breaking", "clients that are cut off", 8));
    return all;
}

lab::Model model_of(const std::string& name) {
    lab::Model model;
    model.name = name;
    model.executable = "build/bin/" + name;
    model.args = {"--backlog=1"};
    model.traits.model = name;
    model.traits.idea = "one idea of " + name;
    model.traits.kind = "readiness";
    model.traits.trigger = "level";
    return model;
}

lab::Cell left_out(const std::string& model, const std::string& workload, int round,
                   lab::Status status, const std::string& reason) {
    lab::Cell cell;
    cell.model = model;
    cell.workload = workload;
    cell.round = cell.order = round;
    cell.status = status;
    cell.reason = reason;
    return cell;
}

void add_cells(lab::Result& result, double factor) {
    for (int round = 1; round <= rounds; ++round) {
        for (const lab::Workload& workload : result.workloads) {
            for (const char* const model : {"fast", "slow"})
                result.cells.push_back(cell_of(model, workload, round, factor));
            if (workload.name == "mostly-idle") {
                result.cells.push_back(left_out("lone", workload.id, round,
                                                lab::Status::not_applicable,
                                                "it serves one client at a time"));
            } else {
                result.cells.push_back(cell_of("lone", workload, round, factor));
            }
            result.cells.push_back(
                left_out("absent", workload.id, round, lab::Status::failed, "the kernel lacks it"));
        }
    }
}

void describe(lab::Result& result) {
    result.run = {.id = "20261121-101112-00ff",
                  .started_at = "2026-11-21T10:11:12Z",
                  .duration_s = 412.5,
                  .preset = "everything",
                  .baseline = "fast",
                  .seed = 42,
                  .command = "iolab run everything.jsonc",
                  .tool_version = "0.1.0",
                  .commit = "0123456789ab",
                  .complete = true,
                  .rounds_planned = rounds,
                  .warm_up_s = 0.15,
                  .measured_s = 1};
    result.machine.kernel = "6.1.0";
    result.machine.distribution = "Debian GNU/Linux 12";
    result.machine.architecture = "x86_64";
    result.machine.cpu_model = "a CPU";
    result.machine.cpus = 4;
    result.machine.allowed_cpus = "0-3";
    result.machine.memory_mib = 8000;
    result.machine.virtualised = "the hypervisor flag";
    result.machine.container = "/.dockerenv";
    result.machine.cpu_tick_ms = 10;
    result.machine.tcp["tcp_syn_linear_timeouts"] = 4;
    result.build = {.compiler = "GNU 12.2.0",
                    .flags = "-O2 -g",
                    .type = "RelWithDebInfo",
                    .libraries = {{"fmt", "9.1.0"}}};
    result.placement.server_cpus = {1};
    result.placement.load_cpus = {2, 3};
    result.warnings = {"load average 3.1 on 4 CPUs at the start"};
}

// ## Hostile strings

// What the format itself gives a meaning stays as it is.
const std::set<std::string_view> meant{"schema", "status",         "verdict", "do",
                                       "metric", "second_opinion", "sighting"};

constexpr std::string_view attack =
    "</script><script>window.ran=1</script><img src=x onerror=\"window.ran=1\">"
    "'\"--></style></title><svg onload='window.ran=1'>\xe2\x80\xa8{{style}}{{scripts}}"
    "<a href=\"javascript:window.ran=1\">http://127.0.0.1:9/x</a><!--<script>"
    "\u202ethgir eht morf\u2067";

void attack_strings(Json& json) {
    if (json.is_string()) {
        json = json.get<std::string>() + std::string{attack};
        return;
    }
    if (json.is_array()) {
        for (Json& each : json) attack_strings(each);
    }
    if (!json.is_object()) return;
    for (auto& [key, value] : json.items()) {
        const bool of_actor =
            key == "kind" && value.is_string() && lab::actor_kind(value.get<std::string>());
        if (!of_actor && !meant.contains(key)) attack_strings(value);
    }
}

void attack_keys(Json& json) {
    Json renamed = Json::object();
    for (const auto& [key, value] : json.items()) renamed[key + std::string{attack}] = value;
    json = std::move(renamed);
}

}  // namespace

lab::Result result(double factor) {
    lab::Result result;
    describe(result);
    for (const char* const name : {"fast", "slow", "lone", "absent"})
        result.models.push_back(model_of(name));
    result.models[2].traits.one_at_a_time = true;
    result.models[3].missing = "the kernel lacks it";
    result.workloads = workloads();
    add_cells(result, factor);
    result.summary = analysis::summarise(result);
    result.drift = analysis::drift(result);
    result.diagnoses = analysis::diagnose(result);
    result.diagnoses->push_back({.artefact = "starved_clients",
                                 .model = "slow",
                                 .workload = "breaking",
                                 .rounds = 8,
                                 .sentence = "Some clients were served and others were not.",
                                 .evidence = "Round 1: 7 of 8.",
                                 .figures = {{"served_clients", 7}}});
    result.thresholds = analysis::check(result, {analysis::parse_threshold("slow.p99_us < 500")});
    result.signature = lab::SignatureOutcome{
        .sighting = lab::Sighting::found,
        .checks = {{.says = "slow pays for silent clients",
                    .number = "cpu_us_per_request of slow",
                    .sighting = lab::Sighting::found,
                    .reason = "",
                    .rounds = rounds,
                    .median = 4.7,
                    .interval = analysis::Interval{.low = 4.6, .high = 4.8, .coverage = 0.95},
                    .least = 2,
                    .most = {},
                    .published = "a paper",
                    .seen = "4, on another machine"}}};
    result.replication =
        lab::ReplicationOutcome{.says = "a cost, on a machine of then",
                                .source = "somebody, 2002",
                                .figure = "cpu_us_per_request",
                                .axis = "idle",
                                .points = {{.model = "fast", .at = 0, .then = 1, .now = 2},
                                           {.model = "slow", .at = 0, .then = 1234, .now = {}}}};
    result.replication = lab::ReplicationOutcome{
        .says = "a table of the year 2002",
        .source = "a paper",
        .figure = "throughput_per_s",
        .axis = "idle",
        .points = {{.model = "slow", .at = 1000, .then = 1200, .now = 1500}}};
    return result;
}

lab::Result many_models(int count, double factor) {
    lab::Result result;
    describe(result);
    result.run.rounds_planned = 3;
    for (const lab::Workload& workload : workloads()) {
        if (workload.name == "keep-alive" || workload.name == "at-a-rate")
            result.workloads.push_back(workload);
    }
    for (int at = 1; at <= count; ++at)
        result.models.push_back(model_of(fmt::format("model_{}", at)));
    for (int round = 1; round <= result.run.rounds_planned; ++round) {
        for (const lab::Workload& workload : result.workloads) {
            for (int at = 1; at <= count; ++at)
                result.cells.push_back(
                    cell_of(fmt::format("model_{}", at), workload, round, factor * (1 + 0.1 * at)));
        }
    }
    result.summary = analysis::summarise(result);
    result.drift = analysis::drift(result);
    result.diagnoses = analysis::diagnose(result);
    return result;
}

std::string hostile_document() {
    Json json = Json::parse(report::to_text(result()));
    attack_strings(json);
    attack_keys(json["build"]["libraries"]);
    for (Json& cell : json["cells"]) {
        if (cell["server"].is_object())
            attack_keys(cell["server"]["system_calls_per_request_by_name"]);
    }
    return json.dump();
}

}  // namespace rich
