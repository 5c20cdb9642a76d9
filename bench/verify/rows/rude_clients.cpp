#include <system_error>

#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

/// A client sends this, waits until it has been read, and resets the connection.
void resets_after(Stage& stage, std::string_view bytes) {
    for (int round = 0; round < 20; ++round) {
        Client client = stage.connect();
        client.send(bytes);
        client.wait_until_taken();
        client.reset();
    }
    serves(stage, get);
}

/// A client sends part of a request and half-closes: there is nothing to wait for any more.
void ends_after_half(Stage& stage, std::string_view bytes) {
    Client client = stage.connect();
    client.send(bytes);
    client.half_close();
    client.expect_gone();
}

/// So many clients at once, each with one request, served in whatever order. Who is not connected
/// in 100 ms tries anew: the kernel would wait longer with every try, up to half a minute.
void serves_burst(Stage& stage, std::size_t count) {
    constexpr ClientOptions eager{.patience = 15s, .at_once = true};
    std::vector<Client> clients;
    clients.reserve(count);
    for (std::size_t client = 0; client < count; ++client) clients.push_back(stage.connect(eager));
    std::vector<Client*> waiting;
    waiting.reserve(count);
    for (Client& client : clients) waiting.push_back(&client);
    constexpr auto tries_anew_after = 100ms;
    auto tried = Clock::now();
    await_fact(
        "so many connections",
        [&] {
            std::erase_if(waiting, [](Client* one) { return one->send_some(get_and_close) > 0; });
            if (Clock::now() - tried < tries_anew_after) return waiting.empty();
            for (Client* one : waiting) *one = stage.connect(eager);
            tried = Clock::now();
            return waiting.empty();
        },
        15s);
    for (Client& client : clients) expect_hello(stage, client.receive());
}

constexpr Behaviour table[] = {
    {"lets a client go that only connects", any, [](Stage& stage) { stage.connect().close(); }},
    {"takes 10,000 clients that connect and close", any,
     [](Stage& stage) {
         const Deadline until = in(60s);  // who is turned away tries again after a second
         for (int client = 0; client < 10'000; ++client) {
             const int error = try_connect(stage.server().address());
             expect(error == 0, "a connection", std::generic_category().message(error));
             expect(Clock::now() < until, "10,000 clients in a minute", fmt::format("{}", client));
         }
     }},
    {"takes 2000 clients that connect and reset", any,
     [](Stage& stage) {
         for (int client = 0; client < 2000; ++client) stage.connect().reset();
     }},
    {"survives a reset in the midst of a head", any,
     [](Stage& stage) { resets_after(stage, get.substr(0, 20)); }},
    {"survives a reset in the midst of a body", any,
     [](Stage& stage) { resets_after(stage, post_with({"Content-Length: 100"}, "some")); }},
    {"survives a reset after a request", any, [](Stage& stage) { resets_after(stage, get); }},
    {"survives a reset right behind a request", any,
     [](Stage& stage) {
         for (int round = 0; round < 100; ++round) {
             Client client = stage.connect();
             client.send(get);
             client.reset();
         }
     }},
    {"survives a reset with a hundred answers unread", keeping,
     [](Stage& stage) { resets_after(stage, repeated(get, 100)); }},
    {"survives a reset between two requests", keeping,
     [](Stage& stage) {
         for (int round = 0; round < 20; ++round) {
             Client client = stage.connect();
             client.send(get);
             expect_hello(stage, client.receive());
             client.reset();
         }
     }},
    {"survives a reset in the midst of a long answer",
     hello,
     [](Stage& stage) {
         for (int round = 0; round < 10; ++round) {
             Client client = stage.connect();
             client.send("GET /bytes/20000000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
             expect(client.await_arrival(3s), "the start of an answer", "nothing in 3 s");
             client.reset();
         }
     },
     {.arguments = "--lab"}},
    {"survives clients that close with an answer unread", any,
     [](Stage& stage) {
         for (int round = 0; round < 100; ++round) {
             Client client = stage.connect();
             client.send(get);
             expect(client.await_arrival(3s), "an answer", "nothing in 3 s");
             client.close();  // with input unread this sends a reset
         }
     }},
    {"survives clients that close in the midst of a head", any,
     [](Stage& stage) {
         for (int round = 0; round < 100; ++round) {
             Client client = stage.connect();
             client.send(get.substr(0, 20));
             client.close();
         }
     }},
    {"answers a client that has half-closed after its request", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(get);
         client.half_close();
         expect_hello(stage, client.receive());
         client.expect_end();
     }},
    {"answers a client that half-closes once its request is read", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(get);
         client.wait_until_taken();
         client.half_close();
         expect_hello(stage, client.receive());
         client.expect_end();
     }},
    {"answers all that a half-closed client has pipelined", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(repeated(get, 50));
         client.half_close();
         for (int reply = 0; reply < 50; ++reply) expect_hello(stage, client.receive());
         client.expect_end();
     }},
    {"gives a half-closed client an answer of any size",
     hello,
     [](Stage& stage) {
         Client client = stage.connect({.receive_buffer_bytes = 16 * 1024});
         client.send("GET /bytes/20000000 HTTP/1.1\r\nHost: iolab\r\n\r\n");
         client.half_close();
         expect_equal<std::size_t>("body bytes", client.receive().body.size(), 20'000'000);
         client.expect_end();
     },
     {.arguments = "--lab"}},
    {"closes on a client that half-closes without a word", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.half_close();
         client.expect_end();
     }},
    {"closes on a client that half-closes in the request line", any,
     [](Stage& stage) { ends_after_half(stage, "GET / HT"); }},
    {"closes on a client that half-closes among the fields", any,
     [](Stage& stage) { ends_after_half(stage, get.substr(0, get.size() - 2)); }},
    {"closes on a client that half-closes in the midst of a body", hello,
     [](Stage& stage) { ends_after_half(stage, post_with({"Content-Length: 10"}, "half")); }},
    {"closes on a client that half-closes in the midst of a chunk", hello,
     [](Stage& stage) { ends_after_half(stage, post_chunked("a\r\nhalf")); }},
    {"closes on a client that half-closes between two requests", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         expect_kept(stage, client);
         client.half_close();
         client.expect_end();
     }},
    {"serves 256 clients that come at once", any, [](Stage& stage) { serves_burst(stage, 256); }},
    {"serves 256 clients at once over a backlog of 16",
     hello,
     [](Stage& stage) { serves_burst(stage, 256); },
     {.arguments = "--backlog 16"}},
};

}  // namespace

std::span<const Behaviour> rude_clients() {
    return table;
}

}  // namespace verify::rows
