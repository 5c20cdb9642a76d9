// `--trace` and `iolab trace`: what is read from a ring, hostile ones among them, and the timeline
// that is made of it.

#include <gtest/gtest.h>

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/lab/trace_file.hpp"
#include "bench/verify/server_process.hpp"
#include "common/sys/counting.hpp"
#include "common/sys/trace.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/run_iolab.hpp"
#include "tests/bench/trace_events.hpp"

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using run_iolab::Finished;
using run_iolab::iolab;

constexpr std::uint32_t pid = 4000;
constexpr int listener = 3;

/// A ring as a server leaves it.
class MadeUp {
public:
    MadeUp() : memory_{std::calloc(1, sizeof(sys::Ring)), &std::free} {
        ring().magic = sys::trace_magic;
        ring().version = sys::trace_version;
        ring().size_bytes = sizeof(sys::Ring);
        ring().sites = sys::max_traced_sites;
        ring().records = sys::ring_records;
        ring().pid = pid;
        ring().clock = CLOCK_MONOTONIC;
    }

    [[nodiscard]] sys::Ring& ring() const { return *static_cast<sys::Ring*>(memory_.get()); }
    [[nodiscard]] sys::Record& at(std::uint64_t sequence) const {
        return ring().record[(sequence - 1) % sys::ring_records];
    }
    [[nodiscard]] std::span<const std::byte> bytes() const {
        return {static_cast<const std::byte*>(memory_.get()), sizeof(sys::Ring)};
    }
    [[nodiscard]] lab::Trace read() const { return lab::parse_trace(bytes(), bytes()); }

    sys::Record& add(const char* call, int fd, std::int64_t result, std::uint64_t start_ns,
                     std::uint64_t duration_ns, std::uint32_t thread = pid,
                     std::uint32_t process = pid) {
        const std::uint64_t sequence = ++ring().calls;
        sys::Record& record = at(sequence);
        record.sequence = sequence;
        record.start_ns = start_ns;
        record.duration_ns = duration_ns;
        record.result = result;
        record.fd = fd;
        record.thread = thread;
        record.process = process;
        record.site = site_of(call);
        return record;
    }

    [[nodiscard]] std::uint32_t site_of(const char* call) const {
        std::uint32_t index = 0;
        while (!sys::bears(ring().site[index], call, {"servers/made_up.cpp", 7, false})) ++index;
        return index;
    }

private:
    std::unique_ptr<void, decltype(&std::free)> memory_;
};

/// What the reader says of a ring that it refuses; "" for one that it takes.
std::string complaint_about(std::span<const std::byte> bytes) {
    try {
        static_cast<void>(lab::parse_trace(bytes, bytes));
    } catch (const lab::BadTrace& error) {
        return error.what();
    }
    return "";
}

TEST(TraceFile, TellsWhatWasRecordedInOrder) {
    MadeUp made;
    made.ring().lost = 3;
    made.add("poll", -1, 1, 1000, 500);
    made.add("recv", 5, -EAGAIN, 1600, 20, pid + 1);
    const lab::Trace trace = made.read();
    EXPECT_EQ(trace.pid, pid);
    EXPECT_EQ(trace.recorded, 2U);
    EXPECT_EQ(trace.overwritten + trace.torn, 0U);
    EXPECT_EQ(trace.lost, 3U);
    ASSERT_EQ(trace.calls.size(), 2U);
    EXPECT_EQ(trace.calls[0].sequence, 1U);
    EXPECT_EQ(trace.calls[0].fd, -1);
    EXPECT_EQ(trace.calls[0].end_ns(), 1500U);
    EXPECT_EQ(trace.calls[1].result, -EAGAIN);
    EXPECT_EQ(trace.calls[1].thread, pid + 1);
    EXPECT_EQ(trace.site_of(trace.calls[1]).call, "recv");
    EXPECT_EQ(trace.site_of(trace.calls[1]).file, "servers/made_up.cpp");
    EXPECT_EQ(trace.site_of(trace.calls[1]).line, 7U);
}

TEST(TraceFile, CountsWhatWasOverwritten) {
    MadeUp made;
    for (std::uint64_t call = 0; call < sys::ring_records + 10; ++call)
        made.add("recv", 5, 1, call, 1);
    const lab::Trace trace = made.read();
    EXPECT_EQ(trace.recorded, sys::ring_records + 10);
    EXPECT_EQ(trace.overwritten, 10U);
    EXPECT_EQ(trace.torn, 0U);
    ASSERT_EQ(trace.calls.size(), sys::ring_records);
    EXPECT_EQ(trace.calls.front().sequence, 11U);
    EXPECT_EQ(trace.calls.back().sequence, sys::ring_records + 10);
}

TEST(TraceFile, LeavesOutHalfWrittenRecords) {
    MadeUp made;
    for (int call = 0; call < 4; ++call) made.add("recv", 5, 1, 10, 1);
    made.at(2).sequence = 2 | sys::half_written;
    made.at(3).sequence = 0;  // its place is taken, and nothing written yet
    const lab::Trace trace = made.read();
    EXPECT_EQ(trace.recorded, 4U);
    EXPECT_EQ(trace.torn, 2U);
    ASSERT_EQ(trace.calls.size(), 2U);
    EXPECT_EQ(trace.calls[1].sequence, 4U);
}

TEST(TraceFile, LeavesOutWhatChangedWhileItWasRead) {
    MadeUp made;
    for (int call = 0; call < 3; ++call) made.add("recv", 5, 1, 10, 1);
    const std::vector<std::byte> before{made.bytes().begin(), made.bytes().end()};
    made.at(2).start_ns = 99;
    made.add("send", 5, 1, 30, 1);
    const lab::Trace trace = lab::parse_trace(before, made.bytes());
    EXPECT_EQ(trace.recorded, 3U);
    EXPECT_EQ(trace.torn, 1U);
    ASSERT_EQ(trace.calls.size(), 2U);
    EXPECT_EQ(trace.calls[1].sequence, 3U);
}

TEST(TraceFile, RefusesOneThatWasCutAnywhere) {
    MadeUp made;
    made.add("recv", 5, 1, 10, 1);
    const std::size_t whole = made.bytes().size();
    for (std::size_t size = 0; size < 400; ++size)
        ASSERT_NE(complaint_about(made.bytes().first(size)), "") << size;
    for (const std::size_t size : {whole - 1, whole - sizeof(sys::Record), whole / 2})
        EXPECT_NE(complaint_about(made.bytes().first(size)), "") << size;
    std::vector<std::byte> longer{made.bytes().begin(), made.bytes().end()};
    longer.push_back({});
    EXPECT_NE(complaint_about(longer), "");
    EXPECT_EQ(complaint_about(made.bytes()), "");
}

TEST(TraceFile, RefusesWhatCannotBe) {
    using Change = void (*)(sys::Ring&);
    const std::pair<const char*, Change> cases[] = {
        {"begin as a trace", [](sys::Ring& ring) { ring.magic[6] = 'x'; }},
        {"version is 1, not 2", [](sys::Ring& ring) { ring.version = 1; }},
        {"size in bytes", [](sys::Ring& ring) { ring.size_bytes += 64; }},
        {"call sites is", [](sys::Ring& ring) { ring.sites = 0xffffffff; }},
        {"records is", [](sys::Ring& ring) { ring.records = 0; }},
        {"clock", [](sys::Ring& ring) { ring.clock = CLOCK_REALTIME; }},
        {"no process", [](sys::Ring& ring) { ring.pid = 0; }},
        {"no process", [](sys::Ring& ring) { ring.pid = 0xffffffff; }},
        {"number of calls", [](sys::Ring& ring) { ring.calls = ~std::uint64_t{0}; }},
        {"place", [](sys::Ring& ring) { ring.record[0].sequence = 2; }},
        {"place", [](sys::Ring& ring) { ring.record[0].sequence = 1 + sys::ring_records; }},
        {"end of time", [](sys::Ring& ring) { ring.record[0].start_ns = ~std::uint64_t{0}; }},
        {"end of time", [](sys::Ring& ring) { ring.record[0].duration_ns = ~std::uint64_t{0}; }},
        {"thread", [](sys::Ring& ring) { ring.record[0].thread = 0; }},
        {"thread", [](sys::Ring& ring) { ring.record[0].thread = 0xffffffff; }},
        {"process", [](sys::Ring& ring) { ring.record[0].process = 0; }},
        {"process", [](sys::Ring& ring) { ring.record[0].process = 0xffffffff; }},
        {"call site", [](sys::Ring& ring) { ring.record[0].site = 0xffffffff; }},
        {"call site", [](sys::Ring& ring) { ring.record[0].site = sys::max_traced_sites; }},
        {"call site", [](sys::Ring& ring) { ring.record[0].site = 1; }},
        {"does not end", [](sys::Ring& ring) { ring.site[0].file.fill('/'); }},
        {"does not end", [](sys::Ring& ring) { ring.site[0].call.fill('x'); }},
        {"call site", [](sys::Ring& ring) { ring.site[0].used = 1; }},
    };
    for (const auto& [expected, change] : cases) {
        MadeUp made;
        made.add("recv", 5, 1, 10, 1);
        change(made.ring());
        const std::string complaint = complaint_about(made.bytes());
        EXPECT_NE(complaint.find(expected), std::string::npos) << expected << ": " << complaint;
    }
}

TEST(TraceFile, SurvivesBytesOfAnyKind) {
    std::minstd_rand random{20};
    MadeUp made;
    for (int call = 0; call < 50; ++call) made.add("recv", 5, 1, 10, 1);
    const std::vector<std::byte> good{made.bytes().begin(), made.bytes().end()};
    const std::size_t records = offsetof(sys::Ring, record);
    for (int round = 0; round < 100; ++round) {
        std::vector<std::byte> bad = good;
        for (int change = 0; change < 4; ++change) {
            const bool header = random() % 2 == 0;
            const std::size_t at =
                header ? 64 + random() % 256 : records + random() % (50 * sizeof(sys::Record));
            bad[at] = static_cast<std::byte>(random());
        }
        static_cast<void>(complaint_about(bad));
    }
}

/// What a server writes while somebody follows it.
class Follower : public InDirectory<> {
protected:
    void save() {
        std::ofstream out{file("trace"), std::ios::binary};
        out.write(reinterpret_cast<const char*>(made_.bytes().data()),
                  static_cast<std::streamsize>(made_.bytes().size()));
    }

    MadeUp made_;
};

TEST_F(Follower, TakesMoreThanTheRingHoldsWhereItLooksInTime) {
    save();
    lab::TraceFollower follower{file("trace")};
    constexpr std::uint64_t rounds = 3;
    constexpr std::uint64_t each = sys::ring_records - 100;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        for (std::uint64_t call = 0; call < each; ++call) made_.add("recv", 5, 1, 10, 1);
        save();
        follower.look();
    }
    const lab::Trace trace = follower.take();
    EXPECT_EQ(trace.recorded, rounds * each);
    EXPECT_EQ(trace.overwritten + trace.torn, 0U);
    ASSERT_EQ(trace.calls.size(), rounds * each);
    for (std::uint64_t at = 0; at < trace.calls.size(); ++at)
        ASSERT_EQ(trace.calls[at].sequence, at + 1);
}

TEST_F(Follower, CountsWhatWasOverwrittenBeforeItLooked) {
    for (std::uint64_t call = 0; call < sys::ring_records + 7; ++call)
        made_.add("recv", 5, 1, 10, 1);
    save();
    lab::TraceFollower follower{file("trace")};
    follower.look();
    const lab::Trace trace = follower.take();
    EXPECT_EQ(trace.overwritten, 7U);
    EXPECT_EQ(trace.calls.size(), sys::ring_records);
    EXPECT_EQ(trace.calls.front().sequence, 8U);
}

TEST_F(Follower, ComesBackToARecordThatWasBeingWritten) {
    made_.add("recv", 5, 1, 10, 1);
    made_.add("send", 5, 1, 20, 1).sequence = 2 | sys::half_written;
    made_.add("close", 5, 0, 30, 1);
    save();
    lab::TraceFollower follower{file("trace")};
    follower.look();
    made_.at(2).sequence = 2;
    made_.add("poll", -1, 0, 40, 1).sequence = 4 | sys::half_written;
    save();
    follower.look();
    const lab::Trace trace = follower.take();
    EXPECT_EQ(trace.torn, 1U);
    ASSERT_EQ(trace.calls.size(), 3U);
    EXPECT_EQ(trace.site_of(trace.calls[1]).call, "send");
}

TEST_F(Follower, RefusesWhatIsNoTrace) {
    std::ofstream{file("trace")} << "no trace";
    lab::TraceFollower follower{file("trace")};
    EXPECT_THROW(follower.look(), lab::BadTrace);
    EXPECT_THROW(lab::TraceFollower{file("absent")}, std::system_error);
}

class Timeline : public InDirectory<> {
protected:
    /// The timeline of what is in the file `trace`.
    [[nodiscard]] Json timeline() const {
        const std::string output = file("timeline.json");
        const Finished finished = iolab({"trace", "--from", file("trace"), "-o", output});
        EXPECT_EQ(finished.exit, verify::Exit{}) << finished.err;
        EXPECT_EQ(finished.out, "");
        const Json json = Json::parse(lab::contents(output), nullptr, false);
        trace_events::expect_opens(json);
        return json;
    }

    [[nodiscard]] Json timeline_of(const MadeUp& made) const {
        std::ofstream out{file("trace"), std::ios::binary};
        out.write(reinterpret_cast<const char*>(made.bytes().data()),
                  static_cast<std::streamsize>(made.bytes().size()));
        out.close();
        return timeline();
    }
};

/// The complete events of a timeline by the name of their lane, in the order of the document.
std::map<std::string, std::vector<Json>> lanes_of(const Json& timeline) {
    using Key = std::pair<std::uint64_t, std::uint64_t>;
    std::map<Key, std::string> names;
    std::map<std::string, std::vector<Json>> lanes;
    for (const Json& event : timeline.at("traceEvents")) {
        const Key key{event.at("pid"), event.at("tid")};
        if (event.at("ph") == "M") {
            if (event.at("name") != "thread_name") continue;
            EXPECT_FALSE(names.contains(key)) << event;
            names[key] = event.at("args").at("name");
            EXPECT_FALSE(lanes.contains(names[key])) << event;
            lanes[names[key]];
        } else {
            EXPECT_EQ(event.at("ph"), "X");
            EXPECT_TRUE(names.contains(key)) << event;
            lanes[names[key]].push_back(event);
        }
    }
    return lanes;
}

/// "accept4 recv send close"
std::string calls_in(const std::vector<Json>& lane) {
    std::string text;
    for (const Json& event : lane)
        text += (text.empty() ? "" : " ") + event.at("name").get<std::string>();
    return text;
}

/// No event begins before the one before it in its lane has ended.
void expect_one_after_another(const std::map<std::string, std::vector<Json>>& lanes) {
    for (const auto& [name, lane] : lanes) {
        double end_us = 0;
        for (const Json& event : lane) {
            const double start_us = event.at("ts");
            EXPECT_GE(start_us, end_us - 0.0005) << name << ": " << event;
            end_us = start_us + event.at("dur").get<double>();
        }
    }
}

TEST_F(Timeline, HasALaneForEveryThreadAndEveryClient) {
    MadeUp made;
    made.add("accept4", listener, 5, 1'000'000, 2'000);
    made.add("recv", 5, 40, 1'003'000, 1'500);
    made.add("accept4", listener, 6, 1'003'000, 2'000, pid + 1);
    made.add("send", 5, 100, 1'006'000, 1'001);
    made.add("recv", 6, -EAGAIN, 1'006'000, 10, pid + 1);
    made.add("close", 5, 0, 1'008'000, 10);
    made.add("accept4", listener, -EAGAIN, 1'009'000, 10);
    const Json timeline = timeline_of(made);
    const auto lanes = lanes_of(timeline);
    ASSERT_EQ(lanes.size(), 4U);
    EXPECT_EQ(calls_in(lanes.at("main thread 4000")), "accept4 recv send close accept4");
    EXPECT_EQ(calls_in(lanes.at("thread 4001")), "accept4 recv");
    EXPECT_EQ(calls_in(lanes.at("client 1, fd 5")), "accept4 recv send close");
    EXPECT_EQ(calls_in(lanes.at("client 2, fd 6")), "accept4 recv");

    const Json& send = lanes.at("client 1, fd 5")[2];
    EXPECT_EQ(send.at("ts"), 6.0);
    EXPECT_EQ(trace_events::ns_of(send.at("dur")), 1001);
    EXPECT_EQ(send.at("args"),
              Json::parse(R"({"at": "servers/made_up.cpp:7", "fd": 5, "result": 100})"));
    EXPECT_EQ(send.at("cat"), "doing");
    EXPECT_EQ(lanes.at("thread 4001")[1].at("cat"), "would block");
    EXPECT_EQ(lanes.at("thread 4001")[1].at("args").at("errno"), "EAGAIN");
    EXPECT_EQ(lanes.at("thread 4001")[1].at("args").at("result"), -1);
    EXPECT_EQ(timeline.at("otherData").at("calls_recorded"), 7);
}

// The number of a descriptor may be given away again before its close has returned.
TEST_F(Timeline, GivesACloseToTheClientThatWasThereWhenItBegan) {
    MadeUp made;
    made.add("accept4", listener, 5, 1'000, 100);
    made.add("accept4", listener, 5, 1'500, 1'000, pid + 1);
    made.add("recv", 5, 1, 2'600, 10, pid + 1);
    made.add("close", 5, 0, 2'000, 1'000);
    const auto lanes = lanes_of(timeline_of(made));
    EXPECT_EQ(calls_in(lanes.at("client 1, fd 5")), "accept4 close");
    EXPECT_EQ(calls_in(lanes.at("client 2, fd 5")), "accept4 recv");
}

TEST_F(Timeline, ShowsClientsWhoseBeginningIsNoLongerThere) {
    MadeUp made;
    made.add("poll", -1, 1, 1'000, 100);
    made.add("recv", 9, 10, 1'200, 100);
    made.add("send", 9, 10, 1'400, 100);
    made.add("close", 9, 0, 1'600, 100);
    made.add("fstat", 9, 0, 1'800, 100);
    const auto lanes = lanes_of(timeline_of(made));
    ASSERT_EQ(lanes.size(), 2U);
    EXPECT_EQ(calls_in(lanes.at("client 1, fd 9, accepted before")), "recv send close");
}

// A child is forked with its parent's clients; the parent closes its copy, and the child goes on.
TEST_F(Timeline, FollowsAClientIntoTheProcessThatWasForkedForIt) {
    constexpr std::uint32_t child = pid + 1;
    MadeUp made;
    made.add("accept4", listener, 5, 1'000, 100);
    made.add("recv", 5, 10, 1'150, 1'000, child, child);  // before its parent has noted it
    made.add("fork", -1, child, 1'200, 0);
    made.add("close", 5, 0, 1'300, 10);
    made.add("accept4", listener, 5, 1'400, 100);
    made.add("recv", 5, -EAGAIN, 1'600, 10);
    made.add("close", 5, 0, 2'500, 10, child, child);
    const Json json = timeline_of(made);
    const auto lanes = lanes_of(json);
    EXPECT_EQ(calls_in(lanes.at("main thread 4000")), "accept4 fork close accept4 recv");
    EXPECT_EQ(calls_in(lanes.at("process 4001")), "recv close");
    EXPECT_EQ(calls_in(lanes.at("client 1, fd 5")), "accept4 recv close");
    EXPECT_EQ(calls_in(lanes.at("client 2, fd 5")), "accept4 recv");
}

TEST_F(Timeline, TellsTheSameNumberOfTwoProcessesApart) {
    MadeUp made;
    for (const std::uint32_t child : {pid + 1, pid + 2}) {
        made.add("accept4", listener, 5, child * 100, 10, child, child);
        made.add("recv", 5, 10, child * 100 + 50, 10, child, child);
    }
    made.add("close", 5, 0, 900'000, 10, pid + 1, pid + 1);
    const auto lanes = lanes_of(timeline_of(made));
    EXPECT_EQ(calls_in(lanes.at("client 1, fd 5")), "accept4 recv close");
    EXPECT_EQ(calls_in(lanes.at("client 2, fd 5")), "accept4 recv");
}

TEST_F(Timeline, IsSortedByTime) {
    MadeUp made;
    made.add("poll", -1, 1, 3'000, 1'000);
    made.add("recv", 5, 1, 1'000, 10, pid + 1);
    made.add("send", 5, 1, 2'000, 10, pid + 1);
    double last_us = 0;
    const Json timeline = timeline_of(made);
    for (const Json& event : timeline["traceEvents"]) {
        if (event["ph"] != "X") continue;
        EXPECT_GE(event["ts"].get<double>(), last_us) << event;
        last_us = event["ts"];
    }
}

// One thread arms a client again, and another has received from it before that call has returned.
TEST_F(Timeline, PutsCallsAboutAClientAtTheSameTimeIntoLanesBesideEachOther) {
    MadeUp made;
    made.add("accept4", listener, 5, 1'000, 100);
    made.add("epoll_ctl", 5, 0, 2'000, 1'000);
    made.add("recv", 5, 40, 2'500, 1'000, pid + 1);
    made.add("send", 5, 40, 2'600, 100, pid + 2);
    made.add("close", 5, 0, 4'000, 100);
    const auto lanes = lanes_of(timeline_of(made));
    expect_one_after_another(lanes);
    EXPECT_EQ(calls_in(lanes.at("client 1, fd 5")), "accept4 epoll_ctl close");
    EXPECT_EQ(calls_in(lanes.at("client 1, fd 5, at the same time")), "recv");
    EXPECT_EQ(calls_in(lanes.at("client 1, fd 5, at the same time (2)")), "send");
}

TEST_F(Timeline, GivesASignalHandlerALaneOfItsOwn) {
    MadeUp made;
    made.add("shutdown", listener, 0, 5'000, 100);
    made.add("poll", -1, -EINTR, 1'000, 5'000);
    made.add("poll", -1, 0, 6'000, 100);
    const auto lanes = lanes_of(timeline_of(made));
    ASSERT_EQ(lanes.size(), 2U);
    EXPECT_EQ(calls_in(lanes.at("main thread 4000")), "poll poll");
    EXPECT_EQ(calls_in(lanes.at("main thread 4000, signal handler")), "shutdown");
}

TEST_F(Timeline, IsValidWhateverNamesAndNumbersAFileHas) {
    MadeUp made;
    made.add("recv", 2'147'483'647, std::numeric_limits<std::int64_t>::min(), 0,
             std::numeric_limits<std::int64_t>::max());
    made.add("close", -2'147'483'647, -77'777, 0, 1);
    std::strcpy(made.ring().site[0].file.data(), "\"\\\n\x01\xff</script>");
    const Json timeline = timeline_of(made);
    ASSERT_TRUE(timeline.is_object());
    EXPECT_EQ(lanes_of(timeline).size(), 3U);
}

TEST_F(Timeline, OfNothingIsEmptyAndSaysWhy) {
    EXPECT_TRUE(lanes_of(timeline_of(MadeUp{})).empty());
    const std::string said = iolab({"trace", "--from", file("trace")}).err;
    EXPECT_NE(said.find("IOLAB_COUNT_CALLS=OFF"), std::string::npos) << said;
}

TEST_F(Timeline, OfARunShowsItsClientsOneCallAfterAnother) {
    if (!sys::counting_built_in) GTEST_SKIP() << "built with IOLAB_COUNT_CALLS=OFF";
    const auto models = lab::own_models(MODELS);
    const auto poll = std::find_if(models.begin(), models.end(),
                                   [](const lab::Model& model) { return model.name == "poll"; });
    ASSERT_NE(poll, models.end());
    verify::ServerProcess server{*poll, {"--trace", file("trace")}};
    {
        std::vector<verify::Client> clients;
        for (int client = 0; client < 3; ++client) clients.emplace_back(server.address());
        for (int request = 0; request < 4; ++request) {
            for (verify::Client& client : clients) {
                client.send("GET / HTTP/1.1\r\nHost: iolab\r\n\r\n");
                ASSERT_EQ(client.receive().status, 200);
            }
        }
        EXPECT_EQ(lanes_of(timeline()).size(), 4U) << "while it runs";
    }
    ASSERT_EQ(server.process().stop(verify::in(5s)), verify::Exit{});

    const Json json = timeline();
    const auto lanes = lanes_of(json);
    expect_one_after_another(lanes);
    const std::string main = fmt::format("main thread {}", server.pid());
    EXPECT_TRUE(lanes.contains(main));
    std::size_t clients = 0;
    for (const auto& [name, lane] : lanes) {
        if (!name.starts_with("client ")) continue;
        ++clients;
        EXPECT_EQ(calls_in(lane), "accept4 recv send recv send recv send recv send recv close");
        for (const Json& event : lane)
            EXPECT_NE(event["args"]["at"].get<std::string>().find("servers/poll.cpp:"),
                      std::string::npos);
    }
    EXPECT_EQ(clients, 3U);
    std::set<std::string> processes;
    for (const Json& event : json["traceEvents"])
        if (event["name"] == "process_name") processes.insert(event["args"]["name"]);
    EXPECT_EQ(processes, (std::set<std::string>{fmt::format("server {}: threads", server.pid()),
                                                fmt::format("server {}: clients", server.pid())}));
}

TEST_F(Timeline, OfWhatIsNoTraceIsAnErrorOfThreeLines) {
    std::ofstream{file("other")} << "no trace";
    const std::pair<std::vector<std::string>, int> cases[] = {
        {{"trace", "--from", file("other")}, 1},
        {{"trace", "--from", file("absent")}, 1},
        {{"trace", "--from", directory_.string()}, 1},
        {{"trace"}, 2},
        {{"trace", "--from"}, 2},
    };
    for (const auto& [words, code] : cases) {
        const Finished finished = iolab(words);
        EXPECT_EQ(finished.exit, (verify::Exit{false, code})) << finished.err;
        EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 3) << finished.err;
        EXPECT_EQ(finished.out, "");
    }
    const std::string help = iolab({"trace", "--help"}).out;
    EXPECT_NE(help.find("Examples:\n  iolab trace "), std::string::npos) << help;
}

}  // namespace
