#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/lab/result.hpp"

/// Artefacts: figures that something other than the models has made.
namespace analysis {

/// What the rules know, by the key that stands in a result.
namespace artefact {
inline constexpr const char* syn_retry_staircase = "syn_retry_staircase";
inline constexpr const char* delayed_ack_plateau = "delayed_ack_plateau";
inline constexpr const char* time_out_wall = "time_out_wall";
inline constexpr const char* port_exhaustion = "port_exhaustion";
inline constexpr const char* load_side_saturated = "load_side_saturated";
inline constexpr const char* same_throughput = "same_throughput_whatever_the_model";
inline constexpr const char* starved_clients = "starved_clients";
}  // namespace artefact

/// Looks at every measured cell of a result, and at its workloads as a whole.
/// result: one entry an artefact, a model and a workload, in the order of the workloads
[[nodiscard]] std::vector<lab::Diagnosis> diagnose(const lab::Result& result);

/// A stair of SYN retries: where the connect times lie of those who were let in by one and the same
/// retry. Timers of the kernel fire late by up to an eighth of their length, never early: the
/// wheel's levels. source: Linux, kernel/time/timer.c
struct SynStair {
    double step_s = 0;  ///< when the retry is due, after connect(2)
    double begin_s = 0, end_s = 0;  ///< from, and below
};

/// The stairs up to a minute, disjoint: retries a second apart, `linear_timeouts` of them and one,
/// then ever twice as far.
/// source: Linux, ip-sysctl, tcp_syn_linear_timeouts; 0 or none is RFC 6298: 1, 3, 7 s.
[[nodiscard]] std::vector<SynStair> syn_retry_stairs(std::optional<std::int64_t> linear_timeouts);

}  // namespace analysis
