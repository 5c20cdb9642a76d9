#include "bench/load/reply.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace load {
namespace {

std::string dated(const std::string& date) {
    return "HTTP/1.1 200 OK\r\nDate: " + date +
           "\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!";
}

TEST(ReplyPattern, AcceptsItsSampleAtAnySplit) {
    const std::string reply = hello_reply(false);
    const ReplyPattern pattern = ReplyPattern::from_sample(reply);
    for (std::size_t i = 0; i <= reply.size(); ++i) {
        for (std::size_t j = i; j <= reply.size(); ++j) {
            ASSERT_TRUE(pattern.matches_at(i, std::string_view{reply}.substr(i, j - i)))
                << i << " to " << j;
        }
    }
}

TEST(ReplyPattern, AcceptsAnyDateAndNothingElseThatDiffers) {
    const ReplyPattern pattern = ReplyPattern::from_sample(dated("Sun, 06 Nov 1994 08:49:37 GMT"));
    const std::string other = dated("Sat, 21 Nov 2026 23:59:60 GMT");
    EXPECT_TRUE(pattern.matches_at(0, other));

    const std::size_t date_at = other.find("Sat,");
    for (std::size_t i = 0; i < other.size(); ++i) {
        std::string changed = other;
        changed[i] = '\x01';
        EXPECT_FALSE(pattern.matches_at(0, changed)) << "byte " << i;
        EXPECT_FALSE(pattern.matches_at(i, std::string_view{changed}.substr(i))) << "byte " << i;
        changed[i] = other[i] == 'x' ? 'y' : 'x';
        const bool lower_case_letter_of_date =
            i == date_at + 1 || i == date_at + 2 || i == date_at + 9 || i == date_at + 10;
        EXPECT_EQ(pattern.matches_at(0, changed), lower_case_letter_of_date) << "byte " << i;
    }
}

TEST(ReplyPattern, AcceptsNothingBeyondItsEnd) {
    const std::string reply = hello_reply(false);
    const ReplyPattern pattern = ReplyPattern::from_sample(reply);
    EXPECT_FALSE(pattern.matches_at(0, reply + "x"));
    EXPECT_FALSE(pattern.matches_at(0, reply + reply));
    EXPECT_FALSE(pattern.matches_at(reply.size(), "x"));
    EXPECT_FALSE(pattern.matches_at(reply.size() + 5, "x"));
    EXPECT_TRUE(pattern.matches_at(reply.size(), ""));
}

TEST(ReplyPattern, TakesADateOfAnotherShapeByItsBytes) {
    const ReplyPattern pattern = ReplyPattern::from_sample(dated("Mon, 1 Jan 1996 01:01:01 GMT"));
    EXPECT_TRUE(pattern.matches_at(0, dated("Mon, 1 Jan 1996 01:01:01 GMT")));
    EXPECT_FALSE(pattern.matches_at(0, dated("Mon, 1 Jan 1996 01:01:02 GMT")));
}

TEST(ReplyPattern, LeavesADateInTheBodyAlone) {
    const std::string reply =
        "HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    std::string later = reply;
    later.replace(later.find("1994"), 4, "1995");
    EXPECT_FALSE(ReplyPattern::from_sample(reply).matches_at(0, later));
}

TEST(ReplyPattern, KnowsWhenTheConnectionCloses) {
    const auto closes = [](const std::string& version, const std::string& field) {
        return ReplyPattern::from_sample(version + " 200 OK\r\n" + field + "\r\n").closes();
    };
    EXPECT_FALSE(closes("HTTP/1.1", ""));
    EXPECT_FALSE(closes("HTTP/1.1", "Connection: keep-alive\r\n"));
    EXPECT_FALSE(closes("HTTP/1.1", "Connection: closed\r\n"));
    EXPECT_TRUE(closes("HTTP/1.1", "connection: Close\r\n"));
    EXPECT_TRUE(closes("HTTP/1.1", "Connection: foo , close\r\n"));
    EXPECT_TRUE(closes("HTTP/1.0", ""));
    EXPECT_FALSE(closes("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(ReplyPattern, HasAClosingVariant) {
    const ReplyPattern hello = ReplyPattern::from_sample(hello_reply(false));
    EXPECT_EQ(hello.closing().bytes(), hello_reply(true));
    EXPECT_TRUE(hello.closing().closes());

    const std::string before = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nETag: x\r\n\r\nbody";
    const std::string after = "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: x\r\n\r\nbody";
    EXPECT_EQ(ReplyPattern::from_sample(before).closing().bytes(), after);
}

TEST(ReplyPattern, RefusesWhatIsNoReply) {
    EXPECT_THROW((void)ReplyPattern::from_sample("Hello, world!"), std::invalid_argument);
    EXPECT_THROW((void)ReplyPattern::from_sample(hello_reply(false) +
                                                 std::string(ReplyPattern::max_size_bytes, 'x')),
                 std::invalid_argument);
}

TEST(Escaped, IsShortAndPrintable) {
    EXPECT_EQ(escaped("a \"b\"\r\n"), "a \\x22b\\x22\\r\\n");
    EXPECT_EQ(escaped("\x1b[2J\x7f\xff"), "\\x1b[2J\\x7f\\xff");
    EXPECT_LE(escaped(std::string(1'000'000, '\x07')).size(), 70U);
}

}  // namespace
}  // namespace load
