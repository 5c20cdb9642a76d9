#pragma once

namespace sys {

/// The source line that makes a system call: the key under which it is counted.
///
/// Every function of the seam that is counted takes one as its last, defaulted argument, so that
/// a call in `servers/poll.cpp` is counted under its own file and line. Helpers
/// that make a call on a server's behalf forward the site of their caller.
/// (The built-ins work in gcc and clang alike; clang 14 lacks `std::source_location`.)
struct Site {
    const char* file;
    int line;
    bool sleeps;  ///< the call may sleep here, so its duration is counted too

    static constexpr Site here(const char* file = __builtin_FILE(),
                               int line = __builtin_LINE()) noexcept {
        return {file, line, false};
    }
};

/// The calling line, marked as one where the thread may sleep: time asleep is
/// measured there. `poll`, `select` and `epoll_wait` are so marked by themselves.
constexpr Site sleeping(const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept {
    return {file, line, true};
}

}  // namespace sys
