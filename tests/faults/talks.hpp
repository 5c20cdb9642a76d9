#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// The clients of a scene: many at once, driven by one thread, and patient only to a point. Those of
/// `verify` block, one at a time, and what a fault may cost a client is no failure to them.
namespace faults {

/// A request, and the reply that has to come.
struct Ask {
    std::string request;
    int status = 200;
    std::string body{};
    bool has_body = true;  ///< else the reply ends with its head, whatever that announces: HEAD
};

enum class Manner {
    kept,  ///< one request after the other
    pipelined,  ///< all in one piece
    half_closing,  ///< one request, then the end of what it has to say
    leaving,  ///< speaks and goes, without a reply
    resetting,  ///< the same, by a reset
};

struct Talk {
    const char* name;
    Manner manner;
    std::vector<Ask> asks;
    int receive_buffer_bytes = 0;  ///< 0: the system's
};

/// What became of a talk. A connection that the server has announced to close is no loss: whoever
/// is told so goes on with another.
struct Fate {
    std::string name;
    std::size_t answered = 0;
    std::size_t asked = 0;
    bool lost = false;  ///< the connection ended before an answer was whole; the talk ends here
    bool odd = false;  ///< a well-formed answer, but with another status
    std::uint16_t port = 0;  ///< from which what was lost or oddly answered was asked for
    std::string wrong{};  ///< bytes that no server may send, or none in time
};

/// Has all talks at once with the server at that port.
[[nodiscard]] std::vector<Fate> have(const std::vector<Talk>& talks, std::uint16_t port,
                                     std::chrono::milliseconds patience);

}  // namespace faults
