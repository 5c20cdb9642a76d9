// Who gets the next client: 200 of them, one after the other, and eight workers that have nothing
// else to do. What is compared is never a time.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/lab/accounting.hpp"
#include "bench/lab/models.hpp"
#include "bench/verify/client.hpp"
#include "bench/verify/server_process.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t clients = 200;
constexpr std::size_t workers = 8;
constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: iolab\r\n\r\n";
constexpr std::string_view get_and_close =
    "GET / HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n";

/// What came of it.
struct Balance {
    std::vector<std::uint64_t> connections;  ///< of each worker, the most first
    std::uint64_t requests = 0;
    std::uint64_t wasted_wakeups = 0;
    std::uint64_t switches = 0;  ///< that it slept and was woken, all processes together

    [[nodiscard]] std::uint64_t most() const { return connections.front(); }
    [[nodiscard]] std::uint64_t least() const { return connections.back(); }
};

lab::Model model_named(const std::string& name) {
    const auto models = lab::own_models(IOLAB_MODELS_DIRECTORY);
    return *std::find_if(models.begin(), models.end(),
                         [&](const lab::Model& model) { return model.name == name; });
}

/// Waits until every worker has gone to sleep for the first time, so that the first ones made have
/// no advantage.
void await_pool(verify::ServerProcess& server) {
    const auto threads = [&] {
        std::size_t count = 0;
        for (const pid_t pid : server.family().members)
            count += static_cast<std::size_t>(lab::read_process({.members = {pid}}).threads);
        return count;
    };
    for (const auto until = verify::in(5s);
         threads() < workers + 1 && verify::Clock::now() < until;)
        std::this_thread::sleep_for(1ms);
    for (std::uint64_t before = 1, now = 0; before != now;) {
        before = now;
        std::this_thread::sleep_for(20ms);
        now = lab::read_cpu_ns(server.family());
    }
}

Balance after_clients(const std::string& model, const std::vector<std::string>& arguments = {}) {
    verify::ServerProcess server{model_named(model), arguments};
    await_pool(server);
    const std::uint64_t switches = lab::read_process(server.family()).switches_voluntary;
    for (std::uint64_t client = 0; client < clients; ++client) {
        verify::Client once{server.address()};
        once.send(get_and_close);
        EXPECT_EQ(once.receive().status, 200);
        once.expect_end();
    }
    std::this_thread::sleep_for(20ms);  // a wake-up is known to be wasted when the next one comes
    const lab::PageReading page = server.page();
    Balance balance{.connections = {},
                    .requests = 0,
                    .wasted_wakeups = page.wasted_wakeups,
                    .switches = lab::read_process(server.family()).switches_voluntary - switches};
    for (const auto& [slot, worker] : page.workers) {
        balance.connections.push_back(worker.connections);
        balance.requests += worker.requests;
    }
    balance.connections.resize(workers);  // who has counted nothing has no slot
    std::sort(balance.connections.rbegin(), balance.connections.rend());
    return balance;
}

std::uint64_t sum(const Balance& balance) {
    std::uint64_t total = 0;
    for (const std::uint64_t connections : balance.connections) total += connections;
    return total;
}

TEST(balance, names_a_worker_for_every_connection_and_every_request) {
    for (const auto* model :
         {"prefork", "prefork_fdpass", "prethread", "thread_pool", "epoll_shared", "reuseport"}) {
        const Balance balance = after_clients(model);
        EXPECT_EQ(sum(balance), clients) << model;
        EXPECT_EQ(balance.requests, clients) << model;
        EXPECT_EQ(balance.connections.size(), workers) << model;
        const bool herd = model == std::string_view{"epoll_shared"};
        EXPECT_TRUE(herd || balance.wasted_wakeups == 0) << model;
    }
}

TEST(balance, is_even_where_workers_sleep_in_accept) {
    for (const auto* model : {"prefork", "prethread"}) {
        const Balance balance = after_clients(model);
        EXPECT_LE(balance.most() - balance.least(), 10U) << model;
        EXPECT_EQ(balance.wasted_wakeups, 0U) << model;
    }
}

TEST(balance, is_a_matter_of_chance_where_each_has_a_listener) {
    const Balance balance = after_clients("reuseport");
    EXPECT_GE(balance.least(), 5U);
    EXPECT_LE(balance.most(), 60U);
    EXPECT_EQ(balance.wasted_wakeups, 0U);
}

// Whom the kernel wakes shows in context switches. Who gets to run only after another has taken the
// client is sent back to sleep inside `epoll_wait`, and counts no wasted wake-up.
TEST(balance, costs_everybody_a_wakeup_where_every_set_has_the_listener) {
    const Balance all = after_clients("epoll_shared", {"--set", "own"});
    const Balance one = after_clients("epoll_shared", {"--set", "own-exclusive"});
    EXPECT_GT(all.switches, clients * workers / 2);
    EXPECT_LT(one.switches, clients * workers / 2);
    EXPECT_GT(all.most() - all.least(), 10U);
}

TEST(balance, goes_to_one_where_one_is_woken) {
    const Balance one = after_clients("epoll_shared", {"--set", "own-exclusive"});
    EXPECT_GT(one.most(), clients / 2);
    EXPECT_LT(one.wasted_wakeups, 20U);
}

TEST(balance, wastes_nothing_where_an_edge_wakes_one_who_sleeps_in_a_shared_set) {
    const Balance edge = after_clients("epoll_shared", {"--set", "shared-et"});
    const Balance level = after_clients("epoll_shared", {"--set", "shared-lt"});
    EXPECT_EQ(sum(edge), clients);
    EXPECT_EQ(sum(level), clients);
    EXPECT_LT(edge.wasted_wakeups, 10U);
    EXPECT_GT(level.switches, edge.switches + clients / 4);
}

// Not a matter of balance, but of the same pools: who was killed is replaced, and leaves no trace.
TEST(pool, makes_up_for_processes_that_were_killed_and_gives_their_clients_places_to_others) {
    for (const auto* model : {"prefork", "prefork_fdpass", "epoll_shared"}) {
        verify::ServerProcess server{model_named(model), {"--workers", "2", "--max-clients", "2"}};
        const auto expect_kept = [](verify::Client& client) {
            client.send(get);
            EXPECT_EQ(client.receive().status, 200);
        };
        verify::Client lost{server.address()};
        expect_kept(lost);
        std::vector<pid_t> before = verify::descendants(server.pid());
        for (const auto until = verify::in(5s); before.size() < 2 && verify::Clock::now() < until;)
            before = verify::descendants(server.pid());
        ASSERT_EQ(before.size(), 2U) << model;
        for (const pid_t pid : before) ::kill(pid, SIGKILL);
        lost.expect_gone();
        const auto replaced = [&] {
            const std::vector<pid_t> now = verify::descendants(server.pid());
            return now.size() == 2 && now.front() != before.front() && now.back() != before.back();
        };
        for (const auto until = verify::in(5s); !replaced() && verify::Clock::now() < until;)
            std::this_thread::sleep_for(1ms);
        EXPECT_TRUE(replaced()) << model;
        verify::Client first{server.address()};
        expect_kept(first);
        verify::Client second{server.address()};
        expect_kept(second);
        EXPECT_EQ(server.process().stop(verify::in(2s)), verify::Exit{}) << model;
    }
}

/// The largest number of an open descriptor.
int last_descriptor(pid_t pid) {
    int last = 0;
    const std::string directory = "/proc/" + std::to_string(pid) + "/fd";
    for (const auto& open : std::filesystem::directory_iterator{directory})
        last = std::max(last, std::stoi(open.path().filename().string()));
    return last;
}

/// The parent has one number left, enough for a client, and two are needed for one more child.
TEST(pool, serves_with_the_processes_that_there_are_where_no_more_can_be_made) {
    verify::ServerProcess server{model_named("prefork_fdpass"), {}};
    await_pool(server);
    const int last = last_descriptor(server.pid());
    rlimit files{};
    ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, nullptr, &files), 0);
    files.rlim_cur = static_cast<rlim_t>(last);
    ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, &files, nullptr), 0);
    std::vector<pid_t> children = verify::descendants(server.pid());
    ASSERT_EQ(children.size(), workers);
    std::sort(children.begin(), children.end());
    for (const pid_t pid : {children[workers - 1], children[workers - 2]}) ::kill(pid, SIGKILL);
    for (const auto until = verify::in(5s);
         verify::descendants(server.pid()).size() != workers - 2 && verify::Clock::now() < until;)
        std::this_thread::sleep_for(1ms);
    for (int client = 0; client < 20; ++client) {
        verify::Client once{server.address()};
        once.send(get_and_close);
        EXPECT_EQ(once.receive().status, 200);
    }
    EXPECT_EQ(server.process().stop(verify::in(2s)), verify::Exit{});
}

/// Clients that have asked for something that takes long, one for every worker.
std::vector<verify::Client> busy_workers(const verify::ServerProcess& server, int count) {
    std::vector<verify::Client> slow;
    for (int client = 0; client < count; ++client) {
        slow.emplace_back(server.address());
        slow.back().send("GET /sleep/60000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
        slow.back().wait_until_taken();
    }
    return slow;
}

TEST(pool, serves_others_while_a_worker_of_it_is_busy) {
    verify::ServerProcess server{model_named("epoll_workers"), {"--lab", "--workers", "2"}};
    const auto slow = busy_workers(server, 1);
    for (int request = 0; request < 20; ++request) {
        verify::Client quick{server.address()};
        quick.send(get_and_close);
        EXPECT_EQ(quick.receive().status, 200);
        quick.expect_end();
    }
    EXPECT_EQ(server.process().stop(verify::in(3s)), verify::Exit{});
}

// More requests than there are jobs: the loop takes none of them, and sleeps.
TEST(pool, lets_clients_wait_while_all_of_it_is_busy_and_does_not_spin) {
    constexpr int waiting = 200;
    verify::ServerProcess server{model_named("epoll_workers"), {"--lab", "--workers", "2"}};
    auto slow = busy_workers(server, 1);
    slow.emplace_back(server.address());
    slow.back().send("GET /sleep/2000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
    slow.back().wait_until_taken();
    std::vector<verify::Client> others;
    for (int client = 0; client < waiting; ++client) {
        others.emplace_back(server.address());
        others.back().send(get);
    }
    const std::uint64_t before = lab::read_cpu_ns(server.family());
    others.front().expect_silence(100ms);
    EXPECT_LT(lab::read_cpu_ns(server.family()) - before, 50'000'000U);
    for (verify::Client& client : others) EXPECT_EQ(client.receive().status, 200);
    EXPECT_EQ(server.page().requests, std::uint64_t{waiting} + 1);
    EXPECT_EQ(server.process().stop(verify::in(3s)), verify::Exit{});
}

/// What is started meanwhile may have so few signals in its queue.
class FewSignals {
public:
    explicit FewSignals(rlim_t count) {
        ::getrlimit(RLIMIT_SIGPENDING, &before_);
        const rlimit few{count, before_.rlim_max};
        ::setrlimit(RLIMIT_SIGPENDING, &few);
    }
    FewSignals(const FewSignals&) = delete;
    ~FewSignals() { ::setrlimit(RLIMIT_SIGPENDING, &before_); }

private:
    rlimit before_{};
};

TEST(signals, that_find_no_place_in_the_queue_are_made_up_for) {
    std::optional<verify::ServerProcess> server;
    {
        const FewSignals limit{4};
        server.emplace(model_named("sigio"), std::vector<std::string>{});
    }
    std::vector<verify::Client> kept;
    for (int client = 0; client < 20; ++client) {
        kept.emplace_back(server->address());
        kept.back().send(get);
        EXPECT_EQ(kept.back().receive().status, 200);
    }
    server->process().signal(SIGSTOP);  // so that all of it happens before one signal is taken
    std::vector<verify::Client> others;
    for (int client = 0; client < 20; ++client) {
        kept[static_cast<std::size_t>(client)].send(get);
        others.emplace_back(server->address());
        others.back().send(get);
    }
    server->process().signal(SIGCONT);
    for (verify::Client& client : kept) EXPECT_EQ(client.receive().status, 200);
    for (verify::Client& client : others) EXPECT_EQ(client.receive().status, 200);
    EXPECT_EQ(server->process().stop(verify::in(2s)), verify::Exit{});
}

}  // namespace
