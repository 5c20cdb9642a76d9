#include "bench/lab/models.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/machine.hpp"
#include "bench/lab/text.hpp"
#include "bench/models.hpp"
#include "bench/verify/process.hpp"
#include "bench/zoo.hpp"

namespace lab {
namespace {

using Json = nlohmann::json;

// What a server says to `--traits`.
Traits ask_traits(const std::string& executable) {
    const auto deadline = verify::in(std::chrono::seconds{10});
    verify::Launch launch;
    launch.command = {executable, "--traits"};
    verify::Process process{launch};
    const std::string line = process.read_line(deadline).value_or("");
    const auto end = process.wait(deadline);
    if (!end || *end != verify::Exit{}) throw ChoiceError{"it does not answer --traits"};
    return parse_traits(line);
}

// Why this machine cannot have a model with these traits; empty if it can.
std::string what_is_missing(const Traits& traits) {
    const auto needs = [&](std::string_view what) {
        return std::find(traits.needs.begin(), traits.needs.end(), what) != traits.needs.end();
    };
    if (needs("liburing")) return "it was built without liburing, scripts/setup io_uring";
    const std::string reason = needs("io_uring") ? io_uring_reason() : "";
    return reason.empty() ? "" : "no io_uring: " + reason;
}

// A model with its traits, or with the reason why it has none.
Model model_at(const std::string& executable, const std::string& name) {
    Model model{.name = name,
                .executable = executable,
                .args = {},
                .command = {},
                .traits = {},
                .missing = {},
                .open_files = 0,
                .files_first = 0};
    model.traits.model = name;
    try {
        model.traits = ask_traits(model.executable);
        model.missing = what_is_missing(model.traits);
    } catch (const std::system_error& error) {
        model.missing = fmt::format("its executable cannot be started: {}", error.code().message());
    } catch (const ChoiceError& error) {
        model.missing = error.what();
    }
    return model;
}

// Installed, a model bears the project's name as well: others may be called `select` there.
Model own_model(const std::string& directory, const std::string& name) {
    const std::string installed = directory + "/iolab-" + name;
    const bool is_installed = ::access(installed.c_str(), X_OK) == 0;
    return model_at(is_installed ? installed : directory + '/' + name, name);
}

Model zoo_model(const std::string& directory, const std::string& name) {
    Model model = model_at(directory + '/' + name, std::string{zoo_prefix} + name);
    if (!model.missing.empty())
        model.missing += "; `cmake --build build --target zoo` builds the zoo";
    return model;
}

bool wants_zoo(const ModelChoice& entry) noexcept {
    return entry.pattern.starts_with(zoo_prefix);
}

constexpr const char* name_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

// Words as a shell would split them; quotes and backslashes group.
std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    bool inside = false;
    char quote = '\0';
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (byte == '\\' && quote != '\'' && at + 1 < text.size()) {
            word += text[++at];
            inside = true;
        } else if (quote != '\0') {
            if (byte == quote)
                quote = '\0';
            else
                word += byte;
        } else if (byte == '"' || byte == '\'') {
            quote = byte;
            inside = true;
        } else if (byte == ' ' || byte == '\t') {
            if (inside) words.push_back(std::move(word));
            word.clear();
            inside = false;
        } else {
            word += byte;
            inside = true;
        }
    }
    if (quote != '\0') throw AddError{fmt::format("a quote is not closed in `{}`", text)};
    if (inside) words.push_back(word);
    return words;
}

bool is_meant_by_any(const Model& model, const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return is_meant(model, pattern); });
}

std::string names_of(const std::vector<Model>& models) {
    std::string names;
    for (const Model& model : models) names += (names.empty() ? "" : ", ") + model.name;
    return names;
}

// What the model is called where nobody gives it another name.
std::string plain_name(const Model& model) {
    const std::filesystem::path path{model.executable};
    const std::string file = path.filename();
    return path.parent_path().filename() == "zoo" ? std::string{zoo_prefix} + file : file;
}

std::string with_args(const std::string& name, const std::vector<std::string>& args) {
    return args.empty() ? name : fmt::format("{} {}", name, fmt::join(args, " "));
}

// The models that one entry of the experiment's list stands for.
std::vector<Model> expand(const std::vector<Model>& own, const ModelChoice& entry) {
    std::vector<Model> found;
    for (const Model& model : own) {
        if (!matches(entry.pattern, model.name)) continue;
        Model chosen = model;
        chosen.args = entry.args;
        chosen.name = with_args(model.name, entry.args);
        if (!entry.name.empty()) chosen.name = entry.name;
        chosen.open_files = entry.open_files;
        chosen.files_first = entry.files_first;
        found.push_back(std::move(chosen));
    }
    if (found.empty()) {
        refuse(entry.place, fmt::format("expected the name of a model, or a pattern, found `{}`; "
                                        "there are {}",
                                        entry.pattern, names_of(own)));
    }
    return found;
}

bool has(const std::vector<Model>& models, const std::string& name) {
    const auto same = [&](const Model& model) { return model.name == name; };
    return std::any_of(models.begin(), models.end(), same);
}

// Patterns may mean a model twice, which is one; a name that somebody gave means two.
void append_new(std::vector<Model>& models, std::vector<Model> more, const ModelChoice& entry) {
    for (Model& model : more) {
        if (!has(models, model.name)) {
            models.push_back(std::move(model));
            continue;
        }
        const auto given = [&](const Model& other) {
            return other.name == model.name &&
                   (other.executable != model.executable || other.open_files != model.open_files ||
                    other.files_first != model.files_first);
        };
        if (!entry.name.empty() || std::any_of(models.begin(), models.end(), given)) {
            refuse(entry.name.empty() ? entry.place : entry.name_place,
                   fmt::format("expected a name that no other server has, found `{}`", model.name));
        }
    }
}

// Arguments that all have alike tell nobody from another: they are no part of the names.
void drop_common_args(std::vector<Model>& models) {
    const auto alike = [&](const Model& model) { return model.args == models.front().args; };
    if (!std::all_of(models.begin(), models.end(), alike)) return;
    std::vector<Model> plain;
    for (Model model : models) {
        if (model.name == with_args(plain_name(model), model.args)) model.name = plain_name(model);
        if (has(plain, model.name)) return;  // somebody else was given that name
        plain.push_back(std::move(model));
    }
    models = std::move(plain);
}

// A model that the experiment leaves out takes part where it is asked for; one that it has with
// arguments of its own is not left out.
void append_others(std::vector<Model>& models, const std::vector<Model>& own,
                   const std::string& pattern) {
    for (const Model& model : own) {
        const auto same = [&](const Model& other) {
            return other.executable == model.executable || other.name == model.name;
        };
        if (is_meant(model, pattern) && std::none_of(models.begin(), models.end(), same))
            models.push_back(model);
    }
}

// `open` are those that may be asked for: no fewer than `models`.
void refuse_strangers(const std::vector<std::string>& patterns, const std::vector<Model>& models,
                      const std::vector<Model>& open) {
    for (const std::string& pattern : patterns) {
        const auto meant = [&](const Model& model) { return is_meant(model, pattern); };
        if (std::any_of(models.begin(), models.end(), meant)) continue;
        throw ChoiceError{
            fmt::format("no model matches `{}`; there are {}", pattern, names_of(open))};
    }
}

// The model of that name, or of the name that it has with its arguments; null if there is none.
const Model* called(const std::vector<Model>& models, const std::string& name) {
    for (const Model& model : models) {
        if (model.name == name) return &model;
    }
    for (const Model& model : models) {
        if (!model.is_added() && name == with_args(plain_name(model), model.args)) return &model;
    }
    return nullptr;
}

void check_name(const std::vector<Model>& models, const std::string& name, const Place& place) {
    if (has(models, name)) return;
    refuse(place, fmt::format("expected a server of this experiment, or one that --add brings, "
                              "found `{}`; there are {}",
                              name, names_of(models)));
}

// Whoever an experiment speaks of is one of its models, whether the command line wants that one or
// not. Where it has none, --add brings them all, and who the baseline is shows in the run.
void check_names(const Experiment& experiment, const std::vector<Model>& models,
                 const std::vector<Model>& own) {
    const std::string& baseline = experiment.baseline;
    const bool is_known =
        baseline.empty() || called(models, baseline) != nullptr || has(own, baseline);
    if (!experiment.models.empty() && !is_known)
        check_name(models, baseline, experiment.baseline_place);
    for (const Check& check : experiment.signature) {
        check_name(models, check.model, check.model_place);
        if (!check.other.empty()) check_name(models, check.other, check.other_place);
    }
    if (!experiment.replicates) return;
    for (const auto& point : experiment.replicates->points)
        check_name(models, point.model, point.place);
}

}  // namespace

std::string own_directory() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

std::vector<std::string> own_model_names() {
    return {generated::model_names.begin(), generated::model_names.end()};
}

std::vector<Model> own_models(const std::string& directory) {
    std::vector<Model> models;
    models.reserve(generated::model_names.size());
    for (std::size_t at = 0; at < generated::model_names.size(); ++at) {
        models.push_back(own_model(directory, std::string{generated::model_names[at]}));
        models.back().group = generated::model_groups[at];
    }
    return models;
}

std::vector<Model> usable_models(const std::string& directory) {
    std::vector<Model> models = own_models(directory);
    std::erase_if(models, [](const Model& model) { return !model.missing.empty(); });
    return models;
}

std::string zoo_directory() {
    return std::filesystem::path{own_directory()}.parent_path() / "zoo";
}

std::vector<Model> zoo_models(const std::string& directory) {
    std::vector<Model> models;
    models.reserve(generated::zoo_names.size());
    for (const auto name : generated::zoo_names)
        models.push_back(zoo_model(directory, std::string{name}));
    return models;
}

std::optional<int> Model::workers() const {
    constexpr std::string_view option = "--workers";
    if (!traits.workers) return std::nullopt;
    std::optional<int> count = traits.workers;
    for (std::size_t at = 0; at < args.size(); ++at) {
        const std::string& word = args[at];
        if (word.starts_with(std::string{option} + '='))
            count = static_cast<int>(number(word.substr(option.size() + 1)));
        if (word == option && at + 1 < args.size()) count = static_cast<int>(number(args[at + 1]));
    }
    return count;
}

bool is_meant(const Model& model, const std::string& pattern) {
    const bool by_group = !model.group.empty() && (pattern == model.group || pattern == "all");
    return by_group || matches(pattern, model.name);
}

Traits parse_traits(const std::string& line) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) throw ChoiceError{"its --traits are no JSON object"};
    Traits traits;
    try {
        traits.model = json.at("model");
        traits.idea = json.at("idea");
        traits.kind = json.at("kind");
        if (json.contains("trigger") && !json["trigger"].is_null())
            traits.trigger = json["trigger"];
        traits.one_at_a_time = json.value("one_at_a_time", false);
        traits.one_a_worker = json.value("one_a_worker", false);
        if (json.contains("workers") && !json["workers"].is_null())
            traits.workers = json["workers"].get<int>();
        if (json.contains("descriptor_wall") && !json["descriptor_wall"].is_null()) {
            traits.descriptor_wall = json["descriptor_wall"].get<int>();
        }
        traits.never_sleeps = json.value("never_sleeps", false);
        traits.hands_over = json.value("hands_over", false);
        traits.processes = json.value("processes", false);
        traits.threads = json.value("threads", false);
        traits.needs = json.value("needs", std::vector<std::string>{});
    } catch (const Json::exception&) {
        throw ChoiceError{"its --traits lack a key or have one of another type"};
    }
    return traits;
}

Model added_model(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos || equals == 0)
        throw AddError{fmt::format("`{}` is not NAME='COMMAND {{port}}'", text)};
    Model model{.name = text.substr(0, equals),
                .executable = {},
                .args = {},
                .command = {},
                .traits = {},
                .missing = {},
                .open_files = 0,
                .files_first = 0};
    if (model.name.find_first_not_of(name_characters) != model.name.npos)
        throw AddError{
            fmt::format("the name `{}` has other characters than letters, digits, `.`, `_` and `-`",
                        model.name)};
    model.command = words_of(text.substr(equals + 1));
    model.traits.model = model.name;
    model.traits.idea = "a server given with --add";
    model.traits.kind = "unknown";
    const auto has_port = [](const std::string& word) { return word.find("{port}") != word.npos; };
    if (std::none_of(model.command.begin(), model.command.end(), has_port)) {
        throw AddError{fmt::format("the command of `{}` does not say where the port goes: {{port}}",
                                   model.name)};
    }
    return model;
}

std::vector<Model> added_models(const std::vector<std::string>& texts,
                                const std::vector<Model>& own) {
    std::vector<Model> added;
    for (const std::string& text : texts) {
        Model model = added_model(text);
        const auto same = [&](const Model& other) { return other.name == model.name; };
        if (std::any_of(own.begin(), own.end(), same) ||
            std::any_of(added.begin(), added.end(), same))
            throw AddError{fmt::format("two servers are called `{}`", model.name)};
        added.push_back(std::move(model));
    }
    return added;
}

std::vector<Model> choose(const std::vector<Model>& own, const Experiment& experiment,
                          const Choice& choice, const std::string& zoo) {
    const auto& entries = experiment.models;
    const bool any_of_zoo = std::any_of(entries.begin(), entries.end(), wants_zoo);
    const std::vector<Model> caged = any_of_zoo ? zoo_models(zoo) : std::vector<Model>{};
    std::vector<Model> models;
    for (const ModelChoice& entry : entries)
        append_new(models, expand(wants_zoo(entry) ? caged : own, entry), entry);
    drop_common_args(models);
    std::vector<Model> taken = own;
    taken.insert(taken.end(), models.begin(), models.end());
    for (Model& model : added_models(choice.added, taken)) models.push_back(std::move(model));
    for (const std::string& pattern : choice.models) append_others(models, own, pattern);
    if (models.empty()) {
        refuse(experiment.models_place,
               "missing; expected a list of models, or servers given with --add");
    }
    check_names(experiment, models, own);
    std::vector<Model> open = models;
    append_others(open, own, "*");
    refuse_strangers(choice.models, models, open);
    refuse_strangers(choice.exclude, models, models);
    const auto unwanted = [&](const Model& model) {
        const bool wanted =
            choice.models.empty() || model.is_added() || is_meant_by_any(model, choice.models);
        return !wanted || is_meant_by_any(model, choice.exclude);
    };
    models.erase(std::remove_if(models.begin(), models.end(), unwanted), models.end());
    if (models.empty()) throw ChoiceError{"no model is left to compare"};
    return models;
}

std::string baseline_among(const std::vector<Model>& models, const std::string& wanted) {
    const Model* const model = called(models, wanted);
    return model == nullptr ? wanted : model->name;
}

}  // namespace lab
