// # blocking: one conversation at a time, from start to end
//
// One thread accepts a client and stays with it: it sleeps in receive until
// the client has spoken and in send until the answer has room, and only when
// that client is gone does it look for the next one. Everybody else waits in
// the backlog.
//
// What it buys: the simplest server there is, with the fewest calls a request.
// What it costs: one slow client is everybody's problem. A connection that is
// kept would keep the server to itself; so before an answer that keeps one we
// look whether somebody else waits, and if so it is the last one:
// bench: keep-alive.
//
// - *Sleeps in* `accept4`, `recv` and `send`.
// - *Kernel remembers between waits*: nothing; we ask for one client alone.
// - *Read before*: nothing. *Read after*: select.cpp.

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <utility>

#include "common/server/main.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "blocking",
    .idea = "one conversation at a time, from start to end",
    .kind = "iterative",
    .one_at_a_time = true,
    .sleep = server::Sleep::in_ticks,
};

// ## State
//
// What the model needs beyond what all share: the descriptor it is busy with,
// the client's or, without one, the listener.
struct Model {
    server::Service& service;
    int busy_with = service.listener();
};

void send(Model& model, server::Client& client);

// ## Watch
//
// There is no list. To watch a client is to turn to it; to forget it is to turn
// back to the listener.
void watch(Model& model, server::Client& client) {
    model.busy_with = client.fd.get();
}

void forget(Model& model, server::Client& client) {
    model.busy_with = model.service.listener();
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Wait
//
// Nothing: this process sleeps in the call that it needs next, not before it.
// The listener's SO_RCVTIMEO and SO_SNDTIMEO, which its clients inherit, end
// every call after a tenth of a second with "would block", so that deadlines
// are seen: socket(7), SO_RCVTIMEO.
std::span<const int> wait(Model& model) {
    model.service.woke(1);
    return {&model.busy_with, 1};
}

// ## Accept
//
// One client, and then nobody until it is gone. While descriptors are scarce we
// sleep here, for there is nobody else to serve.
void accept_ready(Model& model) {
    const int pause_ms =
        model.service.accepting() ? 0 : model.service.wait_ms();
    if (pause_ms > 0) {
        const int slept = sys::nanosleep_ms(pause_ms);
        if (slept < 0) server::fatal_if_ours("nanosleep");
        return;
    }
    constexpr int flags = SOCK_CLOEXEC;
    const int listener = model.service.listener();
    sys::Fd fd{sys::accept4(listener, flags, sys::sleeping())};
    if (!fd) return model.service.accept_failed(errno);
    server::Client* client = model.service.admit(std::move(fd));
    if (client != nullptr) watch(model, *client);
}

// Asked before an answer would keep its client: is the backlog empty?
bool nobody_waits(const Model& model) {
    pollfd backlog{model.service.listener(), POLLIN, 0};
    const int ready = sys::poll({&backlog, 1}, 0);
    if (ready < 0) server::fatal_if_ours("poll");
    return ready == 0;
}

// ## Receive
//
// One receive, which sleeps until there is something. What a signal or the tick
// of the time-out interrupts is tried again from Run.
void receive(Model& model, server::Client& client) {
    const std::span<std::byte> room = client.conversation.room();
    const int fd = client.fd.get();
    const ssize_t count = sys::recv(fd, room, 0, sys::sleeping());
    if (count < 0 && server::would_block("recv"))
        return;  // socket(7), SO_RCVTIMEO
    if (count < 0) return forget(model, client);  // reset: nobody else notices
    client.conversation.received(count);  // 0 is the end of input
    send(model, client);  // most replies fit at once: try before we are told
}

// ## Send
//
// Send what there is, once, and see what the conversation wants next. The call
// sleeps until the kernel has taken all of it, or the tick ends it early.
void send(Model& model, server::Client& client) {
    const std::span<const std::byte> output = client.conversation.output();
    if (!output.empty()) {
        const int fd = client.fd.get();
        const ssize_t count =
            sys::send(fd, output, MSG_NOSIGNAL, sys::sleeping());
        if (count < 0 && server::would_block("send")) {
            client.awaits = server::Awaits::room;
            return;  // time runs on
        }
        if (count < 0) return forget(model, client);
        client.conversation.sent(count);
    }
    const http::Next next = model.service.settle(client);
    if (next == http::Next::close) return forget(model, client);
    watch(model, client);
}

// ## Run
//
// Wait, serve who is ready, tell who is late; until the service is done.
void run(server::Service& service) {
    Model model{service};
    service.ask_before_keeping([&] { return nobody_waits(model); });
    while (!service.done()) {
        for (const int fd : wait(model)) {
            if (fd == service.listener()) {
                accept_ready(model);
            } else if (server::Client& client = service.client(fd);
                       client.awaits == server::Awaits::input) {
                receive(model, client);
            } else {
                send(model, client);
            }
        }
        while (server::Client* late = service.expired()) send(model, *late);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
