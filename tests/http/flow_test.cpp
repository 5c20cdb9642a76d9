#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "tests/http/talk.hpp"

// What a conversation wants next, whose deadline runs, and how it ends.
namespace {

using http::Next;
using http::Phase;
using talk::arrive;
using talk::drain;
using talk::error;
using talk::hello;
using talk::hello_and_close;
using talk::reply;

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string get_and_close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const std::string post_head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";

std::string get_body(std::size_t size) {
    return "GET /body/" + std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string repeated(const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

class Flow : public testing::Test {
protected:
    talk::Site site;
    http::Context context{site};
    http::Conversation conversation{context};
};

TEST_F(Flow, a_new_conversation_reads_and_its_head_is_due) {
    EXPECT_EQ(conversation.next(), Next::read);
    EXPECT_EQ(conversation.phase(), Phase::head);
    EXPECT_EQ(conversation.requests(), 0u);
    EXPECT_TRUE(conversation.output().empty());
    EXPECT_FALSE(conversation.room().empty());
}

TEST_F(Flow, phases_follow_one_another) {
    arrive(conversation, post_head.substr(0, 1));
    EXPECT_EQ(conversation.phase(), Phase::head);
    EXPECT_EQ(conversation.requests(), 1u);
    arrive(conversation, post_head.substr(1));
    EXPECT_EQ(conversation.phase(), Phase::body);
    EXPECT_EQ(conversation.next(), Next::read);
    arrive(conversation, "1234");
    EXPECT_EQ(conversation.phase(), Phase::reply);
    EXPECT_EQ(conversation.next(), Next::write);
    drain(conversation);
    EXPECT_EQ(conversation.phase(), Phase::idle);
    EXPECT_EQ(conversation.next(), Next::read);
    arrive(conversation, "G");
    EXPECT_EQ(conversation.phase(), Phase::head);
    EXPECT_EQ(conversation.requests(), 2u);
    arrive(conversation, "\x01");
    EXPECT_EQ(conversation.phase(), Phase::reply);
    drain(conversation);
    EXPECT_EQ(conversation.phase(), Phase::linger);
    EXPECT_EQ(conversation.next(), Next::linger);
}

TEST_F(Flow, empty_lines_begin_no_request) {
    arrive(conversation, get + "\r\n\r");
    drain(conversation);
    EXPECT_EQ(conversation.phase(), Phase::idle);
    EXPECT_EQ(conversation.requests(), 1u);
    conversation.time_up();
    EXPECT_EQ(drain(conversation), "") << "silence for the idle";
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, one_head_is_told_from_the_next_when_both_share_a_receive) {
    arrive(conversation, "GET / HTTP/1.1\r\n");
    const std::uint32_t before = conversation.requests();
    arrive(conversation, "Host: a\r\n\r\nGET");
    drain(conversation);
    EXPECT_EQ(conversation.phase(), Phase::head);
    EXPECT_EQ(conversation.requests(), before + 1);
}

TEST_F(Flow, closes_at_once_behind_a_request_that_asked_for_it) {
    arrive(conversation, get_and_close);
    EXPECT_EQ(drain(conversation), hello_and_close());
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, lingers_where_input_came_behind_the_last_request) {
    arrive(conversation, get_and_close + "x");
    EXPECT_EQ(drain(conversation), hello_and_close());
    EXPECT_EQ(conversation.next(), Next::linger);
    arrive(conversation, get);
    EXPECT_EQ(conversation.next(), Next::linger);
    EXPECT_TRUE(conversation.output().empty()) << "nothing behind it is a request";
    conversation.received(0);
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, lingers_where_input_comes_while_the_last_reply_is_sent) {
    arrive(conversation, get_and_close);
    arrive(conversation, get);
    EXPECT_EQ(drain(conversation), hello_and_close());
    EXPECT_EQ(conversation.next(), Next::linger);
}

TEST_F(Flow, input_that_comes_while_a_reply_is_sent_is_answered_behind_it) {
    arrive(conversation, get + "GET / HT");
    arrive(conversation, "TP/1.1\r\nHost: a\r\n");
    arrive(conversation, "\r\n" + get);
    EXPECT_EQ(drain(conversation, 1), hello() + hello() + hello());
    EXPECT_EQ(conversation.next(), Next::read);
}

// Pipelining and back-pressure.

TEST_F(Flow, a_hundred_pipelined_requests_are_answered_in_one_output) {
    arrive(conversation, repeated(get, 100));
    EXPECT_EQ(conversation.output().size(), 100 * hello().size());
    EXPECT_EQ(drain(conversation), repeated(hello(), 100));
    EXPECT_EQ(site.replies.size(), 100u);
}

TEST_F(Flow, a_room_full_of_pipelined_requests_is_answered_block_by_block) {
    const std::string requests = repeated("GET / HTTP/1.1\nHost:\n\n", 700);
    std::string output;
    EXPECT_TRUE(talk::give(conversation, requests, output).empty());
    EXPECT_EQ(output, repeated(hello(), 700));
    EXPECT_EQ(conversation.next(), Next::read);
}

TEST_F(Flow, a_client_that_does_not_read_is_not_read_from) {
    std::string input = repeated(get, 10000);
    std::size_t taken = 0;
    while (conversation.next() == Next::read) {
        const std::size_t count = conversation.room().size();
        arrive(conversation, std::string_view{input}.substr(taken, count));
        taken += count;
    }
    EXPECT_LE(taken, http::scratch_bytes) << "one receive, then it has to read";
    EXPECT_LE(conversation.output().size(), http::block_bytes);

    std::string output = drain(conversation);
    EXPECT_TRUE(talk::give(conversation, std::string_view{input}.substr(taken), output).empty());
    EXPECT_EQ(output, repeated(hello(), 10000)) << "all answers come later";
}

TEST_F(Flow, room_is_left_for_no_more_than_may_wait) {
    arrive(conversation, get_body(100000));
    ASSERT_EQ(conversation.next(), Next::write);
    std::size_t taken = 0;
    while (!conversation.room().empty()) {
        const std::size_t count = std::min<std::size_t>(conversation.room().size(), get.size());
        arrive(conversation, get.substr(0, count));
        taken += count;
    }
    EXPECT_EQ(taken, http::scratch_bytes);
    const std::size_t whole = taken / get.size();
    EXPECT_EQ(drain(conversation), reply("200 OK", talk::body_bytes(100000)) +
                                       repeated(hello(), static_cast<int>(whole)));
}

TEST_F(Flow, a_long_body_is_pulled_as_it_drains) {
    arrive(conversation, get_body(1000000));
    EXPECT_EQ(site.bodies_pulled, 1);
    conversation.sent(conversation.output().size() - 1);
    EXPECT_EQ(site.bodies_pulled, 1);
    conversation.sent(1);
    EXPECT_EQ(site.bodies_pulled, 2);
    EXPECT_LE(conversation.output().size(), http::block_bytes);
}

TEST_F(Flow, a_body_that_fails_is_cut_and_the_connection_closed_without_lingering) {
    arrive(conversation, "GET /cut/100000 HTTP/1.1\r\nHost: a\r\n\r\n" + get);
    const std::string whole = reply("200 OK", talk::body_bytes(100000));
    const std::string output = drain(conversation);
    EXPECT_EQ(output, whole.substr(0, whole.size() - 50000));
    EXPECT_EQ(conversation.next(), Next::close);
}

// Half-close.

TEST_F(Flow, a_client_that_shuts_down_behind_its_request_gets_the_whole_answer) {
    arrive(conversation, get_body(5000000));
    conversation.received(0);
    EXPECT_EQ(conversation.next(), Next::write);
    EXPECT_EQ(drain(conversation), reply("200 OK", talk::body_bytes(5000000)));
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, a_client_that_shuts_down_behind_a_pipeline_gets_all_answers) {
    const std::string requests = repeated("GET / HTTP/1.1\nHost:\n\n", 700) + "GET / HT";
    arrive(conversation, requests);
    conversation.received(0);
    EXPECT_EQ(drain(conversation), repeated(hello(), 700));
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, a_client_that_shuts_down_inside_a_request_is_closed) {
    for (const std::string& part : {std::string{}, std::string{"\r"}, get.substr(0, 9), post_head,
                                    post_head + "12", get + "GET"}) {
        http::Conversation other{context};
        std::string output;
        talk::give(other, part, output);
        other.received(0);
        EXPECT_EQ(drain(other), "") << part;
        EXPECT_EQ(other.next(), Next::close) << part;
    }
}

TEST_F(Flow, a_client_that_has_shut_down_is_not_lingered_for) {
    arrive(conversation, "garbage\r\n");
    conversation.received(0);
    EXPECT_EQ(drain(conversation), error("400 Bad Request"));
    EXPECT_EQ(conversation.next(), Next::close);
}

// The last reply.

TEST_F(Flow, finish_makes_the_next_reply_the_last) {
    arrive(conversation, get.substr(0, 5));
    conversation.finish();
    EXPECT_EQ(conversation.next(), Next::read);
    arrive(conversation, get.substr(5));
    EXPECT_EQ(drain(conversation), hello_and_close());
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, finish_lets_a_reply_in_flight_end_and_drops_what_waits) {
    arrive(conversation, get_body(50000) + get);
    conversation.finish();
    EXPECT_EQ(drain(conversation), reply("200 OK", talk::body_bytes(50000)));
    EXPECT_EQ(conversation.next(), Next::linger);
}

TEST_F(Flow, finish_drops_a_head_begun_behind_the_reply_in_flight) {
    arrive(conversation, get + "GET");
    conversation.finish();
    EXPECT_EQ(drain(conversation), hello());
    EXPECT_EQ(conversation.next(), Next::linger);
}

TEST_F(Flow, finish_still_answers_a_body_that_was_asked_for) {
    arrive(conversation,
           "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    conversation.finish();
    drain(conversation);
    EXPECT_EQ(conversation.next(), Next::read);
    arrive(conversation, "ok");
    EXPECT_EQ(drain(conversation), reply("200 OK", "ok", "Connection: close\r\n"));
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, finish_keeps_a_last_reply_the_last) {
    arrive(conversation, get_and_close);
    conversation.finish();
    EXPECT_EQ(drain(conversation), hello_and_close());
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, a_site_that_would_rather_not_makes_any_reply_the_last) {
    site.keeps_alive = false;
    arrive(conversation, get + get);
    EXPECT_EQ(drain(conversation), hello_and_close());
    EXPECT_EQ(conversation.next(), Next::linger);
    EXPECT_EQ(site.asked_to_keep_alive, 1);
}

TEST_F(Flow, a_site_is_not_asked_to_keep_what_ends_anyway) {
    arrive(conversation, get_and_close);
    http::Conversation old{context};
    arrive(old, "GET / HTTP/1.0\r\n\r\n");
    http::Conversation bad{context};
    arrive(bad, "GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(site.asked_to_keep_alive, 0);
}

// Time.

TEST_F(Flow, silence_is_the_answer_to_a_client_that_never_said_a_byte) {
    conversation.time_up();
    EXPECT_EQ(conversation.next(), Next::close);
    EXPECT_TRUE(site.replies.empty());
}

TEST_F(Flow, a_slow_head_gets_408) {
    arrive(conversation, "G");
    conversation.time_up();
    EXPECT_EQ(drain(conversation), error("408 Request Timeout"));
    EXPECT_EQ(conversation.next(), Next::linger);
    EXPECT_EQ(site.replies, std::vector{408});
}

TEST_F(Flow, a_slow_body_gets_408) {
    arrive(conversation, post_head + "1");
    conversation.time_up();
    EXPECT_EQ(drain(conversation), error("408 Request Timeout"));
    EXPECT_EQ(conversation.next(), Next::linger);
}

TEST_F(Flow, a_slow_body_of_HTTP_1_0_gets_its_408_in_HTTP_1_0) {
    arrive(conversation, "POST / HTTP/1.0\r\nContent-Length: 9\r\n\r\n");
    conversation.time_up();
    EXPECT_EQ(drain(conversation), error("408 Request Timeout", "HTTP/1.0"));
}

TEST_F(Flow, an_idle_client_is_closed_in_silence) {
    arrive(conversation, get);
    drain(conversation);
    conversation.time_up();
    EXPECT_EQ(drain(conversation), "");
    EXPECT_EQ(conversation.next(), Next::close);
}

TEST_F(Flow, a_client_that_does_not_take_its_reply_is_closed) {
    arrive(conversation, get_body(100000));
    conversation.time_up();
    EXPECT_EQ(conversation.next(), Next::close);
    EXPECT_TRUE(conversation.output().empty());
}

TEST_F(Flow, lingering_ends_when_its_time_is_up) {
    arrive(conversation, "\x01");
    drain(conversation);
    conversation.time_up();
    EXPECT_EQ(conversation.next(), Next::close);
}

// A full house.

TEST_F(Flow, a_client_that_is_refused_is_told_503_and_never_answered) {
    conversation.refuse();
    EXPECT_EQ(drain(conversation), error("503 Service Unavailable"));
    EXPECT_EQ(conversation.next(), Next::linger);
    arrive(conversation, get);
    EXPECT_EQ(conversation.next(), Next::linger);
    EXPECT_EQ(site.replies, std::vector{503});
}

// Places.

TEST(Place, without_a_conversation_closes_and_does_nothing) {
    http::Conversation place;
    EXPECT_EQ(place.next(), Next::close);
    EXPECT_TRUE(place.room().empty());
    EXPECT_TRUE(place.output().empty());
    place.received(0);
    place.sent(0);
    place.finish();
    place.time_up();
    place.refuse();
    EXPECT_EQ(place.next(), Next::close);
}

TEST_F(Flow, a_conversation_goes_on_where_it_is_moved_to) {
    arrive(conversation, get + get_body(40000) + "GET / HTTP/1.1\r\nHo");
    conversation.sent(50);
    http::Conversation moved{std::move(conversation)};
    EXPECT_EQ(conversation.next(), Next::close) << "the place it left is free";
    http::Conversation assigned;
    assigned = std::move(moved);
    std::string output = hello().substr(0, 50) + drain(assigned);
    http::Conversation last{context};
    last = std::move(assigned);
    talk::give(last, "st: a\r\n\r\n", output);
    EXPECT_EQ(output, hello() + reply("200 OK", talk::body_bytes(40000)) + hello());
}

TEST_F(Flow, conversations_share_a_room_but_nothing_else) {
    http::Conversation other{context};
    const std::string mine = "GET /text/5 HTTP/1.1\r\nHost: a\r\n\r\n";
    for (std::size_t at = 0; at < mine.size(); ++at) {
        arrive(conversation, mine.substr(at, 1));
        if (at < get.size()) arrive(other, get.substr(at, 1));
    }
    EXPECT_EQ(drain(conversation), reply("200 OK", talk::body_bytes(5)));
    EXPECT_EQ(drain(other), hello());
}

// What the site hears.

TEST_F(Flow, the_site_hears_of_every_final_reply) {
    std::string output;
    talk::give(conversation,
               get + post_head + "1234" + "BREW / HTTP/1.1\r\nHost: a\r\n\r\n" +
                   "GET /none HTTP/1.1\r\nHost: a\r\n\r\n" + "\r\r",
               output);
    EXPECT_EQ(site.replies, (std::vector{200, 200, 501, 204, 400}));
}

TEST_F(Flow, a_split_reply_shows_its_head_alone_first) {
    http::Context splitting{site, true};
    http::Conversation split{splitting};
    arrive(split, get + get_body(20000));
    const auto text = [&split] {
        const auto output = split.output();
        return std::string{reinterpret_cast<const char*>(output.data()), output.size()};
    };
    const std::string head = hello().substr(0, hello().size() - 13);
    EXPECT_EQ(text(), head);
    split.sent(10);
    EXPECT_EQ(text(), head.substr(10));
    split.sent(head.size() - 10);
    EXPECT_EQ(text(), "Hello, world!");
    split.sent(13);
    EXPECT_TRUE(text().ends_with("\r\n\r\n"));
    EXPECT_EQ(drain(split), reply("200 OK", talk::body_bytes(20000)));
}

/// Counts the sources that there are.
class Counted {
public:
    explicit Counted(int& count) noexcept : count_{&count} { ++*count_; }
    Counted(Counted&& other) noexcept : count_{other.count_} { ++*count_; }
    ~Counted() { --*count_; }

    std::size_t pull(std::span<std::byte> room) noexcept { return room.size(); }

private:
    int* count_;
};

TEST(Body, ends_its_source_once_wherever_it_was_moved) {
    int sources = 0;
    {
        http::Body body{Counted{sources}};
        EXPECT_EQ(sources, 1);
        http::Body moved{std::move(body)};
        EXPECT_EQ(sources, 1);
        EXPECT_FALSE(body);  // NOLINT(bugprone-use-after-move): that is what is looked at
        http::Body other{Counted{sources}};
        EXPECT_EQ(sources, 2);
        other = std::move(moved);
        EXPECT_EQ(sources, 1);
        std::array<std::byte, 3> room{};
        EXPECT_EQ(other.pull(room), 3U);
        other.reset();
        EXPECT_EQ(sources, 0);
        EXPECT_FALSE(other);
        other = http::Body{Counted{sources}};
        EXPECT_EQ(sources, 1);
    }
    EXPECT_EQ(sources, 0);
}

}  // namespace
