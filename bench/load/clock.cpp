#include "bench/load/clock.hpp"

#include <cstdint>
#include <ctime>
#include <fstream>

namespace load {
namespace {

std::uint64_t read_clock(clockid_t clock) noexcept {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * second_ns +
           static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

std::uint64_t now_ns() noexcept {
    return read_clock(CLOCK_MONOTONIC);
}

Usage usage() {
    Usage used{.at_ns = now_ns(), .cpu_ns = read_clock(CLOCK_THREAD_CPUTIME_ID), .waited_ns = {}};
    std::uint64_t ran = 0;
    std::uint64_t waited = 0;
    std::ifstream schedstat{"/proc/thread-self/schedstat"};
    if (schedstat >> ran >> waited) used.waited_ns = waited;
    return used;
}

}  // namespace load
