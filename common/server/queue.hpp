#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace server {

/// First in, first out, in memory that is there beforehand: to put one in takes none.
template <class Thing>
class Ring {
public:
    /// From now on there is room for so many.
    void reserve(std::size_t count) {
        if (count <= places_.size()) return;
        std::vector<Thing> places(count);
        for (std::size_t at = 0; at < size_; ++at) places[at] = std::move(place(at));
        places_ = std::move(places);
        first_ = 0;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// range: there is room
    void push(Thing thing) noexcept { place(size_++) = std::move(thing); }

    /// range: it is not empty
    [[nodiscard]] Thing pop() noexcept {
        Thing thing = std::move(place(0));
        first_ = (first_ + 1) % places_.size();
        --size_;
        return thing;
    }

private:
    [[nodiscard]] Thing& place(std::size_t at) noexcept {
        return places_[(first_ + at) % places_.size()];
    }

    std::vector<Thing> places_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

/// Hands things from one thread to others, first in, first out, and never holds more than it may:
/// who brings more has to wait.
template <class Thing>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t limit) : limit_{limit} { things_.reserve(limit); }

    /// Puts one in; false if there was no room for so long, and then `thing` is as it was.
    [[nodiscard]] bool push_within(Thing& thing, std::chrono::milliseconds longest) {
        std::unique_lock lock{mutex_};
        if (!left_.wait_for(lock, longest, [&] { return things_.size() < limit_; })) return false;
        things_.push(std::move(thing));
        lock.unlock();
        came_.notify_one();
        return true;
    }

    /// Puts one in. range: there is room
    void push(Thing thing) {
        {
            const std::lock_guard guard{mutex_};
            things_.push(std::move(thing));
        }
        came_.notify_one();
    }

    /// Takes one out, and sleeps until there is one; nothing when it is closed and empty.
    [[nodiscard]] std::optional<Thing> pop() {
        std::unique_lock lock{mutex_};
        came_.wait(lock, [&] { return closed_ || !things_.empty(); });
        if (things_.empty()) return std::nullopt;
        std::optional<Thing> thing{things_.pop()};
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
    Ring<Thing> things_;
    std::size_t limit_;
    bool closed_ = false;
};

/// What several threads put in and one takes out, all at once.
template <class Thing>
class Basket {
public:
    /// range: no more than `limit` are ever in it, so that to put one in takes no memory
    explicit Basket(std::size_t limit) {
        things_.reserve(limit);
        taken_.reserve(limit);
    }

    /// result: whether it was empty before, so that somebody has to be told
    [[nodiscard]] bool put(Thing thing) {
        const std::lock_guard guard{mutex_};
        things_.push_back(std::move(thing));
        return things_.size() == 1;
    }

    /// result: good until it is called again
    [[nodiscard]] std::span<const Thing> take_all() {
        taken_.clear();
        const std::lock_guard guard{mutex_};
        taken_.swap(things_);
        return taken_;
    }

private:
    std::mutex mutex_;
    std::vector<Thing> things_;
    std::vector<Thing> taken_;  // by the one who takes
};

}  // namespace server
