#pragma once

#include <string>

#include "bench/lab/result.hpp"

namespace report {

/// The summary of a result for people: machine, how it was taken, one table a workload.
[[nodiscard]] std::string markdown(const lab::Result& result);

/// Two results, A and B: what changed, and each one's figures beside the other's.
[[nodiscard]] std::string markdown(const lab::Result& a, const lab::Result& b);

/// The summary's rows as comma-separated values, RFC 4180, with a line of names. Texts that a
/// spreadsheet would take for formulas begin with an apostrophe.
[[nodiscard]] std::string csv(const lab::Result& result);

/// Those of A, then those of B; two columns in front tell of which result a row is: `result`, A or
/// B, and `run_id`.
[[nodiscard]] std::string csv(const lab::Result& a, const lab::Result& b);

}  // namespace report
