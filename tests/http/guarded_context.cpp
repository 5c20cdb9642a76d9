#include "tests/http/guarded_context.hpp"

#include <new>
#include <utility>

namespace talk {
namespace {

// A context is its own few words, and the room at its end.
constexpr std::size_t own_bytes = sizeof(http::Context) - http::scratch_bytes;

// The last one's, for the next: to map memory takes longer than most conversations.
std::unique_ptr<Edge>& kept_edge() {
    thread_local std::unique_ptr<Edge> edge;
    return edge;
}

std::unique_ptr<Edge> take_edge() {
    auto edge = std::exchange(kept_edge(), nullptr);
    return edge ? std::move(edge) : std::make_unique<Edge>();
}

char* place(Edge& edge, std::size_t input_bytes) {
    constexpr std::size_t alignment = alignof(http::Context);
    return edge.last((own_bytes + input_bytes + alignment - 1) / alignment * alignment);
}

}  // namespace

GuardedContext::GuardedContext(http::Site& site, bool split_reply, std::size_t input_bytes)
    : edge_{take_edge()},
      context_{new (place(*edge_, input_bytes)) http::Context{site, split_reply}} {}

GuardedContext::~GuardedContext() {
    context_->~Context();
    kept_edge() = std::move(edge_);
}

}  // namespace talk
