// # reuseport: a listener and a loop for every worker
//
// Every worker is a thread with a listener of its own, all at the same port,
// and a loop of its own that waits for many clients. The kernel chooses the
// listener by a hash of both addresses and ports, before anybody accepts; from
// then on the client is that worker's, to its end.
//
// What it buys: as many loops as there are cores, which share no queue and no
// lock; nobody is woken for a client that another one takes. What it costs: the
// kernel looks at no worker when it chooses. One may have a queue while its
// neighbour sleeps, so the mean is the same and the slowest are slower; and who
// is in the queue of a listener that is closed is reset.
//
// - *Sleeps in* `epoll_wait`, each thread for itself.
// - *Kernel remembers between waits*: each one's interest list and who became
//   ready; and which listeners there are at the port.
// - *Read before*: epoll_shared.cpp. *Read after*: io_uring.cpp.

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "common/server/main.hpp"
#include "common/server/ready_list.hpp"
#include "common/server/threads.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "reuseport",
    .idea = "a listener and a loop for every worker",
    .kind = "readiness",
    .trigger = "level",
    .threads = true,
    .workers = 8,
    .listener_a_worker = true,
};

// ## State
//
// What a thread needs beyond what all share: the set that holds the interest
// list, what we told it about each descriptor, and room for a wait's events.
struct Model {
    server::Service& service;
    sys::Fd set;
    std::vector<std::uint32_t> told{};  // by descriptor; 0 is not in the set
    std::array<epoll_event, 256> events{};
    server::ReadyList ready{};
};

// What a thread is given. All of it is made before the first thread begins, so
// that what cannot be had is told at the start.
struct Own {
    net::Listener listener;  // of the first, none: it has the one that is there
    sys::Fd set;
};

void watch_listener(Model& model);
std::span<const int> wait(Model& model);
void accept_ready(Model& model);
void receive(Model& model, server::Client& client);
void send(Model& model, server::Client& client);
void forget(Model& model, server::Client& client);

// ## Workers
//
// A thread, from its first line to its last: wait, serve who is ready, tell who
// is late. It has a service of its own, so that no two threads touch the same
// client, buffer or deadline; what they share is the port, and the number of
// clients. What we keep of a client has room before it is let in, or it is not
// let in.
void serve(server::Service& service, Own& own) {
    service.listen_at(std::move(own.listener));
    Model model{service, std::move(own.set)};
    service.keep_room_in(model.told, model.ready);
    while (!service.done()) {
        watch_listener(model);
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

// Makes as many threads as are missing. Where no more may be made, the next
// turn tries again: pthread_create(3), ERRORS. Until then clients wait at a
// listener that nobody watches.
void make_up(server::Service& service, server::Threads& threads,
             std::vector<Own>& all) {
    while (threads.count() < all.size() && service.accepting()) {
        Own& own = all[threads.count()];
        const bool made =
            threads.start([&](auto& its_own) { serve(its_own, own); });
        if (!made) service.pause_accepting();
    }
}

// ## Watch
//
// A client is asked about for what it awaits, input or room for output, and
// for nothing else: a socket almost always has room, so to ask about that too
// would end every wait at once. Errors and hang-ups are reported unasked:
// epoll_ctl(2), EPOLLERR and EPOLLHUP.
bool tell(Model& model, int fd, std::uint32_t wanted) {
    const std::size_t index = fd;
    if (index >= model.told.size()) model.told.resize(index + 1);
    std::uint32_t& told = model.told[index];
    if (told == wanted) return true;  // a call is made only for a change

    epoll_event event{.events = wanted, .data = {.fd = fd}};
    const int change = told == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    const int operation = wanted == 0 ? EPOLL_CTL_DEL : change;
    const int result = sys::epoll_ctl(model.set.get(), operation, fd, &event);
    if (result < 0) server::fatal_if_ours("epoll_ctl");
    if (result == 0) told = wanted;
    return result == 0;
}

void watch(Model& model, server::Client& client) {
    const bool input = client.awaits == server::Awaits::input;
    const std::uint32_t wanted = input ? EPOLLIN : EPOLLOUT;
    if (!tell(model, client.fd.get(), wanted)) forget(model, client);
}

// The listener is taken out while nobody may come in.
void watch_listener(Model& model) {
    const bool accepting = model.service.accepting();
    const std::uint32_t wanted = accepting ? std::uint32_t{EPOLLIN} : 0;
    const bool told = tell(model, model.service.listener(), wanted);
    if (!told) model.service.pause_accepting();  // out of memory, say
}

// Closing the last copy of a descriptor takes it out of the set: epoll(7),
// Questions and answers.
void forget(Model& model, server::Client& client) {
    model.told[client.fd.get()] = 0;
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Wait
//
// The only line where this process sleeps. We learn exactly who is ready, up to
// as many as our room takes; the others come first next time: epoll_wait(2),
// NOTES. Nobody walks over the idle.
std::span<const int> wait(Model& model) {
    int count =
        sys::epoll_wait(model.set.get(), model.events, model.service.wait_ms());
    if (count < 0) count = model.service.wait_failed("epoll_wait");
    model.service.woke(count);

    model.ready.clear();
    for (const epoll_event& event : std::span{model.events}.first(count)) {
        model.ready.push_back(event.data.fd);
    }
    return model.ready;
}

// ## Accept
//
// One client a wake-up. If more are in the backlog the listener is still
// readable, and the next wait says so.
void accept_ready(Model& model) {
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    sys::Fd fd{sys::accept4(model.service.listener(), flags)};
    if (!fd) return model.service.accept_failed(errno);
    server::Client* client = model.service.admit(std::move(fd));
    if (client != nullptr) watch(model, *client);
}

// ## Receive
//
// At most one receive, then back to the kernel. Bytes left unread are safe: the
// socket is still readable, so the next wait reports it again.
void receive(Model& model, server::Client& client) {
    const std::span<std::byte> room = client.conversation.room();
    const ssize_t count = sys::recv(client.fd.get(), room, 0);
    if (count < 0 && server::would_block("recv")) return;  // select(2), BUGS
    if (count < 0) return forget(model, client);  // reset: nobody else notices
    client.conversation.received(count);  // 0 is the end of input
    send(model, client);  // most replies fit at once: try before we are told
}

// ## Send
//
// Send what there is, once, and see what the conversation wants next. If the
// kernel takes only a part, the rest waits until there is room again.
void send(Model& model, server::Client& client) {
    const std::span<const std::byte> output = client.conversation.output();
    if (!output.empty()) {
        const int fd = client.fd.get();
        const ssize_t count = sys::send(fd, output, MSG_NOSIGNAL);
        if (count < 0 && !server::would_block("send")) {
            return forget(model, client);
        }
        if (count > 0) client.conversation.sent(count);
    }
    const http::Next next = model.service.settle(client);
    if (next == http::Next::close) return forget(model, client);
    watch(model, client);
}

// ## Run
//
// The first thread. It serves nobody: it makes what the others need, and waits
// until it is told to stop, when the handler has shut the first listener down;
// of the others each thread shuts its own. A port with several listeners:
// socket(7), SO_REUSEPORT.
void run(server::Service& service) {
    std::vector<Own> all(1);
    while (std::cmp_less(all.size(), service.workers())) {
        all.push_back({service.listen_beside(), {}});
    }
    for (Own& own : all) {
        own.set = sys::Fd{sys::epoll_create1(EPOLL_CLOEXEC)};
        if (!own.set) server::cannot_start("epoll_create1");
    }
    server::Threads threads{service};
    while (!service.done()) {
        make_up(service, threads, all);
        pollfd listener{service.listener(), 0, 0};
        int ready = sys::poll({&listener, 1}, service.wait_ms());
        if (ready < 0) ready = service.wait_failed("poll");
        service.woke(ready);
    }
    all.resize(threads.count());  // nobody else shuts the others down
    threads.finish();
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
