#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "bench/load/engine.hpp"
#include "bench/load/json.hpp"
#include "tests/load/scripted_server.hpp"

// Every way to be asked and every kind of the crowd, against every kind of hostile server: what
// went wrong has a name, memory stays small, and nobody spins.

namespace load {
namespace {

using namespace std::chrono_literals;
using testing::Peer;
using testing::ScriptedServer;

const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string hello = hello_reply(false);

std::string with_length(std::string_view length) {
    std::string reply = hello;
    return reply.replace(reply.find("13"), 2, length);
}

void say_on(Peer& peer, std::string_view text) {
    std::string block;
    while (block.size() < 65536) block += text;
    while (peer.send(block)) {
    }
}

void answer_all(Peer& peer, const std::string& reply) {
    while (peer.read_request() && peer.send(reply)) {
    }
}

using Kind = std::optional<ErrorKind>;
constexpr Kind unnoticed = std::nullopt;  // not by this client, which has gone or never looks

/// What a server does, and what its clients have to call it.
struct Hostility {
    const char* name;
    void (*serve)(Peer&);
    ErrorKind to_askers;
    Kind
        to_the_dead;  ///< and to slow senders and half-closers, who look at a reply and what follows
    Kind to_a_burst;  ///< who goes after its reply
    Kind to_a_firehose;  ///< who awaits no reply in particular
    bool quiet = false;  ///< there is next to nothing to do for its clients
};

constexpr auto short_reply = ErrorKind::short_reply;
constexpr auto wrong_reply = ErrorKind::wrong_reply;
constexpr auto reply_timeout = ErrorKind::reply_timeout;

const Hostility hostilities[] = {
    {"SendsMoreThanItAnnounces", [](Peer& peer) { answer_all(peer, hello + "!"); }, wrong_reply,
     wrong_reply, unnoticed, wrong_reply},
    {"SendsLessThanItAnnounces",
     [](Peer& peer) {
         if (peer.read_request() && peer.send(with_length("14"))) peer.outlast();
     },
     wrong_reply, reply_timeout, reply_timeout, unnoticed},
    {"AnnouncesTheWorld",
     [](Peer& peer) {
         if (peer.read_request() && peer.send(with_length("18446744073709551614")))
             say_on(peer, "x");
     },
     wrong_reply, reply_timeout, reply_timeout, unnoticed},
    {"SendsABodyWithoutEnd",
     [](Peer& peer) {
         if (peer.read_request() && peer.send(hello)) say_on(peer, "x");
     },
     wrong_reply, wrong_reply, unnoticed, wrong_reply},
    {"SendsAHeadWithoutEnd",
     [](Peer& peer) {
         if (peer.read_request() && peer.send("HTTP/1.1 200 OK\r\nX: ")) say_on(peer, "x");
     },
     wrong_reply, wrong_reply, wrong_reply, wrong_reply},
    {"SendsFieldsWithoutEnd",
     [](Peer& peer) {
         if (peer.read_request() && peer.send("HTTP/1.1 200 OK\r\n")) say_on(peer, "X: y\r\n");
     },
     wrong_reply, wrong_reply, wrong_reply, wrong_reply},
    {"SendsChunksWithoutEnd",
     [](Peer& peer) {
         if (!peer.read_request()) return;
         peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
         say_on(peer, "1\r\nx\r\n");
     },
     wrong_reply, reply_timeout, reply_timeout, unnoticed},
    {"AnswersTwice", [](Peer& peer) { answer_all(peer, hello + hello); }, wrong_reply, wrong_reply,
     unnoticed, wrong_reply},
    {"SpeaksNoHttp", [](Peer& peer) { answer_all(peer, "SSH-2.0-OpenSSH_9.2p1\r\n"); }, wrong_reply,
     wrong_reply, wrong_reply, wrong_reply},
    {"ClosesWithoutAWord",
     [](Peer& peer) {
         if (peer.read_request()) peer.take_rest();
     },
     short_reply, short_reply, short_reply, unnoticed},
    {"ClosesInMidReply",
     [](Peer& peer) {
         if (peer.read_request() && peer.send(hello.substr(0, 40))) peer.take_rest();
     },
     short_reply, short_reply, short_reply, short_reply},
    {"Resets",
     [](Peer& peer) {
         if (peer.read_request()) peer.reset();
     },
     ErrorKind::reset, ErrorKind::reset, ErrorKind::reset, unnoticed},
    {"Drips",
     [](Peer& peer) {
         if (!peer.read_request()) return;
         for (std::size_t i = 0; peer.send(hello.substr(i % hello.size(), 1)); ++i)
             std::this_thread::sleep_for(20ms);
     },
     reply_timeout, reply_timeout, reply_timeout, unnoticed, true},
    {"SaysNothing", [](Peer& peer) { peer.outlast(); }, reply_timeout, reply_timeout, reply_timeout,
     unnoticed, true},
};

void PrintTo(const Hostility& hostility, std::ostream* out) {
    *out << hostility.name;
}

class HostileServer : public ::testing::TestWithParam<Hostility> {};

/// Four groups that ask, each in another way.
void add_askers(Plan& plan) {
    plan.request = request;
    plan.expected = {ReplyPattern::from_sample(hello),
                     ReplyPattern::from_sample(hello_reply(true))};
    plan.connections = 2;
    Askers closing = plan;
    closing.mode = Mode::connection_a_request;
    Askers steady = plan;
    steady.rate_per_s = 100;
    Askers pipeliner = plan;
    pipeliner.depth = 4;
    plan.more = {closing, steady, pipeliner};
}

/// Everybody who reads a reply in time to notice something.
void add_crowd(Plan& plan) {
    for (const CrowdKind kind :
         {CrowdKind::dead, CrowdKind::slow_sender, CrowdKind::half_closer, CrowdKind::burst,
          CrowdKind::firehose, CrowdKind::slow_reader, CrowdKind::abandoner, CrowdKind::resetter}) {
        CrowdActor actor{.kind = kind, .count = 2, .request = request};
        if (kind == CrowdKind::slow_sender) actor.bytes_per_s = 200;  // in two pieces
        if (kind == CrowdKind::firehose) actor.rate_per_s = 40;
        if (kind == CrowdKind::burst) actor.period_s = 0.1;
        plan.crowd.push_back(actor);
    }
}

/// Beside it, patience may run out where the machine is busy.
void expect_only(const ActorOutcome& actor, Kind kind) {
    SCOPED_TRACE(actor.kind);
    for (std::size_t i = 0; i < error_kinds; ++i) {
        const auto one = static_cast<ErrorKind>(i);
        if (one == kind) {
            EXPECT_GT(actor.errors[i], 0U) << name(one);
        } else if (one != reply_timeout) {
            EXPECT_EQ(actor.errors[i], 0U) << name(one);
        }
    }
}

Kind expected_of(const Hostility& server, const ActorOutcome& actor) {
    if (!actor.crowd) return server.to_askers;
    if (actor.kind == "burst") return server.to_a_burst;
    if (actor.kind == "firehose") return server.to_a_firehose;
    return server.to_the_dead;
}

/// Whether somebody's patience is to run out.
bool runs_out(const Hostility& server) {
    return server.to_askers == reply_timeout || server.to_the_dead == reply_timeout;
}

/// A slow reader may see it or not, according to where its few bytes end; the rude never look.
bool looks(const ActorOutcome& actor) {
    return actor.kind != "slow_reader" && actor.kind != "abandoner" && actor.kind != "resetter";
}

TEST_P(HostileServer, GetsANameFromEveryClientThatLooks) {
    ScriptedServer server{GetParam().serve};
    Plan plan;
    plan.target = server.address();
    plan.measured_s = runs_out(GetParam()) ? 1 : 0.7;
    plan.reply_timeout_s = runs_out(GetParam()) ? 0.4 : 10;
    add_askers(plan);
    add_crowd(plan);
    const auto began = std::chrono::steady_clock::now();
    const Outcome outcome = drive(plan);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
    for (const ActorOutcome& actor : outcome.actors) {
        if (looks(actor)) expect_only(actor, expected_of(GetParam(), actor));
        if (!actor.crowd) continue;
        const CrowdFigures& figures = *actor.crowd;
        EXPECT_EQ(actor.connections_made, figures.closed_by_server + figures.reset_by_server +
                                              figures.timed_out + figures.closed_by_client +
                                              figures.open_at_end)
            << actor.kind;
    }
    if (!GetParam().quiet) return;
    EXPECT_LT(outcome.cpu_busy_ratio, 0.5);
    EXPECT_LT(*outcome.crowd_cpu_busy_ratio, 0.5);
}

INSTANTIATE_TEST_SUITE_P(Every, HostileServer, ::testing::ValuesIn(hostilities),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace load
