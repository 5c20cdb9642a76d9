#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/reply.hpp"
#include "bench/load/target.hpp"

namespace load {

enum class Mode {
    keep_alive,  ///< a client asks again on the connection it has
    connection_a_request,  ///< a client connects anew for each request; the server closes
};

/// What to do to a server. A plain value: the same plan drives the same load.
struct Plan {
    Address target;
    Mode mode = Mode::keep_alive;
    std::string request;  ///< sent as it is, over and over

    /// The replies that are right, 1 to 8, none the beginning of another. Where a server may
    /// announce the connection's end in mid-load (one that serves a client at a time does),
    /// give both `pattern` and `pattern.closing()`.
    std::vector<ReplyPattern> expected;

    unsigned connections = 64;  ///< clients that ask; at least 1
    unsigned idle_connections = 0;  ///< clients that connect first and never say a word
    unsigned threads = 1;  ///< at least 1, at most `connections`
    std::vector<int> cpus;  ///< thread i runs on cpus[i % size]; empty: wherever it likes

    double warm_up_s = 0;
    double measured_s = 1;  ///< above 0

    double rate_per_s = 0;  ///< 0: closed loop. Above: open loop, so many requests a second in all
    bool poisson = false;  ///< arrivals of the open loop are random, not evenly spaced
    std::uint64_t seed = 1;  ///< of random arrivals

    double reply_timeout_s = 10;  ///< from the actual send; noticed up to 0.1 s late
    double connect_timeout_s = 10;  ///< likewise
};

}  // namespace load
