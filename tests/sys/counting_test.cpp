// The seam: what it counts, where, and that nothing is lost with a thread or a process.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"
#include "common/sys/shared_file.hpp"

namespace {

/// The page of this process, mapped once more from its file, as a reader would.
const sys::Page& page() {
    static const sys::Page* mapped = [] {
        std::array<char, 32> path{"/tmp/counting_test.XXXXXX"};
        ::close(::mkstemp(path.data()));
        sys::map_page(path.data());
        sys::start_counting();
        const int fd = ::open(path.data(), O_RDONLY);
        void* memory = ::mmap(nullptr, sizeof(sys::Page), PROT_READ, MAP_SHARED, fd, 0);
        ::close(fd);
        ::unlink(path.data());
        return static_cast<const sys::Page*>(memory);
    }();
    return *mapped;
}

struct Totals {
    std::uint64_t calls = 0;
    std::uint64_t bytes = 0;
    std::uint64_t would_block = 0;
    std::uint64_t interrupted = 0;
    std::uint64_t errors = 0;
    std::uint64_t asleep_ns = 0;
    std::size_t rows = 0;
};

/// Sum over all slots of what was counted for `call` on `line` of this file.
Totals totals(std::string_view call, int line) {
    Totals sum;
    for (const sys::Slot& slot : page().slot) {
        for (const sys::Row& row : slot.rows) {
            if (row.used != 2 || row.call.data() != call) continue;
            if (row.line != static_cast<std::uint32_t>(line)) continue;
            if (!std::string_view{row.file.data()}.ends_with("counting_test.cpp")) continue;
            sum.calls += row.calls;
            sum.bytes += row.bytes;
            sum.would_block += row.would_block;
            sum.interrupted += row.interrupted;
            sum.errors += row.errors;
            sum.asleep_ns += row.asleep_ns;
            ++sum.rows;
        }
    }
    return sum;
}

std::size_t slots_ever_used() {
    std::size_t used = 0;
    for (const sys::Slot& slot : page().slot) {
        used += slot.owner != 0 || slot.rows[0].used == 2 ? 1 : 0;
    }
    return used;
}

struct Pair {
    sys::Fd near;
    sys::Fd far;
};

Pair socket_pair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    return {sys::Fd{fds[0]}, sys::Fd{fds[1]}};
}

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span{text});
}

class Counting : public testing::Test {
protected:
    void SetUp() override {
        if (!sys::counting_built_in) GTEST_SKIP() << "built with IOLAB_COUNT_CALLS=OFF";
        page();
    }
};

TEST_F(Counting, names_the_page_so_that_a_stranger_can_read_it) {
    EXPECT_EQ(page().magic, sys::page_magic);
    EXPECT_EQ(page().version, sys::page_version);
    EXPECT_EQ(page().size_bytes, sizeof(sys::Page));
    EXPECT_EQ(page().pid, static_cast<std::uint32_t>(::getpid()));
}

TEST_F(Counting, tells_outcomes_apart_under_the_line_of_the_caller) {
    const Pair pair = socket_pair();
    std::array<std::byte, 16> room{};
    ASSERT_EQ(sys::send(pair.far.get(), bytes("hello"), 0), 5);

    const auto receive = [&](int fd) { return sys::recv(fd, room, 0); };
    const int line = __LINE__ - 1;
    EXPECT_EQ(receive(pair.near.get()), 5);
    EXPECT_EQ(receive(pair.near.get()), -1);  // nothing there
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(receive(-1), -1);
    EXPECT_EQ(errno, EBADF);

    const Totals seen = totals("recv", line);
    EXPECT_EQ(seen.calls, 3u);
    EXPECT_EQ(seen.bytes, 5u);
    EXPECT_EQ(seen.would_block, 1u);
    EXPECT_EQ(seen.errors, 1u);
    EXPECT_EQ(seen.asleep_ns, 0u);
    EXPECT_EQ(seen.rows, 1u);
}

TEST_F(Counting, keeps_two_lines_and_two_calls_of_one_line_apart) {
    const Pair pair = socket_pair();
    std::array<std::byte, 16> room{};
    const int line = __LINE__ + 1;
    EXPECT_EQ(sys::send(pair.far.get(), bytes("a"), 0) + sys::recv(pair.near.get(), room, 0), 2);
    EXPECT_EQ(sys::send(pair.far.get(), bytes("bc"), 0), 2);
    EXPECT_EQ(totals("send", line).bytes, 1u);
    EXPECT_EQ(totals("recv", line).bytes, 1u);
    EXPECT_EQ(totals("send", line + 1).bytes, 2u);
}

TEST_F(Counting, measures_time_asleep_only_where_a_call_may_sleep) {
    pollfd nobody{-1, POLLIN, 0};
    const int line = __LINE__ + 1;
    EXPECT_EQ(sys::poll({&nobody, 1}, 20), 0);
    EXPECT_GE(totals("poll", line).asleep_ns, 19'000'000u);
}

TEST_F(Counting, loses_nothing_when_threads_come_and_go_and_reuses_their_slots) {
    const Pair pair = socket_pair();
    int line = 0;
    for (int i = 0; i < 1000; ++i) {
        std::thread{[&] {
            line = __LINE__ + 1;
            EXPECT_EQ(sys::setsockopt(pair.near.get(), -1, 0, {}), -1);
        }}.join();
    }
    EXPECT_EQ(totals("setsockopt", line).calls, 1000u);
    EXPECT_LT(slots_ever_used(), 10u);
}

TEST_F(Counting, adds_up_what_threads_count_at_the_same_time) {
    constexpr int each = 20'000;
    constexpr int line = 1;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([] {
            for (int k = 0; k < each; ++k)
                sys::shutdown(-1, SHUT_WR, {"counting_test.cpp", line, false});
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(totals("shutdown", line).calls, 4u * each);
    EXPECT_EQ(totals("shutdown", line).errors, 4u * each);
}

TEST_F(Counting, counts_a_forked_child_beside_its_parent) {
    const auto call = [] { return sys::shutdown(-1, SHUT_RD); };
    const int line = __LINE__ - 1;
    EXPECT_EQ(call(), -1);
    const pid_t child = ::fork();
    if (child == 0) {
        for (int i = 0; i < 10; ++i) call();
        ::_exit(0);
    }
    EXPECT_EQ(call(), -1);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(totals("shutdown", line).calls, 12u);
    EXPECT_EQ(totals("shutdown", line).rows, 2u);
}

TEST_F(Counting, reports_nothing_ready_when_a_signal_interrupts_a_wait) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
    const itimerval soon{{0, 0}, {0, 20'000}};
    pollfd nobody{-1, POLLIN, 0};
    ASSERT_EQ(::setitimer(ITIMER_REAL, &soon, nullptr), 0);
    const int line = __LINE__ + 1;
    EXPECT_EQ(sys::poll({&nobody, 1}, 10'000), 0);
    EXPECT_EQ(totals("poll", line).interrupted, 1u);
}

TEST_F(Counting, repeats_an_interrupted_receive_except_where_it_may_sleep) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
    std::array<int, 2> fds{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
    const sys::Fd near{fds[0]};
    const sys::Fd far{fds[1]};
    std::array<std::byte, 4> room{};
    const itimerval soon{{0, 0}, {0, 20'000}};
    ASSERT_EQ(::setitimer(ITIMER_REAL, &soon, nullptr), 0);
    EXPECT_EQ(sys::recv(near.get(), room, 0, sys::sleeping()), -1);
    EXPECT_EQ(errno, EINTR);

    // The handler sends what the repeated call then finds.
    static int far_end = -1;
    far_end = far.get();
    action.sa_handler = [](int) {
        [[maybe_unused]] const ssize_t count = ::write(far_end, "x", 1);
    };
    ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
    ASSERT_EQ(::setitimer(ITIMER_REAL, &soon, nullptr), 0);
    EXPECT_EQ(sys::recv(near.get(), room, 0), 1);
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

TEST_F(Counting, counts_a_close_under_the_line_that_asks_for_it) {
    const Pair pair = socket_pair();
    sys::Fd mine{::dup(pair.near.get())};
    const int number = mine.get();
    const int line = __LINE__ + 1;
    sys::close(std::move(mine));
    EXPECT_FALSE(is_open(number));
    EXPECT_EQ(totals("close", line).calls, 1u);
}

TEST(Fd, closes_what_it_owns_once_and_nothing_that_it_gave_away) {
    int number = -1;
    {
        sys::Fd first{::dup(0)};
        number = first.get();
        const sys::Fd second{std::move(first)};
        EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move)
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));

    sys::Fd given{::dup(0)};
    const int kept = given.release();
    given = sys::Fd{};
    EXPECT_TRUE(is_open(kept));
    ::close(kept);
}

TEST(Fd, closes_what_it_had_when_it_is_given_something_else) {
    sys::Fd fd{::dup(0)};
    const int before = fd.get();
    fd = sys::Fd{::dup(0)};
    EXPECT_FALSE(is_open(before));
    EXPECT_TRUE(fd);
}

TEST(StandardDescriptors, are_open_in_a_process_that_was_started_without_them) {
    const pid_t child = ::fork();
    if (child == 0) {
        for (int fd = 0; fd <= 2; ++fd) ::close(fd);
        sys::open_standard_descriptors();
        const bool good = is_open(0) && is_open(1) && is_open(2) && ::write(1, "x", 1) == 1;
        ::_exit(good ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(SharedFile, IsNobodyElsesWhileTheProcessLives) {
    std::string path = (std::filesystem::temp_directory_path() / "iolab-shared-XXXXXX").string();
    ::close(::mkstemp(path.data()));
    static_cast<char*>(sys::map_shared(path.c_str(), 4096))[0] = 'x';
    try {
        static_cast<void>(sys::map_shared(path.c_str(), 4096));
        ADD_FAILURE() << "it was emptied under a mapping";
    } catch (const sys::FileError& error) {
        EXPECT_EQ(error.code().value(), EWOULDBLOCK);
        EXPECT_TRUE(std::string_view{error.what()}.starts_with(path));
    }
    EXPECT_EQ(std::filesystem::file_size(path), 4096U);
    ::unlink(path.c_str());
}

}  // namespace
