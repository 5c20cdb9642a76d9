#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/lab/result.hpp"

/// The result document: lab::Result as JSON and back.
namespace report {

inline constexpr std::string_view schema_name = "iolab-result";
inline constexpr int schema_major = 1;
inline constexpr int schema_minor = 0;

/// A text is no result document that this version understands.
class Unreadable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// result: UTF-8; keys in the order of the schema; one cell a line, so that a
/// document can be read, compared and searched by line.
[[nodiscard]] std::string to_text(const lab::Result& result);

/// Ignores keys that it does not know.
/// errors: `Unreadable`, a sentence: no JSON, another document, another major version,
/// a key of another type.
[[nodiscard]] lab::Result from_text(std::string_view text);

/// A figure as documents have it: six significant digits say more than any clock here can tell.
[[nodiscard]] double written(double value);

[[nodiscard]] std::string_view name_of(lab::Status status) noexcept;
[[nodiscard]] std::string_view name_of(lab::Verdict verdict) noexcept;
[[nodiscard]] std::string_view name_of(lab::Opinion opinion) noexcept;
[[nodiscard]] std::string_view name_of(lab::Sighting sighting) noexcept;

}  // namespace report
