#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "bench/load/limits.hpp"
#include "bench/load/outcome.hpp"
#include "bench/load/plan.hpp"

namespace load {

/// Something to be done at a time, in seconds after the window's opening.
struct TimedHook {
    double at_s = 0;  ///< 0 or more; at the window's close or later it is not called
    std::function<void()> call;

    // Above 0: again and again, so long apart, for so long. Times that are over before their turn
    // comes are left out.
    double every_s = 0;
    double for_s = 0;
};

/// What the caller wants to do meanwhile; each is called once, in the calling thread, and may be
/// empty.
struct Hooks {
    std::function<void()> connected;  ///< all clients are connected, nothing has been asked
    std::function<void()> window_open;  ///< right after the window opened, under load
    std::function<void()> window_close;  ///< right after it closed, still under load
    std::vector<TimedHook> events = {};  ///< in the order of their times
    const std::atomic<bool>* stop = nullptr;  ///< set it to end the load within 0.1 s
};

/// Runs the plan: connects the idle clients, then the asking ones, then those of the crowd who come
/// to stay; warms up, measures, lets go.
///
/// Connections that cannot be made within `connect_timeout_s` do not hold up the rest: their
/// clients go on trying, 10 ms after each failure. A window that closes early for `Hooks::stop`
/// is as long as `measured_s` of the outcome says.
///
/// errors: throws std::invalid_argument for a plan out of range, std::system_error when threads,
///         the event loop or CPU affinity cannot be had. Nothing a server does throws.
[[nodiscard]] Outcome drive(const Plan& plan, const Hooks& hooks = {});

}  // namespace load
