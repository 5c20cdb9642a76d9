// Prints percentiles of the durations on its stdin as our histogram tells them, as JSON.
//
//   histogram_table PERCENTILE... <NANOSECONDS, one a line

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "bench/load/histogram.hpp"

int main(int argc, char** argv) {
    load::Histogram histogram;
    for (std::uint64_t value_ns = 0; std::cin >> value_ns;) histogram.record(value_ns);
    std::cout << "{\"count\": " << histogram.count() << ", \"min_ns\": " << histogram.min_ns()
              << ", \"max_ns\": " << histogram.max_ns() << ", \"values_ns\": [";
    for (int at = 1; at < argc; ++at) {
        std::cout << (at > 1 ? ", " : "") << histogram.value_at_percentile(std::atof(argv[at]));
    }
    std::cout << "]}\n";
}
