#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "common/sys/site.hpp"

namespace sys {

/// A call site as it stands in shared memory: the same call on the same source line.
struct alignas(64) CallSite {
    std::atomic<std::uint32_t> used;  ///< 0 free, 1 being named, 2 in use
    std::uint32_t line;
    std::array<char, 40> file;  ///< the end of the path, `servers/poll.cpp`, NUL-terminated
    std::array<char, 16> call;  ///< the man page's name, `epoll_wait`, NUL-terminated
};
static_assert(sizeof(CallSite) == 64);

/// Whether `entry` bears this name; one that is free is given it. Threads, processes and signal
/// handlers may ask at once: an entry is claimed before it is named, and one that somebody else
/// is naming is passed over, so that in a shared table a site may come to stand twice.
[[nodiscard]] bool bears(CallSite& entry, const char* call, Site site) noexcept;

}  // namespace sys
