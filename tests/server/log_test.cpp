// What a server says has a reader who may be slow, or gone, or somebody else's terminal.

#include "common/server/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "common/sys/counting.hpp"
#include "common/sys/fd.hpp"

namespace {

struct Pipe {
    sys::Fd reading;
    sys::Fd writing;
};

Pipe small_pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    EXPECT_GE(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    return {sys::Fd{ends[0]}, sys::Fd{ends[1]}};
}

std::uint64_t dropped() {
    return sys::counters().log_dropped.load();
}

TEST(Output, does_not_sleep_however_many_write_at_once_into_a_pipe_that_is_full) {
    constexpr int writers = 8;
    constexpr int lines_each = 200;
    const std::string line(100, 'x');
    for (int round = 0; round < 50; ++round) {
        const Pipe pipe = small_pipe();
        const auto output = server::Output::opened_anew(pipe.writing.get());
        std::vector<std::jthread> threads;
        for (int i = 0; i < writers; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < lines_each; ++k) output.write(line);
            });
        }
    }
}

TEST(Output, says_all_that_there_is_room_for_and_counts_the_rest) {
    const Pipe pipe = small_pipe();
    const auto output = server::Output::opened_anew(pipe.writing.get());
    output.write("first\n");
    const std::uint64_t before = dropped();
    output.write(std::string(10'000, 'x'));
    EXPECT_EQ(dropped(), before + 1);
    std::array<char, 6> first{};
    ASSERT_EQ(::read(pipe.reading.get(), first.data(), first.size()), 6);
    EXPECT_EQ(std::string(first.data(), first.size()), "first\n");
}

TEST(Output, leaves_the_flags_of_whom_it_has_it_from) {
    const Pipe pipe = small_pipe();
    const int before = ::fcntl(pipe.writing.get(), F_GETFL);
    const auto output = server::Output::opened_anew(pipe.writing.get());
    output.write("anything\n");
    EXPECT_EQ(::fcntl(pipe.writing.get(), F_GETFL), before);
}

TEST(Output, writes_behind_what_a_file_has_already) {
    const std::string path = testing::TempDir() + "/log_test";
    const sys::Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    ASSERT_TRUE(file);
    ASSERT_EQ(::write(file.get(), "one\n", 4), 4);
    server::Output::opened_anew(file.get()).write("two\n");
    std::array<char, 16> all{};
    EXPECT_EQ(::pread(file.get(), all.data(), all.size(), 0), 8);
    EXPECT_EQ(std::string(all.data(), 8), "one\ntwo\n");
    ::unlink(path.c_str());
}

TEST(Output, writes_where_nothing_can_be_opened_anew) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const sys::Fd ours{ends[0]};
    const sys::Fd theirs{ends[1]};
    server::Output::opened_anew(ours.get()).write("said");
    std::array<char, 4> said{};
    EXPECT_EQ(::read(theirs.get(), said.data(), said.size()), 4);
}

}  // namespace
