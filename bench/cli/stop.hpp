#pragma once

#include <atomic>

namespace cli {

/// From now on SIGINT, SIGTERM and SIGHUP ask the command to end with what it has under way, so that
/// what it has so far is not lost; a second one ends the process. A reader of stdout who leaves, and
/// a limit of file size, are errors like others and no signals.
void stop_on_signals();

/// Whether such a signal has come.
[[nodiscard]] const std::atomic<bool>& stop_asked() noexcept;

}  // namespace cli
