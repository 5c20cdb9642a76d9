#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "common/http/site.hpp"

namespace http {

/// What one conversation wants to happen next.
enum class Next {
    read,    ///< give it input
    write,   ///< send its output
    linger,  ///< half-close for writing, then give it what still arrives, to be dropped
    close,   ///< close the connection
};

/// Whose deadline runs now.
enum class Phase {
    idle,    ///< between requests, not a byte of the next has come
    head,    ///< from the start of the connection, or the first byte of a head, to its end
    body,    ///< inside a request body
    reply,   ///< output waits to be sent
    linger,  ///< the last bytes of a peer that we no longer answer
};

/// What all conversations of one thread share: the site that answers, the
/// scratch room that takes input, and the free list that reply blocks come from.
class Context;

/// One client's protocol state: what has arrived of a request, what is still to
/// be sent of the replies. Bytes in, bytes out; it never sees a descriptor, an
/// `errno` or a clock.
///
/// A conversation without an unfinished request and without output owns no memory
/// beyond its own few words.
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
    /// while `next` is `read` or `linger`.
    [[nodiscard]] std::span<std::byte> room() noexcept;

    /// So many bytes arrived in `room`; 0 is the end of the peer's input.
    void received(std::size_t count_bytes);

    /// What to send now; empty when there is nothing. Stays valid until `sent`.
    [[nodiscard]] std::span<const std::byte> output() noexcept;

    /// So many bytes of `output` were taken. May answer pipelined requests that
    /// waited for room.
    void sent(std::size_t count_bytes);

    [[nodiscard]] Next next() const noexcept;
    [[nodiscard]] Phase phase() const noexcept;

    /// Grows by one with every request that was begun; tells the deadline of one
    /// head from that of the next.
    [[nodiscard]] std::uint32_t requests() const noexcept;

    /// Makes the next reply the last; the reply in flight, if there is one.
    void finish() noexcept;

    /// The deadline of `phase` has passed: 408 for the slow, silence for the idle.
    void time_up();

    /// Instead of any request: 503, Connection: close. For a full house.
    void refuse();

private:
    // owned by the implementation
};

}  // namespace http
