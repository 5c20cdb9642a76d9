#include "bench/lab/accounting.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <istream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fmt/format.h>

#include "bench/lab/text.hpp"
#include "bench/verify/process.hpp"

namespace lab {
namespace {

std::uint64_t kib_of(const std::string& status, const char* key) {
    return static_cast<std::uint64_t>(number(value_of(status, key)));
}

// What each thread tells: schedstat has time on a CPU, time waiting for one, and time slices.
void add_threads(pid_t pid, ProcessReading& reading) {
    const std::string tasks = fmt::format("/proc/{}/task", pid);
    DIR* directory = ::opendir(tasks.c_str());
    if (directory == nullptr) return;
    while (const dirent* entry = ::readdir(directory)) {
        if (entry->d_name[0] == '.') continue;
        const std::string status = contents(fmt::format("{}/{}/status", tasks, entry->d_name));
        const auto schedstat =
            split(first_line(fmt::format("{}/{}/schedstat", tasks, entry->d_name)), ' ');
        if (schedstat.size() > 1) {
            reading.cpu_wait_ns += static_cast<std::uint64_t>(number(schedstat[1]));
        }
        reading.switches_voluntary += kib_of(status, "voluntary_ctxt_switches");
        reading.switches_involuntary += kib_of(status, "nonvoluntary_ctxt_switches");
    }
    ::closedir(directory);
}

// CPU time of a process, and of the children that it has waited for. proc(5), fields 14 to 17 of
// stat; the name in field 2 may hold spaces and ends at the last parenthesis.
struct Ticks {
    std::uint64_t user = 0, system = 0;
    std::uint64_t children_user = 0, children_system = 0;
};

Ticks ticks_of(pid_t pid) {
    const std::string stat = contents(fmt::format("/proc/{}/stat", pid));
    const std::size_t name_end = stat.rfind(')');
    if (name_end == stat.npos) return {};
    const auto fields = split(stat.substr(name_end + 1), ' ');
    if (fields.size() < 15) return {};
    const auto field = [&](std::size_t at) {
        return static_cast<std::uint64_t>(number(fields[at]));
    };
    return {.user = field(11),
            .system = field(12),
            .children_user = field(13),
            .children_system = field(14)};
}

double tick_ms() {
    return 1000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void add_process(pid_t pid, ProcessReading& reading) {
    const std::string status = contents(fmt::format("/proc/{}/status", pid));
    if (status.empty()) return;
    reading.memory_kib += kib_of(status, "VmRSS");
    reading.peak_memory_kib += kib_of(status, "VmHWM");
    reading.private_memory_kib += kib_of(status, "RssAnon");
    reading.threads += static_cast<int>(kib_of(status, "Threads"));
    reading.processes += 1;
    add_threads(pid, reading);
}

// What a process has of the pages that it shares with others is its part of them. A process that
// has ended has nothing; none where its maps may not be read.
struct Proportional {
    std::uint64_t all_kib = 0, private_kib = 0;
};

std::optional<Proportional> proportional_of(pid_t pid) {
    const std::string rollup = contents(fmt::format("/proc/{}/smaps_rollup", pid));
    if (!value_of(rollup, "Pss_Anon").empty())
        return Proportional{kib_of(rollup, "Pss"), kib_of(rollup, "Pss_Anon")};
    const std::string status = contents(fmt::format("/proc/{}/status", pid));
    if (value_of(status, "VmRSS").empty()) return Proportional{};
    return std::nullopt;
}

// A child of fork(2) shares its parent's pages until one of them writes: in a sum of resident sets
// each page stands as often as it is shared.
void add_proportional_memory(const verify::Family& family, ProcessReading& reading) {
    if (reading.processes < 2) return;
    Proportional sum;
    for (const pid_t pid : family.members) {
        const auto part = proportional_of(pid);
        if (!part) return;
        sum.all_kib += part->all_kib;
        sum.private_kib += part->private_kib;
    }
    reading.proportional_memory_kib = sum.all_kib;
    reading.private_memory_kib = sum.private_kib;
}

// All whose children may have been members of the family.
std::vector<pid_t> parents_in(const verify::Family& family) {
    std::vector<pid_t> parents = family.members;
    if (family.guardian > 0) parents.push_back(family.guardian);
    return parents;
}

constexpr std::array<std::pair<const char*, const char*>, 7> kernel_names{{
    {"listen_overflows", "ListenOverflows"},
    {"listen_drops", "ListenDrops"},
    {"syn_retransmissions", "TCPSynRetrans"},
    {"segments_retransmitted", "RetransSegs"},
    {"resets_sent", "OutRsts"},
    {"established_resets", "EstabResets"},
    {"delayed_acks", "DelayedACKs"},
}};

std::string text_of(const char* start, std::size_t most) {
    return {start, ::strnlen(start, most)};
}

void add_row(const sys::Row& row, PageReading& reading) {
    constexpr std::uint32_t in_use = 2;
    if (row.used.load(std::memory_order_acquire) != in_use) return;
    const auto value = [](const sys::Counter& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    CallReading& sum =
        reading.calls[{text_of(row.file.data(), row.file.size()), static_cast<int>(row.line),
                       text_of(row.call.data(), row.call.size())}];
    sum.calls += value(row.calls);
    sum.bytes += value(row.bytes);
    sum.would_block += value(row.would_block);
    sum.interrupted += value(row.interrupted);
    sum.errors += value(row.errors);
    sum.asleep_ns += value(row.asleep_ns);
}

void add_slot(const sys::Slot& slot, PageReading& reading) {
    const auto value = [](const sys::Counter& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    reading.accepted += value(slot.server.accepted);
    reading.closed += value(slot.server.closed);
    reading.refused += value(slot.server.refused);
    reading.timed_out += value(slot.server.timed_out);
    reading.requests += value(slot.server.requests);
    for (const auto& replies : slot.server.replies) reading.replies += value(replies);
    reading.accept_pauses += value(slot.server.accept_pauses);
    reading.wakeups += value(slot.server.wakeups);
    reading.events += value(slot.server.events);
    reading.wasted_wakeups += value(slot.server.wasted_wakeups);
    for (std::size_t bin = 0; bin < reading.events_per_wakeup.size(); ++bin) {
        reading.events_per_wakeup[bin] += value(slot.server.events_per_wakeup[bin]);
    }
    for (const sys::Row& row : slot.rows) add_row(row, reading);
}

// The first thread has the first slot, for it counts before there is any other.
void add_worker(const sys::Page& page, const sys::Slot& slot, PageReading& reading) {
    WorkerReading& worker = reading.workers[static_cast<std::size_t>(&slot - page.slot.data())];
    worker.connections = slot.server.accepted.load(std::memory_order_relaxed);
    worker.requests = slot.server.requests.load(std::memory_order_relaxed);
}

PageReading look_at(const sys::Page& page) {
    PageReading reading;
    for (const sys::Slot& slot : page.slot) {
        const bool untouched = slot.owner.load(std::memory_order_relaxed) == 0 &&
                               slot.rows[0].used.load(std::memory_order_relaxed) == 0;
        if (untouched) continue;
        add_slot(slot, reading);
        if (&slot != &page.slot.front()) add_worker(page, slot, reading);
    }
    reading.lost_rows = page.lost_rows.load(std::memory_order_relaxed);
    return reading;
}

namespace {

// From the project's directory on: a compiler that ran elsewhere may say `../servers/poll.cpp`.
std::string in_project(std::string path) {
    while (path.starts_with("../")) path.erase(0, 3);
    return path;
}

}  // namespace

std::vector<CallSite> call_sites(const PageReading& before, const PageReading& after) {
    std::vector<CallSite> sites;
    for (const auto& [key, now] : after.calls) {
        const auto earlier = before.calls.find(key);
        const CallReading then = earlier == before.calls.end() ? CallReading{} : earlier->second;
        if (now.calls == then.calls) continue;
        const auto& [file, line, call] = key;
        sites.push_back({.file = in_project(file),
                         .line = line,
                         .call = call,
                         .calls = now.calls - then.calls,
                         .bytes = now.bytes - then.bytes,
                         .would_block = now.would_block - then.would_block,
                         .interrupted = now.interrupted - then.interrupted,
                         .errors = now.errors - then.errors,
                         .asleep_ms = static_cast<double>(now.asleep_ns - then.asleep_ns) / 1e6});
    }
    return sites;
}

std::vector<WorkerFigures> worker_figures(const PageReading& before, const PageReading& after) {
    std::vector<WorkerFigures> figures;
    for (const auto& [slot, now] : after.workers) {
        const auto earlier = before.workers.find(slot);
        const auto then = earlier == before.workers.end() ? WorkerReading{} : earlier->second;
        figures.push_back({.connections = now.connections - then.connections,
                           .requests = now.requests - then.requests});
    }
    return figures;
}

// The share of each reply in what the page counted, by the page's own count of replies.
void add_page_figures(const PageReading& before, const PageReading& after, ServerFigures& figures) {
    figures.requests = after.requests - before.requests;
    figures.accepted = after.accepted - before.accepted;
    figures.closed = after.closed - before.closed;
    figures.refused = after.refused - before.refused;
    figures.timed_out = after.timed_out - before.timed_out;
    figures.accept_pauses = after.accept_pauses - before.accept_pauses;
    for (std::size_t bin = 0; bin < after.events_per_wakeup.size(); ++bin) {
        figures.events_per_wakeup_histogram.push_back(after.events_per_wakeup[bin] -
                                                      before.events_per_wakeup[bin]);
    }
    if (after.lost_rows == 0) figures.call_sites = call_sites(before, after);
    figures.workers = worker_figures(before, after);

    const auto wakeups = static_cast<double>(after.wakeups - before.wakeups);
    if (wakeups > 0)
        figures.events_per_wakeup = static_cast<double>(after.events - before.events) / wakeups;
    if (*figures.requests == 0) {
        figures.system_calls_reason = "it counted no requests in the window";
        return;
    }
    const auto requests = static_cast<double>(*figures.requests);
    figures.wakeups_per_request = wakeups / requests;
    figures.wasted_wakeups_per_request =
        static_cast<double>(after.wasted_wakeups - before.wasted_wakeups) / requests;
    // With calls that found no row, every sum would be too small by nobody knows how many.
    if (after.lost_rows > 0) {
        figures.system_calls_reason =
            fmt::format("{} calls found no room on its statistics page", after.lost_rows);
        return;
    }
    figures.system_calls_source = "statistics page";
    figures.system_calls_per_request = 0;
    for (const CallSite& site : figures.call_sites) {
        const double share = static_cast<double>(site.calls) / requests;
        figures.system_calls_per_request_by_name[site.call] += share;
        *figures.system_calls_per_request += share;
    }
}

void add_memory_figures(const Window& window, ServerFigures& figures) {
    const ProcessReading& after = window.process_after;
    figures.memory_kib = after.memory_kib;
    figures.peak_memory_kib = after.peak_memory_kib;
    if (after.processes < 2) return;
    if (!after.proportional_memory_kib) {
        figures.memory_note =
            "of several processes, whose maps may not be read: sums of what is resident in each, "
            "in which a page counts as often as it is shared";
        return;
    }
    const std::uint64_t before_kib = window.process_before.proportional_memory_kib.value_or(0);
    figures.memory_kib = after.proportional_memory_kib;
    figures.peak_memory_kib = std::max(before_kib, *after.proportional_memory_kib);
    figures.memory_note =
        "of several processes: a page that they share counts once (PSS), and the peak is the "
        "larger of two readings, when the window opened and when it closed";
}

// A sum over threads shrinks when one of them ends: then nobody knows what it grew by.
std::optional<std::uint64_t> grown(std::uint64_t before, std::uint64_t after) {
    if (after < before) return std::nullopt;
    return after - before;
}

void add_cpu_figures(const Window& window, std::uint64_t replies, ServerFigures& figures) {
    const ProcessReading& before = window.process_before;
    const ProcessReading& after = window.process_after;
    const auto ms_between = [](std::uint64_t then, std::uint64_t now) -> std::optional<double> {
        const auto ticks = grown(then, now);
        if (!ticks) return std::nullopt;
        return static_cast<double>(*ticks) * tick_ms();
    };
    figures.cpu_user_ms = ms_between(before.user_ticks, after.user_ticks);
    figures.cpu_system_ms = ms_between(before.system_ticks, after.system_ticks);
    // On a busy machine the harness may be held up between an edge and its look at the clock: what
    // was used from look to look is brought to the window's length, or is not known at all.
    const double stretch = window.cpu_length_s > 0 ? window.length_s / window.cpu_length_s : 1;
    const auto used_ns = grown(before.cpu_ns, after.cpu_ns);
    if (!used_ns || stretch < 0.5 || stretch > 2) return;
    const auto cpu_ns = static_cast<double>(*used_ns) * stretch;
    figures.cpu_ms = cpu_ns / 1e6;
    if (replies > 0) figures.cpu_us_per_request = cpu_ns / 1e3 / static_cast<double>(replies);
    if (window.length_s > 0) figures.cpu_busy_ratio = cpu_ns / 1e9 / window.length_s;
    const auto waited_ns = grown(before.cpu_wait_ns, after.cpu_wait_ns);
    if (waited_ns && window.length_s > 0)
        figures.cpu_wait_ratio = static_cast<double>(*waited_ns) / 1e9 / window.length_s;
}

}  // namespace

std::uint64_t read_cpu_ns(const verify::Family& family) {
    std::uint64_t sum = 0;
    for (const pid_t pid : family.members) sum += verify::cpu_ns(pid);
    std::uint64_t ended_ticks = 0;
    for (const pid_t pid : parents_in(family)) {
        const Ticks ticks = ticks_of(pid);
        ended_ticks += ticks.children_user + ticks.children_system;
    }
    return sum + static_cast<std::uint64_t>(static_cast<double>(ended_ticks) * tick_ms() * 1e6);
}

ProcessReading read_process(const verify::Family& family) {
    ProcessReading reading;
    reading.cpu_ns = read_cpu_ns(family);
    for (const pid_t pid : family.members) {
        add_process(pid, reading);
        const Ticks ticks = ticks_of(pid);
        reading.user_ticks += ticks.user;
        reading.system_ticks += ticks.system;
    }
    add_proportional_memory(family, reading);
    for (const pid_t pid : parents_in(family)) {
        const Ticks ticks = ticks_of(pid);
        reading.user_ticks += ticks.children_user;
        reading.system_ticks += ticks.children_system;
    }
    return reading;
}

std::map<std::string, std::int64_t> parse_named_counters(const std::string& text) {
    std::map<std::string, std::int64_t> values;
    std::vector<std::string> names;
    for (const auto& line : split(text, '\n')) {
        auto words = split(line, ' ');
        if (words.empty()) continue;
        const bool pairs =
            !names.empty() && names.front() == words.front() && names.size() == words.size();
        if (!pairs) {
            names = std::move(words);
            continue;
        }
        for (std::size_t at = 1; at < words.size(); ++at) {
            values[names[at]] = static_cast<std::int64_t>(number(words[at]));
        }
        names.clear();
    }
    return values;
}

KernelReading read_kernel() {
    KernelReading reading;
    // The names that both files have (none of ours) would be taken from the second.
    auto values = parse_named_counters(contents("/proc/net/netstat"));
    values.merge(parse_named_counters(contents("/proc/net/snmp")));
    for (const auto& [name, kernels] : kernel_names) {
        const auto found = values.find(kernels);
        if (found != values.end()) reading.counters[name] = found->second;
    }
    const auto words = split(value_of(contents("/proc/net/sockstat"), "TCP"), ' ');
    for (std::size_t at = 0; at + 1 < words.size(); at += 2) {
        if (words[at] != "mem") continue;
        reading.socket_memory_kib =
            static_cast<std::int64_t>(number(words[at + 1])) * ::sysconf(_SC_PAGESIZE) / 1024;
    }
    return reading;
}

std::optional<std::uint64_t> parse_slabs(std::istream& table) {
    constexpr std::array<std::string_view, 11> ours{
        "TCP",           "TCPv6",         "sock_inode_cache", "filp",
        "eventpoll_epi", "eventpoll_pwq", "task_struct",      "signal_cache",
        "sighand_cache", "mm_struct",     "vm_area_struct"};
    std::optional<std::uint64_t> bytes;
    std::string line;
    while (std::getline(table, line)) {
        std::istringstream words{line};
        std::string name;
        std::uint64_t active = 0;
        std::uint64_t all = 0;
        std::uint64_t size = 0;
        words >> name >> active >> all >> size;
        if (!words || std::find(ours.begin(), ours.end(), name) == ours.end()) continue;
        bytes = bytes.value_or(0) + active * size;
    }
    return bytes;
}

std::optional<std::uint64_t> kernel_structures_bytes() {
    std::ifstream table{"/proc/slabinfo"};
    const auto slabs = parse_slabs(table);
    if (!slabs) return std::nullopt;
    std::uint64_t bytes = *slabs;
    const std::string meminfo = contents("/proc/meminfo");
    for (const char* const name : {"KernelStack", "PageTables"}) {
        const std::string kib = value_of(meminfo, name);
        bytes += static_cast<std::uint64_t>(number(kib.substr(0, kib.find(' ')))) * 1024;
    }
    return bytes;
}

std::optional<int> parse_accept_queue(std::istream& table, int port) {
    const std::string wanted = fmt::format(":{:04X}", port);
    std::optional<int> waiting;
    std::string line;
    while (std::getline(table, line)) {
        const auto fields = split(line, ' ');
        const bool listens = fields.size() > 4 && fields[3] == "0A";
        if (!listens && waiting) break;
        if (!listens || !fields[1].ends_with(wanted)) continue;
        const std::string queue = fields[4].substr(fields[4].find(':') + 1);
        waiting = waiting.value_or(0) + static_cast<int>(std::stoul(queue, nullptr, 16));
    }
    return waiting;
}

std::optional<int> accept_queue(int port) {
    for (const char* const path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream table{path};
        if (const auto waiting = parse_accept_queue(table, port)) return waiting;
    }
    return std::nullopt;
}

PageFile::PageFile() : memory_{::memfd_create("iolab-statistics", MFD_CLOEXEC)} {
    if (!memory_) throw std::system_error{errno, std::generic_category(), "memfd_create"};
}

PageFile::PageFile(PageFile&& from) noexcept
    : memory_{std::move(from.memory_)}, page_{std::exchange(from.page_, nullptr)} {}

PageFile::~PageFile() {
    if (page_ != nullptr) ::munmap(const_cast<sys::Page*>(page_), sizeof(sys::Page));
}

std::string PageFile::path() const {
    return fmt::format("/proc/{}/fd/{}", ::getpid(), memory_.get());
}

// The server gives the file its size before it begins the page, and never shortens it again.
bool PageFile::map() {
    if (page_ != nullptr) return true;
    struct stat file {};
    const bool whole =
        ::fstat(memory_.get(), &file) == 0 && file.st_size == static_cast<off_t>(sizeof(sys::Page));
    if (!whole) return false;
    void* memory = ::mmap(nullptr, sizeof(sys::Page), PROT_READ, MAP_SHARED, memory_.get(), 0);
    if (memory != MAP_FAILED) page_ = static_cast<const sys::Page*>(memory);
    return page_ != nullptr;
}

std::optional<PageReading> PageFile::read() {
    if (!map()) return std::nullopt;
    const bool ours = page_->magic == sys::page_magic && page_->version == sys::page_version &&
                      page_->size_bytes == sizeof(sys::Page);
    if (!ours) return std::nullopt;

    // The server counts on while we look. Where somebody else had our CPU in between, counts of
    // one moment stand beside those of another: then we look again, and keep the quickest look.
    using Clock = std::chrono::steady_clock;
    constexpr int most_looks = 10;
    PageReading quickest;
    Clock::duration least = Clock::duration::max();
    for (int look = 0; look < most_looks && least > std::chrono::microseconds{100}; ++look) {
        const Clock::time_point began = Clock::now();
        PageReading reading = look_at(*page_);
        const Clock::duration took = Clock::now() - began;
        if (took >= least) continue;
        least = took;
        quickest = std::move(reading);
    }
    return quickest;
}

ServerFigures server_figures(const Window& window, std::uint64_t replies) {
    const ProcessReading& before = window.process_before;
    const ProcessReading& after = window.process_after;
    ServerFigures figures;
    if (after.processes > 0) {
        add_cpu_figures(window, replies, figures);
        add_memory_figures(window, figures);
        figures.threads = after.threads;
        figures.processes = after.processes;
        figures.switches_voluntary = grown(before.switches_voluntary, after.switches_voluntary);
        figures.switches_involuntary =
            grown(before.switches_involuntary, after.switches_involuntary);
    }
    if (window.page_before && window.page_after) {
        add_page_figures(*window.page_before, *window.page_after, figures);
    }
    return figures;
}

void complete_workers(std::optional<int> pool, ServerFigures& figures) {
    if (!pool) figures.workers.reset();
    if (!figures.workers) return;
    figures.workers->resize(
        std::max(figures.workers->size(), static_cast<std::size_t>(std::max(0, *pool))));
}

KernelFigures kernel_figures(const KernelReading& before, const KernelReading& after) {
    const auto moved = [&](const char* name) -> std::optional<std::int64_t> {
        const auto then = before.counters.find(name);
        const auto now = after.counters.find(name);
        if (then == before.counters.end() || now == after.counters.end()) return std::nullopt;
        return now->second - then->second;
    };
    return {.listen_overflows = moved("listen_overflows"),
            .listen_drops = moved("listen_drops"),
            .syn_retransmissions = moved("syn_retransmissions"),
            .segments_retransmitted = moved("segments_retransmitted"),
            .resets_sent = moved("resets_sent"),
            .established_resets = moved("established_resets"),
            .delayed_acks = moved("delayed_acks"),
            .accept_queue = {},
            .receive_queue_bytes = {},
            .segments_received = {},
            .segments_sent = {}};
}

}  // namespace lab
