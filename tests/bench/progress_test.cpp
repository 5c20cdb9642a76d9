// What a comparison shows while it runs.

#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/lab/plan.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/eta.hpp"
#include "bench/report/terminal.hpp"

namespace {

using namespace std::chrono_literals;

lab::Plan plan_of(std::size_t models, std::size_t workloads) {
    lab::Plan plan;
    for (std::size_t at = 0; at < models; ++at) {
        lab::Model model;
        model.name = fmt::format("model_of_a_long_name_{}", at);
        model.executable = "bin/" + model.name;
        plan.models.push_back(model);
    }
    for (std::size_t at = 0; at < workloads; ++at) {
        lab::Workload workload;
        workload.id = fmt::format("a-workload-with-a-long-name idle={}", at);
        plan.workloads.push_back(workload);
    }
    return plan;
}

lab::PlannedCell cell_of(std::size_t model, std::size_t workload) {
    lab::PlannedCell cell;
    cell.model = model;
    cell.workload = workload;
    return cell;
}

TEST(LiveTable, FitsAnyTerminalOfEightyColumns) {
    for (const std::size_t models : {1, 5, 40}) {
        for (const std::size_t workloads : {1, 6, 30}) {
            const lab::Plan plan = plan_of(models, workloads);
            report::SoFar so_far;
            for (const auto& model : plan.models)
                for (const auto& workload : plan.workloads)
                    so_far[{model.name, workload.id}] = {123456.789};
            for (const std::size_t most_lines : {4, 10, 20}) {
                const std::string text = report::live_table(
                    plan, so_far, cell_of(models - 1, workloads - 1), most_lines);
                const auto lines = lab::split(text, '\n');
                EXPECT_LE(lines.size(), most_lines) << text;
                for (const std::string& line : lines) EXPECT_LE(line.size(), 80U) << text;
                EXPECT_EQ(std::count(text.begin(), text.end(), '>'), 2) << text;  // and the head's
            }
        }
    }
    EXPECT_EQ(report::live_table(plan_of(2, 2), {}, cell_of(0, 0), 3), "");
}

TEST(LiveTable, HasTheMedianOfTheRoundsSoFarAndADashWhereThereIsNone) {
    const lab::Plan plan = plan_of(2, 2);
    const report::SoFar so_far{{{plan.models[0].name, plan.workloads[1].id}, {3, 100, 5}}};
    const auto lines = lab::split(report::live_table(plan, so_far, cell_of(1, 0), 20), '\n');
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_EQ(lab::split(lines[3], ' ').back(), "5.00");
    EXPECT_EQ(std::count(lines[3].begin(), lines[3].end(), '-'), 1);
    EXPECT_NE(lines[4].find('>'), std::string::npos);
}

// A plan of one round with all cells of so many models and workloads.
lab::Plan one_round_of(std::size_t models, std::size_t workloads) {
    lab::Plan plan = plan_of(models, workloads);
    plan.rounds.emplace_back();
    for (std::size_t model = 0; model < models; ++model)
        for (std::size_t workload = 0; workload < workloads; ++workload)
            plan.rounds.front().push_back(cell_of(model, workload));
    return plan;
}

lab::Cell failed(const lab::Plan& plan, const lab::PlannedCell& planned,
                 const std::string& reason) {
    lab::Cell cell;
    cell.status = lab::Status::failed;
    cell.model = plan.models[planned.model].name;
    cell.workload = plan.workloads[planned.workload].id;
    cell.round = 1;
    cell.reason = reason;
    return cell;
}

// What is told of a cell that failed, for so many words of a reason.
std::string told_of_failure(bool redraw) {
    const lab::Plan plan = one_round_of(1, 1);
    std::string reason;
    for (int word = 0; word < 40; ++word) reason += "words of a reason ";
    testing::internal::CaptureStderr();
    {
        report::Progress progress{plan, {.redraw = redraw, .colour = false}};
        progress.begins(plan.rounds.front().front());
        progress.ended(failed(plan, plan.rounds.front().front(), reason));
    }
    std::string text = testing::internal::GetCapturedStderr();
    return text.substr(text.rfind("[1/1] round 1"));
}

TEST(Progress, TellsOfAFailureInLinesThatFitATerminalAndInOneElsewhere) {
    const std::string shown = told_of_failure(true);
    for (const std::string& line : lab::split(shown, '\n')) EXPECT_LE(line.size(), 80U) << shown;
    EXPECT_NE(shown.find("failed: words"), std::string::npos) << shown;
    const std::string piped = told_of_failure(false);
    EXPECT_EQ(std::count(piped.begin(), piped.end(), '\n'), 1) << piped;
}

/// A terminal that knows what a picture is drawn with: ends of lines, and to go up and to clear.
class Screen {
public:
    void take(const std::string& text) {
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] == '\x1b')
                at = obey(text, at);
            else if (text[at] == '\n')
                go_down();
            else if (text[at] == '\r')
                column_ = 0;
            else
                put(text[at]);
        }
    }

    [[nodiscard]] std::size_t count(const std::string& part) const {
        return static_cast<std::size_t>(
            std::count_if(lines_.begin(), lines_.end(),
                          [&](const std::string& line) { return line.find(part) != line.npos; }));
    }

private:
    // An escape sequence from `at` on; where it ends.
    std::size_t obey(const std::string& text, std::size_t at) {
        const std::size_t end = text.find_first_of("AK", at);
        const std::string number = text.substr(at + 2, end - at - 2);
        if (text[end] == 'K')
            lines_.at(row_).clear();
        else
            row_ -= number.empty() ? 1 : std::stoul(number);
        return end;
    }
    void go_down() {
        column_ = 0;
        if (++row_ == lines_.size()) lines_.emplace_back();
    }
    void put(char letter) {
        std::string& line = lines_[row_];
        line.resize(std::max(line.size(), column_ + 1), ' ');
        line[column_++] = letter;
    }

    std::vector<std::string> lines_{""};
    std::size_t row_ = 0;
    std::size_t column_ = 0;
};

// As fast as cells can fail: not every picture may be drawn, and one stands all the time.
TEST(Progress, AlwaysShowsATableWhateverFailsAtOnce) {
    const lab::Plan plan = one_round_of(3, 4);
    Screen screen;
    {
        report::Progress progress{plan, {.redraw = true, .colour = false}};
        for (const lab::PlannedCell& cell : plan.rounds.front()) {
            testing::internal::CaptureStderr();
            progress.begins(cell);
            screen.take(testing::internal::GetCapturedStderr());
            EXPECT_EQ(screen.count("Server CPU, us a request"), 1U);
            EXPECT_EQ(screen.count(" left: "), 1U);
            testing::internal::CaptureStderr();
            progress.ended(failed(plan, cell, "it ended at once"));
            screen.take(testing::internal::GetCapturedStderr());
        }
        testing::internal::CaptureStderr();
    }
    screen.take(testing::internal::GetCapturedStderr());
    EXPECT_EQ(screen.count("Server CPU, us a request"), 0U);
    for (std::size_t number = 1; number <= 12; ++number)
        EXPECT_EQ(screen.count(fmt::format("[{}/12] round 1: ", number)), 1U) << number;
}

// What a comparison of one cell draws on a terminal of so many columns.
std::string drawn_on(unsigned short columns) {
    const lab::Plan plan = one_round_of(3, 4);
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    int ours = -1;
    int theirs = -1;
    if (::openpty(&ours, &theirs, nullptr, nullptr, &size) != 0) return "no terminal";
    const int before = ::dup(STDERR_FILENO);
    ::dup2(theirs, STDERR_FILENO);
    std::string text(10'000, '\0');
    {
        report::Progress progress{plan, {.redraw = true, .colour = false}};
        progress.begins(plan.rounds.front().front());
        std::fflush(stderr);
        text.resize(
            static_cast<std::size_t>(std::max(ssize_t{0}, ::read(ours, text.data(), text.size()))));
    }
    ::dup2(before, STDERR_FILENO);
    for (const int fd : {before, theirs, ours}) ::close(fd);
    return text;
}

// A table whose lines were broken would not be covered by the next one.
TEST(Progress, DrawsALineAloneOnATerminalThatIsTooNarrowForTheTable) {
    EXPECT_NE(drawn_on(80).find("Server CPU, us a request"), std::string::npos);
    for (const unsigned short columns : {79, 40, 1}) {
        const std::string text = drawn_on(columns);
        EXPECT_NE(text.find("[1/12] round"), std::string::npos) << text;
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        EXPECT_LT(text.size(), std::max<std::size_t>(columns, 20) + 6) << text;
    }
}

TEST(CellLine, FitsEightyColumnsWhereItWasMeasured) {
    lab::Cell cell;
    cell.round = 1000;
    cell.throughput_per_s = 1234567;
    cell.server.emplace();
    cell.server->cpu_us_per_request = 123456;
    for (const std::size_t length : {4, 20, 40, 400}) {
        cell.model = std::string(length, 'm');
        cell.workload = std::string(length, 'w');
        const std::string line = report::cell_line(123456, 123456, cell);
        EXPECT_LE(line.size(), 80U) << line;
        EXPECT_NE(line.find(": 123456 us CPU, 1234567/s"), std::string::npos) << line;
        EXPECT_NE(line.find("mmm"), std::string::npos) << line;
        EXPECT_NE(line.find("ww"), std::string::npos) << line;
    }
    cell.round = 2;
    cell.model = "epoll_lt";
    cell.workload = "keep-alive";
    EXPECT_EQ(report::cell_line(7, 20, cell),
              "[7/20] round 2: epoll_lt, keep-alive: 123456 us CPU, 1234567/s");
}

TEST(CellLine, FitsEightyColumnsWhereAModelCannotBeMeasured) {
    lab::Cell cell;
    cell.model = "thread_per_client";
    cell.workload = "mostly-idle idle=1000";
    cell.round = 1;
    cell.status = lab::Status::not_applicable;
    cell.reason = "it takes at most 1021 clients at once, and 1008 connections are wanted";
    const std::string line = report::cell_line(7, 24, cell);
    EXPECT_EQ(line,
              "[7/24] round 1: thread_per_client, mostly-idle idle=1000: not applicable: it t..");
    cell.reason = "no";
    EXPECT_TRUE(report::cell_line(7, 24, cell).ends_with(": not applicable: no"));
    cell.model = std::string(400, 'm');
    EXPECT_LE(report::cell_line(7, 24, cell).size(), 80U);
    cell.status = lab::Status::failed;
    EXPECT_GT(report::cell_line(7, 24, cell).size(), 400U) << "a failure is told whole";
}

TEST(Complaint, IsThreeLinesAndOnATerminalAsManyAsFit) {
    const std::string what = "there is no such thing; there are " + std::string(30, 'a') + " and " +
                             std::string(30, 'b');
    const auto lines = [&](bool terminal) {
        return lab::split(report::complaint("iolab", what, "it is misspelt", "iolab list",
                                            {.redraw = terminal, .colour = false}),
                          '\n');
    };
    const std::vector<std::string> piped{"iolab: " + what, "  likely cause: it is misspelt",
                                         "  what helps:   iolab list"};
    EXPECT_EQ(lines(false), piped);
    const auto shown = lines(true);
    ASSERT_EQ(shown.size(), 4U);
    for (const std::string& line : shown) EXPECT_LE(line.size(), 80U) << line;
    EXPECT_EQ(shown[1], "       " + std::string(30, 'b'));
    EXPECT_EQ(shown.back(), piped.back());
}

// A cell that is not run is over at once, and would leave its picture for as long as the next takes.
TEST(Progress, DrawsNoCellThatIsNotRun) {
    lab::Plan plan = plan_of(1, 2);
    plan.rounds = {{cell_of(0, 0), cell_of(0, 1)}};
    const lab::PlannedCell& left_out = plan.rounds.front().front();
    plan.rounds.front().front().reason = "it has no room for so many";
    report::Progress progress{plan, {.redraw = true, .colour = false}};
    testing::internal::CaptureStderr();
    progress.begins(left_out);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    testing::internal::CaptureStderr();
    progress.begins(plan.rounds.front().back());
    EXPECT_NE(testing::internal::GetCapturedStderr().find("[2/"), std::string::npos);
}

TEST(Redraws, AreAtMostFourInAnySecond) {
    report::Redraws redraws;
    report::Redraws::Time now{};
    std::vector<report::Redraws::Time> drawn;
    for (int ms = 0; ms < 10'000; ++ms, now += 1ms) {
        const bool asked = ms % 1700 < 900;  // some time passes without anything to draw
        if (asked && redraws.may_be(now)) drawn.push_back(now);
    }
    ASSERT_GT(drawn.size(), 20U);
    for (std::size_t at = 4; at < drawn.size(); ++at) EXPECT_GE(drawn[at] - drawn[at - 4], 1s);
}

constexpr std::size_t nobody = 99;

// Of windows of a second.
lab::Plan rounds_of(std::size_t models, std::size_t workloads, std::size_t rounds,
                    std::size_t not_here) {
    lab::Plan plan = plan_of(models, workloads);
    plan.experiment.warm_up_s = 0;
    plan.experiment.measured_s = 1;
    plan.rounds.resize(rounds);
    for (auto& round : plan.rounds) {
        for (std::size_t workload = 0; workload < workloads; ++workload) {
            for (std::size_t model = 0; model < models; ++model) {
                round.push_back(cell_of(model, workload));
                if (model == not_here) round.back().reason = "it is not here";
            }
        }
    }
    return plan;
}

/// A comparison of which we say how long everything takes.
class Played {
public:
    Played(std::size_t models, std::size_t workloads, std::size_t rounds,
           std::size_t not_here = nobody)
        : plan{rounds_of(models, workloads, rounds, not_here)} {}

    // All cells to the end of that round, and the begin of the next one: as long as `took` says of a
    // model and a workload.
    template <class Took>
    void rounds_until(std::size_t round, const Took& took) {
        if (done == 0) eta.begins(now);
        for (; done < round; ++done) {
            const auto& cells = plan.rounds.at(done);
            for (std::size_t at = 0; at < cells.size(); ++at) {
                if (at > 0) eta.begins(now);
                const bool is_run = cells[at].reason.empty();
                now += seconds(is_run ? took(cells[at].model, cells[at].workload) : 0);
                eta.ended(ended, now);
            }
            now += seconds(saving_s * static_cast<double>(done + 1));
            if (done + 1 < plan.rounds.size()) eta.begins(now);
        }
    }

    // In the rest.
    template <class Took>
    double rest_s(const Took& took) {
        const auto before = now;
        rounds_until(plan.rounds.size(), took);
        return std::chrono::duration<double>(now - before).count();
    }

    static report::Eta::Time::duration seconds(double s) {
        return std::chrono::duration_cast<report::Eta::Time::duration>(
            std::chrono::duration<double>{s});
    }

    lab::Plan plan;
    double saving_s = 0;  ///< what a round more makes the saving of all longer
    lab::Cell ended;
    std::size_t done = 0;
    report::Eta::Time now{};
    report::Eta eta{plan, now};
};

double workload_s(std::size_t model, std::size_t workload) {
    return 0.2 + 0.1 * static_cast<double>(model) + 1.5 * static_cast<double>(workload);
}

TEST(Eta, IsThePlansBeforeAnythingWasRun) {
    const Played played{4, 3, 5, 2};
    EXPECT_NEAR(played.eta.left_s(), 3 * 3 * 5 * (1 + lab::cell_overhead_s), 1e-6);
}

TEST(Eta, IsWhatACellTookInTheRoundBeforeForEveryCellToCome) {
    Played played{4, 3, 5};
    played.rounds_until(1, workload_s);
    const double said_s = played.eta.left_s();
    EXPECT_NEAR(said_s, played.rest_s(workload_s), 1e-6);
    EXPECT_NEAR(played.eta.left_s(), 0, 1e-6);
}

TEST(Eta, CountsThatSavingTakesLongerTheMoreThereIs) {
    Played played{4, 3, 8};
    played.saving_s = 0.9;
    played.rounds_until(1, workload_s);
    const double said_s = played.eta.left_s();
    EXPECT_NEAR(said_s, played.rest_s(workload_s), 1e-6);
}

TEST(Eta, WaitsNoMoreForAModelThatWasGivenUp) {
    Played played{2, 4, 3};
    std::size_t tried = 0;
    const auto took = [&](std::size_t model, std::size_t) {
        played.ended.status = model == 1 ? lab::Status::failed : lab::Status::measured;
        played.ended.got_ready = model == 0;
        return model == 0 ? 1.0 : ++tried <= 2 ? 20.0 : 0.0;
    };
    played.rounds_until(1, took);
    EXPECT_NEAR(played.eta.left_s(), 2 * 4 * 1.0, 1e-6);
}

TEST(Eta, LeavesOutWhatIsNotToBeRun) {
    Played played{2, 2, 4, 1};
    played.rounds_until(1, workload_s);
    EXPECT_NEAR(played.eta.left_s(), 3 * (0.2 + 1.7), 1e-6);
}

// Before the first round's end: of a model what the others took, of a workload the pace so far.
TEST(Eta, JudgesByTheOthersWhatHasNotYetBeenRun) {
    Played played{2, 2, 1};
    played.eta.begins(played.now);
    played.eta.ended(played.ended, played.now += 23s);
    const double planned_s = 1 + lab::cell_overhead_s;
    EXPECT_NEAR(played.eta.left_s(), 23 + 2 * planned_s * (23 / planned_s), 1e-6);
}

}  // namespace
