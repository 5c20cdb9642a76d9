// Ten thousand clients, twenty at a time: when they have gone, a server that makes a thread or a
// process for whoever comes, or has a pool of them, has as many as before, and no zombie among them.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/lab/models.hpp"
#include "bench/verify/client.hpp"
#include "bench/verify/server_process.hpp"
#include "tests/soak/holding.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t clients = 10'000;
constexpr std::uint64_t at_once = 20;
constexpr std::string_view get_and_close =
    "GET / HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n";

std::vector<lab::Model> models_with_workers() {
    std::vector<lab::Model> models = lab::usable_models(IOLAB_MODELS_DIRECTORY);
    std::erase_if(models, [](const lab::Model& model) {
        return !model.traits.threads && !model.traits.processes;
    });
    return models;
}

/// Every second one leaves as soon as it has asked: what served it may end before it is looked at.
void come_and_go(const verify::Address& address) {
    std::vector<verify::Client> group;
    for (std::uint64_t client = 0; client < at_once; ++client) {
        group.emplace_back(address).send(get_and_close);
        if (client % 2 == 1) group.back().close();
    }
    for (std::uint64_t client = 0; client < at_once; client += 2) {
        EXPECT_EQ(group[client].receive().status, 200);
        group[client].expect_end();
    }
}

/// Who left as soon as he had asked may still stand in the backlog.
void wait_until_all_came_in(verify::ServerProcess& server) {
    const auto until = verify::in(10s);
    while (server.page().accepted < clients && verify::Clock::now() < until)
        std::this_thread::sleep_for(10ms);
}

class Clients : public testing::TestWithParam<lab::Model> {};

TEST_P(Clients, LeaveNoThreadAndNoZombie) {
    verify::ServerProcess server{GetParam()};
    const Holding before = settled(server, 20s);
    for (std::uint64_t came = 0; came < clients && !HasFailure(); came += at_once)
        come_and_go(server.address());
    wait_until_all_came_in(server);
    // Zombies are children, too; and of a thread that nobody joined the stack is left.
    expect_no_more(before, settled(server, 20s, before.census), GetParam().traits);
    const lab::PageReading page = server.page();
    EXPECT_EQ(page.accepted, clients);
    EXPECT_EQ(page.refused, 0U);
    EXPECT_EQ(server.process().stop(verify::in(10s)), verify::Exit{});
}

INSTANTIATE_TEST_SUITE_P(clients, Clients, testing::ValuesIn(models_with_workers()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
