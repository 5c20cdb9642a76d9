#include "bench/lab/machine.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "bench/lab/placement.hpp"
#include "bench/lab/text.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/fd.hpp"

namespace lab {
namespace {

constexpr std::array tcp_settings{"tcp_syn_linear_timeouts",
                                  "tcp_syn_retries",
                                  "tcp_synack_retries",
                                  "tcp_syncookies",
                                  "tcp_max_syn_backlog",
                                  "tcp_abort_on_overflow",
                                  "tcp_tw_reuse",
                                  "tcp_fin_timeout",
                                  "tcp_max_tw_buckets",
                                  "tcp_timestamps",
                                  "tcp_slow_start_after_idle"};

std::string quoted_value(std::string text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return text;
}

std::string distribution() {
    for (const auto& line : split(contents("/etc/os-release"), '\n')) {
        if (line.rfind("PRETTY_NAME=", 0) == 0) return quoted_value(line.substr(12));
    }
    return "";
}

std::string cpu_model() {
    const std::string cpuinfo = contents("/proc/cpuinfo");
    for (const char* key : {"model name", "Model", "cpu model", "uarch"}) {
        std::string value = value_of(cpuinfo, key);
        if (!value.empty()) return value;
    }
    return "";
}

// x86 has a processor flag for it; elsewhere firmware tells.
std::string virtualised() {
    const std::string flags = " " + value_of(contents("/proc/cpuinfo"), "flags") + " ";
    if (flags.find(" hypervisor ") != flags.npos) return "hypervisor flag in /proc/cpuinfo";
    if (!first_line("/sys/hypervisor/type").empty()) return first_line("/sys/hypervisor/type");
    return "";
}

std::string container() {
    if (::access("/.dockerenv", F_OK) == 0) return "/.dockerenv";
    if (::access("/run/.containerenv", F_OK) == 0) return "/run/.containerenv";
    if (!first_line("/run/systemd/container").empty()) return first_line("/run/systemd/container");
    return "";
}

void read_limits(Machine& machine) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    machine.open_files_soft = files.rlim_cur;
    machine.open_files_hard = files.rlim_max;
    machine.somaxconn = static_cast<int>(number(first_line("/proc/sys/net/core/somaxconn")));
    const auto range = split(first_line("/proc/sys/net/ipv4/ip_local_port_range"), ' ');
    if (range.size() == 2) {
        machine.port_range_first = static_cast<int>(number(range[0]));
        machine.port_range_last = static_cast<int>(number(range[1]));
    }
    for (const char* name : tcp_settings) {
        const std::string line = first_line(fmt::format("/proc/sys/net/ipv4/{}", name));
        auto& value = machine.tcp[name];
        if (!line.empty()) value = static_cast<std::int64_t>(number(line));
    }
}

bool has_openat2() {
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH;
    const long fd = ::syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how);
    if (fd >= 0) ::close(static_cast<int>(fd));
    return fd >= 0;
}

void read_clocks(Machine& machine) {
    timespec resolution{};
    ::clock_getres(CLOCK_MONOTONIC, &resolution);
    machine.clock_resolution_ns =
        static_cast<double>(resolution.tv_sec) * 1e9 + static_cast<double>(resolution.tv_nsec);
    machine.clock_source =
        first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    machine.cpu_tick_ms = 1000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

std::optional<std::uint64_t> tasks_left() {
    rlimit tasks{};
    ::getrlimit(RLIMIT_NPROC, &tasks);
    const std::string own = contents("/proc/self/status");
    constexpr std::uint64_t exempt = (1U << CAP_SYS_RESOURCE) | (1U << CAP_SYS_ADMIN);
    const std::uint64_t rights = std::strtoull(value_of(own, "CapEff").c_str(), nullptr, 16);
    if (tasks.rlim_cur == RLIM_INFINITY || ::getuid() == 0 || (rights & exempt) != 0)
        return std::nullopt;
    std::uint64_t used = 0;
    std::error_code gone;
    const std::filesystem::directory_iterator end;
    for (std::filesystem::directory_iterator at{"/proc", gone}; at != end; at.increment(gone)) {
        const std::string name = at->path().filename();
        if (name.find_first_not_of("0123456789") != name.npos) continue;  // "self" is one of them
        const std::string status = contents(at->path() / "status");
        if (number(value_of(status, "Uid")) == ::getuid())
            used += static_cast<std::uint64_t>(number(value_of(status, "Threads")));
    }
    return tasks.rlim_cur - std::min<std::uint64_t>(used, tasks.rlim_cur);
}

std::string io_uring_reason() {
    if (sys::try_io_uring() == 0) return "";
    switch (errno) {
        case ENOSYS: return "the kernel lacks it, or a sandbox hides it";
        case EPERM: return "forbidden: kernel.io_uring_disabled, or a container's filter";
        case EOPNOTSUPP: return "the kernel is older than Linux 6.0";
        default: return std::strerror(errno);
    }
}

Machine machine_here() {
    Machine machine;
    utsname names{};
    ::uname(&names);
    machine.kernel = names.release;
    machine.architecture = names.machine;
    machine.distribution = distribution();
    machine.cpu_model = cpu_model();
    machine.cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));

    const Topology topology = topology_here();
    std::vector<int> allowed;
    for (const Cpu& cpu : topology.cpus) allowed.push_back(cpu.id);
    machine.allowed_cpus = cpu_list(allowed);
    machine.cpu_quota = topology.quota_cpus;

    machine.memory_mib =
        static_cast<std::uint64_t>(number(value_of(contents("/proc/meminfo"), "MemTotal"))) / 1024;
    machine.virtualised = virtualised();
    machine.container = container();
    machine.load_average_1min = number(first_line("/proc/loadavg"));
    read_limits(machine);
    machine.io_uring_reason = io_uring_reason();
    machine.io_uring = machine.io_uring_reason.empty();
    machine.openat2 = has_openat2();
    read_clocks(machine);
    return machine;
}

bool is_wsl(const Machine& machine) {
    return machine.kernel.find("icrosoft") != std::string::npos ||
           machine.kernel.find("WSL") != std::string::npos;
}

}  // namespace lab
