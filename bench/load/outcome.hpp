#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/error.hpp"
#include "bench/load/histogram.hpp"

namespace load {

struct TimelinePoint {
    std::uint64_t replies;  ///< in these 100 ms
    std::optional<double> p99_us;  ///< of their response times; none without replies
};
inline constexpr double timeline_step_s = 0.1;

/// What the connections of a crowd came to, from the beginning to the window's close.
///
/// Every connection made has ended in one way, or is open at the close.
struct CrowdFigures {
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t replies_other = 0;  ///< whole, but with another status than expected
    std::uint64_t closed_by_server = 0;
    std::uint64_t reset_by_server = 0;
    std::uint64_t timed_out = 0;  ///< given up by the client, who waited for a reply too long
    std::uint64_t closed_by_client = 0;  ///< or reset by it: as its kind does, or at a wrong reply
    std::optional<std::uint64_t> open_at_start;  ///< when the window opened; none: it did not
    std::uint64_t open_at_end = 0;
};

/// Names each of these figures once, for everybody who writes or reads them: calls
/// `visit(key, figure)`. range: `crowd` is a CrowdFigures
template <class Visit, class Crowd>
void for_each_figure(Visit&& visit, Crowd& crowd) {
    visit("bytes_sent", crowd.bytes_sent);
    visit("bytes_received", crowd.bytes_received);
    visit("replies_other", crowd.replies_other);
    visit("closed_by_server", crowd.closed_by_server);
    visit("reset_by_server", crowd.reset_by_server);
    visit("timed_out", crowd.timed_out);
    visit("closed_by_client", crowd.closed_by_client);
    visit("open_at_start", crowd.open_at_start);
    visit("open_at_end", crowd.open_at_end);
}

/// Of the requests of a group, late sends from which on its clients cannot keep their schedule.
inline constexpr double late_share_limit = 0.05;

/// What came of one actor of the plan; the meanings are those of `Outcome`.
struct ActorOutcome {
    std::string kind;  ///< `steady`
    std::uint64_t offered_clients = 0;
    std::uint64_t served_clients = 0;
    std::uint64_t requests_sent = 0;
    std::uint64_t replies_ok = 0;
    std::uint64_t unanswered = 0;
    std::uint64_t connections_made = 0;
    std::uint64_t late_sends = 0;
    std::optional<double> fairness_jain;
    std::array<std::uint64_t, error_kinds> errors{};
    Histogram connect_time;
    Histogram service_time;
    Histogram response_time;

    /// Of a crowd's actor. Its other figures are then likewise of the whole time; a right reply
    /// is a whole one with the status expected, whose bytes nobody compares. A wrong one was not asked for,
    /// or is none: it does not begin like one, or its head does not end.
    std::optional<CrowdFigures> crowd;

    [[nodiscard]] std::uint64_t error_count(ErrorKind of) const noexcept {
        return errors[static_cast<std::size_t>(of)];
    }
    [[nodiscard]] bool sent_late() const noexcept {
        return static_cast<double>(late_sends) >
               late_share_limit * static_cast<double>(requests_sent);
    }
};

/// What came of it. Everything is of the measured window unless it says otherwise.
///
/// A reply counts if its last byte (for a connection a request: the connection's end) was read
/// inside the window, wherever its request was sent. A client is one of `Askers::connections`,
/// whatever number of connections it used. The totals are those of all groups of askers.
///
/// Three clocks. `connect_time` runs from connect(2) to the established connection, and has those
/// of the set-up too. `service_time` runs from the moment the request was sent. `response_time`
/// runs from the moment it was to be sent: in the open loop when it was due; in the closed loop
/// when its client began to ask, so that it differs from the service time by the connect where
/// one was needed, and by nothing else.
///
/// A request that failed is in `errors`; with it fail those that were sent with it and wait behind
/// it. It is in no clock, unless it is its client that gave up: that stands in `response_time` with
/// the age at which it did, or a shorter time-out would make a server look quicker. Errors are those
/// from the set-up to the window's close: a server that answers wrongly while it warms up has
/// answered wrongly.
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
    /// 98 % of the window, or more than 5 % of a group's requests were late sends: fewer may come of
    /// one stall of a few milliseconds. A thread that sleeps has sent all it could and waits for the
    /// server; one that never does cannot tell.
    bool was_the_limit = false;

    std::optional<double> cpu_us_per_request;  ///< CPU of the load threads a right reply

    std::vector<TimelinePoint> timeline;  ///< `timeline_step_s` each; the last may be shorter

    std::vector<ActorOutcome>
        actors;  ///< each group of askers, then the crowd, in the plan's order
    std::optional<double> crowd_cpu_busy_ratio;  ///< of the crowd's thread; none without one

    bool interrupted = false;  ///< `Hooks::stop` ended it; what is here was measured before

    [[nodiscard]] std::uint64_t error_count(ErrorKind of) const noexcept {
        return errors[static_cast<std::size_t>(of)];
    }
    [[nodiscard]] std::uint64_t error_total() const noexcept;
};

}  // namespace load
