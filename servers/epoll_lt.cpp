// # epoll_lt: the kernel keeps the list and reports what is ready
//
// One thread tells the kernel once whom it waits for; the kernel keeps the
// interest list, notes who becomes ready while we are busy, and a wait returns
// only those. Level-triggered means that it reports a state: whoever is ready
// and is left so is reported again by the next wait.
//
// What it buys: a wake-up costs the ready clients only, idle ones cost nothing,
// and whatever a turn leaves undone the next wait brings back. What it costs: a
// call each time the list changes, so one more for every new client:
// bench: connection-a-request.
//
// - *Sleeps in* `epoll_wait`.
// - *Kernel remembers between waits*: the interest list, and who became ready.
// - *Read before*: poll.cpp. *Read after*: epoll_et.cpp.

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
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "epoll_lt",
    .idea = "the kernel keeps the list and reports what is ready",
    .kind = "readiness",
    .trigger = "level",
};

// ## State
//
// What the model needs beyond what all share: the set that holds the interest
// list, what we told it about each descriptor, and room for a wait's events.
struct Model {
    server::Service& service;
    sys::Fd set{sys::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<std::uint32_t> told{};  // by descriptor; 0 is not in the set
    std::array<epoll_event, 256> events{};
    server::ReadyList ready{};
};

void forget(Model& model, server::Client& client);
void send(Model& model, server::Client& client);

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
// Wait, serve who is ready, tell who is late; until the service is done. What
// we keep of a client has room before it is let in, or it is not let in.
void run(server::Service& service) {
    Model model{service};
    service.keep_room_in(model.told, model.ready);
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
