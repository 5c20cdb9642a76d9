#pragma once

#include <cctype>
#include <string>
#include <string_view>

/// "answers a request" as a name that GoogleTest takes: answers_a_request.
[[nodiscard]] inline std::string test_name(std::string_view sentence) {
    std::string name;
    for (const char letter : sentence) {
        const bool plain = std::isalnum(static_cast<unsigned char>(letter)) != 0;
        name += plain ? letter : '_';
    }
    return name;
}
