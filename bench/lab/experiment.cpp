#include "bench/lab/experiment.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/lines.hpp"
#include "bench/lab/text.hpp"

namespace lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<ActorKind, std::string_view>, 2> kind_names{{
    {ActorKind::polite, "polite"},
    {ActorKind::idle, "idle"},
}};

struct Source {
    std::string file;
    Lines lines;
};

[[noreturn]] void refuse(const Source& source, const std::string& key, const std::string& what) {
    std::string path = key;
    while (!path.empty() && !source.lines.line.contains(path)) {
        const std::size_t cut = path.find_last_of(".[");
        path.erase(cut == path.npos ? 0 : cut);
    }
    const auto found = source.lines.line.find(path);
    const int line = found == source.lines.line.end() ? 1 : found->second;
    const std::string subject = key.empty() ? "the file" : key;
    throw ExperimentError{fmt::format("{}:{}: {}: {}", source.file, line, subject, what),
                          {source.file, line, key}};
}

// A value as it is shown in an error.
std::string shown(const Json& value) {
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > 40) text = text.substr(0, 37) + "...";
    return text;
}

// A value and where it stands: every read checks it, every error says where.
class Value {
public:
    Value(const Source& source, const Json& json, std::string path)
        : source_{source}, json_{json}, path_{std::move(path)} {}

    [[noreturn]] void expected(const std::string& what) const {
        refuse(source_, path_, fmt::format("expected {}, found {}", what, shown(json_)));
    }

    std::string text() const {
        if (!json_.is_string()) expected("a string");
        return json_.get<std::string>();
    }

    double number(double least, double most) const {
        const auto what = fmt::format("a number from {} to {}", least, most);
        if (!json_.is_number()) expected(what);
        const double value = json_.get<double>();
        if (!(value >= least && value <= most)) expected(what);
        return value;
    }

    int whole(int least, int most) const {
        const auto what = fmt::format("a whole number from {} to {}", least, most);
        if (!json_.is_number_integer()) expected(what);
        const double value = json_.get<double>();
        if (value < least || value > most) expected(what);
        return static_cast<int>(value);
    }

    bool is_text() const { return json_.is_string(); }
    bool is_object() const { return json_.is_object(); }

    std::vector<Value> list(const std::string& of) const {
        if (!json_.is_array() || json_.empty()) expected("a list of " + of + ", not empty");
        std::vector<Value> values;
        for (std::size_t at = 0; at < json_.size(); ++at) {
            values.emplace_back(source_, json_[at], fmt::format("{}[{}]", path_, at));
        }
        return values;
    }

    // The members of an object that has no others than those in `known`.
    void check_keys(std::initializer_list<std::string_view> known) const {
        if (!json_.is_object()) expected("an object");
        for (const auto& [key, value] : json_.items()) {
            if (std::find(known.begin(), known.end(), key) != known.end()) continue;
            std::string names;
            for (const auto name : known)
                names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
            refuse(source_, member_path(key), "unknown key; expected one of " + names);
        }
    }

    std::optional<Value> find(const std::string& key) const {
        const auto at = json_.find(key);
        if (at == json_.end()) return std::nullopt;
        return Value{source_, *at, member_path(key)};
    }

    Value need(const std::string& key, const std::string& what) const {
        if (auto value = find(key)) return *value;
        refuse(source_, member_path(key), "missing; expected " + what);
    }

    std::string text_or(const std::string& key, const std::string& otherwise) const {
        const auto value = find(key);
        return value ? value->text() : otherwise;
    }

    std::vector<Value> members() const {
        if (!json_.is_object()) expected("an object");
        std::vector<Value> values;
        for (const auto& [key, value] : json_.items()) {
            values.emplace_back(source_, value, member_path(key));
        }
        return values;
    }

    std::string key() const { return path_.substr(path_.rfind('.') + 1); }

private:
    std::string member_path(const std::string& key) const {
        return path_.empty() ? key : path_ + '.' + key;
    }

    const Source& source_;
    const Json& json_;
    std::string path_;
};

ActorKind read_kind(const Value& value) {
    if (const auto kind = actor_kind(value.text())) return *kind;
    std::string names;
    for (const auto& [kind, name] : kind_names) {
        names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
    }
    value.expected("one of " + names);
}

Quantity read_count(const Value& value, const std::vector<Axis>& sweep) {
    if (!value.is_text())
        return {.number = static_cast<double>(value.whole(0, 1000000)), .axis = {}};
    for (const Axis& axis : sweep) {
        if (axis.name == value.text()) return {.number = 0, .axis = axis.name};
    }
    value.expected("a whole number, or the name of an axis of this workload's sweep");
}

bool read_connection(const Value& value) {
    if (value.text() == "close") return true;
    if (value.text() == "keep-alive") return false;
    value.expected("\"keep-alive\" or \"close\"");
}

std::string read_path(const Value& value) {
    std::string path = value.text();
    const auto plain = [](char byte) { return byte > 0x20 && byte < 0x7f; };
    if (path.empty() || path[0] != '/' || !std::all_of(path.begin(), path.end(), plain)) {
        value.expected("a path that starts with \"/\", of visible ASCII characters");
    }
    return path;
}

Actor read_actor(const Value& value, const std::vector<Axis>& sweep) {
    value.check_keys({"kind", "count", "connection", "path"});
    Actor actor;
    actor.kind = read_kind(value.need("kind", "how these clients behave, \"polite\" for one"));
    actor.count = read_count(value.need("count", "how many clients there are"), sweep);
    if (const auto connection = value.find("connection"))
        actor.close = read_connection(*connection);
    if (const auto path = value.find("path")) actor.path = read_path(*path);
    return actor;
}

std::vector<Axis> read_sweep(const Value& value) {
    std::vector<Axis> sweep;
    for (const Value& member : value.members()) {
        Axis axis{.name = member.key(), .values = {}};
        for (const Value& point : member.list("numbers")) {
            axis.values.push_back(point.whole(0, 1000000));
        }
        sweep.push_back(std::move(axis));
    }
    if (sweep.size() > 2) value.expected("one or two axes");
    return sweep;
}

std::string read_word(const Value& value) {
    std::string word = value.text();
    const auto fits = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
               byte == '_';
    };
    if (word.empty() || !std::all_of(word.begin(), word.end(), fits)) {
        value.expected("a word of lower-case letters, digits, \"-\" and \"_\"");
    }
    return word;
}

void read_load(const Value& value, Scenario& scenario) {
    if (const auto sweep = value.find("sweep")) scenario.sweep = read_sweep(*sweep);
    for (const Value& actor : value.need("actors", "a list of who connects").list("actors")) {
        scenario.actors.push_back(read_actor(actor, scenario.sweep));
    }
    for (const Actor& actor : scenario.actors) {
        if (actor.kind == ActorKind::polite &&
            (actor.count.number >= 1 || !actor.count.axis.empty()))
            return;
    }
    value.need("actors", "").expected("at least one actor that asks, a \"polite\" one");
}

Scenario read_scenario(const Value& value) {
    value.check_keys({"name", "title", "sweep", "actors"});
    Scenario scenario;
    scenario.name = read_word(value.need("name", "a word for this workload"));
    scenario.title = value.text_or("title", scenario.name);
    read_load(value, scenario);
    return scenario;
}

ModelChoice read_choice(const Value& value) {
    if (value.is_text()) return {.pattern = value.text(), .args = {}, .name = {}};
    if (!value.is_object())
        value.expected("a model's name or pattern, or {\"model\": ..., \"args\": [...]}");
    value.check_keys({"model", "args", "name"});
    ModelChoice choice{
        .pattern = value.need("model", "a model's name").text(), .args = {}, .name = {}};
    if (const auto args = value.find("args")) {
        for (const Value& arg : args->list("strings")) choice.args.push_back(arg.text());
    }
    choice.name = value.text_or("name", "");
    return choice;
}

std::vector<Scenario> read_scenarios(const Value& root, const Experiment& experiment) {
    const auto list = root.find("workloads");
    if (!list) {
        Scenario only{
            .name = experiment.name, .title = experiment.title, .sweep = {}, .actors = {}};
        read_load(root, only);
        return {only};
    }
    if (const auto actors = root.find("actors"))
        actors->expected("no actors beside \"workloads\", which have their own");
    if (const auto sweep = root.find("sweep"))
        sweep->expected("no sweep beside \"workloads\", which have their own");
    std::vector<Scenario> scenarios;
    for (const Value& value : list->list("workloads")) {
        scenarios.push_back(read_scenario(value));
        for (std::size_t at = 0; at + 1 < scenarios.size(); ++at) {
            if (scenarios[at].name == scenarios.back().name)
                value.need("name", "").expected("a name that no other workload has");
        }
    }
    return scenarios;
}

Experiment read_experiment(const Value& root) {
    root.check_keys({"$schema", "name", "title", "question", "background", "explanation", "source",
                     "models", "baseline", "workloads", "sweep", "actors", "warm_up_s",
                     "measured_s", "rounds"});
    Experiment experiment;
    experiment.name = read_word(root.need("name", "a word for this experiment"));
    experiment.title = root.text_or("title", experiment.name);
    experiment.question = root.text_or("question", "");
    experiment.background = root.text_or("background", "");
    experiment.explanation = root.text_or("explanation", "");
    experiment.source = root.text_or("source", "");
    experiment.baseline = root.text_or("baseline", "");
    if (const auto models = root.find("models")) {  // without: only servers that --add brings
        for (const Value& model : models->list("models")) {
            experiment.models.push_back(read_choice(model));
        }
    }
    experiment.scenarios = read_scenarios(root, experiment);
    experiment.warm_up_s = root.need("warm_up_s", "seconds").number(0, 600);
    experiment.measured_s = root.need("measured_s", "seconds").number(0.01, 3600);
    experiment.rounds = root.need("rounds", "a whole number").whole(1, 1000);
    return experiment;
}

Json json_of(const Quantity& quantity) {
    if (!quantity.axis.empty()) return quantity.axis;
    return static_cast<int>(quantity.number);
}

Json json_of(const Scenario& scenario) {
    Json json{{"name", scenario.name}, {"title", scenario.title}};
    for (const Axis& axis : scenario.sweep) {
        for (const double value : axis.values)
            json["sweep"][axis.name].push_back(static_cast<int>(value));
    }
    for (const Actor& actor : scenario.actors) {
        json["actors"].push_back({{"kind", name_of(actor.kind)},
                                  {"count", json_of(actor.count)},
                                  {"connection", actor.close ? "close" : "keep-alive"},
                                  {"path", actor.path}});
    }
    return json;
}

}  // namespace

std::string_view name_of(ActorKind kind) noexcept {
    return kind_names[static_cast<std::size_t>(kind)].second;
}

std::optional<ActorKind> actor_kind(std::string_view name) noexcept {
    for (const auto& [kind, kind_name] : kind_names) {
        if (name == kind_name) return kind;
    }
    return std::nullopt;
}

int Workload::clients(ActorKind kind) const noexcept {
    double sum = 0;
    for (const Actor& actor : actors) sum += actor.kind == kind ? actor.count.number : 0;
    return static_cast<int>(sum);
}

int Workload::clients() const noexcept {
    double sum = 0;
    for (const Actor& actor : actors) sum += actor.count.number;
    return static_cast<int>(sum);
}

bool Workload::closes() const noexcept {
    for (const Actor& actor : actors) {
        if (actor.close) return true;
    }
    return false;
}

Experiment parse_experiment(std::string_view text, const std::string& file) {
    Json json;
    try {
        json = Json::parse(text, nullptr, true, true);
    } catch (const Json::parse_error& error) {
        const int line = line_at(text, error.byte == 0 ? 0 : error.byte - 1);
        throw ExperimentError{
            fmt::format("{}:{}: not JSON with comments: a comma, quote or bracket "
                        "is missing or too many here",
                        file, line),
            {file, line, ""}};
    }
    const Source source{file, lines_of(text)};
    if (!source.lines.repeated.empty())
        refuse(source, source.lines.repeated, "given twice in one object");
    return read_experiment(Value{source, json, ""});
}

std::string to_json_text(const Experiment& experiment) {
    Json json{{"name", experiment.name},
              {"title", experiment.title},
              {"question", experiment.question},
              {"background", experiment.background},
              {"explanation", experiment.explanation},
              {"source", experiment.source}};
    for (const ModelChoice& choice : experiment.models) {
        Json model{{"model", choice.pattern}};
        if (!choice.args.empty()) model["args"] = choice.args;
        if (!choice.name.empty()) model["name"] = choice.name;
        json["models"].push_back(std::move(model));
    }
    json["baseline"] = experiment.baseline;
    for (const Scenario& scenario : experiment.scenarios)
        json["workloads"].push_back(json_of(scenario));
    json["warm_up_s"] = experiment.warm_up_s;
    json["measured_s"] = experiment.measured_s;
    json["rounds"] = experiment.rounds;
    return json.dump(4);
}

Experiment find_experiment(const std::string& name_or_file) {
    for (const Embedded& embedded : embedded_experiments()) {
        if (embedded.name != name_or_file) continue;
        return parse_experiment(embedded.text, fmt::format("{}.jsonc", embedded.name));
    }
    std::error_code ignored;
    if (std::filesystem::is_regular_file(name_or_file, ignored)) {
        return parse_experiment(contents(name_or_file), name_or_file);
    }
    std::string names;
    for (const Embedded& embedded : embedded_experiments()) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", embedded.name);
    }
    throw ExperimentError{
        fmt::format("there is no experiment `{}`; there are {}, and any file", name_or_file, names),
        {name_or_file, 1, ""}};
}

std::vector<Workload> workloads_of(const Experiment& experiment) {
    std::vector<Workload> all;
    for (const Scenario& scenario : experiment.scenarios) {
        std::vector<Workload> points{{.id = scenario.name,
                                      .name = scenario.name,
                                      .title = scenario.title,
                                      .point = {},
                                      .actors = scenario.actors}};
        for (const Axis& axis : scenario.sweep) {
            std::vector<Workload> refined;
            for (const Workload& base : points) {
                for (const double value : axis.values) {
                    Workload point = base;
                    point.id += fmt::format(" {}={}", axis.name, value);
                    point.point.emplace_back(axis.name, value);
                    for (Actor& actor : point.actors) {
                        if (actor.count.axis == axis.name)
                            actor.count = {.number = value, .axis = {}};
                    }
                    refined.push_back(std::move(point));
                }
            }
            points = std::move(refined);
        }
        all.insert(all.end(), points.begin(), points.end());
    }
    return all;
}

}  // namespace lab
