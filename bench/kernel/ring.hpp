#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/sys/fd.hpp"

/// Davide Libenzi's pipetest: pipes in a ring, one token that goes round, and somebody who waits for
/// all of them.
namespace kernel {

enum class Wait { select, poll, epoll_lt, epoll_et };
inline constexpr std::size_t waits = 4;

[[nodiscard]] std::string_view name_of(Wait how) noexcept;

class Ring {
public:
    /// range: at least 1. errors: throws std::system_error, such as EMFILE
    explicit Ring(std::size_t pipes);

    [[nodiscard]] std::size_t size() const noexcept { return reading_.size(); }

    /// How often a second the token is passed on by one who waits like that for all pipes at once.
    /// result: none where select cannot: a descriptor beyond FD_SETSIZE
    [[nodiscard]] std::optional<double> passes_per_s(Wait how, std::chrono::nanoseconds length);

private:
    template <class Next>
    double go_round(Next next, std::chrono::nanoseconds length);
    double with_select(std::chrono::nanoseconds length);
    double with_poll(std::chrono::nanoseconds length);
    double with_epoll(std::uint32_t trigger, std::chrono::nanoseconds length);
    void put_token(std::size_t pipe) const;
    void take_token(std::size_t pipe) const;

    std::vector<sys::Fd> reading_;
    std::vector<sys::Fd> writing_;
};

/// What a ring of so many pipes came to.
struct Point {
    std::size_t pipes = 0;
    std::optional<double> passes_per_s[waits];  ///< by `Wait`; none: not measured
};

/// Whether the shape is that of 2002.
struct Shape {
    std::string says;
    std::optional<double> slope;  ///< of passes a second along pipes, both logarithmic
    double least = 0;
    double most = 0;

    [[nodiscard]] bool found() const noexcept { return slope && *slope >= least && *slope <= most; }
};

/// Where the walk over all pipes has become longer than the rest of a pass.
inline constexpr std::size_t poll_falls_from = 500;

/// poll as 1/N from so many pipes on, epoll flat, in both of its modes. Pure.
[[nodiscard]] std::vector<Shape> shapes_of(std::span<const Point> points);

/// The table beside that of 2002 where it has the same number of pipes, and the shapes, in lines of
/// 80 columns. Pure.
[[nodiscard]] std::string to_text(std::span<const Point> points);

}  // namespace kernel
