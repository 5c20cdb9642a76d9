#include "bench/load/schedule.hpp"

#include <cmath>

namespace load {
namespace {

/// The next number of the splitmix64 sequence.
/// source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
std::uint64_t next_random(std::uint64_t& state) noexcept {
    state += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

/// Exponentially distributed with mean 1.
double exponential(std::uint64_t& state) noexcept {
    const double uniform = static_cast<double>(next_random(state) >> 11) * 0x1p-53;  // [0, 1)
    return -std::log1p(-uniform);
}

}  // namespace

Schedule::Schedule(const Shape& shape, unsigned thread, unsigned threads,
                   std::uint64_t start_ns) noexcept
    : shape_{shape}, threads_{threads}, start_ns_{start_ns}, random_{shape.seed}, due_ns_{0} {
    if (shape_.poisson) elapsed_ns_ = exponential(random_) * 1e9 / shape_.rate_per_s;
    for (unsigned i = 0; i < thread; ++i) step();
    due_ns_ = start_ns_ + static_cast<std::uint64_t>(elapsed_ns_);
}

void Schedule::advance() noexcept {
    for (unsigned i = 0; i < threads_; ++i) step();
    due_ns_ = start_ns_ + static_cast<std::uint64_t>(elapsed_ns_);
}

void Schedule::step() noexcept {
    ++number_;
    if (shape_.poisson) {
        elapsed_ns_ += exponential(random_) * 1e9 / shape_.rate_per_s;
    } else {
        // From the number, not by adding up: rounding must not make the schedule drift.
        elapsed_ns_ = static_cast<double>(number_) * 1e9 / shape_.rate_per_s;
    }
}

}  // namespace load
