#include <vector>

#include "bench/lab/experiment.hpp"

// The presets are no part of a fuzzer.
const std::vector<lab::Embedded>& lab::embedded_experiments() {
    static const std::vector<Embedded> none;
    return none;
}
