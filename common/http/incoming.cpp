#include "common/http/incoming.hpp"

#include <algorithm>
#include <memory>

namespace http {

Reading Incoming::read(std::string_view& input, Site& site) {
    if (!is_begun()) {
        stage_ = Stage::request_line;
        collects_head_ = site.wants_heads();
    }
    if (!is_in_body()) {
        const Reading head = read_head(input, site);
        if (head == Reading::more) keep_request_line(request_line_);
        if (head != Reading::whole) return head;
        const Reading body = begin_body(input, site);
        if (body == Reading::expects_continue) keep_request_line(request_line_);
        if (body != Reading::more) return body;
    }
    const Reading body = read_body(input);
    if (body == Reading::more) keep_request_line(request_line_);
    return body;
}

void Incoming::reset() noexcept {
    stage_ = Stage::nothing;
    refusal_ = Refusal::none;
    keeps_body_ = false;
    head_bytes_ = 0;
    request_line_ = {};
    std::construct_at(&head_);  // in place: to assign a new one would copy it
    lines_.reset();
    kept_line_.clear();
    raw_head_.clear();
    body_.clear();
}

Request Incoming::request() const noexcept {
    return {.method = head_.method,
            .target = head_.target,
            .path = head_.path,
            .query = head_.query,
            .body = std::as_bytes(std::span{body_})};
}

bool Incoming::is_in_body() const noexcept {
    return stage_ == Stage::sized_body || stage_ == Stage::chunked_body;
}

std::size_t Incoming::capacity() const noexcept {
    return lines_.capacity() + kept_line_.capacity() + raw_head_.capacity() + body_.capacity();
}

Reading Incoming::read_head(std::string_view& input, Site& site) {
    const std::string_view before = input;
    const Reading reading = read_lines(input);
    if (collects_head_) raw_head_.append(before.substr(0, before.size() - input.size()));
    if (reading != Reading::whole) return reading;

    if (collects_head_) {
        raw_head_.erase(raw_head_.size() - last_line_bytes_);
        site.head(raw_head_);
    }
    const Refusal refusal = head_.judge();
    return refusal == Refusal::none ? Reading::whole : refuse(refusal);
}

Reading Incoming::read_lines(std::string_view& input) {
    while (true) {
        const Line line = lines_.cut(input, line_limit(), LineEnd::crlf_or_lf);
        switch (line.outcome) {
            case Cut::more: return Reading::more;
            case Cut::bad: return refuse(Refusal::bad_request);
            case Cut::too_long:
                return refuse(stage_ == Stage::request_line ? Refusal::uri_too_long
                                                            : Refusal::fields_too_large);
            case Cut::line: break;
        }
        const Reading reading = take_line(line.text, line.size_bytes, line.held);
        if (reading != Reading::more) return reading;
    }
}

Reading Incoming::take_line(std::string_view text, std::size_t size_bytes, bool held) {
    head_bytes_ += static_cast<std::uint32_t>(size_bytes);
    if (head_bytes_ > max_head_bytes) return refuse(Refusal::fields_too_large);
    if (text.empty()) {
        last_line_bytes_ = static_cast<std::uint32_t>(size_bytes);
        return Reading::whole;
    }

    Refusal refusal = Refusal::none;
    if (stage_ == Stage::fields) {
        refusal = head_.take_field(text);
    } else {
        stage_ = Stage::fields;
        request_line_ = text;
        refusal = head_.take_request_line(text);
        if (held) keep_request_line(text);
    }
    return refusal == Refusal::none ? Reading::more : refuse(refusal);
}

std::size_t Incoming::line_limit() const noexcept {
    return stage_ == Stage::request_line ? max_request_line_bytes : max_head_bytes - head_bytes_;
}

/// Copies the request line out of input that is about to go.
void Incoming::keep_request_line(std::string_view line) {
    if (line.empty() || !kept_line_.empty()) return;
    kept_line_ = line;
    request_line_ = kept_line_;
    head_.rebase(line.data(), kept_line_.data());
}

/// Decides how the body is read: `whole` if there is none, `more` if it may be read at once.
Reading Incoming::begin_body(std::string_view input, Site& site) {
    if (!head_.is_chunked() && head_.content_length == 0) return Reading::whole;

    const std::size_t kept = head_.has_known_method() ? site.keeps_body_bytes(request()) : 0;
    keeps_body_ = kept > 0;
    const std::uint64_t limit =
        keeps_body_ ? std::min<std::uint64_t>(kept, max_body_bytes) : max_body_bytes;
    if (head_.content_length > limit) return refuse(Refusal::content_too_large);

    stage_ = head_.is_chunked() ? Stage::chunked_body : Stage::sized_body;
    body_left_bytes_ = head_.content_length;
    chunked_ = ChunkedBody{limit};
    const bool waits = head_.expects_continue() && input.empty();
    return waits ? Reading::expects_continue : Reading::more;
}

Reading Incoming::read_body(std::string_view& input) {
    return stage_ == Stage::sized_body ? read_sized_body(input) : read_chunked_body(input);
}

Reading Incoming::read_sized_body(std::string_view& input) {
    const std::size_t size = std::min<std::uint64_t>(body_left_bytes_, input.size());
    if (keeps_body_) body_.append(input.substr(0, size));
    input.remove_prefix(size);
    body_left_bytes_ -= size;
    return body_left_bytes_ == 0 ? Reading::whole : Reading::more;
}

Reading Incoming::read_chunked_body(std::string_view& input) {
    while (true) {
        const ChunkedBody::Piece piece = chunked_.read(input, lines_);
        switch (piece.outcome) {
            case ChunkedBody::Outcome::data:
                if (keeps_body_) body_.append(piece.data);
                break;
            case ChunkedBody::Outcome::more: return Reading::more;
            case ChunkedBody::Outcome::end: return Reading::whole;
            case ChunkedBody::Outcome::refused: return refuse(piece.refusal);
        }
    }
}

Reading Incoming::refuse(Refusal refusal) noexcept {
    refusal_ = refusal;
    return Reading::refused;
}

}  // namespace http
