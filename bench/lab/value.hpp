#pragma once

#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/lab/lines.hpp"

namespace lab {

/// Where something stands in a file that people write.
struct Place {
    std::string file;
    int line = 1;  ///< from 1
    std::string key;  ///< `workloads[1].actors[0].count`; empty: the file as a whole
};

/// An experiment file is not as it should be.
class ExperimentError : public std::runtime_error {
public:
    ExperimentError(const std::string& what, Place where)
        : std::runtime_error{what}, place{std::move(where)} {}

    Place place;
};

/// A file that people write.
struct Source {
    std::string file;
    Lines lines;
    std::string patch{};  ///< path of what has changed the values, `control`; empty: nothing has
};

/// A value of such a file and where it stands: every read checks it.
/// errors: `ExperimentError`, whose text names file, line, key, what was expected and what there is.
class Value {
public:
    using Json = nlohmann::ordered_json;

    /// `source` and `json` live longer. `path` is `workloads[1].name`, empty for the whole file.
    Value(const Source& source, const Json& json, std::string path);

    [[noreturn]] void expected(const std::string& what) const;

    /// Where it stands; of a member that is missing, where the object does.
    [[nodiscard]] Place place() const;
    [[nodiscard]] Place place_of(const std::string& member) const;

    /// A text, with nothing in it that acts on a terminal.
    [[nodiscard]] std::string text() const;
    /// A word of lower-case letters, digits, "-" and "_".
    [[nodiscard]] std::string word() const;
    /// A text for one line of a terminal.
    [[nodiscard]] std::string line() const;
    [[nodiscard]] double number(double least, double most) const;
    [[nodiscard]] int whole(int least, int most) const;
    [[nodiscard]] bool truth() const;
    /// Of anything, but not empty; `of` is for the error.
    [[nodiscard]] std::vector<Value> list(const std::string& of) const;

    [[nodiscard]] bool is_text() const;
    [[nodiscard]] bool is_object() const;

    /// An object has no other members than those in `known`.
    void check_keys(std::initializer_list<std::string_view> known) const;

    /// An object's keys are words, as `word`.
    void check_words() const;
    [[nodiscard]] std::optional<Value> find(const std::string& key) const;
    [[nodiscard]] Value need(const std::string& key, const std::string& what) const;
    [[nodiscard]] std::string line_or(const std::string& key, const std::string& otherwise) const;
    [[nodiscard]] std::string text_or(const std::string& key, const std::string& otherwise) const;
    [[nodiscard]] std::vector<Value> members() const;

    /// The last part of the path.
    [[nodiscard]] std::string key() const;

private:
    [[nodiscard]] std::string as_it_is() const;
    [[nodiscard]] std::string member_path(const std::string& key) const;

    const Source& source_;
    const Json& json_;
    std::string path_;
};

/// Where a key stands, or the nearest one around it that the file has.
[[nodiscard]] Place place_in(const Source& source, const std::string& key);

/// Says what is wrong there.
[[noreturn]] void refuse(const Place& place, const std::string& what);
[[noreturn]] void refuse(const Source& source, const std::string& key, const std::string& what);

}  // namespace lab
