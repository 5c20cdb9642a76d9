// # epoll_workers: one loop waits for all, workers compute
//
// One thread waits for every client, receives requests and sends replies. What
// has to be computed in between, from the bytes of a request to those of its
// reply, it leaves to threads made beforehand. They take jobs out of a queue,
// hand them back, and ring a bell that the loop hears in its wait.
//
// What it buys: a request that takes long, by computing or by reading a file,
// holds up one worker and nobody else. What it costs: for every request two
// hand-overs between threads, and the calls to ring, to hear and to go on. The
// number of jobs is bounded: while all are taken, whoever has sent a request
// waits, and what it sent waits in the kernel: bench: spin-on-a-reactor.
//
// - *Sleeps in* `epoll_wait`; a worker before an empty queue.
// - *Kernel remembers between waits*: the interest list, who became ready, and
//   whether the bell has rung.
// - *Read before*: sigio.cpp. *Read after*: epoll_shared.cpp.

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/server/main.hpp"
#include "common/server/queue.hpp"
#include "common/server/ready_list.hpp"
#include "common/server/threads.hpp"
#include "common/sys/calls.hpp"

namespace {

constexpr server::Traits traits{
    .model = "epoll_workers",
    .idea = "one loop waits for all, workers compute",
    .kind = "readiness",
    .trigger = "level",
    .threads = true,
    .workers = 8,
    .hands_over = true,
};

// ## State
//
// A job is what a worker gets: a client, and either bytes that have come from
// it or how many bytes of its replies have gone. As long as a worker has the
// job, the client is that worker's alone, and needs no lock.
struct Job {
    server::Client* client = nullptr;
    std::size_t sent = 0;
    std::size_t received = 0;
    std::array<std::byte, http::scratch_bytes> input;
};

// There are so many, and never more: it is what bounds our memory, and how late
// the last of those can be who are waiting for a worker.
constexpr std::size_t most_jobs = 64;

// What the loop and its workers share: a queue for the way there, a basket and
// a bell for the way back. A worker may sleep before the queue. The loop may
// not sleep before the basket, for it has clients to hear; hence the bell,
// which is a descriptor, and in its set like a client.
struct Hall {
    std::vector<Job> jobs = std::vector<Job>(most_jobs);
    server::BoundedQueue<Job*> to_do{most_jobs};
    server::Basket<Job*> done{most_jobs};
    sys::Fd bell{sys::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
};

// What the model needs beyond what all share: the set that holds the interest
// list, what we told it about each descriptor, room for a wait's events; the
// jobs that nobody has, and the clients who come next when there is one.
struct Model {
    server::Service& service;
    Hall& hall;
    sys::Fd set{sys::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<std::uint32_t> told{};  // by descriptor; 0 is not in the set
    std::array<epoll_event, 256> events{};
    server::ReadyList ready{};
    std::vector<Job*> free{};
    server::Ring<server::Client*> waiting{};  // for a job, a request unread
};

void forget(Model& model, server::Client& client);
void receive(Model& model, server::Client& client);
void send(Model& model, server::Client& client);

// ## Workers
//
// What takes long: to read what has come and to answer it, or to answer further
// once a part is sent. The bytes are copied once, from the job, which anybody
// may have, to the room for input, which is the worker's own.
void compute(Job& job) {
    http::Conversation& conversation = job.client->conversation;
    if (job.sent > 0) return conversation.sent(job.sent);
    const auto input = std::span{job.input}.first(job.received);
    std::ranges::copy(input, conversation.room().begin());
    conversation.received(job.received);
}

// A worker, from its first line to its last. It has a service of its own, and
// lends the client its buffers while it has it; then they are the loop's again.
// Who is the first to put a job into the basket rings. Those that follow before
// the loop has come are found with it, so that under load there is one ring for
// many jobs.
void work(server::Service& service, server::Service& house, Hall& hall) {
    while (const std::optional<Job*> job = hall.to_do.pop()) {
        server::Client& client = *(*job)->client;
        service.look_at_clock();  // we may have slept
        service.adopt(client);
        compute(**job);
        service.log_heads(client);
        house.adopt(client);
        if (!hall.done.put(*job)) continue;
        const int rung = sys::eventfd_write(hall.bell.get(), 1);
        if (rung < 0) server::fatal_if_ours("eventfd_write");
    }
}

// Makes as many threads as are missing. Where no more may be made, the next
// turn tries again: pthread_create(3), ERRORS. A few will do, and more than a
// few only where they sleep: who computes needs a core to do so.
void make_up(server::Service& service, server::Threads& threads, Hall& hall) {
    const std::size_t wanted = service.workers();
    while (threads.count() < wanted && service.accepting()) {
        const bool made =
            threads.start([&](auto& own) { work(own, service, hall); });
        if (made) continue;
        if (threads.count() == 0) service.pause_accepting();
        return;  // those that there are serve alone
    }
}

// Gives a client to the workers. As long as it is theirs the loop does not look
// at it, and hears nothing of it. Its deadline may pass meanwhile; that is seen
// when it is back, and counts if its request is still not whole.
void hand_over(Model& model, server::Client& client, Job& job) {
    job.client = &client;
    client.conversation.bring_block();  // for a reply
    model.service.lend(client);
    model.hall.to_do.push(&job);  // which has room for all that there are
}

// A job for a client; none while the workers have them all. Then the client
// has its turn when one is free again. What it has sent stays in the kernel,
// which makes it wait when that is full: nobody spins, and no queue grows but
// that of the clients, of whom there are as many as we let in.
Job* take_job(Model& model, server::Client& client) {
    if (model.free.empty()) {
        model.service.lend(client);
        model.waiting.push(&client);
        return nullptr;
    }
    Job* job = model.free.back();
    model.free.pop_back();
    job->sent = job->received = 0;
    return job;
}

// The bell has rung: what is done is sent, and jobs are free again. To hear it
// is to set it back, and that comes first: who rings after that is heard at the
// next wait, whether we have found his job by then or not.
void take_back(Model& model) {
    const int heard = sys::eventfd_read(model.hall.bell.get());
    if (heard < 0 && !server::would_block("eventfd_read")) return;
    for (Job* job : model.hall.done.take_all()) {
        model.free.push_back(job);
        model.service.take_back(*job->client);
        send(model, *job->client);
    }
    while (!model.free.empty() && !model.waiting.empty()) {
        server::Client& client = *model.waiting.pop();
        model.service.take_back(client);
        const bool output = !client.conversation.output().empty();
        output ? send(model, client) : receive(model, client);
    }
}

// ## Watch
//
// A client is asked about for what it awaits, input or room for output, once:
// from the report on, it is reported no more until it is watched again, for it
// may be with a worker, and what it sends meanwhile would end every wait at
// once: epoll_ctl(2), EPOLLONESHOT.
constexpr std::uint32_t reported = EPOLLONESHOT;  // told: nothing is asked

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
    const std::uint32_t wanted = (input ? EPOLLIN : EPOLLOUT) | EPOLLONESHOT;
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
// The only line where this thread sleeps. We learn exactly who is ready, up to
// as many as our room takes; the others come first next time: epoll_wait(2),
// NOTES. Nobody walks over the idle. A client that was reported is asked about
// no more, and that is to be remembered, lest the next watch think it is told
// already.
std::span<const int> wait(Model& model) {
    int count =
        sys::epoll_wait(model.set.get(), model.events, model.service.wait_ms());
    if (count < 0) count = model.service.wait_failed("epoll_wait");
    model.service.woke(count);

    model.ready.clear();
    for (const epoll_event& event : std::span{model.events}.first(count)) {
        const int fd = event.data.fd;
        const bool once = (model.told[fd] & EPOLLONESHOT) != 0;
        if (once) model.told[fd] = reported;
        model.ready.push_back(fd);
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
// At most one receive, into a job, and away with it. Without a job nothing is
// received: the bytes are safe in the socket, and when its buffer is full the
// client has to wait, too. The end of input is nothing to compute, and no job.
void receive(Model& model, server::Client& client) {
    Job* job = take_job(model, client);
    if (job == nullptr) return;
    const std::size_t size = client.conversation.room().size();
    const std::span<std::byte> room = std::span{job->input}.first(size);
    const ssize_t count = sys::recv(client.fd.get(), room, 0);
    if (count > 0) {
        job->received = count;
        return hand_over(model, client, *job);
    }
    model.free.push_back(job);
    if (count < 0 && server::would_block("recv")) return watch(model, client);
    if (count < 0) return forget(model, client);  // reset: nobody else notices
    client.conversation.received(0);  // the end of input
    send(model, client);
}

// ## Send
//
// Send what there is, once, and see what the conversation wants next. If the
// kernel takes only a part, the rest waits until there is room again. What is
// to be computed when all is gone, the next part of a file, say, or the answer
// to a request that came with this one, is a job again; so we need one before
// we send.
void send(Model& model, server::Client& client) {
    const std::span<const std::byte> output = client.conversation.output();
    if (!output.empty()) {
        const bool more = client.conversation.computes_when_sent();
        Job* job = more ? take_job(model, client) : nullptr;
        if (more && job == nullptr) return;
        const int fd = client.fd.get();
        const ssize_t count = sys::send(fd, output, MSG_NOSIGNAL);
        if (job != nullptr && std::cmp_equal(count, output.size())) {
            job->sent = count;
            return hand_over(model, client, *job);
        }
        if (job != nullptr) model.free.push_back(job);
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
// Wait, serve who is ready, tell who is late; until the service is done. Then
// the queue is closed: what is still in it is done, for whoever computes sees
// that we are stopping and is brief, and then the workers end. What we keep of
// a client has room before it is let in, or it is not let in.
void run(server::Service& service) {
    Hall hall;
    server::Threads threads{service};
    Model model{service, hall};
    service.keep_room_in(model.told, model.ready, model.waiting);
    if (!model.set) server::cannot_start("epoll_create1");
    if (!hall.bell) server::cannot_start("eventfd");
    for (Job& job : hall.jobs) model.free.push_back(&job);
    const bool told = tell(model, hall.bell.get(), EPOLLIN);
    if (!told) server::cannot_start("epoll_ctl");
    while (!service.done()) {
        make_up(service, threads, hall);
        watch_listener(model);
        for (const int fd : wait(model)) {
            if (fd == service.listener()) {
                accept_ready(model);
            } else if (fd == hall.bell.get()) {
                take_back(model);
            } else if (server::Client& client = service.client(fd);
                       client.awaits == server::Awaits::input) {
                receive(model, client);
            } else {
                send(model, client);
            }
        }
        while (server::Client* late = service.expired()) send(model, *late);
    }
    hall.to_do.close();
    threads.finish();
}

}  // namespace

int main(int argc, char** argv) {
    return server::main(argc, argv, traits, run);
}
