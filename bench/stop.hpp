#pragma once

#include <atomic>

namespace bench {

/// While it lives, SIGINT, SIGTERM and SIGHUP ask the command to end with what it has under way, so
/// that what it has so far is not lost. A second one, which often is the same key pressed twice, is
/// only counted; a third ends the process at once. A signal that is ignored when this begins, as
/// nohup and a shell's trap have it, stays ignored. There is one at a time.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
};

/// Whether such a signal has come since the last of them began.
[[nodiscard]] const std::atomic<bool>& stop_asked() noexcept;

}  // namespace bench
