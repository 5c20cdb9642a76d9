#pragma once

#include "bench/lab/models.hpp"
#include "bench/timeline/recording.hpp"
#include "bench/timeline/script.hpp"

namespace timeline {

/// Starts a fresh server that keeps a trace, lets the clients play their parts, a thread each, and
/// stops it.
///
/// range   a model of ours that is not `missing`: a server of anyone's keeps no trace
/// errors  throws `verify::NotReady`, `lab::BadTrace` or `std::system_error`. A client that is not
///         served is no error here: its `trouble` says what it saw.
[[nodiscard]] Recording play(const lab::Model& model, const Script& script);

}  // namespace timeline
