#pragma once

#include <nlohmann/json.hpp>

#include "bench/load/engine.hpp"

namespace load {

/// A histogram with its figures, as a cell of the result document has it: count, p50_us, p90_us,
/// p99_us, p999_us, max_us (null when nothing was recorded) and the sparse histogram.
[[nodiscard]] nlohmann::ordered_json to_json(const Histogram& histogram);

/// The histogram inside such a value. errors: throws std::invalid_argument
[[nodiscard]] Histogram histogram_from_json(const nlohmann::ordered_json& written);

/// The load engine's part of a cell, with the keys of the result document: requests_sent,
/// replies_ok, ..., errors, connect_time, service_time, response_time, load, timeline.
[[nodiscard]] nlohmann::ordered_json to_json(const Outcome& outcome);

}  // namespace load
