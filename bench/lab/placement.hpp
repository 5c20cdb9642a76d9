#pragma once

#include <optional>
#include <string>
#include <vector>

/// Who runs where: computed from the machine's topology, before anything starts.
namespace lab {

/// One CPU that this process may use.
struct Cpu {
    int id = 0;
    int core = 0;  ///< CPUs of one core (hardware threads) share this number
    int package = 0;  ///< socket
};

struct Topology {
    std::vector<Cpu> cpus;  ///< those allowed, by id; never empty
    std::optional<double> quota_cpus;  ///< CPU time a second that the cgroup grants, if bounded
};

/// Where the two ends of a comparison run.
struct Placement {
    std::string transport = "loopback";
    std::vector<int> server_cpus;
    std::vector<int> load_cpus;
    std::vector<std::string> agents;  ///< other machines that load
    std::vector<std::string> warnings;  ///< what this placement does to the figures
};

/// Gives the server `server_cpus` cores of its own, and the load the rest. With
/// four cores or more, the first one is left to the rest of the machine. Where
/// that cannot be had, the nearest there is, with a warning. Pure.
/// range: `server_cpus` >= 1.
[[nodiscard]] Placement place(const Topology& topology, int server_cpus = 1);

/// The topology of this machine as this process may use it.
/// source: sched_getaffinity(2); /sys/devices/system/cpu; cgroups(7), cpu.max.
[[nodiscard]] Topology topology_here();

/// "0", "0,2" or "2-5,8".
[[nodiscard]] std::string cpu_list(const std::vector<int>& cpus);

}  // namespace lab
