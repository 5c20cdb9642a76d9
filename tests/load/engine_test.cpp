#include "bench/load/engine.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "bench/load/json.hpp"
#include "tests/load/scripted_server.hpp"
#include "tests/sanitizers.hpp"

namespace load {
namespace {

using namespace std::chrono_literals;
using testing::becomes_true;
using testing::Peer;
using testing::ScriptedServer;

const std::string hello = hello_reply(false);
const std::string last_hello = hello_reply(true);

/// A small plan for a server: one thread, four clients, 0.3 s.
Plan plan_for(const Address& target, Mode mode = Mode::keep_alive) {
    Plan plan;
    plan.target = target;
    plan.mode = mode;
    plan.request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    plan.expected = {ReplyPattern::from_sample(last_hello)};
    if (mode == Mode::keep_alive) {
        plan.expected.insert(plan.expected.begin(), ReplyPattern::from_sample(hello));
    }
    plan.connections = 4;
    plan.measured_s = 0.3;
    return plan;
}

Outcome load_on(const ScriptedServer::Script& script, Mode mode = Mode::keep_alive) {
    ScriptedServer server{script};
    return drive(plan_for(server.address(), mode));
}

void answer_all(Peer& peer) {
    while (peer.read_request() && peer.send(hello)) {
    }
}

void answer_once(Peer& peer) {
    if (peer.read_request()) peer.send(last_hello);
}

/// Every error there is, is of this kind, and there is one.
void expect_only(const Outcome& outcome, ErrorKind kind) {
    EXPECT_GT(outcome.error_count(kind), 0U) << name(kind);
    EXPECT_EQ(outcome.error_count(kind), outcome.error_total()) << to_json(outcome)["errors"];
}

void expect_sound(const Outcome& outcome) {
    EXPECT_GT(outcome.replies_ok, 0U);
    EXPECT_EQ(outcome.error_total(), 0U) << to_json(outcome)["errors"];
    EXPECT_EQ(outcome.first_wrong, "");
    EXPECT_EQ(outcome.service_time.count(), outcome.replies_ok);
    EXPECT_EQ(outcome.response_time.count(), outcome.replies_ok + outcome.unanswered);
    EXPECT_GE(outcome.response_time.max_ns(), outcome.service_time.min_ns());
    std::uint64_t in_timeline = 0;
    for (const TimelinePoint& point : outcome.timeline) {
        in_timeline += point.replies;
        EXPECT_EQ(point.p99_us.has_value(), point.replies > 0);
    }
    EXPECT_EQ(in_timeline, outcome.replies_ok);
    EXPECT_NEAR(outcome.throughput_per_s,
                static_cast<double>(outcome.replies_ok) / outcome.measured_s, 0.01);
    ASSERT_TRUE(outcome.fairness_jain.has_value());
    EXPECT_GT(*outcome.fairness_jain, 0);
    EXPECT_LE(*outcome.fairness_jain, 1.000001);
    ASSERT_TRUE(outcome.cpu_us_per_request.has_value());
    EXPECT_GT(*outcome.cpu_us_per_request, 0);
    EXPECT_GE(outcome.awake_ratio, outcome.cpu_busy_ratio * 0.99);
}

TEST(Load, CountsRightRepliesOfKeptConnections) {
    const Outcome outcome = load_on(answer_all);
    expect_sound(outcome);
    EXPECT_EQ(outcome.offered_clients, 4U);
    EXPECT_EQ(outcome.served_clients, 4U);
    EXPECT_EQ(outcome.connect_time.count(), 4U);
    EXPECT_EQ(outcome.connections_made, 0U);
    EXPECT_GE(outcome.measured_s, 0.3);
    EXPECT_GE(outcome.timeline.size(), 3U);
    EXPECT_FALSE(outcome.interrupted);
    EXPECT_LE(outcome.unanswered, 4U);
    EXPECT_LE(outcome.requests_sent, outcome.replies_ok + outcome.unanswered);
}

TEST(Load, MakesAConnectionForEachRequest) {
    const Outcome outcome = load_on(answer_once, Mode::connection_a_request);
    expect_sound(outcome);
    EXPECT_GE(outcome.connections_made, outcome.replies_ok);
    EXPECT_GE(outcome.connect_time.count(), outcome.replies_ok);
    EXPECT_EQ(outcome.served_clients, 4U);
    EXPECT_GT(outcome.response_time.max_ns(), outcome.service_time.min_ns());
}

TEST(Load, ConnectsAnewWhenAReplySaysClose) {
    const Outcome outcome = load_on([](Peer& peer) {
        if (peer.read_request()) peer.send(hello);
        answer_once(peer);
    });
    expect_sound(outcome);
    EXPECT_GT(outcome.connections_made, 0U);
    EXPECT_LT(outcome.connections_made, outcome.replies_ok);
}

TEST(Load, AcceptsARightReplyHoweverItIsSplit) {
    for (const Mode mode : {Mode::keep_alive, Mode::connection_a_request}) {
        const Outcome outcome = load_on(
            [](Peer& peer) {
                while (peer.read_request()) {
                    for (const char& byte : last_hello) peer.send({&byte, 1});
                    return;
                }
            },
            mode);
        expect_sound(outcome);
    }
}

TEST(Load, ComparesABodyLargerThanAnyBuffer) {
    const std::string body(3 << 20, 'x');
    const std::string large =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    std::string changed = large;
    changed[2'000'000] = 'y';
    for (const bool right : {true, false}) {
        ScriptedServer server{[&](Peer& peer) {
            while (peer.read_request() && peer.send(right ? large : changed)) {
            }
        }};
        Plan plan = plan_for(server.address());
        plan.expected = {ReplyPattern::from_sample(large)};
        const Outcome outcome = drive(plan);
        if (right) {
            expect_sound(outcome);
        } else {
            expect_only(outcome, ErrorKind::wrong_reply);
            EXPECT_EQ(outcome.first_wrong.find("at byte 2000000 of "), 0U) << outcome.first_wrong;
        }
    }
}

TEST(Load, SendsARequestLargerThanAnyBuffer) {
    ScriptedServer server{answer_all};
    Plan plan = plan_for(server.address());
    plan.request = "POST / HTTP/1.1\r\nX: " + std::string(4 << 20, 'x') + "\r\n\r\n";
    expect_sound(drive(plan));
}

TEST(Load, NamesAWrongByte) {
    for (const Mode mode : {Mode::keep_alive, Mode::connection_a_request}) {
        const Outcome outcome = load_on(
            [](Peer& peer) {
                std::string wrong = last_hello;
                wrong[wrong.find("Hello") + 1] = 'a';
                if (peer.read_request()) peer.send(wrong);
            },
            mode);
        expect_only(outcome, ErrorKind::wrong_reply);
        EXPECT_EQ(outcome.replies_ok, 0U);
        EXPECT_NE(outcome.first_wrong.find("\"allo, world!\" instead of \"ello, world!\""),
                  std::string::npos)
            << outcome.first_wrong;
    }
}

TEST(Load, NamesAReplyOfAnotherLength) {
    const Outcome outcome = load_on([](Peer& peer) {
        std::string longer = hello + "!";
        longer.replace(longer.find("13"), 2, "14");
        while (peer.read_request() && peer.send(longer)) {
        }
    });
    expect_only(outcome, ErrorKind::wrong_reply);
}

TEST(Load, NamesAnAnswerThatComesTwice) {
    const Outcome outcome = load_on([](Peer& peer) {
        while (peer.read_request() && peer.send(hello + hello)) {
        }
    });
    expect_only(outcome, ErrorKind::wrong_reply);
    EXPECT_NE(outcome.first_wrong.find("instead of the end"), std::string::npos)
        << outcome.first_wrong;
}

TEST(Load, NamesAnAnswerThatComesUnasked) {
    for (const double rate_per_s : {0.0, 100.0}) {
        std::atomic<int> told{0};
        ScriptedServer server{[&told](Peer& peer) {
            peer.send(hello);
            told.fetch_add(1);
            answer_all(peer);
        }};
        Plan plan = plan_for(server.address());
        plan.rate_per_s = rate_per_s;
        const Hooks hooks{
            .connected = [&] { EXPECT_TRUE(becomes_true([&] { return told == 4; })); },
            .window_open = {},
            .window_close = {},
            .stop = nullptr};
        const Outcome outcome = drive(plan, hooks);
        EXPECT_GE(outcome.error_count(ErrorKind::wrong_reply), 4U);
        EXPECT_EQ(outcome.first_wrong.find("bytes that nobody asked for"), 0U)
            << outcome.first_wrong;
    }
}

TEST(Load, NamesAnEndlessBody) {
    for (const Mode mode : {Mode::keep_alive, Mode::connection_a_request}) {
        const Outcome outcome = load_on(
            [](Peer& peer) {
                if (!peer.read_request()) return;
                peer.send(last_hello);
                while (peer.send(std::string(65536, 'x'))) {
                }
            },
            mode);
        expect_only(outcome, ErrorKind::wrong_reply);
    }
}

TEST(Load, NamesAConnectionThatClosesEarly) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, last_hello.size() - 1}) {
        for (const Mode mode : {Mode::keep_alive, Mode::connection_a_request}) {
            const Outcome outcome = load_on(
                [size](Peer& peer) {
                    if (peer.read_request()) peer.send(last_hello.substr(0, size));
                },
                mode);
            expect_only(outcome, ErrorKind::short_reply);
        }
    }
}

TEST(Load, NamesAReset) {
    for (const Mode mode : {Mode::keep_alive, Mode::connection_a_request}) {
        const Outcome outcome = load_on(
            [](Peer& peer) {
                if (peer.read_request()) peer.reset();
            },
            mode);
        expect_only(outcome, ErrorKind::reset);
    }
}

/// Scripts under which a reply never gets whole.
struct Slow {
    const char* what;
    ScriptedServer::Script script;
};

TEST(Load, EndsWaitingForWhatDoesNotCome) {
    const Slow slow[] = {
        {"says nothing", [](Peer& peer) { peer.stay(); }},
        {"stops in the middle",
         [](Peer& peer) {
             peer.send(last_hello.substr(0, 50));
             peer.stay();
         }},
        {"drips",
         [](Peer& peer) {
             for (std::size_t i = 0; peer.send(last_hello.substr(i % 100, 1)); ++i) {
                 std::this_thread::sleep_for(50ms);
             }
         }},
    };
    for (const Slow& server_kind : slow) {
        for (const Mode mode : {Mode::keep_alive, Mode::connection_a_request}) {
            ScriptedServer server{[&](Peer& peer) {
                if (peer.read_request()) server_kind.script(peer);
            }};
            Plan plan = plan_for(server.address(), mode);
            plan.reply_timeout_s = 0.2;
            plan.measured_s = 0.6;
            const auto started = std::chrono::steady_clock::now();
            const Outcome outcome = drive(plan);
            SCOPED_TRACE(server_kind.what);
            expect_only(outcome, ErrorKind::reply_timeout);
            EXPECT_LT(std::chrono::steady_clock::now() - started, 3s);
            EXPECT_LT(outcome.cpu_busy_ratio, 0.5);
        }
    }
}

TEST(Load, WantsTheEndOfAConnectionMadeForOneRequest) {
    ScriptedServer server{[](Peer& peer) {
        answer_once(peer);
        peer.stay();
    }};
    Plan plan = plan_for(server.address(), Mode::connection_a_request);
    plan.reply_timeout_s = 0.1;
    const Outcome outcome = drive(plan);
    expect_only(outcome, ErrorKind::reply_timeout);
    EXPECT_EQ(outcome.replies_ok, 0U);
}

// Or a shorter time-out would make better percentiles.
TEST(Load, CountsWhatItGivesUpAtItsAge) {
    ScriptedServer server{[](Peer& peer) {
        if (peer.read_request()) peer.stay();
    }};
    for (const double rate_per_s : {0.0, 100.0}) {
        Plan plan = plan_for(server.address(), Mode::keep_alive);
        plan.rate_per_s = rate_per_s;
        plan.reply_timeout_s = 0.1;
        plan.warm_up_s = 0;
        plan.measured_s = 0.6;
        const Outcome outcome = drive(plan);
        SCOPED_TRACE(rate_per_s);
        const std::uint64_t given_up = outcome.error_count(ErrorKind::reply_timeout);
        EXPECT_GE(given_up, 2U);
        EXPECT_EQ(outcome.response_time.count(), given_up + outcome.unanswered);
        EXPECT_GE(outcome.response_time.max_ns(), 100'000'000U);
        EXPECT_EQ(outcome.service_time.count(), 0U);
        for (const TimelinePoint& point : outcome.timeline) EXPECT_EQ(point.replies, 0U);
    }
}

TEST(Load, TriesARefusingTargetAgainWithoutSpinning) {
    Address address;
    const int held = testing::bind_somewhere(address);
    for (const Mode mode : {Mode::keep_alive, Mode::connection_a_request}) {
        const Outcome outcome = drive(plan_for(address, mode));
        expect_only(outcome, ErrorKind::connect_refused);
        // Four clients, 10 ms of rest after each failure.
        EXPECT_LE(outcome.error_total(), 4 * (outcome.measured_s / 0.01 + 2));
        EXPECT_EQ(outcome.served_clients, 0U);
        EXPECT_FALSE(outcome.fairness_jain.has_value());
        EXPECT_FALSE(outcome.cpu_us_per_request.has_value());
    }
    ::close(held);
}

TEST(Load, GivesUpOnConnectionsThatAreNotAccepted) {
    Address address;
    const int listener = testing::listen_somewhere(0, address);
    Plan plan = plan_for(address, Mode::connection_a_request);
    plan.connections = 16;
    plan.connect_timeout_s = 0.2;
    plan.measured_s = 0.6;
    const Outcome outcome = drive(plan);
    expect_only(outcome, ErrorKind::connect_timeout);
    ::close(listener);
}

TEST(Load, NamesAWantOfDescriptors) {
    if (sanitized)
        GTEST_SKIP() << "UBSan looks through a pipe, and TSan knows of one table of them";
    ScriptedServer server{answer_all};
    Plan plan = plan_for(server.address());
    plan.connections = 64;
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = ::dup(0);
    ::close(next);
    rlimit scarce = before;
    scarce.rlim_cur = static_cast<rlim_t>(next) + 40;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &scarce), 0);
    Outcome outcome;
    std::thread{[&] {
        ::unshare(CLONE_FILES);  // the server's descriptors are its own: it can always accept
        outcome = drive(plan);
    }}.join();
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_GT(outcome.error_count(ErrorKind::no_descriptors), 0U);
    EXPECT_GT(outcome.replies_ok, 0U);
    EXPECT_LT(outcome.served_clients, outcome.offered_clients);
}

TEST(Load, KeepsItsScheduleAndAnswersForEveryRequestDue) {
    for (const unsigned threads : {1U, 3U}) {
        ScriptedServer server{answer_all};
        Plan plan = plan_for(server.address());
        plan.rate_per_s = 500;
        plan.threads = threads;
        const Outcome outcome = drive(plan);
        expect_sound(outcome);
        const auto due = static_cast<std::uint64_t>(std::ceil(outcome.measured_s * 500));
        EXPECT_EQ(outcome.replies_ok + outcome.unanswered, due);
        EXPECT_FALSE(outcome.was_the_limit && outcome.late_sends == 0);
    }
}

TEST(Load, CountsUnansweredRequestsAtTheirAge) {
    ScriptedServer server{[](Peer& peer) { peer.stay(); }};
    Plan plan = plan_for(server.address());
    plan.connections = 1;
    plan.rate_per_s = 100;
    plan.measured_s = 0.5;
    const Outcome outcome = drive(plan);
    const auto due = static_cast<std::uint64_t>(std::ceil(outcome.measured_s * 100));
    EXPECT_EQ(outcome.requests_sent, 1U);
    EXPECT_EQ(outcome.replies_ok, 0U);
    EXPECT_EQ(outcome.unanswered, due);
    EXPECT_EQ(outcome.response_time.count(), due);
    EXPECT_EQ(outcome.service_time.count(), 0U);

    // Request k is due at k * 10 ms, so the ages are known exactly: the oldest is the window's
    // length, the one of rank ceil(due / 2) from the youngest follows from it.
    const double window_ns = outcome.measured_s * 1e9;
    EXPECT_NEAR(static_cast<double>(outcome.response_time.max_ns()), window_ns, 1e3);
    const double younger = std::ceil(static_cast<double>(due) * 0.5);
    const double median_ns = window_ns - (static_cast<double>(due) - younger) * 1e7;
    EXPECT_NEAR(static_cast<double>(outcome.response_time.value_at_percentile(50)), median_ns,
                median_ns * 0.008 + 1e3);
}

TEST(Load, LetsARequestWaitForItsClientInTheOpenLoop) {
    // Each reply takes 20 ms, one is due every 10 ms: the waiting grows, the service does not.
    ScriptedServer server{[](Peer& peer) {
        while (peer.read_request()) {
            std::this_thread::sleep_for(20ms);
            if (!peer.send(hello)) return;
        }
    }};
    Plan plan = plan_for(server.address());
    plan.connections = 1;
    plan.rate_per_s = 100;
    plan.measured_s = 0.5;
    const Outcome outcome = drive(plan);
    expect_sound(outcome);
    EXPECT_GE(outcome.service_time.min_ns(), 20'000'000U);
    EXPECT_LT(outcome.service_time.value_at_percentile(50), 60'000'000U);
    EXPECT_GT(outcome.response_time.max_ns(), 200'000'000U);
    EXPECT_GT(outcome.unanswered, 10U);
    EXPECT_EQ(outcome.late_sends, 0U);  // no client was free, so none of it was our doing
}

TEST(Load, ConnectsIdleClientsThatSayNothing) {
    std::atomic<int> silent{0};
    ScriptedServer server{[&silent](Peer& peer) {
        if (!peer.read_request()) {
            silent.fetch_add(1);
            return;
        }
        peer.send(hello);
        answer_all(peer);
    }};
    Plan plan = plan_for(server.address());
    plan.idle_connections = 20;
    int connected = 0;
    const Hooks hooks{.connected =
                          [&] {
                              EXPECT_TRUE(becomes_true([&] { return server.accepted == 24; }));
                              connected = server.accepted;
                          },
                      .window_open = {},
                      .window_close = {},
                      .stop = nullptr};
    const Outcome outcome = drive(plan, hooks);
    expect_sound(outcome);
    EXPECT_EQ(connected, 24);
    EXPECT_EQ(outcome.idle_established, 20U);
    EXPECT_EQ(outcome.idle_lost, 0U);
    EXPECT_TRUE(becomes_true([&] { return silent == 20; }));
}

TEST(Load, NoticesThatIdleClientsWereLetGo) {
    std::atomic<bool> measuring{false};
    ScriptedServer server{[&](Peer& peer) {
        if (peer.number() >= 10) return answer_all(peer);
        becomes_true([&] { return measuring.load(); });  // and then closes
    }};
    Plan plan = plan_for(server.address());
    plan.idle_connections = 10;
    const Hooks hooks{.connected = {},
                      .window_open = [&] { measuring.store(true); },
                      .window_close = {},
                      .stop = nullptr};
    const Outcome outcome = drive(plan, hooks);
    expect_sound(outcome);
    EXPECT_EQ(outcome.idle_established, 10U);
    EXPECT_EQ(outcome.idle_lost, 10U);
}

TEST(Load, GoesOnWhileItsHooksRun) {
    std::atomic<int> served{0};
    ScriptedServer server{[&served](Peer& peer) {
        while (peer.read_request() && peer.send(hello)) served.fetch_add(1);
    }};
    Plan plan = plan_for(server.address());
    plan.warm_up_s = 0.05;
    std::string order;
    const auto sees_progress = [&] {
        const int before = served;
        EXPECT_TRUE(becomes_true([&] { return served > before + 10; }));
    };
    const Hooks hooks{.connected = [&] { order += served == 0 ? "c" : "?"; },
                      .window_open =
                          [&] {
                              order += "o";
                              sees_progress();
                          },
                      .window_close =
                          [&] {
                              order += "x";
                              sees_progress();
                          },
                      .stop = nullptr};
    const Outcome outcome = drive(plan, hooks);
    expect_sound(outcome);
    EXPECT_EQ(order, "cox");
    EXPECT_LT(outcome.replies_ok, static_cast<std::uint64_t>(served));  // warm-up does not count
}

TEST(Load, StopsWhenTold) {
    ScriptedServer server{answer_all};
    Plan plan = plan_for(server.address());
    plan.measured_s = 60;
    std::atomic<bool> stop{false};
    const Hooks hooks{.connected = {},
                      .window_open = [&] { stop.store(true); },
                      .window_close = {},
                      .stop = &stop};
    const auto started = std::chrono::steady_clock::now();
    const Outcome outcome = drive(plan, hooks);
    EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
    EXPECT_TRUE(outcome.interrupted);
    EXPECT_LT(outcome.measured_s, 5);

    const Outcome before_any =
        drive(plan, {.connected = {}, .window_open = {}, .window_close = {}, .stop = &stop});
    EXPECT_TRUE(before_any.interrupted);
    EXPECT_EQ(before_any.replies_ok, 0U);
}

TEST(Load, PassesOnWhatAHookThrows) {
    ScriptedServer server{answer_all};
    const Hooks hooks{.connected = {},
                      .window_open = [] { throw std::runtime_error{"hook"}; },
                      .window_close = {},
                      .stop = nullptr};
    EXPECT_THROW((void)drive(plan_for(server.address()), hooks), std::runtime_error);
}

TEST(Load, DealsClientsOutToThreads) {
    ScriptedServer server{answer_all};
    Plan plan = plan_for(server.address());
    plan.connections = 5;
    plan.idle_connections = 4;
    plan.threads = 3;
    plan.cpus = {0};
    const Outcome outcome = drive(plan);
    expect_sound(outcome);
    EXPECT_EQ(outcome.offered_clients, 5U);
    EXPECT_EQ(outcome.served_clients, 5U);
    EXPECT_EQ(outcome.idle_established, 4U);
}

TEST(Load, RefusesAPlanOutOfRange) {
    const Plan good = plan_for(*numeric_address("127.0.0.1", 1));
    const auto refused = [&good](auto change) {
        Plan plan = good;
        change(plan);
        EXPECT_THROW((void)drive(plan), std::invalid_argument);
    };
    refused([](Plan& plan) { plan.target = {}; });
    refused([](Plan& plan) { plan.request.clear(); });
    refused([](Plan& plan) { plan.expected.clear(); });
    refused([](Plan& plan) { plan.connections = 0; });
    refused([](Plan& plan) { plan.threads = 0; });
    refused([](Plan& plan) { plan.threads = plan.connections + 1; });
    refused([](Plan& plan) { plan.measured_s = 0; });
    refused([](Plan& plan) { plan.measured_s = std::nan(""); });
    refused([](Plan& plan) { plan.rate_per_s = -1; });
    refused([](Plan& plan) { plan.reply_timeout_s = 0; });
    refused([](Plan& plan) { plan.cpus = {1024}; });
    refused([](Plan& plan) { plan.depth = 0; });
    refused([](Plan& plan) { plan.depth = 1025; });
    refused([](Plan& plan) {
        plan.depth = 2;
        plan.mode = Mode::connection_a_request;
    });
    refused([](Plan& plan) {
        plan.depth = 2;
        plan.request.append(40000, 'x');
    });
    refused([](Plan& plan) { plan.requests_a_connection = 5; });  // without a last request
    refused([](Plan& plan) { plan.span = {.start_s = 2, .stop_s = 1}; });
    refused([](Plan& plan) { plan.span.start_s = std::nan(""); });
    refused([&good](Plan& plan) {
        plan.more = {good};
        plan.more[0].request.clear();
    });
    Plan unpinnable = good;
    unpinnable.cpus = {1023};
    EXPECT_THROW((void)drive(unpinnable), std::system_error);
}

TEST(Limits, ShrinkAPlanToWhatIsPossibleAndSaySo) {
    Plan plan = plan_for(*numeric_address("127.0.0.1", 1));
    EXPECT_TRUE(fit(plan).empty());

    const Limits most = limits(plan.target);
    EXPECT_GT(most.connections, 0U);
    EXPECT_LT(most.connections, most.open_files);
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    EXPECT_EQ(files.rlim_cur, files.rlim_max);

    plan.idle_connections = 100'000'000;
    const std::vector<std::string> said = fit(plan);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find("idle clients instead of 100000000"), std::string::npos) << said[0];
    EXPECT_EQ(plan.connections, 4U);
    EXPECT_LE(plan.connections + plan.idle_connections, most.connections + 4);

    plan.connections = 100'000'000;
    plan.threads = 200'000'000;
    EXPECT_EQ(fit(plan).size(), 3U);
    EXPECT_EQ(plan.idle_connections, 0U);
    EXPECT_EQ(plan.threads, plan.connections);
}

TEST(Outcome, HasTheKeysOfTheResultDocument) {
    const nlohmann::ordered_json cell = to_json(load_on(answer_all));
    for (const char* key : {"requests_sent", "replies_ok", "served_clients", "offered_clients",
                            "fairness_jain", "throughput_per_s", "errors", "connect_time",
                            "service_time", "response_time", "load", "timeline"}) {
        EXPECT_TRUE(cell.contains(key)) << key;
    }
    for (const char* key : {"connect_refused", "connect_timeout", "reset", "reply_timeout",
                            "short_reply", "wrong_reply"}) {
        EXPECT_EQ(cell["errors"][key], 0) << key;
    }
    for (const char* key : {"p50_us", "p90_us", "p99_us", "p999_us", "max_us"}) {
        EXPECT_GT(cell["response_time"][key], 0) << key;
    }
}

}  // namespace
}  // namespace load
