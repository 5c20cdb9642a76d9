#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace server {

/// Hands things from one thread to others, first in, first out, and never holds more than it may:
/// who brings more has to wait.
template <class Thing>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t limit) noexcept : limit_{limit} {}

    /// Puts one in; false if there was no room for so long, and then `thing` is as it was.
    [[nodiscard]] bool push_within(Thing& thing, std::chrono::milliseconds longest) {
        std::unique_lock lock{mutex_};
        if (!left_.wait_for(lock, longest, [&] { return things_.size() < limit_; })) return false;
        things_.push_back(std::move(thing));
        lock.unlock();
        came_.notify_one();
        return true;
    }

    /// Puts one in. range: there is room
    void push(Thing thing) {
        {
            const std::lock_guard guard{mutex_};
            things_.push_back(std::move(thing));
        }
        came_.notify_one();
    }

    /// Takes one out, and sleeps until there is one; nothing when it is closed and empty.
    [[nodiscard]] std::optional<Thing> pop() {
        std::unique_lock lock{mutex_};
        came_.wait(lock, [&] { return closed_ || !things_.empty(); });
        if (things_.empty()) return std::nullopt;
        std::optional<Thing> thing{std::move(things_.front())};
        things_.pop_front();
        lock.unlock();
        left_.notify_one();
        return thing;
    }

    [[nodiscard]] bool empty() const {
        const std::lock_guard guard{mutex_};
        return things_.empty();
    }

    /// Nothing more will be put in.
    void close() {
        {
            const std::lock_guard guard{mutex_};
            closed_ = true;
        }
        came_.notify_all();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable came_, left_;
    std::deque<Thing> things_;
    std::size_t limit_;
    bool closed_ = false;
};

/// What several threads put in and one takes out, all at once.
template <class Thing>
class Basket {
public:
    /// range: no more than `limit` are ever in it, so that to put one in takes no memory
    explicit Basket(std::size_t limit) : limit_{limit} { things_.reserve(limit); }

    /// result: whether it was empty before, so that somebody has to be told
    [[nodiscard]] bool put(Thing thing) {
        const std::lock_guard guard{mutex_};
        things_.push_back(std::move(thing));
        return things_.size() == 1;
    }

    [[nodiscard]] std::vector<Thing> take_all() {
        std::vector<Thing> taken;
        taken.reserve(limit_);
        const std::lock_guard guard{mutex_};
        taken.swap(things_);
        return taken;
    }

private:
    std::mutex mutex_;
    std::vector<Thing> things_;
    std::size_t limit_;
};

}  // namespace server
