// Whether what code spans name is there: words of code, commands and their options, paths.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "docs/generator/prose.hpp"
#include "docs/generator/text.hpp"

namespace docs {
namespace {

// What begins so is of this machine, of the network, or comes into being where somebody works.
constexpr std::array<std::string_view, 12> left_alone{"http://",  "https://", "/proc/", "/sys/",
                                                      "/dev/",    "/usr/",    "/etc/",  "/tmp/",
                                                      "results/", "build/",   "./",     "../"};

// Where programs are that were built; what they are called is a name of the code.
constexpr std::array<std::string_view, 3> built{"build/bin/", "build/bench/", "build/tests/"};

// A sibling with a bug, and what becomes of it.
constexpr std::array<std::string_view, 2> bugs{"zoo/", "build/zoo/"};

bool begins_with_any(std::string_view text, const auto& beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](std::string_view begin) { return text.starts_with(begin); });
}

bool is_letter(char c) {
    return is_word(c) && (c < '0' || c > '9');
}

std::string_view last_part(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

// Part of a span; what stands in quotes is what someone may make of it.
struct Word {
    std::string_view text;
    bool is_quoted = false;
};

// Apart at blanks, and where a quote begins and ends.
std::vector<Word> words_of(std::string_view code) {
    std::vector<Word> words;
    bool is_quoted = false;
    while (!code.empty()) {
        const std::size_t end = std::min(code.find_first_of(" \n'"), code.size());
        if (end > 0) words.push_back({.text = code.substr(0, end), .is_quoted = is_quoted});
        if (end < code.size() && code[end] == '\'') is_quoted = !is_quoted;
        code.remove_prefix(std::min(end + 1, code.size()));
    }
    return words;
}

// `--backlog=1`, `-o`: without its value; empty for what is none, such as `-1` and `-et`.
std::string_view option_of(std::string_view word) {
    const std::size_t dashes = std::min(word.find_first_not_of('-'), word.size());
    if (dashes == 0 || dashes > 2 || word.size() == dashes || !is_letter(word[dashes])) return {};
    std::size_t end = dashes + 1;
    if (dashes == 1) return end < word.size() && is_letter(word[end]) ? "" : word.substr(0, end);
    while (end < word.size() && (is_word(word[end]) || word[end] == '-' || word[end] == '.')) ++end;
    return word.substr(0, end);
}

// Whether a text has it, and not another one that begins so.
bool has_option(std::string_view text, std::string_view option) {
    for (std::size_t at = text.find(option); at != text.npos; at = text.find(option, at + 1)) {
        const std::string_view behind = text.substr(at + option.size());
        if (behind.empty() || !(is_word(behind[0]) || behind[0] == '-')) return true;
    }
    return false;
}

class Span {
public:
    Span(std::string_view code, const Place& place, Desk& desk)
        : words_{words_of(code)}, place_{place}, desk_{desk} {
        find_program();
    }

    void check() {
        if (!has_command()) return;
        for (std::size_t at = 0; at < words_.size(); ++at) {
            const bool is_ours =
                at + 1 == arguments_ && (program_ == "iolab" || program_ == "make");
            if (!is_ours) check_word(words_[at]);
            // A label of tests is ours, whoever takes it: `ctest -L soak`, `make test ARGS='-L soak'`.
            if (at > 0 && words_[at - 1].text == "-L") check_names(words_[at].text);
        }
    }

private:
    // The first word that sets no variable: `SOAK_SECONDS=60 ctest -L soak`.
    void find_program() {
        const auto found = std::find_if(words_.begin(), words_.end(), [](const Word& word) {
            return word.text.find('=') == word.text.npos;
        });
        if (found == words_.end() || found->is_quoted) return;
        arguments_ = static_cast<std::size_t>(found - words_.begin()) + 1;
        const std::string_view path = found->text;
        is_server_ = begins_with_any(path, bugs);
        program_ = is_server_ || begins_with_any(path, built) ? last_part(path) : path;
        const bool is_alone = words_.size() == arguments_;
        is_foreign_ = !is_alone && desk_.atlas.outside_names().has_program(program_);
        find_source();
    }

    // Whose options are in one file alone: a script, a program of tests.
    void find_source() {
        if (Atlas::names_a_path(program_)) options_ = desk_.atlas.text(std::string{program_});
        const auto file = desk_.atlas.file_called(std::string{program_} + ".cpp");
        if (file && !file->empty() && !file->starts_with("servers/"))
            options_ = desk_.atlas.text(*file);
        is_server_ = is_server_ || (file && file->starts_with("servers/"));
    }

    void tell(std::string what, std::string what_helps) {
        desk_.faults.add({.place = place_,
                          .what = std::move(what),
                          .likely_cause = "a typing error, or it has another name now",
                          .what_helps = std::move(what_helps)});
    }

    // What is no command of `iolab` and no target of `make` is told, and nothing else of it.
    bool has_command() {
        if (arguments_ >= words_.size() || words_[arguments_].is_quoted) return true;
        const std::string word{words_[arguments_].text};
        const bool is_any = lower_case(word) != word;  // `iolab COMMAND`
        if (!is_letter(word[0]) || is_any || word.find('=') != word.npos) return true;
        const bool has_it = program_ == "iolab"  ? desk_.atlas.names().is_command(word)
                            : program_ == "make" ? desk_.atlas.names().is_target_of_make(word)
                                                 : true;
        if (!has_it)
            tell("`" + std::string{program_} + " " + word + "` is no command",
                 "iolab --help lists commands, make help targets");
        if (has_it) command_ = words_[arguments_].text;
        return has_it;
    }

    void check_word(const Word& word) {
        const std::string_view option = option_of(word.text);
        if (!option.empty()) {
            check_option(option, word.is_quoted);
        } else if (Atlas::names_a_path(word.text)) {
            if (!desk_.atlas.has_path(word.text)) tell_unknown_file(word.text, place_, desk_);
        } else if (begins_with_any(word.text, bugs)) {
            check_bug(word.text);
        } else if (begins_with_any(word.text, built)) {
            check_names(last_part(word.text));
        } else if (!is_foreign_ && !word.is_quoted && !begins_with_any(word.text, left_alone)) {
            check_names(word.text);
        }
    }

    // `build/zoo/poll_sleeps.cpp`
    void check_bug(std::string_view path) {
        const std::string_view file = last_part(path);
        const std::string name{file.substr(0, file.find('.'))};
        if (!name.empty() && !desk_.atlas.has_path("servers/zoo/" + name + ".patch"))
            tell("`" + std::string{path} + "` is no bug of the zoo", "what servers/zoo has");
    }

    // In quotes are the options of what the program starts: of another one.
    bool takes(std::string_view option, bool is_quoted) {
        const Names& names = desk_.atlas.names();
        if (program_ == "make" && option.size() == 2) return true;  // its own, or handed to ctest
        if (is_quoted) return is_foreign_ || names.takes("", option);
        if (is_foreign_ || option == "--help") return true;
        if (options_ && has_option(*options_, option)) return true;
        if (options_) return names.takes("scripts", option);
        if (program_ == "iolab" && !command_.empty()) return names.command_takes(command_, option);
        if (program_ == "iolab") return names.takes("bench", option);
        if (is_server_) return names.takes("common", option);
        return names.takes("", option) || desk_.atlas.outside_names().has(option);
    }

    void check_option(std::string_view option, bool is_quoted) {
        if (takes(option, is_quoted)) return;
        std::string what = "`" + std::string{option} + "` is no option";
        std::string of{program_};
        if (program_ == "iolab" && !command_.empty()) of.append(" ").append(command_);
        if (!of.starts_with('-')) what += " of `" + of + "`";
        tell(std::move(what), "the program's --help lists its options");
    }

    // Every name in a piece of code: `if (early || full) distrust(model, fd);`
    void check_names(std::string_view text) {
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (!is_word(text[at])) continue;
            const std::size_t begin = at;
            at = end_of_name(text, begin);
            const bool is_variable = begin > 0 && text[begin - 1] == '$';
            if (!is_letter(text[begin]) || is_variable) continue;
            const std::string_view name = text.substr(begin, at - begin);
            check_name(name, at < text.size() && text[at] == '(');
        }
    }

    // Words that are joined, `sys::recv`, `server.workers`, `keep-alive`.
    static std::size_t end_of_name(std::string_view text, std::size_t at) {
        const auto is_word_at = [&](std::size_t place) {
            return place < text.size() && is_word(text[place]);
        };
        while (at < text.size()) {
            const bool joins = text[at] == '.' || text[at] == '-';
            if (is_word(text[at]))
                ++at;
            else if (joins && is_word_at(at + 1))
                at += 2;
            else if (text.substr(at).starts_with("::") && is_word_at(at + 2))
                at += 3;
            else
                break;
        }
        return at;
    }

    void check_name(std::string_view name, bool is_called) {
        if (!is_known(name))
            tell("`" + std::string{name} + "` is no name of the code",
                 std::string{"what the code calls it; another's name is looked up, and added to "} +
                     outside_names_file);
        else if (is_called && !desk_.atlas.names().is_called(last_word(name)) &&
                 !desk_.atlas.outside_names().has(name))
            tell("`" + std::string{name} + "()` is called nowhere in the code",
                 "a function's name, or no parentheses");
    }

    static std::string_view last_word(std::string_view name) {
        return name.substr(name.find_last_of(".:-") + 1);
    }

    bool is_known(std::string_view name) {
        const std::size_t colons = name.rfind("::");
        if (desk_.atlas.names().has(name) || desk_.atlas.workload(std::string{name}) ||
            desk_.atlas.outside_names().has(name))
            return true;
        if (colons != name.npos) {
            const std::string_view scopes = name.substr(0, colons);
            return desk_.atlas.names().has_in(last_word(scopes), name.substr(colons + 2));
        }
        return name.find('.') != name.npos &&
               (desk_.atlas.file_called(std::string{name}) || has_parts(name));
    }

    // `errors.reply_timeout`
    bool has_parts(std::string_view name) {
        while (!name.empty()) {
            const std::size_t end = std::min(name.find('.'), name.size());
            if (!is_known(name.substr(0, end))) return false;
            name.remove_prefix(std::min(end + 1, name.size()));
        }
        return true;
    }

    std::vector<Word> words_;
    const Place& place_;
    Desk& desk_;
    std::string_view program_, command_;
    std::size_t arguments_ = 0;  // the first of them
    bool is_foreign_ = false;  // what it understands is not ours to say
    bool is_server_ = false;
    std::optional<std::string> options_;  // a text that has them
};

}  // namespace

void check_code(std::string_view code, const Place& place, Desk& desk) {
    Span{code, place, desk}.check();
}

}  // namespace docs
