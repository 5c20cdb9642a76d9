#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace verify {

/// A rule that did not hold: what it asks for, and what was seen instead.
struct Failed : std::runtime_error {
    Failed(std::string expected_text, std::string got_text)
        : std::runtime_error{"expected " + expected_text + ", got " + got_text},
          expected{std::move(expected_text)},
          got{std::move(got_text)} {}

    std::string expected;
    std::string got;
};

/// A rule that cannot be tried here, and why. `missing` means that the machine lacks something;
/// otherwise the server is exempt by its own declaration.
struct Skipped : std::runtime_error {
    explicit Skipped(const std::string& why, bool machine_lacks = true)
        : std::runtime_error{why}, missing{machine_lacks} {}

    bool missing;
};

/// Bytes as a C string literal would spell them, at most `limit` characters of them.
std::string escaped(std::string_view bytes, std::size_t limit = 160);

}  // namespace verify
