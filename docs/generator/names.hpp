#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace docs {

/// What the project's own code spells: the names that a text about it may use.
class Names {
public:
    /// Whether a file of that name can have names.
    [[nodiscard]] static bool reads(std::string_view path);

    /// Takes in a file: code, without what its comments say; of JSON the strings that are names.
    /// range: a file that is read
    void read(const std::string& path, std::string_view text);

    /// Whether a word stands in the code: `wait_ms`, `keep-alive`.
    [[nodiscard]] bool has(std::string_view word) const;

    /// Whether a file that declares a room or a type has the word, or some file spells both:
    /// `sys::recv`, `Next::close`.
    [[nodiscard]] bool has_in(std::string_view scope, std::string_view word) const;

    /// Whether the word stands before an argument somewhere.
    [[nodiscard]] bool is_called(std::string_view word) const { return called_.contains(word); }

    /// Whether `iolab` has that command.
    [[nodiscard]] bool is_command(std::string_view word) const { return commands_.contains(word); }

    [[nodiscard]] bool command_takes(std::string_view command, std::string_view option) const;

    [[nodiscard]] bool is_target_of_make(std::string_view word) const {
        return targets_.contains(word);
    }

    /// Whether programs of a directory, "bench", understand an option; of any, "".
    [[nodiscard]] bool takes(std::string_view directory, std::string_view option) const;

private:
    using Set = std::set<std::string, std::less<>>;

    void take_words(std::string_view code);
    void take_options(std::string_view script);
    void take_command_line(const std::string& directory, std::string_view code);

    int file_ = 0;  // that is read
    std::unordered_map<std::string, std::vector<int>> files_;  // that have a word
    std::map<std::string, std::vector<int>, std::less<>> declared_;  // files, by room or type
    Set qualified_, called_, targets_;
    std::map<std::string, Set, std::less<>> options_;  // by directory
    std::map<std::string, Set, std::less<>> commands_;  // of `iolab`, and what each understands
};

/// Names that are other people's: `docs/outside_names.txt`.
class OutsideNames {
public:
    struct Entry {
        std::string source;  ///< where it is told of: `ss(8)`
        int line = 0;
        bool is_used = false;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;

    OutsideNames() = default;

    /// list: a name a line, and behind it where it is told of; `#` begins a comment.
    explicit OutsideNames(std::string_view list);

    [[nodiscard]] bool has(std::string_view name);

    /// Whether it is told of in section 1 or 8 of the manual.
    [[nodiscard]] bool has_program(std::string_view name);

    [[nodiscard]] const Entries& entries() const noexcept { return entries_; }

private:
    Entries entries_;
};

}  // namespace docs
