#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/http/grammar.hpp"

namespace http {

/// What may end a line.
enum class LineEnd {
    crlf_or_lf,  ///< in a head
    crlf,  ///< in a chunked body
};

/// What became of the attempt to cut a line.
enum class Cut {
    line,  ///< here it is
    more,  ///< its end has not come: all input is taken
    bad,  ///< a control character, or an end that is none
    too_long,  ///< over the limit before its end came
};

/// A line, borrowed until the next one is cut.
struct Line {
    Cut outcome = Cut::more;
    bool held = false;  ///< `text` is in the cutter, not in the input
    std::string_view text{};  ///< without its end
    std::size_t size_bytes = 0;  ///< with its end
};

/// Cuts lines out of input that arrives in pieces, and holds the start of one
/// whose end has not come.
///
/// The outcome depends on the bytes alone, not on how they were split: a bad
/// byte counts where it stands, the limit at the first byte beyond it.
class LineCutter {
public:
    /// Cuts one line off the front of `input`. range: `limit` is on `text`
    [[nodiscard]] Line cut(std::string_view& input, std::size_t limit, LineEnd ends) {
        if (held_.empty()) {  // nearly always: and nearly always the line is whole and ends in CRLF
            const std::size_t size = find_control(input);
            if (size <= limit && input.substr(size, 2) == "\r\n") {
                const Line line{
                    .outcome = Cut::line, .text = input.substr(0, size), .size_bytes = size + 2};
                input.remove_prefix(size + 2);
                return line;
            }
        }
        return cut_with_care(input, limit, ends);
    }

    void reset() noexcept;

    /// Memory held, in bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return held_.capacity(); }

private:
    Line cut_with_care(std::string_view& input, std::size_t limit, LineEnd ends);
    Line continue_behind_cr(std::string_view& input);
    Line hold(std::string_view& input, std::size_t limit);
    Line finish(std::string_view& input, std::size_t size, std::size_t end_size);

    std::string held_;
    bool handed_out_ = false;  ///< `held_` is the line given last, and used up
};

}  // namespace http
