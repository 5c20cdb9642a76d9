// # coroutines: reads like blocking calls, waits like epoll
//
// Every client has a coroutine, a function that says receive, send, receive
// from hello to goodbye, as a thread of its own would. Where a thread would
// sleep the coroutine is suspended: it is left in the middle, and one thread
// resumes whoever is ready.
//
// What it buys: the place in the code is the state of the client, and that of a
// client is a frame of some hundred bytes, not a stack; nobody is switched by
// the scheduler. What it costs: a frame for each call that is left in the
// middle, and care: at every co_await all others have a turn, so what is shared
// may have changed after it: bench: keep-alive.
//
// - *Sleeps in* `epoll_wait`; a coroutine is suspended in `co_await watch`.
// - *Kernel remembers between waits*: the interest list, and who became ready.
// - *Read before*: io_uring_multishot.cpp. *Read after*: blocking.cpp.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <coroutine>
#include <cstdint>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "common/server/main.hpp"
#include "common/server/ready_list.hpp"
#include "common/server/task.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "coroutines",
    .idea = "reads like blocking calls, waits like epoll",
    .kind = "readiness",
    .trigger = "level",
};

// ## State
//
// What the model needs beyond what all share: the set that holds the interest
// list, what we told it about each descriptor, and room for a wait's events.
// And for each descriptor its coroutine, where it is suspended, and why it goes
// on.
enum class Woken { ready, late, failed };

struct Talk {
    server::Task whole{};  // from hello to goodbye
    std::coroutine_handle<> suspended{};  // it, or what it awaits
    Woken woken = Woken::ready;
};

struct Model {
    server::Service& service;
    sys::Fd set{sys::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<std::uint32_t> told{};  // by descriptor; 0 is not in the set
    std::array<epoll_event, 256> events{};
    server::ReadyList ready{};
    std::vector<Talk> talks{};  // by descriptor
};

server::Task converse(Model& model, server::Client& client);
bool begin(Model& model, int fd, server::Task whole);

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

// What `co_await` asks for: to be suspended here, and then why we go on.
struct Pause {
    Model& model;
    int fd;
    bool told = true;

    bool await_ready() const { return !told; }  // nobody would wake us
    void await_suspend(std::coroutine_handle<> here) const {
        model.talks[fd].suspended = here;
    }
    Woken await_resume() const {
        return told ? model.talks[fd].woken : Woken::failed;
    }
};

// Level-triggered suits a coroutine: it need not know whether a socket is
// drained, for as long as there is something its next pause ends at once.
Pause watch(Model& model, server::Client& client) {
    const int fd = client.fd.get();
    const bool input = client.awaits == server::Awaits::input;
    const std::uint32_t wanted = input ? EPOLLIN : EPOLLOUT;
    return {model, fd, tell(model, fd, wanted)};
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
// A coroutine too, without an end: it is suspended until somebody comes, begins
// a conversation, and is suspended again. One client a wake-up.
server::Task accept_ready(Model& model) {
    while (true) {
        co_await Pause{model, model.service.listener()};
        constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
        sys::Fd fd{sys::accept4(model.service.listener(), flags)};
        if (!fd) model.service.accept_failed(errno);
        if (!fd) continue;
        server::Client* client = model.service.admit(std::move(fd));
        if (client == nullptr) continue;
        const int number = client->fd.get();
        const bool begun = begin(model, number, converse(model, *client));
        if (!begun) forget(model, *client);
    }
}

// ## Receive
//
// As if the call slept until there is something: a pause, and then one receive.
// That is all that it does, and it keeps nothing in between, so it is no
// coroutine and has no frame: what its pause gives back is what came of the
// receive. The room is asked for after the pause, for all clients share it. The
// result, here and in Send: whether the client is still there.
struct Receive : Pause {
    server::Client& client;

    bool await_resume() const {
        const Woken woken = Pause::await_resume();
        if (woken != Woken::ready) return woken == Woken::late;
        const std::span<std::byte> room = client.conversation.room();
        const ssize_t count = sys::recv(client.fd.get(), room, 0);
        if (count < 0) return server::would_block("recv");  // select(2), BUGS
        client.conversation.received(count);  // 0 is the end of input
        return true;
    }
};

Receive receive(Model& model, server::Client& client) {
    return {watch(model, client), client};
}

// ## Send
//
// As if the call slept until all is sent: what the kernel does not take at once
// waits, suspended, until there is room again. Between two sends the others
// have a turn, however long the answer and however quick its reader.
server::Task send(Model& model, server::Client& client) {
    while (true) {
        const std::span<const std::byte> output = client.conversation.output();
        if (!output.empty()) {
            const int fd = client.fd.get();
            const ssize_t count = sys::send(fd, output, MSG_NOSIGNAL);
            if (count < 0 && !server::would_block("send")) co_return false;
            if (count > 0) client.conversation.sent(count);
        }
        const http::Next next = model.service.settle(client);
        if (next != http::Next::write) co_return next != http::Next::close;
        const Woken woken = co_await watch(model, client);
        if (woken == Woken::failed) co_return false;
    }
}

// ## Run
//
// A client, from hello to goodbye. Who is late has something to hear, or is to
// be let go: either way Send is next. A full house has its say first.
server::Task converse(Model& model, server::Client& client) {
    bool here = co_await send(model, client);
    while (here) {
        here = co_await receive(model, client);
        if (here) here = co_await send(model, client);
    }
    forget(model, client);
    co_return true;
}

// Runs what is suspended until its next pause. A coroutine cannot free the
// frame in which it runs, so we do when it has ended.
void resume(Model& model, int fd, Woken woken) {
    model.talks[fd].woken = woken;
    model.talks[fd].suspended.resume();
    if (model.talks[fd].whole.has_ended()) model.talks[fd] = {};
}

// Without memory for its frame there is no coroutine.
bool begin(Model& model, int fd, server::Task whole) {
    if (!whole) return false;
    const std::size_t index = fd;
    if (index >= model.talks.size()) model.talks.resize(index + 1);
    model.talks[index].suspended = whole.beginning();
    model.talks[index].whole = std::move(whole);
    resume(model, fd, Woken::ready);
    return true;
}

// Wait, resume who is ready and who is late; until the service is done. The
// conversations that are not over then end where they are suspended. What we
// keep of a client has room before it is let in, or it is not let in.
void run(server::Service& service) {
    Model model{service};
    service.keep_room_in(model.told, model.talks, model.ready);
    if (!model.set) server::cannot_start("epoll_create1");
    if (!begin(model, service.listener(), accept_ready(model)))
        throw std::bad_alloc{};
    while (!service.done()) {
        watch_listener(model);
        for (const int fd : wait(model)) resume(model, fd, Woken::ready);
        while (server::Client* late = service.expired())
            resume(model, late->fd.get(), Woken::late);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
