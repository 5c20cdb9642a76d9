#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace server {

/// Whom a wait has named, gone through one after the other. Those that come in meanwhile find room
/// for the next list: the one that is gone through stays where it is.
class ReadyList {
public:
    /// range: for so many, from the next `clear` on
    void reserve(std::size_t count) { roomier_.reserve(count); }

    void clear() noexcept {
        if (roomier_.capacity() > named_.capacity()) named_.swap(roomier_);
        named_.clear();
    }

    void push_back(int fd) { named_.push_back(fd); }

    [[nodiscard]] std::size_t size() const noexcept { return named_.size(); }

    /// result: good until `clear`
    [[nodiscard]] operator std::span<const int>() const noexcept { return named_; }

private:
    std::vector<int> named_;
    std::vector<int> roomier_;  // or no roomier than the other
};

}  // namespace server
