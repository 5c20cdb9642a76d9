#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/belief/counting.hpp"
#include "bench/belief/series.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"

// Whether verdicts can be believed; scripts/belief calls it.
//
//     belief preset NAME                           rounds, warm-up, window
//     belief append SERIES FILE SERVER NEIGHBOUR PERCENT  the rounds of a result, to a series
//     belief rounds SERIES                         how many it has
//     belief report OUTPUT SERIES...               a table; OUTPUT gets the same as JSON

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The names that scripts/belief gives to the servers of a series; of the first two there are
// more where a round has more pairs: base-2 and same-2.
constexpr const char* base = "base";
constexpr const char* same = "same";
constexpr const char* slowed = "slowed";

constexpr std::uint64_t wanted_comparisons = 200;

// As many comparisons as a table of the preset has.
int family_of(const lab::Experiment& preset) {
    return std::max(1, static_cast<int>(lab::choose(lab::own_models(), preset, {}).size()) - 1);
}

bool has(const lab::Result& result, const std::string& name) {
    return std::any_of(result.models.begin(), result.models.end(),
                       [&](const lab::Model& model) { return model.name == name; });
}

// What comparisons of a preset's number of rounds say.
struct Judged {
    std::string preset;
    int rounds = 0;  ///< a comparison
    int family = 1;  ///< comparisons in a table
    belief::Tally same_alone, same_in_family, slowed_alone, slowed_in_family;
};

void judge_pairs(const lab::Result& window, Judged& judged) {
    for (int pair = 1; pair == 1 || has(window, fmt::format("{}-{}", base, pair)); ++pair) {
        const std::string end = pair == 1 ? "" : fmt::format("-{}", pair);
        belief::judge(window, base + end, same + end, 1, judged.same_alone);
        belief::judge(window, base + end, same + end, judged.family, judged.same_in_family);
    }
}

// Series of the same, taken at different times: their windows are disjoint, and count together.
using Condition = std::vector<belief::Series>;

Judged judge(const Condition& condition, const lab::Experiment& preset) {
    Judged judged{.preset = preset.name,
                  .rounds = preset.rounds,
                  .family = family_of(preset),
                  .same_alone = {},
                  .same_in_family = {},
                  .slowed_alone = {},
                  .slowed_in_family = {}};
    for (const belief::Series& series : condition) {
        for (const lab::Result& window : belief::windows(series.rounds, preset.rounds)) {
            judge_pairs(window, judged);
            belief::judge(window, base, slowed, 1, judged.slowed_alone);
            belief::judge(window, base, slowed, judged.family, judged.slowed_in_family);
        }
    }
    return judged;
}

// By all presets whose windows are those of the series.
std::vector<Judged> judge_by_presets(const Condition& condition) {
    const belief::About& about = condition.front().about;
    std::vector<Judged> all;
    for (const char* name : {"quick", "standard", "full"}) {
        const lab::Experiment preset = lab::find_experiment(name);
        if (preset.measured_s == about.measured_s && preset.warm_up_s == about.warm_up_s)
            all.push_back(judge(condition, preset));
    }
    return all;
}

belief::Series read_series(const std::string& file) {
    try {
        return belief::from_text(lab::contents(file));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error{fmt::format("{}: {}", file, error.what())};
    }
}

bool alike(const belief::About& one, belief::About other) {
    other.commit = one.commit;
    return one == other;
}

std::vector<Condition> by_condition(const std::vector<std::string>& files) {
    std::vector<Condition> all;
    for (const std::string& file : files) {
        belief::Series series = read_series(file);
        const auto known = std::find_if(all.begin(), all.end(), [&](const Condition& each) {
            return alike(each.front().about, series.about);
        });
        Condition& condition = known == all.end() ? all.emplace_back() : *known;
        condition.push_back(std::move(series));
    }
    return all;
}

int rounds_of(const Condition& condition) {
    int rounds = 0;
    for (const belief::Series& series : condition) rounds += belief::rounds_of(series.rounds);
    return rounds;
}

std::string percent(double share) {
    return fmt::format("{:.1f}", 100 * share);
}

std::string share_text(double share, const analysis::Interval& interval) {
    return fmt::format("{} [{}..{}]", percent(share), percent(interval.low),
                       percent(interval.high));
}

std::string told(const belief::Tally& tally) {
    return share_text(tally.share_told(), tally.told_interval());
}

std::string found(const belief::Tally& tally) {
    return share_text(tally.share_worse(), tally.worse_interval());
}

std::vector<double> ratios_of(const Condition& condition, const char* model) {
    std::vector<double> ratios;
    for (const belief::Series& series : condition) {
        const auto more = belief::true_ratios(series.rounds, base, model);
        ratios.insert(ratios.end(), more.begin(), more.end());
    }
    return ratios;
}

double median_of(const std::vector<double>& ratios) {
    if (ratios.empty()) throw std::runtime_error{"no round has both servers measured"};
    return analysis::median(ratios);
}

Json json_of(const belief::Tally& tally, int family) {
    const auto told = tally.told_interval();
    const auto worse = tally.worse_interval();
    return {{"comparisons_in_family", family},
            {"comparisons", tally.comparisons},
            {"better", tally.better},
            {"worse", tally.worse},
            {"undecided", tally.undecided},
            {"better_or_worse_ratio", tally.share_told()},
            {"better_or_worse_interval_95", {told.low, told.high}},
            {"worse_ratio", tally.share_worse()},
            {"worse_interval_95", {worse.low, worse.high}}};
}

Json json_of(const Judged& judged) {
    const int family = judged.family;
    return {
        {"preset", judged.preset},
        {"rounds_per_comparison", judged.rounds},
        {"same", {json_of(judged.same_alone, 1), json_of(judged.same_in_family, family)}},
        {"slowed", {json_of(judged.slowed_alone, 1), json_of(judged.slowed_in_family, family)}}};
}

Json json_of(const Condition& condition, const std::vector<Judged>& judged) {
    Json presets = Json::array();
    for (const Judged& one : judged) presets.push_back(json_of(one));
    Json commits = Json::array();
    for (const belief::Series& series : condition) commits.push_back(series.about.commit);
    const belief::About& about = condition.front().about;
    return {{"workload", about.workload},
            {"server", about.server},
            {"neighbour", about.neighbour},
            {"machine", about.machine},
            {"commits", commits},
            {"warm_up_s", about.warm_up_s},
            {"measured_s", about.measured_s},
            {"slowed_percent", about.slowed_percent},
            {"rounds", rounds_of(condition)},
            {"same_ratio_median", median_of(ratios_of(condition, same))},
            {"slowed_ratio_median", median_of(ratios_of(condition, slowed))},
            {"presets", presets}};
}

void say(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
}

void print_one(const Judged& judged, double slowed_ratio) {
    const std::uint64_t comparisons = judged.same_alone.comparisons;
    say(fmt::format(
        "  {}, {} rounds a comparison; {} of A/A{}, {} of the slowed server, {} undecided",
        judged.preset, judged.rounds, comparisons, comparisons < wanted_comparisons ? " (few)" : "",
        judged.slowed_alone.comparisons, judged.slowed_in_family.undecided));
    const auto line = [](const std::string& what, int family, const std::string& text) {
        say(fmt::format("    {:<30} {:>2} in the table  {:>20} %", what, family, text));
    };
    line("A/A: says better or worse", 1, told(judged.same_alone));
    line("", judged.family, told(judged.same_in_family));
    line(fmt::format("finds {} % more CPU", percent(slowed_ratio - 1)), 1,
         found(judged.slowed_alone));
    line("", judged.family, found(judged.slowed_in_family));
}

void print(const std::string& what, int rounds, const std::vector<Judged>& judged,
           double slowed_ratio) {
    say(fmt::format("{}; {} rounds", what, rounds));
    for (const Judged& one : judged) print_one(one, slowed_ratio);
    say("");
}

// What all conditions say together, a preset each.
void add(const std::vector<Judged>& judged, std::vector<Judged>& sums) {
    for (const Judged& one : judged) {
        const auto known = std::find_if(
            sums.begin(), sums.end(), [&](const Judged& sum) { return sum.preset == one.preset; });
        if (known == sums.end()) {
            sums.push_back(one);
            continue;
        }
        known->same_alone += one.same_alone;
        known->same_in_family += one.same_in_family;
        known->slowed_alone += one.slowed_alone;
        known->slowed_in_family += one.slowed_in_family;
    }
}

int report_series(const fs::path& output, const std::vector<std::string>& files) {
    const std::vector<Condition> conditions = by_condition(files);
    Json all = Json::array();
    std::vector<Judged> sums;
    std::vector<double> all_ratios;
    int all_rounds = 0;
    for (const Condition& condition : conditions) {
        const auto judged = judge_by_presets(condition);
        const auto ratios = ratios_of(condition, slowed);
        const belief::About& about = condition.front().about;
        print(fmt::format("{}, {}, neighbour: {}", about.workload, about.server, about.neighbour),
              rounds_of(condition), judged, median_of(ratios));
        all.push_back(json_of(condition, judged));
        add(judged, sums);
        all_ratios.insert(all_ratios.end(), ratios.begin(), ratios.end());
        all_rounds += rounds_of(condition);
    }
    if (conditions.size() > 1) print("all of these", all_rounds, sums, median_of(all_ratios));
    say("Shares in percent, each with its exact binomial 95 % interval (Clopper-Pearson).");
    report::write_file(output, all.dump(2) + "\n");
    return 0;
}

int append(const std::vector<std::string>& words) {
    const lab::Result result = report::from_text(lab::contents(words[2]));
    const auto about = belief::about(result, words[3], words[4], lab::number(words[5]));
    belief::Series series;
    if (fs::exists(words[1]))
        series = read_series(words[1]);
    else
        series.about = about;
    belief::About now = about;
    now.commit = series.about.commit;
    if (now != series.about)
        throw std::runtime_error{fmt::format("{} is not of what {} is of", words[2], words[1])};
    belief::append(series, result);
    report::write_file(words[1], belief::to_text(series));
    return 0;
}

int run(const std::vector<std::string>& words) {
    const std::string command = words.empty() ? "" : words[0];
    if (words.size() == 2 && command == "preset") {
        const lab::Experiment experiment = lab::find_experiment(words[1]);
        say(fmt::format("{} {} {}", experiment.rounds, experiment.warm_up_s,
                        experiment.measured_s));
        return 0;
    }
    if (words.size() == 6 && command == "append") return append(words);
    if (words.size() == 2 && command == "rounds") {
        say(std::to_string(belief::rounds_of(read_series(words[1]).rounds)));
        return 0;
    }
    if (words.size() >= 3 && command == "report")
        return report_series(words[1], {words.begin() + 2, words.end()});
    std::fputs(
        "belief: wrong usage\n  likely cause: it is called by hand\n"
        "  what helps:   scripts/belief --help\n",
        stderr);
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fputs(
            fmt::format("belief: {}\n  likely cause: a file of the series was cut or changed\n"
                        "  what helps:   remove that file; scripts/belief measures it again\n",
                        error.what())
                .c_str(),
            stderr);
        return 1;
    }
}
