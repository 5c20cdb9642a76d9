#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

/// Sends `request` once for every place in which it can be cut, in two parts that arrive apart.
void answers_every_cut(Stage& stage, std::string_view request) {
    Client client = stage.connect();
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        client.send_in_pieces(request.substr(0, cut), cut);
        client.send(request.substr(cut));
        expect_hello(stage, client.receive());
    }
}

constexpr Behaviour table[] = {
    {"answers a request that arrives whole", any, [](Stage& stage) { serves(stage, get); }},
    {"answers a request that arrives one byte at a time", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send_in_pieces(get, 1);
         expect_hello(stage, client.receive());
     }},
    {"answers a request cut in two at any byte", keeping,
     [](Stage& stage) { answers_every_cut(stage, get); }},
    {"answers lines that end in a bare LF", any,
     [](Stage& stage) { serves(stage, "GET / HTTP/1.1\nHost: iolab\n\n"); }},
    {"answers lines that end in a bare LF, cut in two at any byte", keeping,
     [](Stage& stage) { answers_every_cut(stage, "GET / HTTP/1.1\nHost: iolab\n\n"); }},
    {"takes LF CR LF for the end of a head", any,
     [](Stage& stage) { serves(stage, "GET / HTTP/1.1\nHost: iolab\n\r\n"); }},
    {"takes CR LF LF for the end of a head", any,
     [](Stage& stage) { serves(stage, "GET / HTTP/1.1\r\nHost: iolab\r\n\n"); }},
    {"ignores an empty line before a request", any,
     [](Stage& stage) { serves(stage, "\r\n" + std::string{get}); }},
    {"ignores eight empty lines before a request", hello,
     [](Stage& stage) { serves(stage, repeated("\r\n", 8) + std::string{get}); }},
    {"refuses a ninth empty line before a request", hello,
     [](Stage& stage) { refuses(stage, repeated("\r\n", 9) + std::string{get}, {400}); }},
    {"ignores an empty line between two requests", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(std::string{get} + "\r\n" + std::string{get});
         expect_hello(stage, client.receive());
         expect_hello(stage, client.receive());
     }},
    {"waits in silence for the rest of a head", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(get.substr(0, get.size() - 2));
         client.expect_silence(150ms);
         client.send(get.substr(get.size() - 2));
         expect_hello(stage, client.receive());
     }},
    {"says nothing before it is asked", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.expect_silence(100ms);
         client.send(get);
         expect_hello(stage, client.receive());
     }},
    {"keeps the halves of two clients' requests apart",
     any,
     [](Stage& stage) {
         Client one = stage.connect();
         Client other = stage.connect();
         one.send_in_pieces("GET / HTTP/1.1\r\nHo", 18);
         other.send_in_pieces("GET /missing HTTP/1.1\r\nHost: io", 31);
         one.send("st: iolab\r\n\r\n");
         expect_hello(stage, one.receive());
         other.send("lab\r\n\r\n");
         expect_status(other.receive(), {404});
     },
     {.exempt = one_at_a_time}},
    {"answers a request with a byte of urgent data in its midst", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send_in_pieces(get.substr(0, 9), 9);
         client.send_urgent('!');
         client.send(get.substr(9));
         expect_hello(stage, client.receive());
     }},
    {"reads a body that arrives one byte at a time", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send_in_pieces(post_with({"Content-Length: 12"}, "twelve bytes"), 1);
         expect_status(client.receive(), {405});
         expect_kept(stage, client);
     }},
    {"reads a body that arrives after its head", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send_in_pieces(post_with({"Content-Length: 4"}, ""), 1000);
         client.send("body");
         expect_status(client.receive(), {405});
         expect_kept(stage, client);
     }},
};

}  // namespace

std::span<const Behaviour> delivery() {
    return table;
}

}  // namespace verify::rows
