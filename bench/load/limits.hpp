#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/plan.hpp"

namespace load {

/// How many connections this process can hold towards a target.
struct Limits {
    std::uint64_t open_files = 0;  ///< soft limit, after it was raised to the hard one
    std::uint64_t ports = 0;  ///< local ports a source address
    std::uint64_t sources = 0;  ///< source addresses that the engine may use
    std::uint64_t connections = 0;  ///< what follows: the most at one time
};

/// Raises the soft limit of open files to the hard one and tells what is possible.
[[nodiscard]] Limits limits(const Address& target);

/// Shrinks a plan to what is possible: connections to `limits`, idle ones first, threads to
/// connections.
/// result: one sentence for each thing that was shrunk
[[nodiscard]] std::vector<std::string> fit(Plan& plan);

}  // namespace load
