#pragma once

#include <string_view>

/// What the gravest warnings of a result say, word for word. A document has warnings as texts alone,
/// and who weighs them has to know these again.
namespace lab::warning {

inline constexpr std::string_view another_comparison =
    "another comparison ran on this machine at the same time";
inline constexpr std::string_view waited_for_cpu = "the server waited for its CPU";
inline constexpr std::string_view one_cpu = "one CPU for everything";
inline constexpr std::string_view one_core = "server and load share one core";
inline constexpr std::string_view debug_build = "a Debug build";
inline constexpr std::string_view sanitizers = "built with sanitizers";

}  // namespace lab::warning
