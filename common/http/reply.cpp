#include "common/http/reply.hpp"

#include <array>
#include <charconv>

namespace http {
namespace {

using std::string_view_literals::operator""sv;

// source: RFC 9110, section 15; RFC 6585
constexpr std::array status_texts{
    "200 OK"sv,
    "201 Created"sv,
    "202 Accepted"sv,
    "204 No Content"sv,
    "206 Partial Content"sv,
    "301 Moved Permanently"sv,
    "302 Found"sv,
    "303 See Other"sv,
    "304 Not Modified"sv,
    "307 Temporary Redirect"sv,
    "308 Permanent Redirect"sv,
    "400 Bad Request"sv,
    "401 Unauthorized"sv,
    "403 Forbidden"sv,
    "404 Not Found"sv,
    "405 Method Not Allowed"sv,
    "408 Request Timeout"sv,
    "410 Gone"sv,
    "411 Length Required"sv,
    "413 Content Too Large"sv,
    "414 URI Too Long"sv,
    "415 Unsupported Media Type"sv,
    "417 Expectation Failed"sv,
    "421 Misdirected Request"sv,
    "426 Upgrade Required"sv,
    "429 Too Many Requests"sv,
    "431 Request Header Fields Too Large"sv,
    "500 Internal Server Error"sv,
    "501 Not Implemented"sv,
    "502 Bad Gateway"sv,
    "503 Service Unavailable"sv,
    "504 Gateway Timeout"sv,
    "505 HTTP Version Not Supported"sv,
};

/// Room for everything whose size is not looked at: versions, names, the longest
/// status text, twenty digits, line ends.
constexpr std::size_t fixed_parts_bytes = 256;

char* append(char* to, std::string_view text) noexcept {
    return to + text.copy(to, text.size());
}

char* append(char* to, std::uint64_t number) noexcept {
    return std::to_chars(to, to + 20, number).ptr;
}

char* append_field(char* to, std::string_view name_and_colon, std::string_view value) noexcept {
    if (value.empty()) return to;
    return append(append(append(to, name_and_colon), value), "\r\n");
}

std::string_view persistence_line(Persistence persistence) noexcept {
    switch (persistence) {
        case Persistence::implied: return {};
        case Persistence::keep_alive: return "Connection: keep-alive\r\n";
        case Persistence::close: return "Connection: close\r\n";
    }
    return {};
}

}  // namespace

std::string_view status_text(int status) noexcept {
    thread_local std::array<char, 4> unnamed{' ', ' ', ' ', ' '};
    std::to_chars(unnamed.data(), unnamed.data() + 3, status);
    const std::string_view digits{unnamed.data(), unnamed.size()};
    for (const std::string_view text : status_texts) {
        if (text.starts_with(digits)) return text;
    }
    return digits;
}

bool has_content(int status) noexcept {
    return status >= 200 && status != 204 && status != 304;
}

std::size_t size_bound(const ReplyHead& head) noexcept {
    return fixed_parts_bytes + head.date.size() + head.type.size() + head.allow.size() +
           head.location.size();
}

char* write_head(const ReplyHead& head, char* to) noexcept {
    if (head.status == 200 && head.version == Version::http_1_1) {
        to = append(to, "HTTP/1.1 200 OK");  // of known length: one copy of two words
    } else {
        to = append(to, head.version == Version::http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ");
        to = append(to, status_text(head.status));
    }
    to = append(append(to, "\r\nDate: "), head.date);
    if (has_content(head.status)) {
        to = append(append(to, "\r\nContent-Type: "), head.type);
        to = append(append(to, "\r\nContent-Length: "), head.length_bytes);
    }
    to = append(to, "\r\n");
    to = append_field(to, "Allow: ", head.allow);
    to = append_field(to, "Location: ", head.location);
    to = append(to, persistence_line(head.persistence));
    return append(to, "\r\n");
}

}  // namespace http
