#pragma once

#include <string>

#include "bench/lab/result.hpp"

namespace report {

/// The summary of a result for people: machine, how it was taken, one table a workload.
[[nodiscard]] std::string markdown(const lab::Result& result);

/// The summary's rows as comma-separated values, RFC 4180, with a line of names.
[[nodiscard]] std::string csv(const lab::Result& result);

}  // namespace report
