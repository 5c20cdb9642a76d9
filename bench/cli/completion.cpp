#include "bench/cli/completion.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/cli/say.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"

namespace cli {
namespace {

using Words = std::vector<std::string>;

/// What a value may be, where the option does not say so itself.
struct Names {
    Words models, experiments;
};

/// Out of "TEXT:{html,csv}", which CLI::IsMember makes of an option's type.
Words choices_of(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const std::size_t open = type.find('{');
    if (open == type.npos) return {};
    return lab::split(type.substr(open + 1, type.find('}') - open - 1), ',');
}

Names names_here() {
    Names here;
    for (const lab::Model& model : lab::own_models()) {
        here.models.push_back(model.name);
        if (std::ranges::find(here.models, model.group) == here.models.end())
            here.models.push_back(model.group);
    }
    here.models.emplace_back("all");
    for (const lab::Embedded& embedded : lab::embedded_experiments())
        here.experiments.emplace_back(embedded.name);
    return here;
}

/// `--output`, or `-o` where there is no longer one; empty for what has to be an argument.
std::string name_of(const CLI::Option& option) {
    if (!option.get_lnames().empty()) return "--" + option.get_lnames().front();
    return option.get_snames().empty() ? "" : "-" + option.get_snames().front();
}

/// What its value may be; nothing for what is a file or a number, which is left to the shell.
Words values_of(const CLI::Option& option, const Names& names) {
    const std::string name = name_of(option);
    const std::string argument = option.get_positional() ? option.get_name(true) : "";
    if (name == "--models" || name == "--exclude" || argument == "MODEL") return names.models;
    if (argument == "EXPERIMENT" || argument == "NAME") return names.experiments;
    return choices_of(option);
}

/// What may stand without the option's name, if it is an argument.
Words arguments_of(const CLI::Option& option, const Names& names) {
    return option.get_positional() ? values_of(option, names) : Words{};
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

// What may stand where a word of a command begins: its options, and what its argument may be.
Words words_of(const CLI::App& command, const Names& names) {
    Words words;
    for (const CLI::Option* option : command.get_options()) {
        if (!name_of(*option).empty()) words.push_back(name_of(*option));
        for (std::string& value : arguments_of(*option, names)) words.push_back(std::move(value));
    }
    return words;
}

// Options whose values are known, and these.
std::map<std::string, Words> known_values(const CLI::App& app, const Names& names) {
    std::map<std::string, Words> known;
    for (const CLI::App* command : commands_of(app)) {
        for (const CLI::Option* option : command->get_options()) {
            const Words words = values_of(*option, names);
            if (!words.empty() && !name_of(*option).empty()) known[name_of(*option)] = words;
        }
    }
    return known;
}

std::string for_bash(const CLI::App& app, const Names& names) {
    Words first;
    std::string commands;
    for (const CLI::App* command : commands_of(app)) {
        first.push_back(command->get_name());
        commands += fmt::format("        {}) words='{}' ;;\n", command->get_name(),
                                fmt::join(words_of(*command, names), " "));
    }
    std::string options;
    for (const auto& [name, words] : known_values(app, names))
        options += fmt::format("        {}) words='{}' ;;\n", name, fmt::join(words, " "));
    return fmt::format(R"(_iolab() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} words=''
    case ${{COMP_WORDS[1]:-}} in
{}    esac
    if [ "$COMP_CWORD" -eq 1 ]; then words='{} --help --version'; fi
    case $before in
{}    esac
    # Of a list with commas, the last word.
    local listed=''
    case $current in *,*) listed=${{current%,*}}, ;; esac
    COMPREPLY=($(compgen -P "$listed" -W "$words" -- "${{current##*,}}"))
}}
complete -o default -F _iolab iolab
)",
                       commands, fmt::join(first, " "), options);
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

std::string for_fish(const CLI::App& app, const Names& names) {
    std::string text;
    for (const CLI::App* command : commands_of(app)) {
        const std::string& name = command->get_name();
        text += fmt::format("complete -c iolab -n __fish_use_subcommand -a {} -d {}\n", name,
                            quoted_for_fish(command->get_description()));
        const std::string here =
            fmt::format("complete -c iolab -n '__fish_seen_subcommand_from {}'", name);
        for (const CLI::Option* option : command->get_options()) {
            const Words arguments = arguments_of(*option, names);
            if (!arguments.empty())
                text += fmt::format("{} -a '{}'\n", here, fmt::join(arguments, " "));
            if (name_of(*option).empty()) continue;
            const Words known = values_of(*option, names);
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
    const Names names = names_here();
    if (shell == "fish") {
        put("# iolab completion fish | source\n" + for_fish(app, names));
    } else {
        // zsh can be taught to complete as bash does.
        const bool zsh = shell == "zsh";
        put(fmt::format("# source <(iolab completion {})\n", shell) +
            (zsh ? "autoload -Uz compinit bashcompinit\ncompinit\nbashcompinit\n" : "") +
            for_bash(app, names));
    }
    return done;
}

}  // namespace cli
