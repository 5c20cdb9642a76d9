// The trace: what the ring holds when it wraps, when many write to it, and when one does not finish.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"

namespace {

/// The ring of this process, mapped once more from its file, as a stranger would.
sys::Ring& ring() {
    static sys::Ring* mapped = [] {
        std::array<char, 32> path{"/tmp/trace_test.XXXXXX"};
        ::close(::mkstemp(path.data()));
        sys::map_trace(path.data());
        sys::map_page("");
        sys::start_counting();
        const int fd = ::open(path.data(), O_RDWR);
        void* memory =
            ::mmap(nullptr, sizeof(sys::Ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        ::close(fd);
        ::unlink(path.data());
        return static_cast<sys::Ring*>(memory);
    }();
    return *mapped;
}

/// The records from the one with that sequence on, as they stand in the ring.
std::vector<sys::Record*> records_from(std::uint64_t sequence) {
    std::vector<sys::Record*> records;
    for (; sequence <= ring().calls; ++sequence)
        records.push_back(&ring().record[(sequence - 1) % sys::ring_records]);
    return records;
}

std::uint64_t next_sequence() {
    return ring().calls + 1;
}

std::uint32_t own_thread() {
    return static_cast<std::uint32_t>(::gettid());
}

/// A call that fails at once: EBADF.
int fail(int how = SHUT_RD) {
    return sys::shutdown(-1, how);
}

class Trace : public testing::Test {
protected:
    void SetUp() override {
        if (!sys::counting_built_in) GTEST_SKIP() << "built with IOLAB_COUNT_CALLS=OFF";
        ring();
    }
};

TEST_F(Trace, names_the_ring_so_that_a_stranger_can_read_it) {
    EXPECT_EQ(ring().magic, sys::trace_magic);
    EXPECT_EQ(ring().version, sys::trace_version);
    EXPECT_EQ(ring().size_bytes, sizeof(sys::Ring));
    EXPECT_EQ(ring().sites, sys::max_traced_sites);
    EXPECT_EQ(ring().records, sys::ring_records);
    EXPECT_EQ(ring().pid, static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(ring().clock, static_cast<std::uint32_t>(CLOCK_MONOTONIC));
}

TEST_F(Trace, tells_of_a_call_when_it_began_how_long_it_took_and_what_came_of_it) {
    const std::uint64_t sequence = next_sequence();
    pollfd nobody{-1, POLLIN, 0};
    const std::uint64_t before_ns = sys::monotonic_ns();
    const int line = __LINE__ + 1;
    EXPECT_EQ(sys::poll({&nobody, 1}, 20), 0);
    const std::uint64_t after_ns = sys::monotonic_ns();

    ASSERT_EQ(ring().calls, sequence);
    const sys::Record& record = *records_from(sequence).front();
    EXPECT_EQ(record.sequence, sequence);
    EXPECT_GE(record.start_ns, before_ns);
    EXPECT_GE(record.duration_ns, 19'000'000u);
    EXPECT_LE(record.start_ns + record.duration_ns, after_ns);
    EXPECT_EQ(record.result, 0);
    EXPECT_EQ(record.fd, -1);
    EXPECT_EQ(record.thread, own_thread());
    EXPECT_EQ(record.process, static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(record.may_sleep, 1u);
    const sys::CallSite& site = ring().site.at(record.site);
    EXPECT_STREQ(site.call.data(), "poll");
    EXPECT_EQ(site.line, static_cast<std::uint32_t>(line));
    EXPECT_TRUE(std::string_view{site.file.data()}.ends_with("trace_test.cpp"));
}

TEST_F(Trace, tells_the_descriptor_and_the_errno_of_a_call_and_leaves_errno_as_it_was) {
    std::array<int, 2> fds{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    sys::Fd near{fds[0]};
    const sys::Fd far{fds[1]};
    std::array<std::byte, 4> room{};
    const std::uint64_t sequence = next_sequence();
    EXPECT_EQ(sys::recv(near.get(), room, 0), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(sys::send(far.get(), room, 0), 4);
    sys::close(std::move(near));

    const auto records = records_from(sequence);
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(records[0]->result, -EAGAIN);
    EXPECT_EQ(records[0]->may_sleep, 0u) << "the line does not say that it sleeps";
    EXPECT_EQ(records[0]->fd, fds[0]);
    EXPECT_EQ(records[1]->result, 4);
    EXPECT_EQ(records[1]->fd, fds[1]);
    EXPECT_EQ(records[2]->result, 0);
    EXPECT_EQ(records[2]->fd, fds[0]);
}

TEST_F(Trace, overwrites_the_oldest_records_when_it_is_full) {
    constexpr std::uint64_t more = 100;
    const std::uint64_t sequence = next_sequence();
    for (std::uint64_t call = 0; call < sys::ring_records + more; ++call) fail();
    EXPECT_EQ(ring().calls, sequence - 1 + sys::ring_records + more);
    std::set<std::uint64_t> seen;
    for (const sys::Record& record : ring().record) seen.insert(record.sequence);
    EXPECT_EQ(seen.size(), sys::ring_records);
    EXPECT_EQ(*seen.begin(), sequence + more);
    EXPECT_EQ(*seen.rbegin(), ring().calls);
}

TEST_F(Trace, leaves_a_record_alone_that_somebody_else_is_writing) {
    const std::uint64_t sequence = next_sequence();
    sys::Record& taken = ring().record[(sequence - 1) % sys::ring_records];
    const std::uint64_t mark = (sequence + 7) | sys::half_written;
    taken.sequence = mark;
    taken.start_ns = 1234;
    fail();
    fail();
    EXPECT_EQ(ring().calls, sequence + 1);
    EXPECT_EQ(taken.sequence, mark);
    EXPECT_EQ(taken.start_ns, 1234u);
    EXPECT_EQ(records_from(sequence).back()->sequence, sequence + 1);
    taken.sequence = 0;
}

TEST_F(Trace, lets_no_older_call_into_the_place_of_a_newer_one) {
    const std::uint64_t sequence = next_sequence();
    sys::Record& newer = ring().record[(sequence - 1) % sys::ring_records];
    newer.sequence = sequence + sys::ring_records;
    newer.start_ns = 1234;
    fail();
    EXPECT_EQ(newer.sequence, sequence + sys::ring_records);
    EXPECT_EQ(newer.start_ns, 1234u);
    newer.sequence = 0;
}

TEST_F(Trace, holds_the_calls_of_all_threads_each_once_under_its_own_number) {
    constexpr int threads = 4;
    constexpr std::size_t each = 5'000;
    std::uint64_t sequence = next_sequence();
    std::array<std::uint32_t, threads> numbers{};
    std::vector<std::thread> running;
    for (std::uint32_t& number : numbers) {
        running.emplace_back([&number] {
            number = own_thread();
            for (std::size_t call = 0; call < each; ++call) fail(SHUT_WR);
        });
    }
    for (std::thread& thread : running) thread.join();

    const auto records = records_from(sequence);
    ASSERT_EQ(records.size(), threads * each);
    for (const std::uint32_t number : numbers) {
        const auto calls =
            std::count_if(records.begin(), records.end(),
                          [&](const sys::Record* record) { return record->thread == number; });
        EXPECT_EQ(static_cast<std::size_t>(calls), each);
    }
    for (const sys::Record* record : records) {
        ASSERT_EQ(record->process, static_cast<std::uint32_t>(::getpid()));
        ASSERT_EQ(record->sequence, sequence++);
        ASSERT_EQ(record->result, -EBADF);
        ASSERT_STREQ(ring().site.at(record->site).call.data(), "shutdown");
    }
}

TEST_F(Trace, stays_whole_when_threads_overtake_each_other_round_the_ring) {
    std::vector<std::thread> running;
    for (int thread = 0; thread < 4; ++thread) {
        running.emplace_back([] {
            // What belongs together in one record says the same number.
            for (std::size_t call = 0; call < sys::ring_records; ++call) {
                const int number = static_cast<int>(call);
                sys::record("write", sys::Site::here(), {call, call, number, number});
            }
        });
    }
    for (std::thread& thread : running) thread.join();
    std::size_t whole = 0;
    for (const sys::Record& record : ring().record) {
        if ((record.sequence & sys::half_written) != 0) continue;
        ++whole;
        ASSERT_EQ(record.start_ns, record.duration_ns);
        ASSERT_EQ(record.start_ns, static_cast<std::uint64_t>(record.result));
        ASSERT_EQ(record.result, record.fd);
    }
    EXPECT_EQ(whole, sys::ring_records);  // nobody is writing any more
}

TEST_F(Trace, goes_on_in_a_forked_child_under_the_child_s_number) {
    const std::uint64_t sequence = next_sequence();
    fail();
    const pid_t child = ::fork();
    if (child == 0) {
        for (int call = 0; call < 10; ++call) fail();
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    fail();

    const auto records = records_from(sequence);
    ASSERT_EQ(records.size(), 12u);
    EXPECT_EQ(records.front()->thread, own_thread());
    EXPECT_EQ(records.back()->thread, own_thread());
    for (std::size_t call = 1; call <= 10; ++call) {
        EXPECT_EQ(records[call]->thread, static_cast<std::uint32_t>(child));
        EXPECT_EQ(records[call]->process, static_cast<std::uint32_t>(child));
        EXPECT_EQ(records[call]->sequence, sequence + call);
    }
}

TEST_F(Trace, has_the_call_of_a_signal_handler_as_well) {
    const std::uint64_t sequence = next_sequence();
    const pid_t child = ::fork();
    if (child == 0) {
        sys::Fd listener{::socket(AF_INET, SOCK_STREAM, 0)};
        sys::stop_on_signals(listener.get());
        sys::count_stop_signals();
        ::raise(SIGTERM);
        ::_exit(listener.get());
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(ring().calls, sequence);
    const sys::Record& record = *records_from(sequence).front();
    EXPECT_STREQ(ring().site.at(record.site).call.data(), "shutdown");
    EXPECT_EQ(record.fd, WEXITSTATUS(status));
    EXPECT_EQ(record.thread, static_cast<std::uint32_t>(child));
}

TEST_F(Trace, counts_the_calls_of_sites_for_which_its_table_has_no_room) {
    const std::uint64_t calls = ring().calls;
    const std::uint64_t lost = ring().lost;
    std::vector<sys::CallSite*> borrowed;
    for (sys::CallSite& site : ring().site) {
        if (site.used != 0) continue;
        site.used = 1;
        borrowed.push_back(&site);
    }
    EXPECT_EQ(sys::listen(-1, 1), -1);
    EXPECT_EQ(ring().lost, lost + 1);
    EXPECT_EQ(ring().calls, calls);
    for (sys::CallSite* site : borrowed) site->used = 0;
}

}  // namespace
