#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

std::string with_method(std::string_view method, std::string_view path = "/") {
    return std::string{method} + ' ' + std::string{path} + " HTTP/1.1\r\nHost: iolab\r\n\r\n";
}

constexpr Behaviour table[] = {
    {"answers HEAD without a body", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send("HEAD / HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n");
         expect_status(client.receive(To::head), {200});
         client.expect_end();
     }},
    {"announces to HEAD the length that GET would have", any,
     [](Stage& stage) {
         const Reply reply = answers(stage, with_method("HEAD"), 200, To::head);
         expect_text("Content-Length", reply.field("Content-Length"),
                     std::to_string(stage.body().size()));
     }},
    {"announces to HEAD the type that GET would have", any,
     [](Stage& stage) {
         const Reply head = answers(stage, with_method("HEAD"), 200, To::head);
         const Reply whole = answers(stage, get, 200);
         expect_text("Content-Type", head.field("Content-Type"), whole.field("Content-Type"));
     }},
    {"stays in step when HEAD is pipelined with GET", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(with_method("HEAD") + std::string{get} + with_method("HEAD") +
                     std::string{get});
         for (int pair = 0; pair < 2; ++pair) {
             expect_status(client.receive(To::head), {200});
             expect_hello(stage, client.receive());
         }
     }},
    {"answers HEAD of an unknown path without a body", any,
     [](Stage& stage) { answers(stage, with_method("HEAD", "/missing"), 404, To::head); }},
    {"answers 405 to a method that it knows and does not serve", hello,
     [](Stage& stage) {
         for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS"})
             answers(stage, with_method(method), 405);
     }},
    {"names the methods that are allowed", hello,
     [](Stage& stage) {
         const Reply reply = answers(stage, with_method("DELETE"), 405);
         for (const auto* method : {"GET", "HEAD"})
             expect(reply.has_token("Allow", method), std::string{"Allow with "} + method,
                    escaped(reply.head, 400));
     }},
    {"does not echo a TRACE", hello,
     [](Stage& stage) {
         const Reply reply =
             answers(stage, "TRACE / HTTP/1.1\r\nHost: iolab\r\nX-Secret: 42\r\n\r\n", 405);
         expect(reply.body.find("Secret") == std::string::npos, "no field of the request",
                escaped(reply.body));
     }},
    {"answers 501 to a method that it does not know", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(with_method("BREW"));
         expect_status(client.receive(), {501});
     }},
    {"knows methods by case", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(with_method("get"));
         expect_status(client.receive(), {501});
     }},
    {"refuses a method that is no token", hello,
     [](Stage& stage) { refuses(stage, with_method("GE(T"), {400}); }},
    {"refuses a request line without a method", keeping,
     [](Stage& stage) { refuses(stage, "/ HTTP/1.1\r\nHost: iolab\r\n\r\n", {400}); }},
};

}  // namespace

std::span<const Behaviour> methods() {
    return table;
}

}  // namespace verify::rows
