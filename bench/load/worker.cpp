#include "bench/load/worker.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "bench/load/sources.hpp"

// The kernel is called directly here, not through the seam: what the load side
// costs is measured as a whole, and its every nanosecond is in the result.

namespace load {
namespace {

constexpr std::uint64_t tick_ns = 100'000'000;
constexpr std::uint64_t rest_ns = 10'000'000;
constexpr std::uint64_t late_ns = 1'000'000;
constexpr std::uint64_t drain_ns = second_ns;

constexpr std::size_t room_bytes = std::size_t{1} << 16;
constexpr std::size_t events_a_wait = 256;
constexpr std::size_t dialing_at_once = 64;  // so that a burst of ours overflows no backlog

// A reply up to this size fits any receive buffer, so that its end can arrive unread.
constexpr std::size_t fits_buffer_bytes = std::size_t{1} << 14;

// A segment's payload on an Ethernet; a longer request must not wait for an acknowledgement.
constexpr std::size_t one_segment_bytes = 1400;

std::system_error failure(const char* what) {
    return {errno, std::generic_category(), what};
}

/// How many bytes of `piece` stand at `offset` of the pattern.
std::size_t fitting(const ReplyPattern& pattern, std::size_t offset, std::string_view piece) {
    std::size_t count = 0;
    while (count < piece.size() && pattern.matches_at(offset + count, piece.substr(count, 1))) {
        ++count;
    }
    return count;
}

/// Whether a connection that was begun stands already.
bool stands(int fd) noexcept {
    sockaddr_storage peer;
    socklen_t size = sizeof peer;
    return ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

/// All requests of a batch; the last one may be another.
std::string batch_of(const Askers& askers, const std::string& last) {
    std::string text;
    for (unsigned i = 1; i < askers.depth; ++i) text += askers.request;
    return text + last;
}

std::uint32_t requests_left(const Askers& askers) noexcept {
    const bool stays = askers.requests_a_connection == 0;
    return stays ? std::numeric_limits<std::uint32_t>::max() : askers.requests_a_connection;
}

}  // namespace

Worker::Worker(const Plan& plan, const Post& post, const Signals& signals)
    : plan_{plan},
      askers_{post.askers},
      signals_{signals},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      timer_{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)},
      group_{post.group},
      index_{post.index},
      requests_{batch_of(askers_, askers_.request)},
      last_requests_{batch_of(askers_, askers_.last_request)},
      dues_(askers_.depth > 1 ? post.clients * std::size_t{askers_.depth} : 0),
      reply_events_{askers_.mode == Mode::keep_alive ? EPOLLIN : EPOLLIN | EPOLLRDHUP},
      sources_{static_cast<std::uint16_t>(sources_needed(plan.target, connections_of(plan)))},
      all_candidates_{static_cast<std::uint8_t>((1U << askers_.expected.size()) - 1)},
      asking_{post.clients},
      clients_(std::size_t{post.clients} + post.idle),
      readers_(by_status() ? asking_ : 0),
      free_{asking_},
      resting_{asking_},
      room_(room_bytes),
      events_(events_a_wait),
      schedule_{schedule_from(0)} {
    if (!epoll_) throw failure("epoll_create1");
    if (!timer_) throw failure("timerfd_create");
    const timespec every{.tv_sec = 0, .tv_nsec = static_cast<long>(tick_ns)};
    const itimerspec ticks{.it_interval = every, .it_value = every};
    if (::timerfd_settime(timer_.get(), 0, &ticks, nullptr) < 0) throw failure("timerfd_settime");

    tick_.fd = timer_.get();
    tick_.state = State::tick;
    watch(tick_, EPOLLIN);
    wake_.fd = signals.wake.get();
    wake_.state = State::wake;
    watch(wake_, EPOLLIN);

    for (std::size_t i = 0; i < clients_.size(); ++i) {
        const std::size_t number = i * askers_.threads + index_ + group_;
        clients_[i].source = static_cast<std::uint16_t>(number % sources_);
        clients_[i].asks = i < asking_;
        clients_[i].left = requests_left(askers_);
    }
    // A connection for one request is whole when it ends. Where reply and end both fit the receive
    // buffer we wake for the end alone: one wake-up and one recv(2) instead of two.
    const auto fits = [](const ReplyPattern& reply) { return reply.size() <= fits_buffer_bytes; };
    if (askers_.mode == Mode::connection_a_request && !by_status() &&
        std::all_of(askers_.expected.begin(), askers_.expected.end(), fits)) {
        reply_events_ = EPOLLRDHUP;
    }
}

Worker::~Worker() {
    for (Client& client : clients_) close(client);
}

// Connecting.

void Worker::connect_clients() {
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // this thread's: wake when a request is due
    now_ns_ = now_ns();
    connect_share(asking_, clients_.size());
    const bool at_once = !askers_.span.start_s;  // who comes later connects when it asks
    if (askers_.mode == Mode::keep_alive && at_once) connect_share(0, asking_);
    for (const Client& client : clients_) {
        if (client.state == State::idle) ++tally_.idle_established;
    }
    tally_.idle_lost = 0;
}

void Worker::connect_share(std::size_t first, std::size_t end) {
    while ((first < end || dialing_ > 0) && !signals_.finish.load(std::memory_order_relaxed)) {
        while (first < end && dialing_ < dialing_at_once) {
            Client& client = clients_[first++];
            ++dialing_;
            now_ns_ = now_ns();
            if (!dial(client)) continue;
            // On loopback a connection mostly stands when connect(2) returns.
            if (stands(client.fd)) {
                now_ns_ = now_ns();
                established(client);
            } else {
                watch(client, EPOLLOUT);
            }
        }
        if (dialing_ > 0) turn();
    }
}

bool Worker::dial(Client& client) {
    client.dialed_ns = now_ns_;
    client.state = State::dialing;
    client.fd = ::socket(plan_.target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client.fd < 0) return fail(client, kind_of(errno)), false;
    if (sources_ > 1 && !bind_source(client.fd, client.source))
        return fail(client, kind_of(errno)), false;
    if (requests_.size() > one_segment_bytes) {
        const int on = 1;
        ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (::connect(client.fd, plan_.target.get(), plan_.target.size) == 0) return true;
    if (errno == EINPROGRESS) return true;
    const ErrorKind kind = kind_of(errno);
    if (kind == ErrorKind::no_ports && sources_available(plan_.target) > 1) {
        // The next attempt comes from a neighbouring address, with all its ports.
        sources_ = static_cast<std::uint16_t>(loopback_sources);
        client.source = static_cast<std::uint16_t>((client.source + 1) % loopback_sources);
    }
    return fail(client, kind), false;
}

/// The kernel says how connect(2) ended.
void Worker::dialed(Client& client) {
    now_ns_ = now_ns();
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(client, kind_of(error));
    established(client);
    if (setting_up_) return;
    client.sent_ns = now_ns_;
    send_request(client);
}

void Worker::established(Client& client) {
    client.state = State::sending;
    if (!closed_) tally_.connect_time.record(now_ns_ - client.dialed_ns);
    if (measuring()) ++tally_.connections_made;
    if (!setting_up_) return;
    --dialing_;
    client.state = client.asks ? State::free : State::idle;
    watch(client, EPOLLIN);
}

// Asking.

/// Lets free clients ask: in the closed loop all of them, in the open loop as many as are due.
void Worker::ask_due() {
    now_ns_ = now_ns();
    if (now_ns_ < begin_ns_) return;
    if (now_ns_ >= end_ns_) return leave();
    while (!free_.empty() && (!open_loop() || schedule_.due_ns() <= now_ns_)) {
        ask(*free_.pop());
        now_ns_ = now_ns();
    }
    had_free_ = !free_.empty();
}

/// Nobody asks any more: whoever is free goes.
void Worker::leave() {
    while (!free_.empty()) {
        Client& client = *free_.pop();
        close(client);
        client.state = State::unconnected;
    }
}

/// range: `now_ns_` is now
void Worker::ask(Client& client) {
    if (askers_.depth == 1) {
        client.due_ns = take_due();
        client.batch = 1;
    } else {
        fill_batch(client);
    }
    send_batch(client);
}

/// When the next request was to be sent: now, or when its schedule said.
std::uint64_t Worker::take_due() {
    if (!open_loop()) return now_ns_;
    const std::uint64_t due_ns = schedule_.due_ns();
    schedule_.advance();
    if (had_free_ && now_ns_ - due_ns > late_ns && measuring()) ++tally_.late_sends;
    return due_ns;
}

/// As many requests as are due and may go at once; at least one is due.
void Worker::fill_batch(Client& client) {
    std::uint64_t* dues = dues_of(client);
    const std::uint32_t most = std::min<std::uint32_t>(askers_.depth, client.left);
    do {
        dues[client.batch++] = take_due();
    } while (client.batch < most && (!open_loop() || schedule_.due_ns() <= now_ns_));
    std::reverse(dues, dues + client.batch);  // the first unanswered one is the last of them
    client.due_ns = dues[client.batch - 1];
}

std::uint64_t* Worker::dues_of(const Client& client) noexcept {
    return dues_.data() + number_of(client) * askers_.depth;
}

void Worker::send_batch(Client& client) {
    client.sent_bytes = 0;
    expect_reply(client);
    if (client.fd < 0) {
        if (!dial(client)) return;
        now_ns_ = now_ns();
    } else {
        client.state = State::sending;
    }
    client.sent_ns = now_ns_;
    send_request(client);
}

/// Another reply begins.
void Worker::expect_reply(Client& client) {
    client.got_bytes = 0;
    client.candidates = all_candidates_;
    if (by_status()) readers_[number_of(client)].restart();
}

std::string_view Worker::text_of(const Client& client) const noexcept {
    const std::string_view all = requests_;
    if (client.batch < client.left) return all.substr(0, client.batch * askers_.request.size());
    return std::string_view{last_requests_}.substr((askers_.depth - client.batch) *
                                                   askers_.request.size());
}

/// On loopback a connection stands when connect(2) returns, so we send at once, and are told by
/// EAGAIN if it does not.
void Worker::send_request(Client& client) {
    const std::string_view text = text_of(client);
    const std::string_view rest = text.substr(client.sent_bytes);
    const ssize_t count = ::send(client.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return watch(client, EPOLLOUT);
    if (count < 0) return lost(client, errno);
    if (client.state == State::dialing) established(client);
    client.sent_bytes += static_cast<std::uint32_t>(count);
    if (client.sent_bytes < text.size()) return watch(client, EPOLLOUT);
    request_sent(client);
}

void Worker::request_sent(Client& client) {
    client.state = State::waiting;
    if (measuring()) tally_.requests_sent += client.batch;
    watch(client, reply_events_);
}

/// The client may ask again, after the turn: replies first, then requests, so that the server is
/// woken once for many of them. What its last connection left unanswered it asks again at once.
void Worker::freed(Client& client) {
    client.state = client.fd < 0 ? State::unconnected : State::free;
    if (client.batch > 0) return send_batch(client);
    free_.push(&client);
}

// Being answered.

void Worker::receive(Client& client, std::uint32_t events) {
    const ssize_t count = ::recv(client.fd, room_.data(), room_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) return lost(client, errno);
    if (count == 0) return ended(client);
    const std::string_view piece{room_.data(), static_cast<std::size_t>(count)};
    // The peer's end is known, and what came before it did not fill the room: this was all.
    const bool last =
        (events & (EPOLLRDHUP | EPOLLERR)) == EPOLLRDHUP && piece.size() < room_.size();
    arrived(client, piece, last);
}

void Worker::arrived(Client& client, std::string_view piece, bool last) {
    if (client.state == State::idle) return ended(client);
    if (client.state != State::waiting) return wrong(client, piece);
    if (by_status()) return arrived_by_status(client, piece, last);
    while (client.batch > 1) {
        piece = take_reply(client, piece);
        if (piece.empty()) return;
        if (client.state != State::waiting) return wrong(client, piece);
    }
    match(client, piece);
    if (client.candidates == 0) return wrong(client, piece);
    client.got_bytes += static_cast<std::uint32_t>(piece.size());

    if (askers_.mode == Mode::connection_a_request) {
        if (last) ended(client);
        return;
    }
    if (whole(client)) answered(client);
}

/// The same where a reply is right by its status, and as long as it says.
void Worker::arrived_by_status(Client& client, std::string_view piece, bool last) {
    ReplyReader& reader = readers_[number_of(client)];
    const bool to_the_end = askers_.mode == Mode::connection_a_request;
    while (!piece.empty()) {
        if (client.state != State::waiting || reader.whole()) return wrong(client, piece);
        const std::string_view rest = piece.substr(reader.take(piece));
        const bool other = reader.status() != 0 && reader.status() != askers_.expected_status;
        if (reader.broken() || other) return wrong(client, piece);
        piece = rest;
        if (!reader.whole() || to_the_end) continue;
        if (client.batch == 1 && !piece.empty()) return wrong(client, piece);
        answered(client);
    }
    if (last && to_the_end) ended(client);
}

/// Takes what belongs to the first unanswered request, of several.
/// result: the rest; empty after a wrong reply
std::string_view Worker::take_reply(Client& client, std::string_view piece) {
    std::size_t taken = piece.size();
    for (std::size_t i = 0; i < askers_.expected.size(); ++i) {
        const auto bit = static_cast<std::uint8_t>(1U << i);
        if ((client.candidates & bit) == 0) continue;
        const std::size_t missing = askers_.expected[i].size() - client.got_bytes;
        const std::string_view part = piece.substr(0, missing);
        if (!askers_.expected[i].matches_at(client.got_bytes, part)) {
            client.candidates = static_cast<std::uint8_t>(client.candidates & ~bit);
        } else if (part.size() == missing) {
            client.candidates = bit;
            taken = missing;
            break;
        }
    }
    if (client.candidates == 0) return wrong(client, piece), std::string_view{};
    client.got_bytes += static_cast<std::uint32_t>(taken);
    if (whole(client)) answered(client);
    return piece.substr(taken);
}

/// Strikes out the candidates that the piece does not fit; of those that remain, all when one is
/// whole, since none is the beginning of another.
void Worker::match(Client& client, std::string_view piece) {
    for (std::size_t i = 0; i < askers_.expected.size(); ++i) {
        const auto bit = static_cast<std::uint8_t>(1U << i);
        if ((client.candidates & bit) == 0) continue;
        if (!askers_.expected[i].matches_at(client.got_bytes, piece)) {
            client.candidates = static_cast<std::uint8_t>(client.candidates & ~bit);
        } else if (client.got_bytes + piece.size() == askers_.expected[i].size()) {
            client.candidates = bit;
            return;
        }
    }
}

/// A reply on a kept connection is whole: count it, and see what follows.
void Worker::answered(Client& client) {
    count_reply(client);
    --client.batch;
    if (churns()) --client.left;
    if (client.batch > 0) client.due_ns = dues_of(client)[client.batch - 1];

    if (reply_closes(client)) {
        client.state = State::draining;
        client.sent_ns = now_ns_;
        return;
    }
    if (client.batch > 0) return expect_reply(client);
    if (client.left == 0) close(client);  // the server was to do that
    freed(client);
}

bool Worker::reply_closes(const Client& client) const noexcept {
    if (by_status()) return readers_[number_of(client)].closes();
    const auto reply = static_cast<std::size_t>(std::countr_zero(client.candidates));
    return askers_.expected[reply].closes();
}

/// A whole reply with the right status has come already. range: `by_status()`
bool Worker::is_right(const Client& client) const noexcept {
    const ReplyReader& reader = readers_[number_of(client)];
    return reader.whole() && reader.status() == askers_.expected_status;
}

/// range: the connection has ended, or the bytes of replies are known
bool Worker::whole(const Client& client) const noexcept {
    if (by_status()) return readers_[number_of(client)].whole_at_end();
    const auto reply = static_cast<std::size_t>(std::countr_zero(client.candidates));
    return client.got_bytes == askers_.expected[reply].size();
}

/// The server has closed its side.
void Worker::ended(Client& client) {
    const State state = client.state;
    if (state == State::waiting) {
        // Where the bytes are known, a reply that is whole on a kept connection was counted before.
        const bool may_end = askers_.mode == Mode::connection_a_request || by_status();
        if (!may_end || !whole(client)) return fail(client, ErrorKind::short_reply);
        count_reply(client);
        if (--client.batch > 0) client.due_ns = dues_of(client)[client.batch - 1];
    }
    close(client);
    client.state = State::unconnected;
    if (state == State::idle) ++tally_.idle_lost;
    if (state == State::idle || state == State::free) return;  // a free one dials when it asks
    if (state == State::draining) now_ns_ = now_ns();
    freed(client);
}

void Worker::count_reply(Client& client) {
    now_ns_ = now_ns();
    if (!measuring()) return keep_time();  // past its edge, this request counts as unanswered
    ++client.replies;
    tally_.service_time.record(now_ns_ - client.sent_ns);
    tally_.response_time.record(now_ns_ - client.due_ns);
}

/// What the client's requests have waited for a reply, each from the moment it was due.
/// result: how many were due before `at_ns`
std::uint64_t Worker::record_ages(const Client& client, std::uint64_t at_ns, Histogram& ages) {
    std::uint64_t due = 0;
    for (unsigned request = client.batch; request > 0; --request) {
        const bool first = request == client.batch;
        const std::uint64_t due_ns = first ? client.due_ns : dues_of(client)[request - 1];
        if (due_ns >= at_ns) continue;
        ages.record(at_ns - due_ns);
        ++due;
    }
    return due;
}

void Worker::wrong(Client& client, std::string_view piece) {
    if (!tally_.first_wrong.empty()) return fail(client, ErrorKind::wrong_reply);
    const bool unasked = client.state != State::waiting || (by_status() && is_right(client));
    if (unasked) {
        tally_.first_wrong = fmt::format("bytes that nobody asked for: \"{}\"", escaped(piece));
        return fail(client, ErrorKind::wrong_reply);
    }
    if (by_status()) {
        tally_.first_wrong = fmt::format("\"{}\" instead of a reply with status {}", escaped(piece),
                                         askers_.expected_status);
        return fail(client, ErrorKind::wrong_reply);
    }
    const ReplyPattern* nearest = &askers_.expected.front();
    std::size_t fits = 0;
    for (const ReplyPattern& reply : askers_.expected) {
        const std::size_t count = fitting(reply, client.got_bytes, piece);
        if (count > fits) nearest = &reply;
        fits = std::max(fits, count);
    }
    const std::size_t at = client.got_bytes + fits;
    const std::string_view expected = nearest->bytes().substr(std::min(at, nearest->size()));
    tally_.first_wrong = fmt::format(
        "at byte {} of {}: \"{}\" instead of {}", at, nearest->size(), escaped(piece.substr(fits)),
        expected.empty() ? "the end" : fmt::format("\"{}\"", escaped(expected)));
    fail(client, ErrorKind::wrong_reply);
}

// Failing.

/// The connection broke. Under a request that is an error; a free or idle one is just gone.
void Worker::lost(Client& client, int error) {
    if (client.state == State::free || client.state == State::draining ||
        client.state == State::idle) {
        return ended(client);
    }
    fail(client, client.state == State::dialing ? kind_of(error) : ErrorKind::reset);
}

void Worker::fail(Client& client, ErrorKind kind) {
    if (!measuring()) keep_time();  // past its edge, its requests count as unanswered
    const State state = client.state;
    close(client);
    client.state = State::unconnected;
    const unsigned requests = std::max<unsigned>(client.batch, 1);
    if (!closed_) tally_.errors[static_cast<std::size_t>(kind)] += requests;
    if (gave_up(kind) && measuring()) record_ages(client, now_ns_, given_up_after_);
    client.batch = 0;
    if (setting_up_ && state == State::dialing) --dialing_;
    if (setting_up_ || state == State::free) return;  // it dials when it asks
    client.state = State::resting;
    resting_.push({&client, now_ns() + rest_ns});
}

void Worker::close(Client& client) noexcept {
    if (client.fd < 0) return;
    ::close(client.fd);
    client.fd = -1;
    client.events = 0;
    client.left = requests_left(askers_);
}

// The loop.

Schedule Worker::schedule_from(std::uint64_t start_ns) const noexcept {
    const Schedule::Shape shape{.rate_per_s = open_loop() ? askers_.rate_per_s : 1,
                                .poisson = askers_.poisson,
                                .seed = plan_.seed + group_};
    return {shape, index_, askers_.threads, start_ns};
}

void Worker::run() {
    setting_up_ = false;
    const std::uint64_t start_ns = signals_.start_ns.load();
    begin_ns_ = begin_of(askers_.span, plan_.warm_up_s, start_ns);
    end_ns_ = end_of(askers_.span, plan_.warm_up_s, start_ns);
    schedule_ = schedule_from(begin_ns_);
    now_ns_ = now_ns();
    keep_time();

    // Whatever has come by now, nobody has asked for.
    const int early = ::epoll_wait(epoll_.get(), events_.data(), events_a_wait, 0);
    for (int i = 0; i < early; ++i) {
        handle(*static_cast<Client*>(events_[i].data.ptr), events_[i].events);
    }
    for (std::size_t i = 0; i < asking_; ++i) {
        Client& client = clients_[i];
        now_ns_ = now_ns();
        if (client.state == State::free || client.state == State::unconnected) freed(client);
    }
    while (!signals_.finish.load(std::memory_order_relaxed)) {
        ask_due();
        turn();
        keep_time();
    }
    now_ns_ = now_ns();
    keep_time();
    for (std::size_t i = 0; i < asking_; ++i) tally_.replies.push_back(clients_[i].replies);
}

/// One wait, and what it reports.
void Worker::turn() {
    const int ready = wait();
    for (int i = 0; i < ready; ++i) {
        handle(*static_cast<Client*>(events_[i].data.ptr), events_[i].events);
    }
    if (!resting_.empty()) wake_rested();
}

/// The only lines where this thread sleeps. The tick bounds it, so a time-out is given only where
/// something is due sooner: a sleep without one costs the kernel no timer.
int Worker::wait() {
    std::uint64_t until_ns = never_ns;
    if (!setting_up_ && open_loop() && !free_.empty()) until_ns = schedule_.due_ns();
    if (!setting_up_ && now_ns_ < begin_ns_) until_ns = begin_ns_;
    if (!resting_.empty()) until_ns = std::min(until_ns, resting_.front().until_ns);
    if (until_ns == never_ns) return ::epoll_wait(epoll_.get(), events_.data(), events_a_wait, -1);

    return timed_wait_(epoll_.get(), events_, until_ns - std::min(until_ns, now_ns()));
}

void Worker::handle(Client& client, std::uint32_t events) {
    switch (client.state) {
        case State::waiting:
        case State::draining:
        case State::free:
        case State::idle: return receive(client, events);
        case State::dialing: return dialed(client);
        case State::sending: return send_request(client);
        case State::tick: return sweep();
        case State::wake:  // the loop looks at `finish` itself
        case State::unconnected:  // has no descriptor
        case State::resting: return;
    }
}

void Worker::watch(Client& client, std::uint32_t events) {
    if (client.events == events) return;
    epoll_event event{.events = events, .data = {.ptr = &client}};
    const int operation = client.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    client.events = events;
    if (::epoll_ctl(epoll_.get(), operation, client.fd, &event) < 0) {
        fail(client, ErrorKind::no_descriptors);  // ENOMEM or ENOSPC: epoll_ctl(2), ERRORS
    }
}

/// Every 0.1 s: who has waited too long? Ten thousand looks cost less than one request's tenth
/// of a millisecond, and no request has to keep a list in order.
void Worker::sweep() {
    std::uint64_t expirations = 0;
    [[maybe_unused]] const ssize_t count =
        ::read(timer_.get(), &expirations, sizeof expirations);  // or it stays readable
    now_ns_ = now_ns();
    for (Client& client : clients_) check(client);
}

void Worker::check(Client& client) {
    if (client.state == State::dialing) {
        const std::uint64_t age_ns = now_ns_ - client.dialed_ns;
        if (age_ns > to_ns(plan_.connect_timeout_s)) fail(client, ErrorKind::connect_timeout);
        return;
    }
    const std::uint64_t age_ns = now_ns_ - std::min(now_ns_, client.sent_ns);
    if (client.state == State::waiting || client.state == State::sending) {
        if (age_ns > to_ns(plan_.reply_timeout_s)) return fail(client, ErrorKind::reply_timeout);
        // A reply this late may be one that never ends: look at what comes.
        if (client.events == EPOLLRDHUP && age_ns > tick_ns) watch(client, EPOLLIN | EPOLLRDHUP);
    }
    if (client.state == State::draining && age_ns > drain_ns) ended(client);
}

void Worker::wake_rested() {
    now_ns_ = now_ns();
    while (!resting_.empty() && resting_.front().until_ns <= now_ns_) {
        freed(*resting_.pop().client);
    }
}

bool Worker::measuring() const noexcept {
    return now_ns_ >= signals_.open_ns.load(std::memory_order_relaxed) &&
           now_ns_ < signals_.close_ns.load(std::memory_order_relaxed);
}

/// Notices the window's edges and the timeline's steps.
void Worker::keep_time() {
    if (closed_) return;
    if (!opened_ && now_ns_ >= signals_.open_ns.load(std::memory_order_relaxed)) open_window();
    const std::uint64_t close_ns = signals_.close_ns.load(std::memory_order_relaxed);
    if (opened_ && now_ns_ >= step_end_ns_) end_timeline_steps(std::min(now_ns_, close_ns));
    if (opened_ && now_ns_ >= close_ns) close_window();
}

void Worker::open_window() {
    opened_ = true;
    tally_.opened = usage();
    step_end_ns_ = signals_.open_ns.load() + tick_ns;
}

void Worker::end_timeline_steps(std::uint64_t until_ns) {
    while (step_end_ns_ <= until_ns) {
        tally_.timeline.push_back(tally_.response_time.grown_since(step_began_));
        if (!tally_.timeline.back().empty()) step_began_ = tally_.response_time;
        step_end_ns_ += tick_ns;
    }
}

/// Ends the timeline, which is of replies, and counts what is due and not answered, at its age.
void Worker::close_window() {
    closed_ = true;
    tally_.closed = usage();
    const std::uint64_t close_ns = signals_.close_ns.load();
    tally_.timeline.push_back(tally_.response_time.grown_since(step_began_));

    tally_.response_time.merge(given_up_after_);
    for (std::size_t i = 0; i < asking_; ++i)
        tally_.unanswered += record_ages(clients_[i], close_ns, tally_.response_time);
    if (!open_loop()) return;
    const std::uint64_t until_ns = std::min(close_ns, end_ns_);
    for (Schedule ahead = schedule_; ahead.due_ns() < until_ns; ahead.advance()) {
        tally_.response_time.record(close_ns - ahead.due_ns());
        ++tally_.unanswered;
    }
}

}  // namespace load
