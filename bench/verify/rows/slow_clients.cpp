#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

/// 408, told as the last answer, not before `earliest_s` and not later than a second after it.
void expect_timed_out(Client& client, Clock::time_point began, double earliest_s) {
    const Reply reply = client.receive();
    const double took_s = seconds_since(began);
    expect_status(reply, {408});
    expect_last(client, reply);
    expect(took_s >= earliest_s - 0.01 && took_s <= earliest_s + 1,
           fmt::format("408 after {} s", earliest_s), fmt::format("after {:.3f} s", took_s));
}

/// The connection ends without a byte, not before `earliest_s` and not much later.
void expect_silent_end(Client& client, Clock::time_point began, double earliest_s) {
    client.expect_end(3s);
    const double took_s = seconds_since(began);
    expect(took_s >= earliest_s - 0.01 && took_s <= earliest_s + 1,
           fmt::format("the end after {} s", earliest_s), fmt::format("after {:.3f} s", took_s));
}

/// Sends the same request until the server takes no more of it for half a second: of a buffer so small
/// that a server that is slow has taken some of it by then. result: bytes that were taken
/// errors: throws Failed where the connection ends instead
std::uint64_t fill(Client& client, std::string_view request, std::uint64_t most_bytes) {
    constexpr int buffer_bytes = 64 * 1024;
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    const std::string block = repeated(request, 256);
    std::uint64_t taken = 0;
    pollfd room{.fd = client.descriptor(), .events = POLLOUT, .revents = 0};
    while (taken < most_bytes) {
        const std::size_t count = client.send_some(
            std::string_view{block}.substr(static_cast<std::size_t>(taken % request.size())));
        taken += count;
        if (count > 0) continue;
        if (::poll(&room, 1, 500) <= 0) return taken;
        expect((room.revents & (POLLERR | POLLHUP)) == 0, "a server that lets its client wait",
               "the end of the connection");
    }
    return taken;
}

/// While somebody holds a connection in this way, others are served at once.
void serves_beside(Stage& stage, Client& holder) {
    holder.wait_until_taken();
    const auto began = Clock::now();
    for (int request = 0; request < 20; ++request) serves(stage, get);
    expect(seconds_since(began) < 2, "40 answers in less than 2 s",
           fmt::format("{:.3f} s", seconds_since(began)));
}

constexpr Behaviour table[] = {
    {"serves others while a client stays silent",
     any,
     [](Stage& stage) {
         Client silent = stage.connect();
         serves_beside(stage, silent);
     },
     {.exempt = one_at_a_time}},
    {"serves others while a client has sent half a head",
     any,
     [](Stage& stage) {
         Client half = stage.connect();
         half.send(get.substr(0, 20));
         serves_beside(stage, half);
     },
     {.exempt = one_at_a_time}},
    {"serves others while a client has sent half a body",
     any,
     [](Stage& stage) {
         Client half = stage.connect();
         half.send(post_with({"Content-Length: 10"}, "half"));
         serves_beside(stage, half);
     },
     {.exempt = one_at_a_time}},
    {"serves others while a client keeps its connection idle",
     keeping,
     [](Stage& stage) {
         Client idle = stage.connect();
         expect_kept(stage, idle);
         serves_beside(stage, idle);
     },
     {.exempt = one_at_a_time}},
    {"serves others while a client does not read a long answer",
     hello,
     [](Stage& stage) {
         Client deaf = stage.connect({.receive_buffer_bytes = 4096});
         deaf.send("GET /bytes/100000000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
         expect(deaf.await_arrival(3s), "the start of an answer", "nothing in 3 s");
         serves_beside(stage, deaf);
     },
     {.arguments = "--lab", .exempt = one_at_a_time}},
    {"serves others while a client takes all that it can get",
     hello,
     [](Stage& stage) {
         Client greedy = stage.connect();
         greedy.send("GET /bytes/1000000000000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
         std::atomic<bool> done = false;
         std::thread reader{[&] {
             while (!done && greedy.await_arrival(1s)) greedy.receive_for(1ms);
         }};
         try {
             serves_beside(stage, greedy);
         } catch (...) {
             done = true;
             reader.join();
             throw;
         }
         done = true;
         reader.join();
     },
     {.arguments = "--lab", .exempt = one_at_a_time}},
    {"serves others while 200 clients say nothing",
     any,
     [](Stage& stage) {
         std::vector<Client> silent;
         silent.reserve(200);
         for (int client = 0; client < 200; ++client) silent.push_back(stage.connect());
         serves_beside(stage, silent.back());
     },
     {.exempt = few_at_once}},
    {"spends no CPU on a client that is silent",
     any,
     [](Stage& stage) {
         Client silent = stage.connect();
         silent.send(get.substr(0, 20));
         silent.wait_until_taken();
         const std::uint64_t before = cpu_ns(stage.server());
         std::this_thread::sleep_for(300ms);
         const std::uint64_t used_us = (cpu_ns(stage.server()) - before) / 1000;
         expect(used_us < 5000, "less than 5 ms of CPU in 300 ms", fmt::format("{} us", used_us));
     },
     {.exempt = never_sleeps}},
    {"spends no CPU on idle, silent, half-heard and half-closed clients",
     keeping,
     [](Stage& stage) {
         std::vector<Client> held;
         for (int client = 0; client < 160; ++client) {
             held.push_back(stage.connect());
             Client& one = held.back();
             if (client % 4 == 0) expect_kept(stage, one);
             if (client % 4 == 1) one.send(get.substr(0, 20));
             if (client % 4 == 2) one.send(post_with({"Content-Length: 10"}, "half"));
             one.wait_until_taken();
         }
         const std::uint64_t before = cpu_ns(stage.server());
         std::this_thread::sleep_for(500ms);
         const std::uint64_t used_us = (cpu_ns(stage.server()) - before) / 1000;
         expect(used_us < 25'000, "less than 25 ms of CPU in 500 ms",
                fmt::format("{} us", used_us));
     },
     {.exempt = either<few_at_once, never_sleeps>}},
    {"spends no CPU on a client that does not read",
     hello,
     [](Stage& stage) {
         Client deaf = stage.connect({.receive_buffer_bytes = 4096});
         deaf.send("GET /bytes/100000000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
         expect(deaf.await_arrival(3s), "the start of an answer", "nothing in 3 s");
         const std::uint64_t before = cpu_ns_at_rest(stage.server());
         std::this_thread::sleep_for(300ms);
         const std::uint64_t used_us = (cpu_ns(stage.server()) - before) / 1000;
         expect(used_us < 5000, "less than 5 ms of CPU in 300 ms", fmt::format("{} us", used_us));
     },
     {.arguments = "--lab", .exempt = never_sleeps}},
    {"answers 408 when a head is not whole in time",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         const auto began = Clock::now();
         client.send(get.substr(0, 20));
         expect_timed_out(client, began, 0.3);
     },
     {.arguments = short_times}},
    {"gives a head that drips no more time than another",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         const auto began = Clock::now();
         // Longer than any answer that is not too late: a deadline that moves is not met by chance.
         constexpr std::string_view start = "GET / HTTP/1.1\r\nX: ";
         for (std::size_t byte = 0; seconds_since(began) < 2; ++byte) {
             client.send(byte < start.size() ? start.substr(byte, 1) : "y");
             if (client.await_arrival(50ms)) break;
         }
         expect_timed_out(client, began, 0.3);
     },
     {.arguments = short_times}},
    {"closes without a word on a client that says nothing in time",
     hello,
     [](Stage& stage) {
         const auto began = Clock::now();
         Client client = stage.connect();
         expect_silent_end(client, began, 0.3);
     },
     {.arguments = short_times}},
    {"answers 408 when half of a second head is all that comes",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         expect_kept(stage, client);
         const auto began = Clock::now();
         client.send(get.substr(0, 20));
         expect_timed_out(client, began, 0.3);
     },
     {.arguments = short_times}},
    {"answers 408 when a body stops coming",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         const auto began = Clock::now();
         client.send(post_with({"Content-Length: 10"}, "half"));
         expect_timed_out(client, began, 0.3);
     },
     {.arguments = short_times}},
    {"has patience with a body as long as it drips",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(post_with({"Content-Length: 8"}, ""));
         for (int byte = 0; byte < 8; ++byte) {
             client.expect_silence(100ms);
             client.send("x");
         }
         expect_status(client.receive(), {405});
     },
     {.arguments = short_times}},
    {"closes without a word on a connection that stays idle",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         expect_kept(stage, client);
         expect_silent_end(client, Clock::now(), 0.6);
     },
     {.arguments = short_times}},
    {"counts idle time anew after every request",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         for (int request = 0; request < 4; ++request) {
             expect_kept(stage, client);
             client.expect_silence(300ms);
         }
         expect_kept(stage, client);
     },
     {.arguments = short_times}},
    {"lets go of a client that does not read in time",
     hello,
     [](Stage& stage) {
         Client client = stage.connect({.receive_buffer_bytes = 4096});
         client.send("GET /bytes/100000000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
         expect(client.await_arrival(3s), "the start of an answer", "nothing in 3 s");
         await_fact("a connection that is closed", [&] { return !client.server_holds_on(); });
     },
     {.arguments = "--lab --send-timeout 0.4"}},
    {"has patience with an answer as long as some of it is read",
     hello,
     [](Stage& stage) {
         Client client = stage.connect({.receive_buffer_bytes = 64 * 1024});
         client.send("GET /bytes/20000000 HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n");
         std::size_t size = 0;
         std::size_t wanted =
             0;  // 7 MB a second: a server is told of room when there is much of it
         const auto began = Clock::now();
         while (seconds_since(began) < 2.1) {
             std::this_thread::sleep_for(100ms);
             wanted += 700'000;
             while (size < wanted && seconds_since(began) < 2.1)
                 size += client.receive_for(1ms).size();
         }
         size += client.receive_rest().size();
         expect(size > 20'000'000, "all of 20,000,000 bytes", fmt::format("{} bytes", size));
     },
     {.arguments = "--lab --send-timeout 0.7"}},
    {"counts who ran out of time",
     hello,
     [](Stage& stage) {
         const std::uint64_t before = stage.server().page().timed_out;
         Client client = stage.connect();
         client.send("GET");
         client.receive();
         expect_equal<std::uint64_t>("timed out", stage.server().page().timed_out, before + 1);
     },
     {.arguments = short_times, .own = true}},
    {"does not read on while a client reads no answers", keeping,
     [](Stage& stage) {
         Client client = stage.connect({.receive_buffer_bytes = 4096});
         const std::uint64_t taken = fill(client, get, 64 * mebibyte);
         expect(taken < 64 * mebibyte, "requests that are no longer read",
                fmt::format("{} bytes of them read", taken));
     }},
    {"keeps little memory for answers that are not read", keeping,
     [](Stage& stage) {
         const std::uint64_t before = resident_bytes(stage.server().pid());
         Client client = stage.connect({.receive_buffer_bytes = 4096});
         fill(client, get, 64 * mebibyte);
         const std::uint64_t after = resident_bytes(stage.server().pid());
         expect(after < before + 20 * mebibyte, "less than 20 MiB more in memory",
                fmt::format("{} KiB more", (after - before) / 1024));
     }},
    {"gives all answers to a client that reads them late", keeping,
     [](Stage& stage) {
         Client client = stage.connect({.receive_buffer_bytes = 4096});
         const std::uint64_t taken = fill(client, get, 64 * mebibyte);
         for (std::uint64_t request = 0; request < taken / get.size(); ++request)
             expect_hello(stage, client.receive());
         client.send(get.substr(static_cast<std::size_t>(taken % get.size())));
         expect_hello(stage, client.receive());
     }},
    {"has right bytes for a client that reads a long answer late",
     hello,
     [](Stage& stage) {
         Client client = stage.connect({.receive_buffer_bytes = 4096});
         client.send("GET /bytes/10000000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
         std::this_thread::sleep_for(200ms);
         const Reply reply = client.receive();
         expect_equal<std::size_t>("body bytes", reply.body.size(), 10'000'000);
         expect_alphabet(reply.body);
     },
     {.arguments = "--lab"}},
};

}  // namespace

std::span<const Behaviour> slow_clients() {
    return table;
}

}  // namespace verify::rows
