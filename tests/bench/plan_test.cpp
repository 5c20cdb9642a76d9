#include "bench/lab/plan.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

namespace {

using lab::Limits;
using lab::Model;
using lab::Plan;
using lab::Workload;

constexpr Limits plenty{.server_open_files = 100000, .load_connections = 100000};

Model model_called(const std::string& name) {
    Model model;
    model.name = name;
    model.executable = "/nowhere/" + name;
    return model;
}

Workload workload_of(int polite, int idle) {
    Workload workload;
    workload.id = "w";
    workload.actors = {
        {.kind = lab::ActorKind::polite, .count = {.number = double(polite), .axis = {}}},
        {.kind = lab::ActorKind::idle, .count = {.number = double(idle), .axis = {}}}};
    return workload;
}

Plan plan_with(std::uint64_t seed) {
    return make_plan(lab::find_experiment("quick"),
                     {model_called("a"), model_called("b"), model_called("c"), model_called("d")},
                     {}, plenty, seed);
}

std::vector<std::pair<std::size_t, std::size_t>> order_of(const Plan& plan) {
    std::vector<std::pair<std::size_t, std::size_t>> order;
    for (const auto& round : plan.rounds) {
        for (const auto& cell : round) order.emplace_back(cell.workload, cell.model);
    }
    return order;
}

TEST(Plan, HasEveryCellOnceARound) {
    const Plan plan = plan_with(1);
    ASSERT_EQ(plan.rounds.size(), static_cast<std::size_t>(plan.experiment.rounds));
    for (const auto& round : plan.rounds) {
        std::set<std::pair<std::size_t, std::size_t>> seen;
        for (const auto& cell : round) seen.emplace(cell.workload, cell.model);
        EXPECT_EQ(seen.size(), plan.models.size() * plan.workloads.size());
        EXPECT_EQ(round.size(), seen.size());
    }
    EXPECT_EQ(plan.cells(), order_of(plan).size());
}

TEST(Plan, KeepsWhatIsComparedCloseInTime) {
    for (const auto& round : plan_with(7).rounds) {
        std::size_t changes = 0;
        for (std::size_t at = 1; at < round.size(); ++at)
            changes += round[at].workload != round[at - 1].workload ? 1 : 0;
        EXPECT_EQ(changes, 3U);  // four workloads, each in one piece
    }
}

TEST(Plan, IsTheSameForTheSameSeed) {
    EXPECT_EQ(order_of(plan_with(42)), order_of(plan_with(42)));
    EXPECT_NE(order_of(plan_with(42)), order_of(plan_with(43)));
}

// The order is part of the interface: a seed in an old result names the same run.
TEST(Plan, KeepsTheOrderOfASeed) {
    const auto order = order_of(plan_with(1));
    const std::vector<std::pair<std::size_t, std::size_t>> first(order.begin(), order.begin() + 8);
    const std::vector<std::pair<std::size_t, std::size_t>> known{{2, 1}, {2, 2}, {2, 0}, {2, 3},
                                                                 {0, 3}, {0, 2}, {0, 0}, {0, 1}};
    EXPECT_EQ(first, known);
}

TEST(Plan, PutsEachModelFirstAboutEquallyOften) {
    auto experiment = lab::find_experiment("quick");
    experiment.rounds = 1000;
    const Plan plan = make_plan(
        experiment, {model_called("a"), model_called("b"), model_called("c"), model_called("d")},
        {}, plenty, 5);
    std::vector<int> firsts(4);
    for (const auto& round : plan.rounds) ++firsts[round.front().model];
    for (const int count : firsts)
        EXPECT_NEAR(count, 250, 60);  // more than four standard deviations
}

TEST(WhyNot, LetsAFittingModelRun) {
    EXPECT_EQ(why_not(model_called("poll"), workload_of(8, 1000), plenty), "");
}

TEST(WhyNot, KeepsSilentClientsFromOneAtATime) {
    Model blocking = model_called("blocking");
    blocking.traits.one_at_a_time = true;
    EXPECT_EQ(why_not(blocking, workload_of(8, 0), plenty), "");
    EXPECT_NE(why_not(blocking, workload_of(8, 1), plenty).find("one client at a time"),
              std::string::npos);
}

TEST(WhyNot, CountsTheWorkersThatClientsMayHold) {
    Model prefork = model_called("prefork");
    prefork.traits.one_a_worker = true;
    prefork.traits.workers = 8;
    EXPECT_EQ(why_not(prefork, workload_of(8, 7), plenty), "");
    EXPECT_NE(why_not(prefork, workload_of(8, 8), plenty).find("serves 8 clients at a time"),
              std::string::npos);
    prefork.args = {"--workers=2"};
    EXPECT_NE(why_not(prefork, workload_of(8, 2), plenty).find("serves 2 clients at a time"),
              std::string::npos);
}

// Else its queue does not become empty, and a cell need not wait for that.
TEST(HasPlaces, CountsThoseWhoAreThereBefore) {
    Model prefork = model_called("prefork");
    prefork.traits.one_a_worker = true;
    prefork.traits.workers = 8;
    prefork.args = {"--workers=12"};
    EXPECT_TRUE(lab::has_places(prefork, workload_of(8, 4)));
    EXPECT_FALSE(lab::has_places(prefork, workload_of(8, 5)));
    EXPECT_TRUE(lab::has_places(model_called("poll"), workload_of(8, 1000)));

    Workload later = workload_of(8, 4);
    later.actors.push_back(later.actors.front());
    later.actors.back().start_s = 0.1;
    EXPECT_TRUE(lab::has_places(prefork, later));
    later.actors.back() = later.actors.front();
    later.actors.back().close = true;
    EXPECT_TRUE(lab::has_places(prefork, later));
    later.actors.back().close = false;
    EXPECT_FALSE(lab::has_places(prefork, later));
}

// Whom a server that serves one client at a time can never be rid of by answering.
TEST(WhyNot, KeepsEveryoneWhoHoldsAConnectionFromOneAtATime) {
    Model blocking = model_called("blocking");
    blocking.traits.one_at_a_time = true;
    const std::map<std::string, std::string> holding{{"idle", "the first silent one"},
                                                     {"dead", "the first silent one"},
                                                     {"slow_sender", "the first slow one"},
                                                     {"slow_reader", "the first slow one"}};
    for (const char* kind :
         {"polite", "steady", "pipeliner", "idle", "dead", "slow_sender", "slow_reader",
          "abandoner", "resetter", "half_closer", "burst", "firehose", "late_reader"}) {
        Workload workload = workload_of(8, 0);
        lab::Actor& actor = workload.actors.emplace_back();
        actor.kind = lab::actor_kind(kind).value();
        EXPECT_EQ(why_not(blocking, workload, plenty), "") << "nobody of kind " << kind;
        actor.count.number = 1;
        EXPECT_EQ(why_not(model_called("poll"), workload, plenty), "") << kind;
        const std::string reason = why_not(blocking, workload, plenty);
        EXPECT_EQ(!reason.empty(), holding.contains(kind)) << kind;
        if (reason.empty()) continue;
        EXPECT_NE(reason.find(holding.at(kind)), reason.npos) << reason;
    }
}

TEST(WhyNot, KnowsTheWallOfDescriptors) {
    Model select = model_called("select");
    select.traits.descriptor_wall = 1024;
    EXPECT_EQ(why_not(select, workload_of(8, 1000), plenty), "");
    EXPECT_NE(why_not(select, workload_of(8, 5000), plenty).find("1023"), std::string::npos);
}

TEST(WhyNot, KnowsThatDescriptorsTakenBeforeHaveToFitBelowTheLimit) {
    Model later = model_called("poll");
    later.files_first = 1100;
    EXPECT_EQ(why_not(later, workload_of(8, 0), plenty), "");
    Limits few = plenty;
    few.server_open_files = 1000;
    EXPECT_NE(why_not(later, workload_of(8, 0), few).find("limit of 1000"), std::string::npos);
    later.open_files = 64;
    EXPECT_NE(why_not(later, workload_of(8, 0), plenty).find("limit of 64"), std::string::npos);
}

TEST(WhyNot, KnowsTheLimitThatAnExperimentGivesAModel) {
    Model narrow = model_called("poll");
    narrow.open_files = 64;
    EXPECT_EQ(why_not(narrow, workload_of(8, 0), plenty), "");
    EXPECT_NE(why_not(narrow, workload_of(8, 100), plenty).find("the 64 that it is allowed"),
              std::string::npos);
    EXPECT_EQ(why_impossible(narrow, workload_of(8, 100), plenty), "")
        << "that it runs out may be what the experiment is about";
}

TEST(WhyNot, KnowsTheLimitsOfThisMachine) {
    EXPECT_NE(why_not(model_called("poll"), workload_of(8, 1000),
                      {.server_open_files = 1000, .load_connections = 9999})
                  .find("open files"),
              std::string::npos);
    EXPECT_NE(why_not(model_called("poll"), workload_of(8, 1000),
                      {.server_open_files = 9999, .load_connections = 1000})
                  .find("1000"),
              std::string::npos);
}

TEST(WhyNot, KnowsHowManyProcessesAndThreadsAUserMayHave) {
    Limits few = plenty;
    few.server_tasks = 100;
    Model threads = model_called("thread_per_client");
    threads.traits.threads = true;
    EXPECT_EQ(why_not(threads, workload_of(8, 80), few), "");
    for (const auto reason : {lab::why_not, lab::why_impossible})
        EXPECT_NE(
            reason(threads, workload_of(8, 100), few).find("leaves this user 100 (ulimit -u)"),
            std::string::npos);
    EXPECT_EQ(why_not(threads, workload_of(8, 100), plenty), "");
    EXPECT_EQ(why_not(model_called("poll"), workload_of(8, 100), few), "") << "it begins none";
    Model pool = model_called("prethread");
    pool.traits.threads = true;
    pool.traits.workers = 8;
    EXPECT_EQ(why_not(pool, workload_of(8, 100), few), "");
    pool.args = {"--workers=200"};
    EXPECT_NE(why_not(pool, workload_of(8, 0), few).find("it begins 200"), std::string::npos);
}

TEST(WhyNot, SaysWhatAMissingModelLacks) {
    Model model = model_called("io_uring");
    model.missing = "the kernel lacks it";
    EXPECT_EQ(why_not(model, workload_of(1, 0), plenty), "the kernel lacks it");
}

TEST(Plan, CountsAndTimesWhatIsToRun) {
    Model blocking = model_called("blocking");
    blocking.traits.one_at_a_time = true;
    auto experiment = lab::find_experiment("quick");
    const Plan plan = make_plan(experiment, {blocking}, {}, plenty, 1);
    EXPECT_EQ(plan.cells(), plan.rounds.size() * 4);
    EXPECT_EQ(plan.cells_to_run(), plan.rounds.size() * 3);
    EXPECT_NEAR(plan.expected_s(),
                static_cast<double>(plan.cells_to_run()) *
                    (experiment.warm_up_s + experiment.measured_s + lab::cell_overhead_s),
                1e-9);
}

TEST(Plan, CountsTheLoadInWhichTheCallsOfAnAddedServerAreTraced) {
    Model added = model_called("mine");
    added.executable.clear();
    added.command = {"./mine", "{port}"};
    auto experiment = lab::find_experiment("quick");
    const auto expected_s = [&](const std::vector<Model>& models) {
        return make_plan(experiment, models, {}, plenty, 1).expected_s();
    };
    const double own_s = expected_s({model_called("a")});
    const double cells = experiment.rounds * 4;
    EXPECT_NEAR(
        expected_s({added}) - own_s,
        cells * (lab::traced_warm_up_most_s + lab::traced_measured_s + lab::traced_overhead_s),
        1e-9);
    EXPECT_NEAR(expected_s({added, model_called("a")}), expected_s({added}) + own_s, 1e-9);
    Model with_threads = model_called("b");
    with_threads.traits.threads = true;
    EXPECT_NEAR(expected_s({with_threads}), expected_s({added}), 1e-9);
    experiment.trace_calls = false;
    EXPECT_NEAR(expected_s({added}), own_s, 1e-9);
}

TEST(Plan, QuickStaysWithinFourMinutesWithFiveModels) {
    std::vector<Model> models;
    for (const char* name : {"a", "b", "c", "d", "e"}) models.push_back(model_called(name));
    EXPECT_LT(make_plan(lab::find_experiment("quick"), models, {}, plenty, 1).expected_s(), 240);
}

// What a model is known to fail at is what such an experiment asks about; limits stay.
TEST(Plan, RunsWhateverIsPossibleWhereASignatureIsLookedFor) {
    lab::Experiment experiment = lab::find_experiment("descriptor-wall");
    ASSERT_FALSE(experiment.signature.empty());
    Model select = model_called("select");
    select.traits.descriptor_wall = 1024;
    const auto reason_of = [&](const lab::Limits& limits) {
        return lab::make_plan(experiment, {select}, {}, limits, 1).rounds.at(0).at(0).reason;
    };
    EXPECT_EQ(reason_of(plenty), "");
    lab::Limits few = plenty;
    few.server_open_files = 256;
    EXPECT_NE(reason_of(few).find("open files"), std::string::npos);
    experiment.signature.clear();
    EXPECT_NE(reason_of(plenty).find("1023"), std::string::npos);
}

}  // namespace
