#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/sys/fd.hpp"

/// Starting, watching and ending other processes, on Linux through /proc.
namespace verify {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// So long from now.
inline Deadline in(std::chrono::milliseconds length) {
    return Clock::now() + length;
}

/// Where a child's standard stream leads.
enum class Stream {
    inherit,
    null,  ///< /dev/null
    capture,  ///< stdout: a pipe that `Process` reads; stderr: memory that it can read at any time
    closed,  ///< not open at all
    given,  ///< the descriptor in `given_stdout` or `given_stderr`
};

/// What to start, and how.
struct Launch {
    std::vector<std::string> command{};  ///< path or name of the executable, then its arguments
    Stream standard_input = Stream::null;
    Stream standard_output = Stream::capture;
    Stream standard_error = Stream::capture;
    int given_stdout = -1;  ///< borrowed until the start is over
    int given_stderr = -1;
    std::vector<int> cpus{};  ///< numbers it may run on; empty: any
    std::optional<std::pair<std::uint64_t, std::uint64_t>> open_files{};  ///< soft and hard limit
    int files_first = 0;  ///< so many descriptors are taken when it starts, from number 16 on
    std::vector<int> held_back{};  ///< signals that are blocked when it starts
    int parent_death_signal = SIGKILL;  ///< sent to it when the thread that starts it ends
    bool guarded = false;  ///< whatever it starts ends with it, a daemon too: guardian.hpp
};

/// How a process ended: an exit code, or the number of a signal.
struct Exit {
    bool by_signal = false;
    int number = 0;

    friend bool operator==(const Exit&, const Exit&) = default;
};

/// "exit 0" or "signal 11 (Segmentation fault)".
std::string describe(const Exit& exit);

/// What a process holds at one moment, its children not included.
struct Census {
    int descriptors = 0;
    int threads = 0;
    int children = 0;  ///< of any depth, zombies included

    friend bool operator==(const Census&, const Census&) = default;
};

/// The processes of one server at one moment.
struct Family {
    std::vector<pid_t> members;  ///< parents first
    pid_t guardian = -1;  ///< no member; it reaps members that have lost their parent. -1: nobody
};

/// `pid`, and its descendants where `tree`.
Family family_of(pid_t pid, bool tree);

/// Sends SIGUSR1 to each thread of theirs. The project's models have a handler for it that does
/// nothing, without SA_RESTART, so that whatever sleeps returns with EINTR; a server that has none
/// is ended by it.
void interrupt(const Family& family);

/// One child in a process group of its own; ends with its owner.
///
/// ownership  the destructor kills the whole group and reaps the child; where the child is guarded,
///            it kills all that descend from it, and when the owner is killed the guardian does.
/// errors     the constructor throws `std::system_error` when nothing could be started; a
///            command that is not there is such an error, too.
class Process {
public:
    explicit Process(const Launch& launch);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] bool is_guarded() const noexcept { return guarded_; }

    /// Sends a signal to the child alone; nothing if it has ended, whoever has its number then.
    /// source: pidfd_send_signal(2).
    void signal(int number) const noexcept;

    /// How it ended, once it has; waits until then, or until `deadline`: nothing.
    std::optional<Exit> wait(Deadline deadline);

    /// SIGTERM, and SIGKILL to the whole group for what is left at `deadline`. Where it is guarded,
    /// SIGTERM goes to the child, then to each process that has lost its parent.
    Exit stop(Deadline deadline);

    /// The child and what descends from it, while they live; those that have left it only where it
    /// is guarded.
    [[nodiscard]] Family family() const;

    /// One line of its stdout without the line end; nothing at `deadline` or at the end.
    std::optional<std::string> read_line(Deadline deadline);

    /// Stdout up to its end, or to `deadline`.
    std::string read_all(Deadline deadline);

    /// Everything that it has written to stderr so far.
    [[nodiscard]] std::string stderr_text() const;

    /// The reading end of its captured stdout, given away.
    sys::Fd take_stdout() noexcept { return std::move(stdout_); }

private:
    bool fill(Deadline deadline);
    Exit stop_family(Deadline deadline);
    void release_guardian() noexcept;

    bool guarded_;
    pid_t pid_ = -1;
    pid_t guardian_ = -1;
    sys::Fd handle_;  // the child's pidfd, readable when it has ended; none: it had gone before
    sys::Fd ended_;  // the guardian's news; none without a guardian
    sys::Fd lifeline_;  // closed, it makes the guardian end the family
    sys::Fd stdout_;
    sys::Fd stderr_;
    std::string unread_;
    std::optional<Exit> exit_;
};

/// What `pid` holds now. errors: all zero when it is gone.
Census census(pid_t pid);

/// The threads of all of `pids`, by number.
std::vector<pid_t> threads_of(const std::vector<pid_t>& pids);

/// Every descendant of `pid`, parents first.
std::vector<pid_t> descendants(pid_t pid);

/// CPU time of all threads of `pid` since it began, in ns, the ended ones included, its children
/// not. errors: 0 when it is gone. source: clock_getcpuclockid(3).
std::uint64_t cpu_ns(pid_t pid);

/// Resident memory of `pid` in bytes. errors: 0 when it is gone.
std::uint64_t resident_bytes(pid_t pid);

/// The same of its address space, which RLIMIT_AS bounds.
std::uint64_t mapped_bytes(pid_t pid);

/// A TCP port of the loopback interface that is free now and lies below the ephemeral range, so
/// that no client can be given it as its own.
/// errors  throws `std::system_error` when none was found.
int free_port();

/// The first port that the kernel hands out by itself: ip(7), ip_local_port_range.
int ephemeral_floor();

}  // namespace verify
