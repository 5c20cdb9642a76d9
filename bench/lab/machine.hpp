#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

/// The machine on which a comparison runs, without anything that names it or its user.
namespace lab {

struct Machine {
    std::string kernel;
    std::string distribution;
    std::string architecture;
    std::string cpu_model;
    int cpus = 0;
    std::string allowed_cpus;  ///< "0-3"
    std::optional<double> cpu_quota;  ///< CPUs that the cgroup grants; none: unbounded
    std::uint64_t memory_mib = 0;
    std::string virtualised;  ///< what tells that it is a virtual machine; empty: nothing does
    std::string container;  ///< what tells that it is a container; empty: nothing does
    double load_average_1min = 0;
    std::uint64_t open_files_soft = 0, open_files_hard = 0;
    int somaxconn = 0;
    int port_range_first = 0, port_range_last = 0;
    std::map<std::string, std::optional<std::int64_t>> tcp;  ///< settings by name; none: not there
    bool io_uring = false;
    std::string io_uring_reason;  ///< why not; empty where available
    bool openat2 = false;
    double clock_resolution_ns = 0;
    std::string clock_source;
    double cpu_tick_ms = 0;  ///< grain of the user and system split
};

[[nodiscard]] Machine machine_here();

/// Processes and threads that this user may begin yet; none: its limit does not bind it.
/// source: getrlimit(2), RLIMIT_NPROC; proc(5), status.
[[nodiscard]] std::optional<std::uint64_t> tasks_left();

/// Why there is no io_uring for us; empty where there is.
[[nodiscard]] std::string io_uring_reason();

/// Whether this kernel is one of the Windows Subsystem for Linux.
[[nodiscard]] bool is_wsl(const Machine& machine);

}  // namespace lab
