#pragma once

#include <optional>

namespace lab {

/// While it lives, this thread, and whoever it starts, has its CPUs before other programs.
///
/// What another program computes on a CPU of ours in between shows in our figures: caches are
/// cold, clients have gathered meanwhile. Servers and clients inherit the same niceness, so that
/// neither is served before the other.
/// source: setpriority(2), which on Linux is a thread's; sched(7), "The autogroup feature": where
/// that is on, niceness counts inside a session only, and the session has one of its own.
class Precedence {
public:
    static constexpr int preferred = -10;  ///< nine tenths of a CPU that one other program wants

    /// Who already has a lower niceness keeps it; who may not have this one keeps what there is.
    /// range: `nice` from -20 to 0
    explicit Precedence(int nice) noexcept;
    Precedence(const Precedence&) = delete;
    Precedence& operator=(const Precedence&) = delete;
    ~Precedence();

    /// The niceness that server and load run with.
    [[nodiscard]] int nice() const noexcept;

private:
    int thread_before_;
    std::optional<int> session_before_;  ///< none: not changed
};

}  // namespace lab
