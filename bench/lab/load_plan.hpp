#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/lab/answers.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/load/plan.hpp"

/// From a workload to what the load engine does.
namespace lab {

/// The paths that a workload's askers ask for, each once, where the replies to them must be known
/// byte by byte.
[[nodiscard]] std::vector<std::string> asked_paths(const Workload& workload);

/// What a load needs to know beside its workload.
struct LoadConditions {
    load::Address target;
    std::vector<int> cpus;  ///< of the load; empty: wherever it likes
    double warm_up_s = 0;
    double measured_s = 1;
    double reply_timeout_s = 10;  ///< when the clients give up
    double connect_timeout_s = 10;
};

/// The plan of a workload: its askers as groups, the silent ones, and everybody else as a crowd.
/// An actor of no clients is left out.
///
/// exchanges  by path, with all of `asked_paths`; where an actor keeps its connections the
///            exchange must know a reply to `request`
/// errors: throws std::invalid_argument where one of them is missing, or where nobody asks
[[nodiscard]] load::Plan load_plan(const Workload& workload,
                                   const std::map<std::string, Exchange>& exchanges,
                                   const LoadConditions& conditions);

}  // namespace lab
