#include "common/http/outgoing.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace http {

void Outgoing::set_body(Body body, std::uint64_t length_bytes) noexcept {
    body_ = std::move(body);
    body_left_bytes_ = length_bytes;
}

bool Outgoing::is_done() const noexcept {
    return taken_bytes_ == held_.size() && body_left_bytes_ == 0;
}

std::size_t Outgoing::take(std::span<std::byte> room) noexcept {
    const std::size_t held = std::min(room.size(), held_.size() - taken_bytes_);
    if (held > 0) {
        std::memcpy(room.data(), held_.data() + taken_bytes_, held);
        taken_bytes_ += held;
        return held;
    }
    const std::size_t wanted = std::min<std::uint64_t>(room.size(), body_left_bytes_);
    const std::size_t pulled = std::min(wanted, body_.pull(room.first(wanted)));
    body_left_bytes_ -= pulled;
    if (body_left_bytes_ == 0) body_.reset();  // a file is not kept open for nothing
    return pulled;
}

void Outgoing::reset() noexcept {
    held_.clear();
    taken_bytes_ = 0;
    body_.reset();
    body_left_bytes_ = 0;
}

}  // namespace http
