// What threads hand each other, and the lists of a turn: in order, whole, and without memory.

#include "common/server/queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "common/server/ready_list.hpp"
#include "tests/server/no_memory.hpp"

namespace {

TEST(Ring, is_a_queue_whatever_comes_in_and_goes_and_wherever_it_grows) {
    std::minstd_rand random{1};  // NOLINT: the same each time is what we want
    server::Ring<int> ring;
    std::deque<int> oracle;
    ring.reserve(1);
    std::size_t room = 1;
    for (int turn = 0; turn < 100'000; ++turn) {
        ASSERT_EQ(ring.size(), oracle.size());
        ASSERT_EQ(ring.empty(), oracle.empty());
        if (random() % 2 == 0 && oracle.size() < room) {
            ring.push(turn);
            oracle.push_back(turn);
        } else if (!oracle.empty()) {
            ASSERT_EQ(ring.pop(), oracle.front());
            oracle.pop_front();
        }
        if (random() % 1000 == 0) ring.reserve(room = std::max<std::size_t>(room, random() % 200));
    }
}

TEST(Ring, takes_no_memory_for_what_there_is_room_for) {
    server::Ring<std::unique_ptr<int>> ring;
    ring.reserve(2);
    std::unique_ptr<int> one{new int{1}};
    const NoMemory none;
    for (int turn = 0; turn < 5; ++turn) {
        ring.push(std::move(one));
        one = ring.pop();
    }
    EXPECT_EQ(*one, 1);
}

TEST(BoundedQueue, refuses_what_is_too_much_and_leaves_it_as_it_was) {
    using namespace std::chrono_literals;
    server::BoundedQueue<std::unique_ptr<int>> queue{1};
    std::unique_ptr<int> first{new int{1}};
    std::unique_ptr<int> second{new int{2}};
    const NoMemory none;
    EXPECT_TRUE(queue.push_within(first, 1ms));
    EXPECT_FALSE(queue.push_within(second, 1ms));
    EXPECT_EQ(*second, 2);
    EXPECT_EQ(**queue.pop(), 1);
    queue.close();
    EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(Basket, is_emptied_at_once_and_tells_who_was_the_first) {
    server::Basket<int> basket{3};
    const NoMemory none;
    for (int turn = 0; turn < 3; ++turn) {
        EXPECT_TRUE(basket.put(1));
        EXPECT_FALSE(basket.put(2));
        const std::span<const int> taken = basket.take_all();
        ASSERT_EQ(taken.size(), 2u);
        EXPECT_EQ(taken[0], 1);
        EXPECT_EQ(taken[1], 2);
        EXPECT_TRUE(basket.put(3));
        EXPECT_FALSE(basket.put(4));
        EXPECT_FALSE(basket.put(5));
        EXPECT_EQ(basket.take_all().size(), 3u);
    }
    EXPECT_TRUE(basket.take_all().empty());
}

TEST(ReadyList, stays_where_it_is_while_others_come_in) {
    server::ReadyList ready;
    ready.reserve(2);
    ready.clear();
    ready.push_back(5);
    ready.push_back(6);
    const std::span<const int> named = ready;
    ready.reserve(1000);
    EXPECT_EQ(named.data(), std::span<const int>{ready}.data());
    EXPECT_EQ(named[0], 5);
    EXPECT_EQ(named[1], 6);
    const NoMemory none;
    for (int turn = 0; turn < 3; ++turn) {
        ready.clear();
        for (int fd = 0; fd < 1000; ++fd) ready.push_back(fd);
        EXPECT_EQ(ready.size(), 1000u);
    }
}

}  // namespace
