#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

/// Which mutants are wanted of the servers that hold them all: mutants.cmake.
namespace broken {

/// Whether the environment's IOLAB_DEFECT names this mutant; `+` stands between several.
inline bool chosen(std::string_view name) noexcept {
    const char* wanted = std::getenv("IOLAB_DEFECT");
    std::string_view rest = wanted == nullptr ? "" : wanted;
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find('+'));
        if (one == name) return true;
        rest.remove_prefix(one.size() == rest.size() ? one.size() : one.size() + 1);
    }
    return false;
}

}  // namespace broken
