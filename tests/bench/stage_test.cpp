// What a lecture demo shows has to fit on a projector.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>
#include <vector>

#include "bench/analysis/replication.hpp"
#include "bench/analysis/signature.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/stage.hpp"
#include "bench/report/view.hpp"

namespace {

void expect_fits(const std::string& screen, std::size_t lines) {
    EXPECT_LE(static_cast<std::size_t>(std::count(screen.begin(), screen.end(), '\n')), lines)
        << screen;
    for (const std::string& line : lab::split(screen, '\n'))
        EXPECT_LE(report::columns_of(line), 80U) << line;
}

// As if every cell of an experiment had been measured once, each with another cost.
lab::Result measured(const lab::Experiment& experiment) {
    lab::Result result;
    result.workloads = lab::workloads_of(experiment);
    for (const lab::ModelChoice& choice : experiment.models)
        result.models.emplace_back().name = choice.name.empty() ? choice.pattern : choice.name;
    double cost = 1;
    for (const lab::Model& model : result.models) {
        for (const lab::Workload& workload : result.workloads) {
            lab::Cell& cell = result.cells.emplace_back();
            cell.model = model.name;
            cell.workload = workload.id;
            cell.round = 1;
            cell.server.emplace().cpu_us_per_request = cost *= 3;
            cell.server->cpu_busy_ratio = 1 / cost;
            cell.throughput_per_s = cost;
        }
    }
    result.signature = analysis::look_for(experiment.signature, result);
    if (experiment.replicates)
        result.replication = analysis::replicate(*experiment.replicates, result);
    return result;
}

TEST(Stage, FitsOnAProjectorInEveryExperiment) {
    int seen = 0;
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        const auto experiment = lab::find_experiment(std::string{embedded.name});
        if (experiment.signature.empty()) continue;
        SCOPED_TRACE(embedded.name);
        ++seen;
        EXPECT_FALSE(experiment.question.empty());
        EXPECT_FALSE(experiment.explanation.empty());
        const lab::Result result = measured(experiment);
        expect_fits(report::question_screen(experiment, {}), report::stage_lines);
        expect_fits(report::live_screen(experiment, {}, {}), report::stage_lines);
        expect_fits(report::live_screen(experiment, result, {}), report::stage_lines);
        for (const std::string& page : report::answer_pages(experiment, result, {}))
            expect_fits(page, report::page_lines);
    }
    EXPECT_GE(seen, 22);
}

TEST(Stage, AsksWithoutTellingTheAnswerInATitle) {
    const auto experiment = lab::find_experiment("edges-are-not-faster");
    const std::string screen = report::question_screen(experiment, {});
    EXPECT_EQ(screen.find(experiment.title), screen.npos) << screen;
}

TEST(Stage, ShowsEveryCheckWhileItRuns) {
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        const auto experiment = lab::find_experiment(std::string{embedded.name});
        if (experiment.signature.empty()) continue;
        const std::string screen = report::live_screen(experiment, measured(experiment), {});
        std::size_t marks = 0;
        for (const std::string& line : lab::split(screen, '\n'))
            marks +=
                line.starts_with("[x] ") || line.starts_with("[ ] ") || line.starts_with("[?] ");
        EXPECT_EQ(marks, experiment.signature.size()) << screen;
    }
}

TEST(Stage, SaysHowManyBarsItHasNoRoomFor) {
    auto experiment = lab::find_experiment("idle-cost");
    auto& points = experiment.scenarios.front().sweep.front().values;
    for (int more = 6000; more < 6020; ++more) points.push_back(more);
    const std::string screen = report::live_screen(experiment, measured(experiment), {});
    expect_fits(screen, report::stage_lines);
    EXPECT_NE(screen.find("\n  and 37 more\n"), screen.npos) << screen;
}

TEST(Stage, GoesOnWhereAPageOfTheAnswerEnds) {
    const auto experiment = lab::find_experiment("one-queue-or-many");
    const auto pages = report::answer_pages(experiment, measured(experiment), {});
    ASSERT_GE(pages.size(), 2U);
    std::string all;
    for (const std::string& page : pages) all += page;
    EXPECT_EQ(all, report::answer_screen(experiment, measured(experiment), {}));
}

// With one space for every run of spaces and line ends: a page breaks its lines elsewhere.
std::string in_one_line(const std::string& text) {
    std::istringstream words{text};
    std::string line;
    for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
    return line;
}

TEST(Stage, HasACardInTheCourseForEachExperiment) {
    const std::string page = lab::contents(SOURCE_DIR "/docs/experiments.md");
    const std::string words = in_one_line(page);
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        const auto experiment = lab::find_experiment(std::string{embedded.name});
        if (experiment.signature.empty()) continue;
        EXPECT_NE(page.find(experiment.title + "\n"), page.npos) << experiment.name;
        EXPECT_NE(page.find("iolab demo " + experiment.name + "\n"), page.npos);
        for (const std::string& text : {experiment.question, experiment.background,
                                        experiment.explanation, experiment.source})
            EXPECT_NE(words.find(in_one_line(text)), words.npos) << text;
        for (const lab::Check& check : experiment.signature) {
            EXPECT_NE(words.find(in_one_line(check.says)), words.npos) << check.says;
            EXPECT_NE(words.find(in_one_line(check.published)), words.npos) << check.published;
        }
        const std::size_t card = page.find("iolab demo " + experiment.name + "\n");
        const std::string answer = page.substr(card, page.find("\n### ", card) - card);
        for (const std::string& place : experiment.see)
            EXPECT_NE(answer.find("](../" + lab::split(place, '#')[0] + ")"), answer.npos) << place;
    }
}

// "// ## Send" of "send".
std::string heading_of(std::string section) {
    section[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(section[0])));
    return "// ## " + section + "\n";
}

TEST(Stage, NamesPlacesInTheSourceThatAreThere) {
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        const auto experiment = lab::find_experiment(std::string{embedded.name});
        if (experiment.signature.empty()) continue;
        SCOPED_TRACE(embedded.name);
        EXPECT_FALSE(experiment.see.empty());
        for (const std::string& place : experiment.see) {
            const auto parts = lab::split(place, '#');
            const std::string text = lab::contents(SOURCE_DIR "/" + parts[0]);
            EXPECT_NE(text, "") << place;
            if (parts.size() < 2) continue;
            EXPECT_NE(text.find(heading_of(parts[1])), text.npos) << place;
        }
        const std::string answer = report::answer_screen(experiment, measured(experiment), {});
        EXPECT_NE(answer.find("To be read in " + experiment.see[0]), answer.npos) << answer;
    }
}

TEST(Stage, DrawsTheFigureOfTheFirstCheckAndMarksWhatIsFound) {
    auto experiment = lab::find_experiment("idle-cost");
    const std::string screen = report::live_screen(experiment, measured(experiment), {});
    EXPECT_NE(screen.find("cpu_us_per_request\n  poll dead=0 "), std::string::npos) << screen;
    EXPECT_NE(screen.find("round 1 of " + std::to_string(experiment.rounds)), std::string::npos)
        << screen;
    EXPECT_NE(screen.find("[x] poll pays for each silent client: slope of"), std::string::npos)
        << screen;
    EXPECT_NE(screen.find("[ ] epoll does not"), std::string::npos) << screen;
}

TEST(SetWide, PutsABlankBetweenLettersAndTheLineInTheMiddle) {
    EXPECT_EQ(report::set_wide("ab c"), std::string(36, ' ') + "a b   c\n\n");
    EXPECT_EQ(report::set_wide("\u00e4b c"), std::string(36, ' ') + "\u00e4 b   c\n\n");
}

TEST(SetWide, BreaksLinesByCharactersNotBytes) {
    std::string umlauts;
    for (int letter = 0; letter < 30; ++letter) umlauts += "\u00fc";
    EXPECT_EQ(report::set_wide(umlauts + " a").find("\n\n"),
              report::set_wide(umlauts + " a").size() - 2);
}

}  // namespace
