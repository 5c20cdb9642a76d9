#pragma once

#include <CLI/CLI.hpp>

namespace load {

/// Adds `load URL` to the command line: the load generator alone.
///
/// exit_code  what the command ended with, if it was the one that was called: 0; 1 nobody
///            answered, or not one reply was right; 2 wrong usage; 4 some replies were wrong;
///            130 interrupted. Must outlive the parsing.
void add_load_command(CLI::App& app, int& exit_code);

}  // namespace load
