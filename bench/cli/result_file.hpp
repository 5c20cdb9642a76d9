#pragma once

#include <stdexcept>
#include <string>

#include "bench/lab/result.hpp"

namespace cli {

/// A result that is not there.
class NoResult : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The result in a file, in the directory of a run, or of a run's id below results/; `latest` is
/// the newest.
/// errors: `NoResult`; `report::Unreadable`, which names the file
[[nodiscard]] lab::Result read_result(const std::string& named);

}  // namespace cli
