#include "bench/load/reply_reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "bench/load/reply.hpp"

namespace load {
namespace {

constexpr std::size_t most_head_bytes = std::size_t{64} << 10;

/// Whether a head may begin like this.
bool begins_like_a_reply(std::string_view head) noexcept {
    constexpr std::string_view version = "HTTP/1.";
    return version.substr(0, head.size()) == head.substr(0, version.size());
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

int status_of(std::string_view head) noexcept {
    const std::size_t space = std::min(head.find(' '), head.size() - 1);
    int status = 0;
    std::from_chars(head.data() + space + 1, head.data() + head.size(), status);
    return status;
}

/// errors: nullopt if the head tells none
std::optional<std::uint64_t> length_of(std::string head) {
    std::transform(head.begin(), head.end(), head.begin(), lower);
    constexpr std::string_view field = "\r\ncontent-length:";
    const std::size_t found = head.find(field);
    if (found == std::string::npos) return std::nullopt;
    const std::size_t at = head.find_first_not_of(" \t", found + field.size());
    std::uint64_t length = 0;
    const auto parsed = std::from_chars(head.data() + at, head.data() + head.size(), length);
    return parsed.ec == std::errc{} ? std::optional{length} : std::nullopt;
}

}  // namespace

std::size_t ReplyReader::take(std::string_view piece) {
    if (broken_) return 0;
    const std::size_t taken = in_body_ ? 0 : take_head(piece);
    if (!in_body_) return taken;
    const auto part = std::min<std::uint64_t>(piece.size() - taken, missing_);
    if (missing_ != to_the_end) missing_ -= part;
    return taken + static_cast<std::size_t>(part);
}

std::size_t ReplyReader::take_head(std::string_view piece) {
    const std::size_t before = head_.size();
    head_ += piece;
    const std::size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    broken_ = !begins_like_a_reply(head_) || std::min(end, head_.size()) > most_head_bytes;
    if (broken_ || end == std::string::npos) return piece.size();
    closes_ = says_close(std::string_view{head_}.substr(0, end + 4));
    head_.resize(end + 2);
    status_ = status_of(head_);
    const bool bodiless = status_ == 204 || status_ == 304;
    missing_ = bodiless ? 0 : length_of(head_).value_or(to_the_end);
    in_body_ = true;
    return end + 4 - before;
}

void ReplyReader::restart() {
    head_.clear();
    in_body_ = false;
    broken_ = false;
    status_ = 0;
}

}  // namespace load
