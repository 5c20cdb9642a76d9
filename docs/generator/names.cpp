#include "docs/generator/names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "docs/generator/text.hpp"

namespace docs {
namespace {

enum class Kind { none, code, script, json };

Kind kind_of(std::string_view path) {
    if (path.starts_with("tests/docs/")) return Kind::none;  // courses that are made up
    if (path.ends_with(".cpp") || path.ends_with(".hpp")) return Kind::code;
    if (path.ends_with(".jsonc") || path.ends_with(".schema.json")) return Kind::json;
    constexpr std::array<std::string_view, 5> endings{".cmake", "CMakeLists.txt", "Makefile",
                                                      ".cfg", ".conf"};
    const bool is_script =
        path.starts_with("scripts/") ||
        std::any_of(endings.begin(), endings.end(),
                    [&](std::string_view ending) { return path.ends_with(ending); });
    return is_script ? Kind::script : Kind::none;
}

// A line without what it says about the code.
std::string_view code_of(Kind kind, std::string_view line) {
    if (kind == Kind::script) return trimmed(line).starts_with('#') ? "" : line;
    return line.substr(0, comment_begin(line));
}

std::string_view directory_of(std::string_view path) {
    return path.substr(0, std::min(path.find('/'), path.size()));
}

// A string from the quote at `begin` on: where what it says ends.
std::size_t end_of_string(std::string_view code, std::size_t begin) {
    std::size_t end = begin + 1;
    while (end < code.size() && code[end] != '"') end += code[end] == '\\' ? 2 : 1;
    return std::min(end, code.size());
}

// Calls `take` with each string, and with the code between what was before and it.
void for_strings(std::string_view code, auto take) {
    std::size_t done = 0;
    for (std::size_t at = code.find('"'); at < code.size(); at = code.find('"', done)) {
        const std::size_t end = end_of_string(code, at);
        take(code.substr(at + 1, end - at - 1), code.substr(done, at - done));
        done = std::min(end + 1, code.size());
    }
    take(std::string_view{}, code.substr(done));
}

// What a test gives to a program may be wrong on purpose.
std::string without_strings(std::string_view code) {
    std::string rest;
    for_strings(code, [&](std::string_view, std::string_view before) { rest += before; });
    return rest;
}

// Texts of an experiment are prose; what is one word is a name.
std::string names_of_json(std::string_view line) {
    std::string names;
    for_strings(line, [&](std::string_view text, std::string_view) {
        const bool is_name = std::all_of(text.begin(), text.end(),
                                         [](char c) { return is_word(c) || c == '-' || c == '.'; });
        if (is_name) names.append(text) += ' ';
    });
    return names;
}

// `-o,--output`, `!--delay`: each of them; empty for what is no option.
std::vector<std::string_view> options_of(std::string_view text) {
    std::vector<std::string_view> options;
    while (!text.empty()) {
        std::string_view option = text.substr(0, text.find(','));
        text.remove_prefix(std::min(option.size() + 1, text.size()));
        if (option.starts_with('!')) option.remove_prefix(1);
        if (!option.starts_with('-') || option.find(' ') != option.npos) return {};
        options.push_back(option);
    }
    return options;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr std::array<std::string_view, 5> declaring{"namespace", "class", "struct", "enum",
                                                    "union"};

void add_file(std::vector<int>& files, int file) {
    if (files.empty() || files.back() != file) files.push_back(file);
}

std::size_t end_of_word(std::string_view code, std::size_t at) {
    while (at < code.size() && is_word(code[at])) ++at;
    return at;
}

std::string_view word_before(std::string_view code, std::size_t end) {
    std::size_t begin = end;
    while (begin > 0 && is_word(code[begin - 1])) --begin;
    return code.substr(begin, end - begin);
}

}  // namespace

// Words joined by `-` count as one as well.
void Names::take_words(std::string_view code) {
    std::string before;
    std::size_t joined = 0;  // where the words begin that this one is joined to
    for (std::size_t at = 0, end = 0; at < code.size(); at = std::max(end, at + 1)) {
        end = end_of_word(code, at);
        if (end == at) continue;
        std::string word{code.substr(at, end - at)};
        add_file(files_[word], file_);
        if (at < 2 || code[at - 1] != '-' || !is_word(code[at - 2])) joined = at;
        if (joined < at) add_file(files_[std::string{code.substr(joined, end - joined)}], file_);
        if (std::find(declaring.begin(), declaring.end(), before) != declaring.end())
            add_file(declared_[word], file_);
        if (code.substr(0, at).ends_with("::")) qualified_.insert((before += "::") += word);
        if (end < code.size() && (code[end] == '(' || code[end] == '{' || code[end] == '<'))
            called_.insert(word);
        const bool is_attribute = word == "nodiscard" || word == "alignas" || is_digit(word[0]);
        if (!is_attribute) before = std::move(word);  // stands between `struct` and the name
    }
}

// What CLI11 is told: `add_subcommand("list", ...)`, `add_option("-o,--output", ...)`. An option is
// that command's behind which it stands. One that stands before all belongs to the function that it
// is in, `add_run_options(CLI::App& app)`, and to the commands that call it: `add_run_options(*run)`.
void Names::take_command_line(const std::string& directory, std::string_view code) {
    std::map<std::string, Set> functions;
    std::string function, command;
    for_strings(code, [&](std::string_view text, std::string_view before) {
        for (const auto& [name, options] : functions) {
            if (!command.empty() && before.find(name + "(*") != before.npos)
                commands_[command].insert(options.begin(), options.end());
        }
        if (trimmed(before).ends_with("add_subcommand(")) commands_[command = text];
        const std::size_t begin = before.rfind("(CLI::App&");
        if (begin != before.npos) function = word_before(before, begin);
        for (const std::string_view option : options_of(text)) {
            options_[directory].emplace(option);
            (command.empty() ? functions[function] : commands_[command]).emplace(option);
        }
    });
}

// Whatever a script gives to a program: which one it is, nobody knows.
void Names::take_options(std::string_view script) {
    for (std::size_t at = script.find("--"); at != script.npos; at = script.find("--", at + 2)) {
        std::size_t end = at + 2;
        while (end < script.size() && (is_word(script[end]) || script[end] == '-')) ++end;
        if (end > at + 2) options_["scripts"].emplace(script.substr(at, end - at));
    }
}

bool Names::reads(std::string_view path) {
    return kind_of(path) != Kind::none;
}

void Names::read(const std::string& path, std::string_view text) {
    const Kind kind = kind_of(path);
    ++file_;
    const std::string directory{directory_of(path)};
    const bool tries = directory == "tests" || directory == "docs";
    std::string whole;  // without comments
    for (const std::string& line : lines_of(text)) {
        const std::string_view code = code_of(kind, line);
        whole.append(code) += '\n';
        take_words(kind == Kind::json            ? names_of_json(code)
                   : kind == Kind::code && tries ? without_strings(code)
                                                 : std::string{code});
        if (kind == Kind::script) take_options(code);
        if (path == "Makefile") targets_.emplace(code.substr(0, code.find(':')));
    }
    const bool has_command_line = text.find("CLI::App") != text.npos;
    if (kind == Kind::code && has_command_line) take_command_line(directory, whole);
}

bool Names::has(std::string_view word) const {
    return files_.contains(std::string{word});
}

bool Names::has_in(std::string_view scope, std::string_view word) const {
    if (qualified_.contains(std::string{scope} + "::" + std::string{word})) return true;
    const auto declared = declared_.find(scope);
    const auto files = files_.find(std::string{word});
    if (declared == declared_.end() || files == files_.end()) return false;
    return std::any_of(files->second.begin(), files->second.end(), [&](int file) {
        return std::binary_search(declared->second.begin(), declared->second.end(), file);
    });
}

bool Names::takes(std::string_view directory, std::string_view option) const {
    return std::any_of(options_.begin(), options_.end(), [&](const auto& options) {
        return (directory.empty() || options.first == directory) && options.second.contains(option);
    });
}

bool Names::command_takes(std::string_view command, std::string_view option) const {
    const auto options = commands_.find(command);
    return options != commands_.end() && options->second.contains(option);
}

OutsideNames::OutsideNames(std::string_view list) {
    int number = 0;
    for (const std::string& line : lines_of(list)) {
        ++number;
        const std::string_view entry = trimmed(std::string_view{line}.substr(0, line.find('#')));
        const std::size_t size = std::min(entry.find(' '), entry.size());
        if (entry.empty()) continue;
        entries_[std::string{entry.substr(0, size)}] = {
            .source = std::string{trimmed(entry.substr(size))}, .line = number};
    }
}

bool OutsideNames::has(std::string_view name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return false;
    return found->second.is_used = true;
}

bool OutsideNames::has_program(std::string_view name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return false;
    const std::string& source = found->second.source;
    return (source.ends_with("(1)") || source.ends_with("(8)")) && has(name);
}

}  // namespace docs
