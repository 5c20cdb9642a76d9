#include "bench/analysis/difference.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/analysis/rank_sum.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/placement.hpp"

namespace analysis {
namespace {

// Gathers what is not the same.
class Differences {
public:
    void compare(std::string what, const std::string& base, const std::string& fresh) {
        if (base != fresh) found.push_back({std::move(what), shown(base), shown(fresh)});
    }
    template <class Number>
    void compare_numbers(const std::string& what, Number base, Number fresh) {
        compare(what, fmt::format("{}", base), fmt::format("{}", fresh));
    }

    std::vector<Unlike> found;

private:
    static std::string shown(const std::string& text) { return text.empty() ? "none" : text; }
};

std::string text_of(const std::optional<double>& value) {
    return value ? fmt::format("{:g}", *value) : "";
}

std::string text_of(const std::optional<std::int64_t>& value) {
    return value ? fmt::format("{}", *value) : "";
}

// What the kernel calls total depends on how it was started; a twentieth is another machine.
bool same_memory(std::uint64_t base, std::uint64_t fresh) {
    return 20 * (std::max(base, fresh) - std::min(base, fresh)) <= std::max(base, fresh);
}

void compare_machines(const lab::Machine& base, const lab::Machine& fresh, Differences& all) {
    all.compare("kernel", base.kernel, fresh.kernel);
    all.compare("distribution", base.distribution, fresh.distribution);
    all.compare("architecture", base.architecture, fresh.architecture);
    all.compare("CPU model", base.cpu_model, fresh.cpu_model);
    all.compare_numbers("CPUs", base.cpus, fresh.cpus);
    all.compare("allowed CPUs", base.allowed_cpus, fresh.allowed_cpus);
    all.compare("CPU quota", text_of(base.cpu_quota), text_of(fresh.cpu_quota));
    if (!same_memory(base.memory_mib, fresh.memory_mib))
        all.compare_numbers("memory, MiB", base.memory_mib, fresh.memory_mib);
    all.compare("virtual machine", base.virtualised, fresh.virtualised);
    all.compare("container", base.container, fresh.container);
    all.compare("clock", base.clock_source, fresh.clock_source);
    all.compare_numbers("somaxconn", base.somaxconn, fresh.somaxconn);
    for (const auto& [name, value] : base.tcp) {
        const auto other = fresh.tcp.find(name);
        if (other != fresh.tcp.end()) all.compare(name, text_of(value), text_of(other->second));
    }
}

// Whatever else of an actor was given.
std::string manner_of(const lab::Actor& actor) {
    std::string text = actor.poisson ? " poisson" : "";
    const auto add = [&text](const char* key, double value) {
        if (value > 0) text += fmt::format(" {} {}", key, value);
    };
    add("rate_per_s", actor.rate_per_s.number);
    if (actor.kind == lab::ActorKind::pipeliner) add("depth", actor.depth.number);
    add("bytes_per_s", actor.bytes_per_s.number);
    add("requests_a_connection", actor.requests_a_connection);
    add("period_s", actor.period_s);
    if (actor.start_s) text += fmt::format(" start_s {}", *actor.start_s);
    if (actor.stop_s) text += fmt::format(" stop_s {}", *actor.stop_s);
    return text;
}

std::string text_of(const lab::Workload& workload) {
    std::string text;
    for (const lab::Actor& actor : workload.actors) {
        text += fmt::format("{}{} {} {}{}{}", text.empty() ? "" : ", ", actor.count.number,
                            lab::name_of(actor.kind), actor.path, actor.close ? " closing" : "",
                            manner_of(actor));
    }
    for (const lab::Event& event : workload.events) {
        const bool freezes = event.kind == lab::Event::Kind::freeze;
        text += fmt::format(", {} at {} s", freezes ? "freeze" : "thaw", event.at_s);
    }
    return text;
}

template <class Item, class Key>
const Item* find(const std::vector<Item>& items, const std::string& name, Key key) {
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const Item& item) { return item.*key == name; });
    return found == items.end() ? nullptr : &*found;
}

// When the clients gave up. Every cell that was measured has it, and in a run it is the same in all.
std::string time_out_of(const lab::Result& result,
                        std::optional<double> lab::LoadFigures::*time_out_s) {
    for (const lab::Cell& cell : result.cells) {
        if (cell.load && (*cell.load).*time_out_s) return text_of((*cell.load).*time_out_s);
    }
    return "";
}

// No time is longer than a time-out, and a server has less to do once clients have gone. A
// result that does not know its own, such as one of nothing measured, is not blamed for that.
void compare_time_outs(const lab::Result& base, const lab::Result& fresh, Differences& all) {
    const auto compare = [&](const char* what,
                             std::optional<double> lab::LoadFigures::*time_out_s) {
        const std::string before = time_out_of(base, time_out_s);
        const std::string now = time_out_of(fresh, time_out_s);
        if (!before.empty() && !now.empty()) all.compare(what, before, now);
    };
    compare("reply time-out of the clients, s", &lab::LoadFigures::reply_timeout_s);
    compare("connect time-out of the clients, s", &lab::LoadFigures::connect_timeout_s);
}

void compare_experiments(const lab::Result& base, const lab::Result& fresh, Differences& all) {
    all.compare("experiment", base.run.preset, fresh.run.preset);
    all.compare_numbers("warm-up, s", base.run.warm_up_s, fresh.run.warm_up_s);
    all.compare_numbers("measured, s", base.run.measured_s, fresh.run.measured_s);
    compare_time_outs(base, fresh, all);
    for (const lab::Workload& workload : base.workloads) {
        const auto* other = find(fresh.workloads, workload.id, &lab::Workload::id);
        if (other != nullptr) all.compare(workload.id, text_of(workload), text_of(*other));
    }
    for (const lab::Model& model : base.models) {
        const auto* other = find(fresh.models, model.name, &lab::Model::name);
        if (other == nullptr) continue;
        all.compare("arguments of " + model.name, fmt::format("{}", fmt::join(model.args, " ")),
                    fmt::format("{}", fmt::join(other->args, " ")));
    }
}

std::vector<double> logs_of(const lab::Result& result, const std::string& model,
                            const std::string& workload) {
    return analysis::logs_of(judged_figures(result, model, workload, metric_named(primary_metric)));
}

std::optional<DifferenceRow> row_of(const lab::Result& base, const lab::Result& fresh,
                                    const std::string& model, const std::string& workload) {
    const auto before = logs_of(base, model, workload);
    const auto after = logs_of(fresh, model, workload);
    if (before.empty() || after.empty()) return std::nullopt;
    DifferenceRow row;
    row.workload = workload;
    row.model = model;
    row.base_rounds = static_cast<int>(before.size());
    row.fresh_rounds = static_cast<int>(after.size());
    row.base_median_us = std::exp(median(before));
    row.fresh_median_us = std::exp(median(after));
    row.ratio = std::exp(shift(after, before));
    if (auto interval = shift_interval(after, before)) {
        row.ratio_interval_95 =
            Interval{std::exp(interval->low), std::exp(interval->high), interval->coverage};
    }
    const Test test = mann_whitney(after, before);
    row.p_value = test.p;
    row.direction = test.direction;
    row.method = method_name(test.exact);
    return row;
}

lab::Verdict verdict_of(const DifferenceRow& row, std::size_t family) {
    if (row.p_adjusted <= significance) {
        // Equal values may have the middle pair for themselves while the others lie on one side.
        if (std::log(row.ratio) * row.direction <= 0) return lab::Verdict::no_detectable_difference;
        return row.direction < 0 ? lab::Verdict::better : lab::Verdict::worse;
    }
    const double least = least_mann_whitney_p(static_cast<std::size_t>(row.fresh_rounds),
                                              static_cast<std::size_t>(row.base_rounds));
    return least * static_cast<double>(family) > significance
               ? lab::Verdict::too_few_rounds
               : lab::Verdict::no_detectable_difference;
}

void add_verdicts(std::vector<DifferenceRow>& family) {
    std::vector<double> p_values;
    p_values.reserve(family.size());
    for (const DifferenceRow& row : family) p_values.push_back(row.p_value);
    const auto adjusted = holm(p_values);
    for (std::size_t at = 0; at < family.size(); ++at) {
        family[at].p_adjusted = adjusted[at];
        family[at].verdict = verdict_of(family[at], family.size());
    }
}

// What was measured, "poll on keep-alive".
std::set<std::string> measured(const lab::Result& result) {
    std::set<std::string> all;
    for (const lab::Cell& cell : result.cells) {
        if (cell.status == lab::Status::measured) all.insert(cell.model + " on " + cell.workload);
    }
    return all;
}

}  // namespace

std::vector<Unlike> unlike(const lab::Result& base, const lab::Result& fresh) {
    Differences all;
    compare_machines(base.machine, fresh.machine, all);
    all.compare("compiler", base.build.compiler, fresh.build.compiler);
    all.compare("build type", base.build.type, fresh.build.type);
    all.compare("compiler flags", base.build.flags, fresh.build.flags);
    all.compare("transport", base.placement.transport, fresh.placement.transport);
    all.compare("CPUs of the server", lab::cpu_list(base.placement.server_cpus),
                lab::cpu_list(fresh.placement.server_cpus));
    all.compare("CPUs of the load", lab::cpu_list(base.placement.load_cpus),
                lab::cpu_list(fresh.placement.load_cpus));
    compare_experiments(base, fresh, all);
    return std::move(all.found);
}

std::vector<DifferenceRow> difference(const lab::Result& base, const lab::Result& fresh) {
    std::vector<DifferenceRow> rows;
    for (const lab::Workload& workload : base.workloads) {
        std::vector<DifferenceRow> family;
        for (const lab::Model& model : base.models) {
            if (auto row = row_of(base, fresh, model.name, workload.id))
                family.push_back(std::move(*row));
        }
        add_verdicts(family);
        rows.insert(rows.end(), family.begin(), family.end());
    }
    return rows;
}

bool moved_together(const std::vector<DifferenceRow>& rows) {
    if (rows.size() < 3) return false;
    const lab::Verdict verdict = rows.front().verdict;
    if (verdict != lab::Verdict::better && verdict != lab::Verdict::worse) return false;
    return std::all_of(rows.begin(), rows.end(),
                       [&](const DifferenceRow& row) { return row.verdict == verdict; });
}

std::vector<std::string> left_out(const lab::Result& base, const lab::Result& fresh) {
    const auto before = measured(base);
    const auto after = measured(fresh);
    std::set<std::string> judged;
    for (const DifferenceRow& row : difference(base, fresh))
        judged.insert(row.model + " on " + row.workload);
    std::vector<std::string> notes;
    for (const std::string& cell : before) {
        if (!after.contains(cell))
            notes.push_back(cell + ": measured in BASE only");
        else if (!judged.contains(cell))
            notes.push_back(cell + ": not judged, no figure or clients that set the pace");
    }
    for (const std::string& cell : after) {
        if (!before.contains(cell)) notes.push_back(cell + ": measured in NEW only");
    }
    return notes;
}

}  // namespace analysis
