#include <sys/resource.h>

#include <csignal>
#include <thread>

#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr std::string_view small_house = "--max-clients 4";

/// A server that has run out of descriptors, some clients within and the rest waiting outside.
struct Crowd {
    explicit Crowd(Stage& stage)
        : loops{stage.model().traits.has_loops() ? 2 : 1},
          server{stage.start(few_workers(stage), {.open_files = {{descriptors, descriptors}}})} {
        clients.push_back(stage.connect_to(server));
        expect_kept(stage, clients.front());  // inside, before other threads take all there is
        while (clients.size() < static_cast<std::size_t>(2 * descriptors * loops))
            clients.push_back(stage.connect_to(server));
        await_fact("a pause in accepting", [&] { return server.page().accept_pauses > 0; });
    }

    static std::vector<std::string> few_workers(const Stage& stage) {
        if (!stage.model().traits.workers) return {};
        return {"--workers", "2"};
    }

    static constexpr int descriptors = 32;
    int loops;  ///< each pauses for itself
    ServerProcess server;
    std::vector<Client> clients;
};

/// As long as it lives a server has no more memory than it had.
class Starved {
public:
    explicit Starved(pid_t pid) : pid_{pid} {
        constexpr std::uint64_t of_a_sanitizer = std::uint64_t{1} << 40;
        const std::uint64_t mapped = mapped_bytes(pid);
        if (mapped > of_a_sanitizer) throw Skipped{"a sanitizer ends the process for want of it"};
        bound(mapped);
    }
    Starved(const Starved&) = delete;
    ~Starved() { bound(RLIM_INFINITY); }

private:
    void bound(rlim_t bytes) const noexcept {
        const rlimit space{bytes, RLIM_INFINITY};
        ::prlimit(pid_, RLIMIT_AS, &space, nullptr);
    }

    pid_t pid_;
};

/// Fills a small house to the last place.
std::vector<Client> full_house(Stage& stage) {
    std::vector<Client> clients;
    for (int client = 0; client < 4; ++client) {
        clients.push_back(stage.connect());
        expect_kept(stage, clients.back());
    }
    return clients;
}

/// Connects so many clients as this process can hold, and more than `select` can watch.
std::vector<Client> beyond_the_wall(Stage& stage, std::size_t count) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < count + 100)
        throw Skipped{
            fmt::format("it takes {} open files, the limit is {}", count + 100, files.rlim_max)};
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    std::vector<Client> clients;
    for (std::size_t client = 0; client < count; ++client) clients.push_back(stage.connect());
    return clients;
}

constexpr Behaviour table[] = {
    {"serves its clients when it is out of descriptors",
     hello,
     [](Stage& stage) {
         Crowd crowd{stage};
         for (int request = 0; request < 20; ++request) expect_kept(stage, crowd.clients.front());
     },
     {.exempt = either<few_at_once, own_descriptors>, .own = true}},
    {"uses next to no CPU while it is out of descriptors",
     hello,
     [](Stage& stage) {
         Crowd crowd{stage};
         const std::uint64_t before = cpu_ns(crowd.server);
         std::this_thread::sleep_for(500ms);
         const std::uint64_t used_us = (cpu_ns(crowd.server) - before) / 1000;
         expect(used_us < 10'000, "less than 2 % of 500 ms", fmt::format("{} us", used_us));
     },
     {.exempt = either<few_at_once, own_descriptors, never_sleeps>, .own = true}},
    {"takes in who waited within a second of having descriptors again",
     hello,
     [](Stage& stage) {
         Crowd crowd{stage};
         crowd.clients.erase(crowd.clients.begin(), crowd.clients.end() - 10);
         const auto began = Clock::now();
         for (Client& client : crowd.clients) expect_kept(stage, client);
         const std::chrono::duration<double> took = Clock::now() - began;
         expect(took < 1s, "all of them served within 1 s", fmt::format("{} s", took.count()));
     },
     {.exempt = either<few_at_once, own_descriptors>, .own = true}},
    {"counts its pauses in accepting, ten a second",
     hello,
     [](Stage& stage) {
         Crowd crowd{stage};
         const std::uint64_t before = crowd.server.page().accept_pauses;
         std::this_thread::sleep_for(500ms);
         const std::uint64_t pauses = crowd.server.page().accept_pauses - before;
         const std::uint64_t most = 6 * static_cast<std::uint64_t>(crowd.loops);
         expect(pauses >= 1 && pauses <= most, fmt::format("1 to {} pauses in 500 ms", most),
                std::to_string(pauses));
     },
     {.exempt = either<few_at_once, own_descriptors>, .own = true}},
    {"stops at once although it is out of descriptors",
     hello,
     [](Stage& stage) {
         Crowd crowd{stage};
         crowd.server.process().signal(SIGTERM);
         const auto exit = crowd.server.process().wait(in(2s));
         expect(exit == Exit{}, "exit 0 within 2 s", exit ? describe(*exit) : "no end");
     },
     {.exempt = either<few_at_once, own_descriptors>, .own = true}},
    {"lives when its memory is used up, and serves who comes when there is some again",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         {
             Client first = stage.connect_to(server);
             expect_kept(stage, first);  // what is made at the start is there
         }
         {
             const Starved starved{server.pid()};
             std::vector<Client> crowd;
             for (int client = 0; client < 400; ++client) {
                 crowd.push_back(stage.connect_to(server));
                 crowd.back().send(get);  // is answered, or is not
             }
             std::this_thread::sleep_for(300ms);
         }
         Client next = stage.connect_to(server);
         expect_kept(stage, next);
     },
     {.own = true}},
    {"raises its soft limit of open files itself",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({}, {.open_files = {{64, 128}}});
         rlimit files{};
         ::prlimit(server.pid(), RLIMIT_NOFILE, nullptr, &files);
         expect_equal<std::uint64_t>("a soft limit of", files.rlim_cur, 128);
     },
     {.own = true}},
    {"answers 503 in a full house, and closes",
     hello,
     [](Stage& stage) {
         const std::vector<Client> inside = full_house(stage);
         Client outside = stage.connect();
         const Reply reply = outside.receive();
         expect_status(reply, {503});
         expect_last(outside, reply);
     },
     {.arguments = small_house, .exempt = one_at_a_time}},
    {"gets its 503 through to a client that sends a request",
     hello,
     [](Stage& stage) {
         const std::vector<Client> inside = full_house(stage);
         for (int round = 0; round < 20; ++round) {
             Frozen frozen{stage};  // so that the request is there before the 503 is sent
             Client outside = stage.connect();
             outside.send(get);
             frozen.thaw();
             const Reply reply = outside.receive();
             expect_status(reply, {503});
             expect_last(outside, reply);
         }
     },
     {.arguments = small_house, .exempt = one_at_a_time}},
    {"serves those who are inside a full house",
     hello,
     [](Stage& stage) {
         std::vector<Client> inside = full_house(stage);
         Client outside = stage.connect();
         expect_status(outside.receive(), {503});
         for (Client& client : inside) expect_kept(stage, client);
     },
     {.arguments = small_house, .exempt = one_at_a_time}},
    {"has a place for the next when somebody has left a full house",
     hello,
     [](Stage& stage) {
         std::vector<Client> inside = full_house(stage);
         const std::uint64_t closed = stage.server().page().closed;
         inside.pop_back();
         await_fact("a client let go", [&] { return stage.server().page().closed > closed; });
         Client next = stage.connect();
         expect_kept(stage, next);
     },
     {.arguments = small_house, .exempt = one_at_a_time, .own = true}},
    {"counts whom it has refused",
     hello,
     [](Stage& stage) {
         const std::vector<Client> inside = full_house(stage);
         const std::uint64_t before = stage.server().page().refused;
         for (int client = 0; client < 3; ++client) {
             Client outside = stage.connect();
             expect_status(outside.receive(), {503});
         }
         expect_equal<std::uint64_t>("refused", stage.server().page().refused, before + 3);
     },
     {.arguments = small_house, .exempt = one_at_a_time, .own = true}},
    {"refuses clients beyond its descriptor wall, and counts them",
     hello,
     [](Stage& stage) {
         std::vector<Client> clients = beyond_the_wall(stage, 1100);
         clients.back().expect_gone();
         expect(stage.server().page().refused > 0, "a count of the refused", "0");
     },
     {.exempt = no_wall, .own = true}},
    {"serves those below its descriptor wall while others are refused",
     hello,
     [](Stage& stage) {
         std::vector<Client> clients = beyond_the_wall(stage, 1100);
         for (std::size_t client = 0; client < 900; ++client) expect_kept(stage, clients[client]);
     },
     {.exempt = no_wall, .own = true}},
    {"serves 1200 clients that are connected at the same time",
     any,
     [](Stage& stage) {
         std::vector<Client> clients = beyond_the_wall(stage, 1200);
         for (Client& client : clients) {
             client.send(get);
             expect_hello(stage, client.receive());
         }
     },
     {.exempt = either<few_at_once, walled>}},
};

}  // namespace

std::span<const Behaviour> scarcity() {
    return table;
}

}  // namespace verify::rows
