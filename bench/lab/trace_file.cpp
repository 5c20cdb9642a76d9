#include "bench/lab/trace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/sys/fd.hpp"
#include "common/sys/trace.hpp"

namespace lab {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t header_bytes = offsetof(sys::Ring, site);
constexpr std::size_t bytes_before_records = offsetof(sys::Ring, record);
constexpr std::uint32_t highest_pid = 1U << 22U;  // proc(5), /proc/sys/kernel/pid_max

// A member of the ring, which may lie anywhere in memory.
template <class Value>
Value value_at(Bytes bytes, std::size_t offset) {
    Value value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

// The start of a trace, of this version.
void check_start(Bytes bytes) {
    const auto is = [&](std::size_t offset, std::uint32_t expected, const char* what) {
        const auto found = value_at<std::uint32_t>(bytes, offset);
        if (found == expected) return;
        throw BadTrace{fmt::format("its {} is {}, not {}", what, found, expected)};
    };
    const auto magic_bytes = std::min(bytes.size(), sys::trace_magic.size());
    if (magic_bytes < sys::trace_magic.size() ||
        std::memcmp(bytes.data(), sys::trace_magic.data(), magic_bytes) != 0)
        throw BadTrace{"it does not begin as a trace does"};
    if (bytes.size() < header_bytes)
        throw BadTrace{fmt::format("it ends after {} bytes", bytes.size())};
    is(offsetof(sys::Ring, version), sys::trace_version, "version");
    is(offsetof(sys::Ring, size_bytes), sizeof(sys::Ring), "size in bytes");
    is(offsetof(sys::Ring, sites), sys::max_traced_sites, "number of call sites");
    is(offsetof(sys::Ring, records), sys::ring_records, "number of records");
    is(offsetof(sys::Ring, clock), CLOCK_MONOTONIC, "clock");
}

void check_header(Bytes bytes) {
    check_start(bytes);
    if (bytes.size() != sizeof(sys::Ring))
        throw BadTrace{
            fmt::format("it has {} bytes, a trace has {}", bytes.size(), sizeof(sys::Ring))};
}

// Text up to its NUL.
std::string text_at(Bytes bytes, std::size_t offset, std::size_t most) {
    const auto* text = reinterpret_cast<const char*>(bytes.data() + offset);
    const std::size_t length = ::strnlen(text, most);
    if (length == most) throw BadTrace{"the name of a call site does not end"};
    return {text, length};
}

std::vector<TracedSite> sites_in(Bytes bytes) {
    constexpr std::uint32_t in_use = 2;
    std::vector<TracedSite> sites(sys::max_traced_sites);
    std::size_t at = offsetof(sys::Ring, site);
    for (TracedSite& site : sites) {
        if (value_at<std::uint32_t>(bytes, at + offsetof(sys::CallSite, used)) == in_use) {
            site.file =
                text_at(bytes, at + offsetof(sys::CallSite, file), sizeof(sys::CallSite::file));
            site.line = value_at<std::uint32_t>(bytes, at + offsetof(sys::CallSite, line));
            site.call =
                text_at(bytes, at + offsetof(sys::CallSite, call), sizeof(sys::CallSite::call));
        }
        at += sizeof(sys::CallSite);
    }
    return sites;
}

// What a record says, if it can be true. errors: throws `BadTrace`.
TracedCall call_at(Bytes bytes, std::size_t at, const std::vector<TracedSite>& sites) {
    TracedCall call;
    call.sequence = value_at<std::uint64_t>(bytes, at + offsetof(sys::Record, sequence));
    call.start_ns = value_at<std::uint64_t>(bytes, at + offsetof(sys::Record, start_ns));
    call.duration_ns = value_at<std::uint64_t>(bytes, at + offsetof(sys::Record, duration_ns));
    call.result = value_at<std::int64_t>(bytes, at + offsetof(sys::Record, result));
    call.fd = value_at<std::int32_t>(bytes, at + offsetof(sys::Record, fd));
    call.thread = value_at<std::uint32_t>(bytes, at + offsetof(sys::Record, thread));
    call.process = value_at<std::uint32_t>(bytes, at + offsetof(sys::Record, process));
    call.site = value_at<std::uint32_t>(bytes, at + offsetof(sys::Record, site));
    call.may_sleep = value_at<std::uint32_t>(bytes, at + offsetof(sys::Record, may_sleep)) != 0;

    const auto wrong = [&](const char* what) {
        throw BadTrace{fmt::format("call {} {}", call.sequence, what)};
    };
    constexpr std::uint64_t longest_ns = std::numeric_limits<std::int64_t>::max();
    if (call.start_ns > longest_ns || call.duration_ns > longest_ns - call.start_ns)
        wrong("ends after the end of time");
    if (call.thread == 0 || call.thread > highest_pid) wrong("is of a thread that cannot be");
    if (call.process == 0 || call.process > highest_pid) wrong("is of a process that cannot be");
    if (call.site >= sites.size() || sites[call.site].call.empty()) wrong("has no call site");
    return call;
}

void sort_by_sequence(std::vector<TracedCall>& calls) {
    std::sort(calls.begin(), calls.end(),
              [](const auto& one, const auto& other) { return one.sequence < other.sequence; });
}

// The records that were whole at the moment of the first copy's header.
void add_calls(Bytes first, Bytes second, Trace& trace) {
    const auto calls_in = [](Bytes bytes) {
        return value_at<std::uint64_t>(bytes, offsetof(sys::Ring, calls));
    };
    const std::uint64_t most = calls_in(second);
    trace.recorded = calls_in(first);
    if (trace.recorded > most || most >= sys::half_written)
        throw BadTrace{"its number of calls cannot be"};
    const std::uint64_t there = std::min<std::uint64_t>(trace.recorded, sys::ring_records);
    trace.overwritten = trace.recorded - there;

    for (std::size_t place = 0; place < sys::ring_records; ++place) {
        const std::size_t at = offsetof(sys::Ring, record) + place * sizeof(sys::Record);
        const auto sequence = value_at<std::uint64_t>(second, at);
        const bool whole =
            sequence != 0 && (sequence & sys::half_written) == 0 &&
            std::memcmp(first.data() + at, second.data() + at, sizeof(sys::Record)) == 0;
        if (!whole) continue;
        if (sequence > most || (sequence - 1) % sys::ring_records != place)
            throw BadTrace{fmt::format("call {} is in a place that is not its own", sequence)};
        const bool wanted = sequence > trace.overwritten && sequence <= trace.recorded;
        if (wanted) trace.calls.push_back(call_at(second, at, trace.sites));
    }
    trace.torn = there - trace.calls.size();
    sort_by_sequence(trace.calls);
}

[[noreturn]] void fail(const std::string& path) {
    throw std::system_error{errno, std::generic_category(), path};
}

// A part of the file; shorter where the file ends.
std::vector<std::byte> part_of(int fd, const std::string& path, std::size_t begin,
                               std::size_t length) {
    std::vector<std::byte> bytes(length);
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t count =
            ::pread(fd, bytes.data() + size, bytes.size() - size, static_cast<off_t>(begin + size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(path);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    bytes.resize(size);
    return bytes;
}

// At most one byte more than a trace has: enough to know that it is too long.
std::vector<std::byte> copy_of(int fd, const std::string& path) {
    return part_of(fd, path, 0, sizeof(sys::Ring) + 1);
}

}  // namespace

Trace parse_trace(Bytes first, Bytes second) {
    check_header(first);
    check_header(second);
    Trace trace;
    trace.pid = value_at<std::uint32_t>(second, offsetof(sys::Ring, pid));
    if (trace.pid == 0 || trace.pid > highest_pid) throw BadTrace{"it is of no process"};
    trace.lost = value_at<std::uint64_t>(second, offsetof(sys::Ring, lost));
    // The second copy names the site of every call that the first one has.
    trace.sites = sites_in(second);
    add_calls(first, second, trace);
    return trace;
}

Trace read_trace(const std::string& path) {
    // A pipe that nobody writes to must not make us wait.
    const sys::Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!file) fail(path);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) fail(path);
    if (!S_ISREG(status.st_mode)) throw BadTrace{"it is no file of bytes"};
    const auto first = copy_of(file.get(), path);
    const auto second = copy_of(file.get(), path);
    return parse_trace(first, second);
}

TraceFollower::TraceFollower(const std::string& path)
    : path_{path}, file_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)} {
    if (!file_) fail(path);
}

void TraceFollower::look() {
    const auto start = part_of(file_.get(), path_, 0, header_bytes);
    check_start(start);
    trace_.pid = value_at<std::uint32_t>(start, offsetof(sys::Ring, pid));
    trace_.lost = value_at<std::uint64_t>(start, offsetof(sys::Ring, lost));
    const auto most = value_at<std::uint64_t>(start, offsetof(sys::Ring, calls));
    if (most < seen_ || most >= sys::half_written) throw BadTrace{"its number of calls cannot be"};
    const std::uint64_t oldest = most - std::min<std::uint64_t>(most, sys::ring_records);
    trace_.recorded = most;
    trace_.overwritten += oldest > seen_ ? oldest - seen_ : 0;
    for (const std::uint64_t sequence : std::exchange(unfinished_, {})) take_from(sequence, 1);
    for (std::uint64_t next = std::max(oldest, seen_) + 1; next <= most;) {
        const std::uint64_t to_the_end = sys::ring_records - (next - 1) % sys::ring_records;
        const std::uint64_t count = std::min(to_the_end, most + 1 - next);
        take_from(next, count);
        next += count;
    }
    seen_ = most;
}

// What is the same at two looks was whole, as in `parse_trace`; the sites are read behind it.
void TraceFollower::take_from(std::uint64_t first, std::uint64_t count) {
    const std::size_t begin =
        bytes_before_records + (first - 1) % sys::ring_records * sizeof(sys::Record);
    const std::size_t length = count * sizeof(sys::Record);
    const auto one = part_of(file_.get(), path_, begin, length);
    const auto other = part_of(file_.get(), path_, begin, length);
    const auto before_records = part_of(file_.get(), path_, 0, bytes_before_records);
    if (one.size() != length || other.size() != length ||
        before_records.size() != bytes_before_records)
        throw BadTrace{"it was cut"};
    trace_.sites = sites_in(before_records);
    for (std::uint64_t at = 0; at < count; ++at) {
        const std::size_t place = at * sizeof(sys::Record);
        const auto sequence = value_at<std::uint64_t>(other, place);
        const bool same =
            std::memcmp(one.data() + place, other.data() + place, sizeof(sys::Record)) == 0;
        if (same && sequence == first + at)
            trace_.calls.push_back(call_at(other, place, trace_.sites));
        else if ((sequence & ~sys::half_written) > first + at)
            ++trace_.overwritten;
        else
            unfinished_.push_back(first + at);
    }
}

Trace TraceFollower::take() {
    trace_.torn = unfinished_.size();
    sort_by_sequence(trace_.calls);
    return std::move(trace_);
}

}  // namespace lab
