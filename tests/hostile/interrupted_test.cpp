// Every model, a thousand times a second interrupted in whatever it does, each of its threads: it
// serves eight clients without one error, and ends as it should.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/lab/models.hpp"
#include "bench/verify/client.hpp"
#include "bench/verify/server_process.hpp"

namespace {

using namespace std::chrono_literals;

constexpr int clients = 8;
constexpr auto as_long_as = 500ms;

/// Interrupts a server until it is told to leave off.
class Annoyer {
public:
    explicit Annoyer(verify::ServerProcess& server)
        : thread_{[this, &server] {
              while (!done_) {
                  verify::interrupt(server.family());
                  ++times_;
                  std::this_thread::sleep_for(1ms);
              }
          }} {}
    Annoyer(const Annoyer&) = delete;
    ~Annoyer() {
        done_ = true;
        thread_.join();
    }

    [[nodiscard]] int times() const { return times_; }

private:
    std::atomic<bool> done_{false};
    std::atomic<int> times_{0};
    std::thread thread_;
};

/// Replies that were as they should be, on one connection or, where the server closes, on more.
/// errors: throws `verify::Failed` for any other
int serve_one(const verify::Address& address) {
    constexpr std::string_view get = "GET /bytes/100000 HTTP/1.1\r\nHost: iolab\r\n\r\n";
    int replies = 0;
    const auto end = verify::Clock::now() + as_long_as;
    while (verify::Clock::now() < end) {
        verify::Client client{address, {.patience = 10s}};
        for (bool last = false; !last && verify::Clock::now() < end; ++replies) {
            client.send(get);
            const verify::Reply reply = client.receive();
            if (reply.status != 200 || reply.body.size() != 100'000)
                throw verify::Failed{"a whole answer", "another"};
            last = reply.has_token("Connection", "close");
        }
    }
    return replies;
}

class Interrupted : public testing::TestWithParam<lab::Model> {};

TEST_P(Interrupted, AThousandTimesASecondServesEverybodyAndEnds) {
    verify::ServerProcess server{GetParam(), {"--lab"}};
    std::optional<Annoyer> annoyer{std::in_place, server};
    std::atomic<int> replies{0};
    std::vector<std::thread> threads;
    for (int client = 0; client < clients; ++client)
        threads.emplace_back([&] { EXPECT_NO_THROW(replies += serve_one(server.address())); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(server.ended());
    EXPECT_GE(replies, clients);
    EXPECT_GE(annoyer->times(), 20);  // on a machine that has other things to do, too
    server.process().signal(SIGTERM);
    std::this_thread::sleep_for(20ms);
    annoyer.reset();  // before the process is reaped: its number may be another's then
    EXPECT_EQ(server.process().wait(verify::in(10s)), verify::Exit{});
}

INSTANTIATE_TEST_SUITE_P(interrupted, Interrupted,
                         testing::ValuesIn(lab::usable_models(IOLAB_MODELS_DIRECTORY)),
                         [](const auto& one) { return one.param.name; });

}  // namespace
