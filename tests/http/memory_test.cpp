#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "common/http/record.hpp"
#include "tests/http/talk.hpp"

// What a conversation asks the allocator for. The operators below count for the
// whole executable, and fail on request.
namespace {

std::size_t allocations = 0;
std::size_t held_bytes = 0;
std::size_t most_held_bytes = 0;
long allocations_until_failure = -1;  // none fails while negative

void* allocate(std::size_t size) {
    ++allocations;
    if (allocations_until_failure == 0) throw std::bad_alloc{};
    if (allocations_until_failure > 0) --allocations_until_failure;
    void* const memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc{};
    held_bytes += malloc_usable_size(memory);
    most_held_bytes = std::max(most_held_bytes, held_bytes);
    return memory;
}

void release(void* memory) noexcept {
    if (memory != nullptr) held_bytes -= malloc_usable_size(memory);
    std::free(memory);
}

}  // namespace

#include "tests/replaced_new.hpp"

namespace {

using http::Next;

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A reply taken without a string to hold it.
void discard_output(http::Conversation& conversation) {
    while (conversation.next() == Next::write) conversation.sent(conversation.output().size());
}

std::string pipeline(int requests) {
    std::string all;
    for (int i = 0; i < requests; ++i) all += get;
    return all;
}

class Memory : public testing::Test {
protected:
    Memory() {
        site.notes_replies = false;
        site.last_request.reserve(256);
    }

    /// How often the allocator was asked while `bytes` were answered.
    std::size_t allocations_of(http::Conversation& conversation, std::string_view bytes) {
        const std::size_t before = allocations;
        talk::arrive(conversation, bytes);
        discard_output(conversation);
        return allocations - before;
    }

    /// The same where another context answers.
    std::size_t allocations_of_turn(http::Conversation& conversation, std::string_view bytes) {
        const std::size_t before = allocations;
        conversation.bring_block();
        conversation.move_to(elsewhere);
        talk::arrive(conversation, bytes);
        conversation.move_to(context);
        conversation.take_block_home();
        discard_output(conversation);
        return allocations - before;
    }

    talk::Site site;
    http::Context context{site};
    http::Context elsewhere{site};
};

TEST_F(Memory, nothing_is_allocated_for_a_request_not_even_the_first) {
    http::Conversation conversation{context};
    for (int i = 0; i < 100; ++i) EXPECT_EQ(allocations_of(conversation, get), 0u);
}

TEST_F(Memory, nothing_is_allocated_for_a_connection) {
    const std::string old = "GET / HTTP/1.0\r\n\r\n";
    for (int i = 0; i < 100; ++i) {
        const std::size_t before = allocations;
        http::Conversation conversation{context};
        EXPECT_EQ(allocations_of(conversation, old), 0u);
        EXPECT_EQ(conversation.next(), Next::close);
        EXPECT_EQ(allocations, before);
    }
}

TEST_F(Memory, nothing_is_allocated_for_a_pipeline_that_fits_a_block) {
    http::Conversation conversation{context};
    const std::string requests = pipeline(100);
    EXPECT_EQ(allocations_of(conversation, requests), 0u);
}

TEST_F(Memory, nothing_is_allocated_for_a_reply_that_is_pulled_but_the_first) {
    http::Conversation conversation{context};
    const std::string long_reply = "GET /body/100000 HTTP/1.1\r\nHost: a\r\n\r\n";
    static_cast<void>(allocations_of(conversation, long_reply));  // a record, kept
    for (int i = 0; i < 100; ++i) EXPECT_EQ(allocations_of(conversation, long_reply), 0u);
}

TEST_F(Memory, nothing_is_allocated_for_an_error) {
    http::Conversation conversation{context};
    EXPECT_EQ(allocations_of(conversation, "GET / HTTP/1.1\r\n\r\n"), 0u);
}

TEST_F(Memory, nothing_is_allocated_for_a_body_that_is_dropped) {
    http::Conversation conversation{context};
    EXPECT_EQ(
        allocations_of(conversation, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n1234"),
        0u);
}

TEST_F(Memory, nothing_is_allocated_where_one_context_answers_and_another_sends) {
    http::Conversation conversation{context};
    for (int i = 0; i < 100; ++i) EXPECT_EQ(allocations_of_turn(conversation, get), 0u);
    const std::size_t held = held_bytes;
    allocations_of_turn(conversation, std::string_view{get}.substr(0, 10));
    EXPECT_LT(held_bytes - held, http::block_bytes);  // no reply, no block
}

TEST_F(Memory, nothing_is_allocated_where_another_context_has_no_reply_yet) {
    http::Conversation conversation{context};
    allocations_of_turn(conversation, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 100; ++i) EXPECT_EQ(allocations_of_turn(conversation, "x"), 0u);
}

TEST_F(Memory, a_request_in_two_receives_finds_its_record_used_before) {
    http::Conversation conversation{context};
    const auto halves = [&] {
        return allocations_of(conversation, std::string_view{get}.substr(0, 10)) +
               allocations_of(conversation, std::string_view{get}.substr(10));
    };
    halves();
    halves();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(halves(), 0u);
}

TEST_F(Memory, where_it_is_short_this_client_is_closed_and_others_are_served) {
    const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n";
    const std::string pieces[] = {
        "GET /a/path/that/is/longer/than/a/short/string HTTP/1.1\r\nHost: a\r\n", "\r\n",
        head + std::string(50, 'x'), std::string(40, 'x') + pipeline(300),
        "GET /text/50000 HTTP/1.1\r\nHost: a\r\n\r\n" + get + "GET /"};
    bool failed = true;
    for (long limit = 0; failed && limit < 1000; ++limit) {
        talk::Site fresh_site;
        fresh_site.notes_replies = false;
        fresh_site.last_request.reserve(256);
        http::Context fresh{fresh_site};
        http::Conversation conversation{fresh};
        const std::size_t before = allocations;
        allocations_until_failure = limit;
        for (const std::string& piece : pieces) {
            if (conversation.next() != Next::read) break;
            talk::arrive(conversation, piece);
            discard_output(conversation);
        }
        failed = allocations_until_failure == 0 &&
                 allocations - before > static_cast<std::size_t>(limit);
        allocations_until_failure = -1;
        EXPECT_EQ(conversation.next(), failed ? Next::close : Next::read) << limit;

        http::Conversation other{fresh};
        std::string output;
        talk::give(other, get, output);
        EXPECT_EQ(output, talk::hello()) << limit;
    }
    EXPECT_FALSE(failed) << "the limit was raised until nothing failed";
}

TEST_F(Memory, a_client_cannot_make_it_hold_more_than_64_KiB_of_heads_or_pipelines) {
    const std::string endless_field = "GET / HTTP/1.1\r\nX: " + std::string(65536, 'x');
    const std::string endless_line = "GET /" + std::string(65536, 'x');
    const std::string endless_pipeline = pipeline(2000);
    const std::string slow_reader = "GET /body/1000000 HTTP/1.1\r\nHost: a\r\n\r\n" + pipeline(500);
    for (const std::string& input : {endless_field, endless_line, endless_pipeline, slow_reader}) {
        for (const std::size_t step : {1u, 700u, 16384u}) {
            http::Conversation conversation{context};
            const std::size_t before = held_bytes;
            most_held_bytes = held_bytes;
            for (std::size_t at = 0; at < input.size(); at += step) {
                const std::size_t room = conversation.room().size();
                if (conversation.next() == Next::close || room == 0) break;
                talk::arrive(conversation,
                             std::string_view{input}.substr(at, std::min(step, room)));
            }
            EXPECT_LE(most_held_bytes - before, 65536u) << input.substr(0, 30) << " by " << step;
        }
    }
}

TEST_F(Memory, nothing_is_held_for_a_client_that_is_lingered_for) {
    http::Conversation conversation{context};
    const std::size_t before = held_bytes;
    talk::arrive(conversation, "GET / HTTP/1.1\r\nX: " + std::string(16000, 'x'));
    EXPECT_GT(held_bytes, before + 16000);
    talk::arrive(conversation, "\x01");
    discard_output(conversation);
    EXPECT_EQ(conversation.next(), Next::linger);
    EXPECT_LE(held_bytes, before + 2 * sizeof(http::Record)) << "records that are free again";
}

TEST_F(Memory, an_idle_conversation_owns_nothing) {
    http::Conversation first{context};
    std::string output;
    talk::give(first, get + "GET /body/50000 HTTP/1.1\r\nHost: a\r\n\r\n", output);
    // What the first has given back serves the second.
    http::Conversation second{context};
    EXPECT_EQ(allocations_of(second, get), 0u);
    EXPECT_EQ(allocations_of(second, std::string_view{get}.substr(0, 5)), 0u);
}

TEST_F(Memory, output_that_may_be_on_its_way_stays_where_it_is_whatever_comes_meanwhile) {
    const std::string piece = pipeline(40);
    const auto bytes = std::as_bytes(std::span{piece});
    for (int pieces = 1; pieces < 60; ++pieces) {
        http::Conversation conversation{context};
        talk::arrive(conversation, "GET /body/50000 HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto lent = conversation.output();
        const std::vector<std::byte> before{lent.begin(), lent.end()};
        for (int more = 1; more < pieces; ++more) conversation.received(bytes);
        allocations_until_failure = 0;
        conversation.received(bytes);
        const bool failed = conversation.next() == Next::close;
        allocations_until_failure = -1;
        const auto now = conversation.output();
        EXPECT_FALSE(failed) << "what is lent is sent first";
        ASSERT_EQ(now.data(), lent.data());
        EXPECT_TRUE(std::equal(now.begin(), now.end(), before.begin(), before.end()));
    }
}

TEST_F(Memory, a_client_for_whose_input_there_is_none_is_let_go_when_its_output_is_out) {
    const std::string piece(20'000, 'x');  // more than any record keeps for reuse
    http::Conversation conversation{context};
    talk::arrive(conversation, "GET /body/50000 HTTP/1.1\r\nHost: a\r\n\r\n");
    allocations_until_failure = 0;
    conversation.received(std::as_bytes(std::span{piece}));
    allocations_until_failure = -1;
    EXPECT_EQ(conversation.next(), Next::write);
    conversation.sent(conversation.output().size());
    EXPECT_EQ(conversation.next(), Next::close);
}

}  // namespace
