#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/lab/trace_file.hpp"

/// What was seen when a model played the scene: by its clients, and by the server itself.
namespace timeline {

/// What a client was doing.
enum class Doing { connecting, sending, waiting, receiving, leaving };

/// One thing that a client did. Times are CLOCK_MONOTONIC, as in a trace.
struct Act {
    Doing doing = Doing::connecting;
    std::uint64_t start_ns = 0;
    std::uint64_t end_ns = 0;
    std::string text{};  ///< "7 bytes", "200"
};

struct ClientSeen {
    std::string name;
    std::string says;
    std::vector<Act> acts;  ///< one after another
    std::string trouble{};  ///< why it went early; empty if it did not
};

struct Recording {
    std::string model;
    std::string idea;
    std::uint64_t began_ns = 0;
    std::uint64_t length_ns = 0;
    std::vector<ClientSeen> clients;  ///< in the order in which they connected
    lab::Trace trace;
};

}  // namespace timeline
