#pragma once

#include <array>
#include <cstdint>

#include "tests/faults/table.hpp"

/// The scripted layer under the seam. The linker leads the calls of `common/sys` here (--wrap), so
/// that the objects of a model are those of the product; from the ready line on they are counted,
/// and one of them fails on cue.
namespace faults {

/// Which call fails, and how.
struct Fault {
    Point point = Point::count;  ///< `count`: none
    std::uint32_t nth = 1;  ///< of the calls at that point after the ready line
    int error = one_byte;
    std::uint32_t times = 1;  ///< so many calls in succession
};

/// Memory that a test and its server share: what is asked for, and what was seen.
struct Script {
    Fault fault;

    bool fired = false;
    bool stopping = false;  ///< when it fired, a stop signal had come
    std::int32_t pid = 0;  ///< whose call it was
    std::uint16_t peer_port = 0;  ///< of the client that the failed call was about, or 0
    std::array<std::uint32_t, points> calls{};
    std::array<std::uint32_t, points> in_vain{};  ///< and so many that had nothing to fail at
    std::uint32_t slept_after = 0;  ///< calls of nanosleep since the fault
    std::array<std::int32_t, 65536> accepted_by{};  ///< the process, by its client's port
};

/// The one script of this process and of those that it forks.
[[nodiscard]] Script& script();

// What the layer asks and is told of.

/// Counts a call, and tells whether this one is to fail. `fd` is what it is about.
[[nodiscard]] bool is_due(Point point, int fd) noexcept;
[[nodiscard]] bool is_client(int fd) noexcept;
void arrived(int fd) noexcept;
void left(int fd) noexcept;

/// In the server: scripted from its ready line on.
void follow_script() noexcept;

}  // namespace faults
