#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

std::string get_with_query(std::size_t line_bytes) {
    const std::string_view rest = "GET /? HTTP/1.1";
    return fmt::format("GET /?{} HTTP/1.1\r\nHost: iolab\r\n\r\n",
                       repeated("q", line_bytes - rest.size()));
}

/// A request with that many fields, Host among them.
std::string get_with_fields(std::size_t count) {
    std::string request = "GET / HTTP/1.1\r\nHost: iolab\r\n";
    for (std::size_t field = 1; field < count; ++field)
        request += fmt::format("X-{}: y\r\n", field);
    return request + "\r\n";
}

/// Sends so much of the same that no server should keep it, and never ends it. The server may
/// stop reading once it has answered.
void send_without_end(Client& client, std::string_view start, std::uint64_t size_bytes) {
    client.send(start);
    const std::string block = repeated("x", 1u << 18);
    for (std::uint64_t sent = 0; sent < size_bytes; sent += block.size()) client.send(block);
}

constexpr Behaviour table[] = {
    {"serves a request line of 8000 bytes", keeping,
     [](Stage& stage) { serves(stage, get_with_query(8000)); }},
    {"answers 414 to a request line of more than 8 KiB", hello,
     [](Stage& stage) { refuses(stage, get_with_query(8300), {414}); }},
    {"answers 414 before a long request line has ended", hello,
     [](Stage& stage) { refuses(stage, "GET /" + repeated("q", 9000), {414}); }},
    {"serves a head of 31 KiB", hello,
     [](Stage& stage) {
         const std::string value = repeated("y", 7500);
         serves(stage, get_with({"A: " + value, "B: " + value, "C: " + value, "D: " + value}));
     }},
    {"answers 431 to a head of more than 32 KiB", hello,
     [](Stage& stage) {
         const std::string value = repeated("y", 7000);
         refuses(
             stage,
             get_with({"A: " + value, "B: " + value, "C: " + value, "D: " + value, "E: " + value}),
             {431});
     }},
    {"answers 431 to one field of 100 KB", hello,
     [](Stage& stage) { refuses(stage, get_with({"X: " + repeated("y", 100'000)}), {431}); }},
    {"answers 431 before a long head has ended", hello,
     [](Stage& stage) {
         refuses(stage, "GET / HTTP/1.1\r\nHost: iolab\r\nX: " + repeated("y", 33'000), {431});
     }},
    {"serves a hundred fields", keeping, [](Stage& stage) { serves(stage, get_with_fields(100)); }},
    {"answers 431 to more than a hundred fields", hello,
     [](Stage& stage) { refuses(stage, get_with_fields(101), {431}); }},
    {"answers 431 to ten thousand fields", hello,
     [](Stage& stage) { refuses(stage, get_with_fields(10'000), {431}); }},
    {"gets its error answer through to a client that goes on sending", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         send_without_end(client, "no request\r\n\r\n", mebibyte);
         client.half_close();
         const Reply reply = client.receive();
         expect_status(reply, {400});
         expect_last(client, reply);
     }},
    {"gets its 413 through to a client that sends the whole body", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         send_without_end(client, post_with({"Content-Length: 8388608"}, ""), 8 * mebibyte);
         client.half_close();
         const Reply reply = client.receive();
         expect_status(reply, {413});
         expect_last(client, reply);
     }},
    {"keeps no memory for a head of 64 MiB", hello,
     [](Stage& stage) {
         const std::uint64_t before = resident_bytes(stage.server().pid());
         Client client = stage.connect();
         send_without_end(client, "GET / HTTP/1.1\r\nHost: iolab\r\nX: ", 64 * mebibyte);
         const std::uint64_t after = resident_bytes(stage.server().pid());
         expect(after < before + 20 * mebibyte, "less than 20 MiB more in memory",
                fmt::format("{} KiB more", (after - before) / 1024));
         client.half_close();
         expect_status(client.receive(), {431});
     }},
};

}  // namespace

std::span<const Behaviour> limits() {
    return table;
}

}  // namespace verify::rows
