#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/lab/value.hpp"

/// What an experiment expects to be seen in its result.
namespace lab {

struct Scenario;

/// One expectation: a number that is made of a round's cells, and its bounds.
struct Check {
    enum class Kind {
        value,  ///< a figure
        ratio,  ///< a figure of `model` over that of `other`
        slope,  ///< of a figure along an axis, both logarithmic: 1 is proportional, 0 flat
        crossing,  ///< from where on, along an axis, the figure of `model` exceeds that of `other`
        share,  ///< of the times of a clock, those from `from` to `to` microseconds
    };

    std::string says;  ///< the expectation as a sentence
    Kind kind = Kind::value;
    std::string figure;  ///< a name of analysis::figure; of a share, `response_time`
    std::string model;
    std::string other;  ///< of a ratio or a crossing
    std::string workload;  ///< a scenario's name
    std::vector<std::pair<std::string, double>> at;  ///< the axes of its sweep that stand still
    std::string axis;  ///< of a slope or a crossing
    std::optional<double> from, to;  ///< part of the axis; of a share always given
    std::optional<double> least, most;  ///< at least one of them
    std::string published;  ///< what others have measured, with its source; empty: nothing known
    std::string seen;  ///< what was measured before, and where; likewise
    Place model_place{}, other_place{};
};

/// The name of a figure that cells of this scenario have.
/// errors: `ExperimentError`
[[nodiscard]] std::string read_figure(const Value& value, const Scenario& scenario);

/// The scenario that the member `workload` names; where there is one alone it may be left out.
/// errors: `ExperimentError`
[[nodiscard]] const Scenario& scenario_of(const Value& holder,
                                          const std::vector<Scenario>& scenarios);

/// Reads the list `signature` of an experiment with these scenarios.
/// errors: `ExperimentError`
[[nodiscard]] std::vector<Check> read_signature(const Value& list,
                                                const std::vector<Scenario>& scenarios);

/// The same as JSON, which `read_signature` reads back.
[[nodiscard]] nlohmann::ordered_json json_of(const Check& check);

}  // namespace lab
