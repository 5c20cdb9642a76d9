#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/http/lines.hpp"
#include "common/http/refusal.hpp"

namespace http {

inline constexpr std::size_t max_chunk_digits = 15;
inline constexpr std::size_t max_chunk_extension_bytes = 4096;  ///< of a whole body
inline constexpr std::size_t max_trailer_bytes = 8192;

/// Takes the chunks off a body, piece by piece.
///
/// Strict: hexadecimal digits alone, CRLF alone, everything else bounded.
/// source: RFC 9112, section 7.1
class ChunkedBody {
public:
    enum class Outcome {
        data,  ///< a piece of the body
        more,  ///< all input is taken, the body goes on
        end,  ///< the body and its trailers are complete
        refused,  ///< it is malformed or too large
    };

    struct Piece {
        Outcome outcome = Outcome::more;
        std::string_view data{};  ///< borrowed from the input
        Refusal refusal = Refusal::none;
    };

    explicit ChunkedBody(std::uint64_t limit_bytes = 0) noexcept : room_bytes_{limit_bytes} {}

    /// Takes the next piece off the front of `input`.
    [[nodiscard]] Piece read(std::string_view& input, LineCutter& lines);

private:
    enum class Stage : std::uint8_t { size_line, data, data_cr, data_lf, trailers };

    [[nodiscard]] Piece read_size_line(std::string_view& input, LineCutter& lines);
    [[nodiscard]] Refusal take_size_line(std::string_view line);
    [[nodiscard]] Piece read_data(std::string_view& input);
    [[nodiscard]] Piece expect(char wanted, Stage then, std::string_view& input);
    [[nodiscard]] Piece read_trailer(std::string_view& input, LineCutter& lines);

    std::uint64_t room_bytes_;  ///< that the body may still grow by
    std::uint64_t chunk_bytes_ = 0;  ///< to come of this chunk
    std::size_t extension_room_bytes_ = max_chunk_extension_bytes;
    std::size_t trailer_room_bytes_ = max_trailer_bytes;
    Stage stage_ = Stage::size_line;
};

}  // namespace http
