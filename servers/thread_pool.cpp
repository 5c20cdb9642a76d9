// # thread_pool: one thread accepts, a bounded queue hands out
//
// The first thread accepts and puts each client into a queue; threads made
// beforehand take them out, one client at a time, and stay with it to the end.
// The queue is bounded: when it is full nobody is accepted, and the rest wait
// in the backlog, where they cost us nothing.
//
// What it buys: a thread for every client without making one, and a place to
// decide who is served next. What it costs: a hand-over from thread to thread
// for every connection, and the next client waits while every thread has one.
// So when all have one, a thread looks before an answer that keeps its
// connection whether somebody is in the queue, and if so it is the last one:
// bench: connection-a-request.
//
// - *Sleeps in* `accept4`; a thread in `recv` or `send`, or before an empty
//   queue.
// - *Kernel remembers between waits*: who sleeps, and for what.
// - *Read before*: prethread.cpp. *Read after*: busy_poll.cpp.

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include "common/server/main.hpp"
#include "common/server/queue.hpp"
#include "common/server/threads.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "thread_pool",
    .idea = "one thread accepts, a bounded queue hands out",
    .kind = "workers",
    .one_a_worker = true,
    .threads = true,
    .sleep = server::Sleep::in_calls,
    .workers = 8,
};

// ## State
//
// What a thread needs beyond what all share: the queue, the descriptor it is
// busy with, which is the listener or one client's, and how long that client's
// socket lets us sleep.
using Queue = server::BoundedQueue<sys::Fd>;
constexpr std::size_t queue_limit = 64;

struct Model {
    server::Service& service;
    Queue& queue;
    int busy_with = service.listener();
    net::SleepLimits told{};
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
// One client, to its end, or to ours.
void serve(Model& model, server::Client& first) {
    server::Service& service = model.service;
    watch(model, first);
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

// A thread, from its first line to its last. It has a service of its own, so
// that no two threads touch the same client, buffer or deadline; what they
// share is the queue, and the number of clients.
void work(server::Service& service, Queue& queue) {
    Model model{service, queue};
    service.ask_before_keeping([&] {
        return !service.all_busy() || queue.empty();  // who is free takes them
    });
    while (std::optional<sys::Fd> fd = queue.pop()) {
        service.look_at_clock();  // we may have slept
        server::Client* client = service.admit(std::move(*fd));
        if (client != nullptr) serve(model, *client);
    }
}

// Makes as many threads as are missing. Where no more may be made, the next
// turn tries again: pthread_create(3), ERRORS.
void make_up(server::Service& service, server::Threads& threads, Queue& queue) {
    const std::size_t wanted = service.workers();
    while (threads.count() < wanted && service.accepting()) {
        const bool made = threads.start([&](auto& own) { work(own, queue); });
        if (made) continue;
        if (threads.count() == 0) service.pause_accepting();
        return;  // those that there are serve alone
    }
}

// ## Watch
//
// There is no list. To watch a client is to turn to it; to forget it is to
// close it, and then the thread takes the next one out of the queue.
void watch(Model& model, server::Client& client) {
    if (model.busy_with == client.fd.get()) return;
    model.busy_with = client.fd.get();
    model.told = model.service.sleep_limits();  // inherited: tcp(7)
}

void forget(Model& model, server::Client& client) {
    model.busy_with = model.service.listener();
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
// One client, into the queue. While that is full, we wait; a tenth of a second
// at a time, lest we sleep through a stop. While descriptors are scarce we
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
    while (!model.queue.push_within(fd, std::chrono::milliseconds{100})) {
        model.service.look_at_clock();
        if (!model.service.done()) continue;
        const int closed =
            sys::close(model.service.refuse(std::move(fd), "it is stopping"));
        if (closed < 0) server::fatal_if_ours("close");
        return;
    }
    model.service.not_in_vain();
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
// Accept until we are told to stop, and then wait for every thread to end; who
// is in the queue by then is served first.
void run(server::Service& service) {
    Queue queue{queue_limit};
    server::Threads threads{service};
    Model model{service, queue};
    while (!service.done()) {
        make_up(service, threads, queue);
        service.has_workers(threads.count());
        wait(model);
        accept_ready(model);
    }
    queue.close();
    threads.finish();
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
