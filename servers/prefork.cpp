// # prefork: processes made beforehand, each with one client at a time
//
// The parent makes its children before the first client comes, and then only
// watches over them. All of them sleep in accept on the same listener; a new
// client wakes one, which stays with it to the end and then accepts again.
//
// What it buys: what a process for every client buys, without making one for
// every client. What it costs: there are as many conversations as children; the
// next client waits in the backlog. So when all are busy, a child looks before
// an answer that keeps its connection whether somebody waits, and if so it is
// the last one: bench: keep-alive.
//
// - *Sleeps in* `accept4`, `recv` and `send`, each child for itself.
// - *Kernel remembers between waits*: who sleeps in accept, the first come
//   first.
// - *Read before*: thread_per_client.cpp. *Read after*: prefork_fdpass.cpp.

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <utility>

#include "common/server/accept_lock.hpp"
#include "common/server/children.hpp"
#include "common/server/main.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "prefork",
    .idea = "processes made beforehand, each with one client at a time",
    .kind = "workers",
    .one_a_worker = true,
    .processes = true,
    .sleep = server::Sleep::in_calls,
    .workers = 8,
    .lock_choices = "none,file,mutex",
};

// ## State
//
// What a child needs beyond what all share: the descriptor it is busy with, the
// client's or, without one, the listener; how long that client's socket lets us
// sleep; and the lock under which it accepts, if there is one.
struct Model {
    server::Service& service;
    server::AcceptLock& lock;
    int busy_with = service.listener();
    net::SleepLimits told{};
};

std::span<const int> wait(Model& model);
void accept_ready(Model& model);
bool nobody_waits(const Model& model);
void receive(Model& model, server::Client& client);
void send(Model& model, server::Client& client);

// ## Workers
//
// A child, from its first line to its last: it is a server for one client at a
// time. All that it changes is its own, but for the number of clients and the
// statistics page.
[[noreturn]] void serve(server::Service& service, server::AcceptLock& lock) {
    Model model{service, lock};
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
    sys::exit_now(service.exit_code());
}

// Makes as many children as are missing, and is called again when one has ended
// that should not have. Where no more may be made, the next turn tries again.
void make_up(server::Service& service, server::Children& children,
             server::AcceptLock& lock) {
    const std::size_t wanted = service.workers();
    while (children.count() < wanted && service.accepting()) {
        const pid_t child = children.fork();
        if (child == 0) serve(service, lock);
        if (child < 0) service.pause_accepting();  // fork(2), ERRORS
    }
}

// ## Watch
//
// There is no list. To watch a client is to turn to it; to forget it is to turn
// back to the listener.
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
// Nobody sleeps here, but in the call that is needed next. How long that may be
// a client's socket is told before: until the client's deadline. Only a change
// costs a call, and from one whole request to the next there is none:
// socket(7), SO_RCVTIMEO.
std::span<const int> wait(Model& model) {
    const int fd = model.busy_with;
    if (fd != model.service.listener()) {
        model.service.limit_sleep(model.service.client(fd), model.told);
    }
    return {&model.busy_with, 1};
}

// ## Accept
//
// One client, and then nobody until it is gone. While descriptors are scarce
// we sleep here, for there is nobody else to serve. All children sleep in the
// same accept, and the kernel wakes the one that has slept longest; with a
// lock, the others sleep for the lock instead.
void accept_ready(Model& model) {
    const int pause_ms =
        model.service.accepting() ? 0 : model.service.wait_ms();
    if (pause_ms > 0) {
        const int slept = sys::nanosleep_ms(pause_ms);
        if (slept < 0) server::fatal_if_ours("nanosleep");
        return model.service.woke(0);
    }
    const int listener = model.service.listener();
    sys::Fd fd;
    int error = 0;
    {
        // Held while we accept, and no longer: no talk with a client holds up
        // who waits for the lock.
        const server::AcceptLock::Held held{model.lock};
        const auto here = sys::sleeping();
        if (held) fd = sys::Fd{sys::accept4(listener, SOCK_CLOEXEC, here)};
        error = errno;
    }
    model.service.woke(fd ? 1 : 0);
    if (!fd) return model.service.accept_failed(error);
    server::Client* client = model.service.admit(std::move(fd));
    if (client != nullptr) watch(model, *client);
}

// Asked before an answer would keep its client: is the backlog empty? While a
// child is free, who waits there waits for that one to wake, not for us.
bool nobody_waits(const Model& model) {
    if (!model.service.all_busy()) return true;
    pollfd backlog{model.service.listener(), POLLIN, 0};
    const int ready = sys::poll({&backlog, 1}, 0);
    if (ready < 0) server::fatal_if_ours("poll");
    return ready == 0;
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
// The parent. It serves nobody: it waits until a child has ended, or until it
// is told to stop, when the handler has shut the listener down.
void run(server::Service& service) {
    server::AcceptLock lock{service.accept_lock()};
    server::Children children{service};
    while (!service.done()) {
        make_up(service, children, lock);
        service.has_workers(children.count());
        pollfd listener{service.listener(), 0, 0};
        const int ready = children.wait({&listener, 1}, service.wait_ms());
        service.woke(ready);
        if (children.reap() > 0) service.pause_accepting();  // lest they spin
    }
    children.finish();
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
