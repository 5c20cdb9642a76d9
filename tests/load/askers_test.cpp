#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <string>
#include <thread>

#include "bench/load/engine.hpp"
#include "bench/load/json.hpp"
#include "tests/load/scripted_server.hpp"

// Who asks, and how: several groups, several requests at once, connections that end.

namespace load {
namespace {

using namespace std::chrono_literals;
using testing::Peer;
using testing::ScriptedServer;

const std::string hello = hello_reply(false);
const std::string last_hello = hello_reply(true);

Plan plan_for(const Address& target) {
    Plan plan;
    plan.target = target;
    plan.request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    plan.last_request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    plan.expected = {ReplyPattern::from_sample(hello), ReplyPattern::from_sample(last_hello)};
    plan.connections = 4;
    plan.measured_s = 0.3;
    return plan;
}

void answer_all(Peer& peer) {
    while (peer.read_request() && peer.send(hello)) {
    }
}

void expect_sound(const Outcome& outcome) {
    EXPECT_GT(outcome.replies_ok, 0U);
    EXPECT_EQ(outcome.error_total(), 0U) << to_json(outcome)["errors"] << outcome.first_wrong;
    EXPECT_EQ(outcome.service_time.count(), outcome.replies_ok);
    EXPECT_EQ(outcome.response_time.count(), outcome.replies_ok + outcome.unanswered);
}

// Replies that are right by their status and length.

Plan plan_by_status(const Address& target, int status) {
    Plan plan = plan_for(target);
    plan.expected.clear();
    plan.expected_status = status;
    return plan;
}

std::string reply_of(int status, const std::string& body, const std::string& fields = "") {
    return "HTTP/1.1 " + std::to_string(status) + " What\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(ByStatus, TakesRepliesWhateverTheirBytesAndHoweverTheyAreSplit) {
    ScriptedServer server{[&](Peer& peer) {
        for (std::size_t turn = 1; peer.read_request(); ++turn) {
            const std::string reply = reply_of(404, std::string(turn % 50, 'x'));
            const std::size_t cut = turn * 7 % reply.size();
            if (!peer.send(std::string_view{reply}.substr(0, cut))) return;
            if (turn % 64 == 1) std::this_thread::sleep_for(1ms);
            if (!peer.send(std::string_view{reply}.substr(cut))) return;
        }
    }};
    const Outcome outcome = drive(plan_by_status(server.address(), 404));
    expect_sound(outcome);
    EXPECT_EQ(outcome.served_clients, 4U);
}

TEST(ByStatus, CountsAnotherStatusAsAWrongReply) {
    ScriptedServer server{answer_all};
    const Outcome outcome = drive(plan_by_status(server.address(), 404));
    EXPECT_EQ(outcome.replies_ok, 0U);
    EXPECT_GT(outcome.error_count(ErrorKind::wrong_reply), 0U);
    EXPECT_EQ(outcome.error_count(ErrorKind::wrong_reply), outcome.error_total());
    EXPECT_NE(outcome.first_wrong.find("instead of a reply with status 404"), std::string::npos)
        << outcome.first_wrong;
}

TEST(ByStatus, CountsBytesBehindTheLengthAsAWrongReply) {
    ScriptedServer server{[&](Peer& peer) {
        while (peer.read_request() && peer.send(reply_of(200, "four") + "teen")) {
        }
    }};
    for (const Mode mode : {Mode::keep_alive, Mode::connection_a_request}) {
        Plan plan = plan_by_status(server.address(), 200);
        plan.mode = mode;
        const Outcome outcome = drive(plan);
        EXPECT_EQ(outcome.replies_ok, 0U);
        EXPECT_GT(outcome.error_count(ErrorKind::wrong_reply), 0U);
        EXPECT_EQ(outcome.first_wrong, "bytes that nobody asked for: \"teen\"");
    }
}

TEST(ByStatus, CountsAReplyThatEndsEarlyAsShort) {
    ScriptedServer server{[&](Peer& peer) {
        const std::string reply = reply_of(200, "four");
        if (peer.read_request()) peer.send(std::string_view{reply}.substr(0, reply.size() - 1));
    }};
    const Outcome outcome = drive(plan_by_status(server.address(), 200));
    EXPECT_EQ(outcome.replies_ok, 0U);
    EXPECT_GT(outcome.error_count(ErrorKind::short_reply), 0U);
    EXPECT_EQ(outcome.error_count(ErrorKind::short_reply), outcome.error_total());
}

TEST(ByStatus, TakesTheEndOfAConnectionForTheEndOfAReplyThatTellsNoLength) {
    ScriptedServer server{[&](Peer& peer) {
        if (peer.read_request()) peer.send("HTTP/1.1 200 OK\r\n\r\nto the end");
    }};
    expect_sound(drive(plan_by_status(server.address(), 200)));
}

TEST(ByStatus, ConnectsAgainWhereAReplySaysClose) {
    ScriptedServer server{[&](Peer& peer) {
        if (!peer.read_request()) return;
        peer.send(reply_of(200, "x", "Connection: close\r\n"));
        peer.take_rest();
    }};
    Plan plan = plan_by_status(server.address(), 200);
    expect_sound(drive(plan));
    plan.mode = Mode::connection_a_request;
    expect_sound(drive(plan));
}

TEST(ByStatus, MatchesThePipelinedInOrder) {
    ScriptedServer server{[&](Peer& peer) {
        while (peer.read_request() && peer.send(reply_of(200, "abc"))) {
        }
    }};
    Plan plan = plan_by_status(server.address(), 200);
    plan.depth = 8;
    const Outcome outcome = drive(plan);
    expect_sound(outcome);
    EXPECT_EQ(outcome.requests_sent % 8, 0U);
}

TEST(ByStatus, HasNoBytesToExpectBesides) {
    ScriptedServer server{answer_all};
    Plan plan = plan_for(server.address());
    plan.expected_status = 200;
    EXPECT_THROW((void)drive(plan), std::invalid_argument);
}

// Pipelining.

TEST(Pipelining, SendsSoManyRequestsAtOnceAndMatchesTheRepliesInOrder) {
    std::atomic<bool> waited_for_more{false};
    ScriptedServer server{[&](Peer& peer) {
        for (;;) {
            for (int i = 0; i < 8; ++i) {
                if (!peer.read_request()) return;
            }
            waited_for_more.store(waited_for_more || peer.has_more());
            std::string replies;
            for (int i = 0; i < 8; ++i) replies += hello;
            if (!peer.send(replies)) return;
        }
    }};
    Plan plan = plan_for(server.address());
    plan.depth = 8;
    const Outcome outcome = drive(plan);
    expect_sound(outcome);
    EXPECT_EQ(outcome.requests_sent % 8, 0U);  // the window's edge cuts no batch in two
    EXPECT_LE(outcome.unanswered, 32U);
    EXPECT_FALSE(waited_for_more) << "more than 8 requests were in flight";
    EXPECT_EQ(outcome.served_clients, 4U);
    ASSERT_EQ(outcome.actors.size(), 1U);
    EXPECT_EQ(outcome.actors[0].kind, "pipeliner");
}

TEST(Pipelining, TakesRepliesHoweverTheyAreSplit) {
    const std::string pair = hello + hello;
    ScriptedServer server{[&](Peer& peer) {
        for (std::size_t cut = 1; peer.read_request() && peer.read_request(); ++cut) {
            cut %= pair.size();
            peer.send(std::string_view{pair}.substr(0, cut));
            std::this_thread::sleep_for(1ms);
            if (!peer.send(std::string_view{pair}.substr(cut))) return;
        }
    }};
    Plan plan = plan_for(server.address());
    plan.depth = 2;
    expect_sound(drive(plan));
}

TEST(Pipelining, TimesEachReplyByItself) {
    // The second reply comes 20 ms after the first: half of the service times show it.
    ScriptedServer server{[](Peer& peer) {
        while (peer.read_request() && peer.send(hello)) {
            std::this_thread::sleep_for(20ms);
            if (!peer.read_request() || !peer.send(hello)) return;
        }
    }};
    Plan plan = plan_for(server.address());
    plan.connections = 1;
    plan.depth = 2;
    const Outcome outcome = drive(plan);
    expect_sound(outcome);
    EXPECT_LT(outcome.service_time.min_ns(), 20'000'000U);
    EXPECT_GE(outcome.service_time.max_ns(), 20'000'000U);
}

TEST(Pipelining, NamesAWrongReplyAndFailsWhatWaitsBehindIt) {
    std::string wrong = hello;
    wrong[wrong.find("Hello") + 1] = 'a';
    ScriptedServer server{[&](Peer& peer) {
        for (int i = 0; i < 4; ++i) peer.read_request();
        peer.send(hello + wrong + hello + hello);
        peer.stay();
    }};
    Plan plan = plan_for(server.address());
    plan.connections = 1;
    plan.depth = 4;
    const Outcome outcome = drive(plan);
    EXPECT_GE(outcome.error_count(ErrorKind::wrong_reply), 3U);
    EXPECT_EQ(outcome.error_count(ErrorKind::wrong_reply), outcome.error_total());
    EXPECT_EQ(outcome.error_total() % 3, 0U);
    EXPECT_NE(outcome.first_wrong.find("\"allo, world!"), std::string::npos) << outcome.first_wrong;
}

TEST(Pipelining, NamesBytesBeyondTheLastReply) {
    ScriptedServer server{[](Peer& peer) {
        while (peer.read_request() && peer.read_request() && peer.send(hello + hello + "!")) {
        }
    }};
    Plan plan = plan_for(server.address());
    plan.depth = 2;
    const Outcome outcome = drive(plan);
    EXPECT_GT(outcome.error_count(ErrorKind::wrong_reply), 0U);
    EXPECT_NE(outcome.first_wrong.find("instead of the end"), std::string::npos);
}

TEST(Pipelining, AsksAgainWhatAServerLeftThatClosed) {
    // RFC 9112, section 9.3.2: what a connection's end left unanswered is asked again.
    ScriptedServer server{[](Peer& peer) {
        if (!peer.read_request() || !peer.send(hello)) return;
        if (peer.read_request()) peer.send(last_hello);
        peer.take_rest();
    }};
    for (const double rate_per_s : {0.0, 400.0}) {
        Plan plan = plan_for(server.address());
        plan.depth = 5;
        plan.rate_per_s = rate_per_s;
        const Outcome outcome = drive(plan);
        expect_sound(outcome);
        EXPECT_GE(outcome.connections_made, outcome.replies_ok / 2 - 4);
        if (rate_per_s == 0) continue;
        const auto due = static_cast<std::uint64_t>(std::ceil(outcome.measured_s * rate_per_s));
        EXPECT_EQ(outcome.replies_ok + outcome.unanswered, due);
    }
}

TEST(Pipelining, SendsInTheOpenLoopWhatIsDue) {
    // One client, 10 ms a batch, 400 requests a second: some four are due each time.
    std::atomic<int> requests{0};
    ScriptedServer server{[&](Peer& peer) {
        while (peer.read_request()) {
            std::string replies = hello;
            while (peer.has_more() && peer.read_request()) replies += hello;
            requests.fetch_add(static_cast<int>(replies.size() / hello.size()));
            std::this_thread::sleep_for(10ms);
            if (!peer.send(replies)) return;
        }
    }};
    Plan plan = plan_for(server.address());
    plan.connections = 1;
    plan.depth = 64;
    plan.rate_per_s = 400;
    const Outcome outcome = drive(plan);
    expect_sound(outcome);
    const auto due = static_cast<std::uint64_t>(std::ceil(outcome.measured_s * 400));
    EXPECT_EQ(outcome.replies_ok + outcome.unanswered, due);
    EXPECT_GT(outcome.replies_ok, due / 2);  // a request a batch would be at most a quarter
}

// Connections that end.

struct Counts {
    std::mutex mutex;
    std::vector<int> requests;  // by connection, of those that ended
};

/// Answers all, says `close` when asked to, and notes how many requests a connection had.
auto honest_server(Counts& counts) {
    return [&counts](Peer& peer) {
        int requests = 0;
        while (peer.read_request()) {
            ++requests;
            const bool last = peer.request().find("Connection: close") != std::string::npos;
            if (!peer.send(last ? last_hello : hello)) return;
            if (!last) continue;
            const std::lock_guard lock{counts.mutex};
            counts.requests.push_back(requests);
            return;
        }
    };
}

TEST(Churn, EndsAConnectionAfterSoManyRequests) {
    for (const unsigned depth : {1U, 3U}) {
        Counts counts;
        ScriptedServer server{honest_server(counts)};
        Plan plan = plan_for(server.address());
        plan.requests_a_connection = 10;
        plan.depth = depth;
        const Outcome outcome = drive(plan);
        expect_sound(outcome);
        EXPECT_GT(outcome.connections_made, 0U);
        const std::lock_guard lock{counts.mutex};
        EXPECT_GT(counts.requests.size(), 0U);
        for (const int requests : counts.requests) EXPECT_EQ(requests, 10);
    }
}

TEST(Churn, EndsTheConnectionItselfWhereTheServerDoesNot) {
    std::atomic<int> most{0};
    ScriptedServer server{[&](Peer& peer) {
        int requests = 0;
        while (peer.read_request() && peer.send(hello))
            most.store(std::max(most.load(), ++requests));
    }};
    Plan plan = plan_for(server.address());
    plan.requests_a_connection = 5;
    const Outcome outcome = drive(plan);
    expect_sound(outcome);
    EXPECT_GT(outcome.connections_made, 0U);
    EXPECT_EQ(most, 5);
}

// Groups.

TEST(Groups, AskSideBySideAndAreCountedEach) {
    const std::string other = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother";
    ScriptedServer server{[&](Peer& peer) {
        while (peer.read_request()) {
            const bool root = peer.request().starts_with("GET / ");
            if (!peer.send(root ? hello : other)) return;
        }
    }};
    Plan plan = plan_for(server.address());
    Askers steady = plan;
    steady.request = "GET /other HTTP/1.1\r\nHost: a\r\n\r\n";
    steady.expected = {ReplyPattern::from_sample(other)};
    steady.connections = 2;
    steady.rate_per_s = 200;
    plan.more = {steady};
    plan.idle_connections = 3;
    const Outcome outcome = drive(plan);
    expect_sound(outcome);
    ASSERT_EQ(outcome.actors.size(), 2U);
    const ActorOutcome& polite = outcome.actors[0];
    const ActorOutcome& paced = outcome.actors[1];
    EXPECT_EQ(polite.kind, "polite");
    EXPECT_EQ(paced.kind, "steady");
    EXPECT_EQ(outcome.offered_clients, 6U);
    EXPECT_EQ(outcome.served_clients, 6U);
    EXPECT_EQ(polite.served_clients, 4U);
    EXPECT_EQ(paced.served_clients, 2U);
    EXPECT_EQ(outcome.idle_established, 3U);
    EXPECT_EQ(outcome.replies_ok, polite.replies_ok + paced.replies_ok);
    EXPECT_EQ(outcome.service_time.count(),
              polite.service_time.count() + paced.service_time.count());
    const auto due = static_cast<std::uint64_t>(std::ceil(outcome.measured_s * 200));
    EXPECT_EQ(paced.replies_ok + paced.unanswered, due);
    EXPECT_EQ(to_json(outcome)["actors"][1]["replies_ok"], paced.replies_ok);
}

TEST(Groups, AFailureIsOfTheGroupThatSawIt) {
    ScriptedServer server{[&](Peer& peer) {
        while (peer.read_request()) {
            if (!peer.request().starts_with("GET / ") || !peer.send(hello)) return;
        }
    }};
    Plan plan = plan_for(server.address());
    Askers unlucky = plan;
    unlucky.request = "GET /no HTTP/1.1\r\nHost: a\r\n\r\n";
    plan.more = {unlucky};
    const Outcome outcome = drive(plan);
    EXPECT_EQ(outcome.actors[0].error_count(ErrorKind::short_reply), 0U);
    EXPECT_GT(outcome.actors[1].error_count(ErrorKind::short_reply), 0U);
    EXPECT_EQ(outcome.error_total(), outcome.actors[1].error_count(ErrorKind::short_reply));
    EXPECT_EQ(outcome.actors[1].replies_ok, 0U);
}

TEST(Groups, ComeAndGoAtTheirTimes) {
    std::atomic<bool> open{false};
    std::atomic<int> early{0};
    ScriptedServer server{[&](Peer& peer) {
        while (peer.read_request()) {
            if (!peer.request().starts_with("GET / ") && !open) early.fetch_add(1);
            if (!peer.send(hello)) return;
        }
    }};
    Plan plan = plan_for(server.address());
    plan.warm_up_s = 0.1;
    Askers guest = plan;
    guest.request = "GET /guest HTTP/1.1\r\nHost: a\r\n\r\n";
    guest.rate_per_s = 200;
    guest.span = {.start_s = 0.1, .stop_s = 0.2};
    plan.more = {guest};
    const Hooks hooks{.connected = [&] { EXPECT_LE(server.accepted, 4); },
                      .window_open = [&] { open.store(true); },
                      .window_close = {},
                      .stop = nullptr};
    const Outcome outcome = drive(plan, hooks);
    expect_sound(outcome);
    EXPECT_EQ(early, 0);
    EXPECT_EQ(outcome.actors[1].replies_ok + outcome.actors[1].unanswered, 20U);
}

TEST(Groups, AClosedLoopStopsAtItsTime) {
    std::atomic<int> gone{0};
    ScriptedServer server{[&](Peer& peer) {
        answer_all(peer);
        gone.fetch_add(1);
    }};
    Plan plan = plan_for(server.address());
    plan.more = {plan};
    plan.more[0].span.stop_s = 0.05;
    const Hooks hooks{.connected = {},
                      .window_open = {},
                      .window_close = [&] { EXPECT_EQ(gone, 4); },
                      .stop = nullptr};
    expect_sound(drive(plan, hooks));
}

}  // namespace
}  // namespace load
