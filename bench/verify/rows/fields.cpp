#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

using namespace std::string_view_literals;

constexpr Behaviour table[] = {
    {"ignores fields that it does not know", any,
     [](Stage& stage) { serves(stage, get_with({"X-Any: thing"})); }},
    {"finds a field in any case", hello,
     [](Stage& stage) { takes_body(stage, post_with({"CONTENT-length: 4"}, "body")); }},
    {"takes a value without a space before it", any,
     [](Stage& stage) { serves(stage, "GET / HTTP/1.1\r\nHost:iolab\r\n\r\n"); }},
    {"ignores spaces and tabs around a value", hello,
     [](Stage& stage) { takes_body(stage, post_with({"Content-Length: \t 4 \t"}, "body")); }},
    {"takes an empty value", any, [](Stage& stage) { serves(stage, get_with({"X-Empty:"})); }},
    {"takes a tab inside a value", any,
     [](Stage& stage) { serves(stage, get_with({"X-Tab: a\tb"})); }},
    {"takes bytes above 0x7f in a value", any,
     [](Stage& stage) { serves(stage, get_with({"X-Name: \xc3\xa4\xff"})); }},
    {"takes a colon inside a value", any,
     [](Stage& stage) { serves(stage, get_with({"X-Time: 12:30:00"})); }},
    {"takes every letter that a name may have", keeping,
     [](Stage& stage) { serves(stage, get_with({"!#$%&'*+-.^_`|~09azAZ: x"})); }},
    {"refuses a space before the colon", keeping,
     [](Stage& stage) { refuses(stage, get_with({"X-Any : thing"}), {400}); }},
    {"refuses a tab before the colon", keeping,
     [](Stage& stage) { refuses(stage, get_with({"X-Any\t: thing"}), {400}); }},
    {"refuses a field without a colon", hello,
     [](Stage& stage) { refuses(stage, get_with({"X-Any thing"}), {400}); }},
    {"refuses a field without a name", hello,
     [](Stage& stage) { refuses(stage, get_with({": thing"}), {400}); }},
    {"refuses a name that is no token", hello,
     [](Stage& stage) { refuses(stage, get_with({"X(Any): thing"}), {400}); }},
    {"refuses a name with a byte above 0x7f", hello,
     [](Stage& stage) { refuses(stage, get_with({"X-\xc3\xa4: thing"}), {400}); }},
    {"refuses a value that is folded with a space", hello,
     [](Stage& stage) {
         refuses(stage, get_with({"X-Any: a", " b"}), {400});
     }},
    {"refuses a value that is folded with a tab", hello,
     [](Stage& stage) {
         refuses(stage, get_with({"X-Any: a", "\tb"}), {400});
     }},
    {"refuses a space before the first field", hello,
     [](Stage& stage) { refuses(stage, "GET / HTTP/1.1\r\n Host: iolab\r\n\r\n", {400}); }},
    {"refuses a bare CR in a value", hello,
     [](Stage& stage) { refuses(stage, get_with({"X-Any: a\rb"}), {400}); }},
    {"refuses a bare CR in a name", keeping,
     [](Stage& stage) { refuses(stage, get_with({"X-\rAny: b"}), {400}); }},
    {"refuses two CRs at the end of a line", hello,
     [](Stage& stage) { refuses(stage, get_with({"X-Any: a\r"}), {400}); }},
    {"refuses a NUL in a value", keeping,
     [](Stage& stage) { refuses(stage, get_with({"X-Any: a\0b"sv}), {400}); }},
    {"refuses a NUL in a name", keeping,
     [](Stage& stage) { refuses(stage, get_with({"X-\0Any: b"sv}), {400}); }},
    {"refuses a control byte in a value", hello,
     [](Stage& stage) { refuses(stage, get_with({"X-Any: a\x1b[2J"}), {400}); }},
    {"refuses a DEL in a value", hello,
     [](Stage& stage) { refuses(stage, get_with({"X-Any: a\x7f"}), {400}); }},
};

}  // namespace

std::span<const Behaviour> fields() {
    return table;
}

}  // namespace verify::rows
