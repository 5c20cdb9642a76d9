#include "bench/lab/experiment.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "bench/lab/lines.hpp"
#include "bench/lab/text.hpp"
#include "tests/bench/schema.hpp"

namespace {

using lab::Experiment;
using lab::ExperimentError;
using lab::parse_experiment;

constexpr const char* small = R"({
    // a comment
    "name": "mine",
    "models": ["poll", {"model": "epoll_lt", "args": ["--backlog=1"], "name": "narrow"}],
    "sweep": {"idle": [0, 10]},
    "actors": [
        {"kind": "polite", "count": 4, "connection": "close"},
        {"kind": "idle", "count": "idle"}
    ],
    "warm_up_s": 0.1,
    "measured_s": 0.2,
    "rounds": 3
})";

// The file with one line changed.
std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

struct Wrong {
    std::string from, to;
    int line;
    std::string key;
    std::string expected;  // a part of the message
};

TEST(Experiment, ReadsAFile) {
    const Experiment experiment = parse_experiment(small, "mine.jsonc");
    EXPECT_EQ(experiment.name, "mine");
    EXPECT_EQ(experiment.title, "mine");
    ASSERT_EQ(experiment.models.size(), 2U);
    EXPECT_EQ(experiment.models[1].args, std::vector<std::string>{"--backlog=1"});
    EXPECT_EQ(experiment.models[1].name, "narrow");
    EXPECT_EQ(experiment.rounds, 3);
    ASSERT_EQ(experiment.scenarios.size(), 1U);
    EXPECT_TRUE(experiment.scenarios[0].actors[0].close);
}

TEST(Experiment, GivesAWorkloadForEveryPointOfTheSweep) {
    const auto workloads = workloads_of(parse_experiment(small, "mine.jsonc"));
    ASSERT_EQ(workloads.size(), 2U);
    EXPECT_EQ(workloads[0].id, "mine idle=0");
    EXPECT_EQ(workloads[0].clients(), 4);
    EXPECT_EQ(workloads[1].id, "mine idle=10");
    EXPECT_EQ(workloads[1].clients(lab::ActorKind::idle), 10);
    EXPECT_EQ(workloads[1].clients(), 14);
    EXPECT_TRUE(workloads[1].closes());
}

TEST(Experiment, NamesFileLineKeyAndWhatWasExpected) {
    const std::vector<Wrong> all{
        {R"("rounds": 3)", R"("rounds": "three")", 12, "rounds",
         "a whole number from 1 to 1000, found \"three\""},
        {R"("rounds": 3)", R"("rounds": 0)", 12, "rounds",
         "a whole number from 1 to 1000, found 0"},
        {R"("rounds": 3)", R"("rounds": 2.5)", 12, "rounds", "a whole number"},
        {R"("rounds": 3)", R"("rounds": 3, "ronuds": 4)", 12, "ronuds",
         "unknown key; expected one of"},
        {R"("rounds": 3)", R"("rounds": 3, "rounds": 4)", 12, "rounds", "given twice"},
        {R"("warm_up_s": 0.1,)", R"("warm_up_s": -1,)", 10, "warm_up_s", "a number from 0 to 600"},
        {R"("name": "mine")", R"("name": "My own")", 3, "name", "a word of lower-case letters"},
        {R"("name": "mine",)", "", 1, "name", "missing; expected a word"},
        {R"("kind": "polite")", R"("kind": "rude")", 7, "actors[0].kind",
         "one of \"polite\", \"idle\""},
        {R"("count": 4)", R"("count": -4)", 7, "actors[0].count", "a whole number from 0"},
        {R"("count": 4,)", "", 7, "actors[0].count", "missing; expected how many"},
        {R"("count": "idle")", R"("count": "idel")", 8, "actors[1].count", "the name of an axis"},
        {R"("connection": "close")", R"("connection": "shut")", 7, "actors[0].connection",
         "\"keep-alive\" or \"close\""},
        {R"([0, 10])", R"([0, "ten"])", 5, "sweep.idle[1]", "a whole number"},
        {R"([0, 10])", R"([])", 5, "sweep.idle", "a list of numbers, not empty"},
        {R"(["--backlog=1"])", R"("--backlog=1")", 4, "models[1].args", "a list of strings"},
        {R"("kind": "polite", "count": 4)", R"("kind": "idle", "count": 4)", 6, "actors",
         "at least one actor that asks"},
    };
    for (const Wrong& wrong : all) {
        SCOPED_TRACE(wrong.to);
        try {
            (void)parse_experiment(with(small, wrong.from, wrong.to), "mine.jsonc");
            ADD_FAILURE() << "was accepted";
        } catch (const ExperimentError& error) {
            const std::string what = error.what();
            EXPECT_EQ(error.place.file, "mine.jsonc");
            EXPECT_EQ(error.place.line, wrong.line) << what;
            EXPECT_EQ(error.place.key, wrong.key) << what;
            EXPECT_TRUE(what.starts_with("mine.jsonc:" + std::to_string(wrong.line) + ": "))
                << what;
            EXPECT_NE(what.find(wrong.expected), std::string::npos) << what;
        }
    }
}

TEST(Experiment, NamesTheLineOfASyntaxError) {
    try {
        (void)parse_experiment(with(small, R"("sweep": )", R"("sweep" )"), "mine.jsonc");
        ADD_FAILURE() << "was accepted";
    } catch (const ExperimentError& error) {
        EXPECT_EQ(error.place.line, 5) << error.what();
    }
}

TEST(Experiment, ComesBackFromItsJson) {
    const Experiment before = parse_experiment(small, "mine.jsonc");
    const Experiment after = parse_experiment(to_json_text(before), "again");
    EXPECT_EQ(to_json_text(after), to_json_text(before));
    EXPECT_EQ(after.scenarios[0].sweep[0].values, before.scenarios[0].sweep[0].values);
}

TEST(Experiment, PresetsAreExperimentFilesThatFitTheirSchema) {
    using Json = nlohmann::ordered_json;
    const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/experiment.schema.json"));
    ASSERT_GE(lab::embedded_experiments().size(), 3U);
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        SCOPED_TRACE(embedded.name);
        const Experiment experiment = lab::find_experiment(std::string{embedded.name});
        EXPECT_EQ(experiment.name, embedded.name);
        const Json json = Json::parse(embedded.text, nullptr, true, true);
        for (const auto& violation : schema::violations(rules, json)) ADD_FAILURE() << violation;
        // What stands on disk is what was built in.
        const std::string file =
            SOURCE_DIR "/bench/experiments/" + std::string{embedded.name} + ".jsonc";
        EXPECT_EQ(lab::contents(file), embedded.text);
    }
}

TEST(Experiment, QuickHasRoundsEnoughForAVerdictAndStaysShort) {
    const Experiment quick = lab::find_experiment("quick");
    EXPECT_GE(quick.rounds, 8);
    EXPECT_GE(quick.measured_s, 0.4);
    EXPECT_GE(lab::find_experiment("standard").rounds, 20);
}

TEST(Experiment, SaysWhichNamesThereAre) {
    try {
        (void)lab::find_experiment("quikc");
        ADD_FAILURE() << "was found";
    } catch (const ExperimentError& error) {
        EXPECT_NE(std::string{error.what()}.find("quick, standard, full"), std::string::npos)
            << error.what();
    }
}

TEST(Lines, KnowsTheLineOfEveryValue) {
    const auto lines =
        lab::lines_of("{\n  \"a\": 1,\n  // no\n  \"b\": [10,\n 20],\n  \"c\": {\"d\": true}\n}");
    EXPECT_EQ(lines.line.at(""), 1);
    EXPECT_EQ(lines.line.at("a"), 2);
    EXPECT_EQ(lines.line.at("b"), 4);
    EXPECT_EQ(lines.line.at("b[0]"), 4);
    EXPECT_EQ(lines.line.at("b[1]"), 5);
    EXPECT_EQ(lines.line.at("c.d"), 6);
    EXPECT_EQ(lines.repeated, "");
}

}  // namespace
