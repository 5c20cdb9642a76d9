// The harness as a whole against servers that mean it ill: it ends in time, by a documented exit
// code, with small memory, without spinning, and says what was wrong.

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/text.hpp"
#include "bench/verify/client.hpp"
#include "bench/verify/process.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/run_iolab.hpp"
#include "tests/bench/schema.hpp"
#include "tests/load/scripted_server.hpp"
#include "tests/sanitizers.hpp"

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

// What a mode of the liar has to be called.
struct Mode {
    const char* name;
    const char* told;  // by `iolab load`, of the first reply; "": it takes it for right, or may
    const char* error;  // once the load meetings; "": the server is gone
    bool quiet = false;  // there is nothing to do for the harness but wait
};

constexpr Mode modes[] = {
    {"lies", "", "wrong_reply"},
    {"dies", "without a reply", ""},
    {"short-of-its-length", "in time", "wrong_reply", true},
    {"beyond-its-length", "beyond the end", "wrong_reply"},
    {"announces-the-world", "no length that can be read", "wrong_reply"},
    {"endless-body", "beyond the end", "wrong_reply"},
    {"endless-head", "larger than 64 KiB", "wrong_reply"},
    {"endless-chunks", "larger than 16 MiB", "wrong_reply"},
    {"endless-interim", "larger than 16 MiB", "wrong_reply"},
    {"answers-twice", "beyond the end", "wrong_reply"},
    {"answers-unasked", "", "wrong_reply"},
    {"babbles", "larger than 64 KiB", "wrong_reply"},
    {"closes", "without a reply", "short_reply"},
    {"closes-in-mid-reply", "mid-reply", "short_reply"},
    {"resets", "Connection reset", "reset"},
    {"drips", "in time", "reply_timeout", true},
    {"drips-a-body", "in time", "reply_timeout", true},
    {"says-nothing", "in time", "reply_timeout", true},
    {"writes-on-the-terminal", "", "wrong_reply"},
};

// Everybody that an experiment can set on a server and that listens to it.
constexpr const char* everybody = R"({
    "name": "everybody",
    "models": ["poll"],
    "workloads": [{"name": "all", "actors": [
        {"kind": "polite", "count": 2},
        {"kind": "polite", "count": 2, "connection": "close"},
        {"kind": "steady", "count": 2, "rate_per_s": 200},
        {"kind": "pipeliner", "count": 1, "depth": 4},
        {"kind": "dead", "count": 2},
        {"kind": "slow_sender", "count": 2, "bytes_per_s": 200},
        {"kind": "slow_reader", "count": 2},
        {"kind": "half_closer", "count": 2},
        {"kind": "burst", "count": 4},
        {"kind": "firehose", "count": 1, "rate_per_s": 100}
    ]}],
    "warm_up_s": 0,
    "measured_s": 1.5,
    "reply_timeout_s": PATIENCE,
    "rounds": 1,
    "trace_calls": false
})";

constexpr auto in_time = 60s;
constexpr std::size_t most_at_once = 8;

double cpu_s(const rusage& used) {
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// What children cost that have ended and were waited for.
rusage cost_of_children() {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    return used;
}

// One run of the harness against one mode of the liar, after so many right answers.
struct Meeting {
    Meeting(const Mode& of, int first_right, const std::vector<std::string>& words)
        : mode{of},
          right{first_right},
          began{verify::Clock::now()},
          process{run_iolab::launch(words)} {}

    const Mode& mode;
    int right;
    verify::Clock::time_point began;
    verify::Process process;
    run_iolab::Finished finished{};
};

// Of the clients of the load: only where it is to run out do they have little.
const char* patience_s(const Mode& mode) {
    return std::string_view{mode.error} == "reply_timeout" ? "0.1" : "10";
}

std::string liar(const Mode& mode, int right) {
    return fmt::format("it={} {{port}} {} {}", LIAR, mode.name, right);
}

std::vector<std::pair<const Mode&, int>> of_every_mode(std::initializer_list<int> rights,
                                                       bool quiet) {
    std::vector<std::pair<const Mode&, int>> all;
    for (const int right : rights) {
        for (const Mode& mode : modes) {
            if (mode.quiet == quiet) all.emplace_back(mode, right);
        }
    }
    return all;
}

long count_of(const std::string& text, std::string_view part) {
    long count = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
    return count;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

bool is_plain(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    });
}

// Waits for its end. What is true of every run is looked at here.
void finish(Meeting& meeting) {
    const double cpu_before_s = cpu_s(cost_of_children());
    const auto deadline = meeting.began + in_time;
    meeting.finished.out = meeting.process.read_all(deadline);
    const auto exit = meeting.process.wait(deadline);
    ASSERT_TRUE(exit.has_value()) << "it hangs: " << meeting.process.stderr_text();
    meeting.finished.exit = *exit;
    meeting.finished.err = meeting.process.stderr_text();
    const double wall_s =
        std::chrono::duration<double>(verify::Clock::now() - meeting.began).count();

    const auto documented = {0, 1, 2, 3, 4, 99, 130};
    EXPECT_FALSE(exit->by_signal) << verify::describe(*exit);
    EXPECT_EQ(std::count(documented.begin(), documented.end(), exit->number), 1) << exit->number;
    EXPECT_TRUE(is_plain(meeting.finished.err)) << meeting.finished.err;
    EXPECT_TRUE(is_plain(meeting.finished.out)) << meeting.finished.out;
    EXPECT_EQ(count_of(meeting.finished.err, "\n  likely cause: "),
              count_of(meeting.finished.err, "\n  what helps:   "));

    const rusage cost = cost_of_children();
    if (!sanitized) {
        EXPECT_LT(cost.ru_maxrss, 300L * 1024);  // KiB, getrusage(2)
    }
    if (meeting.mode.quiet && wall_s > 3) {
        EXPECT_LT(cpu_s(cost) - cpu_before_s, wall_s / 2);
    }
}

class HostileServers : public InDirectory<> {
protected:
    void SetUp() override {
        InDirectory::SetUp();
        for (const char* patience_s : {"0.1", "10"}) {
            std::string experiment = everybody;
            experiment.replace(experiment.find("PATIENCE"), 8, patience_s);
            std::ofstream{directory_ / fmt::format("everybody-{}.jsonc", patience_s)} << experiment;
        }
    }

    // The quiet ones all at once, for their time is waiting; beside them the others, a few at a time.
    template <class Words, class Check>
    void with_all(std::initializer_list<int> rights, const Words& words, const Check& check) {
        std::list<Meeting> quiet;
        std::list<Meeting> busy;
        const auto end = [&check](Meeting& meeting) {
            SCOPED_TRACE(fmt::format("{} after {}", meeting.mode.name, meeting.right));
            finish(meeting);
            if (!HasFatalFailure()) check(meeting);
        };
        for (const auto& [mode, right] : of_every_mode(rights, true))
            quiet.emplace_back(mode, right, words(mode, right));
        for (const auto& [mode, right] : of_every_mode(rights, false)) {
            busy.emplace_back(mode, right, words(mode, right));
            if (busy.size() < most_at_once) continue;
            end(busy.front());
            busy.pop_front();
        }
        for (Meeting& meeting : busy) end(meeting);
        for (Meeting& meeting : quiet) end(meeting);
    }

    std::string result_file(const Mode& mode, int right) const {
        return file(fmt::format("{}-{}.json", mode.name, right));
    }

    std::vector<std::string> run_words(const Mode& mode, int right) const {
        return {"run",
                file(fmt::format("everybody-{}.jsonc", patience_s(mode))),
                "--exclude",
                "poll",
                "--add",
                liar(mode, right),
                "--no-progress",
                "-o",
                result_file(mode, right)};
    }

    // The only cell of its only model.
    Json cell_of(const Meeting& meeting) const {
        const Json json = Json::parse(lab::contents(result_file(meeting.mode, meeting.right)));
        const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/result.schema.json"));
        for (const auto& violation : schema::violations(rules, json)) ADD_FAILURE() << violation;
        EXPECT_EQ(json["run"]["complete"], true);
        EXPECT_EQ(json["cells"].size(), 1U);
        return json["cells"][0];
    }
};

// A cell without figures tells why, and the exit code tells of it.
void expect_reason(const Meeting& meeting, const Json& cell) {
    const bool wrong = cell["status"] == "wrong answer";
    EXPECT_TRUE(wrong || cell["status"] == "failed") << cell["status"] << cell["reason"];
    EXPECT_EQ(meeting.finished.exit.number, wrong ? 4 : 1) << meeting.finished.err;
    EXPECT_FALSE(cell["reason"].get<std::string>().empty());
    EXPECT_TRUE(is_plain(cell["reason"].get<std::string>())) << cell["reason"];
    EXPECT_TRUE(cell["throughput_per_s"].is_null());
}

// A server of a test's own, for `iolab load`.
struct Target {
    Target(const Mode& mode, int right)
        : address{.host = "127.0.0.1", .port = verify::free_port()},
          process{launch(mode, right, address.port)} {
        for (const auto deadline = verify::in(10s); verify::try_connect(address) != 0;) {
            if (verify::Clock::now() > deadline) break;
            std::this_thread::sleep_for(2ms);
        }
    }

    static verify::Launch launch(const Mode& mode, int right, int port) {
        verify::Launch launch;
        launch.command = {LIAR, std::to_string(port), mode.name, std::to_string(right)};
        return launch;
    }

    [[nodiscard]] std::vector<std::string> load_words(const std::string& timeout_s) const {
        const std::string url = fmt::format("http://127.0.0.1:{}/", address.port);
        return {"load", url, "-c4", "-d", "1", "--timeout", timeout_s, "--json"};
    }

    verify::Address address;
    verify::Process process;
};

TEST_F(HostileServers, AreExplainedByALoadThatCannotBegin) {
    std::list<Target> targets;
    const auto words = [&](const Mode& mode, int right) {
        return targets.emplace_back(mode, right).load_words("0.4");
    };
    with_all({0}, words, [](const Meeting& meeting) {
        const auto& [exit, out, err] = meeting.finished;
        if (*meeting.mode.told == '\0') return;
        EXPECT_EQ(exit, (verify::Exit{false, 1})) << out;
        EXPECT_EQ(out, "");
        EXPECT_EQ(count_of(err, "\n"), 3) << err;
        // On a busy machine there may be no time to read as much as is too much.
        EXPECT_TRUE(has(err, meeting.mode.told) || has(err, "in time")) << err;
    });
}

TEST_F(HostileServers, AreNamedByALoadThatHasBegun) {
    std::list<Target> targets;
    const auto words = [&](const Mode& mode, int right) {
        // Who answers unasked does so to clients that come: here to all but the first.
        const bool greets = std::string_view{mode.name} == "answers-unasked";
        auto asking = targets.emplace_back(mode, greets ? 1 : right).load_words(patience_s(mode));
        if (greets) asking.emplace_back("--close");
        return asking;
    };
    with_all({20}, words, [](const Meeting& meeting) {
        const Json json = Json::parse(meeting.finished.out);
        const int code = json["replies_ok"] == 0 ? 1 : json["errors"]["wrong_reply"] > 0 ? 4 : 0;
        EXPECT_EQ(meeting.finished.exit, (verify::Exit{false, code})) << meeting.finished.err;
        int kinds = 0;
        for (const auto& [kind, count] : json["errors"].items()) {
            if (count > 0) ++kinds;
        }
        EXPECT_GT(kinds, 0);
        if (*meeting.mode.error == '\0') return;
        EXPECT_GT(json["errors"][meeting.mode.error], 0) << json["errors"];
        EXPECT_EQ(kinds, 1) << json["errors"];
    });
}

// From the first answer on, or from the fourth, which is looked at by another client.
TEST_F(HostileServers, GetNoFiguresWhereTheirAnswersAreLookedAt) {
    const auto words = [this](const Mode& mode, int right) { return run_words(mode, right); };
    with_all({0, 3}, words, [this](const Meeting& meeting) {
        const Json cell = cell_of(meeting);
        const std::string_view mode = meeting.mode.name;
        const bool may_pass = mode == "lies" || mode == "answers-unasked";
        if (meeting.right > 0 || !may_pass) expect_reason(meeting, cell);
    });
}

TEST_F(HostileServers, AreNamedInACellOfEverybody) {
    const auto words = [this](const Mode& mode, int right) { return run_words(mode, right); };
    with_all({60}, words, [this](const Meeting& meeting) {
        const Json cell = cell_of(meeting);
        const std::string_view error = meeting.mode.error;
        const bool measured = cell["status"] == "measured";
        if (error == "wrong_reply" || error.empty()) return expect_reason(meeting, cell);
        if (!measured) {  // others took the right answers, and those that are measured got none
            EXPECT_TRUE(has(cell["reason"], error)) << cell["reason"];
            return expect_reason(meeting, cell);
        }
        EXPECT_EQ(meeting.finished.exit, verify::Exit{}) << meeting.finished.err;
        EXPECT_GT(cell["errors"][meeting.mode.error], 0) << cell["errors"];
    });
}

TEST_F(HostileServers, FailTheBehaviours) {
    const auto words = [](const Mode& mode, int right) {
        return std::vector<std::string>{"verify",        "--json", "--only",
                                        "arrives whole", "--add",  liar(mode, right)};
    };
    with_all({0, 1}, words, [](const Meeting& meeting) {
        EXPECT_EQ(meeting.finished.exit, (verify::Exit{false, 4})) << meeting.finished.err;
        const Json json = Json::parse(meeting.finished.out);
        ASSERT_EQ(json["results"].size(), 1U);
        EXPECT_EQ(json["results"][0]["verdict"], "fail");
        EXPECT_TRUE(json["results"][0]["got"].is_string());
    });
}

// Not the first, nor those that are not tried any more, are taken for a server that is not there.
TEST_F(HostileServers, FailEveryBehaviour) {
    const auto words = [](const Mode& mode, int right) {
        return std::vector<std::string>{"verify",  "--json", "--only",
                                        "arrives", "--add",  liar(mode, right)};
    };
    with_all({0}, words, [](const Meeting& meeting) {
        if (std::string_view{meeting.mode.error} != "wrong_reply") return;
        EXPECT_EQ(meeting.finished.exit, (verify::Exit{false, 4})) << meeting.finished.err;
        const Json results = Json::parse(meeting.finished.out)["results"];
        EXPECT_GT(results.size(), 3U);
        for (const Json& result : results) EXPECT_NE(result["verdict"], "pass") << result;
    });
}

// A client that sends without end meets servers that no longer hear it. Who ends the connection has
// not made it wait.
TEST_F(HostileServers, AreLeftByAClientThatSendsWithoutEnd) {
    const auto words = [](const Mode& mode, int right) {
        return std::vector<std::string>{"verify",           "--json", "--only",
                                        "reads no answers", "--add",  liar(mode, right)};
    };
    with_all({1}, words, [](const Meeting& meeting) {
        const Json results = Json::parse(meeting.finished.out)["results"];
        ASSERT_EQ(results.size(), 1U);
        const std::string_view error = meeting.mode.error;
        const bool ends = error == "short_reply" || error == "reset";
        if (ends) {
            EXPECT_EQ(results[0]["verdict"], "fail") << results[0];
        }
    });
}

// The client of the behaviours, which has to read whatever comes.

using load::testing::Peer;
using load::testing::ScriptedServer;

struct Flood {
    const char* name;
    std::string_view start;
    std::string_view more;  // over and over
    void (*hear)(verify::Client&);
    std::chrono::milliseconds pause = 0ms;
};

void receive(verify::Client& client) {
    (void)client.receive();
}
void receive_rest(verify::Client& client) {
    (void)client.receive_rest();
}
void expect_gone(verify::Client& client) {
    client.expect_gone(100ms);
}

constexpr std::string_view chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

const Flood floods[] = {
    {"AHead", "HTTP/1.1 200 OK\r\nX: ", "x", receive},
    {"Fields", "HTTP/1.1 200 OK\r\n", "X: y\r\n", receive},
    {"InterimReplies", "", "HTTP/1.1 100 Continue\r\n\r\n", receive},
    {"ABody", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", "x", receive},
    {"ABodyToTheEnd", "HTTP/1.1 200 OK\r\n\r\n", "x", receive},
    {"Chunks", chunked, "1\r\nx\r\n", receive},
    {"AChunkLine", chunked, "1", receive},
    {"Trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", receive},
    {"TheRest", "HTTP/1.1 200 OK\r\n\r\n", "x", receive_rest},
    {"WhatIsOfNoInterest", "", "x", expect_gone},
    {"DripsOfAHead", "HTTP/1.1 200 OK\r\nX: ", "x", receive, 10ms},
    {"DripsOfABody", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "x", receive, 10ms},
    {"DripsOfTheRest", "HTTP/1.1 200 OK\r\n\r\n", "x", receive_rest, 10ms},
    {"DripsOfNoInterest", "", "x", expect_gone, 10ms},
};

void PrintTo(const Flood& flood, std::ostream* out) {
    *out << flood.name;
}

class EndlessReply : public testing::TestWithParam<Flood> {};

void pour(Peer& peer, const Flood& flood) {
    std::string block{flood.more};
    while (flood.pause == 0ms && block.size() < 65536) block += flood.more;
    for (bool there = peer.send(flood.start); there; there = peer.send(block))
        std::this_thread::sleep_for(flood.pause);
}

TEST_P(EndlessReply, IsGivenUp) {
    ScriptedServer server{[](Peer& peer) { pour(peer, GetParam()); }};
    verify::Client client{{.host = "127.0.0.1", .port = server.address().port()},
                          {.patience = 300ms, .most_bytes = std::size_t{4} << 20}};
    const auto began = verify::Clock::now();
    EXPECT_THROW(GetParam().hear(client), verify::Failed);
    EXPECT_LT(verify::Clock::now() - began, 30s);
}

INSTANTIATE_TEST_SUITE_P(Of, EndlessReply, testing::ValuesIn(floods),
                         [](const auto& row) { return row.param.name; });

TEST(AFlood, IsTakenInPartWhereAPartIsWanted) {
    ScriptedServer server{[](Peer& peer) { pour(peer, {"", "", "x", receive}); }};
    verify::Client client{{.host = "127.0.0.1", .port = server.address().port()},
                          {.most_bytes = 1'000'000}};
    const std::string part = client.receive_for(10s);
    EXPECT_GE(part.size(), 1'000'000U);
    EXPECT_LE(part.size(), 1'100'000U);
}

}  // namespace
