#include <gtest/gtest.h>

#include <string>

#include "tests/http/examples.hpp"
#include "tests/http/talk.hpp"

// Where a request body ends, and what becomes of one whose end cannot be told.
namespace {

using examples::End;
using examples::Example;
using talk::error;
using talk::hello;
using talk::reply;
using namespace std::string_literals;

const std::string bad_request = error("400 Bad Request");
const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string refused_post =
    reply("405 Method Not Allowed", "405 Method Not Allowed\n", "Allow: GET, HEAD\r\n");

/// A POST that is echoed, with these field lines and what follows the head.
std::string post(const std::string& lines, const std::string& rest) {
    return "POST /echo HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n" + rest;
}

std::string post_chunks(const std::string& body) {
    return post("Transfer-Encoding: chunked", body);
}

std::string echo(const std::string& text) {
    return reply("200 OK", text);
}

class Bodies : public testing::TestWithParam<Example> {};

TEST_P(Bodies, get_this_answer_however_they_are_split) {
    examples::check(GetParam());
}

const Example sized[] = {
    {"reads as many bytes as Content Length says", post("Content-Length: 5", "hello") + get,
     echo("hello") + hello()},
    {"reads a body of zero bytes", post("Content-Length: 0", "") + get, echo("") + hello()},
    {"takes no Content Length for no body", post("X: y", "") + get, echo("") + hello()},
    {"accepts leading zeros", post("Content-Length: 0000000000000000000000000005", "hello") + get,
     echo("hello") + hello()},
    {"drops a body that nobody wants",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\n" + get + get,
     refused_post + hello()},
    {"reads the body of a GET too",
     "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + get, hello() + hello()},
    {"reads a body of HTTP 1 0",
     "POST /echo HTTP/1.0\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhelloGET / "
     "HTTP/1.1\r\n"
     "Host: a\r\n\r\n",
     reply("200 OK", "hello", "Connection: keep-alive\r\n", "HTTP/1.0") + hello()},
    {"keeps every byte of a body", post("Content-Length: 6", "\0\r\n\n\xff "s) + get,
     echo("\0\r\n\n\xff "s) + hello()},
    {"refuses a negative length", post("Content-Length: -1", ""), bad_request, End::lingers},
    {"refuses a length with a plus", post("Content-Length: +5", "hello"), bad_request,
     End::lingers},
    {"refuses a length in hexadecimal", post("Content-Length: 0x5", "hello"), bad_request,
     End::lingers},
    {"refuses a list of lengths", post("Content-Length: 5, 5", "hello"), bad_request, End::lingers},
    {"refuses an empty length", post("Content-Length:", "hello"), bad_request, End::lingers},
    {"refuses a length with a space inside", post("Content-Length: 1 2", "hello"), bad_request,
     End::lingers},
    {"refuses a fraction", post("Content-Length: 5.0", "hello"), bad_request, End::lingers},
    {"refuses two lengths", post("Content-Length: 5\r\nContent-Length: 6", "hello"), bad_request,
     End::lingers},
    {"refuses two lengths even if equal", post("Content-Length: 5\r\ncontent-length: 5", "hello"),
     bad_request, End::lingers},
    {"refuses a length of 64 bits", post("Content-Length: 9223372036854775808", ""), bad_request,
     End::lingers},
    {"refuses a length that wraps to 5", post("Content-Length: 18446744073709551621", "hello"),
     bad_request, End::lingers},
    {"takes a length of 63 bits for too large", post("Content-Length: 9223372036854775807", ""),
     error("413 Content Too Large"), End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Sized, Bodies, testing::ValuesIn(sized), examples::name_of);

const Example codings[] = {
    {"finds chunked in any case", post("transfer-encoding: CHUNKED", "0\r\n\r\n") + get,
     echo("") + hello()},
    {"refuses both framings", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
     bad_request, End::lingers},
    {"refuses both framings the other way round",
     post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a length of zero beside chunked",
     post("Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses chunked twice", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses chunked in two fields",
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses an empty coding behind chunked", post("Transfer-Encoding: chunked,", "0\r\n\r\n"),
     bad_request, End::lingers},
    {"refuses chunked that is not last", post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n"),
     bad_request, End::lingers},
    {"does not know gzip", post("Transfer-Encoding: gzip", ""), error("501 Not Implemented"),
     End::lingers},
    {"does not know gzip below chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
     error("501 Not Implemented"), End::lingers},
    {"does not know identity", post("Transfer-Encoding: identity", ""),
     error("501 Not Implemented"), End::lingers},
    {"does not know xchunked", post("Transfer-Encoding: xchunked", ""),
     error("501 Not Implemented"), End::lingers},
    {"does not know a coding with parameters", post("Transfer-Encoding: gzip;q=1", ""),
     error("501 Not Implemented"), End::lingers},
    {"refuses chunked with parameters", post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n"),
     bad_request, End::lingers},
    {"refuses an empty coding", post("Transfer-Encoding:", "0\r\n\r\n"), bad_request, End::lingers},
    {"refuses an empty element", post("Transfer-Encoding: ,chunked", "0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses chunked in quotes", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses chunked behind a no break space",
     post("Transfer-Encoding: \xa0"
          "chunked",
          "0\r\n\r\n"),
     bad_request, End::lingers},
    {"refuses a vertical tab before chunked", post("Transfer-Encoding: \vchunked", "0\r\n\r\n"),
     bad_request, End::lingers},
    {"refuses a coding of HTTP 1 0",
     "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     error("400 Bad Request", "HTTP/1.0"), End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Codings, Bodies, testing::ValuesIn(codings), examples::name_of);

const Example chunks[] = {
    {"reads chunks", post_chunks("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n") + get,
     echo("hello world") + hello()},
    {"reads sizes in hexadecimal of either case",
     post_chunks("a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n") + get,
     echo("01234567890123456789a") + hello()},
    {"reads sizes with leading zeros", post_chunks("000000000000005\r\nhello\r\n000\r\n\r\n") + get,
     echo("hello") + hello()},
    {"keeps line ends inside a chunk", post_chunks("4\r\n\r\n\r\n\r\n0\r\n\r\n") + get,
     echo("\r\n\r\n") + hello()},
    {"ignores an extension", post_chunks("5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n") + get,
     echo("hello") + hello()},
    {"ignores space before an extension", post_chunks("5 \t;a=b\r\nhello\r\n0\r\n\r\n") + get,
     echo("hello") + hello()},
    {"drops trailers", post_chunks("0\r\nX: y\r\nContent-Length: 9\r\n\r\n") + get,
     echo("") + hello()},
    {"drops a length among trailers that is none",
     post_chunks("0\r\nContent-Length: X\r\n\r\n") + get, echo("") + hello()},
    {"drops chunks that nobody wants",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n" + get +
         "\r\n0\r\n\r\n" + get,
     refused_post + hello()},
    {"refuses a size with 0x", post_chunks("0x5\r\nhello\r\n0\r\n\r\n"), bad_request, End::lingers},
    {"refuses a negative size", post_chunks("-5\r\nhello\r\n0\r\n\r\n"), bad_request, End::lingers},
    {"refuses a size with a plus", post_chunks("+5\r\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a size with an underscore", post_chunks("0_5\r\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a size with a letter behind", post_chunks("5x\r\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a space before a size", post_chunks(" 5\r\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a space behind a size", post_chunks("5 \r\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses an empty size", post_chunks("\r\nhello\r\n0\r\n\r\n"), bad_request, End::lingers},
    {"refuses an extension without a size", post_chunks(";a\r\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a size of sixteen digits", post_chunks("0000000000000005\r\nhello\r\n0\r\n\r\n"),
     bad_request, End::lingers},
    {"takes fifteen digits for too large", post_chunks("fffffffffffffff\r\n"),
     error("413 Content Too Large"), End::lingers},
    {"refuses a bare LF behind a size", post_chunks("5\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a bare LF behind an extension", post_chunks("5;a\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a bare CR in an extension", post_chunks("5;a\rb\r\nhello\r\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses NUL in an extension", post_chunks("5;\0\r\nhello\r\n0\r\n\r\n"s), bad_request,
     End::lingers},
    {"refuses a bare LF behind a chunk", post_chunks("5\r\nhello\n0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a chunk that is longer than its size", post_chunks("5\r\nhello!\r\n0\r\n\r\n"),
     bad_request, End::lingers},
    {"refuses CR without LF behind a chunk", post_chunks("5\r\nhello\r0\r\n\r\n"), bad_request,
     End::lingers},
    {"refuses a bare LF behind the last size", post_chunks("0\n\r\n"), bad_request, End::lingers},
    {"refuses a bare LF for the last line", post_chunks("0\r\n\n"), bad_request, End::lingers},
    {"refuses a bare LF behind a trailer", post_chunks("0\r\nX: y\n\r\n"), bad_request,
     End::lingers},
    {"refuses a trailer without a colon", post_chunks("0\r\nX\r\n\r\n"), bad_request, End::lingers},
    {"refuses a trailer with a space before the colon", post_chunks("0\r\nX : y\r\n\r\n"),
     bad_request, End::lingers},
    {"refuses a folded trailer", post_chunks("0\r\nX: y\r\n z\r\n\r\n"), bad_request, End::lingers},
    {"waits for the end of the last chunk", post_chunks("5\r\nhello\r\n0\r\n"), ""},
    {"waits for the rest of a chunk", post_chunks("5\r\nhel"), ""},
};
INSTANTIATE_TEST_SUITE_P(Chunks, Bodies, testing::ValuesIn(chunks), examples::name_of);

const Example expectations[] = {
    {"reads a body that was waited for", post("Expect: 100-continue\r\nContent-Length: 2", "ok"),
     echo("ok")},
    {"finds 100 continue in any case", post("Expect: 100-Continue\r\nContent-Length: 2", "ok"),
     echo("ok")},
    {"fails another expectation", post("Expect: 200-ok\r\nContent-Length: 2", "ok"),
     error("417 Expectation Failed"), End::lingers},
    {"fails another expectation beside the known one",
     post("Expect: 100-continue, x\r\nContent-Length: 2", "ok"), error("417 Expectation Failed"),
     End::lingers},
};
INSTANTIATE_TEST_SUITE_P(Expectations, Bodies, testing::ValuesIn(expectations), examples::name_of);

/// What is answered to a head alone, while the client holds its body back.
std::string answer_to_head(const std::string& head) {
    return talk::converse(head).output;
}

TEST(Continue, is_sent_before_a_body_that_has_not_come) {
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    EXPECT_EQ(answer_to_head(post("Expect: 100-continue\r\nContent-Length: 2", "")), interim);
    EXPECT_EQ(answer_to_head(post("Expect: 100-continue\r\nTransfer-Encoding: chunked", "")),
              interim);
    EXPECT_EQ(answer_to_head(get + post("Expect: 100-continue\r\nContent-Length: 2", "")),
              hello() + interim);
}

TEST(Continue, is_not_sent_where_it_has_no_use) {
    EXPECT_EQ(answer_to_head(post("Expect: 100-continue\r\nContent-Length: 2", "o")), "");
    EXPECT_EQ(answer_to_head(post("Expect: 100-continue\r\nContent-Length: 0", "")), echo(""));
    EXPECT_EQ(answer_to_head(post("Expect: 100-continue", "")), echo(""));
    EXPECT_EQ(answer_to_head("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\n"
                             "Content-Length: 2\r\n\r\n"),
              "");
}

TEST(Continue, is_not_sent_before_a_body_that_is_refused) {
    EXPECT_EQ(answer_to_head(post("Expect: 100-continue\r\nContent-Length: 101", "")),
              error("413 Content Too Large"));
    EXPECT_EQ(answer_to_head(post("Expect: 100-continue, x\r\nContent-Length: 2", "")),
              error("417 Expectation Failed"));
}

TEST(Continue, is_sent_once) {
    const talk::Manner manner{};
    talk::Site site;
    const std::string head = post("Expect: 100-continue\r\nContent-Length: 2", "");
    EXPECT_EQ(talk::converse(site, {head, "o", "k"}, manner).output,
              "HTTP/1.1 100 Continue\r\n\r\n" + echo("ok"));
    EXPECT_EQ(site.replies, std::vector{200}) << "it is no final reply";
}

}  // namespace
