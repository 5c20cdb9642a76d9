#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/cli/commands.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/report/view.hpp"

namespace cli {
namespace {

// A name, and beside it in its own column what is said of it.
std::string line_of(const std::string& name, std::size_t width, const std::string& what) {
    return report::labelled(fmt::format("  {:<{}} ", name, width), what, 80);
}

std::string lines_of(const std::vector<lab::Model>& models, std::size_t width) {
    std::string text;
    for (const lab::Model& model : models)
        text +=
            line_of(model.name, width,
                    model.missing.empty() ? model.traits.idea : "not available: " + model.missing);
    return text;
}

std::string by_group(const std::vector<lab::Model>& models) {
    std::size_t width = 0;
    for (const lab::Model& model : models) width = std::max(width, model.name.size());
    std::string text;
    for (auto first = models.begin(); first != models.end();) {
        const auto end = std::find_if(first, models.end(), [&](const lab::Model& model) {
            return model.group != first->group;
        });
        text += first->group + '\n' + lines_of({first, end}, width);
        first = end;
    }
    return text;
}

std::string text_of(const std::vector<lab::Model>& models, const std::vector<lab::Model>& zoo) {
    std::string text =
        "Models, in reading order, by group (--models core,poll)\n\n" + by_group(models);
    text += "\nThe zoo: classic bugs and some variants, for experiments\n";
    const bool built = std::any_of(zoo.begin(), zoo.end(),
                                   [](const lab::Model& model) { return model.missing.empty(); });
    text += built ? lines_of(zoo, 29) : "  not built: cmake --build build --target zoo\n";
    text += "\nExperiments (iolab run NAME, or a file of your own)\n";
    std::size_t width = 0;
    for (const lab::Embedded& embedded : lab::embedded_experiments())
        width = std::max(width, embedded.name.size());
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        const lab::Experiment experiment =
            lab::parse_experiment(embedded.text, std::string{embedded.name});
        text += line_of(std::string{embedded.name}, width, experiment.title);
    }
    return text;
}

using Json = nlohmann::ordered_json;

Json entries_of(const std::vector<lab::Model>& models) {
    Json entries = Json::array();
    for (const lab::Model& model : models) {
        Json entry{{"name", model.name},
                   {"group", nullptr},
                   {"idea", model.traits.idea},
                   {"kind", model.traits.kind},
                   {"missing", nullptr}};
        if (!model.group.empty()) entry["group"] = model.group;
        if (!model.missing.empty()) entry["missing"] = model.missing;
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::string json_of(const std::vector<lab::Model>& models, const std::vector<lab::Model>& zoo) {
    Json json{
        {"models", entries_of(models)}, {"zoo", entries_of(zoo)}, {"experiments", Json::array()}};
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        const lab::Experiment experiment =
            lab::parse_experiment(embedded.text, std::string{embedded.name});
        json["experiments"].push_back({{"name", embedded.name},
                                       {"title", experiment.title},
                                       {"question", experiment.question}});
    }
    return json.dump(2) + '\n';
}

}  // namespace

int list(bool json) {
    const auto models = lab::own_models();
    const auto zoo = lab::zoo_models();
    put(json ? json_of(models, zoo) : text_of(models, zoo));
    return done;
}

}  // namespace cli
