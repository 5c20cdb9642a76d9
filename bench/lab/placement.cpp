#include "bench/lab/placement.hpp"

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include <fmt/format.h>

#include "bench/lab/text.hpp"
#include "bench/lab/warnings.hpp"

namespace lab {
namespace {

using Core = std::vector<Cpu>;

// The allowed CPUs, core by core, in the order of their first CPUs.
std::vector<Core> cores_of(const Topology& topology) {
    std::vector<Core> cores;
    std::map<std::pair<int, int>, std::size_t> place;
    for (const Cpu& cpu : topology.cpus) {
        const auto [at, fresh] = place.try_emplace({cpu.package, cpu.core}, cores.size());
        if (fresh) cores.emplace_back();
        cores[at->second].push_back(cpu);
    }
    return cores;
}

Placement on_one_cpu(const Cpu& cpu) {
    return {.transport = "loopback",
            .server_cpus = {cpu.id},
            .load_cpus = {cpu.id},
            .agents = {},
            .warnings = {fmt::format(
                "{}: server and load take turns on it, so times and replies a second say "
                "little; CPU time and calls a request still compare",
                warning::one_cpu)}};
}

Placement on_one_core(const Core& core) {
    Placement placement = on_one_cpu(core.front());
    placement.load_cpus = {core.back().id};
    placement.warnings = {fmt::format(
        "{} (CPUs {} and {} are its hardware threads): each slows the other, so times and replies "
        "a second say little",
        warning::one_core, core.front().id, core.back().id)};
    return placement;
}

// Cores behind the first of the package that holds it stand before those of other packages.
void nearest_first(std::vector<Core>& cores) {
    const int home = cores.front().front().package;
    std::stable_partition(cores.begin(), cores.end(),
                          [home](const Core& core) { return core.front().package == home; });
}

void warn_of_quota(Placement& placement, const std::optional<double>& quota_cpus) {
    const auto used = placement.server_cpus.size() + placement.load_cpus.size();
    if (!quota_cpus || *quota_cpus >= static_cast<double>(used)) return;
    placement.warnings.push_back(fmt::format(
        "a CPU quota of {:.2f} CPUs: the kernel stops server and load when it is used up, in "
        "pauses of up to 100 ms that show in all times",
        *quota_cpus));
}

std::optional<double> quota_here() {
    std::optional<double> least;
    const auto consider = [&](double quota_us, double period_us) {
        if (quota_us <= 0 || period_us <= 0) return;
        least = std::min(least.value_or(quota_us / period_us), quota_us / period_us);
    };
    std::string path = "/sys/fs/cgroup" + own_cgroup();
    while (path.size() >= std::string{"/sys/fs/cgroup"}.size()) {
        const auto words = split(first_line(path + "/cpu.max"), ' ');
        if (words.size() == 2 && words[0] != "max") consider(number(words[0]), number(words[1]));
        path.erase(path.rfind('/'));
    }
    consider(number(first_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")),
             number(first_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us")));
    return least;
}

}  // namespace

Placement place(const Topology& topology, int server_cpus) {
    if (topology.cpus.size() == 1) return on_one_cpu(topology.cpus.front());
    std::vector<Core> cores = cores_of(topology);
    if (cores.size() == 1) return on_one_core(cores.front());

    nearest_first(cores);
    Placement placement;
    const std::size_t spare = cores.size() >= 4 ? 1 : 0;
    const std::size_t wanted = static_cast<std::size_t>(server_cpus);
    const std::size_t servers = std::min(wanted, cores.size() - spare - 1);
    for (std::size_t at = spare; at < cores.size(); ++at) {
        auto& side = at < spare + servers ? placement.server_cpus : placement.load_cpus;
        side.push_back(cores[at].front().id);
    }
    if (servers < wanted) {
        placement.warnings.push_back(
            fmt::format("{} CPU{} for a server that could use {}: its workers take turns on them, "
                        "and what comes of there being more is not seen here",
                        servers, servers == 1 ? "" : "s", wanted));
    }
    warn_of_quota(placement, topology.quota_cpus);
    return placement;
}

Topology topology_here() {
    Topology topology;
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) CPU_SET(0, &allowed);
    for (int id = 0; id < CPU_SETSIZE; ++id) {
        if (!CPU_ISSET(id, &allowed)) continue;
        const auto base = fmt::format("/sys/devices/system/cpu/cpu{}/topology/", id);
        const auto core = first_line(base + "core_id");
        const auto package = first_line(base + "physical_package_id");
        topology.cpus.push_back({.id = id,
                                 .core = core.empty() ? id : static_cast<int>(number(core)),
                                 .package = static_cast<int>(number(package))});
    }
    topology.quota_cpus = quota_here();
    return topology;
}

std::string cpu_list(const std::vector<int>& cpus) {
    std::string list;
    for (std::size_t first = 0; first < cpus.size();) {
        std::size_t last = first;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
        if (!list.empty()) list += ',';
        list += last == first ? fmt::format("{}", cpus[first])
                              : fmt::format("{}-{}", cpus[first], cpus[last]);
        first = last + 1;
    }
    return list;
}

}  // namespace lab
