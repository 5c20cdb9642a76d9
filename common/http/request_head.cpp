#include "common/http/request_head.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/http/grammar.hpp"

namespace http {
namespace {

constexpr std::array<std::string_view, 9> known_methods{
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

/// The path of a target that has none: the only view that is not of the request line.
constexpr std::string_view root_path = "/";

/// The authority at the start of what follows `http://`.
std::string_view authority_of(std::string_view text) noexcept {
    return text.substr(0, text.find_first_of("/?"));
}

bool is_authority_form(std::string_view text) noexcept {
    const std::string_view port = port_of(text);
    return is_host(text) && port.size() > 1 && port.size() < text.size();
}

/// What follows the scheme and its slashes; nothing if it is no such scheme.
std::string_view behind_scheme(std::string_view text, std::string_view scheme) noexcept {
    if (text.size() <= scheme.size()) return {};
    if (!same_ignoring_case(text.substr(0, scheme.size()), scheme)) return {};
    return text.substr(scheme.size());
}

/// The size of the name of a field line; 0 if it is no token, or has no colon behind it.
std::size_t name_size(std::string_view line) noexcept {
    const std::size_t size = token_size(line);
    return size < line.size() && line[size] == ':' ? size : 0;
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

/// Where the last space is: looked for first where nearly every request line has it.
std::size_t last_space(std::string_view line) noexcept {
    constexpr std::size_t version_bytes = std::string_view{"HTTP/1.1"}.size();
    const std::string_view version =
        line.substr(line.size() - std::min(line.size(), version_bytes));
    if (version == "HTTP/1.1" && line.size() > version_bytes) {
        const std::size_t before = line.size() - version_bytes - 1;
        if (line[before] == ' ') return before;
    }
    return line.rfind(' ');
}

}  // namespace

bool is_field(std::string_view line) noexcept {
    return name_size(line) > 0;
}

Refusal RequestHead::take_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = last_space(line);
    if (first == std::string_view::npos || first == last) return Refusal::bad_request;
    if (!take_method(line.substr(0, first))) return Refusal::bad_request;
    const Refusal refusal = take_version(line.substr(last + 1));
    if (refusal == Refusal::bad_request) return refusal;
    if (!take_target(line.substr(first + 1, last - first - 1))) return Refusal::bad_request;
    return refusal;
}

void RequestHead::rebase(const char* from, const char* to) noexcept {
    for (std::string_view* view : {&method, &target, &path, &query}) {
        if (view->data() == nullptr || view->data() == root_path.data()) continue;
        *view = {to + (view->data() - from), view->size()};
    }
}

bool RequestHead::take_method(std::string_view text) {
    method = text;
    if (text == "GET") {
        known_method_ = true;
        return true;
    }
    known_method_ = std::ranges::find(known_methods, text) != known_methods.end();
    head_request_ = text == "HEAD";
    return known_method_ || is_token(text);
}

Refusal RequestHead::take_version(std::string_view text) {
    if (text == "HTTP/1.1") return Refusal::none;
    const bool well_formed = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                             text[6] == '.' && is_digit(text[7]);
    if (!well_formed) return Refusal::bad_request;
    if (text[5] != '1') return Refusal::version_not_supported;
    if (text[7] == '0') version = Version::http_1_0;
    return Refusal::none;
}

bool RequestHead::take_target(std::string_view text) {
    if (text.empty() || std::ranges::any_of(text, is_blank)) return false;
    target = text;
    if (method == "CONNECT") {
        path = text;
        return is_authority_form(text);
    }
    if (text.front() == '/') {
        split_query(text);
        return true;
    }
    if (text == "*") {
        path = text;
        return method == "OPTIONS";
    }
    return take_absolute_form(text);
}

bool RequestHead::take_absolute_form(std::string_view text) {
    std::string_view rest = behind_scheme(text, "http://");
    if (rest.empty()) rest = behind_scheme(text, "https://");
    const std::string_view authority = authority_of(rest);
    if (authority.empty() || authority.front() == ':' || !is_host(authority)) return false;
    split_query(rest.substr(authority.size()));
    if (path.empty()) path = root_path;
    return true;
}

void RequestHead::split_query(std::string_view path_and_query) {
    const std::size_t mark = path_and_query.find('?');
    path = path_and_query.substr(0, mark);
    query = mark == std::string_view::npos ? std::string_view{} : path_and_query.substr(mark + 1);
}

Refusal RequestHead::take_field(std::string_view line) {
    if (++fields_ > max_fields) return Refusal::fields_too_large;
    const std::size_t size = name_size(line);
    if (size == 0) return Refusal::bad_request;
    const std::string_view name = line.substr(0, size);
    const std::string_view value = trimmed(line.substr(size + 1));
    switch (size) {
        case 4:
            if (same_ignoring_case(name, "host")) return take_host(value);
            break;
        case 6:
            if (same_ignoring_case(name, "expect")) return take_expect(value);
            break;
        case 10:
            if (same_ignoring_case(name, "connection")) return take_connection(value);
            break;
        case 14:
            if (same_ignoring_case(name, "content-length")) return take_content_length(value);
            break;
        case 17:
            if (same_ignoring_case(name, "transfer-encoding")) return take_transfer_encoding(value);
            break;
    }
    return Refusal::none;
}

Refusal RequestHead::take_host(std::string_view value) {
    if (has_host_ || !is_host(value)) return Refusal::bad_request;
    has_host_ = true;
    return Refusal::none;
}

Refusal RequestHead::take_content_length(std::string_view value) {
    const std::optional<std::uint64_t> length = parse_decimal(value);
    if (has_content_length_ || !length) return Refusal::bad_request;
    has_content_length_ = true;
    content_length = *length;
    return Refusal::none;
}

Refusal RequestHead::take_transfer_encoding(std::string_view value) {
    has_transfer_encoding_ = true;
    if (value.ends_with(',')) return Refusal::bad_request;  // an empty element, as at the front
    do {
        const std::string_view coding = cut_element(value);
        const std::string_view name = trimmed(coding.substr(0, coding.find(';')));
        if (chunked_ || !is_token(name)) return Refusal::bad_request;  // chunked is the last coding
        if (!same_ignoring_case(name, "chunked")) {
            unknown_coding_ = true;
        } else if (name.size() < coding.size()) {
            return Refusal::bad_request;  // chunked has no parameters
        } else {
            chunked_ = true;
        }
    } while (!value.empty());
    return Refusal::none;
}

Refusal RequestHead::take_connection(std::string_view value) {
    while (!value.empty()) {
        const std::string_view option = cut_element(value);
        if (same_ignoring_case(option, "close")) says_close_ = true;
        if (same_ignoring_case(option, "keep-alive")) says_keep_alive_ = true;
    }
    return Refusal::none;
}

Refusal RequestHead::take_expect(std::string_view value) {
    do {
        const std::string_view expectation = cut_element(value);
        if (same_ignoring_case(expectation, "100-continue")) {
            expects_continue_ = true;
        } else {
            unknown_expectation_ = true;
        }
    } while (!value.empty());
    return Refusal::none;
}

Refusal RequestHead::judge() const noexcept {
    const bool is_1_1 = version == Version::http_1_1;
    if (is_1_1 && !has_host_) return Refusal::bad_request;
    if (has_transfer_encoding_ && (has_content_length_ || !is_1_1)) return Refusal::bad_request;
    if (unknown_coding_) return Refusal::not_implemented;
    if (unknown_expectation_) return Refusal::expectation_failed;
    return Refusal::none;
}

bool RequestHead::expects_continue() const noexcept {
    return expects_continue_ && version == Version::http_1_1;
}

bool RequestHead::wants_keep_alive() const noexcept {
    if (says_close_) return false;
    return version == Version::http_1_1 || says_keep_alive_;
}

}  // namespace http
