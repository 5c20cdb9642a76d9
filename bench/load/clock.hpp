#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace load {

inline constexpr std::uint64_t second_ns = 1'000'000'000;
inline constexpr std::uint64_t never_ns = std::numeric_limits<std::uint64_t>::max();

/// CLOCK_MONOTONIC in nanoseconds.
[[nodiscard]] std::uint64_t now_ns() noexcept;

/// range: 0 to 10^9 s
[[nodiscard]] constexpr std::uint64_t to_ns(double seconds) noexcept {
    return static_cast<std::uint64_t>(seconds * 1e9);
}

/// What one thread has used up so far.
struct Usage {
    std::uint64_t at_ns = 0;
    std::uint64_t cpu_ns = 0;
    std::optional<std::uint64_t> waited_ns;  ///< ready to run, but without a CPU
};

/// The calling thread's, until now. source: sched-stats.rst in the kernel's documentation
[[nodiscard]] Usage usage();

}  // namespace load
