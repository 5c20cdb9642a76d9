// # epoll_shared: processes with a loop each, and one listener for all
//
// Processes are made before the first client comes. Each has a loop of its own
// that waits for many clients, and all of them wait for the same listener.
// Whom the kernel wakes when a client comes, `--set` decides: with `own` sets,
// all who sleep; with `own-exclusive`, one; with a `shared` set, made before
// the fork, one more at a time as long as the client is there (`-lt`), or one
// (`-et`).
//
// What it buys: many clients a process, as many processes as there are cores,
// and the next client goes to one that has nothing to do. What it costs: those
// who are woken for a client that another one takes. And who is woken is not
// whose turn it is: of idle processes with exclusive sets the same one always
// gets the next client.
//
// - *Sleeps in* `epoll_wait`, each process for itself.
// - *Kernel remembers between waits*: the interest lists, who became ready, and
//   who sleeps.
// - *Read before*: epoll_workers.cpp. *Read after*: reuseport.cpp.

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/server/children.hpp"
#include "common/server/main.hpp"
#include "common/server/ready_list.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "epoll_shared",
    .idea = "processes with a loop each, and one listener for all",
    .kind = "readiness",
    .trigger = "level",
    .processes = true,
    .workers = 8,
    .set_choices = "own,own-exclusive,shared-lt,shared-et",
};

// ## State
//
// What a child needs beyond what all share: how it hears of a new client, the
// set that holds the interest list, what we told it about each descriptor, and
// room for a wait's events.
struct Door {
    std::uint32_t asked;  // of the listener
    sys::Fd shared;  // the set that holds it, or none: each has it in its own
};

struct Model {
    server::Service& service;
    const Door& door;
    sys::Fd set{sys::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<std::uint32_t> told{};  // by descriptor; 0 is not in the set
    std::array<epoll_event, 256> events{};
    server::ReadyList ready{};
};

void watch_listener(Model& model);
std::span<const int> wait(Model& model);
bool take_report(const Door& door);
void accept_ready(Model& model);
void receive(Model& model, server::Client& client);
void send(Model& model, server::Client& client);
void forget(Model& model, server::Client& client);

// ## Workers
//
// A child, from its first line to its last: wait, serve who is ready, tell who
// is late. All that it changes is its own, but for the number of clients and
// the statistics page. Its set is made after the fork: a child that told a set
// of its parent's about a client would have all others hear of it, too. What we
// keep of a client has room before it is let in, or it is not let in.
[[noreturn]] void serve(server::Service& service, const Door& door) {
    Model model{service, door};
    if (!model.set) {
        server::fatal_if_ours("epoll_create1");
        service.worker_missing();
        sys::exit_now(1);  // the parent will try again
    }
    service.keep_room_in(model.told, model.ready);
    while (!service.done()) {
        watch_listener(model);
        for (const int fd : wait(model)) {
            if (fd == door.shared.get()) {
                if (take_report(door)) accept_ready(model);
            } else if (fd == service.listener()) {
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
             const Door& door) {
    const std::size_t wanted = service.workers();
    while (children.count() < wanted && service.accepting()) {
        const pid_t child = children.fork();
        if (child == 0) serve(service, door);
        if (child < 0) service.pause_accepting();  // fork(2), ERRORS
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

// The listener is taken out while nobody may come in. Where it is in a shared
// set, that set stands in its place: a set is readable while it has something
// to report, epoll(7), Questions and answers.
void watch_listener(Model& model) {
    const bool accepting = model.service.accepting();
    const Door& door = model.door;
    const std::uint32_t asked = door.shared ? EPOLLIN : door.asked;
    const int fd = door.shared ? door.shared.get() : model.service.listener();
    const bool told = tell(model, fd, accepting ? asked : 0);
    if (!told) model.service.pause_accepting();  // out of memory, say
}

// Tells a shared set of the listener, or tells it again: it looks at it anew,
// and reports it to somebody if there is a client.
void tell_shared(const Door& door, int listener, int operation) {
    if (!door.shared) return;
    epoll_event event{.events = door.asked, .data = {.fd = listener}};
    const int set = door.shared.get();
    const int told = sys::epoll_ctl(set, operation, listener, &event);
    if (told < 0) server::fatal_if_ours("epoll_ctl");
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
// The only line where this process sleeps. Who has clients sleeps in its own
// set. Who has none sleeps in the shared one, where there is one: of those who
// sleep in the same set, one is woken: epoll(7), Level-triggered and
// edge-triggered.
std::span<const int> wait(Model& model) {
    const int shared = model.door.shared.get();
    const bool free = !model.service.occupied() && model.service.accepting();
    const int set = shared >= 0 && free ? shared : model.set.get();
    int count = sys::epoll_wait(set, model.events, model.service.wait_ms());
    if (count < 0) count = model.service.wait_failed("epoll_wait");
    model.service.woke(count);

    model.ready.clear();
    for (const epoll_event& event : std::span{model.events}.first(count)) {
        model.ready.push_back(event.data.fd);
    }
    return model.ready;
}

// To hear from our own set that the shared one has something to report is not
// to have it: all whose own set holds it hear that, and one may take it.
bool take_report(const Door& door) {
    epoll_event event{};
    const int count = sys::epoll_wait(door.shared.get(), {&event, 1}, 0);
    if (count < 0) server::fatal_if_ours("epoll_wait");
    return count > 0;
}

// ## Accept
//
// One client a wake-up. If more are in the backlog the listener is still
// readable, and the next wait says so, ours or another's. If there is none,
// another one was faster, and we were woken in vain.
void accept_ready(Model& model) {
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int listener = model.service.listener();
    sys::Fd fd{sys::accept4(listener, flags)};
    const int error = errno;
    // The others have not heard of what an edge told us. Unless there is
    // certainly nobody left we have it told again, to whom it may concern.
    const bool edge = (model.door.asked & EPOLLET) != 0;
    const bool nobody = !fd && net::would_block(error);
    if (edge && !nobody) tell_shared(model.door, listener, EPOLL_CTL_MOD);
    if (!fd) return model.service.accept_failed(error);
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
// The parent. It serves nobody: it waits until a child has ended, or until it
// is told to stop, when the handler has shut the listener down. A shared set
// is made here, before the first child.
Door make_door(server::Service& service) {
    const std::string& kind = service.set();
    Door door{.asked = EPOLLIN, .shared = {}};
    if (kind == "own-exclusive") door.asked |= EPOLLEXCLUSIVE;
    if (kind == "shared-et") door.asked |= EPOLLET;
    if (!kind.starts_with("shared")) return door;
    door.shared = sys::Fd{sys::epoll_create1(EPOLL_CLOEXEC)};
    if (!door.shared) server::cannot_start("epoll_create1");
    tell_shared(door, service.listener(), EPOLL_CTL_ADD);
    return door;
}

void run(server::Service& service) {
    const Door door = make_door(service);
    server::Children children{service};
    while (!service.done()) {
        make_up(service, children, door);
        pollfd listener{service.listener(), 0, 0};
        const int ready = children.wait({&listener, 1}, service.wait_ms());
        service.woke(ready);
        if (children.reap() == 0) continue;
        service.pause_accepting();  // lest they spin
        tell_shared(door, service.listener(), EPOLL_CTL_MOD);  // it knew, maybe
    }
    children.finish();
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
