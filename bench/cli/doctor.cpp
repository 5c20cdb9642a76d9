#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "bench/cli/commands.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/fitness.hpp"
#include "bench/lab/models.hpp"
#include "bench/report/terminal.hpp"
#include "bench/report/view.hpp"

namespace cli {
namespace {

const char* sign_of(lab::Fitness fitness) {
    switch (fitness) {
        case lab::Fitness::good: return "ok";
        case lab::Fitness::note: return "note";
        case lab::Fitness::caution: return "caution";
        case lab::Fitness::missing: return "missing";
    }
    return "";
}

lab::Finding models_found() {
    const auto models = lab::own_models();
    std::string missing;
    for (const lab::Model& model : models) {
        if (!model.missing.empty())
            missing +=
                fmt::format("{}{} ({})", missing.empty() ? "" : ", ", model.name, model.missing);
    }
    const auto there = std::count_if(models.begin(), models.end(),
                                     [](const lab::Model& model) { return model.missing.empty(); });
    lab::Finding finding{"models", fmt::format("{} of {} are ready", there, models.size()),
                         lab::Fitness::good, ""};
    if (!missing.empty()) {
        finding.fitness = there == 0 ? lab::Fitness::missing : lab::Fitness::caution;
        finding.meaning = "not ready: " + missing;
    }
    return finding;
}

}  // namespace

int doctor() {
    auto findings = lab::examine(lab::machine_here(), lab::topology_here());
    findings.push_back(models_found());
    std::string text;
    int cautions = 0;
    bool missing = false;
    for (const lab::Finding& finding : findings) {
        text += fmt::format("{:<8} {:<16} {}\n", sign_of(finding.fitness), finding.subject,
                            finding.value);
        if (!finding.meaning.empty())
            text += report::wrapped(finding.meaning, 80, std::string(25, ' '));
        cautions += finding.fitness == lab::Fitness::caution ? 1 : 0;
        missing = missing || finding.fitness == lab::Fitness::missing;
    }
    text += missing        ? "\nNot fit: something that a comparison needs is missing.\n"
            : cautions > 0 ? fmt::format("\nFit, with {} caution{}: read beside the figures.\n",
                                         cautions, cautions == 1 ? "" : "s")
                           : "\nFit for a comparison.\n";
    put(text);
    return missing ? something_missing : done;
}

}  // namespace cli
