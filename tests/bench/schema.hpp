#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

/// The part of JSON Schema (draft 2020-12) that the project's schemas use.
namespace schema {

/// Where `value` is not as `schema` says: one sentence for each place; empty if nowhere.
/// errors: throws std::invalid_argument for a keyword that is not known here, so that no
/// rule is passed over in silence.
[[nodiscard]] std::vector<std::string> violations(const nlohmann::ordered_json& schema,
                                                  const nlohmann::ordered_json& value);

}  // namespace schema
