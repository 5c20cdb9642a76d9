#pragma once

#include <string>
#include <string_view>

#include "common/http/incoming.hpp"
#include "common/http/outgoing.hpp"

namespace http {

/// What one conversation keeps of an unfinished exchange: a request that is not
/// whole, a reply beyond its block, input that waits until the output is sent.
struct Record {
    Incoming incoming;
    Outgoing outgoing;
    std::string waiting;
    std::size_t waiting_begin = 0;  ///< what stands before has been read

    [[nodiscard]] std::string_view waiting_input() const noexcept {
        return std::string_view{waiting}.substr(waiting_begin);
    }

    /// Puts input behind what waits already.
    void wait(std::string_view input) {
        waiting.erase(0, waiting_begin);
        waiting_begin = 0;
        waiting.append(input);
    }

    void drop_waiting() noexcept {
        waiting.clear();
        waiting_begin = 0;
    }

    [[nodiscard]] bool is_needed() const noexcept {
        return incoming.is_begun() || !outgoing.is_done() || waiting_begin < waiting.size();
    }

    void reset() noexcept {
        incoming.reset();
        outgoing.reset();
        drop_waiting();
    }

    /// Memory held, in bytes.
    [[nodiscard]] std::size_t capacity() const noexcept {
        return incoming.capacity() + outgoing.capacity() + waiting.capacity();
    }
};

}  // namespace http
