#include "bench/load/command.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/load/reply.hpp"
#include "tests/load/scripted_server.hpp"

namespace load {
namespace {

using testing::Peer;
using testing::ScriptedServer;

struct Ended {
    int exit_code;
    std::string out;
    std::string err;
};

/// Runs the command as main would.
Ended run(std::vector<std::string> arguments) {
    CLI::App app{"iolab"};
    int exit_code = -1;
    add_load_command(app, exit_code);
    arguments.insert(arguments.begin(), "load");
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    app.parse(arguments);
    return {exit_code, ::testing::internal::GetCapturedStdout(),
            ::testing::internal::GetCapturedStderr()};
}

std::string url_of(const Address& address) {
    return "http://" + to_string(address) + "/";
}

void answer_all(Peer& peer) {
    while (peer.read_request() && peer.send(hello_reply(false))) {
    }
}

long lines(const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
}

TEST(LoadCommand, PrintsOneLineOfJsonWithTheFiguresOfOtherTools) {
    ScriptedServer server{answer_all};
    const Ended ended = run({url_of(server.address()), "-d", "200ms", "-c4", "--json"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    EXPECT_EQ(lines(ended.out), 1);
    const auto document = nlohmann::json::parse(ended.out);
    EXPECT_GT(document["requests"], 0);
    EXPECT_EQ(document["requests"], document["replies_ok"]);
    for (const char* key : {"p50_us", "p90_us", "p99_us", "max_us"}) {
        EXPECT_EQ(document[key], document["response_time"][key]) << key;
    }
}

TEST(LoadCommand, PrintsAtMostEightyColumns) {
    ScriptedServer server{answer_all};
    const Ended ended = run({url_of(server.address()), "-d0.2", "-c4", "-R", "50", "--poisson"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_NE(ended.out.find("response"), std::string::npos);
    EXPECT_NE(ended.out.find("service"), std::string::npos);
    std::size_t column = 0;
    for (const char c : ended.out) {
        column = c == '\n' ? 0 : column + 1;
        ASSERT_LE(column, 80U) << ended.out;
    }
}

TEST(LoadCommand, ExplainsInThreeLinesWhatItCannotDo) {
    ScriptedServer mute{[](Peer& peer) { peer.read_request(); }};
    Address nobody;
    const int held = testing::bind_somewhere(nobody);
    struct Case {
        std::string url;
        int exit_code;
        const char* said;
    };
    const Case cases[] = {
        {"https://127.0.0.1/", 2, "TLS"},
        {"garbage", 2, "does not begin with http://"},
        {"http://127.0.0.1:99999/", 2, "port"},
        {"http://192.0.2.1/", 2, "--i-own-this-host 192.0.2.1"},
        {"http://no-such-host.invalid/", 1, "no address"},
        {url_of(nobody), 1, "Connection refused"},
        {url_of(mute.address()), 1, "without a reply"},
    };
    for (const Case& row : cases) {
        const Ended ended = run({row.url, "-d", "0.1"});
        EXPECT_EQ(ended.exit_code, row.exit_code) << row.url;
        EXPECT_EQ(ended.out, "") << row.url;
        EXPECT_EQ(lines(ended.err), 3) << ended.err;
        EXPECT_NE(ended.err.find(row.said), std::string::npos) << ended.err;
    }
    ::close(held);
}

TEST(LoadCommand, WaitsForTheFirstReplyNoLongerThanForOthers) {
    ScriptedServer mute{[](Peer& peer) { peer.stay(); }};
    const auto began = std::chrono::steady_clock::now();
    const Ended ended = run({url_of(mute.address()), "-d", "0.1", "--timeout", "200ms"});
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{8});  // of 10, else
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_EQ(lines(ended.err), 3) << ended.err;
    EXPECT_NE(ended.err.find("in time"), std::string::npos) << ended.err;
}

TEST(LoadCommand, ShowsAStatusLineWithoutActingOnTheTerminal) {
    ScriptedServer server{[](Peer& peer) {
        while (peer.read_request() &&
               peer.send("HTTP/1.1 404 \x1b]0;yours\x07\r\nContent-Length: 0\r\n\r\n")) {
        }
    }};
    const Ended ended = run({url_of(server.address()), "-d", "50ms", "-c1"});
    EXPECT_NE(ended.err.find("'HTTP/1.1 404 \\x1b]0;yours\\x07'"), std::string::npos) << ended.err;
    EXPECT_EQ(ended.err.find('\x1b'), std::string::npos);
}

TEST(LoadCommand, ChecksItsOptionsBeforeItSaysOrDoesAnything) {
    ScriptedServer server{answer_all};
    const std::string url = url_of(server.address());
    struct Case {
        std::vector<std::string> options;
        const char* said;
    };
    const Case cases[] = {
        {{"--cpus", "99"}, "CPU 99"},
        {{"--cpus", "0,-1"}, "CPU -1"},
        {{"--cpus", "100000"}, "CPU 100000"},
        {{"-R", "nan"}, "--rate"},
        {{"-c", "2", "-t", "3"}, "-t, --threads is at most -c"},
        {{"--close", "--pipeline", "2"}, "--pipeline needs"},
        {{"--close", "--requests-per-connection", "2"}, "--requests-per-connection needs"},
        {{"--pipeline", "4", "--requests-per-connection", "2"}, "at least --pipeline"},
    };
    for (const Case& row : cases) {
        std::vector<std::string> arguments = row.options;
        arguments.insert(arguments.begin(), url);
        const Ended ended = run(arguments);
        EXPECT_EQ(ended.exit_code, 2) << row.said;
        EXPECT_EQ(ended.out, "") << row.said;
        EXPECT_EQ(lines(ended.err), 3) << ended.err;
        EXPECT_NE(ended.err.find(row.said), std::string::npos) << ended.err;
    }
    EXPECT_EQ(server.accepted, 0);
}

TEST(LoadCommand, PipelinesAndConnectsAnew) {
    std::atomic<int> most{0};
    ScriptedServer server{[&most](Peer& peer) {
        for (int requests = 1; peer.read_request(); ++requests) {
            most.store(std::max(most.load(), requests));
            const bool last = peer.request().find("Connection: close") != std::string::npos;
            if (!peer.send(hello_reply(last)) || last) return;
        }
    }};
    const Ended ended = run({url_of(server.address()), "-d", "200ms", "-c2", "--pipeline", "4",
                             "--requests-per-connection", "8"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err << ended.out;
    EXPECT_EQ(most, 8);
    EXPECT_EQ(ended.out.find("errors"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("4 requests at once"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("after every 8 requests"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("connect"), std::string::npos) << ended.out;
}

TEST(LoadCommand, CountsOneAsOne) {
    ScriptedServer server{
        [](Peer& peer) {  // answers the first connection, which looks at the reply
            if (peer.read_request() && peer.number() == 0) peer.send(hello_reply(false));
            peer.stay();
        }};
    const Ended ended = run({url_of(server.address()), "-d", "150ms", "-c1", "-R", "1", "--idle",
                             "1", "--requests-per-connection", "1"});
    for (const char* said : {"1 client on 1 thread", "  1 idle client\n", "after every request\n",
                             "1 request was unanswered at the end"}) {
        EXPECT_NE(ended.out.find(said), std::string::npos) << said << "\n" << ended.out;
    }
}

TEST(LoadCommand, FailsWhenNotOneReplyIsRight) {
    std::atomic<int> answers{0};
    ScriptedServer server{[&answers](Peer& peer) {
        while (peer.read_request()) {
            std::string reply = hello_reply(false);
            if (answers.fetch_add(1) > 0) reply.back() = '?';
            if (!peer.send(reply)) return;
        }
    }};
    const Ended ended = run({url_of(server.address()), "-d", "0.1", "-c", "2"});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_NE(ended.out.find("wrong_reply"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("\"?\" instead of \"!\""), std::string::npos) << ended.out;
}

TEST(LoadCommand, EndsWith4WhenSomeRepliesAreWrongAndSaysHowMany) {
    std::atomic<int> answers{0};
    ScriptedServer server{[&answers](Peer& peer) {
        while (peer.read_request()) {
            std::string reply = hello_reply(false);
            if (answers.fetch_add(1) == 20) reply.back() = '?';
            if (!peer.send(reply)) return;
        }
    }};
    const Ended ended = run({url_of(server.address()), "-d", "0.2", "-c", "2"});
    EXPECT_EQ(ended.exit_code, 4);
    EXPECT_NE(ended.out.find("a second, and 1 wrong\n"), std::string::npos) << ended.out;
    EXPECT_EQ(ended.out.find("every byte"), std::string::npos) << ended.out;
    EXPECT_EQ(lines(ended.err), 3) << ended.err;
    EXPECT_NE(ended.err.find("1 reply was wrong"), std::string::npos) << ended.err;
}

TEST(LoadCommand, PrintsWhatItHasWhenItIsInterrupted) {
    std::atomic<int> answers{0};
    ScriptedServer server{[&answers](Peer& peer) {
        while (peer.read_request() && peer.send(hello_reply(false))) {
            if (answers.fetch_add(1) == 100) ::kill(::getpid(), SIGINT);
        }
    }};
    const Ended ended = run({url_of(server.address()), "-d", "60", "-c", "2"});
    EXPECT_EQ(ended.exit_code, 130);
    EXPECT_NE(ended.out.find("interrupted"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("p99.9"), std::string::npos) << ended.out;
}

TEST(LoadCommand, TakesAHostBeyondLoopbackOnlyByItsName) {
    // Nobody is asked: without the name the target is refused before a connection is made, and a
    // wrong name is no name.
    const Ended ended = run({"http://192.0.2.1/", "--i-own-this-host", "192.0.2.2"});
    EXPECT_EQ(ended.exit_code, 2);
}

}  // namespace
}  // namespace load
