#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr std::size_t largest_body_bytes = std::size_t{1} << 20;

/// A length that is none: the bytes behind the head must not be taken for a request.
void refuses_length(Stage& stage, std::string_view value) {
    const std::string field = fmt::format("Content-Length: {}", value);
    refuses(stage, post_with({field}, get), {400});
}

std::string post_of(std::size_t announced_bytes, std::string_view body) {
    return post_with({fmt::format("Content-Length: {}", announced_bytes)}, body);
}

constexpr Behaviour table[] = {
    {"reads a body and drops it", hello,
     [](Stage& stage) { takes_body(stage, post_of(4, "body")); }},
    {"does not take a body for a request", hello,
     [](Stage& stage) { takes_body(stage, post_of(get_missing.size(), get_missing)); }},
    {"reads the body of a GET", hello,
     [](Stage& stage) { serves(stage, get_with({"Content-Length: 4"}) + "body"); }},
    {"answers a request right behind a body", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(post_of(4, "body") + std::string{get});
         expect_status(client.receive(), {405});
         expect_hello(stage, client.receive());
     }},
    {"takes a length of zero", any,
     [](Stage& stage) { serves(stage, get_with({"Content-Length: 0"})); }},
    {"takes a length with leading zeros", hello,
     [](Stage& stage) { takes_body(stage, post_with({"Content-Length: 0004"}, "body")); }},
    {"waits for the end of a body", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(post_of(8, "half"));
         client.expect_silence(100ms);
         client.send("body" + std::string{get});
         expect_status(client.receive(), {405});
         expect_hello(stage, client.receive());
     }},
    {"refuses a negative length", keeping, [](Stage& stage) { refuses_length(stage, "-1"); }},
    {"refuses a length with a plus", keeping, [](Stage& stage) { refuses_length(stage, "+4"); }},
    {"refuses a hexadecimal length", keeping, [](Stage& stage) { refuses_length(stage, "0x4"); }},
    {"refuses an empty length", keeping, [](Stage& stage) { refuses_length(stage, ""); }},
    {"refuses a length with a fraction", keeping,
     [](Stage& stage) { refuses_length(stage, "4.0"); }},
    {"refuses a length with letters behind it", keeping,
     [](Stage& stage) { refuses_length(stage, "4x"); }},
    {"refuses a length with a space in it", keeping,
     [](Stage& stage) { refuses_length(stage, "4 0"); }},
    {"refuses a list of lengths", keeping, [](Stage& stage) { refuses_length(stage, "4, 4"); }},
    {"refuses a length of more than 63 bits", keeping,
     [](Stage& stage) { refuses_length(stage, "9223372036854775808"); }},
    {"refuses a length that would wrap to a small one", keeping,
     [](Stage& stage) { refuses_length(stage, "18446744073709551620"); }},
    {"refuses a length of a hundred digits", keeping,
     [](Stage& stage) { refuses_length(stage, repeated("9", 100)); }},
    {"refuses two lengths that differ", keeping,
     [](Stage& stage) {
         refuses(stage, post_with({"Content-Length: 4", "Content-Length: 5"}, "body"), {400});
     }},
    {"refuses two lengths that are the same", hello,
     [](Stage& stage) {
         refuses(stage, post_with({"Content-Length: 4", "Content-Length: 4"}, "body"), {400});
     }},
    {"refuses a length beside a transfer coding", keeping,
     [](Stage& stage) {
         refuses(stage, post_with({"Content-Length: 5", "Transfer-Encoding: chunked"}, "0\r\n\r\n"),
                 {400});
     }},
    {"refuses a transfer coding beside a length", keeping,
     [](Stage& stage) {
         refuses(stage, post_with({"Transfer-Encoding: chunked", "Content-Length: 5"}, "0\r\n\r\n"),
                 {400});
     }},
    {"reads a body of 1 MiB", hello,
     [](Stage& stage) {
         takes_body(stage, post_of(largest_body_bytes, repeated("x", largest_body_bytes)));
     }},
    {"answers 413 to a body of more than 1 MiB", hello,
     [](Stage& stage) {
         refuses(stage, post_of(largest_body_bytes + 1, repeated("x", largest_body_bytes + 1)),
                 {413});
     }},
    {"answers 413 before the body comes", hello,
     [](Stage& stage) { refuses(stage, post_of(largest_body_bytes + 1, ""), {413}); }},
    {"does not keep a client waiting that expects 100-continue", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(post_with({"Content-Length: 4", "Expect: 100-continue"}, ""));
         expect(client.await_arrival(1s), "100 or a final answer within a second", "nothing");
         const std::string first = client.receive_for(20ms);
         expect(first.starts_with("HTTP/1.1 "), "100 or a final answer", escaped(first));
         if (!first.starts_with("HTTP/1.1 100 ")) return;
         expect_text("an interim reply without fields", first.substr(first.find('\r')), "\r\n\r\n");
         client.send("body");
         expect_status(client.receive(), {405});
         expect_kept(stage, client);
     }},
};

}  // namespace

std::span<const Behaviour> lengths() {
    return table;
}

}  // namespace verify::rows
