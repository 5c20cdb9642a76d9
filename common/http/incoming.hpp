#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/http/chunked.hpp"
#include "common/http/lines.hpp"
#include "common/http/refusal.hpp"
#include "common/http/request_head.hpp"
#include "common/http/site.hpp"

namespace http {

inline constexpr std::size_t max_request_line_bytes = 8192;
inline constexpr std::size_t max_head_bytes = 32768;  ///< from the method to the empty line's end
inline constexpr std::uint64_t max_body_bytes = 1u << 20;

/// How far a request has come.
enum class Reading {
    more,  ///< all input is taken, the request goes on
    expects_continue,  ///< the client waits for 100 before it sends the body: read on
    whole,  ///< it may be answered
    refused,  ///< it gets an error, and nothing behind it is a request
};

/// One request, from the first byte of its head to the last of its body.
///
/// Lines are read where they arrived; what is needed beyond one call of `read`
/// is copied before that call returns.
class Incoming {
public:
    /// Takes what belongs to the request off the front of `input`. After `whole`
    /// the request may still point into that input.
    [[nodiscard]] Reading read(std::string_view& input, Site& site);

    /// Ready for the next request.
    void reset() noexcept;

    [[nodiscard]] const RequestHead& head() const noexcept { return head_; }
    [[nodiscard]] Request request() const noexcept;
    [[nodiscard]] Refusal refusal() const noexcept { return refusal_; }
    [[nodiscard]] bool is_begun() const noexcept { return stage_ != Stage::nothing; }
    [[nodiscard]] bool is_in_body() const noexcept;

    /// Memory held, in bytes.
    [[nodiscard]] std::size_t capacity() const noexcept;

private:
    enum class Stage : std::uint8_t { nothing, request_line, fields, sized_body, chunked_body };

    [[nodiscard]] Reading read_head(std::string_view& input, Site& site);
    [[nodiscard]] Reading read_lines(std::string_view& input);
    [[nodiscard]] Reading take_line(std::string_view text, std::size_t size_bytes, bool held);
    [[nodiscard]] std::size_t line_limit() const noexcept;
    void keep_request_line(std::string_view line);
    [[nodiscard]] Reading begin_body(std::string_view input, Site& site);
    [[nodiscard]] Reading read_body(std::string_view& input);
    [[nodiscard]] Reading read_sized_body(std::string_view& input);
    [[nodiscard]] Reading read_chunked_body(std::string_view& input);
    [[nodiscard]] Reading refuse(Refusal refusal) noexcept;

    Stage stage_ = Stage::nothing;
    Refusal refusal_ = Refusal::none;
    bool collects_head_ = false;
    bool keeps_body_ = false;
    std::uint32_t head_bytes_ = 0;
    std::uint32_t last_line_bytes_ = 0;
    std::string_view request_line_;
    RequestHead head_;
    std::uint64_t body_left_bytes_ = 0;
    ChunkedBody chunked_;
    LineCutter lines_;
    std::string kept_line_;  ///< the request line, where the input it came in is gone
    std::string raw_head_;  ///< as it arrived, for a site that wants it
    std::string body_;  ///< for a site that keeps it
};

}  // namespace http
