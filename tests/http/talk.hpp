#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/conversation.hpp"

/// Talking to a conversation without a socket.
namespace talk {

inline constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";
inline constexpr std::size_t echo_limit_bytes = 100;

/// A site with a bit of everything, which notes what it is told:
/// `/` hello, `/echo` the body, `/body/N` N bytes pulled, `/cut/N` half of them,
/// `/text/N` N bytes held, `/moved/N` a location of N bytes, `/none` 204.
class Site : public http::Site {
public:
    http::Answer answer(const http::Request& request) override;
    std::string_view date() noexcept override { return talk::date; }
    std::size_t keeps_body_bytes(const http::Request& request) noexcept override;
    bool may_keep_alive() noexcept override;
    bool wants_heads() const noexcept override { return notes_heads; }
    void head(std::string_view head) noexcept override { heads.emplace_back(head); }
    void replied(int status) noexcept override;

    bool keeps_alive = true;
    bool notes_heads = false;
    bool notes_replies = true;
    int asked_to_keep_alive = 0;
    int bodies_pulled = 0;
    std::vector<int> replies;
    std::vector<std::string> heads;
    std::string last_request;  ///< method, target, path and query of the last one answered

private:
    std::string text_;
};

/// The byte that a pulled or held body of the site has at `position`.
char body_byte(std::size_t position);
std::string body_bytes(std::size_t size);

/// A reply as it should be, written from the protocol's table and not from the code.
/// range: `status` with its name, `200 OK`; `extra` whole field lines behind Content-Length
std::string reply(std::string_view status, std::string_view text, std::string_view extra = "",
                  std::string_view version = "HTTP/1.1");
std::string hello();
std::string hello_and_close();

/// An error that the protocol makes: its text is its status, and it closes.
std::string error(std::string_view status, std::string_view version = "HTTP/1.1");

struct Outcome {
    std::string output;
    http::Next end = http::Next::read;  ///< when all input is given, or none is wanted
    std::size_t unwanted_bytes = 0;  ///< of the input
    bool operator==(const Outcome&) const = default;
};

struct Manner {
    std::size_t sends_bytes =
        std::numeric_limits<std::size_t>::max();  ///< taken of the output at once
    bool shuts_down = false;  ///< the client ends its input behind the last byte
    bool split_reply = false;
};

/// Sends all there is, and tells it.
std::string drain(http::Conversation& conversation,
                  std::size_t at_once = std::numeric_limits<std::size_t>::max());

/// Gives as much of `input` as is wanted, draining in between; what is left is the result.
std::string_view give(http::Conversation& conversation, std::string_view input, std::string& output,
                      Manner manner = {});

/// One arrival, with no more drained than is asked for. range: fits `room`
void arrive(http::Conversation& conversation, std::string_view bytes);

/// A whole conversation about input that arrives in pieces, the end of the longest against a page
/// that must not be touched.
Outcome converse(Site& site, const std::vector<std::string_view>& pieces, Manner manner = {});
Outcome converse(std::string_view input, Manner manner = {});

/// Without any `100 Continue`: it depends on the arrival of the body.
std::string without_continue(std::string text);

}  // namespace talk
