#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/server/options.hpp"
#include "common/sys/fd.hpp"

namespace server {

/// One of the standard outputs. A reader that is slow or gone costs lines, which are counted, and no
/// time.
class Output {
public:
    /// Asks before each write whether there is room: for who writes little. Between the two another
    /// thread or process may fill it, and the write sleeps.
    explicit Output(int fd) noexcept : fd_{fd} {}

    /// Opened anew, so that no write sleeps, whoever else writes; whom we have it from keeps the
    /// flags of his own: open(2), /proc/self/fd. Where it cannot be, for a socket say, as above.
    [[nodiscard]] static Output opened_anew(int fd);

    void write(std::string_view text) const noexcept;

private:
    int fd_;
    sys::Fd anew_{};
};

/// Three lines on stderr: what happened, the likely cause, what helps.
void say_three_lines(std::string_view what, std::string_view cause, std::string_view help);

/// `text` with every byte below 0x20, 0x7f and the backslash as \xNN, so that no
/// client can speak to our terminal. Line ends stay line ends if `keep_lines`.
[[nodiscard]] std::string escaped(std::string_view text, bool keep_lines);

/// Writes to stderr what the tutorials print.
class Log {
public:
    /// ownership: `errors` outlives it
    Log(LogWhat what, const Output& errors) : what_{what}, errors_{errors} {}

    [[nodiscard]] bool wants_heads() const noexcept { return what_ != LogWhat::none; }

    void arrival(int fd) noexcept;
    void head(std::string_view text) noexcept;  ///< whose it is, `heads_of` tells
    void heads_of(int fd) noexcept {
        if (!heads_.empty()) print_heads(fd);
    }
    void departure(int fd) noexcept;
    void forget(int fd) { peers_.erase(fd); }  ///< another process says the rest

    /// Said at most once a run, whatever the log prints.
    void once(std::string_view sentence);

private:
    void print_heads(int fd) noexcept;
    [[nodiscard]] std::string peer_of(int fd) const;

    LogWhat what_;
    const Output& errors_;
    bool said_once_ = false;
    std::string heads_;  // collected while bytes are taken in
    std::unordered_map<int, std::string> peers_;  // by descriptor, for `events` only
};

}  // namespace server
