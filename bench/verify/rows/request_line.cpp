#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

using namespace std::string_view_literals;

std::string with_line(std::string_view line) {
    return std::string{line} + "\r\nHost: iolab\r\n\r\n";
}

constexpr Behaviour table[] = {
    {"serves HTTP/1.2 as 1.1", hello,
     [](Stage& stage) {
         const Reply reply = answers(stage, with_line("GET / HTTP/1.2"), 200);
         expect_equal("minor version", reply.minor_version, 1);
     }},
    {"answers 505 to a later major version", hello,
     [](Stage& stage) { refuses(stage, with_line("GET / HTTP/2.0"), {505}); }},
    {"answers 505 to an earlier major version", hello,
     [](Stage& stage) { refuses(stage, with_line("GET / HTTP/0.9"), {505}); }},
    {"refuses a version in lower case", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET / http/1.1"), {400}); }},
    {"refuses a request without a version", hello,
     [](Stage& stage) { refuses(stage, with_line("GET /"), {400}); }},
    {"refuses a version with two digits behind the dot", hello,
     [](Stage& stage) { refuses(stage, with_line("GET / HTTP/1.10"), {400}); }},
    {"refuses a version without a digit behind the dot", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET / HTTP/1."), {400}); }},
    {"refuses a version with something behind it", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET / HTTP/1.1x"), {400}); }},
    {"refuses a protocol of another name", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET / ICAP/1.1"), {400}); }},
    {"refuses two spaces before the target", hello,
     [](Stage& stage) { refuses(stage, with_line("GET  / HTTP/1.1"), {400}); }},
    {"refuses two spaces behind the target", hello,
     [](Stage& stage) { refuses(stage, with_line("GET /  HTTP/1.1"), {400}); }},
    {"refuses a tab for a space", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET\t/ HTTP/1.1"), {400}); }},
    {"refuses a space before the method", keeping,
     [](Stage& stage) { refuses(stage, with_line(" GET / HTTP/1.1"), {400}); }},
    {"refuses a space behind the version", hello,
     [](Stage& stage) { refuses(stage, with_line("GET / HTTP/1.1 "), {400}); }},
    {"refuses a space in the target", hello,
     [](Stage& stage) { refuses(stage, with_line("GET /a b HTTP/1.1"), {400}); }},
    {"refuses a control byte in the target", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET /\x01 HTTP/1.1"), {400}); }},
    {"refuses a NUL in the target", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET /\0 HTTP/1.1"sv), {400}); }},
    {"refuses a DEL in the target", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET /\x7f HTTP/1.1"), {400}); }},
    {"refuses a bare CR in the request line", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET /\rx HTTP/1.1"), {400}); }},
    {"takes a target in absolute form", any,
     [](Stage& stage) { serves(stage, with_line("GET http://iolab/ HTTP/1.1")); }},
    {"takes an absolute form without a path for the root", keeping,
     [](Stage& stage) { serves(stage, with_line("GET http://iolab HTTP/1.1")); }},
    {"takes the scheme of an absolute form in any case", keeping,
     [](Stage& stage) { serves(stage, with_line("GET HTTP://iolab/ HTTP/1.1")); }},
    {"leaves the query out of the path", any,
     [](Stage& stage) { serves(stage, with_line("GET /?a=/b HTTP/1.1")); }},
    {"refuses a target that does not begin with a slash", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET index.html HTTP/1.1"), {400}); }},
    {"takes the asterisk for OPTIONS", hello,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(with_line("OPTIONS * HTTP/1.1"));
         expect_status(client.receive(), {200, 204, 405});
         expect_kept(stage, client);
     }},
    {"refuses the asterisk for GET", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET * HTTP/1.1"), {400}); }},
    {"refuses a line of one word", keeping,
     [](Stage& stage) { refuses(stage, with_line("GET"), {400}); }},
    {"answers 404 for a path that it does not know", any,
     [](Stage& stage) { answers(stage, get_missing, 404); }},
    {"tells paths apart by case", any,
     [](Stage& stage) { answers(stage, with_line("GET /INDEX.HTML HTTP/1.1"), 404); }},
};

}  // namespace

std::span<const Behaviour> request_line() {
    return table;
}

}  // namespace verify::rows
