// # io_uring_multishot: say once what is to be done, hear of it again and again
//
// One thread submits one accept for all who will ever come, and one receive for
// all that a client will ever say: multishot operations complete many times.
// The bytes stand in a buffer that the kernel takes out of a ring of buffers
// when there is something to put into it. Only an answer is an operation each.
//
// What it buys: half the entries in the queue, and no room for anybody who is
// silent. What it costs: bytes come whether we want them or not, so a client
// that speaks faster than it listens has to be called back; the buffers may run
// out; and nobody is let go before the kernel has given up both operations:
// bench: keep-alive.
//
// - *Sleeps in* `io_uring_enter`.
// - *Kernel remembers between waits*: every operation under way, and what came
//   of those that are done.
// - *Read before*: io_uring.cpp. *Read after*: coroutines.cpp.

#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include "common/server/main.hpp"
#include "common/sys/uring.hpp"

namespace {

constexpr server::Traits traits{
    .model = "io_uring_multishot",
    .idea = "say once what is to be done, hear of it again and again",
    .kind = "completion",
    .sleep = server::Sleep::in_ring,
    .needs = "io_uring",
};

// ## State
//
// What the model needs beyond what all share: the ring of two queues, the ring
// of buffers, what has come out, whether the accept is under way, and what is
// under way for each client. Only this thread submits (SINGLE_ISSUER), and the
// kernel does what is left to do of an operation when we wait, not whenever it
// becomes possible (DEFER_TASKRUN): no lock, and nobody interrupts us.
constexpr unsigned flags =
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;

struct UnderWay {
    bool receive = false;
    bool send = false;
    bool called_back = false;  // the receive
    bool leaving = false;  // to be let go when neither is under way
};

struct Model {
    server::Service& service;
    sys::Uring ring{flags};
    sys::BufferRing buffers{ring, 0, 1024, 2048};
    std::vector<sys::Completion> done{};
    bool accepting = false;
    std::vector<UnderWay> under_way{};  // by descriptor
};

void forget(Model& model, server::Client& client);
void proceed(Model& model, server::Client& client);

// ## Watch
//
// Nobody is watched. What a client awaits is submitted as an operation, unless
// it is under way: its input, or its output out of the conversation.
void submit(Model& model, server::Client& client) {
    const int fd = client.fd.get();
    UnderWay& now = model.under_way[fd];
    const bool input = client.awaits == server::Awaits::input;
    if (input && !now.receive) {
        model.ring.recv_multishot(fd, model.buffers.group());
        now.receive = true;
        now.called_back = false;
    } else if (!input && !now.send) {
        model.ring.send(fd, client.conversation.output(), MSG_NOSIGNAL);
        now.send = true;
    }
}

// Nobody is taken in while nobody may come in.
void submit_accept(Model& model) {
    if (model.accepting || !model.service.accepting()) return;
    model.ring.accept4_multishot(model.service.listener(), SOCK_CLOEXEC);
    model.accepting = true;
}

// A receive that is called back comes back as ECANCELED, with all that it has
// received before.
void call_back_receive(Model& model, int fd) {
    UnderWay& now = model.under_way[fd];
    if (!now.receive || now.called_back) return;
    model.ring.cancel(sys::Asked::receive, fd);
    now.called_back = true;
}

// Whose time is up hears so at once, unless the kernel is sending: what it
// sends is lent until that has come back, as ECANCELED or done after all.
void call_back(Model& model, server::Client& client) {
    const int fd = client.fd.get();
    UnderWay& now = model.under_way[fd];
    if (now.leaving) return;
    if (now.send) return model.ring.cancel(sys::Asked::send, fd);
    model.service.time_up(client);
    proceed(model, client);
}

// An operation that is under way keeps its socket, so that a close alone would
// close nothing. Asked again when one has come back.
void forget(Model& model, server::Client& client) {
    const int fd = client.fd.get();
    UnderWay& now = model.under_way[fd];
    if (now.send && !now.leaving) model.ring.cancel(sys::Asked::send, fd);
    call_back_receive(model, fd);
    now.leaving = true;
    if (now.send || now.receive) return;
    now = {};
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
// A client has been accepted, and others will be until a completion says that
// no more follow: then the next turn submits an accept anew. Sockets block, or
// the kernel would answer "would block" where it is to wait.
void accept_ready(Model& model, const sys::Completion& one) {
    model.accepting = one.more;
    if (one.result < 0) return model.service.accept_failed(-one.result);
    server::Client* client = model.service.admit(sys::Fd{one.result});
    if (client == nullptr) return;
    const std::size_t index = one.result;
    if (index >= model.under_way.size()) model.under_way.resize(index + 1);
    submit(model, *client);
}

// ## Receive
//
// Bytes have come into a buffer, which the kernel may have again as soon as the
// conversation has read it. Where there was none left (ENOBUFS) the receive is
// over, and is submitted anew: by then all that came out is given back.
void receive(Model& model, server::Client& client, const sys::Completion& one) {
    UnderWay& now = model.under_way[one.fd];
    now.receive = one.more;
    const std::span<const std::byte> bytes = model.buffers.bytes(one);
    if (one.result >= 0 && !now.leaving)
        client.conversation.received(bytes);  // none is the end
    if (one.buffer >= 0) model.buffers.give_back(one.buffer);
    if (now.leaving) return forget(model, client);
    const bool over = one.result == -ENOBUFS || one.result == -ECANCELED;
    const bool failed = one.result < 0 && !over;
    if (failed && !server::would_block("recv", one.result))
        return forget(model, client);  // reset: nobody else notices
    // It speaks before it has heard our answer: no more of that until it has.
    if (now.send) return call_back_receive(model, one.fd);
    proceed(model, client);
}

// ## Send
//
// The kernel has taken what there was, or a part of it: the rest is submitted
// anew.
void send(Model& model, server::Client& client, int result) {
    UnderWay& now = model.under_way[client.fd.get()];
    now.send = false;
    if (now.leaving) return forget(model, client);
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
    service.keep_room_in(model.under_way);
    while (!service.done()) {
        submit_accept(model);
        for (const sys::Completion& one : wait(model)) {
            switch (one.asked) {
                case sys::Asked::accept: accept_ready(model, one); break;
                case sys::Asked::receive:
                    receive(model, service.client(one.fd), one);
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
