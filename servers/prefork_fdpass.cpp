// # prefork_fdpass: the parent accepts and hands descriptors to its children
//
// The parent makes its children before the first client comes, each at the end
// of a line of its own. It accepts, and sends the descriptor down the line of a
// child that is free: the child gets one of its own for the same connection,
// stays with the client to the end, and then says that it is free again.
//
// What it buys: one process decides who is served next, and by whom; children
// need no right to accept, and may be of another program. What it costs: four
// calls and two wake-ups more for every connection than if the children accept
// themselves, so here it is for those who need to decide: bench: unp_30_1.
//
// - *Sleeps in* `ppoll`; a child in `recvmsg`, `recv` and `send`.
// - *Kernel remembers between waits*: who sleeps, and the descriptors that are
//   on their way.
// - *Read before*: prefork.cpp. *Read after*: prethread.cpp.

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include "common/server/children.hpp"
#include "common/server/main.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "prefork_fdpass",
    .idea = "the parent accepts and hands descriptors to its children",
    .kind = "workers",
    .one_a_worker = true,
    .processes = true,
    .sleep = server::Sleep::in_both,
    .workers = 8,
    .hands_over = true,
};

// ## State
//
// What a child needs beyond what all share: its line, the descriptor it is busy
// with, the client's or, without one, the line; and how long that client's
// socket lets us sleep. The parent has the children, the other ends of their
// lines, and room to wait for all of them.
struct Model {
    server::Service& service;
    sys::Fd line;
    int busy_with = line.get();
    net::SleepLimits told{};
};

struct Line {
    sys::Fd fd;
    bool free = true;
};

struct Parent {
    server::Service& service;
    server::Children children{service};
    std::vector<Line> lines{};
    std::vector<pollfd> watched{};
};

std::span<const int> wait(Model& model);
bool nobody_waits(const Model& model);
void watch(Model& model, server::Client& client);
void receive(Model& model, server::Client& client);
void send(Model& model, server::Client& client);

// ## Workers
//
// A line is a pair of sockets: unix(7), SCM_RIGHTS. Down go descriptors; up
// goes a byte from a child that is free again, and the end, if it has ended. A
// parent that has ended takes its children along, so that nobody need ask.
//
// Whoever cannot say that it is free would not be given a client again: it ends
// instead, and the parent makes another one.
void say_free(Model& model) {
    constexpr std::array<std::byte, 1> free{};
    const ssize_t count = sys::send(model.line.get(), free, MSG_NOSIGNAL);
    if (count >= 0) return;
    server::fatal_if_ours("send");
    sys::exit_now(model.service.exit_code());
}

// The next client: a descriptor of ours for the connection that the parent has
// accepted. If a signal came first, there may be none, and the loop sees why.
// If we have no descriptor left for it, it is lost on the way, and we are free
// all the same: recvmsg(2), MSG_CTRUNC.
void take_over(Model& model) {
    sys::Fd fd{sys::receive_descriptor(model.line.get(), sys::sleeping())};
    const bool nothing = !fd && errno == EINTR;
    model.service.woke(nothing ? 0 : 1);
    if (nothing) return;
    server::Client* client = nullptr;
    if (fd) client = model.service.admit(std::move(fd));
    if (client == nullptr) return say_free(model);
    watch(model, *client);
}

// A child, from its first line to its last: it is a server for one client at a
// time. All that it changes is its own, but for the number of clients and the
// statistics page. It has the listener, too, but only looks at it: who accepts
// is decided elsewhere.
[[noreturn]] void serve(server::Service& service, sys::Fd line) {
    Model model{service, std::move(line)};
    service.ask_before_keeping([&] { return nobody_waits(model); });
    while (!service.done()) {
        for (const int fd : wait(model)) {
            if (fd == model.line.get()) {
                take_over(model);
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

// Makes one child, if there may be one more: fork(2), ERRORS; socketpair(2),
// ERRORS.
// It lets go of its siblings' lines, which it has copies of: as long as one is
// open, their ends would not be heard.
bool make_child(Parent& parent) {
    std::array<int, 2> ends{-1, -1};
    constexpr int kind = SOCK_STREAM | SOCK_CLOEXEC;
    if (sys::socketpair(AF_UNIX, kind, 0, ends) < 0) {
        parent.service.worker_missing();
        return false;
    }
    sys::Fd ours{ends[0]};
    sys::Fd theirs{ends[1]};
    const pid_t child = parent.children.fork();
    if (child == 0) {
        ours = {};
        parent.lines.clear();
        serve(parent.service, std::move(theirs));
    }
    if (child > 0) parent.lines.push_back({std::move(ours)});
    return child > 0;
}

// Makes as many children as are missing, and is called again when one has ended
// that should not have. Where no more may be made, the next turn tries again,
// and meanwhile those that there are serve alone: to pause for the missing ones
// would keep clients from them, for it is we who accept.
void make_up(Parent& parent) {
    server::Service& service = parent.service;
    const std::size_t wanted = service.workers();
    while (parent.lines.size() < wanted && service.accepting()) {
        if (make_child(parent)) continue;
        if (parent.lines.empty()) service.pause_accepting();
        return;
    }
}

// The first one in the list that is free. So the first ones have most of the
// work, and the last ones none as long as there is little: who is given it is
// our choice, and here it is the simplest.
Line* free_line(Parent& parent) {
    const auto line = std::ranges::find(parent.lines, true, &Line::free);
    return line == parent.lines.end() ? nullptr : &*line;
}

// What children have said. The line of one that has ended ends, too; then it
// is forgotten, and the next turn makes up for it.
void listen_to_children(Parent& parent) {
    const std::span<const pollfd> said = std::span{parent.watched}.subspan(1);
    for (std::size_t at = 0; at < said.size(); ++at) {
        if (said[at].revents == 0) continue;
        Line& line = parent.lines[at];
        std::array<std::byte, 1> byte{};
        const ssize_t count = sys::recv(line.fd.get(), byte, MSG_DONTWAIT);
        if (count < 0 && server::would_block("recv")) continue;
        line.free = count > 0;
        if (count <= 0) line.fd = {};
    }
    std::erase_if(parent.lines, [](const Line& line) { return !line.fd; });
    parent.service.not_in_vain();
}

// ## Watch
//
// There is no list. To watch a client is to turn to it; to forget it is to turn
// back to the line, and to say so. Not before the client is closed: else the
// next one might come while we still hold the last, and be counted as one too
// many.
void watch(Model& model, server::Client& client) {
    if (model.busy_with == client.fd.get()) return;
    model.busy_with = client.fd.get();
    model.told = model.service.sleep_limits();  // inherited: tcp(7)
}

void forget(Model& model, server::Client& client) {
    model.busy_with = model.line.get();
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
    say_free(model);
}

// ## Wait
//
// Nobody sleeps here, but in the call that is needed next. How long that may be
// a client's socket is told before: until the client's deadline. Only a change
// costs a call, and from one whole request to the next there is none:
// socket(7), SO_RCVTIMEO.
std::span<const int> wait(Model& model) {
    const int fd = model.busy_with;
    if (fd != model.line.get()) {
        model.service.limit_sleep(model.service.client(fd), model.told);
    }
    return {&model.busy_with, 1};
}

// ## Accept
//
// The parent takes one client in, and the first of the children that are free
// gets it. Our own copy is closed at once: the connection ends when the last
// copy is closed, and that is to be the child's. Between the two there is one
// on its way, which is nobody's.
void accept_ready(Parent& parent) {
    Line* line = free_line(parent);
    if (line == nullptr) return;
    const int listener = parent.service.listener();
    sys::Fd fd{sys::accept4(listener, SOCK_CLOEXEC)};
    if (!fd) return parent.service.accept_failed(errno);
    const int sent = sys::send_descriptor(line->fd.get(), fd.get());
    if (sent < 0) {
        server::fatal_if_ours("sendmsg");  // or the child has just ended
        fd = parent.service.refuse(std::move(fd), "no child could be given it");
    }
    line->free = sent < 0;
    parent.service.not_in_vain();
    const int closed = sys::close(std::move(fd));
    if (closed < 0) server::fatal_if_ours("close");
}

// Asked before an answer would keep its client: is the backlog empty? While a
// child is free, who waits there waits for the parent to wake, and who has left
// it is on the way to that child: no reason to let this one go.
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
// The parent. It serves nobody: it waits for clients as long as a child is
// free, for what the children say, and until it is told to stop, when the
// handler has shut the listener down. While no child is free the listener is
// watched for that alone: clients wait in the backlog, where a child that is
// about to keep its client will see them.
void run(server::Service& service) {
    Parent parent{service};
    parent.lines.reserve(service.workers());
    parent.watched.reserve(service.workers() + 1);
    while (!service.done()) {
        make_up(parent);
        service.has_workers(parent.children.count());
        const bool open = free_line(parent) != nullptr && service.accepting();
        const short wanted = open ? POLLIN : 0;
        parent.watched.assign(1, {service.listener(), wanted, 0});
        for (const Line& line : parent.lines) {
            parent.watched.push_back({line.fd.get(), POLLIN, 0});
        }
        const int ready =
            parent.children.wait(parent.watched, service.wait_ms());
        service.woke(ready);
        const bool came = open && parent.watched.front().revents != 0;
        if (ready > 0) listen_to_children(parent);
        if (came) accept_ready(parent);
        if (parent.children.reap() > 0) service.pause_accepting();
    }
    parent.children.finish();
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
