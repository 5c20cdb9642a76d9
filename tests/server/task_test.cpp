#include "common/server/task.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/sanitizers.hpp"
#include "tests/server/no_memory.hpp"

namespace {

using server::Task;

/// Where a coroutine is suspended until the test resumes it.
struct Pause {
    std::coroutine_handle<>& where;

    [[nodiscard]] bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> here) const { where = here; }
    void await_resume() const {}
};

/// Says so in `log` when it is destroyed.
struct Local {
    std::vector<std::string>& log;
    std::string name;
    ~Local() { log.push_back(name); }
};

struct Stage {
    std::coroutine_handle<> paused{};
    std::vector<std::string> log{};
};

Task inner(Stage& stage, bool result) {
    const Local local{stage.log, "inner"};
    co_await Pause{stage.paused};
    co_return result;
}

Task outer(Stage& stage, bool result) {
    const Local local{stage.log, "outer"};
    const bool got = co_await inner(stage, result);
    stage.log.push_back(got ? "yes" : "no");
    co_return got;
}

using Log = std::vector<std::string>;

TEST(Task, does_nothing_until_it_begins) {
    Stage stage;
    const Task task = inner(stage, true);
    EXPECT_FALSE(stage.paused);
    EXPECT_FALSE(task.has_ended());
    task.beginning().resume();
    EXPECT_TRUE(stage.paused);
    EXPECT_FALSE(task.has_ended());
}

TEST(Task, goes_on_where_it_was_left_and_gives_its_result_to_who_awaits_it) {
    for (const bool result : {true, false}) {
        Stage stage;
        const Task task = outer(stage, result);
        task.beginning().resume();
        stage.paused.resume();
        EXPECT_TRUE(task.has_ended());
        EXPECT_EQ(task.await_resume(), result);
        EXPECT_EQ(stage.log, (Log{"inner", result ? "yes" : "no", "outer"}));
    }
}

TEST(Task, destroyed_in_the_middle_destroys_what_it_holds_and_what_it_awaits) {
    Stage stage;
    {
        const Task task = outer(stage, true);
        task.beginning().resume();
        EXPECT_TRUE(stage.log.empty());
    }
    EXPECT_EQ(stage.log, (Log{"inner", "outer"}));
}

TEST(Task, destroyed_before_it_begins_has_run_nothing) {
    Stage stage;
    { const Task task = outer(stage, true); }
    EXPECT_EQ(stage.log, Log{});
}

TEST(Task, that_takes_the_place_of_another_destroys_it) {
    Stage stage;
    Task task = outer(stage, true);
    task.beginning().resume();
    task = Task{};
    EXPECT_EQ(stage.log, (Log{"inner", "outer"}));
    EXPECT_FALSE(task);
}

Task failing(Stage& stage) {
    co_await Pause{stage.paused};
    throw std::runtime_error{"it failed"};
}

Task catching(Stage& stage) {
    try {
        const bool got = co_await failing(stage);
        stage.log.emplace_back(got ? "it went well" : "it was empty");
    } catch (const std::runtime_error& error) {
        stage.log.emplace_back(error.what());
    }
    co_return true;
}

TEST(Task, lets_an_exception_out_where_it_is_awaited) {
    Stage stage;
    const Task task = catching(stage);
    task.beginning().resume();
    stage.paused.resume();
    EXPECT_TRUE(task.has_ended());
    EXPECT_EQ(stage.log, Log{"it failed"});
}

TEST(Task, lets_an_exception_out_that_nobody_awaits) {
    Stage stage;
    const Task task = failing(stage);
    task.beginning().resume();
    stage.paused.resume();
    EXPECT_THROW((void)task.has_ended(), std::runtime_error);
}

Task awaiting_nobody(Stage& stage) {
    const bool got = co_await Task{};
    stage.log.push_back(got ? "yes" : "no");
    co_return true;
}

TEST(Task, without_memory_is_empty_and_awaiting_it_is_a_no) {
    Stage stage;
    const auto without_memory = [&] {
        const NoMemory none;
        return inner(stage, true);
    };
    EXPECT_FALSE(without_memory());
    const Task task = awaiting_nobody(stage);
    task.beginning().resume();
    EXPECT_EQ(stage.log, Log{"no"});
}

TEST(Task, awaits_a_million_others_without_deepening_the_stack) {
#if !defined(__OPTIMIZE__)
    GTEST_SKIP() << "symmetric transfer takes a compiler that optimises";
#endif
    if (sanitized) GTEST_SKIP() << "and one that adds nothing to the end of a function";
    Stage stage;
    const auto one = [](Stage&) -> Task { co_return true; };
    const auto all = [&](Stage& on) -> Task {
        for (int turn = 0; turn < 1'000'000; ++turn) {
            const bool got = co_await one(on);
            if (!got) co_return false;
        }
        co_return true;
    };
    const Task task = all(stage);
    task.beginning().resume();
    EXPECT_TRUE(task.has_ended());
}

}  // namespace
