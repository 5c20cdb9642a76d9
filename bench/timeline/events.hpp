#pragma once

#include <string>
#include <vector>

#include "bench/lab/trace_file.hpp"
#include "bench/timeline/view.hpp"

/// Chrome trace events: what ui.perfetto.dev and chrome://tracing open.
///
/// source  "Trace Event Format" of the Chromium project,
///         docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
namespace timeline {

/// All scenes below each other, from the same beginning: a process of the picture for each process
/// of a server, with a lane a thread, and one for the clients, with a lane each.
[[nodiscard]] std::string events_of(const std::vector<View>& views);

/// What a server of anyone's start has recorded: a lane a thread, and a lane a client with the calls
/// about it.
[[nodiscard]] std::string events_of(const lab::Trace& trace);

}  // namespace timeline
