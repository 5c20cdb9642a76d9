#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/histogram.hpp"
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

/// Why a request, or a connection, came to nothing.
enum class ErrorKind : std::uint8_t {
    connect_refused,
    connect_timeout,
    reset,  ///< the connection was reset under a request
    reply_timeout,  ///< the reply was not whole in time; the connection is replaced
    short_reply,  ///< the server closed before the reply was whole
    wrong_reply,  ///< other bytes than expected, bytes beyond the reply, or bytes unasked for
    no_ports,  ///< EADDRNOTAVAIL: no local port was left
    no_descriptors,  ///< EMFILE or ENFILE: no file descriptor was left
    unreachable,  ///< connect failed in another way
};
inline constexpr std::size_t error_kinds = 9;

/// Its key in a result, `connect_refused`.
[[nodiscard]] std::string_view name(ErrorKind kind) noexcept;

struct TimelinePoint {
    std::uint64_t replies;  ///< in these 100 ms
    std::optional<double> p99_us;  ///< of their response times; none without replies
};
inline constexpr double timeline_step_s = 0.1;

/// What came of it. Everything is of the measured window unless it says otherwise.
///
/// A reply counts if its last byte (for a connection a request: the connection's end) was read
/// inside the window, wherever its request was sent. A client is one of `Plan::connections`,
/// whatever number of connections it used.
///
/// Three clocks. `connect_time` runs from connect(2) to the established connection, and has those
/// of the set-up too. `service_time` runs from the moment the request was sent. `response_time`
/// runs from the moment it was to be sent: in the open loop when it was due; in the closed loop
/// when its client began to ask, so that it differs from the service time by the connect where
/// one was needed, and by nothing else.
///
/// A request that failed is in `errors` and in no clock. Errors are those from the set-up to the
/// window's close: a server that answers wrongly while it warms up has answered wrongly.
struct Outcome {
    std::uint64_t requests_sent = 0;
    std::uint64_t replies_ok = 0;

    /// Due but not answered when the window closed, those that were never sent among them. Each
    /// stands in `response_time` with the age it had reached.
    std::uint64_t unanswered = 0;

    std::uint64_t offered_clients = 0;
    std::uint64_t served_clients = 0;  ///< got at least one right reply
    std::optional<double> fairness_jain;  ///< of right replies over clients, 1/n to 1; none without
    double throughput_per_s = 0;  ///< replies_ok a second
    double measured_s = 0;  ///< the window's true length
    std::uint64_t connections_made = 0;  ///< inside the window
    std::uint64_t idle_established = 0;  ///< idle clients connected when warm-up began
    std::uint64_t idle_lost = 0;  ///< idle clients whose connection the server ended since

    std::array<std::uint64_t, error_kinds> errors{};  ///< by ErrorKind; see `error_count`
    std::string first_wrong;  ///< what the first wrong reply was, escaped and shortened; else empty

    Histogram connect_time;
    Histogram service_time;
    Histogram response_time;

    /// Open loop: requests sent more than 1 ms after they were due although a client was free.
    std::uint64_t late_sends = 0;

    /// CPU time of the load threads over wall time, the busiest thread's.
    double cpu_busy_ratio = 0;

    /// Time not asleep over wall time, the most wakeful thread's: CPU time, and time it waited
    /// for a CPU. Falls back to `cpu_busy_ratio` where the kernel does not tell (schedstat).
    double awake_ratio = 0;

    /// The load side, not the server, may have set the pace: a load thread was awake for more than
    /// 98 % of the window, or more than 1 % of the open loop's requests were late sends. A thread
    /// that sleeps has sent all it could and waits for the server; one that never does cannot tell.
    bool was_the_limit = false;

    std::optional<double> cpu_us_per_request;  ///< CPU of the load threads a right reply

    std::vector<TimelinePoint> timeline;  ///< `timeline_step_s` each; the last may be shorter

    bool interrupted = false;  ///< `Hooks::stop` ended it; what is here was measured before

    [[nodiscard]] std::uint64_t error_count(ErrorKind kind) const noexcept {
        return errors[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] std::uint64_t error_total() const noexcept;
};

/// What the caller wants to do meanwhile; each is called once, in the calling thread, and may be
/// empty.
struct Hooks {
    std::function<void()> connected;  ///< all clients are connected, nothing has been asked
    std::function<void()> window_open;  ///< right after the window opened, under load
    std::function<void()> window_close;  ///< right after it closed, still under load
    const std::atomic<bool>* stop = nullptr;  ///< set it to end the load within 0.1 s
};

/// Runs the plan: connects the idle clients, then the asking ones, warms up, measures, lets go.
///
/// Connections that cannot be made within `connect_timeout_s` do not hold up the rest: their
/// clients go on trying, 10 ms after each failure. A window that closes early for `Hooks::stop`
/// is as long as `measured_s` of the outcome says.
///
/// errors: throws std::invalid_argument for a plan out of range, std::system_error when threads,
///         the event loop or CPU affinity cannot be had. Nothing a server does throws.
[[nodiscard]] Outcome drive(const Plan& plan, const Hooks& hooks = {});

/// How many connections this process can hold towards a target.
struct Limits {
    std::uint64_t open_files = 0;  ///< soft limit, after it was raised to the hard one
    std::uint64_t ports = 0;  ///< local ports a source address
    std::uint64_t sources = 0;  ///< source addresses that the engine may use
    std::uint64_t connections = 0;  ///< what follows: the most at one time
};

/// Raises the soft limit of open files to the hard one and tells what is possible.
[[nodiscard]] Limits limits(const Address& target);

/// Shrinks a plan to what is possible: connections to `limits`, idle ones first, threads to
/// connections.
/// result: one sentence for each thing that was shrunk
[[nodiscard]] std::vector<std::string> fit(Plan& plan);

}  // namespace load
