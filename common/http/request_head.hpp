#pragma once

#include <cstdint>
#include <string_view>

#include "common/http/refusal.hpp"

namespace http {

/// The version a request is answered in; later 1.x are served as 1.1.
enum class Version : std::uint8_t { http_1_0, http_1_1 };

inline constexpr unsigned max_fields = 100;

/// What the lines of a request head mean, taken one by one.
///
/// Views point into the request line, which must outlive them.
/// source: RFC 9112, sections 3, 6 and 9; RFC 9110, sections 7 and 10.1.1
class RequestHead {
public:
    std::string_view method;
    std::string_view target;
    std::string_view path;
    std::string_view query;
    Version version = Version::http_1_1;
    std::uint64_t content_length = 0;  ///< 0 if there is none

    /// Takes the first line.
    [[nodiscard]] Refusal take_request_line(std::string_view line);

    /// Takes a line behind the first, not empty.
    [[nodiscard]] Refusal take_field(std::string_view line);

    /// Judges what only the whole head can tell.
    [[nodiscard]] Refusal judge() const noexcept;

    /// The request line has been copied from `from` to `to`.
    void rebase(const char* from, const char* to) noexcept;

    [[nodiscard]] bool has_known_method() const noexcept { return known_method_; }
    [[nodiscard]] bool is_head_request() const noexcept { return head_request_; }
    [[nodiscard]] bool is_chunked() const noexcept { return chunked_; }
    [[nodiscard]] bool expects_continue() const noexcept;

    /// Whether the client lets the connection live on.
    [[nodiscard]] bool wants_keep_alive() const noexcept;

private:
    [[nodiscard]] bool take_method(std::string_view text);
    [[nodiscard]] Refusal take_version(std::string_view text);
    [[nodiscard]] bool take_target(std::string_view text);
    [[nodiscard]] bool take_absolute_form(std::string_view text);
    void split_query(std::string_view path_and_query);

    [[nodiscard]] Refusal take_host(std::string_view value);
    [[nodiscard]] Refusal take_content_length(std::string_view value);
    [[nodiscard]] Refusal take_transfer_encoding(std::string_view value);
    [[nodiscard]] Refusal take_connection(std::string_view value);
    [[nodiscard]] Refusal take_expect(std::string_view value);

    std::uint8_t fields_ = 0;
    bool known_method_ = false;
    bool head_request_ = false;
    bool has_host_ = false;
    bool has_content_length_ = false;
    bool has_transfer_encoding_ = false;
    bool chunked_ = false;
    bool unknown_coding_ = false;
    bool says_close_ = false;
    bool says_keep_alive_ = false;
    bool expects_continue_ = false;
    bool unknown_expectation_ = false;
};

/// Whether a line is a field: a token, a colon, a value. source: RFC 9112, section 5
[[nodiscard]] bool is_field(std::string_view line) noexcept;

}  // namespace http
