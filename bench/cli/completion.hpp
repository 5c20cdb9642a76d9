#pragma once

#include <string>

#include <CLI/App.hpp>

namespace cli {

/// `iolab completion`: what a shell has to read to complete commands, options and the names of
/// models, experiments and presets; on stdout. It is made of the commands that `app` has, so it
/// knows what they know.
/// `shell`: "bash", "zsh" or "fish"
int completion(const CLI::App& app, const std::string& shell);

}  // namespace cli
