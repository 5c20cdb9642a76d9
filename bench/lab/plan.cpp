#include "bench/lab/plan.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace lab {
namespace {

// SplitMix64 (Steele, Lea and Flood 2014): the same numbers with every library.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_{seed} {}

    std::size_t below(std::size_t bound) {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t word = state_;
        word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
        word = (word ^ (word >> 27U)) * 0x94d049bb133111ebU;
        return static_cast<std::size_t>((word ^ (word >> 31U)) % bound);
    }

    // 0 to count - 1 in random order (Fisher and Yates).
    std::vector<std::size_t> order(std::size_t count) {
        std::vector<std::size_t> all(count);
        std::iota(all.begin(), all.end(), std::size_t{0});
        for (std::size_t left = count; left > 1; --left) std::swap(all[left - 1], all[below(left)]);
        return all;
    }

private:
    std::uint64_t state_;
};

// Standard streams, listener, epoll set, a root directory, and some to spare.
constexpr int descriptors_besides_clients = 12;

std::string wall_reason(const Model& model, int clients) {
    const int wall = model.traits.descriptor_wall.value_or(0);
    if (wall == 0 || clients + descriptors_besides_clients <= wall) return "";
    return fmt::format("{} clients need descriptors beyond {}, where this model can serve none",
                       clients, wall - 1);
}

// Of a model that serves in turn.
double places_of(const Model& model) {
    return model.traits.one_at_a_time ? 1 : model.workers().value_or(1);
}

// One worker for ever would be enough, but not for a comparison: clients that hold a worker each
// must leave some to the others.
std::string held_reason(const Model& model, const Workload& workload) {
    const Traits& traits = model.traits;
    if (!traits.serves_in_turn()) return "";
    const double places = places_of(model);
    double held = 0;
    std::string_view how;
    for (const Actor& actor : workload.actors) {
        if (actor.count.number < 1 || holds(actor.kind).empty()) continue;
        held += actor.count.number;
        how = holds(actor.kind);
    }
    if (held < places) return "";
    if (traits.one_at_a_time)
        return fmt::format(
            "it serves one client at a time: the first {} one would hold it, and nobody else would "
            "be answered",
            how);
    return fmt::format(
        "it serves {} clients at a time, one a worker: as many {} ones would hold them all, and "
        "nobody else would be answered",
        places, how);
}

// A process is the dearest place that a client can have: thousands of them are a machine's whole
// work, and measure the machine.
constexpr int most_processes = 2000;

std::string processes_reason(const Traits& traits, int clients) {
    if (!traits.forks_a_client() || clients <= most_processes) return "";
    return fmt::format("{} clients would be as many processes; at most {} are made of a machine",
                       clients, most_processes);
}

// For the harness's own threads, and a server's first.
constexpr std::uint64_t tasks_besides = 8;

std::string tasks_reason(const Model& model, int clients, const Limits& limits) {
    if (!limits.server_tasks) return "";
    const int tasks = model.traits.begins_a_task_a_client() ? clients : model.workers().value_or(0);
    if (tasks == 0 || static_cast<std::uint64_t>(tasks) + tasks_besides <= *limits.server_tasks)
        return "";
    return fmt::format(
        "it begins {} processes or threads, and the limit leaves this user {} (ulimit -u)", tasks,
        *limits.server_tasks);
}

std::string limit_reason(const Model& model, int clients, const Limits& limits) {
    const auto needed = static_cast<std::uint64_t>(clients);
    const std::uint64_t first = model.files_first > 0 ? 16 + model.files_first : 0;
    const std::uint64_t allowed =
        model.open_files > 0 ? model.open_files : limits.server_open_files;
    if (first > allowed) {
        return fmt::format(
            "{} descriptors that are taken before it starts need more open files than the limit of "
            "{} (ulimit -Hn)",
            model.files_first, allowed);
    }
    if (needed + descriptors_besides_clients > limits.server_open_files) {
        return fmt::format("{} clients need more open files than the limit of {} (ulimit -Hn)",
                           clients, limits.server_open_files);
    }
    if (needed > limits.load_connections) {
        return fmt::format(
            "{} clients are more than the {} that can be connected from here (open "
            "files, local ports)",
            clients, limits.load_connections);
    }
    return "";
}

}  // namespace

std::size_t Plan::cells() const noexcept {
    return rounds.size() * models.size() * workloads.size();
}

std::size_t Plan::cells_to_run() const noexcept {
    std::size_t count = 0;
    for (const auto& round : rounds) {
        for (const PlannedCell& cell : round) count += cell.reason.empty() ? 1 : 0;
    }
    return count;
}

double Plan::expected_s() const noexcept {
    double sum_s = 0;
    for (const auto& round : rounds) {
        for (const PlannedCell& cell : round) sum_s += expected_s(cell);
    }
    return sum_s;
}

double Plan::expected_s(const PlannedCell& cell) const noexcept {
    if (!cell.reason.empty()) return 0;
    const double cell_s = experiment.warm_up_s + experiment.measured_s + cell_overhead_s;
    if (!experiment.trace_calls || !models[cell.model].has_uncounted_calls()) return cell_s;
    return cell_s + std::min(experiment.warm_up_s, traced_warm_up_most_s) + traced_measured_s +
           traced_overhead_s;
}

std::string why_impossible(const Model& model, const Workload& workload, const Limits& limits) {
    if (!model.missing.empty()) return model.missing;
    const int clients = workload.clients();
    if (auto tasks = tasks_reason(model, clients, limits); !tasks.empty()) return tasks;
    return limit_reason(model, clients, limits);
}

bool has_places(const Model& model, const Workload& workload) {
    if (!model.traits.serves_in_turn()) return true;
    double clients = 0;
    for (const Actor& actor : workload.actors) {
        const bool stays = asks(actor.kind) ? !actor.close : !holds(actor.kind).empty();
        if (stays && !actor.start_s) clients += actor.count.number;
    }
    return clients <= places_of(model);
}

std::string why_not(const Model& model, const Workload& workload, const Limits& limits) {
    if (!model.missing.empty()) return model.missing;
    if (auto held = held_reason(model, workload); !held.empty()) return held;
    const int clients = workload.clients();
    if (auto many = processes_reason(model.traits, clients); !many.empty()) return many;
    if (model.open_files > 0 && clients + descriptors_besides_clients > model.open_files) {
        return fmt::format("{} clients need more open files than the {} that it is allowed",
                           clients, model.open_files);
    }
    const std::string wall = wall_reason(model, clients);
    return wall.empty() ? why_impossible(model, workload, limits) : wall;
}

Plan make_plan(Experiment experiment, std::vector<Model> models, Placement placement, Limits limits,
               std::uint64_t seed) {
    Plan plan{.experiment = std::move(experiment),
              .models = std::move(models),
              .workloads = {},
              .placement = std::move(placement),
              .limits = limits,
              .seed = seed,
              .rounds = {}};
    plan.workloads = workloads_of(plan.experiment);
    // What a model is known to fail at is what an experiment with a signature may be about.
    const auto reason = plan.experiment.signature.empty() ? why_not : why_impossible;
    Random random{seed};
    for (int round = 0; round < plan.experiment.rounds; ++round) {
        auto& cells = plan.rounds.emplace_back();
        for (const std::size_t workload : random.order(plan.workloads.size())) {
            for (const std::size_t model : random.order(plan.models.size())) {
                cells.push_back(
                    {.model = model,
                     .workload = workload,
                     .reason = reason(plan.models[model], plan.workloads[workload], limits)});
            }
        }
    }
    return plan;
}

}  // namespace lab
