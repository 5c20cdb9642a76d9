#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "common/http/site.hpp"

namespace http {

/// The part of a reply that did not fit the reply block: bytes held, then a body
/// that is pulled.
class Outgoing {
public:
    /// Adds bytes that go before the body.
    void hold(std::string_view bytes) { held_.append(bytes); }

    /// Sets what goes last. range: `length_bytes` is not 0
    void set_body(Body body, std::uint64_t length_bytes) noexcept;

    [[nodiscard]] bool is_done() const noexcept;

    /// Moves what comes next to the start of `room`, and tells how much; 0 means
    /// that the rest cannot be had. range: neither done, nor `room` empty
    [[nodiscard]] std::size_t take(std::span<std::byte> room) noexcept;

    void reset() noexcept;

    /// Memory held, in bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return held_.capacity(); }

private:
    std::string held_;
    std::size_t taken_bytes_ = 0;  ///< of `held_`
    Body body_;
    std::uint64_t body_left_bytes_ = 0;
};

}  // namespace http
