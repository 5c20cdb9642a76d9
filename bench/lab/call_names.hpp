#pragma once

#include <span>
#include <string_view>
#include <vector>

/// Under which names system calls are counted.
namespace lab {

/// A call that is counted from outside of a server.
struct TracedCall {
    std::string_view manual;
    long number;  ///< the kernel's, of this architecture
};

/// Several numbers may be one call of the manual.
[[nodiscard]] std::span<const TracedCall> traced_calls() noexcept;

/// The names of all calls that are counted: of anyone's server, and of the project's through
/// `common/sys`. In the order of the alphabet, each once.
[[nodiscard]] std::vector<std::string_view> call_names();

}  // namespace lab
