#include "bench/load/clock.hpp"

#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <memory>

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
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> schedstat{
        std::fopen("/proc/thread-self/schedstat", "re"), &std::fclose};
    if (schedstat && std::fscanf(schedstat.get(), "%" SCNu64 " %" SCNu64, &ran, &waited) == 2)
        used.waited_ns = waited;
    return used;
}

}  // namespace load
