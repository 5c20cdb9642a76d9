#include "tests/fuzz/replies.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "tests/fuzz/complain.hpp"

namespace fuzz {
namespace {

/// Cuts the next line, without its CRLF, off `text`.
std::string_view cut_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    demand(end != std::string_view::npos, "a reply ends inside its head");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    for (const char byte : line)
        demand(byte >= ' ' && byte != 0x7f, "a control character in a reply's head");
    return line;
}

bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/// `HTTP/1.1 200 OK`
int status_of(std::string_view line) {
    const bool version = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
    demand(version && line.size() > 13 && line[12] == ' ', "no status line");
    demand(is_digit(line[9]) && is_digit(line[10]) && is_digit(line[11]), "no status code");
    return (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
}

struct Head {
    int status = 0;
    std::optional<std::size_t> length_bytes;
};

void take_field(std::string_view line, Head& head) {
    const std::size_t colon = line.find(": ");
    demand(colon != std::string_view::npos && colon > 0, "a line that is no field");
    if (line.substr(0, colon) != "Content-Length") return;
    demand(!head.length_bytes, "two lengths");
    std::size_t length = 0;
    const auto [end, error] =
        std::from_chars(line.data() + colon + 2, line.data() + line.size(), length);
    demand(error == std::errc{} && end == line.data() + line.size(), "a length that is none");
    head.length_bytes = length;
}

Head cut_head(std::string_view& text) {
    Head head;
    head.status = status_of(cut_line(text));
    for (std::string_view line = cut_line(text); !line.empty(); line = cut_line(text))
        take_field(line, head);
    return head;
}

}  // namespace

std::size_t count_replies(std::string_view output, const std::vector<Message>& served) {
    std::size_t count = 0;
    while (!output.empty()) {
        const Head head = cut_head(output);
        if (head.status == 100) continue;
        const Message request = count < served.size() ? served[count] : Message{};
        ++count;
        const bool bodiless = head.status == 204 || request.method == "HEAD";
        if (bodiless) continue;
        demand(head.length_bytes.has_value(), "no length");
        // An error of the protocol has no body where the method was HEAD, and then comes last.
        const bool may_be_cut = request.target.find("/cut/") != std::string::npos ||
                                (request == Message{} && output.empty());
        demand(*head.length_bytes <= output.size() || may_be_cut, "a reply is cut");
        output.remove_prefix(std::min(*head.length_bytes, output.size()));
    }
    return count;
}

}  // namespace fuzz
