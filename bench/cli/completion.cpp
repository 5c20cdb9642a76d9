#include "bench/cli/completion.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/cli/commands.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"

namespace cli {
namespace {

using Words = std::vector<std::string>;

/// What a value may be, by what the help calls it: an option, or a command's argument. What is not
/// here is a file or a number, and left to the shell.
struct Values {
    Words models, experiments;

    [[nodiscard]] Words of(const std::string& name) const {
        if (name == "--models" || name == "--exclude" || name == "MODEL") return models;
        if (name == "EXPERIMENT" || name == "NAME") return experiments;
        if (name == "--preset") return {"quick", "standard", "full"};
        if (name == "--format") return {"html", "markdown", "csv", "terminal"};
        if (name == "SHELL") return {"bash", "zsh", "fish"};
        return {};
    }
};

Values values_here() {
    Values values;
    for (const lab::Model& model : lab::own_models()) {
        values.models.push_back(model.name);
        if (std::ranges::find(values.models, model.group) == values.models.end())
            values.models.push_back(model.group);
    }
    values.models.emplace_back("all");
    for (const lab::Embedded& embedded : lab::embedded_experiments())
        values.experiments.emplace_back(embedded.name);
    return values;
}

/// `--output`, or `-o` where there is no longer one; empty for what has to be an argument.
std::string name_of(const CLI::Option& option) {
    if (!option.get_lnames().empty()) return "--" + option.get_lnames().front();
    return option.get_snames().empty() ? "" : "-" + option.get_snames().front();
}

/// What the argument of a command may be, if the option may stand as one.
Words arguments_of(const CLI::Option& option, const Values& values) {
    return option.get_positional() ? values.of(option.get_name(true)) : Words{};
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

// What may stand where a word of a command begins: its options, and what its argument may be.
Words words_of(const CLI::App& command, const Values& values) {
    Words words;
    for (const CLI::Option* option : command.get_options()) {
        if (!name_of(*option).empty()) words.push_back(name_of(*option));
        for (std::string& value : arguments_of(*option, values)) words.push_back(std::move(value));
    }
    return words;
}

// Options whose values are known, and these.
std::map<std::string, Words> known_values(const CLI::App& app, const Values& values) {
    std::map<std::string, Words> known;
    for (const CLI::App* command : commands_of(app)) {
        for (const CLI::Option* option : command->get_options()) {
            const std::string name = name_of(*option);
            if (!values.of(name).empty()) known[name] = values.of(name);
        }
    }
    return known;
}

std::string for_bash(const CLI::App& app, const Values& values) {
    Words names;
    std::string commands;
    for (const CLI::App* command : commands_of(app)) {
        names.push_back(command->get_name());
        commands += fmt::format("        {}) words='{}' ;;\n", command->get_name(),
                                fmt::join(words_of(*command, values), " "));
    }
    std::string options;
    for (const auto& [name, words] : known_values(app, values))
        options += fmt::format("        {}) words='{}' ;;\n", name, fmt::join(words, " "));
    return fmt::format(R"(_iolab() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} words=''
    case ${{COMP_WORDS[1]:-}} in
{}        *) words='{} --help --version' ;;
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then words='{} --help --version'; fi
    case $before in
{}    esac
    # Of a list with commas, the last word.
    local done=''
    case $current in *,*) done=${{current%,*}}, ;; esac
    COMPREPLY=($(compgen -P "$done" -W "$words" -- "${{current##*,}}"))
}}
complete -o default -F _iolab iolab
)",
                       commands, fmt::join(names, " "), fmt::join(names, " "), options);
}

// In single quotes, as fish reads them.
std::string quoted_for_fish(const std::string& text) {
    std::string quoted = "'";
    for (const char byte : text) {
        if (byte == '\'' || byte == '\\') quoted += '\\';
        quoted += byte;
    }
    return quoted + "'";
}

std::string for_fish(const CLI::App& app, const Values& values) {
    std::string text;
    for (const CLI::App* command : commands_of(app)) {
        const std::string& name = command->get_name();
        text += fmt::format("complete -c iolab -n __fish_use_subcommand -a {} -d {}\n", name,
                            quoted_for_fish(command->get_description()));
        const std::string here =
            fmt::format("complete -c iolab -n '__fish_seen_subcommand_from {}'", name);
        for (const CLI::Option* option : command->get_options()) {
            const Words arguments = arguments_of(*option, values);
            if (!arguments.empty())
                text += fmt::format("{} -a '{}'\n", here, fmt::join(arguments, " "));
            if (name_of(*option).empty()) continue;
            const Words known = values.of(name_of(*option));
            text += here;
            for (const std::string& letter : option->get_snames()) text += " -s " + letter;
            for (const std::string& word : option->get_lnames()) text += " -l " + word;
            if (option->get_items_expected_max() > 0) text += " -r";
            if (!known.empty()) text += fmt::format(" -a '{}'", fmt::join(known, " "));
            text += " -d " + quoted_for_fish(option->get_description()) + '\n';
        }
    }
    return text;
}

}  // namespace

int completion(const CLI::App& app, const std::string& shell) {
    const Values values = values_here();
    if (shell == "fish") {
        put("# iolab completion fish | source\n" + for_fish(app, values));
    } else {
        // zsh can be taught to complete as bash does.
        const bool zsh = shell == "zsh";
        put(fmt::format("# source <(iolab completion {})\n", shell) +
            (zsh ? "autoload -Uz compinit bashcompinit\ncompinit\nbashcompinit\n" : "") +
            for_bash(app, values));
    }
    return done;
}

}  // namespace cli
