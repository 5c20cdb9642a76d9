#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

std::string with_head(std::string_view fields) {
    return "GET / HTTP/1.1\r\n" + std::string{fields} + "\r\n\r\n";
}

constexpr Behaviour table[] = {
    {"refuses an HTTP/1.1 request without Host", keeping,
     [](Stage& stage) { refuses(stage, "GET / HTTP/1.1\r\n\r\n", {400}); }},
    {"serves an HTTP/1.0 request without Host", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send("GET / HTTP/1.0\r\n\r\n");
         expect_hello(stage, client.receive());
     }},
    {"refuses two Hosts that differ", keeping,
     [](Stage& stage) { refuses(stage, with_head("Host: a\r\nHost: b"), {400}); }},
    {"refuses two Hosts that are the same", keeping,
     [](Stage& stage) { refuses(stage, with_head("Host: a\r\nHost: a"), {400}); }},
    {"refuses a space in Host", hello,
     [](Stage& stage) { refuses(stage, with_head("Host: a b"), {400}); }},
    {"refuses a path in Host", keeping,
     [](Stage& stage) { refuses(stage, with_head("Host: a/b"), {400}); }},
    {"refuses a user name in Host", hello,
     [](Stage& stage) { refuses(stage, with_head("Host: me@a"), {400}); }},
    {"refuses a port that is no number", hello,
     [](Stage& stage) { refuses(stage, with_head("Host: a:x"), {400}); }},
    {"refuses an IPv6 address whose bracket stays open", hello,
     [](Stage& stage) { refuses(stage, with_head("Host: [::1"), {400}); }},
    {"takes a Host with a port", any,
     [](Stage& stage) { serves(stage, with_head("Host: localhost:8080")); }},
    {"takes an IPv6 address in brackets", any,
     [](Stage& stage) { serves(stage, with_head("Host: [::1]:8080")); }},
    {"finds Host in any case", any, [](Stage& stage) { serves(stage, with_head("hOsT: a")); }},
    {"wants Host even when the target is absolute", hello,
     [](Stage& stage) { refuses(stage, "GET http://iolab/ HTTP/1.1\r\n\r\n", {400}); }},
};

}  // namespace

std::span<const Behaviour> host() {
    return table;
}

}  // namespace verify::rows
