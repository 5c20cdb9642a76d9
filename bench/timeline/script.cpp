#include "bench/timeline/script.hpp"

#include <string_view>

namespace timeline {
namespace {

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: iolab\r\n\r\n";

Part slow_part() {
    constexpr std::size_t piece_bytes = 7;
    Part part{"slow", "sends one request in pieces", {{0, Deed::connect}}};
    int at_ms = 50;
    for (std::size_t at = 0; at < request.size(); at += piece_bytes, at_ms += 100)
        part.steps.push_back({at_ms, Deed::send, std::string{request.substr(at, piece_bytes)}});
    const int last_ms = part.steps.back().at_ms;
    part.steps.push_back({last_ms, Deed::await_reply});
    part.steps.push_back({last_ms, Deed::leave});
    return part;
}

Part idle_part() {
    return {"idle", "connects and says nothing", {{100, Deed::connect}, {800, Deed::leave}}};
}

Part fast_part() {
    Part part{"fast", "asks three times", {{200, Deed::connect}}};
    for (const int at_ms : {200, 400, 600}) {
        part.steps.push_back({at_ms, Deed::send, std::string{request}});
        part.steps.push_back({at_ms, Deed::await_reply});
    }
    part.steps.push_back({950, Deed::leave});
    return part;
}

}  // namespace

Script scene() {
    return {{slow_part(), idle_part(), fast_part()}, 1000};
}

}  // namespace timeline
