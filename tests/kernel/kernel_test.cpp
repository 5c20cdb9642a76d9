// What the programs about the kernel say, and that they would notice another kernel.

#include <gtest/gtest.h>

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "bench/kernel/ring.hpp"
#include "bench/kernel/truth_table.hpp"
#include "bench/lab/text.hpp"
#include "bench/verify/process.hpp"

namespace {

using namespace std::chrono_literals;
using kernel::Point;
using kernel::Wait;

TEST(TruthTable, IsThatOfThisKernelInAllEightCases) {
    const auto rows = kernel::truth_table();
    ASSERT_EQ(rows.size(), 8U);
    for (const auto& row : rows)
        EXPECT_TRUE(row.as_expected()) << row.happened << ": poll " << kernel::names_of(row.polled)
                                       << ", epoll " << kernel::names_of(row.waited);
}

TEST(TruthTable, SaysWhereAKernelSaysSomethingElse) {
    const kernel::Row same{"a", EPOLLIN, EPOLLIN, EPOLLIN};
    const kernel::Row other{"b", EPOLLIN, EPOLLIN | EPOLLHUP, EPOLLIN};
    EXPECT_TRUE(same.as_expected());
    EXPECT_FALSE(other.as_expected());
    EXPECT_NE(kernel::to_text({same}).find("Each is as expected."), std::string::npos);
    const std::string text = kernel::to_text({same, other});
    EXPECT_NE(text.find("IN HUP"), std::string::npos) << text;
    EXPECT_NE(text.find("expected: IN\n"), std::string::npos) << text;
    EXPECT_NE(text.find("Not as expected"), std::string::npos) << text;
}

TEST(TruthTable, FitsATerminal) {
    for (const std::string& line : lab::split(kernel::to_text(kernel::truth_table()), '\n'))
        EXPECT_LE(line.size(), 80U) << line;
}

TEST(Ring, PassesItsTokenHoweverOneWaits) {
    kernel::Ring ring{20};
    for (const Wait how : {Wait::select, Wait::poll, Wait::epoll_lt, Wait::epoll_et, Wait::poll}) {
        const auto rate = ring.passes_per_s(how, 2ms);
        ASSERT_TRUE(rate) << kernel::name_of(how);
        EXPECT_GT(*rate, 0) << kernel::name_of(how);
    }
}

TEST(Ring, OfOnePipeIsOneToo) {
    kernel::Ring ring{1};
    EXPECT_GT(ring.passes_per_s(Wait::epoll_et, 1ms).value_or(0), 0);
}

TEST(Ring, IsBeyondSelectWhereItsDescriptorsAre) {
    kernel::Ring ring{520};
    EXPECT_FALSE(ring.passes_per_s(Wait::select, 1ms));
    EXPECT_TRUE(ring.passes_per_s(Wait::poll, 1ms));
}

/// Rings whose rates are powers of their sizes.
std::vector<Point> ring_with(double poll, double lt, double et) {
    std::vector<Point> points;
    for (const std::size_t pipes : {10, 100, 500, 1000, 10000}) {
        Point& point = points.emplace_back();
        point.pipes = pipes;
        const auto size = static_cast<double>(pipes);
        point.passes_per_s[1] = 1e6 * std::pow(size, poll);
        point.passes_per_s[2] = 4e5 * std::pow(size, lt);
        point.passes_per_s[3] = 4e5 * std::pow(size, et);
    }
    return points;
}

std::vector<bool> found(const std::vector<Point>& points) {
    std::vector<bool> found;
    for (const auto& shape : kernel::shapes_of(points)) found.push_back(shape.found());
    return found;
}

TEST(Shape, IsFoundWherePollFallsAndEpollIsFlat) {
    EXPECT_EQ(found(ring_with(-1, 0, 0)), (std::vector{true, true, true}));
    EXPECT_EQ(found(ring_with(-0.8, -0.1, 0.1)), (std::vector{true, true, true}));
}

TEST(Shape, IsNotFoundWherePollIsFlatOrEpollFalls) {
    EXPECT_EQ(found(ring_with(-0.1, 0, 0)), (std::vector{false, true, true}));
    EXPECT_EQ(found(ring_with(-1, -0.9, 0)), (std::vector{true, false, true}));
    EXPECT_EQ(found(ring_with(-1, 0, -0.9)), (std::vector{true, true, false}));
    EXPECT_EQ(found({}), (std::vector{false, false, false}));
}

TEST(Shape, StandsBesideThePublishedTableInEightyColumns) {
    auto points = ring_with(-1, 0, 0);
    points[0].passes_per_s[0] = 352000;
    const std::string text = kernel::to_text(points);
    EXPECT_NE(
        text.find("    10     352000     100000     400000     400000 |      98469     285510\n"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find("Found: poll falls as 1/N, from 500 pipes on: slope -1.00"),
              std::string::npos)
        << text;
    for (const std::string& line : lab::split(text, '\n')) EXPECT_LE(line.size(), 80U) << line;
}

int exit_code_of(const std::vector<std::string>& command) {
    verify::Launch launch;
    launch.command = command;
    verify::Process process{launch};
    (void)process.read_all(verify::in(30s));
    return process.wait(verify::in(10s)).value_or(verify::Exit{true, 0}).number;
}

TEST(Pipetest, SaysWhatItLacksAndWhatIsWrong) {
    EXPECT_EQ(exit_code_of({PIPETEST, "--pipes", "10", "20", "--rounds", "1"}), 3);
    EXPECT_EQ(exit_code_of({PIPETEST, "--pipes", "10", "20", "500", "--rounds", "1"}), 3);
    EXPECT_EQ(exit_code_of({PIPETEST, "--pipes", "500", "500", "500", "--rounds", "1"}), 3);
    EXPECT_EQ(exit_code_of({PIPETEST, "--pips", "10"}), 2);
    EXPECT_EQ(exit_code_of({PIPETEST, "--help"}), 0);
}

TEST(Masks, EndsWith0WhereTheKernelIsTheOneWeKnow) {
    EXPECT_EQ(exit_code_of({MASKS}), 0);
}

}  // namespace
