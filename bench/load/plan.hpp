#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/reply.hpp"
#include "bench/load/target.hpp"

namespace load {

enum class Mode {
    keep_alive,  ///< a client asks again on the connection it has
    connection_a_request,  ///< a client connects anew for each request; the server closes
};

/// When somebody takes part, in seconds after the window's opening.
struct Span {
    std::optional<double> start_s;  ///< none: from the beginning, warm-up included
    std::optional<double> stop_s;  ///< none: to the end
};

/// Clients that ask alike and are measured.
struct Askers {
    Mode mode = Mode::keep_alive;
    std::string request;  ///< sent as it is, over and over

    /// The replies that are right, 1 to 8, none the beginning of another. Where a server may
    /// announce the connection's end in mid-load (one that serves a client at a time does),
    /// give both `pattern` and `pattern.closing()`.
    std::vector<ReplyPattern> expected;

    /// Above 0, and `expected` empty: a reply is right by this status and by the length that it
    /// tells, whatever its bytes. For servers that nothing can be learned from, or that answer
    /// with other bytes each time.
    int expected_status = 0;

    unsigned connections = 64;  ///< clients that ask; at least 1
    unsigned threads = 1;  ///< at least 1, at most `connections`

    double rate_per_s = 0;  ///< 0: closed loop. Above: open loop, so many requests a second in all
    bool poisson = false;  ///< arrivals of the open loop are random, not evenly spaced

    /// Requests that a client sends at once, in one send; it asks again when all are answered. In
    /// the open loop it sends those that are due, at most so many. Above 1: kept connections, and
    /// all of them together are at most 64 KiB, which a server takes in without being read from.
    unsigned depth = 1;

    /// A kept connection ends after so many requests, and its client makes another; 0: it stays.
    /// At least `depth`. The last of them is `last_request`, which says `Connection: close`, and
    /// the reply to it is among `expected`.
    unsigned requests_a_connection = 0;
    std::string last_request;

    Span span;

    /// `polite`, `steady` or `pipeliner`, by which the outcome names them.
    [[nodiscard]] std::string_view kind() const noexcept {
        if (depth > 1) return "pipeliner";
        return rate_per_s > 0 ? "steady" : "polite";
    }
};

/// How clients behave that are no measure of speed: the dead, the slow and the rude.
enum class CrowdKind : std::uint8_t {
    dead,  ///< one request, and after its reply silence
    slow_sender,  ///< requests, a few bytes a second
    slow_reader,  ///< reads its replies a few bytes a second, with a small receive buffer
    abandoner,  ///< half a request or a whole one, then close
    resetter,  ///< a whole request and half a one in turn, then a reset
    half_closer,  ///< a request, then shuts its sending side; wants the whole reply and the end
    burst,  ///< all connect at the same instant, ask once and go
    firehose,  ///< sends requests without waiting for replies, and reads what comes
    late_reader,  ///< says all it has to say, looks away for 0.1 s; wants the whole reply and the end
};
inline constexpr std::size_t crowd_kinds = 9;

/// As an experiment names it, `slow_sender`.
[[nodiscard]] std::string_view name(CrowdKind kind) noexcept;

/// Clients of one such kind.
struct CrowdActor {
    CrowdKind kind = CrowdKind::dead;
    unsigned count = 1;
    std::string request{};
    int expected_status = 200;  ///< of a right reply
    bool whole = false;  ///< an abandoner says all of its request

    /// Of all its clients together: connections a second of an abandoner, a resetter, a half_closer
    /// or a late_reader, and the most requests a second of a firehose. 0: 10 a client, of a firehose
    /// 100 000.
    double rate_per_s = 0;
    double bytes_per_s = 0;  ///< of each slow client; 0: 10 of a sender, 1000 of a reader
    double period_s = 0;  ///< a burst comes again after so long; 0: there is one

    /// A burst without a start comes when the window opens.
    Span span{};
};

/// Whether they are there from the beginning and keep their connections: the dead and the slow
/// without a start. They connect before the load begins, and say nothing until then.
[[nodiscard]] bool comes_to_stay(const CrowdActor& actor) noexcept;

/// What to do to a server. A plain value: the same plan drives the same load.
///
/// Most plans have one group of askers, so the first one stands in the plan itself.
struct Plan : Askers {
    std::vector<Askers> more;  ///< further groups, on threads of their own

    /// Everybody else, on one thread more. Only towards loopback or a private address.
    std::vector<CrowdActor> crowd;

    Address target;
    unsigned idle_connections = 0;  ///< clients that connect first and never say a word
    std::vector<int> cpus;  ///< thread i of all runs on cpus[i % size]; empty: wherever it likes
    std::optional<int> crowd_cpu;  ///< of the crowd's thread; none: it runs on one of `cpus`

    double warm_up_s = 0;
    double measured_s = 1;  ///< above 0
    std::uint64_t seed = 1;  ///< of random arrivals

    double reply_timeout_s = 10;  ///< from the actual send; noticed up to 0.1 s late
    double connect_timeout_s = 10;  ///< likewise

    /// All groups of askers, the first one first.
    [[nodiscard]] std::vector<const Askers*> groups() const {
        std::vector<const Askers*> all{this};
        for (const Askers& askers : more) all.push_back(&askers);
        return all;
    }
};

/// When it begins and ends, in nanoseconds of the clock of `start_ns`, where warm-up begins.
[[nodiscard]] std::uint64_t begin_of(const Span& span, double warm_up_s, std::uint64_t start_ns);
[[nodiscard]] std::uint64_t end_of(const Span& span, double warm_up_s, std::uint64_t start_ns);

/// The most connections of a plan at one time.
[[nodiscard]] std::uint64_t connections_of(const Plan& plan) noexcept;

/// errors: throws std::invalid_argument for a plan out of range
void validate(const Plan& plan);

}  // namespace load
