#include <random>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

using namespace std::string_view_literals;

/// What is no HTTP is told so or not, but its connection ends soon.
void ends_after(Stage& stage, std::string_view bytes) {
    Client client = stage.connect();
    client.send(bytes);
    const std::string reply = client.receive_for(50ms);
    expect(reply.empty() || reply.starts_with("HTTP/1.1 4") || reply.starts_with("HTTP/1.1 5"),
           "an error or nothing", escaped(reply));
    client.expect_gone();
}

/// The start of a TLS 1.3 hello: record and handshake headers, versions, and 32 random bytes.
std::string tls_hello() {
    std::string hello{"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"sv};
    std::minstd_rand random{7};
    while (hello.size() < 200) hello += static_cast<char>(random() % 256);
    return hello;
}

/// A request in which some bytes have been changed, lost, doubled or swapped.
std::string mutated(std::string request, std::minstd_rand& random) {
    constexpr std::string_view spice = "\r\n\0 :\t;,/\x7f\xff\x01GHx0"sv;
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % request.size();
        switch (random() % 4) {
            case 0: request[at] = spice[random() % spice.size()]; break;
            case 1: request.erase(at, 1 + random() % 5); break;
            case 2: request.insert(at, 1 + random() % 3, spice[random() % spice.size()]); break;
            default: std::swap(request[at], request[random() % request.size()]);
        }
        if (request.empty()) request = "G";
    }
    return request;
}

/// Whatever a client sends: once it has ended, so does its connection.
void survives_mutations(Stage& stage, int count) {
    const std::string originals[] = {std::string{get}, post_with({"Content-Length: 4"}, "body"),
                                     post_chunked("4;x=y\r\nbody\r\n0\r\nT: u\r\n\r\n"),
                                     get_with({"Connection: close, te", "Accept: */*"})};
    std::minstd_rand random{2024};
    for (int attempt = 0; attempt < count; ++attempt) {
        const std::string request = mutated(originals[attempt % 4], random);
        Client client = stage.connect();
        client.send(request);
        client.half_close();
        try {
            client.expect_gone();
        } catch (const Failed& failure) {
            throw Failed{failure.expected, failure.got + " after " + escaped(request, 400)};
        }
    }
}

constexpr Behaviour table[] = {
    {"sends a TLS client away", any, [](Stage& stage) { ends_after(stage, tls_hello()); }},
    {"sends an HTTP/2 client away", any,
     [](Stage& stage) { ends_after(stage, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); }},
    {"sends an SSH client away", any,
     [](Stage& stage) { ends_after(stage, "SSH-2.0-OpenSSH_9.2p1\r\n"); }},
    {"sends away what speaks the PROXY protocol in text", any,
     [](Stage& stage) { ends_after(stage, "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n"); }},
    {"sends away what speaks the PROXY protocol in binary", any,
     [](Stage& stage) { ends_after(stage, "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"sv); }},
    {"sends away who sends NULs only", any,
     [](Stage& stage) { ends_after(stage, std::string(10'000, '\0')); }},
    {"sends away who sends empty lines only", any,
     [](Stage& stage) { ends_after(stage, repeated("\r\n", 5000)); }},
    {"sends away who sends bytes of 0xff", any,
     [](Stage& stage) { ends_after(stage, repeated("\xff", 10'000)); }},
    {"sends away who sends random bytes", any,
     [](Stage& stage) {
         std::minstd_rand random{99};
         std::string noise;
         while (noise.size() < 100'000) noise += static_cast<char>(random() >> 8);
         ends_after(stage, noise);
     }},
    {"comes to an end with every mutated request", any,
     [](Stage& stage) { survives_mutations(stage, 1000); }},
};

}  // namespace

std::span<const Behaviour> garbage() {
    return table;
}

}  // namespace verify::rows
