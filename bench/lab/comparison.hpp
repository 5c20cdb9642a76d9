#pragma once

#include <atomic>
#include <functional>

#include "bench/lab/plan.hpp"
#include "bench/lab/result.hpp"

/// A whole comparison: the plan, cell by cell.
namespace lab {

/// Who watches; each may be empty. Called in the thread that runs the comparison.
struct Observer {
    std::function<void(const PlannedCell&)> cell_begins;
    std::function<void(const Cell&)> cell_ended;
    std::function<void(const Result&)> round_ended;  ///< also after a round that was cut short
};

/// What is known before the first cell: run, machine, build, placement, models, workloads.
[[nodiscard]] Result begin_result(const Plan& plan, std::string command);

/// Runs the plan into `result`, until the end or until `stop` is set. The calling thread
/// keeps off the server's CPUs meanwhile.
/// errors: throws `std::system_error` where this side cannot go on; `result` holds what was measured.
void run(const Plan& plan, Result& result, const Observer& observer, const std::atomic<bool>& stop);

/// Limits of this machine for a plan. Raises this process's soft limit of open files.
[[nodiscard]] Limits limits_here();

}  // namespace lab
