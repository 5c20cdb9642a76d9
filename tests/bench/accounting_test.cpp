#include "bench/lab/accounting.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/lab/call_names.hpp"
#include "bench/lab/cell.hpp"
#include "bench/lab/neighbours.hpp"
#include "bench/lab/text.hpp"
#include "bench/lab/tracepoints.hpp"
#include "bench/verify/process.hpp"
#include "bench/verify/socket_view.hpp"
#include "common/sys/fd.hpp"

namespace {

using namespace std::chrono_literals;

TEST(NamedCounters, PairsLinesOfNamesAndValues) {
    const auto values = lab::parse_named_counters(
        "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 17 18\n"
        "IpExt: InNoRoutes InOctets\nIpExt: 3 9223372036854775\n");
    EXPECT_EQ(values.at("ListenOverflows"), 17);
    EXPECT_EQ(values.at("ListenDrops"), 18);
    EXPECT_EQ(values.at("InNoRoutes"), 3);
    EXPECT_EQ(values.size(), 5U);
}

TEST(NamedCounters, SurvivesGroupsWithoutPartner) {
    EXPECT_TRUE(lab::parse_named_counters("").empty());
    EXPECT_TRUE(lab::parse_named_counters("Tcp: A B\nUdp: C\n").empty());
}

TEST(Slabs, AddUpWhatIsOfSocketsFilesAndThreads) {
    std::istringstream table{
        "slabinfo - version: 2.1\n"
        "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>\n"
        "TCP                  104    156   2368   13    8 : tunables    0    0    0\n"
        "tw_sock_TCP           50     60    248   16    1 : tunables    0    0    0\n"
        "filp                 917   1113    192   21    1 : tunables    0    0    0\n"};
    EXPECT_EQ(lab::parse_slabs(table), 104U * 2368 + 917 * 192);
}

TEST(Slabs, AreUnknownWithoutATable) {
    std::istringstream nothing{""};
    EXPECT_EQ(lab::parse_slabs(nothing), std::nullopt);
}

std::optional<int> waiting_in(const std::string& text, int port) {
    std::istringstream table{text};
    return lab::parse_accept_queue(table, port);
}

TEST(AcceptQueue, IsTheReceiveQueueOfTheListener) {
    const char* table =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout inode\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:0000001B 00:00000000 00000000     0        "
        "0 1 1 0 100 0 0 10 0\n"
        "   1: 0100007F:1F90 0100007F:D136 01 00000000:00000063 03:0000153E 00000000     0        "
        "0 0 3 0\n";
    EXPECT_EQ(waiting_in(table, 8080), 27);
    EXPECT_FALSE(waiting_in(table, 8081));
}

TEST(AcceptQueue, IsTheSumWhereSeveralListenAtOnePort) {
    const char* table =
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        "
        "0 1 1 0 100 0 0 10 0\n"
        "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000004 00:00000000 00000000     0        "
        "0 2 1 0 100 0 0 10 0\n";
    EXPECT_EQ(waiting_in(table, 8080), 7);
}

// After a minute of short connections there are a hundred thousand.
TEST(AcceptQueue, IsReadWithoutTheConnectionsBehindTheListeners) {
    std::string text =
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        "
        "0 1 1 0 100 0 0 10 0\n";
    const std::size_t listeners_bytes = text.size();
    const std::string connection =
        "   1: 0100007F:1F90 0100007F:D136 06 00000000:00000000 03:0000153E 00000000     0        "
        "0 0 3 0\n";
    for (int count = 0; count < 1000; ++count) text += connection;
    std::istringstream table{text};
    EXPECT_EQ(lab::parse_accept_queue(table, 8080), 3);
    EXPECT_EQ(table.tellg(), static_cast<std::streamoff>(listeners_bytes + connection.size()));
}

// A listener and a client of it, on loopback.
struct Talk {
    sys::Fd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sys::Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sys::Fd server{};
    sockaddr_in address{};

    Talk() {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        ::bind(listener.get(), generic, size);
        ::listen(listener.get(), 5);
        ::getsockname(listener.get(), generic, &size);
        const int on = 1;
        ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::connect(client.get(), generic, size);
        server = sys::Fd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    }
};

TEST(ServerSockets, TellWhatIsUnreadAndInHowManySegmentsItCame) {
    const Talk talk;
    ASSERT_TRUE(talk.server);
    const auto port = ntohs(talk.address.sin_port);
    const std::string piece(100, 'a');
    for (int count = 0; count < 3; ++count)
        ASSERT_EQ(::send(talk.client.get(), piece.data(), piece.size(), 0), 100);
    ASSERT_EQ(::send(talk.server.get(), piece.data(), piece.size(), 0), 100);

    const auto full = verify::server_sockets(port);
    ASSERT_TRUE(full);
    EXPECT_EQ(full->unread_bytes, 300U);
    EXPECT_EQ(full->segments_received, 3U);
    EXPECT_EQ(full->segments_sent, 1U);

    std::string room(1000, ' ');
    ASSERT_EQ(::recv(talk.server.get(), room.data(), room.size(), 0), 300);
    const auto empty = verify::server_sockets(port);
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->unread_bytes, 0U);
    EXPECT_EQ(empty->segments_received, 3U);
}

TEST(ServerSockets, AreThoseOfOneServer) {
    const Talk one, other;
    ASSERT_EQ(::send(other.client.get(), "x", 1, 0), 1);
    const auto ours = verify::server_sockets(ntohs(one.address.sin_port));
    ASSERT_TRUE(ours);
    EXPECT_EQ(ours->unread_bytes, 0U);
}

TEST(FilesFirst, AreTakenFromNumber16On) {
    std::vector<sys::Fd> inherited;  // as from a shell: they are in the way until exec
    for (int count = 0; count < 30; ++count) inherited.emplace_back(::dup(STDERR_FILENO));
    verify::Process listing{{.command = {"ls", "/proc/self/fd"}, .files_first = 20}};
    const std::string numbers = listing.read_all(verify::in(5s));
    for (const char* taken : {"\n16\n", "\n25\n", "\n35\n"})
        EXPECT_NE(numbers.find(taken), numbers.npos) << numbers;
    for (const char* free : {"\n15\n", "\n36\n"})
        EXPECT_EQ(numbers.find(free), numbers.npos) << numbers;
}

TEST(Kernel, HasTheCountersThatResultsName) {
    const auto reading = lab::read_kernel();
    for (const char* name :
         {"listen_overflows", "listen_drops", "segments_retransmitted", "resets_sent"}) {
        EXPECT_TRUE(reading.counters.contains(name)) << name;
    }
    EXPECT_TRUE(reading.socket_memory_kib);
}

TEST(KernelFigures, AreDifferencesAndNullWhereNotTold) {
    lab::KernelReading before, after;
    before.counters = {{"listen_drops", 5}, {"resets_sent", 1}};
    after.counters = {{"listen_drops", 7}, {"delayed_acks", 1}};
    const auto figures = lab::kernel_figures(before, after);
    EXPECT_EQ(figures.listen_drops, 2);
    EXPECT_FALSE(figures.resets_sent);
    EXPECT_FALSE(figures.delayed_acks);
}

TEST(Process, CountsTheCpuTimeOfThisOne) {
    const std::uint64_t before = lab::read_cpu_ns({.members = {::getpid()}});
    rusage start{}, now{};
    ::getrusage(RUSAGE_SELF, &start);
    const auto used_us = [&] {
        ::getrusage(RUSAGE_SELF, &now);
        return (now.ru_utime.tv_sec - start.ru_utime.tv_sec + now.ru_stime.tv_sec -
                start.ru_stime.tv_sec) *
                   1000000L +
               now.ru_utime.tv_usec - start.ru_utime.tv_usec + now.ru_stime.tv_usec -
               start.ru_stime.tv_usec;
    };
    while (used_us() < 50000) {
    }
    const double measured_us =
        static_cast<double>(lab::read_cpu_ns({.members = {::getpid()}}) - before) / 1e3;
    EXPECT_NEAR(measured_us, 50000, 15000);

    const auto reading = lab::read_process({.members = {::getpid()}});
    EXPECT_GT(reading.memory_kib, 0U);
    EXPECT_GE(reading.peak_memory_kib, reading.memory_kib);
    EXPECT_EQ(reading.threads, 1);
    EXPECT_EQ(reading.processes, 1);
    EXPECT_GT(reading.switches_voluntary + reading.switches_involuntary, 0U);
}

TEST(Process, OfAFamilyCountsAPageThatItSharesOnce) {
    constexpr std::size_t shared_bytes = std::size_t{32} << 20U;
    const std::vector<char> shared(shared_bytes, 'x');
    verify::Family family{.members = {::getpid()}};
    for (int child = 0; child < 3; ++child) {
        const pid_t pid = ::fork();
        while (pid == 0) ::pause();
        family.members.push_back(pid);
    }
    const auto reading = lab::read_process(family);
    for (std::size_t at = 1; at < family.members.size(); ++at) {
        ::kill(family.members[at], SIGKILL);
        ::waitpid(family.members[at], nullptr, 0);
    }
    EXPECT_EQ(reading.processes, 4);
    EXPECT_GT(reading.memory_kib, 4 * shared_bytes / 1024);
    ASSERT_TRUE(reading.proportional_memory_kib);
    EXPECT_GE(*reading.proportional_memory_kib, shared_bytes / 1024);
    EXPECT_LT(*reading.proportional_memory_kib, reading.memory_kib / 2);
    EXPECT_LT(reading.private_memory_kib, reading.memory_kib / 2);
    EXPECT_FALSE(lab::read_process({.members = {::getpid()}}).proportional_memory_kib);
}

TEST(Process, ThatIsGoneAddsNothing) {
    const auto reading = lab::read_process({.members = {0x3fffff}});
    EXPECT_EQ(reading.processes, 0);
    EXPECT_EQ(reading.cpu_ns, 0U);
}

lab::Window window_of_100_ms() {
    lab::Window window;
    window.length_s = 0.1;
    window.process_before.processes = window.process_after.processes = 1;
    window.process_after.cpu_ns = 50'000'000;
    window.process_after.switches_voluntary = 7;
    window.process_after.peak_memory_kib = 4096;
    return window;
}

TEST(ServerFigures, DivideByReplies) {
    const auto figures = lab::server_figures(window_of_100_ms(), 10000);
    EXPECT_DOUBLE_EQ(*figures.cpu_us_per_request, 5);
    EXPECT_DOUBLE_EQ(*figures.cpu_busy_ratio, 0.5);
    EXPECT_EQ(figures.switches_voluntary, 7U);
    EXPECT_FALSE(figures.system_calls_per_request);
    EXPECT_FALSE(figures.requests);
}

TEST(ServerFigures, SayWhatTheMemoryOfSeveralProcessesIs) {
    lab::Window window = window_of_100_ms();
    window.process_after.memory_kib = 4000;
    auto figures = lab::server_figures(window, 100);
    EXPECT_EQ(figures.peak_memory_kib, 4096U);
    EXPECT_EQ(figures.memory_note, "");

    window.process_after.processes = 3;
    figures = lab::server_figures(window, 100);
    EXPECT_EQ(figures.memory_kib, 4000U);
    EXPECT_EQ(figures.peak_memory_kib, 4096U);
    EXPECT_NE(figures.memory_note.find("as often as it is shared"), std::string::npos);

    window.process_before.proportional_memory_kib = 1500;
    window.process_after.proportional_memory_kib = 1400;
    figures = lab::server_figures(window, 100);
    EXPECT_EQ(figures.memory_kib, 1400U);
    EXPECT_EQ(figures.peak_memory_kib, 1500U);
    EXPECT_NE(figures.memory_note.find("counts once"), std::string::npos);
}

TEST(ServerFigures, AreNullWithoutRepliesOrProcess) {
    EXPECT_FALSE(lab::server_figures(window_of_100_ms(), 0).cpu_us_per_request);
    lab::Window gone = window_of_100_ms();
    gone.process_after = {};
    const auto figures = lab::server_figures(gone, 100);
    EXPECT_FALSE(figures.cpu_ms);
    EXPECT_FALSE(figures.peak_memory_kib);
}

TEST(ServerFigures, CountCallsBySiteAndByName) {
    lab::Window window = window_of_100_ms();
    lab::PageReading before, after;
    before.calls[{"../servers/poll.cpp", 10, "recv"}] = {.calls = 5, .bytes = 50};
    after.calls[{"../servers/poll.cpp", 10, "recv"}] = {
        .calls = 105, .bytes = 5050, .would_block = 3};
    after.calls[{"servers/poll.cpp", 20, "send"}] = {.calls = 100};
    after.calls[{"servers/poll.cpp", 30, "send"}] = {.calls = 50};
    after.requests = 100;
    after.wakeups = 20;
    after.events = 100;
    window.page_before = before;
    window.page_after = after;
    const auto figures = lab::server_figures(window, 100);
    EXPECT_DOUBLE_EQ(*figures.system_calls_per_request, 2.5);
    EXPECT_DOUBLE_EQ(figures.system_calls_per_request_by_name.at("recv"), 1);
    EXPECT_DOUBLE_EQ(figures.system_calls_per_request_by_name.at("send"), 1.5);
    EXPECT_DOUBLE_EQ(*figures.wakeups_per_request, 0.2);
    EXPECT_DOUBLE_EQ(*figures.events_per_wakeup, 5);
    ASSERT_EQ(figures.call_sites.size(), 3U);
    EXPECT_EQ(figures.call_sites[0].file, "servers/poll.cpp") << "wherever the compiler ran";
    EXPECT_EQ(figures.call_sites[0].bytes, 5000U);
    EXPECT_EQ(figures.call_sites[0].would_block, 3U);
}

TEST(ServerFigures, TellWhatEachWorkerDidInTheWindow) {
    lab::Window window = window_of_100_ms();
    lab::PageReading& before = window.page_before.emplace();
    lab::PageReading& after = window.page_after.emplace();
    before.workers[1] = {.connections = 10, .requests = 100};
    after.workers[1] = {.connections = 12, .requests = 105};
    after.workers[3] = {.connections = 7, .requests = 70};  // begun inside the window
    const auto figures = lab::server_figures(window, 75);
    ASSERT_TRUE(figures.workers);
    ASSERT_EQ(figures.workers->size(), 2U);
    EXPECT_EQ(figures.workers->front().connections, 2U);
    EXPECT_EQ(figures.workers->front().requests, 5U);
    EXPECT_EQ(figures.workers->back().connections, 7U);
    EXPECT_FALSE(lab::server_figures(window_of_100_ms(), 1).workers);
}

TEST(ServerFigures, HaveWorkersThatDidNothingToo) {
    lab::ServerFigures figures;
    lab::complete_workers(3, figures);
    EXPECT_FALSE(figures.workers) << "without a page nobody knows";
    figures.workers = {{.connections = 7, .requests = 70}};
    lab::complete_workers(3, figures);
    ASSERT_EQ(figures.workers->size(), 3U);
    EXPECT_EQ(figures.workers->front().connections, 7U);
    EXPECT_EQ(figures.workers->back().requests, 0U);
    lab::complete_workers(2, figures);
    EXPECT_EQ(figures.workers->size(), 3U) << "one was replaced";
    lab::complete_workers({}, figures);
    EXPECT_FALSE(figures.workers) << "no pool, no workers";
}

TEST(ServerFigures, GiveNoCallsWhereThePageRanOutOfRows) {
    lab::Window window = window_of_100_ms();
    window.page_before.emplace();
    lab::PageReading& after = window.page_after.emplace();
    after.calls[{"servers/poll.cpp", 10, "recv"}] = {.calls = 100};
    after.requests = 100;
    after.wakeups = 20;
    EXPECT_EQ(lab::server_figures(window, 100).system_calls_source, "statistics page");
    after.lost_rows = 3;
    const auto figures = lab::server_figures(window, 100);
    EXPECT_FALSE(figures.system_calls_per_request);
    EXPECT_TRUE(figures.system_calls_per_request_by_name.empty());
    EXPECT_TRUE(figures.call_sites.empty());
    EXPECT_EQ(figures.system_calls_source, "");
    EXPECT_NE(figures.system_calls_reason.find("3 calls"), std::string::npos);
    EXPECT_DOUBLE_EQ(*figures.wakeups_per_request, 0.2);  // counted elsewhere on the page
}

TEST(ServerFigures, AreOfTheWindowThoughTheClockWasReadLate) {
    lab::Window window = window_of_100_ms();
    window.cpu_length_s = 0.08;
    EXPECT_DOUBLE_EQ(*lab::server_figures(window, 10000).cpu_us_per_request, 6.25);
    window.cpu_length_s = 0.001;  // held up nearly to the end
    EXPECT_FALSE(lab::server_figures(window, 10000).cpu_us_per_request);
    EXPECT_FALSE(lab::server_figures(window, 10000).cpu_ms);
}

TEST(ServerFigures, AreNullWhereASumHasShrunk) {
    lab::Window window = window_of_100_ms();
    window.process_before.cpu_ns = window.process_after.cpu_ns + 1;
    const auto figures = lab::server_figures(window, 100);
    EXPECT_FALSE(figures.cpu_ms);
    EXPECT_FALSE(figures.cpu_us_per_request);
    EXPECT_EQ(figures.processes, 1);
}

TEST(Calls, AreTheGrowthOverTheRequests) {
    const auto calls = lab::calls_per_request({{"recv", 10}, {"send", 5}},
                                              {{"recv", 30}, {"send", 5}, {"other", 5}}, 10);
    EXPECT_EQ(calls, (std::map<std::string, double>{{"other", 0.5}, {"recv", 2}}));
    EXPECT_TRUE(lab::calls_per_request({}, {{"recv", 30}}, 0).empty());
}

// An experiment may ask for every call that the project's servers count.
TEST(CallNames, HaveEveryCallOfTheSeam) {
    const std::string seam = lab::contents(SOURCE_DIR "/common/sys/calls.cpp") +
                             lab::contents(SOURCE_DIR "/common/sys/uring.cpp");
    const std::vector<std::string_view> names = lab::call_names();
    const std::regex counting{R"re(counted(?:<Result::bytes>)?\(\s*"(\w+)")re"};
    std::size_t seen = 0;
    for (std::sregex_iterator at{seam.begin(), seam.end(), counting}, end; at != end; ++at) {
        const std::string name = (*at)[1];
        EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
        ++seen;
    }
    EXPECT_GT(seen, 40U);
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST(CallTracer, CountsTheCallsOfThreadsThatBeginLater) {
    const lab::CallTracer tracer{{::getpid()}};
    if (!tracer.refusal().empty()) GTEST_SKIP() << tracer.refusal();
    const auto before = tracer.read();
    for (int thread = 0; thread < 3; ++thread) {
        std::thread{[] {
            for (int call = 0; call < 10; ++call) ::sched_yield();
            for (int call = 0; call < 5; ++call) ::getppid();
        }}.join();
    }
    const auto calls = lab::calls_per_request(before, tracer.read(), 1);
    EXPECT_EQ(calls.at("sched_yield"), 30);
    EXPECT_GE(calls.at("other"), 15);
}

TEST(PageFile, HasNoReadingBeforeAServerHasBegunIt) {
    lab::PageFile file;
    EXPECT_FALSE(file.read());
}

lab::Workload with_idle(int idle) {
    lab::Workload workload;
    workload.actors = {
        {.kind = lab::ActorKind::idle, .count = {.number = double(idle), .axis = {}}}};
    return workload;
}

TEST(Judge, TakesFiguresFromACellWithAWrongReply) {
    load::Outcome outcome;
    outcome.replies_ok = 1000;
    EXPECT_EQ(lab::judge(outcome, with_idle(0)).status, lab::Status::measured);
    outcome.errors[static_cast<std::size_t>(load::ErrorKind::wrong_reply)] = 1;
    outcome.first_wrong = "Hello, wurld!";
    const auto judgement = lab::judge(outcome, with_idle(0));
    EXPECT_EQ(judgement.status, lab::Status::wrong_answer);
    EXPECT_NE(judgement.reason.find("wurld"), std::string::npos);
}

TEST(Judge, WantsEverySilentClientToBeHeld) {
    load::Outcome outcome;
    outcome.replies_ok = 1000;
    outcome.idle_established = 9;
    EXPECT_EQ(lab::judge(outcome, with_idle(10)).status, lab::Status::failed);
    outcome.idle_established = 10;
    EXPECT_EQ(lab::judge(outcome, with_idle(10)).status, lab::Status::measured);
    outcome.idle_lost = 1;
    EXPECT_EQ(lab::judge(outcome, with_idle(10)).status, lab::Status::failed);
}

TEST(Judge, NamesTheErrorsWhereNothingWasAnswered) {
    load::Outcome outcome;
    outcome.errors[static_cast<std::size_t>(load::ErrorKind::reset)] = 12;
    const auto judgement = lab::judge(outcome, with_idle(0));
    EXPECT_EQ(judgement.status, lab::Status::failed);
    EXPECT_NE(judgement.reason.find("12 reset"), std::string::npos);
    outcome.interrupted = true;
    EXPECT_EQ(lab::judge(outcome, with_idle(0)).status, lab::Status::interrupted);
}

TEST(Neighbours, SeeEachOther) {
    const std::string path = "/tmp/iolab-neighbours-test-" + std::to_string(::getpid());
    lab::Neighbours first{path.c_str()};
    EXPECT_FALSE(first.others());
    {
        lab::Neighbours second{path.c_str()};
        EXPECT_TRUE(first.others());
        EXPECT_TRUE(second.others());
    }
    EXPECT_FALSE(first.others());
    ::unlink(path.c_str());
}

TEST(Pace, IsTheClientsOnlyWhereTheServerHadTime) {
    load::Outcome never_slept;
    never_slept.was_the_limit = true;
    never_slept.requests_sent = 1000;
    lab::ServerFigures server;
    server.threads = 1;
    server.cpu_busy_ratio = 0.5;
    EXPECT_TRUE(lab::load_set_the_pace(never_slept, server, 1));
    server.cpu_busy_ratio = 0.97;  // both were at their end
    EXPECT_FALSE(lab::load_set_the_pace(never_slept, server, 1));
    server.threads = 2;  // and a second CPU that it might have used
    EXPECT_TRUE(lab::load_set_the_pace(never_slept, server, 2));
    EXPECT_FALSE(lab::load_set_the_pace(never_slept, server, 1));

    load::Outcome late = never_slept;  // one group of clients among many others
    late.actors.emplace_back().requests_sent = 100'000;
    late.actors.emplace_back().requests_sent = 1000;
    late.actors.back().late_sends = 50;  // one stall of some milliseconds
    EXPECT_FALSE(lab::load_set_the_pace(late, server, 1));
    late.actors.back().late_sends = 51;
    EXPECT_TRUE(lab::load_set_the_pace(late, server, 1));

    EXPECT_FALSE(lab::load_set_the_pace(load::Outcome{}, server, 2));
    server.cpu_busy_ratio = std::nullopt;  // nobody can tell: the clients may have
    EXPECT_TRUE(lab::load_set_the_pace(never_slept, server, 1));
}

}  // namespace
