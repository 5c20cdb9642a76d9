#pragma once

#include "bench/lab/replication.hpp"
#include "bench/lab/result.hpp"

/// What was published then, beside what is measured now.
namespace analysis {

/// Of each point the median over the rounds, where it was measured.
[[nodiscard]] lab::ReplicationOutcome replicate(const lab::Replication& replication,
                                                const lab::Result& result);

}  // namespace analysis
