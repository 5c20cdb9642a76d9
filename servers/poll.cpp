// # poll: hand the kernel the whole list at every wait
//
// One thread keeps a list of everybody it waits for and gives all of it to the
// kernel whenever it has nothing to do. The kernel looks at every descriptor in
// turn, sleeps until one is ready, and writes beside each what it found.
//
// What it buys: thousands of clients in one thread, and no limit on a
// descriptor's number. What it costs: the walk. The kernel and we both pass
// over every idle client at every wait, so a wake-up costs more with each of
// them: bench: mostly-idle.
//
// - *Sleeps in* `poll`.
// - *Kernel remembers between waits*: nothing; the list is ours.
// - *Read before*: select.cpp. *Read after*: epoll_lt.cpp.

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include "common/server/main.hpp"
#include "common/server/ready_list.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "poll",
    .idea = "hand the kernel the whole list at every wait",
    .kind = "readiness",
    .trigger = "level",
};

// ## State
//
// What the model needs beyond what all share: the list that the kernel is
// given, and where in it each descriptor stands. Slot 0 is the listener's.
struct Model {
    server::Service& service;
    std::vector<pollfd> watched{{service.listener(), POLLIN, 0}};
    std::vector<std::size_t> slot_of{};  // by descriptor; 0 is none
    server::ReadyList ready{};
};

void send(Model& model, server::Client& client);

// ## Watch
//
// A client is asked about for what it awaits, input or room for output, and
// for nothing else: a socket almost always has room, so to ask about that too
// would end every wait at once. Errors and hang-ups are reported unasked:
// poll(2), DESCRIPTION.
void watch(Model& model, server::Client& client) {
    const std::size_t fd = client.fd.get();
    if (fd >= model.slot_of.size()) model.slot_of.resize(fd + 1);
    std::size_t& slot = model.slot_of[fd];
    if (slot == 0) {
        slot = model.watched.size();
        model.watched.push_back({client.fd.get(), 0, 0});
    }
    const bool input = client.awaits == server::Awaits::input;
    model.watched[slot].events = input ? POLLIN : POLLOUT;
}

// The listener is left out while nobody may come in; a negative number is
// passed over: poll(2), DESCRIPTION.
void watch_listener(Model& model) {
    const bool accepting = model.service.accepting();
    model.watched[0].fd = accepting ? model.service.listener() : -1;
}

// The last slot moves into the gap, so the list stays without holes.
void forget(Model& model, server::Client& client) {
    const std::size_t fd = client.fd.get();
    const pollfd last = model.watched.back();
    model.watched[model.slot_of[fd]] = last;
    model.slot_of[last.fd] = model.slot_of[fd];
    model.slot_of[fd] = 0;
    model.watched.pop_back();
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Wait
//
// The only line where this process sleeps. We learn how many slots are ready,
// but not which: poll(2), RETURN VALUE. The count lets the walk stop early; the
// walk over idle slots is the price of a list the kernel does not keep.
std::span<const int> wait(Model& model) {
    int remaining = sys::poll(model.watched, model.service.wait_ms());
    if (remaining < 0) remaining = model.service.wait_failed("poll");
    model.service.woke(remaining);

    model.ready.clear();
    for (const pollfd& slot : model.watched) {
        if (remaining == 0) break;
        if (slot.revents == 0) continue;
        model.ready.push_back(slot.fd);
        --remaining;
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
// Wait, serve who is ready, tell who is late; until the service is done. What
// we keep of a client has room before it is let in, or it is not let in.
void run(server::Service& service) {
    Model model{service};
    service.keep_room_in(model.watched, model.slot_of, model.ready);
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

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
