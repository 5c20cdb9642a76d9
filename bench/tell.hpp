#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace bench {

/// Says something on stderr. Nobody may be there to hear it, and its disk may be
/// full: a measurement goes on without.
template <class... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
    const std::string text = fmt::format(format, std::forward<Args>(args)...);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace bench
