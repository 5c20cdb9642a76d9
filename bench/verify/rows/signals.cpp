#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr std::string_view get_long = "GET /bytes/50000000 HTTP/1.1\r\nHost: iolab\r\n\r\n";
constexpr std::size_t long_bytes = 50'000'000;

void expect_exit(ServerProcess& server, int code, std::chrono::milliseconds within) {
    const auto exit = server.process().wait(in(within));
    expect(exit == Exit{false, code}, fmt::format("exit {} within {} ms", code, within.count()),
           exit ? describe(*exit) : "no end");
}

/// Told to stop, it ends in order, and soon.
void stops(ServerProcess& server, int signal = SIGTERM) {
    server.process().signal(signal);
    expect_exit(server, 0, 2000ms);
}

/// A client in the midst of an answer that is too long for the kernel to hold.
Client in_mid_answer(const ServerProcess& server) {
    Client client{server.address(), {.receive_buffer_bytes = 64 * 1024}};
    client.send(get_long);
    expect(client.await_arrival(3s), "the start of an answer", "nothing in 3 s");
    return client;
}

/// A signal that ends who does not say otherwise.
void lives_through(Stage& stage, int number) {
    stage.server().process().signal(number);
    serves(stage, get);
}

/// Requests without a pause until the server is gone; no answer may come in part.
void load(const Address& address, std::atomic<int>& whole, std::atomic<int>& partial) {
    for (;;) {
        try {
            Client client{address, {.patience = 3s}};
            for (bool last = false; !last;) {
                client.send(get);
                try {
                    last = client.receive().has_token("Connection", "close");
                } catch (const Failed&) {
                    if (client.inside_reply()) ++partial;
                    last = true;
                    continue;
                }
                ++whole;
            }
        } catch (const Failed&) {
            return;  // nobody listens any more
        }
    }
}

constexpr Behaviour table[] = {
    {"exits 0 on SIGTERM when nobody is connected",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         server.process().signal(SIGTERM);
         expect_exit(server, 0, 1000ms);
     },
     {.own = true}},
    {"exits 0 on SIGINT when nobody is connected",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         server.process().signal(SIGINT);
         expect_exit(server, 0, 1000ms);
     },
     {.own = true}},
    {"exits 0 on SIGTERM though it was started with the signal blocked",
     hello,
     [](Stage& stage) {
         Launch launch;
         launch.held_back = {SIGTERM};
         ServerProcess server = stage.start({}, launch);
         server.process().signal(SIGTERM);
         expect_exit(server, 0, 1000ms);
     },
     {.own = true}},
    {"exits 0 on SIGTERM right after its ready line",
     hello,
     [](Stage& stage) {
         for (int round = 0; round < 10; ++round) {
             ServerProcess server = stage.start({});
             stops(server);
         }
     },
     {.own = true}},
    {"exits 0 although a client is silent",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client silent = stage.connect_to(server);
         await_open(server, 1);
         stops(server);
     },
     {.own = true}},
    {"exits 0 although a client has sent half a head",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client half = stage.connect_to(server);
         half.send(get.substr(0, 20));
         half.wait_until_taken();
         stops(server);
     },
     {.own = true}},
    {"exits 0 although a client has sent half a body",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client half = stage.connect_to(server);
         half.send(post_with({"Content-Length: 10"}, "half"));
         half.wait_until_taken();
         stops(server);
     },
     {.own = true}},
    {"exits 0 although a client keeps an idle connection",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client idle = stage.connect_to(server);
         expect_kept(stage, idle);
         stops(server);
         idle.expect_end();
     },
     {.own = true}},
    {"exits 0 although a client lingers after an error",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client client = stage.connect_to(server);
         client.send("no request\r\n\r\n");
         expect_status(client.receive(), {400});
         stops(server);
     },
     {.own = true}},
    {"finishes an answer that is under way when it is told to stop",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({"--lab", "--drain-seconds", "10"});
         Client client = in_mid_answer(server);
         server.process().signal(SIGTERM);
         const Reply reply = client.receive();
         expect_equal("body bytes", reply.body.size(), long_bytes);
         client.expect_end();
         expect_exit(server, 0, 2000ms);
     },
     {.own = true}},
    {"refuses new clients while it finishes its answers",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({"--lab"});
         Client client = in_mid_answer(server);
         server.process().signal(SIGTERM);
         await_fact(
             "ECONNREFUSED", [&] { return try_connect(server.address()) == ECONNREFUSED; }, 1000ms);
         expect(!server.ended(), "a server that still finishes an answer", "its end");
     },
     {.own = true}},
    {"gives a whole answer or none under load when it is told to stop",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         std::atomic<int> whole = 0;
         std::atomic<int> partial = 0;
         std::vector<std::thread> clients;
         clients.reserve(4);
         for (int client = 0; client < 4; ++client)
             clients.emplace_back([&] { load(server.address(), whole, partial); });
         for (const Deadline until = in(10s); whole < 500 && Clock::now() < until;) {
             if (server.ended()) break;
             std::this_thread::sleep_for(1ms);
         }
         server.process().signal(SIGTERM);
         const auto exit = server.process().wait(in(2s));
         for (std::thread& client : clients) client.join();
         expect(exit == Exit{}, "exit 0 within 2 s", exit ? describe(*exit) : "no end");
         expect(whole > 0, "answers under load", "none");
         expect_equal("partial answers", partial.load(), 0);
     },
     {.own = true}},
    {"ends the drain for everybody when its time is over",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({"--lab", "--drain-seconds", "0.3"});
         Client client = in_mid_answer(server);
         const auto began = Clock::now();
         server.process().signal(SIGTERM);
         expect_exit(server, 0, 1500ms);
         expect(Clock::now() - began > 280ms, "an end after 0.3 s", "one before");
     },
     {.own = true}},
    {"ends the drain at a second signal, with 130 when that cuts an answer",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({"--lab", "--drain-seconds", "30"});
         Client client = in_mid_answer(server);
         server.process().signal(SIGTERM);
         await_fact(
             "ECONNREFUSED", [&] { return try_connect(server.address()) == ECONNREFUSED; }, 1000ms);
         server.process().signal(SIGTERM);
         expect_exit(server, 130, 1000ms);
     },
     {.own = true}},
    {"ends the drain at a second signal, with 0 when that cuts nothing",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({"--drain-seconds", "30"});
         Client client = stage.connect_to(server);
         client.send("no request\r\n\r\n");
         expect_status(client.receive(), {400});
         server.process().signal(SIGTERM);
         await_fact(
             "ECONNREFUSED",
             [&] { return server.ended() || try_connect(server.address()) == ECONNREFUSED; },
             1000ms);
         server.process().signal(SIGTERM);
         expect_exit(server, 0, 1000ms);
     },
     {.own = true}},
    {"leaves no process behind",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client client = stage.connect_to(server);
         expect_kept(stage, client);
         const std::vector<pid_t> family = descendants(server.pid());
         stops(server);
         for (const pid_t pid : family)
             expect(::kill(pid, 0) != 0, "no child that lives on", fmt::format("{}", pid));
     },
     {.own = true}},
    {"lives through SIGPIPE",
     any,
     [](Stage& stage) { lives_through(stage, SIGPIPE); },
     {.own = true}},
    {"lives through SIGXFSZ, which a log beyond its limit raises",
     any,
     [](Stage& stage) { lives_through(stage, SIGXFSZ); },
     {.own = true}},
    {"goes on where it stood after SIGSTOP and SIGCONT", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(get.substr(0, 20));
         client.wait_until_taken();
         Frozen frozen{stage};
         client.send(get.substr(20));
         client.expect_silence(50ms);
         frozen.thaw();
         expect_hello(stage, client.receive());
     }},
    {"does not mind waits that are interrupted all the time", any,
     [](Stage& stage) {
         std::atomic<bool> done = false;
         std::thread annoyer{[&] {
             while (!done) {
                 signal_all(stage, SIGSTOP);
                 signal_all(stage, SIGCONT);
                 std::this_thread::sleep_for(200us);
             }
         }};
         try {
             for (int request = 0; request < 200; ++request) serves(stage, get);
         } catch (...) {
             done = true;
             annoyer.join();
             throw;
         }
         done = true;
         annoyer.join();
     }},
};

}  // namespace

std::span<const Behaviour> signals() {
    return table;
}

}  // namespace verify::rows
