#pragma once

#include <sys/types.h>

/// A small process that stands between the harness and a server of anyone's.
///
/// It is the subreaper of whatever the server starts, prctl(2) PR_SET_CHILD_SUBREAPER: a shell's
/// command, a fork, a daemon that has left its parent all stay its descendants, so it is known at
/// any time who belongs to the server. It holds the reading end of a pipe, the lifeline; when the
/// harness ends, in whatever way, the kernel closes the other end, and the guardian ends them all.
/// It runs after fork(2) without exec: everything here is allowed by signal-safety(7).
namespace verify {

/// Makes this process a guardian, in a session of its own. Call before the server is forked.
void become_guardian() noexcept;

/// Guards `server`, a child of this process.
///
/// `lifeline` is the reading end of a pipe; its end of file kills all descendants, and ends this
/// process. `news` takes two integers: the number of the server, and its wait status at its end.
[[noreturn]] void guard(pid_t server, int lifeline, int news) noexcept;

}  // namespace verify
