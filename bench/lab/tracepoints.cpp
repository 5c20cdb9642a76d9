#include "bench/lab/tracepoints.hpp"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "bench/lab/call_names.hpp"
#include "bench/lab/text.hpp"
#include "bench/verify/process.hpp"

namespace lab {
namespace {

// The kernel's filters by name, such as `id == 7 || id == 271`. All events hang on the one
// tracepoint that every call passes: a tracepoint for each call would take the kernel 40 ms each
// to let go.
std::map<std::string_view, std::string> filters() {
    std::map<std::string_view, std::string> filters;
    for (const TracedCall& call : traced_calls()) {
        std::string& filter = filters[call.manual];
        filter += fmt::format("{}id == {}", filter.empty() ? "" : " || ", call.number);
    }
    return filters;
}

// The directory of events: mounted in one of two places, or else for this process alone, in no
// place at all, which only root can have: fsopen, fsmount.
sys::Fd open_tracefs() {
    for (const char* path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
        sys::Fd directory{::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        if (directory && ::faccessat(directory.get(), "events", R_OK | X_OK, 0) == 0)
            return directory;
    }
    const sys::Fd context{::fsopen("tracefs", FSOPEN_CLOEXEC)};
    if (!context) return {};
    ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
    return sys::Fd{::fsmount(context.get(), FSMOUNT_CLOEXEC, 0)};
}

// The tracepoint's number; 0 where the kernel has none.
std::uint64_t tracepoint(const sys::Fd& tracefs) {
    const sys::Fd file{
        ::openat(tracefs.get(), "events/raw_syscalls/sys_enter/id", O_RDONLY | O_CLOEXEC)};
    std::array<char, 32> text{};
    if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
    return static_cast<std::uint64_t>(number(text.data()));
}

// Without a filter: of all calls. What is inherited goes through the same filter.
sys::Fd open_event(std::uint64_t id, pid_t thread, const std::string& filter) {
    perf_event_attr event{};
    event.type = PERF_TYPE_TRACEPOINT;
    event.size = sizeof event;
    event.config = id;
    event.inherit = 1;  // threads and children that begin later count here as well
    sys::Fd counter{static_cast<int>(
        ::syscall(SYS_perf_event_open, &event, thread, -1, -1, PERF_FLAG_FD_CLOEXEC))};
    const bool set = counter && (filter.empty() || ::ioctl(counter.get(), PERF_EVENT_IOC_SET_FILTER,
                                                           filter.c_str()) == 0);
    return set ? std::move(counter) : sys::Fd{};
}

std::string refused(const char* what) {
    const int error = errno;
    const char* rights = error == EACCES || error == EPERM ? "; root may" : "";
    return fmt::format("system calls could not be counted: {}: {}{}", what, std::strerror(error),
                       rights);
}

}  // namespace

CallTracer::CallTracer(const std::vector<pid_t>& pids) {
    refusal_ = open(pids);
    if (!refusal_.empty()) counters_.clear();
}

std::string CallTracer::open(const std::vector<pid_t>& pids) {
    const sys::Fd tracefs = open_tracefs();
    if (!tracefs) return refused("tracefs cannot be read");
    errno = ENOENT;
    const std::uint64_t id = tracepoint(tracefs);
    if (id == 0) return refused("the tracepoint raw_syscalls:sys_enter cannot be read");
    auto wanted = filters();
    wanted[""] = "";
    for (const auto& [name, filter] : wanted) {
        for (const pid_t thread : verify::threads_of(pids)) {
            sys::Fd counter = open_event(id, thread, filter);
            if (!counter && errno == ESRCH) continue;  // it has ended
            if (!counter) return refused("perf_event_open");
            counters_.push_back({name, std::move(counter)});
        }
    }
    return "";
}

CallCounts CallTracer::read() const {
    CallCounts counts;
    std::uint64_t all = 0;
    std::uint64_t known = 0;
    for (const Counter& counter : counters_) {
        std::uint64_t count = 0;
        if (::read(counter.event.get(), &count, sizeof count) != sizeof count) continue;
        (counter.name.empty() ? all : known) += count;
        if (!counter.name.empty()) counts[std::string{counter.name}] += count;
    }
    counts["other"] = all > known ? all - known : 0;
    return counts;
}

std::map<std::string, double> calls_per_request(const CallCounts& before, const CallCounts& after,
                                                std::uint64_t requests) {
    std::map<std::string, double> calls;
    if (requests == 0) return calls;
    for (const auto& [name, now] : after) {
        const auto earlier = before.find(name);
        const std::uint64_t then = earlier == before.end() ? 0 : earlier->second;
        if (now > then)
            calls[name] = static_cast<double>(now - then) / static_cast<double>(requests);
    }
    return calls;
}

}  // namespace lab
