#include "bench/lab/fitness.hpp"

#include <fmt/format.h>

namespace lab {
namespace {

Finding kernel_of(const Machine& machine) {
    Finding finding{"kernel", machine.kernel, Fitness::good, ""};
    if (is_wsl(machine)) {
        finding.fitness = Fitness::caution;
        finding.meaning = "WSL: a virtual machine beside Windows; compare ratios, not times";
    }
    return finding;
}

Finding cpus_of(const Topology& topology) {
    const Placement placement = place(topology);
    Finding finding{"CPUs",
                    fmt::format("{} allowed; server on {}, load on {}", topology.cpus.size(),
                                cpu_list(placement.server_cpus), cpu_list(placement.load_cpus)),
                    Fitness::good, ""};
    if (placement.warnings.empty()) return finding;
    finding.fitness = Fitness::caution;
    finding.meaning = placement.warnings.front();
    return finding;
}

Finding quota_of(const Machine& machine) {
    if (!machine.cpu_quota) return {"CPU quota", "none", Fitness::good, ""};
    return {
        "CPU quota", fmt::format("{:.2f} CPUs", *machine.cpu_quota),
        *machine.cpu_quota < 2 ? Fitness::caution : Fitness::note,
        "the kernel stops this group when its share is used up, up to 100 ms at a time: long p99"};
}

Finding container_of(const Machine& machine) {
    if (machine.container.empty()) return {"container", "none found", Fitness::good, ""};
    return {"container", machine.container, Fitness::note,
            "limits and filters of the container apply; io_uring is often forbidden"};
}

Finding virtual_of(const Machine& machine) {
    if (machine.virtualised.empty()) return {"virtual machine", "none found", Fitness::good, ""};
    return {"virtual machine", machine.virtualised, Fitness::note,
            "neighbours may take CPU time away unseen: trust ratios inside a round"};
}

Finding load_of(const Machine& machine) {
    Finding finding{"load average", fmt::format("{:.2f}", machine.load_average_1min), Fitness::good,
                    ""};
    if (machine.load_average_1min <= 0.5 * machine.cpus) return finding;
    finding.fitness = Fitness::caution;
    finding.meaning = "something else is running: wait until it has ended";
    return finding;
}

Finding files_of(const Machine& machine) {
    Finding finding{"open files", fmt::format("{} (hard limit)", machine.open_files_hard),
                    Fitness::good, ""};
    constexpr std::uint64_t enough = 16384;
    if (machine.open_files_hard >= enough) return finding;
    finding.fitness = machine.open_files_hard >= 2048 ? Fitness::note : Fitness::caution;
    finding.meaning = fmt::format(
        "workloads with more than about {} clients are left out; ulimit -Hn, "
        "limits.conf(5) or the container's settings raise it",
        machine.open_files_hard > 50 ? machine.open_files_hard - 50 : 0);
    return finding;
}

Finding backlog_of(const Machine& machine) {
    Finding finding{"somaxconn", fmt::format("{}", machine.somaxconn), Fitness::good, ""};
    if (machine.somaxconn >= 4096) return finding;
    finding.fitness = Fitness::caution;
    finding.meaning =
        "bursts of connections overflow the accept queue, which costs the clients a second each; "
        "sysctl net.core.somaxconn=4096";
    return finding;
}

Finding ports_of(const Machine& machine) {
    const int count = machine.port_range_last - machine.port_range_first + 1;
    Finding finding{"local ports",
                    fmt::format("{} to {}", machine.port_range_first, machine.port_range_last),
                    Fitness::good, ""};
    if (machine.port_range_first <= 1024) {
        finding.fitness = Fitness::caution;
        finding.meaning =
            "no room below the ephemeral range: a client can be given a server's port";
    } else if (count < 10000) {
        finding.fitness = Fitness::caution;
        finding.meaning = "few local ports: a connection a request may run out of them";
    }
    return finding;
}

Finding uring_of(const Machine& machine) {
    if (machine.io_uring) return {"io_uring", "available", Fitness::good, ""};
    return {"io_uring", "not available: " + machine.io_uring_reason, Fitness::note,
            "models of the completion kind are left out, with this reason"};
}

Finding openat2_of(const Machine& machine) {
    if (machine.openat2) return {"openat2", "available", Fitness::good, ""};
    return {"openat2", "not available", Fitness::note,
            "static files (--root) are refused; Linux 5.6 or later, outside of a filter, has it"};
}

Finding clock_of(const Machine& machine) {
    Finding finding{
        "clock",
        fmt::format("{}, {} ns", machine.clock_source.empty() ? "unknown" : machine.clock_source,
                    machine.clock_resolution_ns),
        Fitness::good, ""};
    const bool slow = machine.clock_source == "hpet" || machine.clock_source == "acpi_pm";
    if (slow || machine.clock_resolution_ns > 1000) {
        finding.fitness = Fitness::caution;
        finding.meaning =
            "a slow clock: reading it costs the load side a microsecond and more a request";
    }
    return finding;
}

Finding syn_of(const Machine& machine) {
    const auto found = machine.tcp.find("tcp_syn_linear_timeouts");
    const auto value = found == machine.tcp.end() ? std::nullopt : found->second;
    return {"lost SYN",
            value ? fmt::format("tcp_syn_linear_timeouts = {}", *value)
                  : "tcp_syn_linear_timeouts is not there",
            Fitness::good,
            value.value_or(0) > 0
                ? "a client whose first packet is dropped tries again after 1 s, then each second"
                : "a client whose first packet is dropped tries again after 1, then 3, then 7 s"};
}

}  // namespace

std::vector<Finding> examine(const Machine& machine, const Topology& topology) {
    return {kernel_of(machine),  cpus_of(topology), quota_of(machine),   container_of(machine),
            virtual_of(machine), load_of(machine),  files_of(machine),   backlog_of(machine),
            ports_of(machine),   uring_of(machine), openat2_of(machine), clock_of(machine),
            syn_of(machine)};
}

}  // namespace lab
