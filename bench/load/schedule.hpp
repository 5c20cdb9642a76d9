#pragma once

#include <cstdint>

namespace load {

/// When requests are due in an open loop: one schedule, dealt out to the threads in turn.
///
/// Request number k of the whole schedule belongs to thread k mod threads. All threads work out
/// the same schedule, so that what they do together is exactly what one thread would do alone.
class Schedule {
public:
    struct Shape {
        double rate_per_s = 1;  ///< above 0
        bool poisson = false;  ///< independent arrivals; else evenly spaced
        std::uint64_t seed = 1;  ///< of the Poisson arrivals
    };

    /// range: thread is below threads
    Schedule(const Shape& shape, unsigned thread, unsigned threads,
             std::uint64_t start_ns) noexcept;

    /// When this thread's next request is due, in nanoseconds of the clock of `start_ns`.
    [[nodiscard]] std::uint64_t due_ns() const noexcept { return due_ns_; }

    /// Goes on to the request after it.
    void advance() noexcept;

private:
    void step() noexcept;

    Shape shape_;
    unsigned threads_;
    std::uint64_t start_ns_;
    std::uint64_t number_ = 0;  ///< of the request that is due at `due_ns_`
    std::uint64_t random_;  ///< state of the generator
    double elapsed_ns_ = 0;  ///< from the start to that request
    std::uint64_t due_ns_;
};

}  // namespace load
