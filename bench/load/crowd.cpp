#include "bench/load/crowd.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "bench/load/clock.hpp"
#include "bench/load/sources.hpp"

namespace load {
namespace {

constexpr std::uint64_t tick_ns = 100'000'000;
constexpr std::size_t room_bytes = std::size_t{1} << 16;
constexpr std::size_t events_a_wait = 256;
constexpr int small_buffer_bytes = 4096;
constexpr std::uint64_t apart_most_ns = 100'000;
constexpr std::uint64_t one_connection_ns = 5'000'000'000;
constexpr std::uint64_t all_connections_ns = 60'000'000'000;

/// Whoever awaits none may still not have one cut off.
bool awaits_reply(const CrowdClient& client) noexcept {
    return client.asked_ns != 0 || client.reader.inside();
}

}  // namespace

Crowd::Crowd(const Plan& plan, const Signals& signals)
    : plan_{plan},
      signals_{signals},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      sources_{static_cast<std::uint16_t>(sources_needed(plan.target, connections_of(plan)))},
      room_(room_bytes),
      events_(events_a_wait) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals.wake.get(), &event) < 0) {
        throw std::system_error{errno, std::generic_category(), "epoll"};
    }
    for (std::size_t at = 0; at < plan.crowd.size(); ++at) {
        ActorOutcome& outcome = outcomes_.emplace_back();
        outcome.kind = name(plan.crowd[at].kind);
        outcome.offered_clients = plan.crowd[at].count;
        outcome.crowd.emplace();
        for (unsigned number = 0; number < plan.crowd[at].count; ++number) {
            CrowdClient& client = clients_.emplace_back();
            client.actor = at;
            client.number = number;
            client.source = static_cast<std::uint16_t>(number % sources_);
        }
    }
}

Crowd::~Crowd() {
    for (CrowdClient& client : clients_) drop(client);
}

// The loop.

void Crowd::run() {
    const Usage began = usage();
    begin();
    while (!signals_.finish.load() && now_ns() < signals_.close_ns.load()) turn();
    finish(began);
}

/// One after the other: whoever finds the server's queue full waits for the kernel's next attempt,
/// after a second, and nobody else comes before there is room.
void Crowd::connect_those_who_stay() {
    const std::uint64_t until_ns = now_ns() + all_connections_ns;
    for (CrowdClient& client : clients_) {
        if (!comes_to_stay(actor(client))) continue;
        connect(client);
        if (!await_connection(client, until_ns)) return;
    }
}

/// result: false if it is no use to go on
bool Crowd::await_connection(CrowdClient& client, std::uint64_t until_ns) {
    const std::uint64_t one_ns = std::min(one_connection_ns, to_ns(plan_.connect_timeout_s));
    const std::uint64_t patience_ns = std::min(until_ns, client.dialed_ns + one_ns);
    while (client.state == CrowdClient::State::dialing) {
        if (signals_.finish.load() || now_ns() > patience_ns) {
            drop(client);
            return false;
        }
        turn();
    }
    return !signals_.finish.load();
}

/// Everybody waits for the beginning of its actor; a little apart, so that only a burst is one.
void Crowd::begin() {
    begun_ = true;
    const std::uint64_t start_ns = signals_.start_ns.load();
    opens_ns_ = start_ns + to_ns(plan_.warm_up_s);
    for (const CrowdActor& actor : plan_.crowd) {
        stop_ns_.push_back(end_of(actor.span, plan_.warm_up_s, start_ns));
    }
    for (CrowdClient& client : clients_) {
        Span span = actor(client).span;
        const bool burst = actor(client).kind == CrowdKind::burst;
        if (burst && !span.start_s) span.start_s = 0;
        client.turn_ns = begin_of(span, plan_.warm_up_s, start_ns);
        if (!burst) client.turn_ns += client.number * apart_ns(client);
        wake_at(client, client.turn_ns);
    }
}

/// Those who are connected have all begun when half of the warm-up is over.
std::uint64_t Crowd::apart_ns(const CrowdClient& client) const noexcept {
    if (!client.early) return apart_most_ns;
    return std::min(apart_most_ns, to_ns(plan_.warm_up_s / 2) / actor(client).count);
}

/// It was connected before; its request is due now, and so is its connection.
void Crowd::join(CrowdClient& client) {
    client.early = false;
    client.reads = true;
    client.due_ns = client.turn_ns;
    greet(client);
}

void Crowd::turn() {
    const std::uint64_t next_ns = alarms_.empty() ? never_ns : alarms_.begin()->first;
    const std::uint64_t now = now_ns();
    const std::uint64_t left_ns = std::min(next_ns - std::min(next_ns, now), tick_ns);
    const int ready = timed_wait_(epoll_.get(), events_, left_ns);
    look_who_is_there();
    for (int i = 0; i < ready; ++i) {
        auto* client = static_cast<CrowdClient*>(events_[i].data.ptr);
        if (client != nullptr) handle(*client, events_[i].events);
    }
    ring_alarms();
    if (begun_ && now_ns() >= swept_ns_ + tick_ns) sweep();
}

/// Those that are due now; what they set for now as well waits for the next turn.
void Crowd::ring_alarms() {
    const std::uint64_t now = now_ns();
    while (!alarms_.empty() && alarms_.begin()->first <= now) {
        CrowdClient& client = *alarms_.begin()->second;
        wake_at(client, never_ns);
        client.early ? join(client) : manner_of(actor(client).kind).alarm(*this, client);
    }
}

/// When the window opens: before anything that happened since is taken notice of.
void Crowd::look_who_is_there() {
    if (now_ns() < opens_ns_) return;
    opens_ns_ = never_ns;
    for (ActorOutcome& outcome : outcomes_) outcome.crowd->open_at_start = 0;
    for (CrowdClient& client : clients_) {
        if (client.state == CrowdClient::State::connected) ++*outcome(client).crowd->open_at_start;
    }
}

/// Whose time is over, and who has waited too long?
void Crowd::sweep() {
    swept_ns_ = now_ns();
    for (std::size_t at = 0; at < stop_ns_.size(); ++at) {
        if (stop_ns_[at] != 0 && stop_ns_[at] <= swept_ns_) stop(at);
    }
    for (CrowdClient& client : clients_) check(client);
}

void Crowd::check(CrowdClient& client) {
    if (client.state == CrowdClient::State::dialing) {
        const std::uint64_t age_ns = swept_ns_ - std::min(swept_ns_, client.dialed_ns);
        if (age_ns > to_ns(plan_.connect_timeout_s)) dialed(client, ETIMEDOUT);
        return;
    }
    if (client.asked_ns == 0 || client.asked_ns > swept_ns_) return;
    if (swept_ns_ - client.asked_ns <= to_ns(plan_.reply_timeout_s)) return;
    fail(client, ErrorKind::reply_timeout);
    end(client, End::timed_out);
}

void Crowd::stop(std::size_t actor) {
    stop_ns_[actor] = 0;
    for (CrowdClient& client : clients_) {
        if (client.actor != actor) continue;
        close(client);
        drop(client);  // if it was dialing
        wake_at(client, never_ns);
    }
}

/// What is open and what is unanswered is counted; a request at its age.
void Crowd::finish(const Usage& began) {
    const std::uint64_t end_ns = std::min(now_ns(), signals_.close_ns.load());
    look_who_is_there();
    for (CrowdClient& client : clients_) {
        if (client.state == CrowdClient::State::connected) ++outcome(client).crowd->open_at_end;
        if (client.served) ++outcome(client).served_clients;
        const bool dialing = client.state == CrowdClient::State::dialing;
        if (client.due_ns == 0 || (client.asked_ns == 0 && !dialing)) continue;
        ++outcome(client).unanswered;
        outcome(client).response_time.record(end_ns - std::min(end_ns, client.due_ns));
    }
    const Usage ended = usage();
    if (ended.at_ns <= began.at_ns) return;
    cpu_busy_ratio_ = static_cast<double>(ended.cpu_ns - began.cpu_ns) /
                      static_cast<double>(ended.at_ns - began.at_ns);
}

void Crowd::wake_at(CrowdClient& client, std::uint64_t alarm_ns) {
    alarms_.erase({client.alarm_ns, &client});
    client.alarm_ns = alarm_ns;
    if (alarm_ns != never_ns && stop_ns_[client.actor] != 0) alarms_.insert({alarm_ns, &client});
}

// Connecting.

void Crowd::connect(CrowdClient& client) {
    client.reader.restart();
    client.dialed_ns = now_ns();
    client.state = CrowdClient::State::dialing;
    client.fd = ::socket(plan_.target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client.fd < 0) return dialed(client, errno);
    if (actor(client).kind == CrowdKind::slow_reader) {
        ::setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &small_buffer_bytes,
                     sizeof small_buffer_bytes);
    }
    if (sources_ > 1 && !bind_source(client.fd, client.source)) return dialed(client, errno);
    if (::connect(client.fd, plan_.target.get(), plan_.target.size) < 0 && errno != EINPROGRESS) {
        return dialed(client, errno);
    }
    watch(client);  // told that it can be written to, we know how connect(2) ended
}

void Crowd::dialed(CrowdClient& client, int error) {
    const std::uint64_t now = now_ns();
    if (error != 0) {
        const ErrorKind kind = kind_of(error);
        if (kind == ErrorKind::no_ports && sources_available(plan_.target) > 1) {
            // The next attempt comes from a neighbouring address, with all its ports.
            sources_ = static_cast<std::uint16_t>(loopback_sources);
            client.source = static_cast<std::uint16_t>((client.source + 1) % loopback_sources);
        }
        fail(client, kind);
        drop(client);
        return lost(client);
    }
    client.state = CrowdClient::State::connected;
    ++client.connections;
    ++outcome(client).connections_made;
    outcome(client).connect_time.record(now - client.dialed_ns);
    if (begun_) return greet(client);
    client.early = true;
    client.reads = false;
    watch(client);
}

void Crowd::greet(CrowdClient& client) {
    manner_of(actor(client).kind).connected(*this, client);
    if (client.state == CrowdClient::State::connected) watch(client);
}

/// Before the load has begun that is no matter: it comes at its beginning.
void Crowd::lost(CrowdClient& client) {
    if (begun_) manner_of(actor(client).kind).ended(*this, client);
}

// Speaking.

bool Crowd::say(CrowdClient& client, std::string_view text) {
    client.unsent = text;
    return send_rest(client);
}

void Crowd::count_request(CrowdClient& client) {
    ++outcome(client).requests_sent;
    ++client.owed;
}

void Crowd::ask(CrowdClient& client) {
    count_request(client);
    client.asked_ns = now_ns();
    say(client, actor(client).request);
}

bool Crowd::send_rest(CrowdClient& client) {
    bool takes_more = true;
    const ssize_t count =
        ::send(client.fd, client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
    if (count > 0) {
        outcome(client).crowd->bytes_sent += static_cast<std::uint64_t>(count);
        client.unsent.remove_prefix(static_cast<std::size_t>(count));
    } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
        client.unsent = {};  // reset: the next receive tells
        takes_more = false;
    }
    if (client.unsent.empty() && client.shuts) ::shutdown(client.fd, SHUT_WR);
    watch(client);
    return takes_more;
}

void Crowd::shut_sending_side(CrowdClient& client) {
    client.shuts = true;
    if (client.unsent.empty()) ::shutdown(client.fd, SHUT_WR);
}

// Listening.

void Crowd::handle(CrowdClient& client, std::uint32_t events) {
    if (client.state == CrowdClient::State::away) return;
    if (client.state == CrowdClient::State::dialing) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        return dialed(client, error);
    }
    if (client.early) return end(client, End::reset_by_server);  // we look for nothing else
    if ((events & EPOLLOUT) != 0 && !client.unsent.empty()) send_rest(client);
    const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    if (broken || (client.reads && (events & EPOLLIN) != 0)) receive(client, room_.size());
}

void Crowd::read_some(CrowdClient& client, std::size_t size_bytes) {
    receive(client, std::min(size_bytes, room_.size()));
}

void Crowd::read_on(CrowdClient& client) {
    client.reads = true;
    watch(client);
}

void Crowd::receive(CrowdClient& client, std::size_t size_bytes) {
    const ssize_t count = ::recv(client.fd, room_.data(), size_bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) {
        if (awaits_reply(client)) fail(client, ErrorKind::reset);
        return end(client, End::reset_by_server);
    }
    if (count == 0) return server_ended(client);
    outcome(client).crowd->bytes_received += static_cast<std::uint64_t>(count);
    arrived(client, {room_.data(), static_cast<std::size_t>(count)});
}

/// A server may say unasked that it waits no longer, 408, or has no room, 503; "here you are" it
/// may not.
bool Crowd::is_unasked(const CrowdClient& client) const noexcept {
    return client.owed == 0 && client.reader.status() == actor(client).expected_status;
}

void Crowd::arrived(CrowdClient& client, std::string_view piece) {
    const std::uint64_t connection = client.connections;
    while (!piece.empty()) {
        piece.remove_prefix(client.reader.take(piece));
        if (client.reader.broken() || is_unasked(client)) return wrong(client);
        if (client.awaits_end && client.reader.whole() && !piece.empty()) return wrong(client);
        if (!client.reader.whole() || client.awaits_end) return;
        count_reply(client);
        manner_of(actor(client).kind).replied(*this, client);
        if (client.connections != connection || client.state != CrowdClient::State::connected) {
            return;
        }
    }
}

/// No reply at all, or one that nobody asked for. We have seen enough of it.
void Crowd::wrong(CrowdClient& client) {
    fail(client, ErrorKind::wrong_reply);
    end(client, End::by_client);
}

void Crowd::count_reply(CrowdClient& client) {
    ActorOutcome& its = outcome(client);
    const bool right = client.reader.status() == actor(client).expected_status;
    client.reader.restart();
    if (client.owed > 0) --client.owed;
    const std::uint64_t asked_ns = std::exchange(client.asked_ns, 0);
    if (!right) {
        ++its.crowd->replies_other;
        return;
    }
    ++its.replies_ok;
    client.served = true;
    if (asked_ns == 0) return;
    const std::uint64_t now = now_ns();
    its.service_time.record(now - asked_ns);
    if (client.due_ns != 0) its.response_time.record(now - client.due_ns);
}

// Ending.

void Crowd::server_ended(CrowdClient& client) {
    if (client.reader.whole_at_end()) count_reply(client);
    if (awaits_reply(client)) fail(client, ErrorKind::short_reply);
    end(client, End::by_server);
}

void Crowd::fail(CrowdClient& client, ErrorKind kind) {
    ++outcome(client).errors[static_cast<std::size_t>(kind)];
    if (!gave_up(kind) || client.due_ns == 0) return;
    const std::uint64_t now = now_ns();
    outcome(client).response_time.record(now - std::min(now, client.due_ns));
}

void Crowd::end(CrowdClient& client, End how) {
    CrowdFigures& figures = *outcome(client).crowd;
    switch (how) {
        case End::by_server: ++figures.closed_by_server; break;
        case End::reset_by_server: ++figures.reset_by_server; break;
        case End::timed_out: ++figures.timed_out; break;
        case End::by_client: ++figures.closed_by_client; break;
    }
    drop(client);
    lost(client);
}

void Crowd::close(CrowdClient& client) {
    if (client.state == CrowdClient::State::connected) end(client, End::by_client);
}

void Crowd::reset(CrowdClient& client) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client);
}

void Crowd::drop(CrowdClient& client) noexcept {
    if (client.fd >= 0) ::close(client.fd);
    client.fd = -1;
    client.state = CrowdClient::State::away;
    client.events = 0;
    client.asked_ns = 0;
    client.due_ns = 0;
    client.owed = 0;
    client.unsent = {};
    client.reads = true;
    client.awaits_end = false;
    client.shuts = false;
    client.early = false;
}

void Crowd::watch(CrowdClient& client) {
    const bool writes = client.state == CrowdClient::State::dialing || !client.unsent.empty();
    // Errors are reported in any case; without a bit, 0 would mean "not in the list".
    const std::uint32_t events = (writes ? std::uint32_t{EPOLLOUT} : 0U) |
                                 (client.reads ? std::uint32_t{EPOLLIN} : 0U) |
                                 std::uint32_t{EPOLLERR};
    if (client.events == events) return;
    epoll_event event{.events = events, .data = {.ptr = &client}};
    const int operation = client.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    client.events = events;
    ::epoll_ctl(epoll_.get(), operation, client.fd, &event);
}

}  // namespace load
