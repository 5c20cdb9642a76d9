#pragma once

#include <CLI/CLI.hpp>

namespace verify {

/// Adds `verify [MODEL...]` to the command line: the behaviours, in sentences.
///
/// exit_code  what the command ended with, if it was the one that was called: 0; 1 failed; 2 wrong
///            usage; 3 a model is missing; 4 something was not as it should; 130 interrupted. Must
///            outlive the parsing.
void add_verify_command(CLI::App& app, int& exit_code);

}  // namespace verify
