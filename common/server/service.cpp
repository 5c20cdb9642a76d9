#include "common/server/service.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "common/server/main.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"
#include "common/sys/shared_file.hpp"

namespace server {
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t linger_ms = 2000;
constexpr std::uint64_t accept_pause_ms = 100;
constexpr std::uint64_t wait_pause_ms = 10;  // after a wait for which there was no memory
constexpr std::uint64_t last_words_ms = 50;  // for readers, once we are told to stop
constexpr std::uint64_t longest_wait_ms = 1u << 30;
constexpr std::uint64_t coarse_step_ms = 10;  // the coarse clock's at 100 Hz, its slowest
constexpr std::uint64_t too_long_ms = 500;  // for a worker, when the drain is over
constexpr int cut_short = 130;  // the exit code where a second signal cut replies off
constexpr std::size_t refusals = 256;  // clients beyond the limit that may hear 503 at once

std::uint64_t in_ms(double seconds) noexcept {
    return static_cast<std::uint64_t>(seconds * 1000);
}

void count_wakeup(std::size_t events) noexcept {
    sys::ServerCounters& counters = sys::counters();
    sys::add(counters.wakeups);
    sys::add(counters.events, events);
    const auto& bins = sys::event_bins;
    const auto bin = std::find_if(bins.begin(), bins.end() - 1,
                                  [=](std::size_t bound) { return events <= bound; });
    sys::add(counters.events_per_wakeup[static_cast<std::size_t>(bin - bins.begin())]);
}

/// Makes a thing anew where it stands: to assign a new one would copy it twice.
template <typename Thing, typename... Arguments>
void renew(Thing& thing, Arguments&&... arguments) noexcept {
    std::destroy_at(&thing);
    std::construct_at(&thing, std::forward<Arguments>(arguments)...);
}

/// Corks, or uncorks. A client that is gone may have it refused with EINVAL:
/// setsockopt(3p), ERRORS; the next call will tell that it is gone.
void cork(int fd, bool corked) noexcept {
    if (!net::set_cork(fd, corked) && errno != EINVAL) fatal_if_ours("setsockopt");
}

/// Lets what the cork holds back leave, and corks the next batch.
void flush(int fd) noexcept {
    cork(fd, false);
    cork(fd, true);
}

}  // namespace

int sleep_ms(double timeout_s) noexcept {
    const std::uint64_t term_ms = in_ms(timeout_s);
    return term_ms == 0 ? -1
                        : static_cast<int>(std::min(term_ms + coarse_step_ms, longest_wait_ms));
}

Client& Clients::place(int fd) {
    const std::size_t wanted = index(fd) / leaf;
    if (wanted >= leaves_.size()) leaves_.resize(wanted + 1);
    if (leaves_[wanted] == nullptr) leaves_[wanted] = std::make_unique<Client[]>(leaf);
    return (*this)[fd];
}

Deadlines::Deadlines(Clients& clients, const Options& options) noexcept : clients_{clients} {
    list_of(http::Phase::idle).term_ms = in_ms(options.idle_timeout_s);
    list_of(http::Phase::head).term_ms = in_ms(options.head_timeout_s);
    list_of(http::Phase::body).term_ms = in_ms(options.body_timeout_s);
    list_of(http::Phase::reply).term_ms = in_ms(options.send_timeout_s);
    list_of(http::Phase::linger).term_ms = linger_ms;
}

void Deadlines::set(Client& client, http::Phase phase, std::uint64_t now_ms) {
    List& list = list_of(phase);
    const std::uint64_t due_ms = list.term_ms == 0 ? never : now_ms + list.term_ms;
    if (client.timed_ && client.phase_ == phase && client.due_ms_ == due_ms) return;

    clear(client);
    client.timed_ = true;
    client.phase_ = phase;
    client.due_ms_ = due_ms;
    client.earlier_ = list.last;
    client.later_ = -1;
    (list.last < 0 ? list.first : clients_[list.last].later_) = client.fd.get();
    list.last = client.fd.get();
}

void Deadlines::clear(Client& client) noexcept {
    if (!client.timed_) return;
    client.timed_ = false;
    List& list = list_of(client.phase_);
    (client.earlier_ < 0 ? list.first : clients_[client.earlier_].later_) = client.later_;
    (client.later_ < 0 ? list.last : clients_[client.later_].earlier_) = client.earlier_;
}

Client* Deadlines::passed(std::uint64_t now_ms) {
    for (const List& list : lists_) {
        if (list.first >= 0 && clients_[list.first].due_ms_ <= now_ms) return &clients_[list.first];
    }
    return nullptr;
}

std::uint64_t Deadlines::next_ms() const {
    std::uint64_t next = never;
    for (const List& list : lists_) {
        if (list.first >= 0) next = std::min(next, clients_[list.first].due_ms_);
    }
    return next;
}

void Deadlines::hurry_readers(std::uint64_t now_ms, std::uint64_t term_ms) {
    for (const http::Phase phase : {http::Phase::idle, http::Phase::head, http::Phase::body}) {
        List& list = list_of(phase);
        list.term_ms = list.term_ms == 0 ? term_ms : std::min(list.term_ms, term_ms);
        for (int fd = list.first; fd >= 0; fd = clients_[fd].later_) {
            clients_[fd].due_ms_ = std::min(clients_[fd].due_ms_, now_ms + list.term_ms);
        }
    }
}

Service::Service(const Options& options, const Traits& traits, net::Listener listener)
    : own_{new House{options, traits.model, traits.processes && traits.workers == 0,
                     std::move(listener), *new (sys::map_shared("", sizeof(Shared))) Shared{},
                     options.log == LogWhat::none ? Output{STDERR_FILENO}
                                                  : Output::opened_anew(STDERR_FILENO)}},
      house_{*own_},
      log_{options.log, house_.errors},
      site_{options, log_},
      context_{site_, options.split_reply},
      deadlines_{clients_, options},
      now_ms_{sys::coarse_ms()} {}

Service::Service(Service& first)
    : house_{first.house_},
      is_worker_{true},
      log_{house_.options.log, house_.errors},
      site_{first.site_, log_},
      context_{site_, house_.options.split_reply},
      deadlines_{clients_, house_.options},
      now_ms_{sys::coarse_ms()} {}

Service::~Service() {
    if (own_ == nullptr && exit_code() == cut_short) house_.shared.cut = true;
}

/// Without memory nobody begins to serve. A worker does not take the server along: a thread tries
/// again, for there may be clients who wait at its listener, and a child has its parent do so.
void Service::make_first_room() {
    while (room_ == 0) {
        try {
            make_room_(least_room);
            room_ = least_room;
        } catch (const std::bad_alloc&) {
            if (!is_worker_) throw;
            const bool stopping = sys::stop_signals() > 0;
            errno = ENOMEM;
            if (!stopping) worker_missing();
            const bool is_child = own_ != nullptr;
            if (is_child) sys::exit_now(1);  // its parent tries again
            if (stopping) throw;
            if (sys::nanosleep_ms(accept_pause_ms) < 0) fatal_if_ours("nanosleep");
        }
    }
}

bool Service::has_place(int fd) noexcept {
    // So many descriptors there are at most, and one thing more may be told of than there are.
    const std::size_t needed = static_cast<std::size_t>(fd) + 2;
    try {
        clients_.place(fd);
        if (make_room_ && needed > room_) {
            const std::size_t most = std::max(needed, 2 * room_);
            make_room_(most);
            room_ = most;
        }
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

Client* Service::admit(sys::Fd fd) {
    moved_ = true;
    if (!has_place(fd.get())) {
        pause_accepting();
        if (sys::close(refuse(std::move(fd), "no more memory")) < 0) fatal_if_ours("close");
        return nullptr;
    }
    const std::size_t limit = house_.options.max_clients;
    const std::size_t inside = house_.shared.open.fetch_add(1);
    const bool full = limit != 0 && inside >= limit;
    if (full && inside >= limit + refusals) {
        house_.shared.open.fetch_sub(1);
        sys::add(sys::counters().refused);
        return nullptr;
    }
    Client& client = clients_[fd.get()];
    renew(client, std::move(fd), context_);
    ++open_;
    sys::add(sys::counters().accepted);
    log_.arrival(client.fd.get());
    if (full) {
        sys::add(sys::counters().refused);
        client.conversation.refuse();
    }
    if (house_.options.cork) cork(client.fd.get(), true);
    settle(client);
    return &client;
}

void Service::limit_sleep(const Client& client, net::SleepLimits& told, sys::Site site) const {
    const bool input = client.awaits == Awaits::input;
    const int option = input ? SO_RCVTIMEO : SO_SNDTIMEO;
    int& told_ms = input ? told.receive_ms : told.send_ms;
    const int limit_ms = wait_ms();
    if (told_ms == limit_ms) return;
    if (net::set_sleep_limit(client.fd.get(), option, limit_ms, site)) {
        told_ms = limit_ms;
    } else if (errno != EINVAL) {  // the client is gone: setsockopt(3p)
        fatal_if_ours("setsockopt");
    }
}

sys::Fd Service::refuse(sys::Fd fd, std::string_view why) {
    moved_ = true;
    sys::add(sys::counters().refused);
    std::array<char, 256> sentence{};  // in no memory of the heap: that may be what is short
    std::snprintf(sentence.data(), sentence.size(), "%s: a client was refused: %.*s\n",
                  house_.model, static_cast<int>(why.size()), why.data());
    log_.once(sentence.data());
    return fd;
}

void Service::accept_failed(int error) {
    errno = error;  // for `fatal`: what completed with it has not set it
    switch (error) {
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
        case ENOLCK:  // of the lock under which a worker accepts
        case ENOSPC: return pause_accepting();
        case EINVAL:
            if (sys::stop_signals() > 0) return;  // the signal shut the listener down
            [[fallthrough]];
        case EBADF:
        case EFAULT:
        case ENOTSOCK: fatal("accept4");
        // Nobody there, or gone again: what went wrong between the new client and
        // us is reported here, EOPNOTSUPP too: accept(2), Error handling.
        default: return;
    }
}

void Service::pause_accepting() noexcept {
    sys::add(sys::counters().accept_pauses);
    resume_ms_ = now_ms_ + accept_pause_ms;
}

void Service::worker_missing() const noexcept {
    if (workers() == 0 || house_.shared.said_missing.exchange(true)) return;
    const int error = errno;
    std::array<char, 256> sentence{};  // in no memory of the heap, as above
    std::snprintf(sentence.data(), sentence.size(),
                  "%s: fewer workers than %d: %s; clients may have to wait until there are more\n",
                  house_.model, workers(), std::strerror(error));
    house_.errors.write(sentence.data());
    errno = error;
}

http::Next Service::settle(Client& client) {
    const http::Conversation& conversation = client.conversation;
    const http::Next next = conversation.next();
    moved_ = true;
    client.late = false;
    log_.heads_of(client.fd.get());
    if (next == http::Next::close) return next;

    if (next == http::Next::linger && !client.half_closed_) {
        client.half_closed_ = true;
        if (sys::shutdown(client.fd.get(), SHUT_WR) < 0) fatal_if_ours("shutdown");
    }
    client.awaits = next == http::Next::write ? Awaits::room : Awaits::input;

    // A head and a last goodbye have one deadline, however they drip; a body, a
    // reply and a pause between requests begin anew with every byte that moves.
    const http::Phase phase = conversation.phase();
    const bool bounded = phase == http::Phase::head || phase == http::Phase::linger;
    const bool same_request = client.requests_ == conversation.requests();
    const bool same_phase = client.phase_ == phase && same_request;
    const bool same = client.timed_ && same_phase;
    if (std::exchange(client.overdue_, false) && bounded && same_phase) {
        end_time_of(client);
        return conversation.next();
    }
    const bool moved_on = !same_request || client.phase_ != phase;  // a reply may be out
    if (house_.options.cork && moved_on && next == http::Next::read) flush(client.fd.get());
    client.requests_ = conversation.requests();
    if (!(bounded && same)) deadlines_.set(client, phase, now_ms_);
    return next;
}

sys::Fd Service::dismiss(Client& client) {
    moved_ = true;
    deadlines_.clear(client);
    log_.departure(client.fd.get());
    sys::add(sys::counters().closed);
    --open_;
    house_.shared.open.fetch_sub(1);
    renew(client.conversation);
    return std::move(client.fd);
}

void Service::lend(Client& client) noexcept {
    moved_ = true;
    client.lent_ = true;
    ++lent_;
}

void Service::take_back(Client& client) noexcept {
    client.lent_ = false;
    --lent_;
    client.conversation.take_block_home();
}

sys::Fd Service::hand_over(Client& client) {
    deadlines_.clear(client);
    log_.forget(client.fd.get());
    --open_;
    renew(client.conversation);
    return std::move(client.fd);
}

void Service::worker_ended(int status, std::uint64_t left, std::size_t running) noexcept {
    if (WIFEXITED(status) && WEXITSTATUS(status) == cut_short) house_.shared.cut = true;
    std::atomic<std::uint32_t>& open = house_.shared.open;
    open.fetch_sub(static_cast<std::uint32_t>(left));
    if (!house_.client_a_child) return;
    // Whether one that was killed had let its client go already nobody can tell. But there are no
    // more clients than children; one too many for now is found when the next child ends.
    const auto most = static_cast<std::uint32_t>(running);
    std::uint32_t clients = open;
    while (clients > most && !open.compare_exchange_weak(clients, most)) {
    }
    if (clients > most) sys::add(sys::counters().closed, clients - most);
}

int Service::wait_ms() const {
    if (done()) return 0;
    // Told to stop since we last woke: the listener may be out of the wait by
    // now, so that nothing would end it.
    if (!stopping_ && sys::stop_signals() > 0) return 0;
    std::uint64_t wake_ms = deadlines_.next_ms();
    if (resume_ms_ != 0) wake_ms = std::min(wake_ms, resume_ms_);
    // While we are stopping, a second signal may come between our look at the
    // count and the wait: the wait is short, so it is seen all the same.
    if (stopping_) wake_ms = std::min({wake_ms, stop_by_ms_, now_ms_ + last_words_ms});
    if (wake_ms == never) return -1;
    const std::uint64_t left_ms = wake_ms > now_ms_ ? wake_ms - now_ms_ + coarse_step_ms : 0;
    return static_cast<int>(std::min(left_ms, longest_wait_ms));
}

int Service::wait_failed(const char* call) noexcept {
    fatal_if_ours(call);
    if (sys::nanosleep_ms(wait_pause_ms) < 0) fatal_if_ours("nanosleep");
    return 0;
}

void Service::woke(std::size_t events) {
    if (woke_for_something_ && !moved_) sys::add(sys::counters().wasted_wakeups);
    woke_for_something_ = events > 0;
    moved_ = false;
    count_wakeup(events);
    look_at_clock();
}

void Service::look_at_clock() {
    now_ms_ = sys::coarse_ms();
    site_.now(sys::unix_s());
    if (resume_ms_ != 0 && now_ms_ >= resume_ms_) resume_ms_ = 0;
    if (!stopping_ && sys::stop_signals() > 0) begin_stopping();
}

void Service::end_time_of(Client& client) {
    deadlines_.clear(client);
    time_up(client);
    settle(client);
}

Client* Service::expired() {
    Client* client = deadlines_.passed(now_ms_);
    for (; client != nullptr && client->lent_; client = deadlines_.passed(now_ms_)) {
        client->overdue_ = true;
        deadlines_.clear(*client);
    }
    if (client == nullptr) return nullptr;
    end_time_of(*client);
    return client;
}

Client* Service::late() {
    Client* client = deadlines_.passed(now_ms_);
    if (client == nullptr) return nullptr;
    deadlines_.clear(*client);
    client->late = true;
    return client;
}

void Service::time_up(Client& client) {
    sys::add(sys::counters().timed_out);
    client.conversation.time_up();
}

bool Service::done() const noexcept {
    if (!stopping_) return false;
    return open_ == 0 || now_ms_ >= stop_by_ms_ || sys::stop_signals() > 1;
}

bool Service::overdue() const noexcept {
    return stopping_ && now_ms_ >= stop_by_ms_ + too_long_ms;
}

int Service::exit_code() const noexcept {
    const bool hurried = sys::stop_signals() > 1;
    const bool cut = deadlines_.any_in(http::Phase::reply) || lent_ > 0 || house_.shared.cut;
    return hurried && cut ? cut_short : 0;
}

void Service::begin_stopping() {
    stopping_ = true;
    stop_by_ms_ = now_ms_ + in_ms(house_.options.drain_s);
    site_.keep_no_longer();
    // The signal shut down the house's listener. It wakes who waits, and refuses who comes.
    if (own_listener_.fd && sys::shutdown(own_listener_.fd.get(), SHUT_RDWR) < 0)
        fatal_if_ours("shutdown");
    deadlines_.hurry_readers(now_ms_, last_words_ms);
}

}  // namespace server
