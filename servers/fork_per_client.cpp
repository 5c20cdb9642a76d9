// # fork_per_client: a process for every client, from hello to goodbye
//
// The parent accepts and does nothing else. Every client gets a copy of the
// process, which sleeps in receive and in send as if nobody else were there;
// the scheduler decides whose turn it is. It is how the first servers of the
// Internet were written.
//
// What it buys: a conversation that is read from start to end, slow clients who
// are nobody else's problem, the use of every core, and a wall between clients:
// who breaks one child has broken nothing else. What it costs: a process to
// begin and to bury for every connection: bench: connection-a-request.
//
// - *Sleeps in* `ppoll`, and once for every client in `recv` or `send`.
// - *Kernel remembers between waits*: who sleeps, and for what.
// - *Read before*: epoll_et.cpp. *Read after*: thread_per_client.cpp.

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <utility>

#include "common/server/children.hpp"
#include "common/server/main.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "fork_per_client",
    .idea = "a process for every client, from hello to goodbye",
    .kind = "workers",
    .processes = true,
    .sleep = server::Sleep::in_both,
};

// ## State
//
// What a process needs beyond what all share: the descriptor it is busy with,
// which is the listener or one client's, and how long that client's socket lets
// us sleep. The parent also has its children.
struct Model {
    server::Service& service;
    int busy_with = service.listener();
    net::SleepLimits told = service.sleep_limits();
    server::Children children{service};
};

void receive(Model& model, server::Client& client);
void send(Model& model, server::Client& client);
void watch(Model& model, server::Client& client);

// ## Workers
//
// A call sleeps until the client's deadline at most, and its socket is told so
// before. Only a change costs a call, and from one whole request to the next
// there is none: socket(7), SO_RCVTIMEO.
//
// A client's process, from its first line to its last. It is a copy of the
// parent: all that it changes is its own, but for the number of clients and the
// statistics page.
[[noreturn]] void serve(Model& model) {
    server::Service& service = model.service;
    while (service.occupied() && !service.done()) {
        server::Client& client = service.client(model.busy_with);
        service.limit_sleep(client, model.told);
        if (client.awaits == server::Awaits::input) {
            receive(model, client);
        } else {
            send(model, client);
        }
        while (server::Client* late = service.expired()) send(model, *late);
    }
    sys::exit_now(service.exit_code());
}

// ## Watch
//
// There is no list. To watch a client is to turn to it; to forget it is to
// close it, and then the process has nothing more to do.
void watch(Model& model, server::Client& client) {
    model.busy_with = client.fd.get();
}

void forget(Model& model, server::Client& client) {
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Wait
//
// The parent waits for two things at once, for who comes and for the end of a
// child, which only its parent can bury: until then it is a zombie. A signal
// tells of it, and would be lost if it came just before a call that sleeps;
// ppoll lets it in while it sleeps, and at no other time: ppoll(2),
// DESCRIPTION.
std::span<const int> wait(Model& model) {
    const short events = model.service.accepting() ? POLLIN : 0;
    pollfd listener{model.service.listener(), events, 0};
    const int pause_ms = model.service.wait_ms();
    const int ready = model.children.wait({&listener, 1}, pause_ms);
    model.service.woke(ready);
    return {&model.busy_with, listener.revents != 0 ? 1u : 0u};
}

// ## Accept
//
// One client, and a child for it. Both processes have the client's descriptor
// now, and the connection lasts until both have closed it: the parent does so
// at once.
void accept_ready(Model& model) {
    constexpr int flags = SOCK_CLOEXEC;
    sys::Fd fd{sys::accept4(model.service.listener(), flags)};
    if (!fd) return model.service.accept_failed(errno);
    server::Client* client = model.service.admit(std::move(fd));
    if (client == nullptr) return;

    const pid_t child = model.children.fork();
    if (child == 0) {
        watch(model, *client);
        serve(model);
    }
    if (child > 0) {
        const int closed = sys::close(model.service.hand_over(*client));
        if (closed < 0) server::fatal_if_ours("close");
        return;
    }
    model.service.pause_accepting();  // fork(2), ERRORS
    sys::Fd left = model.service.dismiss(*client);
    left = model.service.refuse(std::move(left), "no more processes");
    const int closed = sys::close(std::move(left));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Receive
//
// One receive, which sleeps until there is something or the client is late.
// What a signal interrupts is tried again from the loop.
void receive(Model& model, server::Client& client) {
    const std::span<std::byte> room = client.conversation.room();
    const int fd = client.fd.get();
    const ssize_t count = sys::recv(fd, room, 0, sys::sleeping());
    const bool nothing = count < 0 && server::would_block("recv");
    model.service.woke(nothing ? 0 : 1);
    if (nothing) return;  // socket(7), SO_RCVTIMEO
    if (count < 0) return forget(model, client);  // reset: nobody else notices
    client.conversation.received(count);  // 0 is the end of input
    send(model, client);  // most replies fit at once: try before we are told
}

// ## Send
//
// Send what there is, once, and see what the conversation wants next. The call
// sleeps until the kernel has taken all of it or the client is late.
void send(Model& model, server::Client& client) {
    const std::span<const std::byte> output = client.conversation.output();
    if (!output.empty()) {
        const int fd = client.fd.get();
        const ssize_t count =
            sys::send(fd, output, MSG_NOSIGNAL, sys::sleeping());
        const bool nothing = count < 0 && server::would_block("send");
        model.service.look_at_clock();
        if (nothing) {
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
// Accept until we are told to stop, and then wait for every child to end.
void run(server::Service& service) {
    Model model{service};
    while (!service.done()) {
        model.children.reap();
        if (!wait(model).empty()) accept_ready(model);
    }
    model.children.finish();
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
