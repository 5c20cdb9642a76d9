#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/cli/commands.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/report/view.hpp"

namespace cli {
namespace {

std::string text_of(const std::vector<lab::Model>& models) {
    std::string text = "Models, in reading order\n";
    for (const lab::Model& model : models) {
        const std::string what =
            model.missing.empty() ? model.traits.idea : "not available: " + model.missing;
        text += fmt::format("  {:<12} {}\n", model.name, what);
    }
    text += "\nExperiments (iolab run NAME, or a file of your own)\n";
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        const lab::Experiment experiment =
            lab::parse_experiment(embedded.text, std::string{embedded.name});
        text += fmt::format("  {:<12} {}\n", embedded.name, experiment.title);
    }
    return text;
}

std::string json_of(const std::vector<lab::Model>& models) {
    using Json = nlohmann::ordered_json;
    Json json{{"models", Json::array()}, {"experiments", Json::array()}};
    for (const lab::Model& model : models) {
        Json entry{{"name", model.name},
                   {"idea", model.traits.idea},
                   {"kind", model.traits.kind},
                   {"missing", nullptr}};
        if (!model.missing.empty()) entry["missing"] = model.missing;
        json["models"].push_back(std::move(entry));
    }
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
    put(json ? json_of(models) : text_of(models));
    return done;
}

}  // namespace cli
