#include "bench/lab/value.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/experiment.hpp"
#include "bench/lab/text.hpp"

namespace lab {
namespace {

// A value as it is shown in an error.
std::string shown(const Value::Json& value) {
    std::string text = value.dump(-1, ' ', false, Value::Json::error_handler_t::replace);
    if (text.size() > 40) text.replace(37, text.npos, "...");
    return text;
}

// The key, or the nearest one around it, that the file has in the object at `base`; "": none.
std::string nearest(const Source& source, const std::string& base, std::string key) {
    const std::string prefix = base.empty() ? "" : base + '.';
    while (!key.empty() && !source.lines.line.contains(prefix + key)) {
        const std::size_t cut = key.find_last_of(".[");
        key.erase(cut == key.npos ? 0 : cut);
    }
    return key;
}

bool is_word(const std::string& text) {
    const auto fits = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
               byte == '_';
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

Place place_in(const Source& source, const std::string& key) {
    const std::string around = nearest(source, "", key);
    const std::string changed = source.patch.empty() ? "" : nearest(source, source.patch, key);
    // A patch replaces a list as a whole, and an object member by member: RFC 7396.
    const bool is_changed =
        !changed.empty() && (changed.find('[') != changed.npos || changed.size() >= around.size());
    const std::string prefix = is_changed ? source.patch + '.' : "";
    const auto found = source.lines.line.find(is_changed ? prefix + changed : around);
    const int line = found == source.lines.line.end() ? 1 : found->second;
    return {.file = source.file, .line = line, .key = prefix + key};
}

void refuse(const Place& place, const std::string& what) {
    const std::string subject = place.key.empty() ? "the file" : place.key;
    throw ExperimentError{
        showable(fmt::format("{}:{}: {}: {}", place.file, place.line, subject, what)), place};
}

void refuse(const Source& source, const std::string& key, const std::string& what) {
    refuse(place_in(source, key), what);
}

Value::Value(const Source& source, const Json& json, std::string path)
    : source_{source}, json_{json}, path_{std::move(path)} {}

void Value::expected(const std::string& what) const {
    refuse(source_, path_, fmt::format("expected {}, found {}", what, shown(json_)));
}

Place Value::place() const {
    return place_in(source_, path_);
}

Place Value::place_of(const std::string& member) const {
    return place_in(source_, member_path(member));
}

std::string Value::as_it_is() const {
    if (!json_.is_string()) expected("a string");
    return json_.get<std::string>();
}

std::string Value::text() const {
    return showable(as_it_is());
}

std::string Value::word() const {
    std::string word = text();
    if (!is_word(word)) expected("a word of lower-case letters, digits, \"-\" and \"_\"");
    return word;
}

std::string Value::line() const {
    std::string line = as_it_is();
    const auto is_control = [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; };
    if (std::any_of(line.begin(), line.end(), is_control) || showable(line) != line)
        expected("a text without control characters");
    return line;
}

double Value::number(double least, double most) const {
    const auto what = fmt::format("a number from {} to {}", least, most);
    if (!json_.is_number()) expected(what);
    const double value = json_.get<double>();
    if (!(value >= least && value <= most)) expected(what);
    return value;
}

int Value::whole(int least, int most) const {
    const auto what = fmt::format("a whole number from {} to {}", least, most);
    if (!json_.is_number_integer()) expected(what);
    const double value = json_.get<double>();
    if (value < least || value > most) expected(what);
    return static_cast<int>(value);
}

bool Value::truth() const {
    if (!json_.is_boolean()) expected("true or false");
    return json_.get<bool>();
}

std::vector<Value> Value::list(const std::string& of) const {
    if (!json_.is_array() || json_.empty()) expected("a list of " + of + ", not empty");
    std::vector<Value> values;
    for (std::size_t at = 0; at < json_.size(); ++at)
        values.emplace_back(source_, json_[at], fmt::format("{}[{}]", path_, at));
    return values;
}

bool Value::is_text() const {
    return json_.is_string();
}

bool Value::is_object() const {
    return json_.is_object();
}

void Value::check_keys(std::initializer_list<std::string_view> known) const {
    if (!json_.is_object()) expected("an object");
    for (const auto& [key, value] : json_.items()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        std::string names;
        for (const auto name : known) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
        refuse(source_, member_path(key), "unknown key; expected one of " + names);
    }
}

void Value::check_words() const {
    if (!json_.is_object()) expected("an object");
    for (const auto& [key, value] : json_.items()) {
        if (!is_word(key))
            refuse(source_, member_path(key),
                   "expected a name of lower-case letters, digits, \"-\" and \"_\"");
    }
}

std::optional<Value> Value::find(const std::string& key) const {
    const auto at = json_.find(key);
    if (at == json_.end()) return std::nullopt;
    return Value{source_, *at, member_path(key)};
}

Value Value::need(const std::string& key, const std::string& what) const {
    if (auto value = find(key)) return *value;
    refuse(source_, member_path(key), "missing; expected " + what);
}

std::string Value::line_or(const std::string& key, const std::string& otherwise) const {
    const auto value = find(key);
    return value ? value->line() : otherwise;
}

std::string Value::text_or(const std::string& key, const std::string& otherwise) const {
    const auto value = find(key);
    return value ? value->text() : otherwise;
}

std::vector<Value> Value::members() const {
    if (!json_.is_object()) expected("an object");
    std::vector<Value> values;
    for (const auto& [key, value] : json_.items())
        values.emplace_back(source_, value, member_path(key));
    return values;
}

std::string Value::key() const {
    return path_.substr(path_.rfind('.') + 1);
}

std::string Value::member_path(const std::string& key) const {
    return path_.empty() ? key : path_ + '.' + key;
}

}  // namespace lab
