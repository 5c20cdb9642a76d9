#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load/outcome.hpp"
#include "bench/load/plan.hpp"
#include "bench/load/reply_reader.hpp"
#include "bench/load/signals.hpp"
#include "bench/load/timed_wait.hpp"
#include "common/sys/fd.hpp"

/// The dead, the slow and the rude: one unhurried event loop for all of them.
///
/// The loop knows connections, bytes and time; what a kind of client does with them stands in
/// its `Manner`, crowd_manners.cpp.
namespace load {

/// One client of the crowd and the connection it has.
struct CrowdClient {
    enum class State : std::uint8_t { away, dialing, connected };

    std::size_t actor = 0;  ///< which of the plan's
    unsigned number = 0;  ///< among its actor's clients
    State state = State::away;
    int fd = -1;
    std::uint16_t source = 0;  ///< which loopback address it comes from
    std::uint32_t events = 0;  ///< in the interest list; 0: is not in it
    std::uint64_t connections = 0;  ///< how many it has had
    std::uint64_t dialed_ns = 0;
    std::uint64_t due_ns = 0;  ///< its request, with the connection for it, was to be made
    std::uint64_t asked_ns = 0;  ///< its request was sent, a reply is awaited; 0: none is
    std::uint64_t alarm_ns = never_ns;
    std::string_view unsent;
    std::uint64_t owed = 0;  ///< replies to whole requests, of this connection
    ReplyReader reader;
    bool reads = true;  ///< false: bytes wait until `Crowd::read_some`
    bool awaits_end = false;  ///< its reply counts when the connection has ended after it
    bool shuts = false;  ///< its sending side, once all is sent
    bool early = false;  ///< connected before its beginning, and silent until then
    bool served = false;

    // What a manner remembers.
    std::uint64_t turn_ns = 0;  ///< when its present turn was due, at first its beginning
    std::uint64_t turns = 0;
    std::size_t position = 0;  ///< in the request
};

class Crowd;

/// How a kind of client behaves: what it does when something happens to it.
struct Manner {
    using Step = void (*)(Crowd&, CrowdClient&);
    Step alarm;  ///< the time it waited for has come; at first, its beginning
    Step connected;
    Step replied;  ///< a reply is whole
    Step ended;  ///< it is without a connection: that ended, or could not be made
};

[[nodiscard]] const Manner& manner_of(CrowdKind kind) noexcept;

class Crowd {
public:
    /// All must outlive it. errors: throws std::system_error
    Crowd(const Plan& plan, const Signals& signals);
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    /// Connects those who come to stay, for as long as there is room: each is given 5 s, and no more
    /// than `connect_timeout_s`, all of them a minute. Who is not connected by then, or loses its
    /// connection, comes at its beginning like everybody else. Ends at `Signals::finish`.
    void connect_those_who_stay();

    /// From `Signals::start_ns` until the window's close, or `Signals::finish`.
    void run();

    /// What became of each actor of the crowd, and how much of a CPU that took; once `run` has
    /// returned.
    [[nodiscard]] const std::vector<ActorOutcome>& outcomes() const noexcept { return outcomes_; }
    [[nodiscard]] double cpu_busy_ratio() const noexcept { return cpu_busy_ratio_; }

    // What a manner can do.

    [[nodiscard]] const CrowdActor& actor(const CrowdClient& client) const noexcept {
        return plan_.crowd[client.actor];
    }
    [[nodiscard]] ActorOutcome& outcome(const CrowdClient& client) noexcept {
        return outcomes_[client.actor];
    }
    void connect(CrowdClient& client);
    void wake_at(CrowdClient& client, std::uint64_t alarm_ns);
    /// Sends it, now and as the connection takes it. range: `text` outlives the connection
    /// result: whether the connection takes any more
    bool say(CrowdClient& client, std::string_view text);
    /// Says its request and awaits the reply.
    void ask(CrowdClient& client);
    /// It has said one more whole request.
    void count_request(CrowdClient& client);
    void read_some(CrowdClient& client, std::size_t size_bytes);
    /// From now on it reads what comes.
    void read_on(CrowdClient& client);
    void shut_sending_side(CrowdClient& client);
    void close(CrowdClient& client);
    void reset(CrowdClient& client);

private:
    enum class End : std::uint8_t { by_server, reset_by_server, timed_out, by_client };

    bool await_connection(CrowdClient& client, std::uint64_t until_ns);
    void begin();
    [[nodiscard]] std::uint64_t apart_ns(const CrowdClient& client) const noexcept;
    void join(CrowdClient& client);
    void turn();
    void look_who_is_there();
    void ring_alarms();
    void sweep();
    void check(CrowdClient& client);
    void stop(std::size_t actor);
    void finish(const Usage& began);
    void handle(CrowdClient& client, std::uint32_t events);
    void dialed(CrowdClient& client, int error);
    void greet(CrowdClient& client);
    void lost(CrowdClient& client);
    bool send_rest(CrowdClient& client);
    void receive(CrowdClient& client, std::size_t size_bytes);
    [[nodiscard]] bool is_unasked(const CrowdClient& client) const noexcept;
    void arrived(CrowdClient& client, std::string_view piece);
    void wrong(CrowdClient& client);
    void count_reply(CrowdClient& client);
    void server_ended(CrowdClient& client);
    void fail(CrowdClient& client, ErrorKind kind);
    void end(CrowdClient& client, End how);
    void watch(CrowdClient& client);
    void drop(CrowdClient& client) noexcept;

    const Plan& plan_;
    const Signals& signals_;
    sys::Fd epoll_;
    TimedWait timed_wait_;
    std::uint16_t sources_;
    std::vector<CrowdClient> clients_;
    std::vector<ActorOutcome> outcomes_;
    std::vector<std::uint64_t> stop_ns_;  ///< by actor; 0: has stopped
    std::set<std::pair<std::uint64_t, CrowdClient*>> alarms_;
    bool begun_ = false;
    std::uint64_t opens_ns_ = never_ns;  ///< the window; never: it has
    std::uint64_t swept_ns_ = 0;
    std::vector<char> room_;
    std::vector<epoll_event> events_;
    double cpu_busy_ratio_ = 0;
};

}  // namespace load
