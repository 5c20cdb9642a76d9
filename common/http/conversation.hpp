#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/http/context.hpp"
#include "common/http/site.hpp"

namespace http {

class RequestHead;
enum class Refusal : std::uint16_t;
struct ReplyHead;

/// What one conversation wants to happen next.
enum class Next {
    read,  ///< give it input
    write,  ///< send its output
    linger,  ///< half-close for writing, then give it what still arrives, to be dropped
    close,  ///< close the connection
};

/// Whose deadline runs now.
enum class Phase {
    idle,  ///< between requests, not a byte of the next has come
    head,  ///< from the start of the connection, or the first byte of a head, to its end
    body,  ///< inside a request body
    reply,  ///< output waits to be sent
    linger,  ///< the last bytes of a peer that we no longer answer
};

/// One client's protocol state: what has arrived of a request, what is still to
/// be sent of the replies. Bytes in, bytes out; it never sees a descriptor, an
/// `errno` or a clock.
///
/// A conversation without an unfinished request and without output owns no memory
/// beyond its own few words, but for a block that it was made to bring. What one
/// client can make it hold is bounded: a block, as much input as the scratch room
/// takes, a head or a body within its limits, and a text of the site's.
///
/// The replies depend on the bytes that came, not on how they were split, but for
/// `100 Continue`, which is left out when the body is there already.
///
/// errors  where memory is short, `next` is `close`: nobody else notices.
/// source  RFC 9110, RFC 9112.
class Conversation {
public:
    /// A free place, in which no conversation takes place; `next` is `close`.
    Conversation() noexcept;
    explicit Conversation(Context& context) noexcept;
    Conversation(Conversation&&) noexcept;
    Conversation& operator=(Conversation&&) noexcept;
    ~Conversation();

    /// Room for input, shared by all conversations of the thread: fill its start
    /// and call `received` before any other conversation asks for it. Never empty
    /// while `next` is `read` or `linger`; empty while `next` is `write` and as
    /// much waits as may: to receive into that would look like the end of input.
    [[nodiscard]] std::span<std::byte> room() noexcept;

    /// So many bytes arrived in `room`; 0 is the end of the peer's input. What
    /// arrives while there is output waits until that is sent.
    void received(std::size_t count_bytes);

    /// The same of bytes that arrived elsewhere, none being the end: where the kernel
    /// was lent a room before anybody knew who would speak. What waits is not bounded
    /// here: whoever gives more while there is output bounds it.
    void received(std::span<const std::byte> bytes);

    /// What to send now; empty when there is nothing. Stays valid until `sent`,
    /// whatever arrives meanwhile.
    [[nodiscard]] std::span<const std::byte> output() noexcept;

    /// So many bytes of `output` were taken. May answer pipelined requests that
    /// waited for room.
    void sent(std::size_t count_bytes);

    [[nodiscard]] Next next() const noexcept;
    [[nodiscard]] Phase phase() const noexcept;

    /// Grows by one with every request that was begun; tells the deadline of one
    /// head from that of the next. Empty lines before a request begin nothing.
    [[nodiscard]] std::uint32_t requests() const noexcept { return requests_; }

    /// Goes on in another thread's context: what it holds is its own, and only what it takes and
    /// gives back from now on is that one's.
    /// range: the context of a site that answers the same; none of its input is in `room`
    void move_to(Context& context) noexcept { context_ = &context; }

    /// Before its input is taken in in another thread: takes the room for a reply already, here, where
    /// it is given back when that is sent. Else all rooms would come to lie in that context, and this
    /// one would ask for new ones, reply by reply. It stays until it is taken home, empty or not.
    void bring_block() noexcept;

    /// Back from the other thread: gives the room back here if there is no reply in it.
    void take_block_home() noexcept;

    /// Whether `sent`, with all of the output, has to compute: the rest of a long answer is made
    /// then, or requests are answered that had to wait.
    [[nodiscard]] bool computes_when_sent() const noexcept;

    /// Makes the next reply the last; the reply in flight, if there is one: then
    /// what waits behind it is dropped.
    void finish() noexcept;

    /// The deadline of `phase` has passed: 408 for the slow, silence for the idle.
    void time_up();

    /// Instead of any request: 503, Connection: close. For a full house.
    void refuse();

private:
    /// What follows once the output is sent.
    enum class Ending : std::uint8_t { none, linger, close };

    void swap(Conversation& other) noexcept;
    [[nodiscard]] bool has_output() const noexcept;
    [[nodiscard]] bool has_room_for_reply() const noexcept;
    [[nodiscard]] Record& record() noexcept;

    template <typename Step>
    void guard(Step step);
    void cut_short() noexcept;
    void accept_input(std::string_view input);
    void read_waiting();
    void read_requests(std::string_view& input);
    [[nodiscard]] bool skip_empty_lines(std::string_view& input);
    [[nodiscard]] bool read_request(std::string_view& input);
    void keep_or_drop(std::string_view rest);
    void settle_record();

    void answer(bool more_input);
    [[nodiscard]] bool keeps_alive(const RequestHead& head);
    void fail(Refusal refusal);
    void fail_at_once(Refusal refusal);
    void put_reply(const RequestHead& request, Answer& answer, bool stays);
    void put_head(const ReplyHead& head);
    void put_content(Answer& answer);
    void put_text(std::string_view text);
    void fill();
    void cut() noexcept;
    void release_block() noexcept;

    Context* context_ = nullptr;
    std::unique_ptr<Record> record_;  ///< while something is unfinished
    std::unique_ptr<Block> block_;  ///< while there is output, or another thread may make some
    std::uint32_t begin_ = 0;  ///< of the output, in the block
    std::uint32_t split_ = 0;  ///< where the first piece of it ends, 0 for no split
    std::uint32_t end_ = 0;
    std::uint32_t requests_ = 0;
    std::uint32_t dropped_bytes_ = 0;  ///< while lingering
    Ending ending_ = Ending::none;
    std::uint8_t empty_lines_ = 0;  ///< before the next request
    bool after_cr_ = false;  ///< in the middle of the end of an empty line
    bool finishing_ = false;
    bool input_ended_ = false;
    bool block_is_brought_ = false;
};

static_assert(sizeof(Conversation) <= 64);

}  // namespace http
