#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/engine.hpp"
#include "bench/load/json.hpp"
#include "bench/load/reply_reader.hpp"
#include "tests/load/scripted_server.hpp"

// The dead, the slow and the rude, each against a server that tells what it sees.

namespace load {
namespace {

using namespace std::chrono_literals;
using testing::becomes_true;
using testing::Peer;
using testing::ScriptedServer;

const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string rude_request = "GET /rude HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string hello = hello_reply(false);

/// One polite client, and a crowd.
Plan plan_for(const Address& target, CrowdActor actor) {
    Plan plan;
    plan.target = target;
    plan.request = request;
    plan.expected = {ReplyPattern::from_sample(hello)};
    plan.connections = 1;
    plan.measured_s = 0.4;
    if (actor.request.empty()) actor.request = rude_request;
    plan.crowd = {actor};
    return plan;
}

/// A server that does what a script says to whom it does not recognise as polite.
class CrowdServer : public ScriptedServer {
public:
    explicit CrowdServer(Script rude)
        : ScriptedServer{[rude](Peer& peer) {
              if (peer.peek(6) != "GET / ") return rude(peer);
              while (peer.read_request() && peer.send(hello)) {
              }
          }} {}
};

void answer_all(Peer& peer) {
    while (peer.read_request() && peer.send(hello)) {
    }
}

/// The crowd's part of an outcome that is in order.
const ActorOutcome& crowd_of(const Outcome& outcome) {
    EXPECT_EQ(outcome.actors.size(), 2U);
    EXPECT_GT(outcome.replies_ok, 0U);
    EXPECT_EQ(outcome.error_total(), 0U) << to_json(outcome)["errors"];
    EXPECT_EQ(outcome.replies_ok, outcome.actors[0].replies_ok) << "the crowd is no part of it";
    EXPECT_TRUE(outcome.crowd_cpu_busy_ratio.has_value());
    const ActorOutcome& actor = outcome.actors.back();
    EXPECT_TRUE(actor.crowd.has_value());
    const CrowdFigures& figures = *actor.crowd;
    EXPECT_EQ(actor.connections_made, figures.closed_by_server + figures.reset_by_server +
                                          figures.timed_out + figures.closed_by_client +
                                          figures.open_at_end);
    EXPECT_EQ(actor.connect_time.count(), actor.connections_made);
    return actor;
}

std::uint64_t errors_of(const ActorOutcome& actor) {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : actor.errors) sum += count;
    return sum;
}

TEST(Crowd, TheDeadAskOnceAndSayNothingMore) {
    std::atomic<int> requests{0};
    CrowdServer server{[&](Peer& peer) {
        while (peer.read_request() && peer.send(hello)) requests.fetch_add(1);
    }};
    const Outcome outcome =
        drive(plan_for(server.address(), {.kind = CrowdKind::dead, .count = 20}));
    const ActorOutcome& dead = crowd_of(outcome);
    EXPECT_EQ(dead.kind, "dead");
    EXPECT_EQ(requests, 20);
    EXPECT_EQ(dead.offered_clients, 20U);
    EXPECT_EQ(dead.served_clients, 20U);
    EXPECT_EQ(dead.replies_ok, 20U);
    EXPECT_EQ(dead.service_time.count(), 20U);
    EXPECT_EQ(dead.crowd->open_at_end, 20U);
    EXPECT_EQ(dead.crowd->bytes_sent, 20 * rude_request.size());
    EXPECT_EQ(dead.crowd->bytes_received, 20 * hello.size());
}

constexpr CrowdKind those_who_stay[] = {CrowdKind::dead, CrowdKind::slow_sender,
                                        CrowdKind::slow_reader};

TEST(Crowd, ThoseWhoComeToStayAreThereBeforeTheLoadAndSilent) {
    for (const CrowdKind kind : those_who_stay) {
        SCOPED_TRACE(name(kind));
        std::atomic<int> spoken{0};
        CrowdServer server{[&](Peer& peer) {
            spoken.fetch_add(1);
            answer_all(peer);
        }};
        Plan plan = plan_for(server.address(), {.kind = kind, .count = 20, .bytes_per_s = 1000});
        plan.warm_up_s = 0.1;
        const auto all_are_in = [&] {
            EXPECT_TRUE(becomes_true([&] { return server.accepted == 21; }));
            EXPECT_EQ(spoken, 0);
        };
        const Outcome outcome =
            drive(plan, {.connected = all_are_in, .window_open = {}, .window_close = {}});
        const ActorOutcome& actor = crowd_of(outcome);
        EXPECT_TRUE(becomes_true([&] { return spoken == 20; })) << spoken;
        EXPECT_EQ(actor.connections_made, 20U);
        EXPECT_EQ(actor.crowd->open_at_start, 20U);
        EXPECT_EQ(actor.crowd->open_at_end, 20U);
        EXPECT_EQ(errors_of(actor), 0U);
    }
}

/// A server that takes nobody in until it is told to, then so many, and answers them.
class LateServer {
public:
    LateServer(int backlog, int clients) : clients_{clients} {
        listener_ = backlog < 0 ? testing::bind_somewhere(address)
                                : testing::listen_somewhere(backlog, address);
    }
    ~LateServer() {
        over_.store(true);
        ::shutdown(listener_, SHUT_RDWR);
        if (acceptor_.joinable()) acceptor_.join();
        for (std::thread& thread : threads_) thread.join();
        ::close(listener_);
    }
    LateServer(const LateServer&) = delete;
    LateServer& operator=(const LateServer&) = delete;

    /// How many there are in its accept queue: what TCP_INFO of a socket that listens calls unacked.
    [[nodiscard]] unsigned waiting() const {
        tcp_info info{};
        socklen_t size = sizeof info;
        ::getsockopt(listener_, IPPROTO_TCP, TCP_INFO, &info, &size);
        return info.tcpi_unacked;
    }

    void listen(int backlog) const { EXPECT_EQ(::listen(listener_, backlog), 0); }
    void take_in() {
        acceptor_ = std::thread{[this] { accept_all(); }};
    }

    Address address;

private:
    void accept_all() {
        while (clients_-- > 0) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            threads_.emplace_back([this, fd] {
                Peer peer{fd, 0, over_};
                answer_all(peer);
                ::close(fd);
            });
        }
    }

    int clients_;
    int listener_ = -1;
    std::atomic<bool> over_{false};
    std::thread acceptor_;
    std::vector<std::thread> threads_;
};

TEST(Crowd, ThoseWhoComeToStayAwaitRoomInAFullQueue) {
    LateServer server{2, 4};
    std::thread opener{[&] {  // three wait to be taken in, and the last is at the door
        EXPECT_TRUE(becomes_true([&] { return server.waiting() == 3; }));
        server.take_in();
    }};
    const Outcome outcome =
        drive(plan_for(server.address, {.kind = CrowdKind::slow_sender, .count = 3}));
    opener.join();
    EXPECT_EQ(crowd_of(outcome).crowd->open_at_start, 3U);
    EXPECT_EQ(crowd_of(outcome).connections_made, 3U);
}

TEST(Crowd, AServerThatTakesNobodyInIsNotAwaitedForEver) {
    LateServer server{2, 1};
    server.take_in();
    Plan plan = plan_for(server.address, {.kind = CrowdKind::slow_sender, .count = 8});
    plan.connect_timeout_s = 0.2;
    bool connected = false;
    const Hooks hooks{
        .connected = [&] { connected = true; }, .window_open = {}, .window_close = {}};
    const Outcome outcome = drive(plan, hooks);
    EXPECT_TRUE(connected);
    const CrowdFigures& figures = *outcome.actors.back().crowd;
    EXPECT_GE(figures.open_at_start.value(), 1U);
    EXPECT_LT(figures.open_at_start.value(), 8U);
}

TEST(Crowd, AStopEndsTheWaitForThoseWhoComeToStay) {
    LateServer server{2, 1};
    Plan plan = plan_for(server.address, {.kind = CrowdKind::dead, .count = 8});
    std::atomic<bool> stop{false};
    std::thread stopper{[&] {
        EXPECT_TRUE(becomes_true([&] { return server.waiting() == 3; }));
        stop.store(true);
    }};
    const auto began = std::chrono::steady_clock::now();
    const Outcome outcome = drive(
        plan,
        {.connected = {}, .window_open = {}, .window_close = {}, .events = {}, .stop = &stop});
    EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);  // else it is 5
    stopper.join();
    EXPECT_TRUE(outcome.interrupted);
}

TEST(Crowd, WhoIsRefusedBeforeTheLoadComesAtItsBeginning) {
    LateServer server{-1, 4};
    const auto open_the_door = [&] {
        server.listen(16);
        server.take_in();
    };
    const Outcome outcome =
        drive(plan_for(server.address, {.kind = CrowdKind::dead, .count = 3}),
              {.connected = open_the_door, .window_open = {}, .window_close = {}});
    const ActorOutcome& dead = outcome.actors.back();
    EXPECT_EQ(dead.error_count(ErrorKind::connect_refused), 3U);
    EXPECT_EQ(dead.connections_made, 3U);
    EXPECT_EQ(dead.served_clients, 3U);
}

TEST(Crowd, TheDeadDoNotComeBack) {
    CrowdServer server{[](Peer& peer) {
        if (peer.read_request()) peer.send(hello);
    }};
    const Outcome outcome =
        drive(plan_for(server.address(), {.kind = CrowdKind::dead, .count = 5}));
    const ActorOutcome& dead = crowd_of(outcome);
    EXPECT_EQ(dead.connections_made, 5U);
    EXPECT_EQ(dead.crowd->closed_by_server, 5U);
}

TEST(Crowd, SlowSendersSendFewBytesAtATimeAndAreServed) {
    std::atomic<int> pieces{0};
    CrowdServer server{[&](Peer& peer) {
        while (peer.read_request(&pieces) && peer.send(hello)) {
        }
    }};
    const auto began = std::chrono::steady_clock::now();
    const Outcome outcome = drive(plan_for(
        server.address(), {.kind = CrowdKind::slow_sender, .count = 3, .bytes_per_s = 200}));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const ActorOutcome& slow = crowd_of(outcome);
    EXPECT_EQ(slow.served_clients, 3U);
    EXPECT_GE(slow.replies_ok, 3U);
    EXPECT_GE(pieces, 2 * static_cast<int>(slow.replies_ok));  // 32 bytes, at most 20 at once
    const double a_second = static_cast<double>(slow.crowd->bytes_sent) / took.count() / 3;
    EXPECT_LE(a_second, 300);  // 200, and a piece in that short a time
}

TEST(Crowd, SlowSendersComeBackWhenTheyAreShownTheDoor) {
    CrowdServer server{[](Peer& peer) {
        peer.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
        peer.take_rest();
    }};
    const Outcome outcome = drive(plan_for(
        server.address(), {.kind = CrowdKind::slow_sender, .count = 1, .bytes_per_s = 100}));
    const ActorOutcome& slow = crowd_of(outcome);
    EXPECT_GE(slow.connections_made, 2U);
    EXPECT_EQ(slow.replies_ok, 0U);
    EXPECT_EQ(slow.crowd->replies_other, slow.crowd->closed_by_server);
    EXPECT_EQ(slow.served_clients, 0U);
}

TEST(Crowd, SlowReadersLetTheReplyWait) {
    const std::string body(4 << 20, 'x');
    const std::string large =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    CrowdServer server{[&](Peer& peer) {
        while (peer.read_request() && peer.send(large)) {
        }
    }};
    const Outcome outcome = drive(plan_for(
        server.address(), {.kind = CrowdKind::slow_reader, .count = 2, .bytes_per_s = 2000}));
    const ActorOutcome& slow = crowd_of(outcome);
    EXPECT_GT(slow.crowd->bytes_received, 0U);
    EXPECT_LE(slow.crowd->bytes_received, 2U * 1200);  // 2000 a second for 0.4 s, and a piece
    EXPECT_EQ(slow.crowd->open_at_end, 2U);
    EXPECT_EQ(slow.replies_ok, 0U);
}

TEST(Crowd, SlowReadersReadAWholeReplyInTheEndAndAskAgain) {
    CrowdServer server{answer_all};
    const Outcome outcome = drive(plan_for(
        server.address(), {.kind = CrowdKind::slow_reader, .count = 1, .bytes_per_s = 1000}));
    const ActorOutcome& slow = crowd_of(outcome);
    EXPECT_GE(slow.replies_ok, 1U);
    EXPECT_EQ(slow.requests_sent, slow.replies_ok + 1);
    EXPECT_EQ(errors_of(slow), 0U);
}

TEST(Crowd, AbandonersSendHalfARequestAndClose) {
    std::atomic<int> ended{0};
    std::atomic<int> asked{0};
    CrowdServer server{[&](Peer& peer) {
        if (peer.read_request()) asked.fetch_add(1);
        if (peer.pending() == rude_request.substr(0, rude_request.size() / 2)) ended.fetch_add(1);
    }};
    const Outcome outcome = drive(
        plan_for(server.address(), {.kind = CrowdKind::abandoner, .count = 4, .rate_per_s = 100}));
    const ActorOutcome& rude = crowd_of(outcome);
    EXPECT_GT(rude.connections_made, 4U);
    EXPECT_LE(rude.connections_made, 45U);  // 100 a second for 0.4 s
    EXPECT_EQ(rude.crowd->closed_by_client, rude.connections_made);
    EXPECT_EQ(rude.requests_sent, 0U);
    EXPECT_EQ(asked, 0);
    EXPECT_GT(ended, 0);
    EXPECT_LE(ended, static_cast<int>(rude.connections_made));
}

TEST(Crowd, AbandonersMaySendAWholeRequestAndClose) {
    std::atomic<int> asked{0};
    CrowdServer server{[&](Peer& peer) {
        while (peer.read_request()) asked.fetch_add(1);
    }};
    const Outcome outcome = drive(
        plan_for(server.address(),
                 {.kind = CrowdKind::abandoner, .count = 1, .whole = true, .rate_per_s = 50}));
    const ActorOutcome& rude = crowd_of(outcome);
    EXPECT_GT(rude.requests_sent, 4U);
    EXPECT_EQ(rude.requests_sent, rude.connections_made);
    EXPECT_GE(asked, static_cast<int>(rude.requests_sent) - 1);
    EXPECT_EQ(errors_of(rude), 0U);
}

TEST(Crowd, LateReadersSayAllTheyHaveToSayAndReadLater) {
    const std::string body(4 << 20, 'x');  // more than fits between the two
    const std::string large =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    std::atomic<int> all_said{0};
    CrowdServer server{[&](Peer& peer) {
        if (!peer.read_request()) return;
        if (peer.peek(1000) == std::string(1000, 'y')) all_said.fetch_add(1);
        peer.send(large);
        peer.take_rest();
    }};
    const Outcome outcome =
        drive(plan_for(server.address(), {.kind = CrowdKind::late_reader,
                                          .count = 1,
                                          .request = rude_request + std::string(1000, 'y')}));
    const ActorOutcome& late = crowd_of(outcome);
    EXPECT_EQ(late.kind, "late_reader");
    EXPECT_GE(late.replies_ok, 1U);
    EXPECT_LE(late.replies_ok, 4U);  // 0.1 s each, and the reading
    EXPECT_EQ(late.replies_ok, late.crowd->closed_by_server);
    EXPECT_GE(all_said, static_cast<int>(late.replies_ok));
    EXPECT_EQ(errors_of(late), 0U);
}

TEST(Crowd, LateReadersNoticeAReplyThatIsCutByAReset) {
    const std::string large = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    CrowdServer server{[&](Peer& peer) {
        if (!peer.read_request()) return;
        peer.send(large);
        peer.reset();
    }};
    const Outcome outcome =
        drive(plan_for(server.address(), {.kind = CrowdKind::late_reader, .count = 1}));
    const ActorOutcome& late = crowd_of(outcome);
    EXPECT_EQ(late.replies_ok, 0U);
    EXPECT_GT(late.error_count(ErrorKind::reset), 0U);
    EXPECT_EQ(late.error_count(ErrorKind::reset), late.crowd->reset_by_server);
}

TEST(Crowd, ExpectsTheStatusThatItIsToldTo) {
    const std::string gone = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    CrowdServer server{[&](Peer& peer) {
        while (peer.read_request() && peer.send(gone)) {
        }
    }};
    for (const int status : {404, 200}) {
        const Outcome outcome = drive(plan_for(
            server.address(), {.kind = CrowdKind::dead, .count = 3, .expected_status = status}));
        const ActorOutcome& dead = crowd_of(outcome);
        EXPECT_EQ(dead.replies_ok, status == 404 ? 3U : 0U);
        EXPECT_EQ(dead.crowd->replies_other, status == 404 ? 0U : 3U);
    }
}

TEST(Crowd, ResettersResetAfterAWholeAndAfterHalfARequest) {
    std::atomic<int> resets{0};
    CrowdServer server{[&](Peer& peer) {
        while (peer.read_request()) {
        }
        if (peer.was_reset()) resets.fetch_add(1);
    }};
    const Outcome outcome = drive(
        plan_for(server.address(), {.kind = CrowdKind::resetter, .count = 2, .rate_per_s = 100}));
    const ActorOutcome& rude = crowd_of(outcome);
    EXPECT_GT(rude.connections_made, 4U);
    EXPECT_GT(rude.requests_sent, 0U);
    EXPECT_LT(rude.requests_sent, rude.connections_made);
    EXPECT_GT(resets, 0);
    EXPECT_EQ(rude.crowd->closed_by_client, rude.connections_made);
}

TEST(Crowd, HalfClosersWantTheWholeReplyAndTheEnd) {
    std::atomic<int> shut{0};
    CrowdServer server{[&](Peer& peer) {
        if (!peer.read_request() || peer.read_request()) return;
        shut.fetch_add(1);  // the request was followed by the end
        peer.send(hello);
    }};
    const Outcome outcome = drive(plan_for(
        server.address(), {.kind = CrowdKind::half_closer, .count = 2, .rate_per_s = 100}));
    const ActorOutcome& shy = crowd_of(outcome);
    EXPECT_GT(shy.replies_ok, 4U);
    EXPECT_EQ(shy.served_clients, 2U);
    EXPECT_EQ(errors_of(shy), 0U);
    EXPECT_GE(shut, static_cast<int>(shy.replies_ok));
    EXPECT_EQ(shy.replies_ok, shy.crowd->closed_by_server);
}

TEST(Crowd, HalfClosersNoticeAReplyThatIsCut) {
    CrowdServer server{[](Peer& peer) {
        if (!peer.read_request() || peer.read_request()) return;
        peer.send(std::string_view{hello}.substr(0, hello.size() - 1));
    }};
    const Outcome outcome = drive(
        plan_for(server.address(), {.kind = CrowdKind::half_closer, .count = 1, .rate_per_s = 50}));
    const ActorOutcome& shy = crowd_of(outcome);
    EXPECT_EQ(shy.replies_ok, 0U);
    EXPECT_GT(shy.error_count(ErrorKind::short_reply), 0U);
}

TEST(Crowd, ABurstConnectsAtOnceAsksOnceAndGoes) {
    CrowdServer server{answer_all};
    Plan plan = plan_for(server.address(), {.kind = CrowdKind::burst, .count = 100});
    plan.warm_up_s = 0.1;
    const Hooks hooks{
        .connected = [&] { EXPECT_LE(server.accepted, 1); }, .window_open = {}, .window_close = {}};
    const Outcome outcome = drive(plan, hooks);
    const ActorOutcome& burst = crowd_of(outcome);
    EXPECT_EQ(burst.connections_made, 100U);
    EXPECT_EQ(burst.crowd->open_at_start, 0U);
    EXPECT_EQ(burst.replies_ok, 100U);
    EXPECT_EQ(burst.crowd->closed_by_client, 100U);
    EXPECT_EQ(burst.service_time.count(), 100U);
    EXPECT_EQ(burst.response_time.count(), 100U);
    EXPECT_GE(burst.response_time.max_ns(), burst.service_time.min_ns());
}

TEST(Crowd, ABurstComesAgainAfterItsPeriod) {
    CrowdServer server{answer_all};
    const Outcome outcome =
        drive(plan_for(server.address(), {.kind = CrowdKind::burst, .count = 5, .period_s = 0.15}));
    const ActorOutcome& burst = crowd_of(outcome);
    EXPECT_GE(burst.connections_made, 10U);
    EXPECT_LE(burst.connections_made, 15U);  // at 0, 0.15 and 0.3 s
}

TEST(Crowd, NamesWhyABurstWasNotTakenIn) {
    Address address;
    const int held = testing::bind_somewhere(address);
    Plan plan = plan_for(address, {.kind = CrowdKind::burst, .count = 10});
    const Outcome outcome = drive(plan);
    ::close(held);
    const ActorOutcome& burst = outcome.actors.back();
    EXPECT_EQ(burst.error_count(ErrorKind::connect_refused), 10U);
    EXPECT_EQ(burst.connections_made, 0U);
}

TEST(Crowd, GivesUpWaitingForAReply) {
    CrowdServer server{[](Peer& peer) {
        if (peer.read_request()) peer.stay();
    }};
    Plan plan = plan_for(server.address(), {.kind = CrowdKind::burst, .count = 4});
    plan.reply_timeout_s = 0.1;
    const Outcome outcome = drive(plan);
    const ActorOutcome& burst = crowd_of(outcome);
    EXPECT_EQ(burst.crowd->timed_out, 4U);
    EXPECT_EQ(burst.error_count(ErrorKind::reply_timeout), 4U);
    EXPECT_EQ(burst.response_time.count(), 4U);
    EXPECT_GE(burst.response_time.min_ns(), 100'000'000U);
}

TEST(Crowd, CountsWhatIsUnansweredAtItsAge) {
    CrowdServer server{[](Peer& peer) {
        if (peer.read_request()) peer.stay();
    }};
    const Outcome outcome =
        drive(plan_for(server.address(), {.kind = CrowdKind::burst, .count = 4}));
    const ActorOutcome& burst = crowd_of(outcome);
    EXPECT_EQ(burst.unanswered, 4U);
    EXPECT_EQ(burst.response_time.count(), 4U);
    EXPECT_GT(burst.response_time.min_ns(), 300'000'000U);  // of a window of 0.4 s
    EXPECT_EQ(burst.crowd->open_at_end, 4U);
}

/// What remained unanswered of a crowd before a server that takes in the polite client alone: most
/// of the others are still dialing in the end.
std::uint64_t unanswered_at_a_closed_door(CrowdKind kind) {
    Address address;
    const int listener = testing::listen_somewhere(0, address);
    std::atomic<bool> over{false};
    std::thread server{[&] {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        Peer peer{fd, 0, over};
        answer_all(peer);
        ::close(fd);
    }};
    const Outcome outcome = drive(plan_for(address, {.kind = kind, .count = 8}));
    server.join();
    ::close(listener);
    const ActorOutcome& actor = crowd_of(outcome);
    EXPECT_LT(actor.connections_made, 8U);
    EXPECT_EQ(actor.response_time.count(), actor.unanswered);
    return actor.unanswered;
}

TEST(Crowd, WhoAsksForNothingIsNotUnansweredWhileItDials) {
    EXPECT_EQ(unanswered_at_a_closed_door(CrowdKind::abandoner), 0U);
    EXPECT_EQ(unanswered_at_a_closed_door(CrowdKind::resetter), 0U);
    EXPECT_EQ(unanswered_at_a_closed_door(CrowdKind::half_closer), 8U);
}

TEST(Crowd, AFirehoseDoesNotWaitForReplies) {
    std::atomic<bool> piled{false};
    CrowdServer server{[&](Peer& peer) {
        while (peer.read_request()) {
            std::this_thread::sleep_for(2ms);
            piled.store(piled || peer.has_more());
            if (!peer.send(hello)) return;
        }
    }};
    const Outcome outcome = drive(
        plan_for(server.address(), {.kind = CrowdKind::firehose, .count = 1, .rate_per_s = 2000}));
    const ActorOutcome& greedy = crowd_of(outcome);
    EXPECT_TRUE(piled);
    EXPECT_GT(greedy.requests_sent, greedy.replies_ok + 10);
    EXPECT_GT(greedy.replies_ok, 0U);
    EXPECT_LE(greedy.requests_sent, 900U);  // 2000 a second for 0.4 s
}

TEST(Crowd, NoticesResets) {
    CrowdServer server{[](Peer& peer) {
        if (peer.read_request()) peer.reset();
    }};
    const Outcome outcome =
        drive(plan_for(server.address(), {.kind = CrowdKind::dead, .count = 3}));
    const ActorOutcome& dead = crowd_of(outcome);
    EXPECT_EQ(dead.crowd->reset_by_server, 3U);
    EXPECT_EQ(dead.error_count(ErrorKind::reset), 3U);
}

TEST(Crowd, TakesNoAnswerThatItDidNotAskFor) {
    CrowdServer server{[](Peer& peer) {
        while (peer.send(hello) && peer.read_request() && peer.send(hello)) {
        }
    }};
    for (const CrowdKind kind : {CrowdKind::dead, CrowdKind::slow_sender, CrowdKind::half_closer}) {
        Plan plan = plan_for(server.address(), {.kind = kind, .count = 2});
        plan.crowd[0].bytes_per_s = 100;
        const Outcome outcome = drive(plan);
        const ActorOutcome& actor = crowd_of(outcome);
        EXPECT_GE(actor.error_count(ErrorKind::wrong_reply), 2U) << actor.kind;
        EXPECT_EQ(errors_of(actor), actor.error_count(ErrorKind::wrong_reply)) << actor.kind;
    }
}

TEST(Crowd, NoticesAReplyThatIsCutEvenWhereItAwaitsNone) {
    CrowdServer server{[](Peer& peer) {
        if (!peer.read_request()) return;
        peer.send(std::string_view{hello}.substr(0, 50));
        peer.take_rest();
    }};
    for (const CrowdKind kind : {CrowdKind::slow_reader, CrowdKind::firehose}) {
        Plan plan = plan_for(server.address(), {.kind = kind, .count = 1, .rate_per_s = 20});
        const Outcome outcome = drive(plan);
        EXPECT_GT(crowd_of(outcome).error_count(ErrorKind::short_reply), 0U) << name(kind);
    }
}

TEST(Crowd, ComesAndGoesAtItsTimes) {
    std::atomic<int> gone{0};
    std::atomic<bool> open{false};
    std::atomic<int> early{0};
    CrowdServer server{[&](Peer& peer) {
        if (!open) early.fetch_add(1);
        answer_all(peer);
        gone.fetch_add(1);
    }};
    Plan plan =
        plan_for(server.address(),
                 {.kind = CrowdKind::dead, .count = 3, .span = {.start_s = 0.05, .stop_s = 0.15}});
    plan.warm_up_s = 0.1;
    const Hooks hooks{.connected = {},
                      .window_open = [&] { open.store(true); },
                      .window_close = [&] { EXPECT_EQ(gone, 3); }};
    const Outcome outcome = drive(plan, hooks);
    EXPECT_EQ(early, 0);
    EXPECT_EQ(crowd_of(outcome).crowd->open_at_start, 0U);
    EXPECT_EQ(crowd_of(outcome).crowd->closed_by_client, 3U);
}

TEST(Crowd, IsRefusedTowardsPublicAddresses) {
    const auto refused = [](const char* host) {
        Plan plan = plan_for(*numeric_address(host, 1), {.kind = CrowdKind::dead});
        try {
            validate(plan);
            return false;
        } catch (const std::invalid_argument&) {
            return true;
        }
    };
    for (const char* host : {"192.0.2.1", "8.8.8.8", "172.32.0.1", "2001:db8::1", "11.0.0.1"}) {
        EXPECT_TRUE(refused(host)) << host;
    }
    for (const char* host : {"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.0.1", "192.168.1.1",
                             "169.254.0.1", "::1", "fd00::1", "fe80::1"}) {
        EXPECT_FALSE(refused(host)) << host;
    }
}

TEST(TimedHooks, AreCalledInOrderInsideTheWindow) {
    ScriptedServer server{answer_all};
    Plan plan = plan_for(server.address(), {});
    plan.crowd.clear();
    std::string order;
    const auto note = [&order](const char* what) { return [&order, what] { order += what; }; };
    const Hooks hooks{.connected = note("c"),
                      .window_open = note("o"),
                      .window_close = note("x"),
                      .events = {{.at_s = 0.2, .call = note("2")},
                                 {.at_s = 0.1, .call = note("1")},
                                 {.at_s = 0.5, .call = note("late")}}};
    (void)drive(plan, hooks);
    EXPECT_EQ(order, "co12x");
}

TEST(TimedHooks, ThatRepeatLeaveOutWhatTheyAreTooLateFor) {
    ScriptedServer server{answer_all};
    Plan plan = plan_for(server.address(), {});
    plan.crowd.clear();
    int quick = 0, slow = 0;
    const auto dawdle = [&slow] {
        ++slow;
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    };
    const Hooks hooks{
        .connected = {},
        .window_open = {},
        .window_close = {},
        .events = {{.at_s = 0.05, .call = [&quick] { ++quick; }, .every_s = 0.01, .for_s = 0.05},
                   {.at_s = 0.2, .call = dawdle, .every_s = 0.0001, .for_s = 1000}}};
    const load::Outcome outcome = drive(plan, hooks);
    EXPECT_GE(quick, 1);
    EXPECT_LE(quick, 5);
    EXPECT_GE(slow, 1);
    EXPECT_LE(slow, 1 + static_cast<int>(plan.measured_s / 0.05));
    EXPECT_LT(outcome.measured_s, plan.measured_s + 1);  // not the thousand seconds
}

// The reader of replies.

std::size_t replies_in(std::string_view stream, std::size_t piece_bytes) {
    ReplyReader reader;
    std::size_t count = 0;
    for (std::size_t at = 0; at < stream.size(); at += piece_bytes) {
        std::string_view piece = stream.substr(at, piece_bytes);
        while (!piece.empty()) {
            piece.remove_prefix(reader.take(piece));
            if (!reader.whole()) continue;
            ++count;
            reader.restart();
        }
    }
    return count;
}

TEST(ReplyReader, FindsTheEndsOfRepliesHoweverTheyAreSplit) {
    const std::string stream = hello +
                               "HTTP/1.1 204 No Content\r\n\r\n"
                               "HTTP/1.1 200 OK\r\ncontent-LENGTH:\t3\r\n\r\nabc" +
                               hello + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        EXPECT_EQ(replies_in(stream, piece), 5U) << piece;
    }
}

TEST(ReplyReader, GivesUpWhatIsNoReply) {
    ReplyReader reader;
    reader.take("HT");
    EXPECT_FALSE(reader.broken());
    reader.take("ML");
    EXPECT_TRUE(reader.broken());
    EXPECT_FALSE(reader.whole());
    EXPECT_EQ(reader.take("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), 0U);
    reader.restart();
    EXPECT_EQ(reader.take(hello), hello.size());
    EXPECT_TRUE(reader.whole());
}

TEST(ReplyReader, GivesUpAHeadThatDoesNotEnd) {
    ReplyReader reader;
    const std::string block(1000, 'x');
    reader.take("HTTP/1.1 200 OK\r\nX: ");
    for (int blocks = 0; blocks < 65; ++blocks) reader.take(block);
    EXPECT_FALSE(reader.broken());
    reader.take(block);
    EXPECT_TRUE(reader.broken());

    reader.restart();  // a body may be larger than any head
    reader.take("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'));
    EXPECT_TRUE(reader.whole());
}

TEST(ReplyReader, TakesAReplyWithoutALengthToTheEnd) {
    ReplyReader reader;
    EXPECT_FALSE(reader.whole_at_end());
    const std::string reply = "HTTP/1.0 404 Not Found\r\n\r\nsome bytes";
    EXPECT_EQ(reader.take(reply), reply.size());
    EXPECT_FALSE(reader.whole());
    EXPECT_TRUE(reader.whole_at_end());
    EXPECT_EQ(reader.status(), 404);
}

}  // namespace
}  // namespace load
