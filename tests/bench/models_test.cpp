#include "bench/lab/models.hpp"

#include <gtest/gtest.h>

#include "bench/lab/text.hpp"

namespace {

using lab::Choice;
using lab::ChoiceError;
using lab::Model;

std::vector<Model> own() {
    std::vector<Model> models;
    for (const char* name : {"blocking", "select", "poll", "epoll_lt", "epoll_et"}) {
        Model model;
        model.name = name;
        model.executable = std::string{"/nowhere/"} + name;
        model.group = model.name.starts_with("epoll") ? "kept" : "handed";
        models.push_back(model);
    }
    return models;
}

lab::Experiment experiment_with(const std::vector<lab::ModelChoice>& models) {
    lab::Experiment experiment;
    experiment.models = models;
    return experiment;
}

std::string names(const std::vector<Model>& models) {
    std::string text;
    for (const Model& model : models) text += (text.empty() ? "" : " ") + model.name;
    return text;
}

std::string chosen(const Choice& choice) {
    return names(choose(own(), experiment_with({{"*", {}, ""}}), choice));
}

std::string refusal(const Choice& choice) {
    try {
        return "accepted: " + chosen(choice);
    } catch (const ChoiceError& error) {
        return error.what();
    }
}

TEST(Choose, TakesWhatTheExperimentNames) {
    EXPECT_EQ(chosen({}), "blocking select poll epoll_lt epoll_et");
    EXPECT_EQ(names(choose(own(), experiment_with({{"epoll*", {}, ""}, {"poll", {}, ""}}), {})),
              "epoll_lt epoll_et poll");
}

TEST(Model, HasAsManyWorkersAsItsArgumentsSay) {
    Model model;
    EXPECT_EQ(model.workers(), std::nullopt);
    model.args = {"--workers=15"};
    EXPECT_EQ(model.workers(), std::nullopt) << "it has no pool";
    model.traits.workers = 8;
    EXPECT_EQ(model.workers(), 15);
    model.args = {"--lab", "--workers", "4"};
    EXPECT_EQ(model.workers(), 4);
    model.args = {"--lab"};
    EXPECT_EQ(model.workers(), 8);
}

TEST(Choose, NarrowsByPattern) {
    EXPECT_EQ(chosen({.models = {"epoll*", "poll"}, .exclude = {}, .added = {}}),
              "poll epoll_lt epoll_et");
    EXPECT_EQ(chosen({.models = {"epoll_?t"}, .exclude = {"*_et"}, .added = {}}), "epoll_lt");
    EXPECT_EQ(chosen({.models = {}, .exclude = {"b*", "select"}, .added = {}}),
              "poll epoll_lt epoll_et");
}

TEST(Choose, TakesGroupsForTheirModels) {
    EXPECT_EQ(chosen({.models = {"kept"}, .exclude = {}, .added = {}}), "epoll_lt epoll_et");
    EXPECT_EQ(chosen({.models = {"handed", "epoll_et"}, .exclude = {"poll"}, .added = {}}),
              "blocking select epoll_et");
    EXPECT_EQ(chosen({.models = {"all"}, .exclude = {"handed"}, .added = {}}), "epoll_lt epoll_et");
    EXPECT_NE(refusal({.models = {"ke*"}, .exclude = {}, .added = {}}).find("`ke*`"),
              std::string::npos)
        << "a group is no pattern";
}

TEST(Choose, BringsInAllThatAPatternMeans) {
    const auto experiment = experiment_with({{"poll", {}, ""}, {"epoll_lt", {"--delay"}, "slow"}});
    const auto with = [&](const char* pattern) {
        return names(choose(own(), experiment, {.models = {pattern}, .exclude = {}, .added = {}}));
    };
    EXPECT_EQ(with("*o*"), "poll slow blocking epoll_et");
    EXPECT_EQ(with("all"), "poll slow blocking select epoll_et");
    EXPECT_EQ(with("slow"), "slow");
}

TEST(Choose, KeepsAddedServersBesideAPattern) {
    EXPECT_EQ(chosen({.models = {"poll"}, .exclude = {}, .added = {"mine=./mine --port {port}"}}),
              "poll mine");
}

TEST(Choose, TellsAModelWithArgumentsFromThePlainOne) {
    const auto models = choose(
        own(),
        experiment_with(
            {{"poll", {}, ""}, {"poll", {"--backlog=1"}, ""}, {"poll", {"--delay"}, "slow"}}),
        {});
    EXPECT_EQ(names(models), "poll poll --backlog=1 slow");
    EXPECT_EQ(models[1].args, std::vector<std::string>{"--backlog=1"});
}

TEST(Choose, NamesNoArgumentsThatAllHave) {
    const auto models = choose(own(), experiment_with({{"epoll*", {"--lab"}, ""}}), {});
    EXPECT_EQ(names(models), "epoll_lt epoll_et");
    EXPECT_EQ(models[1].args, std::vector<std::string>{"--lab"});
    EXPECT_EQ(
        names(choose(own(), experiment_with({{"epoll*", {"--lab"}, ""}, {"poll", {}, ""}}), {})),
        "epoll_lt --lab epoll_et --lab poll");
}

TEST(Choose, RefusesWhatMatchesNothing) {
    EXPECT_NE(refusal({.models = {"pol"}, .exclude = {}, .added = {}}).find("`pol`"),
              std::string::npos);
    EXPECT_NE(refusal({.models = {}, .exclude = {"pol"}, .added = {}}).find("`pol`"),
              std::string::npos);
    EXPECT_NE(refusal({.models = {}, .exclude = {"*"}, .added = {}}).find("no model"),
              std::string::npos);
    EXPECT_NE(
        refusal({.models = {}, .exclude = {}, .added = {"poll=./mine {port}"}}).find("two servers"),
        std::string::npos);
}

// A file whose lines 2 and 3 are these; with servers given on the command line.
void expect_refused(const std::string& second, const std::string& third, int line,
                    const std::string& key, const std::string& part) {
    SCOPED_TRACE(second + third);
    const std::string text = "{\"name\": \"mine\",\n" + second + "\n" + third + R"(
        "actors": [{"kind": "polite", "count": 4}],
        "warm_up_s": 0.1, "measured_s": 0.2, "rounds": 3})";
    try {
        (void)choose(own(), lab::parse_experiment(text, "mine.jsonc"), {});
        ADD_FAILURE() << "was accepted";
    } catch (const lab::ExperimentError& error) {
        const std::string what = error.what();
        EXPECT_EQ(error.place.line, line) << what;
        EXPECT_EQ(error.place.key, key) << what;
        EXPECT_TRUE(what.starts_with("mine.jsonc:" + std::to_string(line) + ": " + key)) << what;
        EXPECT_NE(what.find(part), std::string::npos) << what;
    }
}

std::string signature(const std::string& rest) {
    return R"("signature": [{"says": "x", "figure": "errors", "most": 0, )" + rest + "}],";
}

TEST(Choose, NamesFileLineAndKeyOfAModelThatThereIsNot) {
    const std::string poll = R"("models": ["poll", "epoll_*"],)";
    expect_refused("", R"("models": ["poll", "polll"],)", 3, "models[1]",
                   "expected the name of a model, or a pattern, found `polll`; there are blocking");
    expect_refused("", R"("models": [{"model": "polll"}],)", 3, "models[0].model", "found `polll`");
    expect_refused("", "", 1, "models", "missing; expected a list of models");
    expect_refused(poll, R"("baseline": "pol",)", 3, "baseline",
                   "found `pol`; there are poll, epoll_lt, epoll_et");
    expect_refused(poll, signature(R"("model": "pol")"), 3, "signature[0].model", "found `pol`");
    expect_refused(poll, signature(R"("model": "select")"), 3, "signature[0].model",
                   "found `select`; there are poll, epoll_lt");
    expect_refused(poll, signature("\"model\": \"poll\",\n\"over\": \"epol\""), 4,
                   "signature[0].over", "found `epol`");
}

TEST(Choose, NamesThePlaceOfANameThatTwoHave) {
    const auto refused = [](const std::string& models, const std::string& key) {
        expect_refused("", R"("models": [)" + models + "],", 3, key,
                       "a name that no other server has");
    };
    const std::string narrow = R"({"model": "poll", "args": ["--backlog=1"], "name": "narrow"})";
    refused(narrow + R"(, {"model": "select", "name": "narrow"})", "models[1].name");
    refused(narrow + ", " + narrow, "models[1].name");
    refused(R"({"model": "epoll*", "name": "both"})", "models[0].name");
    refused(R"({"model": "poll", "name": "select"}, "*")", "models[1]");
    EXPECT_EQ(names(choose(own(), experiment_with({{"poll", {}, ""}, {"p*", {}, ""}}), {})),
              "poll");
}

// Common arguments leave the names, except where somebody has the name already.
TEST(Choose, KeepsArgumentsThatTellNamesApart) {
    const auto models = choose(
        own(), experiment_with({{"poll", {"--lab"}, ""}, {"epoll_lt", {"--lab"}, "poll"}}), {});
    EXPECT_EQ(names(models), "poll --lab poll");
}

TEST(Choose, KnowsServersThatAreAddedAndModelsThatAreLeftOut) {
    const auto taken = [](const std::string& rest, const Choice& choice) {
        const std::string text = R"({"name": "mine", )" + rest + R"(
            "actors": [{"kind": "polite", "count": 4}],
            "warm_up_s": 0.1, "measured_s": 0.2, "rounds": 3})";
        return names(choose(own(), lab::parse_experiment(text, "mine.jsonc"), choice));
    };
    const Choice mine{.models = {}, .exclude = {}, .added = {"mine=./mine {port}"}};
    const Choice only_poll{.models = {"poll"}, .exclude = {}, .added = {}};
    EXPECT_EQ(taken(R"("baseline": "another",)", mine), "mine");
    EXPECT_EQ(taken(signature(R"("model": "mine")") + R"("models": ["poll"],)", mine), "poll mine");
    const std::string two = R"("models": ["poll", {"model": "select", "args": ["--lab"]}],)";
    EXPECT_EQ(taken(two + R"("baseline": "select --lab",)", only_poll), "poll");
    EXPECT_EQ(taken(two + R"("baseline": "epoll_lt",)", only_poll), "poll");
    EXPECT_EQ(taken(two + signature(R"("model": "select --lab")"), only_poll), "poll");
}

TEST(Choose, FindsEveryNameOfOurOwnExperiments) {
    std::vector<Model> models;
    for (const std::string& name : lab::own_model_names()) {
        models.emplace_back().name = name;
        models.back().executable = "/nowhere/" + name;
    }
    for (const lab::Embedded& embedded : lab::embedded_experiments()) {
        SCOPED_TRACE(embedded.name);
        const bool has_control = embedded.text.find("\"control\":") != std::string_view::npos;
        for (const auto variant : {lab::Variant::experiment, lab::Variant::control}) {
            if (variant == lab::Variant::control && !has_control) continue;
            const auto experiment = lab::parse_experiment(embedded.text, "a", variant);
            if (experiment.models.empty()) continue;  // --add brings them
            EXPECT_NO_THROW((void)choose(models, experiment, {}, "/nowhere/zoo"));
        }
    }
}

// What the experiment leaves out may be asked for as well.
TEST(Choose, NamesAllThatMayBeAskedForWhereAPatternMatchesNone) {
    const auto refused = [](const Choice& choice) -> std::string {
        try {
            return names(choose(
                own(), experiment_with({{"poll", {}, ""}, {"select", {"--lab"}, "slow"}}), choice));
        } catch (const ChoiceError& error) {
            return error.what();
        }
    };
    EXPECT_EQ(refused({.models = {"nope"}, .exclude = {}, .added = {}}),
              "no model matches `nope`; there are poll, slow, blocking, epoll_lt, epoll_et");
    EXPECT_EQ(refused({.models = {}, .exclude = {"nope"}, .added = {}}),
              "no model matches `nope`; there are poll, slow");
}

TEST(Choose, TakesTheZooOnlyWhereItIsNamed) {
    const auto models = choose(own(),
                               experiment_with({{"epoll_lt", {}, ""},
                                                {"zoo/epoll_lt_blocks", {}, ""},
                                                {"zoo/epoll_et_*_once", {}, ""}}),
                               {}, "/nowhere/zoo");
    EXPECT_EQ(names(models),
              "epoll_lt zoo/epoll_lt_blocks zoo/epoll_et_receives_once zoo/epoll_et_accepts_once");
    EXPECT_EQ(models[1].executable, "/nowhere/zoo/epoll_lt_blocks");
    EXPECT_EQ(names(choose(own(), experiment_with({{"*", {}, ""}, {"*lt*", {}, ""}}), {},
                           "/nowhere/zoo")),
              names(own()));
}

TEST(Choose, GivesTheZooArgumentsAndNames) {
    const auto models = choose(own(),
                               experiment_with({{"poll", {"--lab"}, ""},
                                                {"zoo/poll_closes_unread", {"--lab"}, ""},
                                                {"zoo/epoll_lt_blocks", {"--lab"}, "blocked"}}),
                               {}, "/nowhere/zoo");
    EXPECT_EQ(names(models), "poll zoo/poll_closes_unread blocked");
    EXPECT_EQ(lab::baseline_among(models, "zoo/epoll_lt_blocks --lab"), "blocked");
}

TEST(Choose, SaysWhyTheZooCannotTakePart) {
    const auto models =
        choose(own(), experiment_with({{"zoo/epoll_lt_blocks", {}, ""}}), {}, "/nowhere/zoo");
    EXPECT_NE(models.front().missing.find("No such file or directory"), std::string::npos)
        << models.front().missing;
    EXPECT_NE(models.front().missing.find("--target zoo"), std::string::npos)
        << models.front().missing;
    EXPECT_THROW((void)choose(own(), experiment_with({{"zoo/nobody", {}, ""}}), {}, "/nowhere/zoo"),
                 lab::ExperimentError);
}

TEST(AddedModel, SplitsItsCommandLikeAShell) {
    const Model model = lab::added_model(R"(web=python3 -c 'print("a b")' "x y" a\ b {port})");
    EXPECT_EQ(model.name, "web");
    EXPECT_EQ(model.command, (std::vector<std::string>{"python3", "-c", "print(\"a b\")", "x y",
                                                       "a b", "{port}"}));
    EXPECT_TRUE(model.is_added());
}

TEST(AddedModel, RefusesWhatItCannotStart) {
    for (const char* text : {"", "name", "=cmd {port}", "name=cmd without port", "name='cmd {port}",
                             "two words=cmd {port}", "a|b=cmd {port}", "n\u00e4me=cmd {port}"}) {
        EXPECT_THROW((void)lab::added_model(text), lab::AddError) << text;
    }
    EXPECT_EQ(lab::added_model("My-1.server_2=cmd {port}").name, "My-1.server_2");
}

TEST(AddedModel, HasANameThatNoOtherHas) {
    EXPECT_EQ(lab::added_models({"a=x {port}", "b=y {port}"}, own()).size(), 2U);
    EXPECT_THROW((void)lab::added_models({"poll=x {port}"}, own()), lab::AddError);
    EXPECT_THROW((void)lab::added_models({"a=x {port}", "a=y {port}"}, own()), lab::AddError);
    // Also where the experiment leaves that model out.
    EXPECT_THROW((void)choose(own(), experiment_with({{"poll", {}, ""}}),
                              {.models = {}, .exclude = {}, .added = {"select=x {port}"}}),
                 lab::AddError);
}

TEST(Traits, AreReadFromTheLineOfAServer) {
    const auto traits = lab::parse_traits(
        R"({"model":"select","idea":"bitmaps","kind":"readiness","trigger":"level","one_at_a_time":false,"descriptor_wall":1024,"processes":false,"threads":false,"needs":[]})");
    EXPECT_EQ(traits.model, "select");
    EXPECT_EQ(traits.trigger, "level");
    EXPECT_EQ(traits.descriptor_wall, 1024);
    EXPECT_THROW((void)lab::parse_traits("no"), ChoiceError);
    EXPECT_THROW((void)lab::parse_traits("{}"), ChoiceError);
    EXPECT_THROW((void)lab::parse_traits(R"({"model":1,"idea":"","kind":""})"), ChoiceError);
}

TEST(Text, NamesNeitherUserNorHost) {
    const lab::Identity ada{.home = "/srv/ada", .login = "ada", .host = "engine"};
    EXPECT_EQ(lab::anonymous("run by ada on engine: adage, engines", ada),
              "run by USER on HOST: adage, engines");
    EXPECT_EQ(lab::anonymous("ada@engine:/srv/ada/x", ada), "USER@HOST:~/x");
    EXPECT_EQ(lab::anonymous("nothing of that", {}), "nothing of that");
}

TEST(Text, IsQuotedSoThatAShellReadsItBack) {
    EXPECT_EQ(lab::shell_quoted("--port=80"), "--port=80");
    EXPECT_EQ(lab::shell_quoted(""), "''");
    EXPECT_EQ(lab::shell_quoted("a b"), "'a b'");
    EXPECT_EQ(lab::shell_quoted("it's"), R"('it'\''s')");
    EXPECT_EQ(lab::shell_quoted("$HOME"), "'$HOME'");
}

TEST(Text, OfAnyoneNeitherActsOnATerminalNorTurnsItsLineAround) {
    EXPECT_EQ(lab::showable("a\x1b[2J\x7f\tb\n\xc2\x9b"), "a?[2J?\tb\n\xc2\xbf");
    EXPECT_EQ(lab::showable("cost\u202e less\u202c, \u2066x\u2069"),
              "cost<U+202E> less<U+202C>, <U+2066>x<U+2069>");
    EXPECT_EQ(lab::showable("\u061c\u200e\u200f\u202a\u202b\u202d\u2067\u2068"),
              "<U+061C><U+200E><U+200F><U+202A><U+202B><U+202D><U+2067><U+2068>");
    const std::string words =
        "dash \u2013, \u0627\u0644\u0646\u0645\u0648\u0630\u062c";  // of any script
    EXPECT_EQ(lab::showable(words), words);
}

TEST(Text, OfAFileThatCannotBeReadIsEmpty) {
    EXPECT_EQ(lab::contents("/nowhere"), "");
    EXPECT_EQ(lab::contents("/proc"), "");  // opens, and then fails to be read
}

TEST(Text, SplitsAndFinds) {
    EXPECT_EQ(lab::split("a  b\tc ", ' '), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(lab::split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
    EXPECT_EQ(lab::value_of("Name:\tpoll\nVmRSS:\t  4100 kB\n", "VmRSS"), "4100 kB");
    EXPECT_EQ(lab::value_of("Name:\tpoll\n", "VmRSS"), "");
    EXPECT_EQ(lab::number(" 12.5 kB"), 12.5);
    EXPECT_EQ(lab::number("max"), 0);
}

}  // namespace
