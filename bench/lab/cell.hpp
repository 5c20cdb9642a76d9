#pragma once

#include <atomic>
#include <string>

#include "bench/lab/plan.hpp"
#include "bench/lab/result.hpp"

/// One cell: a fresh server, its answers checked, loaded, measured, stopped.
namespace lab {

/// What a cell needs to know beside its model and workload.
struct CellConditions {
    Placement placement;
    double warm_up_s = 0;
    double measured_s = 0;
    bool trace_calls = true;  ///< those that a server does not count itself
    double reply_timeout_s = 10;  ///< when the clients give up
    double connect_timeout_s = 10;
    bool bugs_expected = false;  ///< a signature judges the figures, and not the load's outcome
    const std::atomic<bool>* stop = nullptr;  ///< ends the cell early, as `interrupted`
};

/// Runs it. Whatever the server does becomes a status with a reason; no server is
/// left behind.
///
/// The calls of a server that does not count all of them are counted in a short load of the same
/// kind after the window: what counts them slows every call, and would make its CPU time in the window unlike
/// that of the others.
[[nodiscard]] Cell run_cell(const Model& model, const Workload& workload,
                            const CellConditions& conditions);

/// What an outcome of the load means for its cell.
struct Judgement {
    Status status = Status::measured;
    std::string reason;
};

/// A single wrong reply, silent clients that were let go, or no reply at all take a
/// cell its figures. Pure.
[[nodiscard]] Judgement judge(const load::Outcome& outcome, const Workload& workload);

/// Whether the clients set the pace, and not the server: they sent late, or never slept although
/// the server had time. Where both are at their end, the server's end is what is measured. Pure.
///
/// server_cpus  that the server may use
[[nodiscard]] bool load_set_the_pace(const load::Outcome& outcome, const ServerFigures& server,
                                     std::size_t server_cpus);

/// A histogram with its percentiles, ready to be written.
[[nodiscard]] Times times_of(const load::Histogram& histogram);

}  // namespace lab
