#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load/clock.hpp"
#include "bench/load/outcome.hpp"
#include "bench/load/plan.hpp"
#include "bench/load/reply_reader.hpp"
#include "bench/load/schedule.hpp"
#include "bench/load/signals.hpp"
#include "bench/load/timed_wait.hpp"
#include "common/sys/fd.hpp"

/// One thread of the load: an event loop over its share of the clients.
namespace load {

/// What one thread counted; the meanings are those of `Outcome`.
struct Tally {
    std::uint64_t requests_sent = 0;
    std::uint64_t unanswered = 0;
    std::uint64_t connections_made = 0;
    std::uint64_t idle_established = 0;
    std::uint64_t idle_lost = 0;
    std::uint64_t late_sends = 0;
    std::array<std::uint64_t, error_kinds> errors{};
    std::string first_wrong;
    Histogram connect_time;
    Histogram service_time;
    Histogram response_time;
    std::vector<std::vector<SparseHistogram::Bin>> timeline;  ///< response times, a step each
    std::vector<std::uint64_t> replies;  ///< right ones, by client
    Usage opened;
    Usage closed;
};

/// First in, first out, with room for a fixed number.
template <class T>
class Ring {
public:
    explicit Ring(std::size_t room) : slots_(room + 1) {}
    [[nodiscard]] bool empty() const noexcept { return first_ == end_; }
    [[nodiscard]] T& front() noexcept { return slots_[first_]; }
    void push(T value) noexcept { slots_[std::exchange(end_, after(end_))] = value; }
    T pop() noexcept { return slots_[std::exchange(first_, after(first_))]; }

private:
    [[nodiscard]] std::size_t after(std::size_t at) const noexcept {
        return at + 1 == slots_.size() ? 0 : at + 1;
    }
    std::vector<T> slots_;
    std::size_t first_ = 0;
    std::size_t end_ = 0;
};

/// Which part of the load is one thread's.
struct Post {
    const Askers& askers;
    unsigned group = 0;  ///< number of the askers in the plan
    unsigned index = 0;  ///< of the thread, among its group's
    unsigned clients = 1;  ///< that ask
    unsigned idle = 0;  ///< that do not
};

class Worker {
public:
    /// All must outlive the worker. errors: throws std::system_error
    Worker(const Plan& plan, const Post& post, const Signals& signals);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Connects this thread's clients, the idle ones first; returns when each connection stands
    /// or has failed.
    void connect_clients();

    /// Asks, from `Signals::start_ns` until `Signals::finish`.
    void run();

    /// What was counted, once `run` has returned. The timeline is not longer than the window.
    [[nodiscard]] const Tally& tally() const noexcept { return tally_; }
    [[nodiscard]] const Askers& askers() const noexcept { return askers_; }

private:
    enum class State : std::uint8_t {
        unconnected,
        dialing,  ///< connect(2) was called; whether it succeeded is not known
        sending,  ///< part of the request is still to be sent
        waiting,  ///< for the reply
        draining,  ///< the reply is whole and said `close`: the server's end is awaited
        free,  ///< connected, nothing asked
        resting,  ///< after a failure
        idle,  ///< a client that never asks
        tick,  ///< not a client: the timer of the sweep
        wake,  ///< not a client: the coordinator's eventfd
    };

    /// One client and the connection it has; one cache line.
    struct alignas(64) Client {
        int fd = -1;
        State state = State::unconnected;
        std::uint8_t candidates = 0;  ///< bit i: what has come fits expected[i]
        std::uint16_t source = 0;  ///< which loopback address it comes from
        std::uint32_t events = 0;  ///< in the interest list; 0: is not in it
        std::uint32_t sent_bytes = 0;  ///< of the requests
        std::uint32_t got_bytes = 0;  ///< of the reply
        std::uint32_t left = 0;  ///< requests that its connection may still have
        std::uint16_t batch = 0;  ///< requests asked at once that are still unanswered
        bool asks = true;  ///< false: an idle client
        std::uint64_t due_ns = 0;  ///< the first unanswered request was to be sent
        std::uint64_t sent_ns = 0;  ///< it was sent; while draining, when that began
        std::uint64_t dialed_ns = 0;  ///< connect(2) was called
        std::uint64_t replies = 0;  ///< right ones inside the window
    };

    struct Rest {
        Client* client;
        std::uint64_t until_ns;
    };

    // Connecting.
    void connect_share(std::size_t first, std::size_t end);
    bool dial(Client& client);
    void dialed(Client& client);
    void established(Client& client);

    // Asking.
    void ask_due();
    void leave();
    void ask(Client& client);
    std::uint64_t take_due();
    void fill_batch(Client& client);
    void send_batch(Client& client);
    void expect_reply(Client& client);
    [[nodiscard]] std::string_view text_of(const Client& client) const noexcept;
    void send_request(Client& client);
    void request_sent(Client& client);
    void freed(Client& client);

    // Being answered.
    void receive(Client& client, std::uint32_t events);
    void arrived(Client& client, std::string_view piece, bool last);
    void arrived_by_status(Client& client, std::string_view piece, bool last);
    std::string_view take_reply(Client& client, std::string_view piece);
    void match(Client& client, std::string_view piece);
    void answered(Client& client);
    void ended(Client& client);
    void count_reply(Client& client);
    std::uint64_t record_ages(const Client& client, std::uint64_t at_ns, Histogram& ages);
    void wrong(Client& client, std::string_view piece);

    // Failing.
    void lost(Client& client, int error);
    void fail(Client& client, ErrorKind kind);
    void close(Client& client) noexcept;

    // The loop.
    [[nodiscard]] Schedule schedule_from(std::uint64_t start_ns) const noexcept;
    void turn();
    int wait();
    void handle(Client& client, std::uint32_t events);
    void watch(Client& client, std::uint32_t events);
    void sweep();
    void check(Client& client);
    void wake_rested();
    void keep_time();
    void open_window();
    void close_window();
    void end_timeline_steps(std::uint64_t until_ns);

    [[nodiscard]] bool measuring() const noexcept;
    [[nodiscard]] bool open_loop() const noexcept { return askers_.rate_per_s > 0; }
    [[nodiscard]] bool churns() const noexcept { return askers_.requests_a_connection > 0; }
    [[nodiscard]] std::uint64_t* dues_of(const Client& client) noexcept;
    [[nodiscard]] bool whole(const Client& client) const noexcept;
    [[nodiscard]] bool is_right(const Client& client) const noexcept;
    [[nodiscard]] bool reply_closes(const Client& client) const noexcept;
    [[nodiscard]] bool by_status() const noexcept { return askers_.expected_status > 0; }
    [[nodiscard]] std::size_t number_of(const Client& client) const noexcept {
        return static_cast<std::size_t>(&client - clients_.data());
    }

    Client tick_;
    Client wake_;
    const Plan& plan_;
    const Askers& askers_;
    const Signals& signals_;
    sys::Fd epoll_;
    TimedWait timed_wait_;
    sys::Fd timer_;
    unsigned group_;
    unsigned index_;  ///< among the threads of its group
    std::string requests_;  ///< `depth` of them
    std::string last_requests_;  ///< the same, and the last one ends the connection
    std::vector<std::uint64_t> dues_;  ///< of a batch, `depth` a client, the last one first
    std::uint32_t reply_events_;  ///< what announces a reply
    std::uint16_t sources_;  ///< source addresses in use; 1: the kernel chooses
    std::uint8_t all_candidates_;
    bool setting_up_ = true;
    bool had_free_ = false;  ///< a client was free when the thread last slept
    bool opened_ = false;
    bool closed_ = false;
    std::uint64_t begin_ns_ = 0;  ///< the askers ask from then on
    std::uint64_t end_ns_ = never_ns;  ///< and not any more

    std::size_t asking_;  ///< how many clients ask
    std::vector<Client> clients_;  ///< those that ask, then the idle ones
    std::vector<ReplyReader> readers_;  ///< of those that ask, where replies are right by status
    std::size_t dialing_ = 0;  ///< connections under way while setting up
    Ring<Client*> free_;  ///< clients that may ask
    Ring<Rest> resting_;
    std::vector<char> room_;
    std::vector<epoll_event> events_;

    std::uint64_t now_ns_ = 0;  ///< the clock as it was last read
    Schedule schedule_;
    std::uint64_t step_end_ns_ = never_ns;
    Histogram step_began_;  ///< `response_time` as it was when the timeline's step began
    Tally tally_;
    Histogram given_up_after_;  ///< ages of requests whose clients gave up, inside the window
};

}  // namespace load
