#include <vector>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr std::string_view get_1_0 = "GET / HTTP/1.0\r\n\r\n";
constexpr int fewest_workers = 8;  // that a model of ours has if --workers does not say
constexpr std::string_view get_1_0_kept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

/// The request is answered, and its connection is over: told, and done.
void closes_after(Stage& stage, std::string_view request) {
    Client client = stage.connect();
    client.send(request);
    const Reply reply = client.receive();
    expect_hello(stage, reply);
    expect_last(client, reply);
}

void closes_after_1_0(Stage& stage, std::string_view request) {
    Client client = stage.connect();
    client.send(request);
    expect_hello(stage, client.receive());
    client.expect_end();
}

void answers_all(Stage& stage, Client& client, int count) {
    for (int reply = 0; reply < count; ++reply) expect_hello(stage, client.receive());
}

constexpr Behaviour table[] = {
    {"keeps an HTTP/1.1 connection after an answer", keeping,
     [](Stage& stage) { serves(stage, get); }},
    {"does not say close where it keeps the connection", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(get);
         const Reply reply = client.receive();
         expect(!reply.has_token("Connection", "close"), "no Connection: close",
                escaped(reply.head, 400));
     }},
    {"answers a hundred requests on one connection", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         for (int request = 0; request < 100; ++request) expect_kept(stage, client);
     }},
    {"closes after Connection: close, and says so", any,
     [](Stage& stage) { closes_after(stage, get_and_close); }},
    {"finds close in a list of connection options", keeping,
     [](Stage& stage) { closes_after(stage, get_with({"Connection: te , close"})); }},
    {"finds close in a second Connection field", keeping,
     [](Stage& stage) {
         closes_after(stage, get_with({"Connection: te", "X: y", "Connection: close"}));
     }},
    {"takes close in any case", keeping,
     [](Stage& stage) { closes_after(stage, get_with({"connection: CLoSE"})); }},
    {"ends where both close and keep-alive are asked for", keeping,
     [](Stage& stage) { closes_after(stage, get_with({"Connection: keep-alive, close"})); }},
    {"does not take closed for close", keeping,
     [](Stage& stage) { serves(stage, get_with({"Connection: closed"})); }},
    {"does not take not-close for close", keeping,
     [](Stage& stage) { serves(stage, get_with({"Connection: not-close"})); }},
    {"does not take close in another field for its own", keeping,
     [](Stage& stage) { serves(stage, get_with({"X-Connection: close"})); }},
    {"skips empty members of a list of connection options", keeping,
     [](Stage& stage) { closes_after(stage, get_with({"Connection: ,, ,close,"})); }},
    {"closes after an HTTP/1.0 request", any,
     [](Stage& stage) { closes_after_1_0(stage, get_1_0); }},
    {"answers HTTP/1.0 in its own version", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(get_1_0);
         expect_equal("minor version", client.receive().minor_version, 0);
     }},
    {"keeps an HTTP/1.0 connection when asked to, and says so", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         for (int request = 0; request < 3; ++request) {
             client.send(get_1_0_kept);
             const Reply reply = client.receive();
             expect_hello(stage, reply);
             expect(reply.has_token("Connection", "keep-alive"), "Connection: keep-alive",
                    escaped(reply.head, 400));
         }
     }},
    {"takes keep-alive in any case and in a list", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send("GET / HTTP/1.0\r\nConnection: te, KEEP-Alive\r\n\r\n");
         expect_hello(stage, client.receive());
         client.send(get_1_0);
         expect_hello(stage, client.receive());
         client.expect_end();
     }},
    {"does not keep an HTTP/1.0 connection for another option", keeping,
     [](Stage& stage) {
         closes_after_1_0(stage, "GET / HTTP/1.0\r\nConnection: keep-alives\r\n\r\n");
     }},
    {"closes for an HTTP/1.0 request in the midst of a connection", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         expect_kept(stage, client);
         client.send(get_1_0);
         expect_hello(stage, client.receive());
         client.expect_end();
     }},
    {"answers pipelined requests in order", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(std::string{get} + std::string{get_missing} +
                     post_with({"Content-Length: 1"}, "x") + std::string{get});
         expect_status(client.receive(), {200});
         expect_status(client.receive(), {404});
         expect_status(client.receive(), {405});
         expect_status(client.receive(), {200});
     }},
    {"answers a hundred requests that arrive at once", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(repeated(get, 100));
         answers_all(stage, client, 100);
         expect_kept(stage, client);
     }},
    {"answers pipelined requests that are cut at odd places", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send_in_pieces(repeated(get, 20), 17);
         answers_all(stage, client, 20);
     }},
    {"answers what came whole while the next request is still half", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(std::string{get} + std::string{get.substr(0, 10)});
         expect_hello(stage, client.receive());
         client.send(get.substr(10));
         expect_hello(stage, client.receive());
     }},
    {"answers what came before an error in a pipeline", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(repeated(get, 2) + "no request\r\n\r\n");
         answers_all(stage, client, 2);
         expect_status(client.receive(), {400});
     }},
    {"reads no request behind an error", keeping,
     [](Stage& stage) { refuses(stage, "no request\r\n\r\n" + std::string{get}, {400}); }},
    {"reads no request behind one that asked to close", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(std::string{get_and_close} + std::string{get});
         expect_hello(stage, client.receive());
         client.expect_end();
     }},
    {"reads no request behind one of HTTP/1.0", any,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(std::string{get_1_0} + std::string{get});
         expect_hello(stage, client.receive());
         client.expect_end();
     }},
    {"keeps the connection after an error of the resource", keeping,
     [](Stage& stage) { answers(stage, get_missing, 404); }},
    {"keeps all who come together while it has a worker for each",
     keeping,
     [](Stage& stage) {
         std::vector<Client> clients;
         for (int client = 0; client < fewest_workers; ++client) {
             clients.push_back(stage.connect());
             clients.back().send(get);
         }
         for (Client& client : clients) {
             const Reply reply = client.receive();
             expect_hello(stage, reply);
             expect(!reply.has_token("Connection", "close"), "no Connection: close",
                    escaped(reply.head, 400));
         }
     },
     {.exempt = one_at_a_time}},
    {"gives way to who waits when it serves one at a time",
     hello,
     [](Stage& stage) {
         Client first = stage.connect();
         expect_kept(stage, first);
         Client second = stage.connect();
         first.send(get);
         const Reply reply = first.receive();
         expect_hello(stage, reply);
         expect_last(first, reply);
         expect_kept(stage, second);
     },
     {.exempt = several_at_once}},
};

}  // namespace

std::span<const Behaviour> persistence() {
    return table;
}

}  // namespace verify::rows
