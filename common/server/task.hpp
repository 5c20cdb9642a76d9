#pragma once

#include <coroutine>
#include <exception>
#include <utility>

namespace server {

/// A coroutine that ends with yes or no: a function that is left in the middle, at each `co_await`
/// that has to wait, and gone on with later.
///
/// To call it makes it, and runs nothing of it: it begins when somebody awaits it or begins it. Who
/// awaits it goes on when it ends, as after any call: each hands the thread to the other directly,
/// without a queue or a scheduler, and without the stack growing by a call each time (symmetric
/// transfer, by a compiler that optimises).
///
/// ownership: arguments and locals stand in a frame on the heap, which is the task's. A task that is
///            destroyed in the middle destroys its locals, and with them the tasks that it awaits.
/// errors: an exception leaves it as it leaves a function: where it is awaited, or by `has_ended`.
///         Without memory for the frame the task is empty, and to await it is a no.
/// source: ISO/IEC 14882:2020, [dcl.fct.def.coroutine]; P0913, symmetric transfer.
class [[nodiscard]] Task {
public:
    struct promise_type;

    Task() noexcept = default;
    Task(Task&& from) noexcept : frame_{std::exchange(from.frame_, nullptr)} {}
    Task& operator=(Task&& from) noexcept {
        Task old{std::move(*this)};
        frame_ = std::exchange(from.frame_, nullptr);
        return *this;
    }
    ~Task() {
        if (frame_ != nullptr) frame_.destroy();
    }

    /// Whether there is a coroutine.
    [[nodiscard]] explicit operator bool() const noexcept { return frame_ != nullptr; }

    /// Where it begins: resumed once, it runs until it has to wait for the first time.
    [[nodiscard]] std::coroutine_handle<> beginning() const noexcept { return frame_; }

    /// Whether it has ended. errors: throws what has left it
    [[nodiscard]] bool has_ended() const;

    // What `co_await` asks of it: whether there is anything to wait for, whom to go on with
    // meanwhile, and what came of it.
    [[nodiscard]] bool await_ready() const noexcept { return frame_ == nullptr; }
    [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept;
    [[nodiscard]] bool await_resume() const;

private:
    using Frame = std::coroutine_handle<promise_type>;
    explicit Task(Frame frame) noexcept : frame_{frame} {}

    Frame frame_;
};

/// What the compiler puts into the frame beside arguments and locals, and asks at every turn.
struct Task::promise_type {
    /// The end: whoever awaits the task goes on, else whoever resumed it.
    struct End {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        [[nodiscard]] std::coroutine_handle<> await_suspend(Frame ended) const noexcept {
            return ended.promise().caller;
        }
        void await_resume() const noexcept {}
    };

    [[nodiscard]] Task get_return_object() noexcept { return Task{Frame::from_promise(*this)}; }
    [[nodiscard]] static Task get_return_object_on_allocation_failure() noexcept { return {}; }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] End final_suspend() const noexcept { return {}; }
    void return_value(bool value) noexcept { result = value; }
    void unhandled_exception() noexcept { error = std::current_exception(); }

    std::coroutine_handle<> caller = std::noop_coroutine();
    std::exception_ptr error;
    bool result = false;
};

inline bool Task::has_ended() const {
    if (frame_ == nullptr) return true;
    if (!frame_.done()) return false;
    if (frame_.promise().error) std::rethrow_exception(frame_.promise().error);
    return true;
}

inline std::coroutine_handle<> Task::await_suspend(std::coroutine_handle<> caller) noexcept {
    frame_.promise().caller = caller;
    return frame_;
}

inline bool Task::await_resume() const {
    return has_ended() && frame_ != nullptr && frame_.promise().result;
}

}  // namespace server
