// # io_uring: say what is to be done, hear when it is done
//
// One thread writes down what is to be done, accept, receive, send, close, in a
// queue that it shares with the kernel. One call hands over all that is new and
// sleeps until something is done. Nobody is told that a call would not block:
// there is no such call, and the bytes are there when we hear of them.
//
// What it buys: a call for a whole turn, however many clients and operations,
// and none that finds nothing to do. What it costs: what we lend to the kernel
// is not ours until it says so. A client that is silent holds a room, for at
// any moment the kernel may fill it; and a client that is late can only be told
// so when its operation has been called back: bench: mostly-idle.
//
// - *Sleeps in* `io_uring_enter`.
// - *Kernel remembers between waits*: every operation under way, and what came
//   of those that are done.
// - *Read before*: reuseport.cpp. *Read after*: io_uring_multishot.cpp.

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "common/server/main.hpp"
#include "common/sys/uring.hpp"

namespace {

constexpr server::Traits traits{
    .model = "io_uring",
    .idea = "say what is to be done, hear when it is done",
    .kind = "completion",
    .sleep = server::Sleep::in_ring,
    .needs = "io_uring",
};

// ## State
//
// What the model needs beyond what all share: a room of its own for each
// client, the ring of two queues, what has come out of it, and whether an
// accept is under way. The ring goes first, and waits for all that is lent.
using Room = std::array<std::byte, 4096>;

struct Model {
    server::Service& service;
    std::vector<std::unique_ptr<Room>> rooms{};  // by descriptor
    sys::Uring ring{};
    std::vector<sys::Completion> done{};
    bool accepting = false;
};

void forget(Model& model, server::Client& client);
void proceed(Model& model, server::Client& client);

// ## Watch
//
// Nobody is watched. What a client awaits is submitted as an operation: its
// next bytes into its room, or its output out of the conversation. One is under
// way for every client, always, and never two.
void submit(Model& model, server::Client& client) {
    const int fd = client.fd.get();
    const bool input = client.awaits == server::Awaits::input;
    if (input) return model.ring.recv(fd, *model.rooms[fd], 0);
    model.ring.send(fd, client.conversation.output(), MSG_NOSIGNAL);
}

// Nobody is taken in while nobody may come in.
void submit_accept(Model& model) {
    if (model.accepting || !model.service.accepting()) return;
    model.ring.accept4(model.service.listener(), SOCK_CLOEXEC);
    model.accepting = true;
}

// Whose time is up has an operation under way. Before we have that back we
// neither say nor close anything: the kernel may be sending what we would
// change. It comes back as ECANCELED, or done after all.
void call_back(Model& model, server::Client& client) {
    const bool input = client.awaits == server::Awaits::input;
    const sys::Asked asked = input ? sys::Asked::receive : sys::Asked::send;
    model.ring.cancel(asked, client.fd.get());
}

// Only where nothing of the client is under way: the descriptor's number is
// free for somebody else as soon as the kernel comes to this entry.
void forget(Model& model, server::Client& client) {
    model.ring.close(model.service.dismiss(client));
}

// ## Wait
//
// The only line where this process sleeps, and the only one that enters the
// kernel. It hands over what the last turn has submitted, and comes back with
// what is done: io_uring_enter(2), DESCRIPTION.
std::span<const sys::Completion> wait(Model& model) {
    model.done.clear();
    int count = model.ring.enter(model.done, model.service.wait_ms());
    if (count < 0) count = model.service.wait_failed("io_uring_enter");
    model.service.woke(count);
    return model.done;
}

// ## Accept
//
// A client has been accepted, and the next accept is submitted with the next
// turn. Sockets block, or the kernel would answer "would block" where it is to
// wait: a client's first operation is under way from here on.
void accept_ready(Model& model, int result) {
    model.accepting = false;
    if (result < 0) return model.service.accept_failed(-result);
    server::Client* client = model.service.admit(sys::Fd{result});
    if (client == nullptr) return;
    const std::size_t index = result;
    if (index >= model.rooms.size()) model.rooms.resize(index + 1);
    std::unique_ptr<Room>& room = model.rooms[index];
    if (room == nullptr) room.reset(new (std::nothrow) Room);
    if (room == nullptr) return forget(model, *client);  // out of memory
    submit(model, *client);
}

// ## Receive
//
// Bytes have come into the client's room, and it is ours again.
void receive(Model& model, server::Client& client, int result) {
    if (result >= 0) {
        const std::span<const std::byte> room{*model.rooms[client.fd.get()]};
        client.conversation.received(room.first(result));  // none is the end
    } else if (client.late) {
        model.service.time_up(client);
    } else if (!server::would_block("recv", result)) {
        return forget(model, client);  // reset: nobody else notices
    }
    proceed(model, client);
}

// ## Send
//
// The kernel has taken what there was, or a part of it: the rest is submitted
// anew.
void send(Model& model, server::Client& client, int result) {
    if (result >= 0) {
        client.conversation.sent(result);
    } else if (client.late) {
        model.service.time_up(client);
    } else if (!server::would_block("send", result)) {
        return forget(model, client);
    }
    proceed(model, client);
}

// See what the conversation wants next.
void proceed(Model& model, server::Client& client) {
    const http::Next next = model.service.settle(client);
    if (next == http::Next::close) return forget(model, client);
    submit(model, client);
}

// ## Run
//
// Wait, take what is done, call back who is late; until the service is done.
// What we keep of a client has room before it is let in, or it is not let in.
void run(server::Service& service) {
    Model model{service};
    service.keep_room_in(model.rooms);
    while (!service.done()) {
        submit_accept(model);
        for (const sys::Completion& one : wait(model)) {
            switch (one.asked) {
                case sys::Asked::accept: accept_ready(model, one.result); break;
                case sys::Asked::receive:
                    receive(model, service.client(one.fd), one.result);
                    break;
                case sys::Asked::send:
                    send(model, service.client(one.fd), one.result);
                    break;
                case sys::Asked::close:
                    server::fatal_if_ours("close", one.result);
                    break;
                case sys::Asked::cancel: break;  // it was done before
            }
        }
        while (server::Client* late = service.late()) call_back(model, *late);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
