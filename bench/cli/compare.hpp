#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/lab/result.hpp"

namespace cli {

struct CompareOptions {
    std::string experiment = "quick";  ///< a preset's name, or a file
    std::vector<std::string> models;  ///< names or patterns; empty: as the experiment says
    std::vector<std::string> exclude;
    std::vector<std::string> added;  ///< NAME='COMMAND {port}'
    std::optional<int> rounds;
    std::optional<std::uint64_t> seed;
    std::optional<double> warm_up_s;
    std::optional<double> measured_s;
    std::vector<std::string> thresholds;  ///< MODEL.METRIC < NUMBER
    std::string output;  ///< a directory, or a file that ends in .json; empty: results/<run id>
    bool control = false;  ///< the experiment's control instead
    bool dry_run = false;
    bool json = false;  ///< the result document on stdout
    bool no_progress = false;
    std::string command;  ///< as it was given, for the result
};

/// What is shown instead of progress and tables; the result is saved all the same.
struct Presentation {
    std::function<void(const lab::Result&)> round_ended;
    std::function<void(const lab::Result&)> ended;
};

/// `iolab compare` and `iolab run`.
int compare(const CompareOptions& options, const Presentation* presentation = nullptr);

}  // namespace cli
