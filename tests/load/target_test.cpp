#include "bench/load/target.hpp"

#include <gtest/gtest.h>

#include <string>

#include "bench/load/reply.hpp"
#include "tests/load/scripted_server.hpp"

namespace load {
namespace {

using testing::Peer;
using testing::ScriptedServer;

constexpr int timeout_ms = 5000;
const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Url, HasHostPortAndTarget) {
    std::string why;
    const auto plain = Url::parse("http://127.0.0.1:8080/", why);
    ASSERT_TRUE(plain.has_value()) << why;
    EXPECT_EQ(plain->host, "127.0.0.1");
    EXPECT_EQ(plain->port, 8080);
    EXPECT_EQ(plain->target, "/");
    EXPECT_EQ(plain->authority, "127.0.0.1:8080");

    const auto bare = Url::parse("HTTP://localhost?q=1#part", why);
    ASSERT_TRUE(bare.has_value()) << why;
    EXPECT_EQ(bare->host, "localhost");
    EXPECT_EQ(bare->port, 80);
    EXPECT_EQ(bare->target, "/?q=1");

    const auto v6 = Url::parse("http://[::1]:81/a/b", why);
    ASSERT_TRUE(v6.has_value()) << why;
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->port, 81);
    EXPECT_EQ(v6->authority, "[::1]:81");
}

TEST(Url, SaysWhatIsWrong) {
    for (const char* text : {"", "127.0.0.1:8080", "https://127.0.0.1/", "ftp://a/", "http://",
                             "http:///", "http://a:0/", "http://a:65536/", "http://a:80x/",
                             "http://a:/", "http://u@a/", "http://[::1/", "http://[::1]x/",
                             "http://[zz]/", "http://a/b c", "http://a/\n", "http://a/\xc3\xa4"}) {
        std::string why;
        EXPECT_FALSE(Url::parse(text, why).has_value()) << text;
        EXPECT_FALSE(why.empty()) << text;
    }
}

TEST(Url, MakesRequestsThatSayWhetherTheConnectionStays) {
    std::string why;
    const Url url = *Url::parse("http://127.0.0.1:8080/x", why);
    EXPECT_EQ(get_request(url, true), "GET /x HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
    EXPECT_EQ(get_request(url, false),
              "GET /x HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(get_request(url, false, true), "GET /x HTTP/1.0\r\nHost: 127.0.0.1:8080\r\n\r\n");
    EXPECT_EQ(get_request(url, true, true),
              "GET /x HTTP/1.0\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n\r\n");
}

TEST(Address, KnowsLoopback) {
    const auto loopback = [](const char* host) { return is_loopback(*numeric_address(host, 1)); };
    EXPECT_TRUE(loopback("127.0.0.1"));
    EXPECT_TRUE(loopback("127.255.255.254"));
    EXPECT_TRUE(loopback("::1"));
    EXPECT_TRUE(loopback("::ffff:127.0.0.1"));
    EXPECT_FALSE(loopback("128.0.0.1"));
    EXPECT_FALSE(loopback("0.0.0.0"));
    EXPECT_FALSE(loopback("::"));
    EXPECT_FALSE(loopback("::ffff:10.0.0.1"));
    EXPECT_FALSE(numeric_address("localhost", 1).has_value());
    EXPECT_EQ(to_string(*numeric_address("127.0.0.1", 80)), "127.0.0.1:80");
    EXPECT_EQ(to_string(*numeric_address("::1", 8080)), "[::1]:8080");
}

/// What `fetch` makes of a server that gives these bytes and then stays or closes.
Sample fetch_from(const std::string& bytes, bool closes, bool to_end = false) {
    ScriptedServer server{[&](Peer& peer) {
        peer.read_request();
        for (const char& byte : bytes) peer.send({&byte, 1});
        if (!closes) peer.stay();
    }};
    return fetch(server.address(), request, to_end, closes ? timeout_ms : 500);
}

TEST(Fetch, ReadsToTheEndThatTheHeadAnnounces) {
    const std::string hello = hello_reply(false);
    EXPECT_EQ(fetch_from(hello, false).reply, hello);
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n8;x=y\r\n, "
        "world!\r\n0\r\n\r\n";
    EXPECT_EQ(fetch_from(chunked, false).reply, chunked);
    const std::string trailers =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n";
    EXPECT_EQ(fetch_from(trailers, false).reply, trailers);
    const std::string until_end = "HTTP/1.0 200 OK\r\n\r\nsome bytes";
    EXPECT_EQ(fetch_from(until_end, true).reply, until_end);
    EXPECT_EQ(fetch_from(hello_reply(true), true, true).reply, hello_reply(true));
}

TEST(Fetch, SaysWhatFailed) {
    const auto error = [](const Sample& sample) {
        EXPECT_TRUE(sample.reply.empty());
        return sample.error;
    };
    const std::string hello = hello_reply(true);
    EXPECT_NE(error(fetch_from("", true)).find("without a reply"), std::string::npos);
    EXPECT_NE(error(fetch_from(hello.substr(0, hello.size() - 1), true)).find("mid-reply"),
              std::string::npos);
    EXPECT_NE(error(fetch_from(hello + "x", true, true)).find("beyond"), std::string::npos);
    EXPECT_NE(error(fetch_from("no HTTP", true)).find("no HTTP head"), std::string::npos);
    EXPECT_NE(error(fetch_from("HTTP/1.1 200", false)).find("in time"), std::string::npos);
    EXPECT_NE(error(fetch_from(hello, false, true)).find("in time"), std::string::npos);
}

/// What `fetch` says of a server that begins like this and goes on like that, without end.
std::string error_of_endless(const std::string& start, const std::string& more) {
    std::string block;
    while (block.size() < 65536) block += more;
    ScriptedServer server{[&](Peer& peer) {
        peer.read_request();
        for (bool there = peer.send(start); there;) there = peer.send(block);
    }};
    const Sample sample = fetch(server.address(), request, false, timeout_ms);
    EXPECT_TRUE(sample.reply.empty());
    return sample.error;
}

TEST(Fetch, TakesNoReplyWithoutEnd) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    struct Case {
        std::string start;
        std::string more;
        const char* said;
    };
    const Case cases[] = {
        {ok + "X: ", "x", "head of the reply is larger than 64 KiB"},
        {ok, "X: y\r\n", "head of the reply is larger than 64 KiB"},
        {ok + "\r\n", "x", "larger than 16 MiB"},
        {ok + "Content-Length: 16000000\r\n\r\n", "x", "beyond the end"},
        {ok + "Transfer-Encoding: chunked\r\n\r\n", "ffff\r\n" + std::string(0xffff, 'x') + "\r\n",
         "larger than 16 MiB"},
    };
    for (const Case& row : cases) {
        const std::string error = error_of_endless(row.start, row.more);
        EXPECT_NE(error.find(row.said), std::string::npos) << row.start << error;
    }
}

TEST(Fetch, BelievesNoLengthThatMakesNoSense) {
    for (const char* fields :
         {"Content-Length: 16777217\r\n\r\n", "Content-Length: 18446744073709551615\r\n\r\n",
          "Content-Length: 99999999999999999999999\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
          "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffffff\r\n",
          "Transfer-Encoding: chunked\r\n\r\n-5\r\n",
          "Transfer-Encoding: chunked\r\n\r\nHello, world!\r\n"}) {
        const Sample sample =
            fetch_from(std::string{"HTTP/1.1 200 OK\r\n"} + fields + "Hello, world!", true);
        EXPECT_NE(sample.error.find("no length that can be read"), std::string::npos)
            << fields << sample.error;
    }
}

TEST(Fetch, TellsARefusalByItsNumber) {
    Address address;
    const int held = testing::bind_somewhere(address);
    const Sample sample = fetch(address, request, false, timeout_ms);
    EXPECT_EQ(sample.error_number, ECONNREFUSED);
    EXPECT_FALSE(sample.error.empty());
    ::close(held);
}

}  // namespace
}  // namespace load
