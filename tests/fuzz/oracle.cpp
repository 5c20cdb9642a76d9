#include "tests/fuzz/oracle.hpp"

#include "tests/fuzz/complain.hpp"

#if __has_include(<http_parser.h>)
#include <http_parser.h>

#include <algorithm>
#include <cctype>

namespace fuzz {
namespace {

struct Reading {
    std::vector<Message> messages;
    Message now;
    http_errno error = HPE_OK;
    bool in_trailers = false;  ///< where the error was
};

Reading& reading_of(http_parser* parser) {
    return *static_cast<Reading*>(parser->data);
}

int begin(http_parser* parser) {
    reading_of(parser).now = {};
    return 0;
}
int take_target(http_parser* parser, const char* at, std::size_t size) {
    reading_of(parser).now.target.append(at, size);
    return 0;
}
int take_body(http_parser* parser, const char* at, std::size_t size) {
    reading_of(parser).now.body.append(at, size);
    return 0;
}
int complete(http_parser* parser) {
    Reading& reading = reading_of(parser);
    reading.now.method = http_method_str(static_cast<http_method>(parser->method));
    reading.messages.push_back(reading.now);
    return 0;
}

bool is_same_letter(char one, char other) {
    return std::tolower(static_cast<unsigned char>(one)) ==
           std::tolower(static_cast<unsigned char>(other));
}

/// Whether some field's name begins with Transfer-Encoding and goes on. The parser, version 2.9.4,
/// takes it for that field and refuses what it says.
bool has_misread_name(std::string_view input) {
    constexpr std::string_view name = "transfer-encoding";
    auto at = input.begin();
    while (true) {
        at = std::search(at, input.end(), name.begin(), name.end(), is_same_letter);
        if (at == input.end()) return false;
        at += name.size();
        if (at != input.end() && *at != ':') return true;
    }
}

/// What it reads, up to where it finds a mistake.
Reading read_messages(std::string_view input) {
    Reading reading;
    http_parser parser{};
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &reading;
    http_parser_settings settings{};
    settings.on_message_begin = begin;
    settings.on_url = take_target;
    settings.on_body = take_body;
    settings.on_message_complete = complete;
    // It stops behind a request that asks for an upgrade; we upgrade nothing and read on.
    while (!input.empty()) {
        const std::size_t taken =
            http_parser_execute(&parser, &settings, input.data(), input.size());
        reading.error = static_cast<http_errno>(parser.http_errno);
        reading.in_trailers = (parser.flags & F_TRAILING) != 0;
        if (reading.error != HPE_OK || taken == 0) break;
        input.remove_prefix(taken);
        parser.upgrade = 0;
    }
    return reading;
}

/// Whether it may have stopped where one may read on. It refuses a Content-Length among the
/// trailers that is no number; there it tells no length, and whoever drops trailers need not know
/// it: RFC 9110, section 6.5.1. And it takes spaces alone where tabs may stand, too: between a
/// chunk's size and its extension (RFC 9112, section 7.1.1, BWS), and behind a field's value
/// (section 5, OWS).
bool may_be_too_strict(const Reading& reading, std::string_view input) {
    if (reading.in_trailers && reading.error == HPE_INVALID_CONTENT_LENGTH) return true;
    const bool at_a_value = reading.error == HPE_INVALID_CHUNK_SIZE ||
                            reading.error == HPE_INVALID_CONTENT_LENGTH ||
                            reading.error == HPE_INVALID_TRANSFER_ENCODING;
    return at_a_value && input.find('\t') != std::string_view::npos;
}

}  // namespace

void compare_with_parser(std::string_view input, const std::vector<Message>& served) {
    if (served.empty() || served.front() == Message{} || has_misread_name(input)) return;
    const Reading reading = read_messages(input);
    const std::vector<Message>& read = reading.messages;
    const bool complete = !may_be_too_strict(reading, input);
    for (std::size_t at = 0; at < served.size() && served[at] != Message{}; ++at) {
        if (at >= read.size() && !complete) return;
        demand(at < read.size(), "another parser reads fewer requests than were served");
        // Behind the head of a CONNECT it expects no HTTP any more, and so no body.
        if (read[at].method == "CONNECT" && !served[at].body.empty()) return;
        demand(read[at] == served[at], "another parser reads another request than was served");
    }
}

}  // namespace fuzz

#else

namespace fuzz {

void compare_with_parser(std::string_view, const std::vector<Message>&) {}

}  // namespace fuzz

#endif
