#pragma once

#include <string>
#include <vector>

#include "bench/lab/machine.hpp"
#include "bench/lab/placement.hpp"

/// Whether a machine is fit for a comparison.
namespace lab {

enum class Fitness {
    good,
    note,  ///< worth knowing; figures stay what they are
    caution,  ///< some figures mean less
    missing,  ///< something cannot run
};

struct Finding {
    std::string subject;
    std::string value;
    Fitness fitness = Fitness::good;
    std::string meaning;  ///< for a comparison; empty where good
};

/// Pure: what the facts mean.
[[nodiscard]] std::vector<Finding> examine(const Machine& machine, const Topology& topology);

}  // namespace lab
