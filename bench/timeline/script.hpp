#pragma once

#include <string>
#include <vector>

/// The scene that every model plays in the same way: who comes when, and does what.
namespace timeline {

/// What a client does.
enum class Deed { connect, send, await_reply, leave };

/// One deed. It is done when its time has come and the client's deed before it is done.
struct Step {
    int at_ms = 0;  ///< since the scene began
    Deed deed = Deed::connect;
    std::string bytes{};  ///< to be sent
};

/// One client's part.
struct Part {
    std::string name;
    std::string says;  ///< what it does, in half a sentence
    std::vector<Step> steps;  ///< in order of their times; the first one connects
};

struct Script {
    std::vector<Part> parts;  ///< in the order in which they connect
    int length_ms = 0;
};

/// A client whose request comes in five pieces, one that says nothing, and then one that asks three
/// times and takes every reply at once. The first two are still there when the last one asks, so
/// that a server which serves one client at a time lets it wait for both.
[[nodiscard]] Script scene();

/// The places of the scene's clients.
enum Place : std::size_t { slow, idle, fast };

}  // namespace timeline
