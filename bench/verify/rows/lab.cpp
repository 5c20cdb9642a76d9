#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr Needs with_lab{.arguments = "--lab"};

std::string get_path(std::string_view path) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: iolab\r\n\r\n", path);
}

std::string echo_of(std::string_view body) {
    return fmt::format("POST /echo HTTP/1.1\r\nHost: iolab\r\nContent-Length: {}\r\n\r\n{}",
                       body.size(), body);
}

constexpr Behaviour table[] = {
    {"knows no path of the laboratory without --lab", hello,
     [](Stage& stage) {
         for (const auto* path : {"/bytes/1", "/spin/1", "/sleep/1", "/echo"})
             answers(stage, get_path(path), 404);
     }},
    {"answers /bytes/N with so many bytes", hello,
     [](Stage& stage) {
         for (const std::size_t size : {1u, 13u, 4096u, 65536u, 1'000'003u}) {
             const Reply reply = answers(stage, get_path(fmt::format("/bytes/{}", size)), 200);
             expect_equal("body bytes", reply.body.size(), size);
             expect_alphabet(reply.body);
         }
     },
     with_lab},
    {"answers /bytes/0 with none", hello,
     [](Stage& stage) { expect_text("body", answers(stage, get_path("/bytes/0"), 200).body, ""); },
     with_lab},
    {"announces to HEAD the length of /bytes/N", hello,
     [](Stage& stage) {
         const Reply reply =
             answers(stage, "HEAD /bytes/1000000 HTTP/1.1\r\nHost: iolab\r\n\r\n", 200, To::head);
         expect_text("Content-Length", reply.field("Content-Length"), "1000000");
     },
     with_lab},
    {"answers 404 to a number of bytes that is none", hello,
     [](Stage& stage) {
         for (const auto* path : {"/bytes/", "/bytes/x", "/bytes/-1", "/bytes/1x"})
             answers(stage, get_path(path), 404);
     },
     with_lab},
    {"never holds the whole of a long answer", hello,
     [](Stage& stage) {
         const std::uint64_t before = resident_bytes(stage.server().pid());
         Client client = stage.connect({.receive_buffer_bytes = 4096});
         client.send(get_path("/bytes/1000000000"));
         expect(client.await_arrival(3s), "the start of an answer", "nothing in 3 s");
         client.receive_for(100ms);
         const std::uint64_t after = resident_bytes(stage.server().pid());
         expect(after < before + 4'000'000, "less than 4 MB more in memory",
                fmt::format("{} KiB more", (after - before) / 1024));
     },
     with_lab},
    {"answers pipelined long and short requests in order", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(get_path("/bytes/300000") + std::string{get} + get_path("/bytes/100000") +
                     std::string{get});
         expect_equal<std::size_t>("body bytes", client.receive().body.size(), 300'000);
         expect_hello(stage, client.receive());
         expect_equal<std::size_t>("body bytes", client.receive().body.size(), 100'000);
         expect_hello(stage, client.receive());
     },
     with_lab},
    {"burns CPU for so long on /spin/US", hello,
     [](Stage& stage) {
         const auto began = Clock::now();
         const std::uint64_t before = cpu_ns(stage.server());
         answers(stage, get_path("/spin/100000"), 200);
         const std::chrono::duration<double, std::milli> took = Clock::now() - began;
         expect(took >= 100ms, "100 ms at least", fmt::format("{} ms", took.count()));
         // Of CPU, however long it takes to get it where others want it, too.
         const std::uint64_t used_us = (cpu_ns(stage.server()) - before) / 1000;
         expect(used_us >= 100'000, "100 ms of CPU at least", fmt::format("{} us", used_us));
     },
     with_lab},
    {"sleeps for so long on /sleep/MS", hello,
     [](Stage& stage) {
         const auto began = Clock::now();
         const std::uint64_t before = cpu_ns(stage.server());
         answers(stage, get_path("/sleep/60"), 200);
         const std::chrono::duration<double, std::milli> took = Clock::now() - began;
         expect(took >= 60ms, "60 ms at least", fmt::format("{} ms", took.count()));
         const std::uint64_t used_us = (cpu_ns(stage.server()) - before) / 1000;
         expect(used_us < 20'000, "next to no CPU", fmt::format("{} us", used_us));
     },
     with_lab},
    {"echoes a body", hello,
     [](Stage& stage) {
         expect_text("the body", answers(stage, echo_of("some body"), 200).body, "some body");
     },
     with_lab},
    {"echoes a chunked body", hello,
     [](Stage& stage) {
         const Reply reply = answers(stage,
                                     "POST /echo HTTP/1.1\r\nHost: iolab\r\n"
                                     "Transfer-Encoding: chunked\r\n\r\n"
                                     "5;x=y\r\nsome \r\n4\r\nbody\r\n0\r\nT: u\r\n\r\n",
                                     200);
         expect_text("the body", reply.body, "some body");
     },
     with_lab},
    {"echoes bytes of every value", hello,
     [](Stage& stage) {
         std::string body;
         for (int byte = 0; byte < 1024; ++byte) body += static_cast<char>(byte);
         expect_text("the body", answers(stage, echo_of(body), 200).body, body);
     },
     with_lab},
    {"echoes a body that arrives one byte at a time", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send_in_pieces(echo_of("byte by byte"), 1);
         expect_text("the body", client.receive().body, "byte by byte");
     },
     with_lab},
    {"echoes no more than it is willing to hold", hello,
     [](Stage& stage) { refuses(stage, echo_of(repeated("x", 1'000'000)), {413}); }, with_lab},
    {"answers 405 to a GET of /echo", hello,
     [](Stage& stage) {
         const Reply reply = answers(stage, get_path("/echo"), 405);
         expect(reply.has_token("Allow", "POST"), "Allow with POST", escaped(reply.head, 400));
     },
     with_lab},
    {"answers the same bytes in two sends",
     hello,
     [](Stage& stage) { serves(stage, get); },
     {.arguments = "--split-reply"}},
    {"answers pipelined requests in two sends each",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(repeated(get, 20));
         for (int reply = 0; reply < 20; ++reply) expect_hello(stage, client.receive());
     },
     {.arguments = "--split-reply"}},
    {"answers the same bytes with --cork",
     hello,
     [](Stage& stage) { serves(stage, get); },
     {.arguments = "--cork"}},
    {"keeps no bytes back with --cork",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         const auto began = Clock::now();
         for (int request = 0; request < 5; ++request) expect_kept(stage, client);
         expect(Clock::now() - began < 500ms, "5 answers in less than 500 ms", "more");
     },
     {.arguments = "--cork"}},
    {"answers the same bytes with --delay",
     hello,
     [](Stage& stage) { serves(stage, get); },
     {.arguments = "--delay"}},
};

}  // namespace

std::span<const Behaviour> lab() {
    return table;
}

}  // namespace verify::rows
