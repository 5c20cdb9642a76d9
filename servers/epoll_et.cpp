// # epoll_et: the kernel keeps the list and reports each change, once
//
// One thread tells the kernel once whom it waits for; the kernel keeps the
// interest list, and a wait returns those to whom something happened since they
// were last reported. Edge-triggered means that it reports a change, not a
// state: bytes that we leave unread are not mentioned again.
//
// What it buys: a client that is left as it is costs nothing, however ready it
// is. What it costs: the duty to know when a descriptor is drained. A short
// receive says so; where we cannot know, we ask again by EPOLL_CTL_MOD, which
// reports at once what is still there. Forget it once, and that client hangs.
// It is not faster where all are busy: bench: keep-alive.
//
// - *Sleeps in* `epoll_wait`.
// - *Kernel remembers between waits*: the interest list, and what changed.
// - *Read before*: epoll_lt.cpp. *Read after*: fork_per_client.cpp.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "common/net/listener.hpp"
#include "common/server/main.hpp"
#include "common/server/ready_list.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "epoll_et",
    .idea = "the kernel keeps the list and reports each change, once",
    .kind = "readiness",
    .trigger = "edge",
};

// ## State
//
// What the model needs beyond what all share: the set that holds the interest
// list, what we told it about each descriptor, what it last said of it, and
// room for a wait's events.
struct Model {
    server::Service& service;
    sys::Fd set{sys::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<std::uint32_t> told{};  // by descriptor; 0 is not in the set
    std::vector<std::uint32_t> said{};  // by descriptor
    std::array<epoll_event, 256> events{};
    server::ReadyList ready{};
};

void forget(Model& model, server::Client& client);
void send(Model& model, server::Client& client);

constexpr std::uint32_t input_edges = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET;
constexpr std::uint32_t output_edges = EPOLLOUT | EPOLLET;
constexpr std::uint32_t ask_again =
    EPOLLET;  // never told: the next watch is a call

// ## Watch
//
// A client is asked about for what it awaits, input or room for output, and
// for nothing else: a socket almost always has room, so to ask about that too
// would end every wait at once. Errors and hang-ups are reported unasked:
// epoll_ctl(2), EPOLLERR and EPOLLHUP.
bool tell(Model& model, int fd, std::uint32_t wanted) {
    const std::size_t index = fd;
    if (index >= model.told.size()) {
        model.told.resize(index + 1);
        model.said.resize(index + 1);
    }
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
    const std::uint32_t wanted = input ? input_edges : output_edges;
    if (!tell(model, client.fd.get(), wanted)) forget(model, client);
}

// The listener is taken out while nobody may come in.
void watch_listener(Model& model) {
    const bool accepting = model.service.accepting();
    const std::uint32_t wanted = accepting ? EPOLLIN | EPOLLET : 0;
    const bool told = tell(model, model.service.listener(), wanted);
    if (!told) model.service.pause_accepting();  // out of memory, say
}

// Makes the next watch a call even if nothing changed: EPOLL_CTL_MOD looks at
// the descriptor anew and reports what it finds. No inner loop, no list of
// unfinished clients, and everybody else has a turn first.
void distrust(Model& model, int fd) {
    model.told[fd] = ask_again;
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
        model.said[event.data.fd] = event.events;
        model.ready.push_back(event.data.fd);
    }
    return model.ready;
}

// ## Accept
//
// The whole backlog, for it is reported once: "would block" ends the loop, or
// a pause in accepting, not a client that has gone again. After a fair share
// the others have a turn, and we ask again.
void accept_ready(Model& model) {
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    constexpr int fair_share = 64;
    for (int turn = 0; turn < fair_share; ++turn) {
        if (!model.service.accepting()) return;
        sys::Fd fd{sys::accept4(model.service.listener(), flags)};
        if (!fd && net::would_block(errno)) return;
        if (!fd) model.service.accept_failed(errno);
        if (!fd) continue;
        server::Client* client = model.service.admit(std::move(fd));
        if (client != nullptr) watch(model, *client);
    }
    distrust(model, model.service.listener());
}

// ## Receive
//
// At most one receive, then back to the kernel. Fewer bytes than we had room
// for mean that the socket is drained: epoll(7), Questions and answers. That
// holds unless the end of input or urgent data was reported with them: there a
// receive stops early.
void receive(Model& model, server::Client& client) {
    const std::span<std::byte> room = client.conversation.room();
    const int fd = client.fd.get();
    const ssize_t count = sys::recv(fd, room, 0);
    if (count < 0 && server::would_block("recv")) return;  // select(2), BUGS
    if (count < 0) return forget(model, client);  // reset: nobody else notices
    const std::uint32_t said = model.said[fd];
    const bool early = (said & (EPOLLRDHUP | EPOLLPRI)) != 0 && count > 0;
    const bool full = std::cmp_equal(count, room.size());
    if (early || full) distrust(model, fd);
    client.conversation.received(count);  // 0 is the end of input
    send(model, client);  // most replies fit at once: try before we are told
}

// ## Send
//
// Send what there is, once, and see what the conversation wants next. If the
// kernel takes only a part, the rest waits until there is room again. If it
// takes all and there is more, no change is due: we ask again.
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
    if (next == http::Next::write) distrust(model, client.fd.get());
    watch(model, client);
}

// ## Run
//
// Wait, serve who is ready, tell who is late; until the service is done. What
// we keep of a client has room before it is let in, or it is not let in.
void run(server::Service& service) {
    Model model{service};
    service.keep_room_in(model.told, model.said, model.ready);
    if (!model.set) server::cannot_start("epoll_create1");
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
