#include <gtest/gtest.h>

#include <string>

#include "tests/http/examples.hpp"
#include "tests/http/talk.hpp"

// Every limit, at its last good byte and at its first bad one.
namespace {

using examples::End;
using examples::Example;
using talk::error;
using talk::hello;
using talk::reply;

const std::string not_found = reply("404 Not Found", "404 Not Found\n");
const std::string too_long_line = error("414 URI Too Long");
const std::string too_large_head = error("431 Request Header Fields Too Large");
const std::string too_large_body = error("413 Content Too Large");
const std::string bad_request = error("400 Bad Request");
const std::string refused_post =
    reply("405 Method Not Allowed", "405 Method Not Allowed\n", "Allow: GET, HEAD\r\n");

/// A request line of so many bytes, its end not counted.
std::string line_of(std::size_t size) {
    const std::string begin = "GET /";
    const std::string end = " HTTP/1.1";
    return begin + std::string(size - begin.size() - end.size(), 'x') + end;
}

/// A whole head of so many bytes, from GET to the empty line.
std::string head_of(std::size_t size, const std::string& line_end) {
    const std::string begin = "GET / HTTP/1.1" + line_end + "Host: a" + line_end + "X: ";
    const std::string end = line_end + line_end;
    return begin + std::string(size - begin.size() - end.size(), 'x') + end;
}

/// A head with so many fields.
std::string fields(int count) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < count; ++i) head += "X: y\r\n";
    return head + "\r\n";
}

std::string post_chunks(const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

/// A body in chunks of so many bytes each.
std::string chunks_of(std::size_t size, int count) {
    const std::string chunk = "4000\r\n" + std::string(size, 'x') + "\r\n";
    std::string body;
    for (int i = 0; i < count; ++i) body += chunk;
    return body;
}

/// Chunks of one byte, the extensions of which have so many bytes altogether.
std::string extensions(std::size_t bytes) {
    const std::string first = ";" + std::string(bytes / 2 - 1, 'e');
    const std::string second = ";" + std::string(bytes - bytes / 2 - 1, 'e');
    return post_chunks("1" + first + "\r\nx\r\n1" + second + "\r\nx\r\n0\r\n\r\n");
}

/// Trailer lines of so many bytes altogether, line ends counted.
std::string trailers(std::size_t bytes) {
    const std::string first = "A: " + std::string(95, 'x') + "\r\n";
    const std::string second = "B: " + std::string(bytes - first.size() - 5, 'x') + "\r\n";
    return post_chunks("0\r\n" + first + second + "\r\n");
}

class Limits : public testing::TestWithParam<Example> {};

TEST_P(Limits, hold_however_the_input_is_split) {
    examples::check(GetParam());
}

const Example heads[] = {
    {"serves a request line of 8192 bytes", line_of(8192) + "\r\nHost: a\r\n\r\n", not_found},
    {"serves a request line of 8192 bytes and LF", line_of(8192) + "\nHost: a\n\n", not_found},
    {"refuses a request line of 8193 bytes", line_of(8193) + "\r\nHost: a\r\n\r\n", too_long_line,
     End::lingers},
    {"refuses a request line without end at its byte 8193", "GET /" + std::string(8188, 'x'),
     too_long_line, End::lingers},
    {"waits at byte 8192 of a request line", "GET /" + std::string(8187, 'x'), ""},
    {"takes a bad byte before the limit for bad", "GET /" + std::string(8187, 'x') + "\x01",
     bad_request, End::lingers},
    {"takes a bad byte beyond the limit for too long", "GET /" + std::string(8188, 'x') + "\x01",
     too_long_line, End::lingers},
    {"serves a head of 32768 bytes", head_of(32768, "\r\n"), hello()},
    {"serves a head of 32768 bytes with LF", head_of(32768, "\n"), hello()},
    {"refuses a head of 32769 bytes", head_of(32769, "\r\n"), too_large_head, End::lingers},
    {"refuses a head of 32769 bytes with LF", head_of(32769, "\n"), too_large_head, End::lingers},
    {"refuses a field without end", "GET / HTTP/1.1\r\nX: " + std::string(40000, 'x'),
     too_large_head, End::lingers},
    {"serves 100 fields", fields(100), hello()},
    {"refuses 101 fields", fields(101), too_large_head, End::lingers},
    {"refuses 10000 fields", fields(10000), too_large_head, End::lingers},
    {"counts a head anew",
     head_of(20000, "\r\n") + head_of(20000, "\r\n") + fields(60) + fields(60),
     hello() + hello() + hello() + hello()},
};
INSTANTIATE_TEST_SUITE_P(Heads, Limits, testing::ValuesIn(heads), examples::name_of);

const Example chunk_lines[] = {
    {"reads 4096 bytes of extensions", extensions(4096), refused_post},
    {"refuses 4097 bytes of extensions", extensions(4097), bad_request, End::lingers},
    {"refuses an extension without end", post_chunks("5;" + std::string(5000, 'e')), bad_request,
     End::lingers},
    {"counts extensions anew", extensions(4096) + extensions(4096), refused_post + refused_post},
    {"reads 8192 bytes of trailers", trailers(8192), refused_post},
    {"refuses 8193 bytes of trailers", trailers(8193), too_large_head, End::lingers},
    {"refuses a trailer without end", post_chunks("0\r\nX: " + std::string(9000, 'x')),
     too_large_head, End::lingers},
    {"echoes as much as the site keeps",
     "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + talk::body_bytes(100),
     reply("200 OK", talk::body_bytes(100))},
    {"refuses more than the site keeps",
     "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + talk::body_bytes(101),
     too_large_body, End::lingers},
    {"refuses more chunks than the site keeps",
     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" +
         talk::body_bytes(100) + "\r\n1\r\n",
     too_large_body, End::lingers},
};
INSTANTIATE_TEST_SUITE_P(ChunkLines, Limits, testing::ValuesIn(chunk_lines), examples::name_of);

std::string post_of(std::size_t announced, std::size_t sent) {
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(announced) +
           "\r\n\r\n" + std::string(sent, 'x');
}

TEST(BodyLimit, lets_a_body_of_a_mebibyte_pass) {
    const std::size_t most = 1048576;
    EXPECT_EQ(talk::converse(post_of(most, most)).output, refused_post);
    EXPECT_EQ(talk::converse(post_chunks(chunks_of(16384, 64) + "0\r\n\r\n")).output, refused_post);
}

TEST(BodyLimit, refuses_one_byte_more_as_soon_as_it_is_announced) {
    EXPECT_EQ(talk::converse(post_of(1048577, 0)).output, too_large_body);
    EXPECT_EQ(talk::converse(post_chunks(chunks_of(16384, 64) + "1\r\n")).output, too_large_body);
}

TEST(BodyLimit, drops_what_follows_up_to_128_MiB_and_then_closes) {
    talk::Site site;
    http::Context context{site};
    http::Conversation conversation{context};
    std::string output;
    talk::give(conversation, post_of(1048577, 0), output);
    EXPECT_EQ(output, too_large_body);

    const std::string piece(16384, 'x');
    for (int i = 0; i < 8192; ++i) talk::arrive(conversation, piece);
    EXPECT_EQ(conversation.next(), http::Next::linger) << "128 MiB exactly";
    talk::arrive(conversation, "x");
    EXPECT_EQ(conversation.next(), http::Next::close);
}

}  // namespace
