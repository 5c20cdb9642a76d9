#pragma once

#include <cstdint>
#include <vector>

#include "bench/lab/trace_file.hpp"

/// The calls of a trace by who made them, and by whom they were about.
namespace timeline {

using Calls = std::vector<const lab::TracedCall*>;

/// The calls of one thread, one after another: what a signal handler called while the thread was in
/// a call stands in a lane of its own.
struct ThreadLane {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    bool in_handler = false;
    Calls calls;
};

/// By process, the first one first, and there by thread; the first thread of a process has its
/// number. Borrows from `trace`.
[[nodiscard]] std::vector<ThreadLane> thread_lanes(const lab::Trace& trace);

/// The calls about one client, from the accept4 that returns its descriptor to the close of the last
/// process that has it.
struct ClientLane {
    std::int64_t fd = -1;
    bool accepted_before =
        false;  ///< before the oldest record: it begins with its first recv or send
    Calls calls;
};

/// In the order in which they were accepted. A forked child has the clients that its parent had,
/// and a process the one that another has handed to it.
/// Borrows from `trace`.
[[nodiscard]] std::vector<ClientLane> client_lanes(const lab::Trace& trace);

}  // namespace timeline
