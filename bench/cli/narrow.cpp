#include "bench/cli/narrow.hpp"

#include <cstddef>

#include "bench/lab/text.hpp"

namespace cli {

std::string Narrow::make_option(const CLI::Option* option, bool is_positional) const {
    return narrowed(CLI::Formatter::make_option(option, is_positional));
}

std::string Narrow::make_subcommand(const CLI::App* command) const {
    return narrowed(CLI::Formatter::make_subcommand(command));
}

std::string Narrow::narrowed(const std::string& wide) const {
    constexpr std::size_t width = 80;
    const std::string indent(get_column_width(), ' ');
    std::string text;
    for (std::string line : lab::split(wide, '\n')) {
        while (line.size() > width) {
            const std::size_t space = line.rfind(' ', width);
            if (space == line.npos || space <= indent.size()) break;
            text += line.substr(0, space) + '\n';
            line.replace(0, space + 1, indent);
        }
        text += line + '\n';
    }
    return text;
}

}  // namespace cli
