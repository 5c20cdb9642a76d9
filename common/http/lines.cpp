#include "common/http/lines.hpp"

#include <algorithm>

namespace http {

Line LineCutter::cut_with_care(std::string_view& input, std::size_t limit, LineEnd ends) {
    if (handed_out_) reset();
    if (!held_.empty() && held_.back() == '\r') return continue_behind_cr(input);

    const std::size_t size = find_control(input);
    if (held_.size() + size > limit) return {.outcome = Cut::too_long};
    if (size == input.size()) return hold(input, limit);
    if (input[size] == '\n' && ends == LineEnd::crlf_or_lf) return finish(input, size, 1);
    if (input[size] != '\r') return {.outcome = Cut::bad};
    if (size + 1 == input.size()) return hold(input, limit);
    if (input[size + 1] != '\n') return {.outcome = Cut::bad};
    return finish(input, size, 2);
}

void LineCutter::reset() noexcept {
    held_.clear();
    handed_out_ = false;
}

Line LineCutter::continue_behind_cr(std::string_view& input) {
    if (input.empty()) return {.outcome = Cut::more};
    if (input.front() != '\n') return {.outcome = Cut::bad};
    held_.pop_back();
    Line line = finish(input, 0, 1);
    ++line.size_bytes;  // the carriage return that was held
    return line;
}

/// Grows by doubling, and in the last step to what a line may have, and its CR:
/// a string left to itself would go beyond that.
Line LineCutter::hold(std::string_view& input, std::size_t limit) {
    const std::size_t size = held_.size() + input.size();
    if (size > held_.capacity()) {
        const std::size_t doubled = std::max(size, 2 * held_.capacity());
        held_.reserve(2 * doubled > limit ? limit + 1 : doubled);
    }
    held_.append(input);
    input.remove_prefix(input.size());
    return {.outcome = Cut::more};
}

Line LineCutter::finish(std::string_view& input, std::size_t size, std::size_t end_size) {
    Line line{.outcome = Cut::line, .held = !held_.empty()};
    line.text = input.substr(0, size);
    if (line.held) {
        held_.append(line.text);
        line.text = held_;
        handed_out_ = true;
    }
    line.size_bytes = line.text.size() + end_size;
    input.remove_prefix(size + end_size);
    return line;
}

}  // namespace http
