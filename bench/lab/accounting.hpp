#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "bench/lab/result.hpp"
#include "bench/verify/process.hpp"
#include "common/sys/fd.hpp"
#include "common/sys/page.hpp"

/// Readings of a server and of the kernel at one moment, and what lies between two.
namespace lab {

/// What /proc and the process's CPU clock tell of a server. Sums over its processes.
struct ProcessReading {
    std::uint64_t cpu_ns = 0;  ///< all threads, the ended ones included
    std::uint64_t cpu_wait_ns = 0;  ///< ready to run, of the threads that live now
    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;
    std::uint64_t switches_voluntary = 0;  ///< of the threads that live now
    std::uint64_t switches_involuntary = 0;
    std::uint64_t memory_kib = 0;  ///< resident now; pages that several share, in each of them
    std::uint64_t peak_memory_kib = 0;  ///< resident at most so far
    std::uint64_t private_memory_kib = 0;  ///< resident and backed by no file
    /// Of several processes: resident now, each page once. None of one, or where it may not be read.
    /// source: proc(5), smaps_rollup, Pss.
    std::optional<std::uint64_t> proportional_memory_kib;
    int threads = 0;
    int processes = 0;
};

/// Reads all of a family. A process that has gone adds nothing by itself; the CPU time of one that
/// has ended meanwhile is known through the parent that waited for it, or through the guardian, in
/// whole clock ticks.
/// source: clock_getcpuclockid(3); proc(5).
[[nodiscard]] ProcessReading read_process(const verify::Family& family);

/// The CPU time alone, for the edges of the measured window.
[[nodiscard]] std::uint64_t read_cpu_ns(const verify::Family& family);

/// The kernel's TCP counters of this network namespace, those that are there.
/// source: /proc/net/netstat, /proc/net/snmp, /proc/net/sockstat.
struct KernelReading {
    std::map<std::string, std::int64_t> counters;  ///< by the names of `KernelFigures`
    std::optional<std::int64_t> socket_memory_kib;
};

[[nodiscard]] KernelReading read_kernel();

/// Values by name of a file that has a line of names and a line of values for each group.
/// range: the format of /proc/net/netstat and /proc/net/snmp.
[[nodiscard]] std::map<std::string, std::int64_t> parse_named_counters(const std::string& text);

/// What the kernel's structures for sockets, open files, epoll's lists, processes and threads take
/// on this machine, in bytes; not what lies in the sockets' buffers. none: slabinfo is root's
/// source: slabinfo(5); proc(5), KernelStack, PageTables.
[[nodiscard]] std::optional<std::uint64_t> kernel_structures_bytes();

/// Of them those that slabs hold; none if the table has none of them.
/// range: the text of /proc/slabinfo
[[nodiscard]] std::optional<std::uint64_t> parse_slabs(std::istream& table);

/// Connections that wait to be accepted on the listening sockets of `port`, of which there may be
/// several; none if there is none. Linux lists listening sockets first, and after them one a
/// connection, also of those long closed: of a hundred thousand lines the first few are read.
/// range: the text of /proc/net/tcp or tcp6
[[nodiscard]] std::optional<int> parse_accept_queue(std::istream& table, int port);
[[nodiscard]] std::optional<int> accept_queue(int port);

/// One call site's counts.
struct CallReading {
    std::uint64_t calls = 0;
    std::uint64_t bytes = 0;
    std::uint64_t would_block = 0;
    std::uint64_t interrupted = 0;
    std::uint64_t errors = 0;
    std::uint64_t asleep_ns = 0;
};

/// What one worker has done, by its slot of the page.
struct WorkerReading {
    std::uint64_t connections = 0;  ///< that it has taken in
    std::uint64_t requests = 0;
};

/// The statistics page at one moment, summed over threads.
struct PageReading {
    using Key = std::tuple<std::string, int, std::string>;  ///< file, line, call
    std::map<Key, CallReading> calls;
    std::uint64_t accepted = 0;
    std::uint64_t closed = 0;
    std::uint64_t refused = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t requests = 0;
    std::uint64_t replies = 0;  ///< of all statuses
    std::uint64_t accept_pauses = 0;
    std::uint64_t wakeups = 0;
    std::uint64_t events = 0;
    std::uint64_t wasted_wakeups = 0;
    std::array<std::uint64_t, sys::event_bins.size()> events_per_wakeup{};
    std::uint64_t lost_rows = 0;
    /// By slot, of all threads but the first; where they are more than slots, the last slot is of several.
    std::map<std::size_t, WorkerReading> workers;
};

/// Memory in which a server keeps its statistics page, under a path that it can open.
/// Nothing of it is left when both have ended.
class PageFile {
public:
    PageFile();
    PageFile(PageFile&& from) noexcept;
    PageFile& operator=(PageFile&&) = delete;
    ~PageFile();

    /// For the server's `--stats`.
    [[nodiscard]] std::string path() const;

    /// The counts now; none while there is no page, or one of another version.
    [[nodiscard]] std::optional<PageReading> read();

private:
    [[nodiscard]] bool map();

    sys::Fd memory_;
    const sys::Page* page_ = nullptr;
};

/// What lies between two readings.
struct Window {
    ProcessReading process_before, process_after;
    KernelReading kernel_after;
    std::optional<PageReading> page_before, page_after;
    double length_s = 0;
    double cpu_length_s =
        0;  ///< between the two readings of the CPU clock; 0: as long as the window
};

/// The server's share of a cell: `replies` as the clients counted them in the window.
[[nodiscard]] ServerFigures server_figures(const Window& window, std::uint64_t replies);

/// Leaves in `figures` the workers of a pool of so many: those that have done nothing are on no
/// page yet, and stand in the list with zeros. Without a pool nobody is a worker.
void complete_workers(std::optional<int> pool, ServerFigures& figures);

[[nodiscard]] KernelFigures kernel_figures(const KernelReading& before, const KernelReading& after);

}  // namespace lab
