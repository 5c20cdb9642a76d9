#include <fmt/format.h>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

Reply reply_to(Stage& stage, std::string_view request, To to = To::get) {
    Client client = stage.connect();
    client.send(request);
    return client.receive(to);
}

/// An IMF-fixdate as seconds since 1970; its shape is checked by writing it anew.
std::time_t parse_date(const std::string& text) {
    constexpr const char* format = "%a, %d %b %Y %H:%M:%S GMT";
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), format, &parts);
    char again[40] = "";
    const std::time_t seconds = ::timegm(&parts);
    std::strftime(again, sizeof again, format, &parts);
    expect(end && *end == '\0' && text == again, "an IMF-fixdate (RFC 9110, section 5.6.7)",
           escaped(text));
    return seconds;
}

std::time_t date_of(Stage& stage) {
    return parse_date(std::string{reply_to(stage, get_and_close).field("Date")});
}

/// The head with its date blotted out, so that it can be compared.
std::string undated(const Reply& reply) {
    const std::string_view head = reply.head;
    const auto date = head.find("Date: ");
    if (date == std::string_view::npos) return reply.head;
    return fmt::format("{}Date: ?{}", head.substr(0, date), head.substr(head.find('\r', date)));
}

constexpr Behaviour table[] = {
    {"begins its answer with HTTP/1.1 200 OK", any,
     [](Stage& stage) {
         const std::string head = reply_to(stage, get).head;
         expect_text("the first line", head.substr(0, head.find('\r')), "HTTP/1.1 200 OK");
     }},
    {"answers with the body Hello, world!", hello | close_only,
     [](Stage& stage) { expect_text("the body", reply_to(stage, get).body, "Hello, world!"); }},
    {"announces the length of the body", any,
     [](Stage& stage) {
         expect_text("Content-Length", reply_to(stage, get).field("Content-Length"),
                     std::to_string(stage.body().size()));
     }},
    {"announces text/plain for the hello answer", hello,
     [](Stage& stage) {
         expect_text("Content-Type", reply_to(stage, get).field("Content-Type"), "text/plain");
     }},
    {"dates its answer in the one form that HTTP allows", keeping,
     [](Stage& stage) { date_of(stage); }},
    {"dates its answer with the present", keeping,
     [](Stage& stage) {
         const std::time_t date = date_of(stage);
         const std::time_t now = std::time(nullptr);
         expect(date >= now - 2 && date <= now + 1, "a date of the last two seconds",
                std::to_string(date - now) + " s from now");
     }},
    {"moves the date on with the clock", keeping,
     [](Stage& stage) {
         const std::time_t first = date_of(stage);
         await_fact(
             "a later date", [&] { return date_of(stage) > first; }, 2500ms);
     }},
    {"sends the fields of an answer once each and in one order", hello,
     [](Stage& stage) {
         expect_text("the head", undated(reply_to(stage, get)),
                     "HTTP/1.1 200 OK\r\nDate: ?\r\nContent-Type: text/plain\r\n"
                     "Content-Length: 13\r\n\r\n");
     }},
    {"puts Connection last in the head of a last answer", hello,
     [](Stage& stage) {
         expect_text("the head", undated(reply_to(stage, get_and_close)),
                     "HTTP/1.1 200 OK\r\nDate: ?\r\nContent-Type: text/plain\r\n"
                     "Content-Length: 13\r\nConnection: close\r\n\r\n");
     }},
    {"sends nothing after the body", keeping,
     [](Stage& stage) {
         Client client = stage.connect();
         client.send(get);
         expect_hello(stage, client.receive());
         client.expect_silence(100ms);
     }},
    {"says in the body of an error what the status says", hello,
     [](Stage& stage) {
         const Reply reply = reply_to(stage, get_missing);
         expect_text("the body", reply.body, "404 Not Found\n");
     }},
    {"announces text/plain for an error", hello,
     [](Stage& stage) {
         expect_text("Content-Type", reply_to(stage, get_missing).field("Content-Type"),
                     "text/plain");
     }},
    {"dates an error, too", keeping,
     [](Stage& stage) { parse_date(std::string{reply_to(stage, get_missing).field("Date")}); }},
    {"dates even the answer to what is no request", keeping,
     [](Stage& stage) {
         parse_date(std::string{reply_to(stage, "no request\r\n\r\n").field("Date")});
     }},
    {"gives every client the same bytes", keeping,
     [](Stage& stage) {
         const Reply first = reply_to(stage, get_and_close);
         for (int client = 0; client < 20; ++client) {
             const Reply next = reply_to(stage, get_and_close);
             expect_text("the head", undated(next), undated(first));
             expect_text("the body", next.body, first.body);
         }
     }},
};

}  // namespace

std::span<const Behaviour> responses() {
    return table;
}

}  // namespace verify::rows
