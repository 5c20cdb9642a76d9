// # busy_poll: never sleep, ask everybody for ever
//
// One thread asks the listener and every client, one after the other, whether
// there is anything to do, and then asks them all again. The sockets do not
// block, so each question is answered at once, mostly with "would block".
//
// What it buys: nobody is ever waited for; the answer is on its way as soon as
// a question finds the request, without the time that it takes to wake up.
// What it costs: a CPU, all of it, whether anybody speaks or not, and a call
// for every silent client every time round: bench: mostly-idle.
//
// - *Sleeps in* nothing.
// - *Kernel remembers between waits*: nothing; there is no wait.
// - *Read before*: thread_pool.cpp. *Read after*: sigio.cpp.

#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include "common/net/listener.hpp"
#include "common/server/main.hpp"
#include "common/server/ready_list.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "busy_poll",
    .idea = "never sleep, ask everybody for ever",
    .kind = "busy",
    .sleep = server::Sleep::never,
};

// ## State
//
// What the model needs beyond what all share: the list of those that are asked,
// and where in it each descriptor stands. Slot 0 is the listener's.
struct Model {
    server::Service& service;
    std::vector<int> asked{service.listener()};
    std::vector<std::size_t> slot_of{};  // by descriptor; 0 is none
    server::ReadyList ready{};
};

void send(Model& model, server::Client& client);

// ## Watch
//
// To watch a client is to have it in the list. What it awaits, input or room
// for output, decides which call asks it.
void watch(Model& model, server::Client& client) {
    const std::size_t fd = client.fd.get();
    if (fd >= model.slot_of.size()) model.slot_of.resize(fd + 1);
    std::size_t& slot = model.slot_of[fd];
    if (slot != 0) return;
    slot = model.asked.size();
    model.asked.push_back(client.fd.get());
}

// The last slot moves into the gap, so the list stays without holes.
void forget(Model& model, server::Client& client) {
    const std::size_t fd = client.fd.get();
    const int last = model.asked.back();
    model.asked[model.slot_of[fd]] = last;
    model.slot_of[last] = model.slot_of[fd];
    model.slot_of[fd] = 0;
    model.asked.pop_back();
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Wait
//
// There is none: whoever is in the list may be ready, for all we know. The
// listener is left out while nobody may come in.
std::span<const int> wait(Model& model) {
    model.service.woke(0);
    model.ready.clear();  // a copy: those who leave change the list
    const std::size_t first = model.service.accepting() ? 0 : 1;
    for (const int fd : std::span{model.asked}.subspan(first)) {
        model.ready.push_back(fd);
    }
    return model.ready;
}

// ## Accept
//
// All who are there, up to a fair share: a turn asks every client, so that to
// take in n of them one a turn would be n times n questions. What is left, the
// next turn finds.
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
}

// ## Receive
//
// At most one receive, then the next client has its turn. Mostly there is
// nothing. Bytes left unread are safe: the next turn asks again.
void receive(Model& model, server::Client& client) {
    const std::span<std::byte> room = client.conversation.room();
    const ssize_t count = sys::recv(client.fd.get(), room, 0);
    if (count < 0 && server::would_block("recv")) return;
    if (count < 0) return forget(model, client);  // reset: nobody else notices
    client.conversation.received(count);  // 0 is the end of input
    send(model, client);  // most replies fit at once: try before we are told
}

// ## Send
//
// Send what there is, once, and see what the conversation wants next. If the
// kernel takes only a part, the rest waits until there is room again; as long
// as there is none, no byte moves and the client's time runs on.
void send(Model& model, server::Client& client) {
    const std::span<const std::byte> output = client.conversation.output();
    if (!output.empty()) {
        const int fd = client.fd.get();
        const ssize_t count = sys::send(fd, output, MSG_NOSIGNAL);
        if (count < 0 && !server::would_block("send")) {
            return forget(model, client);
        }
        const bool waited = client.awaits == server::Awaits::room;
        if (count < 0 && waited) return;
        if (count > 0) client.conversation.sent(count);
    }
    const http::Next next = model.service.settle(client);
    if (next == http::Next::close) return forget(model, client);
    watch(model, client);
}

// ## Run
//
// Ask everybody, tell who is late, and again; until the service is done. What
// we keep of a client has room before it is let in, or it is not let in.
void run(server::Service& service) {
    Model model{service};
    service.keep_room_in(model.asked, model.slot_of, model.ready);
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
