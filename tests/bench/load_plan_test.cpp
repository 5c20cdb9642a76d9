#include "bench/lab/load_plan.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace {

using lab::Actor;
using lab::ActorKind;
using lab::Quantity;
using lab::Workload;

lab::Exchange exchange(const std::string& path) {
    const auto kept = load::ReplyPattern::from_sample(load::hello_reply(false));
    return {.request = "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n",
            .closing_request = "GET " + path + " HTTP/1.1\r\nConnection: close\r\n\r\n",
            .expected = {kept},
            .closing = load::ReplyPattern::from_sample(load::hello_reply(true))};
}

lab::LoadConditions conditions() {
    return {.target = load::numeric_address("127.0.0.1", 8080).value(),
            .cpus = {2, 3},
            .warm_up_s = 0.5,
            .measured_s = 2,
            .reply_timeout_s = 3,
            .connect_timeout_s = 4};
}

Actor actor(ActorKind kind, double count, const std::string& path = "/") {
    Actor made;
    made.kind = kind;
    made.count.number = count;
    made.path = path;
    return made;
}

load::Plan plan_of(std::vector<Actor> actors) {
    const Workload workload{
        .id = "w", .name = "w", .title = "w", .point = {}, .actors = std::move(actors)};
    return load_plan(workload, {{"/", exchange("/")}, {"/b", exchange("/b")}}, conditions());
}

TEST(LoadPlan, MakesAGroupOfEveryActorThatAsks) {
    Actor steady = actor(ActorKind::steady, 4, "/b");
    steady.rate_per_s.number = 50;
    steady.poisson = true;
    steady.start_s = 1;
    steady.stop_s = 2;
    Actor several = actor(ActorKind::pipeliner, 2);
    several.depth.number = 8;
    const load::Plan plan = plan_of({actor(ActorKind::polite, 64), steady, several});

    EXPECT_EQ(plan.kind(), "polite");
    EXPECT_EQ(plan.connections, 64U);
    EXPECT_EQ(plan.threads, 2U);  // as many as there are CPUs
    EXPECT_EQ(plan.mode, load::Mode::keep_alive);
    EXPECT_EQ(plan.expected.size(), 1U);
    EXPECT_EQ(plan.warm_up_s, 0.5);
    EXPECT_EQ(plan.measured_s, 2);
    EXPECT_EQ(plan.reply_timeout_s, 3);
    EXPECT_EQ(plan.connect_timeout_s, 4);
    EXPECT_EQ(plan.cpus, (std::vector<int>{2, 3}));
    ASSERT_EQ(plan.more.size(), 2U);
    EXPECT_EQ(plan.more[0].kind(), "steady");
    EXPECT_EQ(plan.more[0].rate_per_s, 50);
    EXPECT_TRUE(plan.more[0].poisson);
    EXPECT_EQ(plan.more[0].request, exchange("/b").request);
    EXPECT_EQ(plan.more[0].span.start_s, 1);
    EXPECT_EQ(plan.more[0].span.stop_s, 2);
    EXPECT_EQ(plan.more[0].threads, 1U);
    EXPECT_EQ(plan.more[1].kind(), "pipeliner");
    EXPECT_EQ(plan.more[1].depth, 8U);
    EXPECT_NO_THROW(validate(plan));
}

TEST(LoadPlan, GivesAConnectionARequestOrSoMany) {
    Actor closing = actor(ActorKind::polite, 1);
    closing.close = true;
    Actor churning = actor(ActorKind::polite, 1);
    churning.requests_a_connection = 10;
    const load::Plan plan = plan_of({closing, churning});
    EXPECT_EQ(plan.mode, load::Mode::connection_a_request);
    EXPECT_EQ(plan.request, exchange("/").closing_request);
    ASSERT_EQ(plan.expected.size(), 1U);
    EXPECT_TRUE(plan.expected[0].closes());
    ASSERT_EQ(plan.more.size(), 1U);
    EXPECT_EQ(plan.more[0].requests_a_connection, 10U);
    EXPECT_EQ(plan.more[0].last_request, exchange("/").closing_request);
    EXPECT_EQ(plan.more[0].expected.size(), 2U);
    EXPECT_NO_THROW(validate(plan));
}

TEST(LoadPlan, CountsTheSilentAndMakesACrowdOfTheOthers) {
    std::vector<Actor> actors{actor(ActorKind::idle, 100), actor(ActorKind::polite, 1),
                              actor(ActorKind::idle, 10), actor(ActorKind::dead, 0)};
    const ActorKind crowd[] = {ActorKind::dead,      ActorKind::slow_sender, ActorKind::slow_reader,
                               ActorKind::abandoner, ActorKind::resetter,    ActorKind::half_closer,
                               ActorKind::burst,     ActorKind::firehose};
    for (const ActorKind kind : crowd) actors.push_back(actor(kind, 3, "/bytes/1000"));
    actors[5].bytes_per_s.number = 7;
    actors[7].rate_per_s.number = 20;
    actors[10].period_s = 0.5;
    const load::Plan plan = plan_of(actors);
    EXPECT_EQ(plan.idle_connections, 110U);
    ASSERT_EQ(plan.crowd.size(), 8U);  // without those of no clients
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_EQ(name(plan.crowd[i].kind), name_of(crowd[i]));
        EXPECT_EQ(plan.crowd[i].count, 3U);
        EXPECT_EQ(plan.crowd[i].request,
                  "GET /bytes/1000 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
    }
    EXPECT_EQ(plan.crowd[1].bytes_per_s, 7);
    EXPECT_EQ(plan.crowd[3].rate_per_s, 20);
    EXPECT_EQ(plan.crowd[6].period_s, 0.5);
    EXPECT_NO_THROW(validate(plan));
}

TEST(LoadPlan, ExpectsAStatusWithoutKnowingTheReply) {
    Actor asks_in_vain = actor(ActorKind::polite, 2, "/unknown");
    asks_in_vain.expect_status = 404;
    Actor once = asks_in_vain;
    once.close = true;
    Actor of_crowd = actor(ActorKind::dead, 1, "/unknown");
    of_crowd.expect_status = 404;
    const load::Plan plan = plan_of({asks_in_vain, once, of_crowd, actor(ActorKind::dead, 1)});
    EXPECT_EQ(plan.expected_status, 404);
    EXPECT_TRUE(plan.expected.empty());
    EXPECT_EQ(plan.request, "GET /unknown HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
    EXPECT_NE(plan.more.at(0).request.find("Connection: close"), std::string::npos);
    EXPECT_EQ(plan.crowd.at(0).expected_status, 404);
    EXPECT_EQ(plan.crowd.at(1).expected_status, 200);
    EXPECT_NO_THROW(validate(plan));
    EXPECT_TRUE(lab::asked_paths(
                    {.id = "w", .name = "w", .title = "w", .point = {}, .actors = {asks_in_vain}})
                    .empty());
}

TEST(LoadPlan, LetsLateReadersSayMoreThanTheirRequest) {
    Actor late = actor(ActorKind::late_reader, 1, "/bytes/1000");
    late.more_bytes = 7;
    Actor leaves = actor(ActorKind::abandoner, 1);
    leaves.whole = true;
    const load::Plan plan = plan_of({actor(ActorKind::polite, 1), late, leaves});
    EXPECT_TRUE(plan.crowd.at(0).request.ends_with("Connection: close\r\n\r\nxxxxxxx"))
        << plan.crowd.at(0).request;
    EXPECT_FALSE(plan.crowd.at(0).whole);
    EXPECT_TRUE(plan.crowd.at(1).whole);
}

TEST(LoadPlan, GivesACrowdACpuOfItsOwnWhereThereAreTwo) {
    const auto plan_on = [](std::vector<int> cpus, std::vector<Actor> actors) {
        lab::Workload workload;
        workload.actors = std::move(actors);
        return lab::load_plan(
            workload, {{"/", exchange("/")}},
            {.target = *load::numeric_address("127.0.0.1", 8080), .cpus = std::move(cpus)});
    };
    const std::vector<Actor> rude{actor(ActorKind::polite, 64), actor(ActorKind::resetter, 3)};
    const load::Plan two = plan_on({2, 3}, rude);
    EXPECT_EQ(two.cpus, std::vector<int>{2});
    EXPECT_EQ(two.crowd_cpu, 3);
    EXPECT_EQ(two.threads, 1U) << "not one that would have to share";
    const load::Plan one = plan_on({1}, rude);
    EXPECT_EQ(one.cpus, std::vector<int>{1});
    EXPECT_FALSE(one.crowd_cpu);
    const load::Plan alone = plan_on({2, 3}, {rude[0], actor(ActorKind::idle, 9)});
    EXPECT_EQ(alone.cpus, (std::vector<int>{2, 3}));
    EXPECT_EQ(alone.threads, 2U);
    // The same where a sweep's point has nobody of the crowd.
    const load::Plan nobody = plan_on({2, 3}, {rude[0], actor(ActorKind::resetter, 0)});
    EXPECT_EQ(nobody.threads, two.threads);
}

TEST(LoadPlan, NamesEachPathWhoseReplyMustBeKnown) {
    const Workload workload{
        .id = "w",
        .name = "w",
        .title = "w",
        .point = {},
        .actors = {actor(ActorKind::polite, 1, "/b"), actor(ActorKind::dead, 1, "/c"),
                   actor(ActorKind::steady, 1, "/"), actor(ActorKind::polite, 1, "/b")}};
    EXPECT_EQ(asked_paths(workload), (std::vector<std::string>{"/b", "/"}));
}

TEST(LoadPlan, RefusesWhatCannotBeAsked) {
    EXPECT_THROW((void)plan_of({actor(ActorKind::idle, 1)}), std::invalid_argument);
    EXPECT_THROW((void)plan_of({actor(ActorKind::polite, 1, "/unknown")}), std::invalid_argument);
}

}  // namespace
