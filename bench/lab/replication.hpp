#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/lab/value.hpp"

/// A table that others have published, to be measured again.
namespace lab {

struct Scenario;

/// One figure of some models along the axis of a sweep, as it was then.
struct Replication {
    struct Point {
        std::string model;  ///< as this experiment calls it
        double at = 0;  ///< on the axis
        double then = 0;
        Place place{};  ///< of the model
    };

    std::string says;  ///< what was measured, and on what
    std::string source;
    std::string figure;  ///< a name of analysis::figure
    std::string workload;  ///< a scenario's name; its sweep has one axis
    std::string axis;
    std::vector<Point> points;  ///< a model after the other, each along the axis
};

/// Reads the member `replicates` of an experiment with these scenarios.
/// errors: `ExperimentError`
[[nodiscard]] Replication read_replication(const Value& value,
                                           const std::vector<Scenario>& scenarios);

/// The same as JSON, which `read_replication` reads back.
[[nodiscard]] nlohmann::ordered_json json_of(const Replication& replication);

}  // namespace lab
