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

#include <fmt/format.h>

#include "common/sys/fd.hpp"
#include "common/sys/trace.hpp"

namespace lab {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t highest_pid = 1U << 22U;  // proc(5), /proc/sys/kernel/pid_max

// A member of the ring, which may lie anywhere in memory.
template <class Value>
Value value_at(Bytes bytes, std::size_t offset) {
    Value value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

void check_header(Bytes bytes) {
    const auto is = [&](std::size_t offset, std::uint32_t expected, const char* what) {
        const auto found = value_at<std::uint32_t>(bytes, offset);
        if (found == expected) return;
        throw BadTrace{fmt::format("its {} is {}, not {}", what, found, expected)};
    };
    constexpr std::size_t header_bytes = offsetof(sys::Ring, site);
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
    call.site = value_at<std::uint32_t>(bytes, at + offsetof(sys::Record, site));

    const auto wrong = [&](const char* what) {
        throw BadTrace{fmt::format("call {} {}", call.sequence, what)};
    };
    constexpr std::uint64_t longest_ns = std::numeric_limits<std::int64_t>::max();
    if (call.start_ns > longest_ns || call.duration_ns > longest_ns - call.start_ns)
        wrong("ends after the end of time");
    if (call.thread == 0 || call.thread > highest_pid) wrong("is of a thread that cannot be");
    if (call.site >= sites.size() || sites[call.site].call.empty()) wrong("has no call site");
    return call;
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
    std::sort(trace.calls.begin(), trace.calls.end(),
              [](const auto& one, const auto& other) { return one.sequence < other.sequence; });
}

[[noreturn]] void fail(const std::string& path) {
    throw std::system_error{errno, std::generic_category(), path};
}

// At most one byte more than a trace has: enough to know that it is too long.
std::vector<std::byte> copy_of(int fd, const std::string& path) {
    std::vector<std::byte> bytes(sizeof(sys::Ring) + 1);
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t count =
            ::pread(fd, bytes.data() + size, bytes.size() - size, static_cast<off_t>(size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(path);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    bytes.resize(size);
    return bytes;
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

}  // namespace lab
