#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/analysis/difference.hpp"
#include "bench/belief/counting.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"

// Whether verdicts can be believed; scripts/belief calls it.
//
//     belief preset NAME               rounds, warm-up, window, comparisons in a table
//     belief calibrate FILE NS PERCENT how long to burn for so much more CPU
//     belief report FILE DIRECTORY...  a table; FILE gets the same as JSON

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The names that scripts/belief gives to the servers of a series.
constexpr const char* base = "base";
constexpr const char* same = "same";
constexpr const char* slowed = "slowed";

constexpr std::uint64_t wanted_comparisons = 200;

// As many comparisons as a table of this project's models has.
int family_size() {
    return std::max(1, static_cast<int>(lab::own_models().size()) - 1);
}

struct Series {
    std::string preset, workload, neighbour;
    belief::Tally same_alone, same_in_family, slowed_alone, slowed_in_family;
    std::vector<double> same_ratios, slowed_ratios;
    std::vector<std::string> unlike;  ///< what changed between its chunks
};

std::vector<fs::path> chunks_of(const fs::path& directory) {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator{directory}) {
        const std::string name = entry.path().filename();
        if (lab::matches("chunk-*[0-9].json", name)) all.push_back(entry.path());
    }
    std::sort(all.begin(), all.end());
    return all;
}

void count(const lab::Result& chunk, int rounds, Series& series) {
    for (const lab::Result& window : belief::windows(chunk, rounds)) {
        belief::judge(window, base, same, 1, series.same_alone);
        belief::judge(window, base, same, family_size(), series.same_in_family);
        belief::judge(window, base, slowed, 1, series.slowed_alone);
        belief::judge(window, base, slowed, family_size(), series.slowed_in_family);
    }
    for (const double ratio : belief::true_ratios(chunk, base, same))
        series.same_ratios.push_back(ratio);
    for (const double ratio : belief::true_ratios(chunk, base, slowed))
        series.slowed_ratios.push_back(ratio);
}

// `series` in the directory has three words: preset, workload, neighbour.
Series read_series(const fs::path& directory) {
    const auto words = lab::split(lab::first_line((directory / "series").string()), ' ');
    if (words.size() != 3) throw std::runtime_error{directory.string() + " is no series"};
    Series series;
    series.preset = words[0];
    series.workload = words[1];
    series.neighbour = words[2];
    const int rounds = lab::find_experiment(series.preset).rounds;
    std::optional<lab::Result> first;
    for (const fs::path& file : chunks_of(directory)) {
        const lab::Result chunk = report::from_text(lab::contents(file.string()));
        if (!first) first = chunk;
        for (const auto& unlike : analysis::unlike(*first, chunk))
            series.unlike.push_back(file.filename().string() + ": " + unlike.what);
        count(chunk, rounds, series);
    }
    return series;
}

std::string percent(double share) {
    return fmt::format("{:.1f}", 100 * share);
}

std::string share_text(double share, const analysis::Interval& interval) {
    return fmt::format("{} [{}..{}]", percent(share), percent(interval.low),
                       percent(interval.high));
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

Json json_of(const Series& series) {
    const auto median_of = [](const std::vector<double>& values) {
        return values.empty() ? Json(nullptr) : Json(analysis::median(values));
    };
    return {
        {"preset", series.preset},
        {"workload", series.workload},
        {"neighbour", series.neighbour},
        {"rounds", series.slowed_ratios.size()},
        {"same_ratio_median", median_of(series.same_ratios)},
        {"slowed_ratio_median", median_of(series.slowed_ratios)},
        {"same", {json_of(series.same_alone, 1), json_of(series.same_in_family, family_size())}},
        {"slowed",
         {json_of(series.slowed_alone, 1), json_of(series.slowed_in_family, family_size())}},
        {"changed_between_chunks", series.unlike}};
}

void print(const Series& series) {
    std::printf("%s, %s, neighbour: %s\n", series.preset.c_str(), series.workload.c_str(),
                series.neighbour.c_str());
    if (series.slowed_ratios.empty()) return void(std::puts("  nothing measured yet\n"));
    const std::uint64_t comparisons = series.same_alone.comparisons;
    std::fputs(fmt::format("  comparisons {}{}, undecided {}\n", comparisons,
                           comparisons < wanted_comparisons ? " (too few to tell)" : "",
                           series.slowed_in_family.undecided)
                   .c_str(),
               stdout);
    const auto line = [](const char* what, int family, const std::string& text) {
        std::fputs(
            fmt::format("  {:<34} {:>2} in the table  {:>20} %\n", what, family, text).c_str(),
            stdout);
    };
    line("A/A: says better or worse", 1,
         share_text(series.same_alone.share_told(), series.same_alone.told_interval()));
    line("", family_size(),
         share_text(series.same_in_family.share_told(), series.same_in_family.told_interval()));
    const std::string slower =
        fmt::format("finds {} % more CPU", percent(analysis::median(series.slowed_ratios) - 1));
    line(slower.c_str(), 1,
         share_text(series.slowed_alone.share_worse(), series.slowed_alone.worse_interval()));
    line("", family_size(),
         share_text(series.slowed_in_family.share_worse(),
                    series.slowed_in_family.worse_interval()));
    for (const std::string& change : series.unlike)
        std::fputs(fmt::format("  not alike: {}\n", change).c_str(), stdout);
    std::puts("");
}

int report_series(const fs::path& output, const std::vector<std::string>& directories) {
    Json all = Json::array();
    for (const std::string& directory : directories) {
        const Series series = read_series(directory);
        print(series);
        all.push_back(json_of(series));
    }
    std::puts("Shares in percent, each with its exact binomial 95 % interval (Clopper-Pearson).");
    report::write_file(output, all.dump(2) + "\n");
    return 0;
}

int run(const std::vector<std::string>& words) {
    if (words.size() == 2 && words[0] == "preset") {
        const lab::Experiment experiment = lab::find_experiment(words[1]);
        std::fputs(fmt::format("{} {} {} {}\n", experiment.rounds, experiment.warm_up_s,
                               experiment.measured_s, family_size())
                       .c_str(),
                   stdout);
        return 0;
    }
    if (words.size() == 4 && words[0] == "calibrate") {
        const lab::Result result = report::from_text(lab::contents(words[1]));
        std::printf("%.0f\n", belief::nanoseconds_for(result, base, slowed, lab::number(words[2]),
                                                      lab::number(words[3])));
        return 0;
    }
    if (words.size() >= 3 && words[0] == "report")
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
