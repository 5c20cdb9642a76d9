// # select: hand the kernel two bitmaps at every wait; 1024 is a wall
//
// One thread keeps a bit for everybody it waits for, in one map for input and
// one for output, and gives copies of both to the kernel whenever it has
// nothing to do. The kernel looks at every descriptor up to the highest, sleeps
// until one is ready, and leaves only the bits of the ready ones set.
//
// What it buys: the oldest way to wait for many, and the most portable. What it
// costs: the walk, as long as the highest number is high: bench: mostly-idle;
// and the wall: a map has room for the descriptors 0 to 1023, however many
// files may be open. To set a bit beyond it corrupts memory: select(2), NOTES.
//
// - *Sleeps in* `select`.
// - *Kernel remembers between waits*: nothing; even our list is overwritten.
// - *Read before*: blocking.cpp. *Read after*: poll.cpp.

#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "common/server/main.hpp"
#include "common/server/ready_list.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "select",
    .idea = "hand the kernel two bitmaps at every wait; 1024 is a wall",
    .kind = "readiness",
    .trigger = "level",
    .descriptor_wall = FD_SETSIZE,
};

// ## State
//
// What the model needs beyond what all share: the bits of everybody who awaits
// input or room for output, and how far the kernel has to look.
struct Model {
    server::Service& service;
    fd_set input{};
    fd_set room{};
    int highest = -1;
    server::ReadyList ready{};
};

void send(Model& model, server::Client& client);

// ## Watch
//
// A client is asked about for what it awaits, input or room for output, and
// for nothing else: a socket almost always has room, so to ask about that too
// would end every wait at once. Errors and hang-ups are reported as input and
// as room: select(2), Correspondence between select() and poll() notifications.
void watch(Model& model, server::Client& client) {
    const int fd = client.fd.get();
    const bool input = client.awaits == server::Awaits::input;
    FD_CLR(fd, input ? &model.room : &model.input);
    FD_SET(fd, input ? &model.input : &model.room);
    model.highest = std::max(model.highest, fd);
}

// The listener is left out while nobody may come in.
void watch_listener(Model& model) {
    const int fd = model.service.listener();
    const bool accepting = model.service.accepting();
    if (accepting) FD_SET(fd, &model.input);
    if (!accepting) FD_CLR(fd, &model.input);
    model.highest = std::max(model.highest, fd);
}

// The walk is as long as the highest number: it comes down with the client.
void forget(Model& model, server::Client& client) {
    const int fd = client.fd.get();
    FD_CLR(fd, &model.input);
    FD_CLR(fd, &model.room);
    while (model.highest >= 0 && !FD_ISSET(model.highest, &model.input) &&
           !FD_ISSET(model.highest, &model.room)) {
        --model.highest;
    }
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Wait
//
// The only line where this process sleeps. We learn how many bits are left set,
// but not which: select(2), RETURN VALUE. The kernel writes its answer over the
// question, so it is asked with copies; then we walk over every number, too.
std::span<const int> wait(Model& model) {
    fd_set input = model.input;
    fd_set room = model.room;
    const int timeout_ms = model.service.wait_ms();
    timeval timeout{timeout_ms / 1000, timeout_ms % 1000 * 1000L};
    int remaining = sys::select(model.highest + 1, &input, &room, nullptr,
                                timeout_ms < 0 ? nullptr : &timeout);
    if (remaining < 0) remaining = model.service.wait_failed("select");
    model.service.woke(remaining);

    model.ready.clear();
    for (int fd = 0; fd <= model.highest && remaining > 0; ++fd) {
        if (!FD_ISSET(fd, &input) && !FD_ISSET(fd, &room)) continue;
        model.ready.push_back(fd);
        --remaining;
    }
    return model.ready;
}

// ## Accept
//
// One client a wake-up. If more are in the backlog the listener is still
// readable, and the next wait says so. Whoever stands behind the wall is sent
// away: a bit for that number would lie outside the map.
void accept_ready(Model& model) {
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    sys::Fd fd{sys::accept4(model.service.listener(), flags)};
    if (!fd) return model.service.accept_failed(errno);
    if (fd.get() >= FD_SETSIZE) {
        const int closed = sys::close(
            model.service.refuse(std::move(fd), "its sets end before it"));
        if (closed < 0) server::fatal_if_ours("close");
        return;
    }
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
    service.keep_room_in(model.ready);
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
