#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr std::string_view empty_body = "0\r\n\r\n";

/// A coding that is refused, whatever stands behind the head.
void refuses_coding(Stage& stage, std::string_view value, std::initializer_list<int> statuses) {
    const std::string field = fmt::format("Transfer-Encoding: {}", value);
    refuses(stage, post_with({field}, empty_body), statuses);
}

constexpr Behaviour table[] = {
    {"reads a chunked body and drops it", hello,
     [](Stage& stage) { takes_body(stage, post_chunked("4\r\nbody\r\n0\r\n\r\n")); }},
    {"takes chunked in any case", hello,
     [](Stage& stage) {
         takes_body(stage, post_with({"Transfer-Encoding: ChunKED"}, empty_body));
     }},
    {"answers 501 to a coding that it does not know", hello,
     [](Stage& stage) { refuses_coding(stage, "br", {501}); }},
    {"answers 501 to an unknown coding before chunked", hello,
     [](Stage& stage) { refuses_coding(stage, "gzip, chunked", {501}); }},
    {"does not take xchunked for chunked", keeping,
     [](Stage& stage) {
         refuses_coding(stage, "xchunked", {400, 501});
     }},
    {"does not take chunkedx for chunked", keeping,
     [](Stage& stage) {
         refuses_coding(stage, "chunkedx", {400, 501});
     }},
    {"refuses chunked twice in a list", hello,
     [](Stage& stage) { refuses_coding(stage, "chunked, chunked", {400}); }},
    {"refuses chunked twice in two fields", hello,
     [](Stage& stage) {
         refuses(
             stage,
             post_with({"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}, empty_body),
             {400});
     }},
    {"refuses chunked before another coding", keeping,
     [](Stage& stage) {
         refuses_coding(stage, "chunked, gzip", {400, 501});
     }},
    {"refuses a transfer coding in HTTP/1.0", hello,
     [](Stage& stage) {
         refuses(stage,
                 "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{empty_body},
                 {400});
     }},
    {"refuses chunked in quotes", keeping,
     [](Stage& stage) {
         refuses_coding(stage, "\"chunked\"", {400, 501});
     }},
    {"refuses chunked behind a no-break space", keeping,
     [](Stage& stage) {
         refuses_coding(stage,
                        "\xa0"
                        "chunked",
                        {400, 501});
     }},
    {"refuses chunked behind a vertical tab", keeping,
     [](Stage& stage) {
         refuses_coding(stage,
                        "\x0b"
                        "chunked",
                        {400, 501});
     }},
    {"refuses chunked with a parameter", hello,
     [](Stage& stage) {
         refuses_coding(stage, "chunked;q=1", {400, 501});
     }},
    {"refuses an empty transfer coding", hello,
     [](Stage& stage) {
         refuses_coding(stage, "", {400, 501});
     }},
};

}  // namespace

std::span<const Behaviour> codings() {
    return table;
}

}  // namespace verify::rows
