#pragma once

#include "common/server/options.hpp"
#include "common/server/service.hpp"

namespace server {

/// What every server's `main` is: reads the command line, listens, prints the
/// ready line, runs the model until it is told to stop, and gives the exit code
/// (0 done, 1 failed, 2 wrong usage, 3 something needed is missing, 130 cut short).
[[nodiscard]] int main(int argc, char** argv, const Traits& traits, void (*run)(Service&));

/// Ends the process for a mistake of our own, naming the call and `errno`.
[[noreturn]] void fatal(const char* call) noexcept;

/// `fatal`, if `errno` is one that only a mistake of our own explains: EBADF,
/// EFAULT, EINVAL, ENOTSOCK. Otherwise one client failed, and only it.
void fatal_if_ours(const char* call) noexcept;

/// What the model cannot wait without is not to be had: throws std::system_error
/// by `errno`, which `main` explains, exit 1; ours are fatal. Before the first wait.
[[noreturn]] void cannot_start(const char* call);

/// Judges a client's failed call by `errno`: true if it only had nothing to do,
/// or a signal came; false if that client failed; ours are fatal.
[[nodiscard]] bool would_block(const char* call) noexcept;

/// The same of an operation, by the result with which it completed: a negative `errno`.
[[nodiscard]] bool would_block(const char* call, int result) noexcept;
void fatal_if_ours(const char* call, int result) noexcept;

}  // namespace server
