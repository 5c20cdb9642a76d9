#pragma once

#include <atomic>
#include <cstdint>

#include "bench/load/clock.hpp"
#include "common/sys/fd.hpp"

namespace load {

/// What the coordinator tells all threads, and all threads read.
struct Signals {
    std::atomic<std::uint64_t> start_ns{0};  ///< the first request is due; 0: not known yet
    std::atomic<std::uint64_t> open_ns{never_ns};
    std::atomic<std::uint64_t> close_ns{never_ns};
    std::atomic<bool> finish{false};  ///< `wake` is readable from then on
    sys::Fd wake;  ///< an eventfd in every thread's interest list
};

}  // namespace load
