#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

void takes(Stage& stage, std::string_view body) {
    takes_body(stage, post_chunked(body));
}

/// A broken body ends the connection, and what follows it is no request. A server of files may
/// have refused the method before it looks at the body.
void refuses_body(Stage& stage, std::string_view body) {
    const std::string post = post_chunked(body).append(get);
    if (stage.profile() == files) return refuses(stage, post, {400, 405});
    refuses(stage, post, {400});
}

constexpr Behaviour table[] = {
    {"reads several chunks", hello,
     [](Stage& stage) { takes(stage, "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n"); }},
    {"reads a chunked body cut in two at any byte", hello,
     [](Stage& stage) {
         const std::string post = post_chunked("4;x=y\r\nbody\r\n0\r\nT: u\r\n\r\n");
         Client client = stage.connect();
         for (std::size_t cut = post.find("4;x"); cut < post.size(); ++cut) {
             client.send_in_pieces(post.substr(0, cut), cut);
             client.send(post.substr(cut));
             expect_status(client.receive(), {405});
         }
         expect_kept(stage, client);
     }},
    {"does not take a chunk for a request", hello,
     [](Stage& stage) {
         takes(stage, fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", get_missing.size(), get_missing));
     }},
    {"takes sizes in capital letters and in small ones", hello,
     [](Stage& stage) { takes(stage, "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"); }},
    {"takes a size of fifteen digits", hello,
     [](Stage& stage) { takes(stage, "000000000000004\r\nbody\r\n000000000000000\r\n\r\n"); }},
    {"refuses a size of more than fifteen digits", hello,
     [](Stage& stage) { refuses_body(stage, "0000000000000004\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses a size that would wrap to a small one", keeping,
     [](Stage& stage) { refuses_body(stage, "10000000000000004\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses a size with a prefix", keeping,
     [](Stage& stage) { refuses_body(stage, "0x4\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses a negative size", keeping,
     [](Stage& stage) { refuses_body(stage, "-4\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses a size with a plus", keeping,
     [](Stage& stage) { refuses_body(stage, "+4\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses a size with an underscore", keeping,
     [](Stage& stage) { refuses_body(stage, "0_4\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses a size with a letter behind it", keeping,
     [](Stage& stage) { refuses_body(stage, "4x\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses a space before a size", hello,
     [](Stage& stage) { refuses_body(stage, " 4\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses an empty size", keeping,
     [](Stage& stage) { refuses_body(stage, "\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses an extension without a size", keeping,
     [](Stage& stage) { refuses_body(stage, ";x=y\r\nbody\r\n0\r\n\r\n"); }},
    {"ignores an extension", hello,
     [](Stage& stage) { takes(stage, "4;name=value\r\nbody\r\n0;last\r\n\r\n"); }},
    {"refuses more than 4 KiB of extensions", hello,
     [](Stage& stage) {
         refuses(stage, post_chunked("4;x=" + repeated("y", 5000) + "\r\nbody\r\n0\r\n\r\n"),
                 {400, 413, 431});
     }},
    {"refuses extensions that never end", hello,
     [](Stage& stage) {
         refuses(stage, post_chunked("4;x=" + repeated("y", 200'000)), {400, 413, 431});
     }},
    {"refuses a bare LF behind a size", hello,
     [](Stage& stage) { refuses_body(stage, "4\nbody\r\n0\r\n\r\n"); }},
    {"refuses a bare LF behind an extension", hello,
     [](Stage& stage) { refuses_body(stage, "4;x\nbody\r\n0\r\n\r\n"); }},
    {"refuses a bare LF behind the data", hello,
     [](Stage& stage) { refuses_body(stage, "4\r\nbody\n0\r\n\r\n"); }},
    {"refuses a bare LF behind the last size", hello,
     [](Stage& stage) { refuses_body(stage, "4\r\nbody\r\n0\n\r\n"); }},
    {"refuses a bare LF at the end of the trailers", hello,
     [](Stage& stage) { refuses_body(stage, "4\r\nbody\r\n0\r\n\n"); }},
    {"refuses a bare CR behind a size", hello,
     [](Stage& stage) { refuses_body(stage, "4\rx\nbody\r\n0\r\n\r\n"); }},
    {"refuses data without a line end behind it", keeping,
     [](Stage& stage) { refuses_body(stage, "4\r\nbody0\r\n\r\n"); }},
    {"refuses data longer than its size", keeping,
     [](Stage& stage) { refuses_body(stage, "3\r\nbody\r\n0\r\n\r\n"); }},
    {"refuses a NUL in a chunk line", hello,
     [](Stage& stage) {
         using namespace std::string_view_literals;
         refuses_body(stage, "4;\0\r\nbody\r\n0\r\n\r\n"sv);
     }},
    {"ignores trailers", hello,
     [](Stage& stage) { takes(stage, "4\r\nbody\r\n0\r\nX-Any: thing\r\nY: z\r\n\r\n"); }},
    {"takes no length and no close from a trailer", hello,
     [](Stage& stage) { takes(stage, "0\r\nContent-Length: 50\r\nConnection: close\r\n\r\n"); }},
    {"refuses a trailer that is no field", hello,
     [](Stage& stage) { refuses_body(stage, "0\r\nno field\r\n\r\n"); }},
    {"refuses more than 8 KiB of trailers", hello,
     [](Stage& stage) {
         refuses(stage,
                 post_chunked("0\r\n" + repeated("X-Any: " + repeated("y", 100) + "\r\n", 100)),
                 {400, 413, 431});
     }},
    {"answers 413 to chunks of more than 1 MiB together", hello,
     [](Stage& stage) {
         const std::string chunk = "10000\r\n" + repeated("x", 0x10000) + "\r\n";
         refuses(stage, post_chunked(repeated(chunk, 17)), {413});
     }},
    {"answers 413 to one announced chunk of more than 1 MiB", hello,
     [](Stage& stage) { refuses(stage, post_chunked("100001\r\n"), {413}); }},
};

}  // namespace

std::span<const Behaviour> chunks() {
    return table;
}

}  // namespace verify::rows
