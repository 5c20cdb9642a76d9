#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace load {

/// Finds the ends of replies in a stream of bytes, by the lengths that their heads tell.
///
/// A reply that tells none, or comes in chunks, lasts to the end of its connection. What begins
/// otherwise than a reply, or has a head of more than 64 KiB, is none.
class ReplyReader {
public:
    /// Takes what belongs to the present reply. result: how many bytes that were
    std::size_t take(std::string_view piece);

    /// The reply is whole; `take` takes nothing until `restart`.
    [[nodiscard]] bool whole() const noexcept { return in_body_ && missing_ == 0; }

    /// The reply is whole if its connection ends now.
    [[nodiscard]] bool whole_at_end() const noexcept {
        return whole() || (in_body_ && missing_ == to_the_end);
    }

    /// What came is no reply; `take` takes nothing until `restart`.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    /// Some of a reply has come, and `restart` has not been called since.
    [[nodiscard]] bool inside() const noexcept { return in_body_ || !head_.empty(); }

    /// Its status, 200; 0 while that is not known.
    [[nodiscard]] int status() const noexcept { return status_; }

    /// The connection ends after it, as its head says. range: the head has come
    [[nodiscard]] bool closes() const noexcept { return closes_; }

    /// The next reply begins.
    void restart();

private:
    static constexpr std::uint64_t to_the_end = ~std::uint64_t{0};

    std::size_t take_head(std::string_view piece);

    std::string head_;
    bool in_body_ = false;
    bool broken_ = false;
    int status_ = 0;
    bool closes_ = false;
    std::uint64_t missing_ = 0;  ///< bytes of the body
};

}  // namespace load
