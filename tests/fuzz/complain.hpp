#pragma once

#include <cstdio>
#include <cstdlib>

namespace fuzz {

/// Ends the process, as libFuzzer wants it, where something is not as it has to be.
inline void demand(bool holds, const char* complaint) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", complaint);
    std::abort();
}

}  // namespace fuzz
