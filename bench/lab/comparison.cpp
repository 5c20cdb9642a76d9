#include "bench/lab/comparison.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <random>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "bench/build.hpp"
#include "bench/lab/cell.hpp"
#include "bench/lab/neighbours.hpp"
#include "bench/lab/warnings.hpp"
#include "bench/load/engine.hpp"

namespace lab {
namespace {

using Clock = std::chrono::steady_clock;

// Time to the second and 16 random bits: two runs of one second differ.
std::string fresh_id(std::time_t now) {
    std::random_device random;
    return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::gmtime(now), random() & 0xffffU);
}

Build build_here() {
    return {.compiler = generated::compiler,
            .flags = generated::flags,
            .type = generated::build_type,
            .libraries = {{"CLI11", generated::cli11_version},
                          {"fmt", generated::fmt_version},
                          {"nlohmann_json", generated::json_version}}};
}

void warn(Result& result, const std::string& text) {
    const auto& known = result.warnings;
    if (std::find(known.begin(), known.end(), text) == known.end()) result.warnings.push_back(text);
}

void warn_of_machine(Result& result) {
    const Machine& machine = result.machine;
    if (machine.load_average_1min > 0.5 * machine.cpus) {
        warn(result,
             fmt::format("load average {:.1f} on {} CPUs at the start: something else was running "
                         "a moment ago; times may be too long, ratios inside a round suffer less",
                         machine.load_average_1min, machine.cpus));
    }
    if (result.build.type == "Debug")
        warn(result, fmt::format("{}: every figure is too high", warning::debug_build));
    if (result.build.flags.find("-fsanitize") != std::string::npos) {
        warn(result, fmt::format("{}: every figure is too high", warning::sanitizers));
    }
    if (is_wsl(machine))
        warn(result, "on WSL: the clock and the network are those of a virtual machine");
}

// While it lives, this thread runs where the load does, not where a server is measured.
class OffServerCpus {
public:
    explicit OffServerCpus(const Placement& placement) {
        ::sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        for (const int cpu : placement.load_cpus) CPU_SET(static_cast<std::size_t>(cpu), &cpus);
        ::sched_setaffinity(0, sizeof cpus, &cpus);
    }
    OffServerCpus(const OffServerCpus&) = delete;
    OffServerCpus& operator=(const OffServerCpus&) = delete;
    ~OffServerCpus() { ::sched_setaffinity(0, sizeof before_, &before_); }

private:
    cpu_set_t before_{};
};

Cell unmeasured(const Model& model, const Workload& workload, Status status,
                const std::string& reason) {
    Cell cell;
    cell.model = model.name;
    cell.workload = workload.id;
    cell.status = status;
    cell.reason = reason;
    return cell;
}

// Runs cells, except those of a server that has not got ready before: each would take as long
// again as we wait for a server.
class Cells {
public:
    Cells(const Plan& plan, const CellConditions& conditions)
        : plan_{plan}, conditions_{conditions} {}

    Cell run(const PlannedCell& planned, int round) {
        const Model& model = plan_.models[planned.model];
        const Workload& workload = plan_.workloads[planned.workload];
        if (!planned.reason.empty())
            return unmeasured(model, workload, Status::not_applicable, planned.reason);
        const auto known = never_ready_.find(planned.model);
        if (known != never_ready_.end())
            return unmeasured(model, workload, Status::failed, known->second);
        Cell cell = run_cell(model, workload, conditions_);
        int& failures = failures_in_a_row_[planned.model];
        failures = cell.got_ready ? 0 : failures + 1;
        if (failures >= most_failures)
            never_ready_[planned.model] = fmt::format(
                "it did not get ready twice in a row, in round {} at last; not tried "
                "again: {}",
                round, cell.reason);
        return cell;
    }

private:
    // Once may be an accident: another program took the port in between.
    static constexpr int most_failures = 2;

    const Plan& plan_;
    const CellConditions& conditions_;
    std::map<std::size_t, int> failures_in_a_row_;  // by model
    std::map<std::size_t, std::string> never_ready_;  // the reason, by model
};

// A page that was too small for a server's call sites has counts that are too low.
void note_lost_calls(const Cell& cell, const std::vector<Model>& models, Result& result) {
    const bool own = std::any_of(models.begin(), models.end(), [&](const Model& model) {
        return model.name == cell.model && !model.is_added();
    });
    if (!own || !cell.server || cell.server->system_calls_reason.empty()) return;
    warn(result, fmt::format("{}: calls a request are not given for some cells, whose "
                             "`system_calls_reason` says why",
                             cell.model));
}

// Somebody else's work on the server's CPU shows as time that it was ready and had none.
void note_competition(Result& result) {
    constexpr double much = 0.05;
    if (result.placement.server_cpus == result.placement.load_cpus) return;
    std::size_t measured = 0;
    std::size_t disturbed = 0;
    for (const Cell& cell : result.cells) {
        if (!cell.server || !cell.server->cpu_wait_ratio) continue;
        ++measured;
        disturbed += *cell.server->cpu_wait_ratio > much ? 1 : 0;
    }
    if (2 * disturbed <= measured) return;
    warn(result,
         fmt::format("in {} of {} cells {} for more than 5 % of the time: other programs ran "
                     "there; times and rates say little, CPU and calls a request suffer less",
                     disturbed, measured, warning::waited_for_cpu));
}

// Without a CPU of its own, the thread of all who are no measure of speed takes time from clients
// that are.
void note_crowds(Result& result) {
    constexpr double much = 0.05;
    double most = 0;
    for (const Cell& cell : result.cells) {
        if (cell.load && cell.load->crowd_shares_cpu.value_or(false))
            most = std::max(most, cell.load->crowd_cpu_busy_ratio.value_or(0));
    }
    if (most <= much) return;
    warn(result,
         fmt::format("the dead, slow and rude clients took up to {:.0f} % of the CPU that the "
                     "measured clients run on (`load.crowd_cpu_busy_ratio`): times may be too "
                     "long; with two CPUs for the load they have one of their own",
                     100 * most));
}

void note_neighbours(Neighbours& neighbours, Result& result) {
    if (!neighbours.others()) return;
    warn(result, fmt::format("{}: both disturb each other", warning::another_comparison));
}

}  // namespace

Limits limits_here() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    const auto target = load::numeric_address("127.0.0.1", 1).value();
    return {.server_open_files = files.rlim_max,
            .load_connections = load::limits(target).connections,
            .server_tasks = tasks_left()};
}

Result begin_result(const Plan& plan, std::string command) {
    const std::time_t now = std::time(nullptr);
    Result result;
    result.run = {.id = fresh_id(now),
                  .started_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now)),
                  .duration_s = 0,
                  .preset = plan.experiment.name,
                  .baseline = baseline_among(plan.models, plan.experiment.baseline),
                  .seed = plan.seed,
                  .command = std::move(command),
                  .tool_version = IOLAB_VERSION,
                  .commit = generated::commit,
                  .complete = false,
                  .rounds_planned = plan.experiment.rounds,
                  .warm_up_s = plan.experiment.warm_up_s,
                  .measured_s = plan.experiment.measured_s};
    result.machine = machine_here();
    result.build = build_here();
    result.placement = plan.placement;
    result.models = plan.models;
    result.workloads = plan.workloads;
    result.warnings = plan.placement.warnings;
    warn_of_machine(result);
    return result;
}

void run(const Plan& plan, Result& result, const Observer& observer,
         const std::atomic<bool>& stop) {
    const auto started = Clock::now();
    const OffServerCpus elsewhere{plan.placement};
    Neighbours neighbours;
    note_neighbours(neighbours, result);
    const CellConditions conditions{.placement = plan.placement,
                                    .warm_up_s = plan.experiment.warm_up_s,
                                    .measured_s = plan.experiment.measured_s,
                                    .trace_calls = plan.experiment.trace_calls,
                                    .reply_timeout_s = plan.experiment.reply_timeout_s,
                                    .connect_timeout_s = plan.experiment.connect_timeout_s,
                                    .bugs_expected = !plan.experiment.signature.empty(),
                                    .stop = &stop};
    Cells cells{plan, conditions};
    int order = 0;
    int round_number = 0;
    for (const auto& round : plan.rounds) {
        ++round_number;
        for (const PlannedCell& planned : round) {
            if (stop) break;
            if (observer.cell_begins) observer.cell_begins(planned);
            Cell cell = cells.run(planned, round_number);
            note_lost_calls(cell, plan.models, result);
            cell.round = round_number;
            cell.order = ++order;
            result.cells.push_back(std::move(cell));
            if (observer.cell_ended) observer.cell_ended(result.cells.back());
        }
        note_neighbours(neighbours, result);
        result.run.duration_s = std::chrono::duration<double>(Clock::now() - started).count();
        if (stop || round_number == static_cast<int>(plan.rounds.size())) {
            note_competition(result);
            note_crowds(result);
        }
        result.run.complete = result.cells.size() == plan.cells() &&
                              result.cells.back().status != Status::interrupted;
        if (observer.round_ended) observer.round_ended(result);
        if (stop) return;
    }
}

}  // namespace lab
