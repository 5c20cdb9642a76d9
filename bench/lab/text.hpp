#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Small readings of small texts, most of them files below /proc and /sys.
namespace lab {

/// The whole of a file; empty if it cannot be read.
[[nodiscard]] std::string contents(const std::string& path);

/// The first line of a file without its end; empty if it cannot be read.
[[nodiscard]] std::string first_line(const std::string& path);

/// The pieces between separators; runs of spaces and tabs count as one where the
/// separator is a space.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

/// The number at the start of a text; 0 if there is none.
[[nodiscard]] double number(std::string_view text) noexcept;

/// The text behind `key:` of a file with such lines, trimmed; empty if there is none.
[[nodiscard]] std::string value_of(std::string_view text, std::string_view key);

/// Whether a name matches a shell pattern: `*`, `?`, `[...]`.
[[nodiscard]] bool matches(const std::string& pattern, const std::string& name);

/// What must not be in a result: who ran it, and where.
struct Identity {
    std::string home;  ///< what HOME says
    std::string login;  ///< the user's name; empty where it tells nothing, as `root`
    std::string host;  ///< this machine's name; empty likewise
};
[[nodiscard]] Identity own_identity();

/// A text in which directories where somebody is at home have become `~`: /home/NAME,
/// /Users/NAME, /root and the own one; and the login and the host name, as whole words, USER and
/// HOST.
[[nodiscard]] std::string anonymous(std::string_view text,
                                    const Identity& identity = own_identity());

/// A word as a shell reads it back: plain, or in single quotes.
[[nodiscard]] std::string shell_quoted(std::string_view word);

/// A text of a file that may be anyone's, as it can be shown: it is not to act on the terminal of
/// who reads it, nor to turn its line around. Of control characters, C0 and C1, only the ends of
/// lines and tabs stay; question marks stand for the others. A character that sets the direction of
/// the text around it stands as its number: <U+202E>. range: UTF-8
[[nodiscard]] std::string showable(std::string text);

/// This process's cgroup below the hierarchy's root, "/" or "/user.slice"; "" if unknown.
[[nodiscard]] std::string own_cgroup();

}  // namespace lab
