#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/context.hpp"
#include "common/http/conversation.hpp"
#include "common/server/log.hpp"
#include "common/server/options.hpp"
#include "common/server/site.hpp"
#include "common/sys/calls.hpp"

namespace server {

/// What a model has to wait for on a client's behalf.
enum class Awaits : std::uint8_t { input, room };

/// One connection. It lives in the service's table, at the place of its descriptor.
struct Client {
    Client() noexcept = default;
    Client(sys::Fd connection, http::Context& context) noexcept
        : fd{std::move(connection)}, conversation{context} {}

    sys::Fd fd;
    http::Conversation conversation;
    Awaits awaits = Awaits::input;
    bool late = false;  ///< its time is up, and it has not been told yet

private:
    friend class Service;
    friend class Deadlines;
    bool half_closed_ = false;
    bool timed_ = false;  // stands in a list of deadlines
    bool lent_ = false;  // to another thread
    bool overdue_ = false;  // a deadline passed meanwhile
    http::Phase phase_ = http::Phase::head;
    std::uint32_t requests_ = 0;
    int earlier_ = -1;  // neighbours in that list, by descriptor
    int later_ = -1;
    std::uint64_t due_ms_ = 0;
};

/// All clients, found by descriptor; grows by whole leaves, so that a client
/// never moves while it is connected.
class Clients {
public:
    [[nodiscard]] Client& operator[](int fd) { return leaves_[index(fd) / leaf][index(fd) % leaf]; }

    /// Makes sure that there is a place for `fd`.
    Client& place(int fd);

private:
    static constexpr std::size_t leaf = 64;
    static std::size_t index(int fd) noexcept { return static_cast<std::size_t>(fd); }

    std::vector<std::unique_ptr<Client[]>> leaves_;
};

/// Every client's deadline: one first-in-first-out list a phase. Within a phase
/// the term is the same for all, so each list is sorted by itself, and a new
/// deadline goes to its end: no sweep, no heap.
class Deadlines {
public:
    Deadlines(Clients& clients, const Options& options) noexcept;

    void set(Client& client, http::Phase phase, std::uint64_t now_ms);
    void clear(Client& client) noexcept;

    /// Somebody whose deadline has passed, or null.
    [[nodiscard]] Client* passed(std::uint64_t now_ms);

    /// When the next one passes; never: the largest number.
    [[nodiscard]] std::uint64_t next_ms() const;

    /// Whoever still speaks, or might, has only so long from now on.
    void hurry_readers(std::uint64_t now_ms, std::uint64_t term_ms);

    [[nodiscard]] bool any_in(http::Phase phase) const noexcept {
        return lists_[static_cast<std::size_t>(phase)].first >= 0;
    }

private:
    struct List {
        int first = -1;
        int last = -1;
        std::uint64_t term_ms = 0;
    };
    static constexpr std::size_t phases = 5;

    [[nodiscard]] List& list_of(http::Phase phase) noexcept {
        return lists_[static_cast<std::size_t>(phase)];
    }

    Clients& clients_;
    std::array<List, phases> lists_;
};

/// How long a call may sleep that has such a time-out, 0 being never: -1 for ever, and otherwise
/// until what the coarse clock can tell.
[[nodiscard]] int sleep_ms(double timeout_s) noexcept;

/// What all workers of one server share, in memory that forked children share too.
struct Shared {
    std::atomic<std::uint32_t> open;  ///< clients, of all workers
    std::atomic<std::uint32_t> workers;  ///< that there are, where each serves one client
    std::atomic<bool> cut;  ///< a reply was in flight when a worker ended
    std::atomic<bool> said_missing;  ///< a worker could not be begun, and that has been said
};

/// What is the same for every model: who may come in, who is connected, what
/// each client waits for next, whose time is up, and when it is all over.
class Service {
public:
    Service(const Options& options, const Traits& traits, net::Listener listener);
    Service(const Service&) = delete;
    ~Service();

    /// A service for one more thread: the same listener and the same house, clients of its own.
    /// ownership: this one outlives it
    [[nodiscard]] Service for_worker() { return Service{*this}; }

    /// From now on this is the service of a forked child, one worker of several.
    void becomes_worker() noexcept { is_worker_ = true; }

    /// From now on it is this listener, which is shut down at a stop; for none, the house's.
    void listen_at(net::Listener own) noexcept { own_listener_ = std::move(own); }

    /// One more listener at our port, for a worker.
    /// errors: throws std::system_error
    [[nodiscard]] net::Listener listen_beside() const {
        return net::listen_beside(house_.listener, house_.options.listen);
    }

    [[nodiscard]] int listener() const noexcept {
        return own_listener_.fd ? own_listener_.fd.get() : house_.listener.fd.get();
    }

    /// --workers, --accept-lock and --set, where the model has them.
    [[nodiscard]] int workers() const noexcept { return house_.options.workers; }
    [[nodiscard]] const std::string& accept_lock() const noexcept {
        return house_.options.accept_lock;
    }
    [[nodiscard]] const std::string& set() const noexcept { return house_.options.set; }

    /// How long calls on a client may sleep before anybody says otherwise: as the listener's, which
    /// it inherits, tcp(7).
    [[nodiscard]] net::SleepLimits sleep_limits() const noexcept {
        return house_.options.listen.limits;
    }

    /// Whether the listener is to be watched: not in a pause for want of
    /// descriptors, not when stopping.
    [[nodiscard]] bool accepting() const noexcept {
        return resume_ms_ == 0 && sys::stop_signals() == 0;
    }

    /// What a model keeps by descriptor, or once for a client at most. Who is admitted finds room
    /// there already, so that want of memory costs a newcomer, and nobody who is connected.
    /// ownership: the vectors outlive whoever is admitted
    template <class... Vectors>
    void keep_room_in(Vectors&... vectors) {
        make_room_ = [&](std::size_t count) { (vectors.reserve(count), ...); };
        make_first_room();
    }

    /// Takes a new client in; in a full house with a 503 as its conversation.
    /// Null when even that is too much, or memory is short: the client has been closed and counted.
    Client* admit(sys::Fd fd);

    /// Tells a client's socket how long the call that it awaits may sleep: until its deadline, as
    /// `wait_ms`. A call only for a change; `told` is what the socket was told before.
    void limit_sleep(const Client& client, net::SleepLimits& told,
                     sys::Site site = sys::Site::here()) const;

    /// A client that the model cannot serve: counted, said once with the reason,
    /// handed back to be closed.
    [[nodiscard]] sys::Fd refuse(sys::Fd fd, std::string_view why);

    /// What accept(2) failed with. Out of descriptors or memory: accepting
    /// pauses. Nobody there, or gone again: nothing.
    void accept_failed(int error);

    /// Nobody is taken in for 100 ms: what accepting needs is scarce.
    void pause_accepting() noexcept;

    /// One of --workers could not be begun, by `errno`, which stays: said once a server, for clients
    /// may wait for it. Whoever has a worker of his own is refused instead, in so many words.
    void worker_missing() const noexcept;

    [[nodiscard]] Client& client(int fd) { return clients_[fd]; }

    /// After bytes moved: sets what the client awaits and its deadline, and
    /// half-closes a lingering one. `Next::close` asks for `dismiss`.
    http::Next settle(Client& client);

    /// Forgets a client; its descriptor comes back, to be closed by the model.
    [[nodiscard]] sys::Fd dismiss(Client& client);

    /// What we were woken for is done, and is nothing that this service sees: a client was given to a
    /// worker, or a worker has said something.
    void not_in_vain() noexcept { moved_ = true; }

    /// Leaves a client to another thread, until it is taken back. If its deadline passes meanwhile,
    /// that counts only where it is the same then: a head that still is not whole.
    void lend(Client& client) noexcept;
    void take_back(Client& client) noexcept;

    /// Has a client's conversation go on in the buffers of this service's thread.
    void adopt(Client& client) noexcept { client.conversation.move_to(context_); }

    /// Logs the heads of what a client has asked in this thread.
    void log_heads(const Client& client) { log_.heads_of(client.fd.get()); }

    /// Leaves a client to a forked child, which has a copy of it; ours comes back, to be closed.
    [[nodiscard]] sys::Fd hand_over(Client& client);

    /// A forked child has ended: waitpid(2), wstatus. Who was its client is one no longer; `left`
    /// of them it had taken in itself and not let go, and so many children still run.
    void worker_ended(int status, std::uint64_t left, std::size_t running) noexcept;

    /// Whether anybody is connected to this worker.
    [[nodiscard]] bool occupied() const noexcept { return open_ > 0; }

    /// How long a wait may last, in milliseconds, -1 for ever: until the next
    /// deadline, rounded up to what the coarse clock can tell.
    [[nodiscard]] int wait_ms() const;

    /// What a wait failed with, by `errno`. Ours are fatal; short of memory, it
    /// sleeps a little, lest we spin, and nobody is ready: 0. poll(2), ENOMEM.
    [[nodiscard]] int wait_failed(const char* call) noexcept;

    /// The wait is over: looks at the clock and for signals, and counts.
    void woke(std::size_t events);

    /// Looks at the clock and for signals: a call may have slept that is no wait.
    void look_at_clock();

    /// Somebody whose time is up and who has been told so, to be sent what is
    /// left to say; null when there is nobody.
    Client* expired();

    /// The same in two steps, where the kernel may still be using what is the client's:
    /// somebody whose time is up, given once and marked `late` until it is settled, and,
    /// as soon as nothing is lent, the telling.
    [[nodiscard]] Client* late();
    void time_up(Client& client);

    /// Told to stop, and every reply in flight is out, or the drain is over.
    [[nodiscard]] bool done() const noexcept;

    /// Told to stop, and the drain has been over for a while: who has not ended is stuck.
    [[nodiscard]] bool overdue() const noexcept;

    /// How many workers there are just now, said by who makes them where each serves one client.
    void has_workers(std::size_t count) noexcept {
        house_.shared.workers = static_cast<std::uint32_t>(count);
    }

    /// Whether no worker is free, so that who waits in the backlog waits for one of the clients.
    [[nodiscard]] bool all_busy() const noexcept {
        return house_.shared.open >= house_.shared.workers;
    }

    /// Before an answer keeps a connection, `may_keep` is asked.
    void ask_before_keeping(std::function<bool()> may_keep) {
        site_.ask_before_keeping(std::move(may_keep));
    }

    /// 0, or 130 when a second signal cut replies off.
    [[nodiscard]] int exit_code() const noexcept;

private:
    /// What all threads of a server read, and none changes.
    struct House {
        Options options;
        const char* model;
        bool client_a_child;
        net::Listener listener;
        Shared& shared;
        Output errors;
    };

    explicit Service(Service& first);
    void make_first_room();
    [[nodiscard]] bool has_place(int fd) noexcept;
    void begin_stopping();
    void end_time_of(Client& client);

    std::unique_ptr<const House> own_;  // the first one's
    const House& house_;
    bool is_worker_ = false;
    net::Listener own_listener_;  // a worker's, or none
    Log log_;
    Site site_;
    http::Context context_;
    Clients clients_;
    Deadlines deadlines_;
    static constexpr std::size_t least_room = 64;
    std::function<void(std::size_t)> make_room_;
    std::size_t room_ = 0;  // for so many descriptors there is room in what the model keeps
    std::size_t open_ = 0;
    std::size_t lent_ = 0;  // of them, to other threads
    std::uint64_t now_ms_;
    std::uint64_t resume_ms_ = 0;  // when accepting goes on; 0 when it is not paused
    std::uint64_t stop_by_ms_ = 0;
    bool stopping_ = false;
    bool woke_for_something_ = false;  // the last wake-up reported events
    bool moved_ = false;  // since then a client or a byte moved
};

}  // namespace server
