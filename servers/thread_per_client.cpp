// # thread_per_client: a thread for every client, from hello to goodbye
//
// The first thread accepts and does nothing else. Every client gets a thread
// of its own, which sleeps in receive and in send as if nobody else were
// there; the scheduler decides whose turn it is.
//
// What it buys: a conversation that is read from start to end, slow clients who
// are nobody else's problem, and the use of every core. What it costs: a thread
// to begin and to end for every connection, a stack for every client however
// silent, and a switch from thread to thread for every request:
// bench: connection-a-request.
//
// - *Sleeps in* `accept4`, and once for every client in `recv` or `send`.
// - *Kernel remembers between waits*: who sleeps, and for what.
// - *Read before*: fork_per_client.cpp. *Read after*: prefork.cpp.

#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <utility>

#include "common/server/main.hpp"
#include "common/server/threads.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "thread_per_client",
    .idea = "a thread for every client, from hello to goodbye",
    .kind = "workers",
    .threads = true,
    .sleep = server::Sleep::in_calls,
};

// ## State
//
// What a thread needs beyond what all share: the descriptor it is busy with,
// which is the listener or one client's, and how long that client's socket lets
// us sleep. The first one also has all the others.
struct Model {
    server::Service& service;
    int busy_with = service.listener();
    net::SleepLimits told = service.sleep_limits();
    server::Threads threads{service};
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
// A client's thread, from its first line to its last. It has a service of its
// own, so that no two threads touch the same client, buffer or deadline; what
// they share is the number of clients, and the statistics page.
void serve(server::Service& service, sys::Fd fd) {
    Model model{service};
    server::Client* admitted = service.admit(std::move(fd));
    if (admitted != nullptr) watch(model, *admitted);
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
}

// ## Watch
//
// There is no list. To watch a client is to turn to it; to forget it is to
// close it, and then the thread has nothing more to do.
void watch(Model& model, server::Client& client) {
    model.busy_with = client.fd.get();
}

void forget(Model& model, server::Client& client) {
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Wait
//
// Nothing: every thread sleeps in the call that it needs next, not before it.
// The first one needs to accept.
std::span<const int> wait(Model& model) {
    return {&model.busy_with, 1};
}

// ## Accept
//
// One client, and a thread for it. While descriptors or threads are scarce we
// sleep here, for the first thread serves nobody.
void accept_ready(Model& model) {
    const int pause_ms =
        model.service.accepting() ? 0 : model.service.wait_ms();
    if (pause_ms > 0) {
        const int slept = sys::nanosleep_ms(pause_ms);
        if (slept < 0) server::fatal_if_ours("nanosleep");
        return model.service.woke(0);
    }
    const int listener = model.service.listener();
    sys::Fd fd{sys::accept4(listener, SOCK_CLOEXEC, sys::sleeping())};
    const int error = errno;
    model.service.woke(fd ? 1 : 0);
    if (!fd) return model.service.accept_failed(error);

    const int client = fd.release();
    const auto begin = [=](auto& own) { serve(own, sys::Fd{client}); };
    if (model.threads.start(begin)) return;
    model.service.pause_accepting();  // pthread_create(3), ERRORS
    const int closed =
        sys::close(model.service.refuse(sys::Fd{client}, "no more threads"));
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
// Accept until we are told to stop, and then wait for every thread to end.
void run(server::Service& service) {
    Model model{service};
    while (!service.done()) {
        model.threads.join_ended();
        wait(model);
        accept_ready(model);
    }
    model.threads.finish();
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
