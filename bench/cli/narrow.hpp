#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace cli {

/// Lays out help for a terminal of 80 columns: what is said of options and
/// commands is wrapped.
class Narrow : public CLI::Formatter {
public:
    std::string make_option(const CLI::Option* option, bool is_positional) const override;
    std::string make_subcommand(const CLI::App* command) const override;

private:
    [[nodiscard]] std::string narrowed(const std::string& wide) const;
};

}  // namespace cli
