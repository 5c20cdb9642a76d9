#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

/// What is not protocol: who answers, and with what.
namespace http {

/// A whole request, borrowed for the length of one call.
struct Request {
    std::string_view method;  ///< a token, case kept
    std::string_view target;  ///< as it was sent
    std::string_view path;  ///< of the target: no query, no scheme and authority; "*" stays,
        ///< and so does the authority that is all of CONNECT's target
    std::string_view query;  ///< behind the '?', empty if none
    std::span<const std::byte> body;  ///< only where `Site::keeps_body_bytes` said so
};

/// A body that is made while it is sent, never held whole. Its source lives in
/// here, whatever its type, so that a reply asks the heap for nothing. A source
/// is three pointers large at most and has a `pull` like ours; neither that nor
/// its move throws.
class Body {
public:
    Body() noexcept = default;

    template <class Source>
    explicit Body(Source source) noexcept : calls_{&calls_of<Source>} {
        static_assert(sizeof(Source) <= sizeof(place_) && alignof(Source) <= alignof(void*));
        static_assert(std::is_nothrow_move_constructible_v<Source>);
        static_assert(noexcept(source.pull(std::span<std::byte>{})));
        ::new (place_) Source{std::move(source)};
    }

    Body(Body&& other) noexcept { take(other); }
    Body& operator=(Body&& other) noexcept {
        reset();
        take(other);
        return *this;
    }
    ~Body() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return calls_ != nullptr; }

    /// Fills the start of `room` and tells how much. 0 before the announced
    /// length is reached means that the rest cannot be had: the connection is
    /// then cut, so that the client can tell. range: there is a source
    [[nodiscard]] std::size_t pull(std::span<std::byte> room) noexcept {
        return calls_->pull(place_, room);
    }

    void reset() noexcept {
        if (calls_ != nullptr) std::exchange(calls_, nullptr)->end(place_);
    }

private:
    struct Calls {
        std::size_t (*pull)(void* source, std::span<std::byte> room) noexcept;
        void (*move)(void* from, void* to) noexcept;
        void (*end)(void* source) noexcept;
    };

    template <class Source>
    static Source& at(void* place) noexcept {
        return *std::launder(static_cast<Source*>(place));
    }

    template <class Source>
    static constexpr Calls calls_of{
        .pull = [](void* source, std::span<std::byte> room) noexcept -> std::size_t {
            return at<Source>(source).pull(room);
        },
        .move = [](void* from,
                   void* to) noexcept { ::new (to) Source{std::move(at<Source>(from))}; },
        .end = [](void* source) noexcept { at<Source>(source).~Source(); }};

    // Of nothing, if the other is this one: it has been reset.
    void take(Body& other) noexcept {
        if (!other) return;
        other.calls_->move(other.place_, place_);
        calls_ = other.calls_;
        other.reset();
    }

    const Calls* calls_ = nullptr;  // null: there is no source
    alignas(void*) std::byte place_[3 * sizeof(void*)];
};

/// An answer, before protocol is put around it.
///
/// What is no success (status 300 and above) and has neither text nor body is given
/// its status and name as text, `404 Not Found`. Field values hold no control
/// characters.
struct Answer {
    int status = 200;
    std::string_view type = "text/plain";  ///< must live for ever
    std::string_view text{};  ///< the body, if short; lives until the site's next answer
    Body body{};  ///< the body, if long; `text` is then ignored
    std::uint64_t length_bytes = 0;  ///< of `body`
    std::string_view allow{};  ///< value of an Allow field (405), empty for none; lives for ever
    std::string_view location{};  ///< value of a Location field (301); lives as long as `text`
};

/// The content behind the protocol. One object serves all conversations of a thread.
class Site {
public:
    virtual ~Site() = default;

    /// Answers a request whose method is known to the field (RFC 9110, section 9).
    /// A method that a resource lacks is answered 405 with `allow`. HEAD is
    /// answered as GET; the conversation leaves the body out.
    virtual Answer answer(const Request& request) = 0;

    /// Now, as an IMF-fixdate (RFC 9110, section 5.6.7), 29 characters.
    virtual std::string_view date() noexcept = 0;

    /// Whether the body of this request is to be kept for `answer`: 0 drops it
    /// while it arrives; otherwise the most that is kept, above which it is 413.
    /// Asked once the head is whole, if a body follows. range: what is above the
    /// limit for all bodies, 1 MiB, means that limit
    virtual std::size_t keeps_body_bytes(const Request&) noexcept { return 0; }

    /// Asked before an answer that would keep the connection; `false` makes it
    /// the last one. A model that serves one client at a time looks here
    /// whether somebody else is waiting.
    virtual bool may_keep_alive() noexcept { return true; }

    /// Whether `head` wants to be called. The head is only collected for that.
    virtual bool wants_heads() const noexcept { return false; }

    /// A request head as it arrived, without the empty line at its end.
    virtual void head(std::string_view) noexcept {}

    /// A final reply with this status has been put into the output.
    virtual void replied(int /*status*/) noexcept {}
};

}  // namespace http
