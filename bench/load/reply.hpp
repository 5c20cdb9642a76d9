#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace load {

/// The bytes that a reply must consist of, known before it is asked for.
///
/// Every byte must be equal, save for the 29 characters of a Date field's value, which need only
/// have the shape of an IMF-fixdate (RFC 9110, section 5.6.7).
class ReplyPattern {
public:
    static constexpr std::size_t date_size = 29;
    static constexpr std::size_t max_size_bytes = std::size_t{16} << 20;

    /// From one whole reply, head and body.
    /// errors: throws std::invalid_argument when there is no end of a head in it, or when it is
    /// larger than 16 MiB.
    [[nodiscard]] static ReplyPattern from_sample(std::string_view whole_reply);

    /// The same reply, saying that the connection closes after it: the value of its Connection
    /// field becomes `close`; where there is none, `Connection: close` ends the head.
    [[nodiscard]] ReplyPattern closing() const;

    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

    /// The connection ends after this reply: it says `close`, or is HTTP/1.0 without `keep-alive`.
    [[nodiscard]] bool closes() const noexcept { return closes_; }

    /// Whether `piece` is what stands at `offset` of the reply. A piece that reaches beyond the
    /// reply's end is not.
    [[nodiscard]] bool matches_at(std::size_t offset, std::string_view piece) const noexcept;

private:
    ReplyPattern() = default;

    std::string bytes_;
    std::size_t date_at_ = std::string::npos;  ///< where the Date value begins
    bool closes_ = false;
};

/// Whether `text` has the shape of "Sun, 06 Nov 1994 08:49:37 GMT", whose part from `offset` on
/// it is.
/// range: offset + text.size() is at most 29
[[nodiscard]] bool has_date_shape(std::string_view text, std::size_t offset = 0) noexcept;

/// Whether the connection closes after a reply: it says `close`, or is HTTP/1.0 without
/// `keep-alive`.
/// range: `reply` has the end of its head in it
[[nodiscard]] bool says_close(std::string_view reply) noexcept;

/// At most 60 characters of it, with escapes for all that is not printable ASCII: what a server
/// sends may be shown to people, and not act on their terminals.
[[nodiscard]] std::string escaped(std::string_view bytes);

/// The reply to `GET /` that every model of this project gives, with some date in it.
///
/// closes  the connection ends after it, and it says so
[[nodiscard]] std::string hello_reply(bool closes, bool http_1_0 = false);

}  // namespace load
