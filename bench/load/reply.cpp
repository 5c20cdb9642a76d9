#include "bench/load/reply.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

namespace load {
namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

// The least and the highest character at each place of an IMF-fixdate.
constexpr std::string_view date_low = "Aaa, 00 Aaa 0000 00:00:00 GMT";
constexpr std::string_view date_high = "Zzz, 99 Zzz 9999 99:99:99 GMT";
static_assert(date_low.size() == ReplyPattern::date_size);
static_assert(date_high.size() == ReplyPattern::date_size);

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_but_for_case(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

/// Where a field's value stands in a reply.
struct Place {
    std::size_t at;
    std::size_t size;
};

/// The first field of that name; the head ends with an empty line.
std::optional<Place> find_field(std::string_view reply, std::string_view name) noexcept {
    const std::size_t head_end = reply.find(end_of_head) + 2;
    std::size_t line = reply.find("\r\n") + 2;
    while (line < head_end) {
        const std::size_t end = reply.find("\r\n", line);
        const std::size_t colon = reply.find(':', line);
        if (colon < end && equal_but_for_case(reply.substr(line, colon - line), name)) {
            const std::size_t at = reply.find_first_not_of(" \t", colon + 1);
            return Place{at, end - std::min(at, end)};
        }
        line = end + 2;
    }
    return std::nullopt;
}

/// Whether a list of tokens has this one.
bool has_token(std::string_view list, std::string_view token) noexcept {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string_view item = list.substr(0, comma);
        while (!item.empty() && (item.front() == ' ' || item.front() == '\t'))
            item.remove_prefix(1);
        while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
        if (equal_but_for_case(item, token)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace

bool says_close(std::string_view reply) noexcept {
    const auto field = find_field(reply, "Connection");
    const std::string_view value =
        field ? reply.substr(field->at, field->size) : std::string_view{};
    if (has_token(value, "close")) return true;
    return reply.substr(0, 8) == "HTTP/1.0" && !has_token(value, "keep-alive");
}

ReplyPattern ReplyPattern::from_sample(std::string_view whole_reply) {
    if (whole_reply.find(end_of_head) == std::string_view::npos) {
        throw std::invalid_argument{"a reply without the end of a head"};
    }
    if (whole_reply.size() > max_size_bytes) throw std::invalid_argument{"a reply above 16 MiB"};

    ReplyPattern pattern;
    pattern.bytes_ = whole_reply;
    pattern.closes_ = says_close(whole_reply);
    const auto date = find_field(whole_reply, "Date");
    if (date && date->size == date_size &&
        has_date_shape(whole_reply.substr(date->at, date_size))) {
        pattern.date_at_ = date->at;
    }
    return pattern;
}

ReplyPattern ReplyPattern::closing() const {
    std::string reply = bytes_;
    if (const auto field = find_field(reply, "Connection")) {
        reply.replace(field->at, field->size, "close");
    } else {
        reply.insert(reply.find(end_of_head) + 2, "Connection: close\r\n");
    }
    return from_sample(reply);
}

bool ReplyPattern::matches_at(std::size_t offset, std::string_view piece) const noexcept {
    if (piece.size() > bytes_.size() - std::min(offset, bytes_.size())) return false;
    const std::size_t end = offset + piece.size();
    const std::size_t date_end = date_at_ + date_size;
    if (date_at_ == std::string::npos || end <= date_at_ || offset >= date_end) {
        return std::memcmp(piece.data(), bytes_.data() + offset, piece.size()) == 0;
    }

    const std::size_t date_from = std::max(offset, date_at_);
    const std::size_t date_to = std::min(end, date_end);
    const std::string_view date = piece.substr(date_from - offset, date_to - date_from);
    return std::memcmp(piece.data(), bytes_.data() + offset, date_from - offset) == 0 &&
           std::memcmp(piece.data() + (date_to - offset), bytes_.data() + date_to, end - date_to) ==
               0 &&
           has_date_shape(date, date_from - date_at_);
}

bool has_date_shape(std::string_view text, std::size_t offset) noexcept {
    bool fits = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        fits &= text[i] >= date_low[offset + i] && text[i] <= date_high[offset + i];
    }
    return fits;
}

std::string escaped(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        if (text.size() >= 60) return text + "...";
        if (c == '\r') {
            text += "\\r";
        } else if (c == '\n') {
            text += "\\n";
        } else if (c < ' ' || c > '~' || c == '\\' || c == '"') {
            text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            text += c;
        }
    }
    return text;
}

std::string hello_reply(bool closes, bool http_1_0) {
    std::string reply = http_1_0 ? "HTTP/1.0 200 OK\r\n" : "HTTP/1.1 200 OK\r\n";
    reply +=
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: text/plain\r\n"
        "Content-Length: 13\r\n";
    if (closes) reply += "Connection: close\r\n";
    if (!closes && http_1_0) reply += "Connection: keep-alive\r\n";
    return reply + "\r\nHello, world!";
}

}  // namespace load
