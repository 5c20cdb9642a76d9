#include <gtest/gtest.h>

#include <string>

#include "tests/http/examples.hpp"
#include "tests/http/talk.hpp"

// What a request head may be, and what is made of one that may not.
namespace {

using examples::End;
using examples::Example;
using talk::error;
using talk::hello;
using talk::hello_and_close;
using talk::reply;
using namespace std::string_literals;

const std::string bad_request = error("400 Bad Request");
const std::string hello_1_0 = reply("200 OK", "Hello, world!", "Connection: close\r\n", "HTTP/1.0");
const std::string hello_1_0_kept =
    reply("200 OK", "Hello, world!", "Connection: keep-alive\r\n", "HTTP/1.0");
const std::string not_found = reply("404 Not Found", "404 Not Found\n");

/// The head of a reply, as to HEAD.
std::string head_of(const std::string& whole) {
    return whole.substr(0, whole.find("\r\n\r\n") + 4);
}

/// A GET with one more field line.
std::string get_with(const std::string& line) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n";
}

std::string get(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string hosted(const std::string& host) {
    return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
}

class Heads : public testing::TestWithParam<Example> {};

TEST_P(Heads, get_this_answer_however_they_are_split) {
    examples::check(GetParam());
}

const Example line_ends[] = {
    {"answers a request whose lines end in CRLF", get("/"), hello()},
    {"answers a request whose lines end in a bare LF", "GET / HTTP/1.1\nHost: a\n\n", hello()},
    {"answers the tutorials LF CR LF", "GET / HTTP/1.1\nHost: a\n\r\n", hello()},
    {"answers a mixture of line ends", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\n", hello()},
    {"waits for the rest of a head", "GET / HTTP/1.1\r\nHost: a\r\n", ""},
    {"waits for the LF of the last CR", "GET / HTTP/1.1\r\nHost: a\r\n\r", ""},
    {"ignores eight empty lines ahead of a request", "\r\n\n\r\n\n\r\n\n\r\n\n" + get("/"),
     hello()},
    {"refuses the ninth empty line", "\r\n\n\r\n\n\r\n\n\r\n\n\n" + get("/"), bad_request,
     End::lingers},
    {"counts empty lines anew behind every request",
     get("/") + "\n\n\n\n\n\n\n\n" + get("/") + "\n\n\n\n\n\n\n\n" + get("/"),
     hello() + hello() + hello()},
    {"refuses a bare CR ahead of a request", "\r" + get("/"), bad_request, End::lingers},
    {"refuses CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", bad_request, End::lingers},
    {"refuses a bare CR in the request line", "GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a bare CR in a field", get_with("X: a\rb"), bad_request, End::lingers},
};
INSTANTIATE_TEST_SUITE_P(LineEnds, Heads, testing::ValuesIn(line_ends), examples::name_of);

const Example methods[] = {
    {"answers HEAD with the same head and no body", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
     head_of(hello())},
    {"stays in step behind HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get("/"),
     head_of(hello()) + hello()},
    {"stays in step behind HEAD of something missing",
     "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + get("/"), head_of(not_found) + hello()},
    {"announces the length of a pulled body to HEAD and pulls nothing",
     "HEAD /body/70000 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/"),
     head_of(reply("200 OK", talk::body_bytes(70000))) + hello()},
    {"answers an error to HEAD without a body", "HEAD / HTTP/1.1\r\n\r\n", head_of(bad_request),
     End::lingers},
    {"answers a known method that is not allowed with what is",
     "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
     reply("405 Method Not Allowed", "405 Method Not Allowed\n", "Allow: GET, HEAD\r\n")},
    {"answers DELETE like any known method", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n",
     reply("405 Method Not Allowed", "405 Method Not Allowed\n", "Allow: GET, HEAD\r\n")},
    {"answers TRACE like any known method", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
     reply("405 Method Not Allowed", "405 Method Not Allowed\n", "Allow: GET, HEAD\r\n")},
    {"answers an unknown method 501 and stays in step",
     "BREW / HTTP/1.1\r\nHost: a\r\n\r\n" + get("/"),
     reply("501 Not Implemented", "501 Not Implemented\n") + hello()},
    {"drops the body of an unknown method",
     "BREW / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/"),
     reply("501 Not Implemented", "501 Not Implemented\n") + hello()},
    {"takes a method in lower case for an unknown one", "get / HTTP/1.1\r\nHost: a\r\n\r\n",
     reply("501 Not Implemented", "501 Not Implemented\n")},
    {"refuses a method that is no token", "G{}T / HTTP/1.1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a method with a byte above 127", "G\xc3\xa9T / HTTP/1.1\r\nHost: a\r\n\r\n",
     bad_request, End::lingers},
    {"refuses an empty method", " / HTTP/1.1\r\nHost: a\r\n\r\n", bad_request, End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Methods, Heads, testing::ValuesIn(methods), examples::name_of);

const Example versions[] = {
    {"answers HTTP 1 0 as HTTP 1 0 and closes", "GET / HTTP/1.0\r\n\r\n", hello_1_0, End::closes},
    {"keeps HTTP 1 0 alive where asked and says so",
     "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
     hello_1_0_kept + hello_1_0, End::closes},
    {"closes HTTP 1 0 where both are said",
     "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", hello_1_0, End::closes},
    {"serves HTTP 1 2 as HTTP 1 1", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", hello()},
    {"serves HTTP 1 9 as HTTP 1 1", "GET / HTTP/1.9\r\nHost: a\r\n\r\n", hello()},
    {"refuses HTTP 2 0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
     error("505 HTTP Version Not Supported"), End::lingers},
    {"refuses HTTP 0 9 with a version", "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
     error("505 HTTP Version Not Supported"), End::lingers},
    {"refuses a line without a version", "GET /\r\n", bad_request, End::lingers},
    {"refuses a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a version without a minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a version with a letter", "GET / HTTP/1.x\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a version of another protocol", "GET / HTTPS1.1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses tabs for spaces", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", bad_request, End::lingers},
    {"refuses a field of HTTP 1 0 in HTTP 1 0", "GET / HTTP/1.0\r\nX : y\r\n\r\n",
     error("400 Bad Request", "HTTP/1.0"), End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Versions, Heads, testing::ValuesIn(versions), examples::name_of);

const Example targets[] = {
    {"answers a path that is not there 404", get("/x"), not_found},
    {"leaves the query out of the path", get("/?x=/y?z"), hello()},
    {"accepts bytes above 127 in a target", get("/\xc3\xa9"), not_found},
    {"accepts an absolute target", get("http://a/"), hello()},
    {"accepts an absolute target in any case of its scheme", get("HTTP://a/"), hello()},
    {"accepts an absolute https target", get("https://a:443/"), hello()},
    {"takes the root for the path of an absolute target without one", get("http://a:80"), hello()},
    {"takes the root where a query follows the authority", get("http://a?x"), hello()},
    {"refuses an absolute target without authority", get("http:///"), bad_request, End::lingers},
    {"refuses an absolute target with a port alone", get("http://:80/"), bad_request, End::lingers},
    {"refuses user information in a target", get("http://me@a/"), bad_request, End::lingers},
    {"refuses another scheme", get("ftp://a/"), bad_request, End::lingers},
    {"refuses a relative target", get("x"), bad_request, End::lingers},
    {"refuses an empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", bad_request, End::lingers},
    {"accepts an asterisk of OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
     reply("405 Method Not Allowed", "405 Method Not Allowed\n", "Allow: GET, HEAD\r\n")},
    {"refuses an asterisk of GET", get("*"), bad_request, End::lingers},
    {"accepts an authority of CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
     reply("405 Method Not Allowed", "405 Method Not Allowed\n", "Allow: GET, HEAD\r\n")},
    {"refuses an authority without port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a path of CONNECT", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses an authority of GET", get("a:443"), bad_request, End::lingers},
    {"refuses a space in the target", get("/a b"), bad_request, End::lingers},
    {"refuses a tab in the target", get("/a\tb"), bad_request, End::lingers},
    {"refuses NUL in the target", get("/a\0b"s), bad_request, End::lingers},
    {"refuses ESC in the target", get("/a\x1b[31m"), bad_request, End::lingers},
    {"refuses DEL in the target", get("/a\x7f"), bad_request, End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Targets, Heads, testing::ValuesIn(targets), examples::name_of);

const Example fields[] = {
    {"accepts an empty value", get_with("X:"), hello()},
    {"accepts tabs and spaces about a value", get_with("X: \t y \t"), hello()},
    {"accepts a tab inside a value", get_with("X: a\tb"), hello()},
    {"accepts bytes above 127 in a value", get_with("X: \xe4\xf6\xfc\xff"), hello()},
    {"accepts every character of a token in a name", get_with("!#$%&'*+-.^_`|~09azAZ: x"), hello()},
    {"refuses a space before the colon", get_with("X : y"), bad_request, End::lingers},
    {"refuses a tab before the colon", get_with("X\t: y"), bad_request, End::lingers},
    {"refuses a field without a colon", get_with("X"), bad_request, End::lingers},
    {"refuses an empty name", get_with(": y"), bad_request, End::lingers},
    {"refuses a name that is no token", get_with("X(y): z"), bad_request, End::lingers},
    {"refuses a name with a byte above 127", get_with("X\xe4: z"), bad_request, End::lingers},
    {"refuses a folded line", get_with("X: y\r\n z"), bad_request, End::lingers},
    {"refuses a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", bad_request,
     End::lingers},
    {"refuses NUL in a value", get_with("X: a\0b"s), bad_request, End::lingers},
    {"refuses DEL in a value", get_with("X: a\x7f"), bad_request, End::lingers},
    {"refuses ESC in a name", get_with("X\x1b: a"), bad_request, End::lingers},
    {"refuses a vertical tab in a value", get_with("X: a\vb"), bad_request, End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Fields, Heads, testing::ValuesIn(fields), examples::name_of);

const Example hosts[] = {
    {"refuses HTTP 1 1 without Host", "GET / HTTP/1.1\r\n\r\n", bad_request, End::lingers},
    {"refuses an absolute target without Host", "GET http://a/ HTTP/1.1\r\n\r\n", bad_request,
     End::lingers},
    {"refuses two Hosts", get_with("Host: a"), bad_request, End::lingers},
    {"refuses two Hosts of HTTP 1 0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
     error("400 Bad Request", "HTTP/1.0"), End::lingers},
    {"finds Host in any case", "GET / HTTP/1.1\r\nhOsT: a\r\n\r\n", hello()},
    {"accepts an empty Host", hosted(""), hello()},
    {"accepts a Host with port", hosted("example.org:8080"), hello()},
    {"accepts a Host with an empty port", hosted("example.org:"), hello()},
    {"accepts an address in brackets", hosted("[::1]:8080"), hello()},
    {"accepts an encoded byte in a Host", hosted("a%20b"), hello()},
    {"refuses a port that is no number", hosted("a:b"), bad_request, End::lingers},
    {"refuses two ports", hosted("a:1:2"), bad_request, End::lingers},
    {"refuses a bracket that is not closed", hosted("[::1"), bad_request, End::lingers},
    {"refuses empty brackets", hosted("[]"), bad_request, End::lingers},
    {"refuses text behind a bracket", hosted("[::1]x"), bad_request, End::lingers},
    {"refuses a path in a Host", hosted("a/b"), bad_request, End::lingers},
    {"refuses a user in a Host", hosted("me@a"), bad_request, End::lingers},
    {"refuses a space in a Host", hosted("a b"), bad_request, End::lingers},
    {"refuses a broken escape in a Host", hosted("a%2"), bad_request, End::lingers},
    {"refuses a byte above 127 in a Host", hosted("\xc3\xa9"), bad_request, End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Hosts, Heads, testing::ValuesIn(hosts), examples::name_of);

const Example connections[] = {
    {"closes where the token close stands", get_with("Connection: close"), hello_and_close(),
     End::closes},
    {"finds close in any case", get_with("connection: CLOSE"), hello_and_close(), End::closes},
    {"finds close in a list", get_with("Connection: x, ,\tclose ,y"), hello_and_close(),
     End::closes},
    {"finds close in the second of two fields",
     get_with("Connection: keep-alive\r\nConnection: close"), hello_and_close(), End::closes},
    {"finds close in the first of two fields",
     get_with("Connection: close\r\nConnection: keep-alive"), hello_and_close(), End::closes},
    {"does not take closed for close", get_with("Connection: closed"), hello()},
    {"does not take two words for a token", get_with("Connection: not close"), hello()},
    {"does not echo keep alive in HTTP 1 1", get_with("Connection: keep-alive"), hello()},
    {"answers nothing behind a request that asked for close",
     get_with("Connection: close") + get("/") + "garbage\r\n\r\n", hello_and_close(), End::leaves},
};
INSTANTIATE_TEST_SUITE_P(Connections, Heads, testing::ValuesIn(connections), examples::name_of);

const Example strangers[] = {
    {"refuses the hello of TLS at its first byte", "\x16\x03\x01", bad_request, End::lingers},
    {"refuses the preface of HTTP 2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", bad_request,
     End::lingers},
    {"refuses a PROXY line", "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n" + get("/"), bad_request,
     End::lingers},
    {"refuses a PROXY preface in binary", "\r\n\r\n\0\r\nQUIT\n"s, bad_request, End::lingers},
    {"refuses SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", bad_request, End::lingers},
    {"refuses a space alone", " \r\n\r\n", bad_request, End::lingers},
    {"refuses NULs", std::string(100, '\0'), bad_request, End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Strangers, Heads, testing::ValuesIn(strangers), examples::name_of);

const std::size_t filling_bytes =
    http::block_bytes - head_of(reply("200 OK", talk::body_bytes(10000))).size();
const std::string filling_text = "/text/" + std::to_string(filling_bytes);
const std::string overflowing_text = "/text/" + std::to_string(filling_bytes + 1);

const Example pipelines[] = {
    {"answers in order", get("/") + get("/x") + get("/"), hello() + not_found + hello()},
    {"answers an error last", get("/") + "GARBAGE\r\n\r\n" + get("/"), hello() + bad_request,
     End::lingers},
    {"answers a missing Host last", get("/") + "GET / HTTP/1.1\r\n\r\n" + get("/"),
     hello() + bad_request, End::lingers},
    {"answers across a long body", get("/") + get("/body/40000") + get("/"),
     hello() + reply("200 OK", talk::body_bytes(40000)) + hello()},
    {"answers across a long text", get("/") + get("/text/40000") + get("/"),
     hello() + reply("200 OK", talk::body_bytes(40000)) + hello()},
    {"answers across a reply that fills a block exactly", get(filling_text) + get("/"),
     reply("200 OK", talk::body_bytes(filling_bytes)) + hello()},
    {"answers across a reply a byte longer than a block", get(overflowing_text) + get("/"),
     reply("200 OK", talk::body_bytes(filling_bytes + 1)) + hello()},
    {"answers across an empty body", get("/body/0") + get("/"), reply("200 OK", "") + hello()},
    {"answers across a location longer than a block", get("/") + get("/moved/20000") + get("/"),
     hello() +
         reply("301 Moved Permanently", "moved", "Location: " + talk::body_bytes(20000) + "\r\n") +
         hello()},
    {"answers 204 without a length", get("/none") + get("/"),
     "HTTP/1.1 204 No Content\r\nDate: " + std::string{talk::date} + "\r\n\r\n" + hello()},
};
INSTANTIATE_TEST_SUITE_P(Pipelines, Heads, testing::ValuesIn(pipelines), examples::name_of);

TEST(Requests, reach_the_site_in_their_parts) {
    const auto told = [](std::string_view input) {
        talk::Site site;
        talk::converse(site, {input});
        std::string whole = site.last_request;
        site.last_request.clear();
        std::vector<std::string_view> bytes;
        for (std::size_t at = 0; at < input.size(); ++at) bytes.push_back(input.substr(at, 1));
        talk::converse(site, bytes);
        EXPECT_EQ(site.last_request, whole);
        return whole;
    };
    EXPECT_EQ(told(get("/a/b?c=d?e")), "GET /a/b?c=d?e /a/b c=d?e");
    EXPECT_EQ(told(get("http://h:1/a?b")), "GET http://h:1/a?b /a b");
    EXPECT_EQ(told(get("http://h?b")), "GET http://h?b / b");
    EXPECT_EQ(told(get("//a")), "GET //a //a ");
    EXPECT_EQ(told("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "OPTIONS * * ");
    EXPECT_EQ(told("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), "CONNECT a:1 a:1 ");
}

TEST(Requests, show_their_head_as_it_arrived_to_a_site_that_wants_it) {
    const std::string first = "GET / HTTP/1.1\r\nHost: a\n";
    const std::string second = "POST /\xff HTTP/1.1\nHost: b\r\nContent-Length: 3\r\n";
    const std::string input = "\r\n" + first + "\r\n" + second + "\n" + "abc";
    for (std::size_t at = 0; at <= input.size(); ++at) {
        talk::Site site;
        site.notes_heads = true;
        talk::converse(site,
                       {std::string_view{input}.substr(0, at), std::string_view{input}.substr(at)});
        ASSERT_EQ(site.heads, (std::vector{first, second})) << "cut at " << at;
    }
}

}  // namespace
