#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <random>
#include <string>

#include "tests/http/talk.hpp"

// Requests that nobody would write: whatever comes, and however it is split, the
// answer is the same and the conversation comes to an end.
namespace {

using http::Next;
using Random = std::minstd_rand;

const std::string seeds[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /x?y HTTP/1.0\nConnection: keep-alive, x\n\n",
    "POST /echo HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "POST /echo HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://a/body/300 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /text/17000 HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\n",
};

const std::string splinters[] = {"\r\n",
                                 "\n",
                                 "\r",
                                 " ",
                                 "\t",
                                 ":",
                                 ",",
                                 "0",
                                 "f",
                                 std::string(1, '\0'),
                                 "\x7f",
                                 "\xff",
                                 "HTTP/1.1",
                                 "HTTP/1.0",
                                 "Host: b\r\n",
                                 "Content-Length: 3\r\n",
                                 "chunked",
                                 "close",
                                 "5\r\n",
                                 "Transfer-Encoding: chunked\r\n",
                                 "Expect: 100-continue\r\n",
                                 "Connection: keep-alive\r\n",
                                 std::string(300, 'x'),
                                 std::string(9000, 'y')};

std::size_t below(Random& random, std::size_t limit) {
    return random() % limit;
}

void mutate(std::string& text, Random& random) {
    const std::size_t at = below(random, text.size() + 1);
    const std::string& splinter = splinters[below(random, std::size(splinters))];
    switch (below(random, 5)) {
        case 0: text.insert(at, splinter); break;
        case 1: text.replace(at, std::min(splinter.size(), text.size() - at), splinter); break;
        case 2: text.erase(at, 1 + below(random, 4)); break;
        case 3: text.insert(at, text.substr(at, 1 + below(random, 30))); break;
        case 4:
            if (at < text.size()) text[at] = static_cast<char>(random());
            break;
    }
}

std::string make_input(Random& random) {
    std::string input;
    for (std::size_t i = 1 + below(random, 3); i > 0; --i) {
        input += seeds[below(random, std::size(seeds))];
    }
    for (std::size_t i = below(random, 4); i > 0; --i) mutate(input, random);
    return input;
}

std::vector<std::string_view> split(std::string_view input, Random& random) {
    std::vector<std::string_view> pieces;
    const std::size_t most = std::size_t{1} << below(random, 8);
    while (!input.empty()) {
        pieces.push_back(input.substr(0, 1 + below(random, most)));
        input.remove_prefix(pieces.back().size());
    }
    return pieces;
}

std::string escaped(std::string_view text) {
    return testing::PrintToString(std::string{text});
}

/// Says one input twice, the second time in pieces; whether both went alike.
bool goes_alike(const std::string& input, Random& random) {
    talk::Site site;
    talk::Site split_site;
    const talk::Outcome whole = talk::converse(site, {input});
    const talk::Manner manner{.sends_bytes = std::size_t{1} << (4 + below(random, 11)),
                              .split_reply = below(random, 2) == 0};
    const talk::Outcome pieces = talk::converse(split_site, split(input, random), manner);

    EXPECT_EQ(talk::without_continue(whole.output), talk::without_continue(pieces.output));
    EXPECT_EQ(whole.end == Next::read, pieces.end == Next::read);
    EXPECT_EQ(site.replies, split_site.replies);
    return !testing::Test::HasFailure();
}

/// How many inputs: enough for every day, more where the environment asks for it.
int input_count() {
    const char* const wanted = std::getenv("HTTP_MUTATIONS");
    return wanted != nullptr ? std::atoi(wanted) : 10000;
}

TEST(Mutations, are_answered_alike_however_they_are_split) {
    Random random{1};
    for (int i = 0; i < input_count(); ++i) {
        const std::string input = make_input(random);
        ASSERT_TRUE(goes_alike(input, random)) << "input " << i << ": " << escaped(input);
    }
}

TEST(Mutations, come_to_an_end_when_the_client_does) {
    Random random{2};
    for (int i = 0; i < input_count(); ++i) {
        const std::string input = make_input(random);
        talk::Site site;
        const talk::Outcome outcome = talk::converse(site, {input}, {.shuts_down = true});
        ASSERT_EQ(outcome.end, Next::close) << "input " << i << ": " << escaped(input);
    }
}

TEST(Mutations, come_to_an_end_when_time_is_up) {
    Random random{3};
    for (int i = 0; i < input_count(); ++i) {
        const std::string input = make_input(random);
        talk::Site site;
        http::Context context{site};
        http::Conversation conversation{context};
        std::string output;
        talk::give(conversation, input, output);
        conversation.time_up();
        talk::drain(conversation);
        if (conversation.next() == Next::linger) conversation.time_up();
        ASSERT_EQ(conversation.next(), Next::close) << "input " << i << ": " << escaped(input);
    }
}

}  // namespace
