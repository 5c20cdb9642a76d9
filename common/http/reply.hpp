#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/http/request_head.hpp"

namespace http {

/// What a reply says of the connection.
enum class Persistence {
    implied,  ///< nothing: HTTP/1.1 that lives on
    keep_alive,  ///< HTTP/1.0 that lives on
    close,  ///< the last reply
};

/// Everything that stands in the head of a final reply.
struct ReplyHead {
    Version version = Version::http_1_1;
    int status = 200;
    std::string_view date{};
    std::string_view type{};
    std::uint64_t length_bytes = 0;
    std::string_view allow{};
    std::string_view location{};
    Persistence persistence = Persistence::implied;
};

inline constexpr std::string_view continue_reply = "HTTP/1.1 100 Continue\r\n\r\n";

/// `404 Not Found`; a status that has no name here is its three digits and a space.
/// range: 100 to 999. ownership: valid until the thread's next call
[[nodiscard]] std::string_view status_text(int status) noexcept;

/// Whether replies of this status have content, and so a length.
/// source: RFC 9110, sections 6.4.1 and 8.6
[[nodiscard]] bool has_content(int status) noexcept;

/// At least the size of the head as written.
[[nodiscard]] std::size_t size_bound(const ReplyHead& head) noexcept;

/// Writes the head and its empty line; tells where it ends.
/// range: room for `size_bound`
char* write_head(const ReplyHead& head, char* to) noexcept;

}  // namespace http
