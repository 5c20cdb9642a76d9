#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/sys/fd.hpp"

/// What a server has recorded in its `--trace` file.
namespace lab {

/// A file that is no trace, or a damaged one; says what is wrong with it.
struct BadTrace : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The source line that makes a call.
struct TracedSite {
    std::string file;
    std::uint32_t line = 0;
    std::string call;  ///< the man page's name
};

/// One system call.
struct TracedCall {
    std::uint64_t sequence = 0;  ///< from 1, in the order in which calls ended
    std::uint64_t start_ns = 0;  ///< CLOCK_MONOTONIC
    std::uint64_t duration_ns = 0;
    std::int64_t result = 0;  ///< of a call that failed: its errno, negative
    int fd = -1;  ///< the descriptor it was about; -1 for none
    std::uint32_t thread = 0;
    std::uint32_t process = 0;  ///< of that thread
    std::size_t site = 0;  ///< an index of `Trace::sites`
    bool may_sleep = false;  ///< made on a line where the thread may sleep

    [[nodiscard]] std::uint64_t end_ns() const noexcept { return start_ns + duration_ns; }
};

struct Trace {
    std::uint32_t pid = 0;
    std::vector<TracedSite> sites;  ///< some without a name, which no call has
    std::vector<TracedCall> calls;  ///< whole ones, by sequence
    std::uint64_t recorded = 0;  ///< calls in all, those that are no longer there among them
    std::uint64_t overwritten = 0;  ///< by newer ones
    std::uint64_t torn = 0;  ///< half-written, or overwritten while we read
    std::uint64_t lost = 0;  ///< never recorded: the table of call sites was full

    [[nodiscard]] const TracedSite& site_of(const TracedCall& call) const {
        return sites[call.site];
    }
};

/// Reads a trace; the server may be writing to it.
/// errors: throws `BadTrace`, or `std::system_error` for a file that cannot be read.
[[nodiscard]] Trace read_trace(const std::string& path);

/// The same of two copies of the file, of which `second` was begun when `first` was done: records
/// in which they differ were being written.
[[nodiscard]] Trace parse_trace(std::span<const std::byte> first,
                                std::span<const std::byte> second);

/// Reads a trace piece by piece while the server writes it, so that nothing is lost of one who makes
/// more calls than the ring holds, as long as we look often enough.
class TraceFollower {
public:
    /// errors: throws `std::system_error` where there is no such file
    explicit TraceFollower(const std::string& path);

    /// Takes what has come since the last look.
    /// errors: throws `BadTrace`, or `std::system_error` for a file that cannot be read.
    void look();

    /// All that was taken, when the server has ended; what is half-written now stays so.
    [[nodiscard]] Trace take();

private:
    void take_from(std::uint64_t first, std::uint64_t count);

    std::string path_;
    sys::Fd file_;
    Trace trace_;
    std::uint64_t seen_ = 0;
    std::vector<std::uint64_t> unfinished_;  // sequences that were being written at the last look
};

}  // namespace lab
