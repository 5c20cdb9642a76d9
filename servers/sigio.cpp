// # sigio: the kernel sends a signal for every change
//
// One thread asks the kernel for a signal whenever something happens to a
// descriptor, and takes the signals out of their queue, one at a time. They are
// real-time signals, which queue up and tell whose they are. As with edges, a
// change is reported and not a state; and one by one, not in a batch.
//
// What it buys: what it bought before there was anything better, nobody walks
// over the idle. What it costs: a call for every event, three more for every
// new client, a signal for every segment that arrives, whether we still wait
// for it or not; and the queue is bounded. When it is full there is one signal
// that says so, and then everybody has to be looked at.
//
// - *Sleeps in* `sigtimedwait`.
// - *Kernel remembers between waits*: the signals that nobody has taken yet, of
//   all processes of a user so many: getrlimit(2), RLIMIT_SIGPENDING.
// - *Read before*: busy_poll.cpp. *Read after*: epoll_workers.cpp.

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

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
    .model = "sigio",
    .idea = "the kernel sends a signal for every change",
    .kind = "signals",
    .trigger = "edge",
};

// ## State
//
// What the model needs beyond what all share: which signals are taken, whom we
// asked for them about, and who has to be looked at without one, because there
// may be something that no signal will tell.
const int change = SIGRTMIN + 1;  // the first ones are the C library's
constexpr int queue_full = SIGIO;
constexpr int most_at_once = 1024;  // signals, before somebody is served

struct Known {
    bool here = false;  // connected, or the listener
    bool named = false;  // by the last wait
    bool doubtful = false;  // until it is looked at
    bool listed = false;  // stands among the doubtful, or one before it did
    server::Awaits awaits = server::Awaits::input;
};

struct Model {
    server::Service& service;
    sigset_t taken = sys::take_signals({change, queue_full});
    bool accepting = false;
    std::vector<Known> known{};  // by descriptor
    std::vector<int> doubtful{};
    server::ReadyList ready{};
};

void send(Model& model, server::Client& client);
void forget(Model& model, server::Client& client);

// ## Watch
//
// From now on a change is signalled, and to us: fcntl(2), F_SETSIG and
// F_SETOWN. Of what happened before nobody has told.
bool ask(Model& model, int fd) {
    if (std::cmp_greater_equal(fd, model.known.size())) {
        model.known.resize(fd + 1);
    }
    Known& known = model.known[fd];
    known = {.here = true, .listed = known.listed};
    const bool asked = sys::fcntl(fd, F_SETOWN, ::getpid()) == 0 &&
                       sys::fcntl(fd, F_SETSIG, change) == 0 &&
                       sys::fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) == 0;
    if (!asked) server::fatal_if_ours("fcntl");
    return asked;
}

// The next wait does not sleep, and names this one, signal or not. It stands
// there once, whoever it has been meanwhile: for more there is no room.
void doubt(Model& model, int fd) {
    model.known[fd].doubtful = true;
    if (std::exchange(model.known[fd].listed, true)) return;
    model.doubtful.push_back(fd);
}

void doubt_all(Model& model) {
    for (std::size_t fd = 0; fd < model.known.size(); ++fd) {
        if (model.known[fd].here) doubt(model, static_cast<int>(fd));
    }
}

// What was signalled while a client had to wait for something else is not
// signalled again.
void watch(Model& model, server::Client& client) {
    Known& known = model.known[client.fd.get()];
    if (known.awaits == client.awaits) return;
    known.awaits = client.awaits;
    doubt(model, client.fd.get());
}

// Who came while nobody might come in was signalled then.
void watch_listener(Model& model) {
    const bool before =
        std::exchange(model.accepting, model.service.accepting());
    if (model.accepting && !before) doubt(model, model.service.listener());
}

// Whoever is named is served once. result: whether nobody had named it yet
bool name(Model& model, int fd) {
    const bool first = !std::exchange(model.known[fd].named, true);
    if (first) model.ready.push_back(fd);
    return first;
}

void forget(Model& model, server::Client& client) {
    model.known[client.fd.get()].here = false;
    const int closed = sys::close(model.service.dismiss(client));
    if (closed < 0) server::fatal_if_ours("close");
}

// ## Wait
//
// The only line where this process sleeps, and it gives one signal. That may be
// an old one, of a client that has gone or was served meanwhile. If the queue
// was full, signals are missing, and who knows whose: all are doubtful. Those
// who were doubtful before are named in any case, signal or not; they are so
// until they are looked at. Beside them a signal a turn would be no fair share:
// whoever is signalled by now has its turn with them, and only one. A second
// signal tells of something else, the next client or the end behind the bytes:
// who has two is doubtful, too.
std::span<const int> wait(Model& model) {
    const std::span<const int> last = model.ready;
    for (const int fd : last) model.known[fd].named = false;
    model.ready.clear();
    for (const int fd : model.doubtful) model.known[fd].listed = false;
    for (const int fd : model.doubtful) name(model, fd);
    const bool sleeps = model.doubtful.empty();
    const int limit_ms = sleeps ? model.service.wait_ms() : 0;
    const int most = sleeps ? 1 : most_at_once;
    model.doubtful.clear();
    int signal = change;
    for (int taken = 0; signal == change && taken < most; ++taken) {
        siginfo_t info{};
        signal = sys::sigtimedwait(model.taken, &info, limit_ms);
        if (signal < 0) signal = model.service.wait_failed("sigtimedwait");
        const bool by_kernel = info.si_code > 0;  // not by anybody's kill
        if (signal == queue_full) doubt_all(model);
        if (signal != change || !by_kernel) continue;
        if (!name(model, info.si_fd)) doubt(model, info.si_fd);
    }
    model.service.woke(model.ready.size());
    return model.ready;
}

// ## Accept
//
// One client a signal. If we are here without one, or the one signalled has
// been lost, there may be more, and we come again until there is nobody.
void accept_ready(Model& model) {
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int listener = model.service.listener();
    const bool doubtful = std::exchange(model.known[listener].doubtful, false);
    if (!model.accepting) return;
    sys::Fd fd{sys::accept4(listener, flags)};
    const bool nobody = !fd && net::would_block(errno);
    if (!fd) model.service.accept_failed(errno);
    if ((doubtful || !fd) && !nobody) doubt(model, listener);
    if (!fd) return;
    server::Client* client = model.service.admit(std::move(fd));
    if (client == nullptr) return;
    if (!ask(model, client->fd.get())) return forget(model, *client);
    doubt(model, client->fd.get());
}

// ## Receive
//
// At most one receive. Fewer bytes than we had room for mean that the socket is
// drained: what comes after that is signalled. That does not hold where we are
// without a signal, for the end of input may have been there before we asked;
// then "would block" alone is the end. If there is nothing at all, the signal
// was an old one: a receive before this one had what it told of.
void receive(Model& model, server::Client& client) {
    const std::span<std::byte> room = client.conversation.room();
    Known& known = model.known[client.fd.get()];
    const bool doubtful = std::exchange(known.doubtful, false);
    const ssize_t count = sys::recv(client.fd.get(), room, 0);
    if (count < 0 && server::would_block("recv")) return;  // an old signal
    if (count < 0) return forget(model, client);  // reset: nobody else notices
    const bool full = std::cmp_equal(count, room.size());
    if (count > 0 && (full || doubtful)) doubt(model, client.fd.get());
    client.conversation.received(count);  // 0 is the end of input
    send(model, client);  // most replies fit at once: try before we are told
}

// ## Send
//
// Send what there is, once, and see what the conversation wants next. If the
// kernel takes only a part, the rest waits until room is signalled; as long as
// there is none, no byte moves and the client's time runs on. If it takes all
// and there is more, no signal is due: we come again.
void send(Model& model, server::Client& client) {
    const std::span<const std::byte> output = client.conversation.output();
    if (!output.empty()) {
        const int fd = client.fd.get();
        const bool waited = client.awaits == server::Awaits::room;
        if (waited) model.known[fd].doubtful = false;
        const ssize_t count = sys::send(fd, output, MSG_NOSIGNAL);
        if (count < 0 && !server::would_block("send")) {
            return forget(model, client);
        }
        if (count < 0 && waited) return;
        if (count > 0) client.conversation.sent(count);
        const bool all = std::cmp_equal(count, output.size());
        if (all && !client.conversation.output().empty()) doubt(model, fd);
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
    service.keep_room_in(model.known, model.doubtful, model.ready);
    if (!ask(model, service.listener())) server::cannot_start("fcntl");
    while (!service.done()) {
        watch_listener(model);
        for (const int fd : wait(model)) {
            if (!model.known[fd].here) continue;  // it has gone
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
