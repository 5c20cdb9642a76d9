#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/analysis/diagnosis.hpp"
#include "bench/lab/cell.hpp"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace artefact = analysis::artefact;

lab::Times times_of(std::initializer_list<std::pair<double, int>> seconds_and_counts) {
    load::Histogram histogram;
    for (const auto& [seconds, count] : seconds_and_counts) {
        for (int i = 0; i < count; ++i) {
            // Spread over two percent, as times are.
            histogram.record(static_cast<std::uint64_t>(seconds * 1e9 * (1 + 0.02 * i / count)));
        }
    }
    return lab::times_of(histogram);
}

/// A cell in which nothing is wrong: 64 clients, all served alike, in 100 us each.
lab::Cell healthy(const std::string& model, int round = 1) {
    lab::Cell cell;
    cell.model = model;
    cell.workload = "keep-alive";
    cell.round = round;
    cell.measured_s = 0.5;
    cell.offered_clients = 64;
    cell.served_clients = 64;
    cell.fairness_jain = 0.99;
    cell.replies_ok = 50000;
    cell.throughput_per_s = 100000;
    cell.errors.emplace();
    cell.connect_time = times_of({{0.0001, 64}});
    cell.service_time = times_of({{0.0005, 40000}, {0.002, 9000}, {0.01, 1000}});
    cell.response_time = cell.service_time;
    cell.server.emplace();
    cell.server->cpu_us_per_request = 6;
    cell.server->cpu_busy_ratio = 0.97;
    cell.kernel = lab::KernelFigures{.listen_overflows = 0,
                                     .listen_drops = 0,
                                     .syn_retransmissions = 0,
                                     .segments_retransmitted = 0,
                                     .resets_sent = 0,
                                     .established_resets = 0,
                                     .delayed_acks = 3};
    cell.load = lab::LoadFigures{};
    cell.load->was_the_limit = false;
    cell.load->awake_ratio = 0.9;
    cell.load->reply_timeout_s = 10;
    cell.load->connect_timeout_s = 10;
    return cell;
}

lab::Result result_of(std::vector<lab::Cell> cells) {
    lab::Result result;
    lab::Workload workload;
    workload.id = cells.front().workload;
    workload.actors = {
        lab::Actor{.kind = lab::ActorKind::polite, .count = {.number = 64, .axis = {}}}};
    result.workloads = {workload};
    result.run.tool_version = "0.1.0";
    result.run.measured_s = 0.5;
    for (const lab::Cell& cell : cells) {
        lab::Model model;
        model.name = cell.model;
        const auto same = [&](const lab::Model& other) { return other.name == model.name; };
        if (std::none_of(result.models.begin(), result.models.end(), same))
            result.models.push_back(model);
    }
    result.machine.port_range_first = 32768;
    result.machine.port_range_last = 60999;
    result.machine.tcp["tcp_syn_linear_timeouts"] = 4;
    result.cells = std::move(cells);
    return result;
}

std::vector<std::string> names_in(const lab::Result& result) {
    std::vector<std::string> names;
    for (const auto& diagnosis : analysis::diagnose(result)) names.push_back(diagnosis.artefact);
    return names;
}

void set_errors(lab::Cell& cell, load::ErrorKind kind, std::uint64_t count) {
    (*cell.errors)[static_cast<std::size_t>(kind)] = count;
}

TEST(Diagnosis, SaysNothingOfHealthyCells) {
    std::vector<lab::Cell> cells;
    for (int round = 1; round <= 8; ++round) {
        for (const char* model : {"select", "poll", "epoll_lt"}) {
            cells.push_back(healthy(model, round));
        }
    }
    EXPECT_THAT(names_in(result_of(cells)), IsEmpty());
}

std::vector<double> first_steps_s(std::optional<std::int64_t> linear_timeouts, std::size_t count) {
    std::vector<double> steps_s;
    for (const auto& stair : analysis::syn_retry_stairs(linear_timeouts))
        if (steps_s.size() < count) steps_s.push_back(stair.step_s);
    return steps_s;
}

TEST(Diagnosis, KnowsTheStairsOfBothWaysOfRetrying) {
    EXPECT_THAT(first_steps_s(4, 7), ElementsAre(1, 2, 3, 4, 5, 7, 11));
    EXPECT_THAT(first_steps_s(7, 10), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 10, 14));
    EXPECT_THAT(first_steps_s(0, 4), ElementsAre(1, 3, 7, 15));
    EXPECT_THAT(first_steps_s(std::nullopt, 4), ElementsAre(1, 3, 7, 15));
}

TEST(Diagnosis, CountsNoConnectOnTwoStairs) {
    for (const std::optional<std::int64_t> linear :
         std::initializer_list<std::optional<std::int64_t>>{0, 4, 7, 63, std::nullopt}) {
        const auto stairs = analysis::syn_retry_stairs(linear);
        for (std::size_t at = 0; at < stairs.size(); ++at) {
            EXPECT_LT(stairs[at].begin_s, stairs[at].step_s);
            EXPECT_GT(stairs[at].end_s, stairs[at].step_s);
            EXPECT_GE(stairs[at].begin_s, at > 0 ? stairs[at - 1].end_s : 0);
        }
    }
    lab::Cell cell = healthy("poll");
    cell.connect_time = times_of({{0.0002, 60}, {7.95, 1}});
    cell.kernel->listen_overflows = 8;
    cell.kernel->syn_retransmissions = 8;
    lab::Result result = result_of({cell});
    result.machine.tcp["tcp_syn_linear_timeouts"] = 7;
    const auto found = analysis::diagnose(result);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].figures.at("connects_on_stairs"), 1);
}

TEST(Diagnosis, NamesTheStaircaseWhereConnectsStandOnItAndTheBacklogOverflowed) {
    lab::Cell cell = healthy("poll");
    cell.connect_time = times_of({{0.0002, 60}, {1.02, 30}, {2.05, 6}});
    cell.kernel->listen_overflows = 36;
    cell.kernel->syn_retransmissions = 42;
    const auto found = analysis::diagnose(result_of({cell}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].artefact, artefact::syn_retry_staircase);
    EXPECT_THAT(found[0].evidence, HasSubstr("30 at 1 s, 6 at 2 s"));
    EXPECT_THAT(found[0].evidence, HasSubstr("ListenOverflows 36"));
    EXPECT_EQ(found[0].figures.at("connects_on_stairs"), 36);
}

TEST(Diagnosis, TellsSlowConnectsFromTheStaircase) {
    lab::Cell cell = healthy("poll");
    cell.connect_time = times_of({{0.3, 30}, {0.7, 20}, {1.5, 3}});
    EXPECT_THAT(names_in(result_of({cell})), IsEmpty());
}

TEST(Diagnosis, NamesAnOverflowWhoseClientsStillWait) {
    lab::Cell cell = healthy("poll");
    cell.kernel->listen_overflows = 20;
    cell.kernel->syn_retransmissions = 20;
    lab::Cell unserved = cell;
    unserved.served_clients = 62;
    const auto found = analysis::diagnose(result_of({unserved}));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].artefact, artefact::syn_retry_staircase);
    EXPECT_THAT(found[0].evidence, HasSubstr("2 of 64 clients were never served"));

    lab::Cell gave_up = cell;
    set_errors(gave_up, load::ErrorKind::connect_timeout, 3);
    EXPECT_THAT(names_in(result_of({gave_up})),
                ElementsAre(artefact::syn_retry_staircase, artefact::time_out_wall));

    lab::Cell dialing = cell;
    dialing.connections_made = 5000;
    dialing.response_time = times_of({{0.0005, 5000}, {0.4, 2}});
    EXPECT_THAT(names_in(result_of({dialing})), ElementsAre(artefact::syn_retry_staircase));

    lab::Cell crowded = cell;
    crowded.actors.emplace(1);
    crowded.actors->front().kind = "burst";
    crowded.actors->front().crowd.emplace();
    crowded.actors->front().offered_clients = 64;
    crowded.actors->front().connections_made = 60;
    EXPECT_THAT(names_in(result_of({crowded})), ElementsAre(artefact::syn_retry_staircase));
}

// The kernel counts for the whole machine: another program's backlog overflows as well.
TEST(Diagnosis, LeavesAnOverflowThatNobodyHereHasMetToOthers) {
    lab::Cell cell = healthy("poll");
    cell.kernel->listen_overflows = 40;
    cell.kernel->syn_retransmissions = 40;
    EXPECT_THAT(names_in(result_of({cell})), IsEmpty());
    cell.connections_made = 5000;  // by clients that connect for each request, and all got in
    EXPECT_THAT(names_in(result_of({cell})), IsEmpty());
}

/// Five steps, the last `late` of which have replies that took so long.
lab::Timeline timeline_of(int late, double late_us) {
    lab::Timeline timeline{.step_ms = 100, .points = {}};
    for (int step = 5; step > 0; --step)
        timeline.points.push_back({.replies = 20, .p99_us = step <= late ? late_us : 300});
    return timeline;
}

/// Head and body in two sends: of a hundred replies 90 wait for the client's acknowledgement.
lab::Cell in_two_sends(const std::string& model, int round = 1) {
    lab::Cell cell = healthy(model, round);
    cell.service_time = times_of({{0.0003, 10}, {0.0425, 90}});
    cell.timeline = timeline_of(5, 43000);
    cell.kernel->delayed_acks = 111;
    cell.server->system_calls_per_request_by_name = {{"recv", 1.0}, {"send", 2.0}};
    return cell;
}

/// A handler that sleeps as long: one send, and hardly an acknowledgement that is late.
lab::Cell asleep(const std::string& model, double seconds) {
    lab::Cell cell = healthy(model);
    cell.service_time = times_of({{seconds, 96}});
    cell.timeline = timeline_of(5, seconds * 1e6);
    cell.kernel->delayed_acks = 8;
    cell.server->system_calls_per_request_by_name = {{"recv", 1.0}, {"send", 1.0}};
    return cell;
}

TEST(Diagnosis, NamesBothPlateausOfWaitingAcknowledgements) {
    lab::Cell two_hundred = asleep("select", 0.2035);
    two_hundred.server->system_calls_per_request_by_name["send"] = 2;
    const auto found = analysis::diagnose(result_of({in_two_sends("poll"), two_hundred}));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].artefact, artefact::delayed_ack_plateau);
    EXPECT_EQ(found[0].figures.at("plateau_ms"), 40);
    EXPECT_EQ(found[0].figures.at("delayed_acks"), 111);
    EXPECT_THAT(found[0].evidence, HasSubstr("90 of 100 replies (90 %)"));
    EXPECT_THAT(found[0].evidence, HasSubstr("delayed ACKs 111, segments retransmitted 0, sends a "
                                             "reply 2.0"));
    EXPECT_THAT(found[0].sentence, HasSubstr("TCP_NODELAY, ends it."));
    EXPECT_EQ(found[1].figures.at("plateau_ms"), 200);
    EXPECT_THAT(found[1].sentence, HasSubstr("the counters cannot tell"));  // a cork has none
}

TEST(Diagnosis, TakesNoHandlerOfSuchALengthForAWaitThatTheKernelHasNotCounted) {
    EXPECT_THAT(names_in(result_of({asleep("thread_per_client", 0.0402)})), IsEmpty());
    EXPECT_THAT(names_in(result_of({asleep("thread_per_client", 0.2005)})), IsEmpty());
    lab::Cell unknown_calls = asleep("thread_per_client", 0.0402);
    unknown_calls.server->system_calls_per_request_by_name.clear();
    EXPECT_THAT(names_in(result_of({unknown_calls})), IsEmpty());
    // One of 45 ms delays the acknowledgement of the request itself.
    lab::Cell longer = asleep("thread_per_client", 0.0451);
    longer.kernel->delayed_acks = 96;
    EXPECT_THAT(names_in(result_of({longer})), IsEmpty());
}

TEST(Diagnosis, NamesBothCausesOfAPlateauWhereNobodyHasCounted) {
    lab::Cell cell = asleep("theirs", 0.0402);
    cell.server->system_calls_per_request_by_name.clear();
    cell.kernel->delayed_acks = std::nullopt;
    const auto found = analysis::diagnose(result_of({cell}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].sentence, HasSubstr("the counters cannot tell"));
    EXPECT_THAT(found[0].evidence, HasSubstr("delayed ACKs not known"));
    EXPECT_THAT(found[0].evidence, HasSubstr("sends a reply not known"));
    EXPECT_EQ(found[0].figures.count("delayed_acks"), 0U);
}

TEST(Diagnosis, KnowsRetransmissionsByTheirOwnCounter) {
    lab::Cell cell = asleep("poll", 0.2035);
    cell.kernel->segments_retransmitted = 90;
    const auto found = analysis::diagnose(result_of({cell}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].evidence, HasSubstr("segments retransmitted 90"));
    EXPECT_THAT(found[0].sentence, HasSubstr("waited for an acknowledgement"));
}

// One stop of 40 ms makes as many late replies as there are clients, all at its end.
TEST(Diagnosis, TakesNoStopForAPlateau) {
    lab::Cell once = in_two_sends("poll");
    once.service_time = times_of({{0.0005, 900}, {0.0425, 64}});
    once.timeline = timeline_of(1, 43000);
    EXPECT_THAT(names_in(result_of({once})), IsEmpty());
    lab::Cell waited = in_two_sends("theirs");
    waited.server->cpu_wait_ratio = 0.2;
    EXPECT_THAT(names_in(result_of({waited})), ElementsAre(artefact::delayed_ack_plateau));
    waited.server->system_calls_per_request_by_name.clear();  // nobody can tell what it was
    EXPECT_THAT(names_in(result_of({waited})), IsEmpty());
    waited.server->cpu_wait_ratio = 0.02;
    EXPECT_THAT(names_in(result_of({waited})), ElementsAre(artefact::delayed_ack_plateau));
    waited.load->was_the_limit = true;
    EXPECT_THAT(names_in(result_of({waited})), ElementsAre(artefact::load_side_saturated));
}

TEST(Diagnosis, NamesAPlateauOfMostRoundsOnly) {
    std::vector<lab::Cell> cells;
    for (int round = 1; round <= 8; ++round) {
        cells.push_back(round <= 4 ? in_two_sends("poll", round) : healthy("poll", round));
        cells.push_back(round <= 5 ? in_two_sends("select", round) : healthy("select", round));
    }
    const auto found = analysis::diagnose(result_of(cells));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].model, "select");
    EXPECT_EQ(found[0].rounds, 5);
}

TEST(Diagnosis, TellsASlopeThroughFortyMillisecondsFromAPlateau) {
    lab::Cell cell = healthy("poll");
    cell.service_time =
        times_of({{0.01, 500}, {0.02, 400}, {0.03, 300}, {0.042, 200}, {0.055, 150}, {0.07, 50}});
    EXPECT_THAT(names_in(result_of({cell})), IsEmpty());
}

TEST(Diagnosis, KnowsThePlateauOfABusyMachineAndTellsItFromRepliesThatTakeFiftyMilliseconds) {
    lab::Cell late = healthy("poll");
    late.service_time = times_of({{0.041, 30}, {0.048, 300}, {0.057, 50}});
    late.kernel->delayed_acks = 380;
    EXPECT_THAT(names_in(result_of({late})), ElementsAre(artefact::delayed_ack_plateau));
    lab::Cell slow = healthy("poll");
    slow.service_time = times_of({{0.050, 380}});
    slow.kernel->delayed_acks = 380;
    EXPECT_THAT(names_in(result_of({slow})), IsEmpty());
}

TEST(Diagnosis, NamesTheStaircaseThatOnlyClientsOfACrowdMet) {
    lab::Cell cell = healthy("poll");
    cell.kernel->listen_overflows = 20;
    cell.kernel->syn_retransmissions = 20;
    cell.actors.emplace(1);
    lab::ActorFigures& burst = cell.actors->front();
    burst.kind = "burst";
    burst.crowd.emplace();
    burst.connect_max_us = 1.01e6;
    const auto found = analysis::diagnose(result_of({cell}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].artefact, artefact::syn_retry_staircase);
    EXPECT_THAT(found[0].evidence, HasSubstr("the latest burst client was connected after 1.01 s"));
}

TEST(Diagnosis, NamesTheTimeOutWall) {
    lab::Cell cell = healthy("poll");
    set_errors(cell, load::ErrorKind::reply_timeout, 12);
    const auto found = analysis::diagnose(result_of({cell}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].artefact, artefact::time_out_wall);
    EXPECT_THAT(found[0].evidence, HasSubstr("whose limit is 10 s"));
}

// Three requests a connection, and some of them never answered: each is an error of its own here,
// even where their number happens to be a multiple of three.
TEST(Diagnosis, TakesNoCountOfOurOwnClientsForWholeConnections) {
    lab::Cell cell = healthy("poll");
    set_errors(cell, load::ErrorKind::reply_timeout, 12);
    lab::Result result = result_of({cell});
    result.workloads[0].actors[0].requests_a_connection = 3;
    const auto found = analysis::diagnose(result);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].evidence, HasSubstr("12 replies and 0 connections"));
    EXPECT_THAT(found[0].evidence, Not(HasSubstr("with all its requests")));
}

TEST(Diagnosis, SeesNoLimitInAWindowThatWasToBeAsLong) {
    lab::Cell cell = healthy("poll");
    set_errors(cell, load::ErrorKind::reply_timeout, 12);
    cell.load->reply_timeout_s = 0.6;
    cell.measured_s = 0.601;
    lab::Result result = result_of({cell});
    result.run.measured_s = 0.6;
    EXPECT_THAT(analysis::diagnose(result).at(0).evidence, Not(HasSubstr("which is that limit")));
    result.run.measured_s = 0.3;
    EXPECT_THAT(analysis::diagnose(result).at(0).evidence, HasSubstr("which is that limit"));
}

// "select collapses at 256 connections": 45,600 of 51,200 messages were answered, 5,600 errors,
// 10.2 s, with a time-out of 10 s and a backlog of 64. A client there sends 200 messages on each of
// its connections. Source: github.com/RaduPetrila-dev/Concurrent-Servers,
// results/20260815-192859/summary.csv, select_server, 256.
TEST(Diagnosis, NamesThePublishedCollapseOfSelect) {
    lab::Cell cell = healthy("select");
    cell.offered_clients = 256;
    cell.served_clients = 228;
    cell.fairness_jain = 228.0 / 256;
    cell.replies_ok = 45600;
    cell.measured_s = 10.238;
    cell.throughput_per_s = 4454;
    cell.server->cpu_busy_ratio = std::nullopt;
    cell.kernel = lab::KernelFigures{};  // nobody looked
    set_errors(cell, load::ErrorKind::reply_timeout, 5600);
    lab::Result result = result_of({cell});
    result.run = {};  // not ours
    result.workloads[0].actors[0].requests_a_connection = 200;

    const auto found = analysis::diagnose(result);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].artefact, artefact::time_out_wall);
    EXPECT_THAT(found[0].evidence, HasSubstr("5600 errors = 28 x 200"));
    EXPECT_THAT(found[0].evidence, HasSubstr("10.2 s, which is that limit"));
    EXPECT_EQ(found[1].artefact, artefact::starved_clients);
    EXPECT_THAT(found[1].evidence, HasSubstr("228 of 256 clients"));
}

TEST(Diagnosis, NamesPortsThatRanOut) {
    lab::Cell cell = healthy("poll");
    set_errors(cell, load::ErrorKind::no_ports, 7);
    const auto found = analysis::diagnose(result_of({cell}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].artefact, artefact::port_exhaustion);
    EXPECT_THAT(found[0].evidence, HasSubstr("32768 to 60999 are 28232"));
}

TEST(Diagnosis, NamesASaturatedLoadSideWhereItWasSoInMostRounds) {
    std::vector<lab::Cell> cells;
    for (int round = 1; round <= 8; ++round) {
        cells.push_back(healthy("poll", round));
        cells.back().load->was_the_limit = round <= 5;
        cells.back().load->awake_ratio = 0.99;
        cells.push_back(healthy("select", round));
        cells.back().load->was_the_limit = round <= 4;
        cells.back().load->awake_ratio = 0.99;
    }
    const auto found = analysis::diagnose(result_of(cells));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].artefact, artefact::load_side_saturated);
    EXPECT_EQ(found[0].model, "poll");
    EXPECT_EQ(found[0].rounds, 5);
}

TEST(Diagnosis, NamesStarvedClients) {
    lab::Cell cell = healthy("pool");
    cell.served_clients = 8;
    cell.fairness_jain = 0.125;
    const auto found = analysis::diagnose(result_of({cell}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].artefact, artefact::starved_clients);
    EXPECT_THAT(found[0].evidence, HasSubstr("8 of 64 clients"));
}

TEST(Diagnosis, NamesAPaceThatNoModelSets) {
    std::vector<lab::Cell> cells;
    double cost_us = 5;
    for (const char* model : {"select", "poll", "epoll_lt"}) {
        cells.push_back(healthy(model));
        cells.back().throughput_per_s = 2000 + cost_us;
        cells.back().server->cpu_busy_ratio = 0.1;
        cells.back().server->cpu_us_per_request = cost_us;
        cost_us *= 1.5;
    }
    lab::Result result = result_of(cells);
    result.run.rounds_planned = 8;  // the run was ended after the first
    const auto found = analysis::diagnose(result);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].artefact, artefact::same_throughput);
    EXPECT_EQ(found[0].rounds, 1);

    // An open loop asks them all at the same rate: nothing to wonder about.
    result.workloads[0].actors[0].kind = lab::ActorKind::steady;
    EXPECT_THAT(names_in(result), IsEmpty());
}

TEST(Diagnosis, SaysNothingOfCellsThatWereNotMeasured) {
    lab::Cell cell = healthy("poll");
    set_errors(cell, load::ErrorKind::no_ports, 7);
    cell.status = lab::Status::failed;
    EXPECT_THAT(names_in(result_of({cell})), IsEmpty());
}

}  // namespace
