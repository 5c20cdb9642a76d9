#include "bench/lab/experiment.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "bench/lab/lines.hpp"
#include "bench/lab/text.hpp"
#include "tests/bench/schema.hpp"

namespace {

namespace fs = std::filesystem;

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

std::string with_figure(const std::string& figure) {
    return "\"rounds\": 3,\n\"signature\": [{\"says\": \"x\", \"model\": \"poll\", \"least\": 1, "
           "\"at\": {\"idle\": 0}, \"figure\": \"" +
           figure + "\"}]";
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
    EXPECT_EQ(experiment.server_cpus, 1);
    EXPECT_EQ(experiment.reply_timeout_s, 10);
    EXPECT_EQ(experiment.connect_timeout_s, 10);
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
        {R"("rounds": 3)", R"("rounds": 1e999)", 12, "", "a number is larger than any"},
        {R"("rounds": 3)", R"("rounds": 0)", 12, "rounds",
         "a whole number from 1 to 1000, found 0"},
        {R"("rounds": 3)", R"("rounds": 2.5)", 12, "rounds", "a whole number"},
        {R"("rounds": 3)", R"("rounds": 3, "ronuds": 4)", 12, "ronuds",
         "unknown key; expected one of"},
        {R"("rounds": 3)", R"("rounds": 3, "rounds": 4)", 12, "rounds", "given twice"},
        {R"("warm_up_s": 0.1,)", R"("warm_up_s": -1,)", 10, "warm_up_s", "a number from 0 to 600"},
        {R"("rounds": 3)", R"("rounds": 3, "server_cpus": 0)", 12, "server_cpus",
         "a whole number from 1 to 1024"},
        {R"("rounds": 3)", R"("rounds": 3, "reply_timeout_s": 0)", 12, "reply_timeout_s",
         "a number from 0.05 to 600"},
        {R"("rounds": 3)", R"("rounds": 3, "connect_timeout_s": "10")", 12, "connect_timeout_s",
         "a number from 0.05 to 600"},
        {R"("rounds": 3)", R"("rounds": 3, "see": ["servers/../../etc/passwd"])", 12, "see[0]",
         "a file of servers, common, bench or docs"},
        {R"("name": "mine")", R"("name": "My own")", 3, "name", "a word of lower-case letters"},
        {R"("name": "mine",)", "", 1, "name", "missing; expected a word"},
        {R"("args": ["--backlog=1"], "name": "narrow")", R"("open_files": 64)", 4, "models[1].name",
         "missing; expected a name for a server with a limit of its own"},
        {R"("name": "narrow")", R"("name": "narrow", "open_files": 3)", 4, "models[1].open_files",
         "a whole number from 16"},
        {R"("args": ["--backlog=1"], "name": "narrow")", R"("files_first": 9)", 4, "models[1].name",
         "missing; expected a name for a server that is started so"},
        {R"("name": "narrow")", R"("name": "narrow", "files_first": 0)", 4, "models[1].files_first",
         "a whole number from 1"},
        {R"("connection": "close")", R"("expect_status": 99)", 7, "actors[0].expect_status",
         "a whole number from 200 to 599"},
        {R"("connection": "close")", R"("whole": true)", 7, "actors[0].whole",
         "it belongs to \"abandoner\""},
        {R"("kind": "polite")", R"("kind": "rude")", 7, "actors[0].kind",
         "one of \"polite\", \"steady\""},
        {R"("count": 4)", R"("count": -4)", 7, "actors[0].count", "a whole number from 0"},
        {R"("count": 4,)", "", 7, "actors[0].count", "missing; expected how many"},
        {R"("count": "idle")", R"("count": "idel")", 8, "actors[1].count", "the name of an axis"},
        {R"("connection": "close")", R"("connection": "shut")", 7, "actors[0].connection",
         "\"keep-alive\" or \"close\""},
        {R"([0, 10])", R"([0, "ten"])", 5, "sweep.idle[1]", "a whole number"},
        {R"([0, 10])", R"([])", 5, "sweep.idle", "a list of numbers, not empty"},
        {R"(["--backlog=1"])", R"("--backlog=1")", 4, "models[1].args", "a list of strings"},
        {R"(["--backlog=1"])", R"(["--trace=/home/me/thesis"])", 4, "models[1].args[0]",
         "an option other than --host"},
        {R"(["--backlog=1"])", R"(["--lab", "--stats", "x"])", 4, "models[1].args[1]",
         "an option other than --host"},
        {R"("kind": "polite", "count": 4, "connection": "close")", R"("kind": "idle", "count": 4)",
         6, "actors", "at least one actor that asks"},
        {R"("kind": "polite")", R"("kind": "idle")", 7, "actors[0].connection",
         "no \"connection\" with kind \"idle\"; it belongs to \"polite\", \"steady\""},
        {R"("connection": "close")", R"("depth": 4)", 7, "actors[0].depth",
         "it belongs to \"pipeliner\""},
        {R"("connection": "close")", R"("connection": "close", "requests_a_connection": 4)", 7,
         "actors[0].requests_a_connection", "\"connection\" is \"close\""},
        {R"("connection": "close")", R"("start_s": 2, "stop_s": 1)", 7, "actors[0].stop_s",
         "a time after the start"},
        {R"("kind": "polite", "count": 4, "connection": "close")",
         R"("kind": "steady", "count": 4)", 7, "actors[0].rate_per_s", "missing"},
        {R"("kind": "polite", "count": 4, "connection": "close")",
         R"("kind": "pipeliner", "count": 4, "arrivals": "poisson")", 7, "actors[0].arrivals",
         "without \"rate_per_s\""},
        {R"("rounds": 3)", R"("rounds": 3, "events": [{"at_s": 1, "do": "melt"}])", 12,
         "events[0].do", "\"freeze\", \"thaw\", \"interrupt\", \"add\" or \"stop\""},
        {R"("rounds": 3)", R"("rounds": 3, "events": [{"at_s": 1, "do": "interrupt"}])", 12,
         "events[0].rate_per_s", "how many times a second"},
        {R"("rounds": 3)", R"("rounds": 3, "events": [{"at_s": 1, "do": "freeze", "for_s": 1}])",
         12, "events[0].for_s", "goes with \"interrupt\""},
        {R"("rounds": 3)",
         R"("rounds": 3, "events": [{"at_s": 1, "do": "freeze"}, {"at_s": 2, "do": "interrupt"}])",
         12, "events[1].do", "\"thaw\": it is frozen"},
        {R"("rounds": 3)",
         R"("rounds": 3, "events": [{"at_s": 1, "do": "interrupt", "rate_per_s": 9, "for_s": 2}, {"at_s": 2, "do": "freeze"}, {"at_s": 5, "do": "thaw"}])",
         12, "events[1].at_s", "a later time than the event's before it, and its end"},
        {R"("rounds": 3)", R"("rounds": 3, "events": [{"at_s": 1, "do": "thaw"}])", 12,
         "events[0].do", "\"freeze\" first"},
        {R"("rounds": 3)", R"("rounds": 3, "events": [{"at_s": 1, "do": "freeze"}])", 12, "events",
         "a \"thaw\" after the last"},
        {R"("rounds": 3)",
         R"("rounds": 3, "events": [{"at_s": 1, "do": "freeze"}, {"at_s": 1, "do": "thaw"}])", 12,
         "events[1].at_s", "a later time"},
        {R"("rounds": 3)",
         R"("rounds": 3, "events": [{"at_s": 1, "do": "stop", "actor": "nobody"}])", 12,
         "events[0].actor", "the \"name\" of one"},
        {R"("rounds": 3)",
         R"("rounds": 3, "events": [{"at_s": 1, "do": "freeze"}, {"at_s": 2, "do": "thaw"}])", 11,
         "measured_s", "more than 2 s, when something is to happen yet"},
        {R"("kind": "polite", "count": 4, "connection": "close")",
         R"("kind": "steady", "count": 4, "rate_per_s": "idle")", 7, "actors[0].rate_per_s",
         "an axis of numbers from 0.001 to 100000000, not 0"},
        {R"({"kind": "idle", "count": "idle"})",
         R"({"kind": "polite", "count": 1, "name": "a"}, {"kind": "polite", "count": 1, "name": "a"})",
         6, "actors", "names of their own"},
        {R"("idle": [0)", R"("idle.many": [0)", 5, "sweep.idle.many",
         "a name of lower-case letters, digits, \"-\" and \"_\""},
        {R"([0, 10])", R"([4, 10, 4])", 5, "sweep.idle[2]", "does not have yet"},
        {R"("count": "idle")", R"("count": 1)", 5, "sweep.idle", "an axis that some actor names"},
        {R"("kind": "polite", "count": 4, "connection": "close")",
         R"("kind": "polite", "count": "idle")", 6, "actors", "at least one actor that asks"},
        {R"("rounds": 3)", "\"rounds\": 3, \"title\": \"\\u001b[31m\"", 12, "title",
         "without control characters"},
        {R"("rounds": 3)", "\"rounds\": 3,\n\"control\": {\n\"rounds\": 0}", 14, "control.rounds",
         "a whole number from 1 to 1000, found 0"},
        {R"("rounds": 3)", "\"rounds\": 3,\n\"control\": {\"actors\": [{\"kind\": \"polite\"}]}",
         13, "control.actors[0].count", "missing; expected how many"},
        {R"("rounds": 3)", "\"rounds\": 3,\n\"control\": {\"sweep\": {\"idle\": [1.5]}}", 13,
         "control.sweep.idle[0]", "a whole number"},
        {R"("rounds": 3)", "\"rounds\": 3,\n\"control\": {\"sweep\": null}", 8, "actors[1].count",
         "the name of an axis"},
        {R"("rounds": 3)", with_figure("calls.nonsense"), 13, "signature[0].figure",
         "the name of a call that is counted: accept, accept4, bind"},
        {R"("rounds": 3)", with_figure("call_errors.nonsense"), 13, "signature[0].figure",
         "the name of a call that is counted"},
        {R"("rounds": 3)", with_figure("would_block.nonsense"), 13, "signature[0].figure",
         "the name of a call that is counted"},
        {R"("rounds": 3)", with_figure("interrupted.nonsense"), 13, "signature[0].figure",
         "the name of a call that is counted"},
        {R"("rounds": 3)", with_figure("interrupted"), 13, "signature[0].figure",
         "one of these figures: cpu_us_per_request"},
        {R"("rounds": 3)", with_figure("burst.served_ratio"), 13, "signature[0].figure",
         "a figure of a kind of actor that workload \"mine\" has; \"burst\" is none"},
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

std::string syntax_error_of(const std::string& text) {
    try {
        (void)parse_experiment(text, "mine.jsonc");
    } catch (const ExperimentError& error) {
        return error.what();
    }
    return "";
}

TEST(Experiment, NamesACommaBehindTheLastItem) {
    EXPECT_EQ(syntax_error_of("{\n\"a\": [1, 2],  // two, }\n}"),
              "mine.jsonc:2: not JSON with comments: a comma before `}`, with nothing behind it");
    EXPECT_EQ(syntax_error_of("{\"a\": [\n1, /* , */ 2,\n\n]}"),
              "mine.jsonc:2: not JSON with comments: a comma before `]`, with nothing behind it");
    for (const char* other : {"{\"a\": \",\"]", "{\"a\": [1, 2}", "{\"a\\\",\": [1 }",
                              "{\"a\": /* , */ }", ",", "{\"a\": 1,"}) {
        const std::string what = syntax_error_of(other);
        EXPECT_NE(what.find("a comma, quote or bracket"), what.npos) << other << ": " << what;
    }
}

TEST(Experiment, ComesBackFromItsJson) {
    const Experiment before = parse_experiment(small, "mine.jsonc");
    const Experiment after = parse_experiment(to_json_text(before), "again");
    EXPECT_EQ(to_json_text(after), to_json_text(before));
    EXPECT_EQ(after.scenarios[0].sweep[0].values, before.scenarios[0].sweep[0].values);
}

constexpr const char* crowded = R"({
    "name": "crowded",
    "see": ["servers/poll.cpp#send"],
    "models": [{"model": "poll", "name": "narrow", "open_files": 64, "files_first": 20}],
    "sweep": {"rate": [100, 200]},
    "actors": [
        {"kind": "polite", "count": 8, "requests_a_connection": 100},
        {"kind": "steady", "count": 4, "name": "paced", "path": "/spin/1000",
         "rate_per_s": "rate", "arrivals": "poisson", "start_s": 0.5},
        {"kind": "pipeliner", "count": 2, "depth": 8, "rate_per_s": 12.5},
        {"kind": "idle", "count": 3},
        {"kind": "dead", "count": 1},
        {"kind": "slow_sender", "count": 1, "bytes_per_s": 5},
        {"kind": "slow_reader", "count": 1, "bytes_per_s": 500, "path": "/bytes/1000000"},
        {"kind": "abandoner", "count": 1, "rate_per_s": 10},
        {"kind": "resetter", "count": 1, "rate_per_s": 10},
        {"kind": "half_closer", "count": 1},
        {"kind": "burst", "count": 50, "period_s": 1},
        {"kind": "firehose", "count": 1, "rate_per_s": 1000},
        {"kind": "late_reader", "count": 1, "path": "/bytes/1000000", "more_bytes": 5000},
        {"kind": "abandoner", "count": 1, "whole": true},
        {"kind": "polite", "count": 1, "path": "/nothing", "expect_status": 404}
    ],
    "events": [
        {"at_s": 1, "do": "freeze"},
        {"at_s": 1.5, "do": "thaw"},
        {"at_s": 1.75, "do": "interrupt", "rate_per_s": 1000, "for_s": 0.5},
        {"at_s": 2, "do": "stop", "actor": "paced"},
        {"at_s": 3, "do": "add", "actor": {"kind": "polite", "count": 1, "path": "/late"}}
    ],
    "warm_up_s": 0.1,
    "measured_s": 4,
    "server_cpus": 3,
    "trace_calls": false,
    "reply_timeout_s": 0.3,
    "connect_timeout_s": 2.5,
    "rounds": 1
})";

TEST(Experiment, KnowsEveryKindWithItsParameters) {
    const auto workloads = workloads_of(parse_experiment(crowded, "crowded.jsonc"));
    ASSERT_EQ(workloads.size(), 2U);
    const std::vector<lab::Actor>& actors = workloads[1].actors;
    ASSERT_EQ(actors.size(), 16U);
    EXPECT_EQ(actors[0].requests_a_connection, 100);
    EXPECT_EQ(actors[1].kind, lab::ActorKind::steady);
    EXPECT_EQ(actors[1].rate_per_s.number, 200);
    EXPECT_TRUE(actors[1].poisson);
    EXPECT_EQ(actors[1].start_s, 0.5);
    EXPECT_EQ(actors[2].depth.number, 8);
    EXPECT_EQ(actors[2].rate_per_s.number, 12.5);
    EXPECT_EQ(actors[5].bytes_per_s.number, 5);
    EXPECT_EQ(actors[10].period_s, 1);
    EXPECT_EQ(actors[12].more_bytes, 5000);
    EXPECT_FALSE(actors[7].whole);
    EXPECT_TRUE(actors[13].whole);
    EXPECT_EQ(actors[14].expect_status, 404);
    for (std::size_t kind = 0; kind < 13; ++kind) {
        EXPECT_EQ(static_cast<std::size_t>(actors[kind].kind), kind);
        EXPECT_EQ(lab::actor_kind(lab::name_of(actors[kind].kind)), actors[kind].kind);
    }
}

TEST(Experiment, FreezesThawsAddsAndStopsAtATime) {
    const auto workloads = workloads_of(parse_experiment(crowded, "crowded.jsonc"));
    ASSERT_EQ(workloads[0].events.size(), 3U);
    EXPECT_EQ(workloads[0].events[0].kind, lab::Event::Kind::freeze);
    EXPECT_EQ(workloads[0].events[1].kind, lab::Event::Kind::thaw);
    EXPECT_EQ(workloads[0].events[1].at_s, 1.5);
    EXPECT_EQ(workloads[0].events[2].kind, lab::Event::Kind::interrupt);
    EXPECT_EQ(workloads[0].events[2].rate_per_s, 1000);
    EXPECT_EQ(workloads[0].events[2].for_s, 0.5);
    EXPECT_EQ(workloads[0].actors[1].stop_s, 2);
    EXPECT_EQ(workloads[0].actors[15].start_s, 3);
    EXPECT_EQ(workloads[0].actors[15].path, "/late");
}

TEST(Experiment, WithEveryKindFitsTheSchemaAndComesBackFromItsJson) {
    using Json = nlohmann::ordered_json;
    const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/experiment.schema.json"));
    const Experiment before = parse_experiment(crowded, "crowded.jsonc");
    const std::string written = to_json_text(before);
    for (const std::string& text : {std::string{crowded}, written}) {
        for (const auto& violation : schema::violations(rules, Json::parse(text)))
            ADD_FAILURE() << violation;
    }
    const Experiment after = parse_experiment(written, "again");
    EXPECT_EQ(to_json_text(after), written);
    EXPECT_EQ(after.models.at(0).open_files, 64);
    EXPECT_EQ(after.models.at(0).files_first, 20);
    EXPECT_EQ(after.see, std::vector<std::string>{"servers/poll.cpp#send"});
    EXPECT_EQ(after.server_cpus, 3);
    EXPECT_FALSE(after.trace_calls);
    EXPECT_EQ(after.reply_timeout_s, 0.3);
    EXPECT_EQ(after.connect_timeout_s, 2.5);
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
    const lab::Experiment standard = lab::find_experiment("standard");
    EXPECT_GE(standard.rounds, 20);
    EXPECT_EQ(standard.measured_s, quick.measured_s) << "one series of scripts/belief serves both";
}

TEST(Experiment, DoesNotActOnATerminal) {
    const std::string texts =
        with(small, "\"rounds\": 3", R"("rounds": 3, "background": "a\nb\u001b[2J\u0007\u009b2J")");
    EXPECT_EQ(parse_experiment(texts, "mine.jsonc").background,
              "a\nb?[2J?\xc2\xbf"
              "2J");
    try {
        const std::string key = with(small, "\"rounds\": 3", R"("rounds": 3, "\u001b[2J": 1)");
        (void)parse_experiment(key, "mine.jsonc");
        ADD_FAILURE() << "was accepted";
    } catch (const ExperimentError& error) {
        EXPECT_EQ(std::string_view{error.what()}.find('\x1b'), std::string_view::npos);
        EXPECT_NE(std::string_view{error.what()}.find("?[2J"), std::string_view::npos)
            << error.what();
    }
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

TEST(Experiment, IsNoDirectory) {
    try {
        (void)lab::find_experiment("/tmp");
        ADD_FAILURE() << "was found";
    } catch (const ExperimentError& error) {
        EXPECT_STREQ(error.what(), "/tmp is a directory, and an experiment is one file");
    }
}

TEST(Experiment, IsNoFileOfManyMegabytes) {
    const fs::path large = fs::path{testing::TempDir()} / "large-experiment.jsonc";
    std::ofstream{large} << "{";
    fs::resize_file(large, 1U << 30U);  // a hole
    try {
        (void)lab::find_experiment(large);
        ADD_FAILURE() << "was found";
    } catch (const ExperimentError& error) {
        EXPECT_NE(std::string{error.what()}.find("more than 4000000 bytes"), std::string::npos)
            << error.what();
    }
    fs::remove(large);
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
