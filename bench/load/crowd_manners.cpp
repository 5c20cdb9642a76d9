#include <algorithm>
#include <string>

#include "bench/load/clock.hpp"
#include "bench/load/crowd.hpp"

// What each kind of the crowd does, as a small state machine: its alarm rings, it is connected,
// it got a reply, it has no connection any more.

namespace load {
namespace {

constexpr std::uint64_t rest_ns = 100'000'000;

void nothing(Crowd&, CrowdClient&) {}

void connect(Crowd& crowd, CrowdClient& client) {
    crowd.connect(client);
}

void ask(Crowd& crowd, CrowdClient& client) {
    client.due_ns = client.due_ns == 0 ? client.dialed_ns : client.due_ns;
    crowd.ask(client);
}

void come_again(Crowd& crowd, CrowdClient& client) {
    crowd.wake_at(client, now_ns() + rest_ns);
}

double or_else(double given, double otherwise) noexcept {
    return given > 0 ? given : otherwise;
}

// Turns: an open loop, a connection each.

/// The next turn, at the actor's rate, whatever became of this one.
void next_turn(Crowd& crowd, CrowdClient& client) {
    const CrowdActor& actor = crowd.actor(client);
    const double rate_per_s = or_else(actor.rate_per_s, 10.0 * actor.count);
    client.turn_ns += to_ns(actor.count / rate_per_s);
    crowd.wake_at(client, std::max(client.turn_ns, now_ns()));
}

/// The clients of an actor share its interval, so that their turns are evenly spaced.
void take_turn(Crowd& crowd, CrowdClient& client) {
    if (client.turns++ == 0) {
        const CrowdActor& actor = crowd.actor(client);
        const double rate_per_s = or_else(actor.rate_per_s, 10.0 * actor.count);
        client.turn_ns += to_ns(client.number / rate_per_s);
        return crowd.wake_at(client, client.turn_ns);
    }
    crowd.connect(client);
}

/// The same for those who await a reply: it is due from then on, connected or not.
void take_turn_to_ask(Crowd& crowd, CrowdClient& client) {
    const std::uint64_t due_ns = client.turn_ns;
    take_turn(crowd, client);
    if (client.state != CrowdClient::State::away) client.due_ns = due_ns;
}

std::string_view half_of(const std::string& request) noexcept {
    return std::string_view{request}.substr(0, request.size() / 2);
}

// abandoner: half a request or a whole one, then close.

void abandon(Crowd& crowd, CrowdClient& client) {
    const CrowdActor& actor = crowd.actor(client);
    crowd.say(client, actor.whole ? std::string_view{actor.request} : half_of(actor.request));
    if (actor.whole) crowd.count_request(client);
    crowd.close(client);
}

// resetter: a whole request and half a one in turn, then a reset.

void spoil(Crowd& crowd, CrowdClient& client) {
    const std::string& request = crowd.actor(client).request;
    const bool whole = client.connections % 2 == 1;
    crowd.say(client, whole ? std::string_view{request} : half_of(request));
    if (whole) crowd.count_request(client);
    crowd.reset(client);
}

// half_closer: a request, and the end of sending; the reply must come whole, and then the end.

void ask_and_shut(Crowd& crowd, CrowdClient& client) {
    client.awaits_end = true;
    crowd.ask(client);
    crowd.shut_sending_side(client);
}

// late_reader: what it has to say, and for a while nothing is read; then the reply must come whole,
// and the end.

void ask_and_look_away(Crowd& crowd, CrowdClient& client) {
    client.awaits_end = true;
    client.reads = false;
    crowd.ask(client);
    crowd.wake_at(client, now_ns() + rest_ns);
}

void take_turn_or_read(Crowd& crowd, CrowdClient& client) {
    if (client.state == CrowdClient::State::connected) return crowd.read_on(client);
    take_turn_to_ask(crowd, client);
}

// slow_sender: a tenth of a second's bytes, or one, at a time, the first at once. Those who
// send byte by byte send the second after a share of the pause, another for each: not all at once.

std::size_t slow_piece_bytes(double bytes_per_s) noexcept {
    return std::max<std::size_t>(1, static_cast<std::size_t>(bytes_per_s / 10));
}

void send_slowly(Crowd& crowd, CrowdClient& client) {
    if (client.state == CrowdClient::State::away) return crowd.connect(client);
    const std::string_view request = crowd.actor(client).request;
    const double bytes_per_s = or_else(crowd.actor(client).bytes_per_s, 10);
    const auto piece = request.substr(client.position, slow_piece_bytes(bytes_per_s));
    crowd.say(client, piece);
    client.position += piece.size();
    if (client.position < request.size()) {
        const double pause_s = static_cast<double>(piece.size()) / bytes_per_s;
        const bool shared = client.turns++ == 0 && piece.size() == 1;
        const double share = shared ? (client.number + 1.0) / crowd.actor(client).count : 1;
        return crowd.wake_at(client, now_ns() + to_ns(share * pause_s));
    }
    crowd.count_request(client);
    client.asked_ns = now_ns();
    client.due_ns = client.asked_ns;
}

void begin_sending(Crowd& crowd, CrowdClient& client) {
    client.position = 0;
    send_slowly(crowd, client);
}

// slow_reader: bytes wait in its small buffer, and then in the server's.

void wait_to_read(Crowd& crowd, CrowdClient& client) {
    const double bytes_per_s = or_else(crowd.actor(client).bytes_per_s, 1000);
    const auto piece = static_cast<double>(slow_piece_bytes(bytes_per_s));
    crowd.wake_at(client, now_ns() + to_ns(piece / bytes_per_s));
}

void ask_without_haste(Crowd& crowd, CrowdClient& client) {
    crowd.ask(client);
    client.asked_ns = 0;  // however long the reply takes
}

void ask_and_wait(Crowd& crowd, CrowdClient& client) {
    client.reads = false;
    ask_without_haste(crowd, client);
    wait_to_read(crowd, client);
}

void read_slowly(Crowd& crowd, CrowdClient& client) {
    if (client.state == CrowdClient::State::away) return crowd.connect(client);
    const double bytes_per_s = or_else(crowd.actor(client).bytes_per_s, 1000);
    wait_to_read(crowd, client);
    crowd.read_some(client, slow_piece_bytes(bytes_per_s));
}

// burst: connects with all the others, asks once and goes; again after a period.

void burst_in(Crowd& crowd, CrowdClient& client) {
    const std::uint64_t due_ns = client.turn_ns;
    crowd.connect(client);
    if (client.state != CrowdClient::State::away) client.due_ns = due_ns;
}

void go(Crowd& crowd, CrowdClient& client) {
    crowd.close(client);
}

void await_next_burst(Crowd& crowd, CrowdClient& client) {
    const double period_s = crowd.actor(client).period_s;
    if (period_s <= 0) return;
    const std::uint64_t now = now_ns();
    do {  // who is still busy with one burst misses the next
        client.turn_ns += to_ns(period_s);
    } while (client.turn_ns <= now);
    crowd.wake_at(client, client.turn_ns);
}

// firehose: as many requests as its rate allows and the connection takes.

void pour(Crowd& crowd, CrowdClient& client) {
    if (client.state == CrowdClient::State::away) return crowd.connect(client);
    const CrowdActor& actor = crowd.actor(client);
    const double rate_per_s = or_else(actor.rate_per_s / actor.count, 1e5);
    const std::uint64_t now = now_ns();
    crowd.wake_at(client, now + std::max<std::uint64_t>(to_ns(1 / rate_per_s), 100'000));
    if (!client.unsent.empty()) return;

    const double seconds = static_cast<double>(now - client.dialed_ns) / 1e9;
    const auto allowed = static_cast<std::size_t>(seconds * rate_per_s) + 1;
    const std::size_t poured = client.position;
    if (allowed <= poured) return;
    // A piece at a time, so that nobody else of the crowd waits long.
    const std::size_t most = std::min<std::size_t>(allowed - poured, 64);
    for (std::size_t i = 0; i < most && client.unsent.empty(); ++i) {
        if (!crowd.say(client, actor.request)) return;
        ++client.position;
        crowd.count_request(client);
    }
}

void begin_pouring(Crowd& crowd, CrowdClient& client) {
    client.position = 0;
    crowd.wake_at(client, now_ns());
}

}  // namespace

const Manner& manner_of(CrowdKind kind) noexcept {
    static constexpr Manner manners[crowd_kinds] = {
        // alarm, connected, replied, ended
        {connect, ask, nothing, nothing},  // dead
        {send_slowly, begin_sending, begin_sending, come_again},  // slow_sender
        {read_slowly, ask_and_wait, ask_without_haste, come_again},  // slow_reader
        {take_turn, abandon, nothing, next_turn},  // abandoner
        {take_turn, spoil, nothing, next_turn},  // resetter
        {take_turn_to_ask, ask_and_shut, nothing, next_turn},  // half_closer
        {burst_in, ask, go, await_next_burst},  // burst
        {pour, begin_pouring, nothing, come_again},  // firehose
        {take_turn_or_read, ask_and_look_away, nothing, next_turn},  // late_reader
    };
    return manners[static_cast<std::size_t>(kind)];
}

}  // namespace load
