#include "tests/bench/schema.hpp"

#include <functional>
#include <map>
#include <regex>
#include <stdexcept>

#include <fmt/format.h>

namespace schema {
namespace {

using Json = nlohmann::ordered_json;

class Checker {
public:
    explicit Checker(const Json& root) : root_{root} {}

    void check(const Json& rules, const Json& value, const std::string& path) {
        for (const auto& [keyword, rule] : rules.items()) apply(keyword, rule, rules, value, path);
    }

    std::vector<std::string> found;

private:
    void fail(const std::string& path, const std::string& what) {
        found.push_back((path.empty() ? "/" : path) + ": " + what);
    }

    static bool is_of(const std::string& type, const Json& value) {
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "string") return value.is_string();
        if (type == "number") return value.is_number();
        if (type == "integer") return value.is_number_integer();
        if (type == "boolean") return value.is_boolean();
        if (type == "null") return value.is_null();
        throw std::invalid_argument{"type " + type};
    }

    void type(const Json& rule, const Json& value, const std::string& path) {
        bool fits = false;
        for (const Json& name : rule.is_array() ? rule : Json::array({rule}))
            fits = fits || is_of(name, value);
        if (!fits) fail(path, "is no " + rule.dump() + ": " + value.dump().substr(0, 60));
    }

    void any_of(const Json& rule, const Json& value, const std::string& path) {
        std::string why;
        for (const Json& choice : rule) {
            Checker inner{root_};
            inner.check(choice, value, path);
            if (inner.found.empty()) return;
            why += " | " + inner.found.front();
        }
        fail(path, "fits none of the choices" + why);
    }

    void members(const Json& rules, const Json& value, const std::string& path) {
        if (!value.is_object()) return;
        const Json& known = rules.contains("properties") ? rules["properties"] : Json::object();
        for (const auto& [key, member] : value.items()) {
            if (known.contains(key)) {
                check(known[key], member, fmt::format("{}/{}", path, key));
            } else if (rules.contains("additionalProperties") &&
                       rules["additionalProperties"].is_object()) {
                check(rules["additionalProperties"], member, fmt::format("{}/{}", path, key));
            } else if (rules.contains("additionalProperties") &&
                       !rules["additionalProperties"].get<bool>()) {
                fail(fmt::format("{}/{}", path, key), "is not known");
            }
        }
    }

    void bound(const std::string& keyword, const Json& rule, const Json& value,
               const std::string& path) {
        if (!value.is_number()) return;
        const double number = value;
        const double limit = rule;
        const bool fits = keyword == "minimum"   ? number >= limit
                          : keyword == "maximum" ? number <= limit
                                                 : number > limit;
        if (!fits) fail(path, value.dump() + " is beyond " + keyword + ' ' + rule.dump());
    }

    void size(const std::string& keyword, const Json& rule, const Json& value,
              const std::string& path) {
        const bool of_array = keyword.ends_with("Items");
        if (of_array ? !value.is_array() : !value.is_object()) return;
        const bool fits = keyword.starts_with("min") ? value.size() >= rule : value.size() <= rule;
        if (!fits)
            fail(path, "has " + std::to_string(value.size()) + " members, " + keyword + ' ' +
                           rule.dump());
    }

    void apply(const std::string& keyword, const Json& rule, const Json& rules, const Json& value,
               const std::string& path) {
        static const std::vector<std::string> words{"$schema", "$defs", "title", "description"};
        if (std::find(words.begin(), words.end(), keyword) != words.end()) return;
        if (keyword == "type") return type(rule, value, path);
        if (keyword == "$ref")
            return check(root_.at(Json::json_pointer{rule.get<std::string>().substr(1)}), value,
                         path);
        if (keyword == "anyOf") return any_of(rule, value, path);
        if (keyword == "enum") {
            if (std::find(rule.begin(), rule.end(), value) == rule.end())
                fail(path, value.dump() + " is not in " + rule.dump());
            return;
        }
        if (keyword == "const") {
            if (value != rule) fail(path, value.dump() + " is not " + rule.dump());
            return;
        }
        if (keyword == "pattern") {
            if (value.is_string() &&
                !std::regex_search(value.get<std::string>(), std::regex{rule.get<std::string>()}))
                fail(path, value.dump() + " does not match " + rule.dump());
            return;
        }
        if (keyword == "propertyNames") {
            if (!value.is_object()) return;
            for (const auto& [key, member] : value.items())
                check(rule, key, fmt::format("{}/{}", path, key));
            return;
        }
        if (keyword == "required") {
            for (const Json& key : rule) {
                if (value.is_object() && !value.contains(key.get<std::string>()))
                    fail(path, "lacks " + key.dump());
            }
            return;
        }
        if (keyword == "properties") return members(rules, value, path);
        if (keyword == "additionalProperties") {
            if (!rules.contains("properties")) members(rules, value, path);
            return;
        }
        if (keyword == "items") {
            for (std::size_t at = 0; value.is_array() && at < value.size(); ++at)
                check(rule, value[at], fmt::format("{}/{}", path, at));
            return;
        }
        if (keyword == "minimum" || keyword == "maximum" || keyword == "exclusiveMinimum")
            return bound(keyword, rule, value, path);
        if (keyword == "minItems" || keyword == "maxItems" || keyword == "minProperties" ||
            keyword == "maxProperties")
            return size(keyword, rule, value, path);
        throw std::invalid_argument{"keyword " + keyword};
    }

    const Json& root_;
};

}  // namespace

std::vector<std::string> violations(const Json& schema, const Json& value) {
    Checker checker{schema};
    checker.check(schema, value, "");
    return checker.found;
}

}  // namespace schema
