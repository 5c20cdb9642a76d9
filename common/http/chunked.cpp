#include "common/http/chunked.hpp"

#include <algorithm>

#include "common/http/grammar.hpp"
#include "common/http/request_head.hpp"

namespace http {
namespace {

using Outcome = ChunkedBody::Outcome;

ChunkedBody::Piece refused(Refusal refusal) {
    return {.outcome = Outcome::refused, .refusal = refusal};
}

}  // namespace

ChunkedBody::Piece ChunkedBody::read(std::string_view& input, LineCutter& lines) {
    while (true) {
        const Stage before = stage_;
        Piece piece;
        switch (stage_) {
            case Stage::size_line: piece = read_size_line(input, lines); break;
            case Stage::data: piece = read_data(input); break;
            case Stage::data_cr: piece = expect('\r', Stage::data_lf, input); break;
            case Stage::data_lf: piece = expect('\n', Stage::size_line, input); break;
            case Stage::trailers: piece = read_trailer(input, lines); break;
        }
        if (piece.outcome != Outcome::more || stage_ == before) return piece;
    }
}

ChunkedBody::Piece ChunkedBody::read_size_line(std::string_view& input, LineCutter& lines) {
    const Line line = lines.cut(input, max_chunk_digits + extension_room_bytes_, LineEnd::crlf);
    switch (line.outcome) {
        case Cut::more: return {};
        case Cut::bad:
        case Cut::too_long: return refused(Refusal::bad_request);
        case Cut::line: break;
    }
    const Refusal refusal = take_size_line(line.text);
    if (refusal != Refusal::none) return refused(refusal);
    stage_ = chunk_bytes_ == 0 ? Stage::trailers : Stage::data;
    return {};
}

Refusal ChunkedBody::take_size_line(std::string_view line) {
    std::size_t digits = 0;
    chunk_bytes_ = 0;
    for (; digits < line.size() && hex_digit(line[digits]) >= 0; ++digits) {
        if (digits == max_chunk_digits) return Refusal::bad_request;
        chunk_bytes_ = chunk_bytes_ * 16 + static_cast<std::uint64_t>(hex_digit(line[digits]));
    }
    if (digits == 0) return Refusal::bad_request;

    const std::string_view extension = line.substr(digits);
    if (!extension.empty() && !trimmed(extension).starts_with(';')) return Refusal::bad_request;
    if (extension.size() > extension_room_bytes_) return Refusal::bad_request;
    extension_room_bytes_ -= extension.size();

    if (chunk_bytes_ > room_bytes_) return Refusal::content_too_large;
    room_bytes_ -= chunk_bytes_;
    return Refusal::none;
}

ChunkedBody::Piece ChunkedBody::read_data(std::string_view& input) {
    if (input.empty()) return {};
    const std::size_t size = std::min<std::uint64_t>(chunk_bytes_, input.size());
    const Piece piece{.outcome = Outcome::data, .data = input.substr(0, size)};
    input.remove_prefix(size);
    chunk_bytes_ -= size;
    if (chunk_bytes_ == 0) stage_ = Stage::data_cr;
    return piece;
}

ChunkedBody::Piece ChunkedBody::expect(char wanted, Stage then, std::string_view& input) {
    if (input.empty()) return {};
    if (input.front() != wanted) return refused(Refusal::bad_request);
    input.remove_prefix(1);
    stage_ = then;
    return {};
}

ChunkedBody::Piece ChunkedBody::read_trailer(std::string_view& input, LineCutter& lines) {
    while (true) {
        const Line line = lines.cut(input, trailer_room_bytes_, LineEnd::crlf);
        switch (line.outcome) {
            case Cut::more: return {};
            case Cut::bad: return refused(Refusal::bad_request);
            case Cut::too_long: return refused(Refusal::fields_too_large);
            case Cut::line: break;
        }
        if (line.text.empty()) return {.outcome = Outcome::end};
        if (line.size_bytes > trailer_room_bytes_) return refused(Refusal::fields_too_large);
        if (!is_field(line.text)) return refused(Refusal::bad_request);
        trailer_room_bytes_ -= line.size_bytes;
    }
}

}  // namespace http
