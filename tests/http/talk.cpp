#include "tests/http/talk.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "tests/http/guarded_context.hpp"

namespace talk {
namespace {

class PatternBody {
public:
    PatternBody(std::size_t size, int& pulls) : size_{size}, pulls_{pulls} {}
    std::size_t pull(std::span<std::byte> room) noexcept {
        ++pulls_;
        const std::size_t count = std::min(room.size(), size_ - at_);
        for (std::size_t i = 0; i < count; ++i) room[i] = std::byte(body_byte(at_ + i));
        at_ += count;
        return count;
    }

private:
    std::size_t size_;
    std::size_t at_ = 0;
    int& pulls_;
};

/// What a mutated path cannot make larger.
constexpr long max_body_bytes = 5000000;

/// The number behind `prefix` in `path`; -1 if it begins otherwise, or is too large.
long number_behind(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return -1;
    long number = -1;
    std::from_chars(path.data() + prefix.size(), path.data() + path.size(), number);
    return number <= max_body_bytes ? number : -1;
}

}  // namespace

http::Answer Site::answer(const http::Request& request) {
    last_request.assign(request.method).append(" ").append(request.target);
    last_request.append(" ").append(request.path).append(" ").append(request.query);

    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (request.path == "/echo") {
        const auto* text = reinterpret_cast<const char*>(request.body.data());
        return {.text = {text, request.body.size()}};
    }
    if (!reads) return {.status = 405, .allow = "GET, HEAD"};
    if (request.path == "/") return {.text = "Hello, world!"};
    if (request.path == "/none") return {.status = 204};
    if (const long size = number_behind(request.path, "/body/"); size >= 0) {
        const auto length = static_cast<std::size_t>(size);
        return {.body = http::Body{PatternBody{length, bodies_pulled}}, .length_bytes = length};
    }
    if (const long size = number_behind(request.path, "/cut/"); size >= 0) {
        const auto length = static_cast<std::size_t>(size);
        return {.body = http::Body{PatternBody{length / 2, bodies_pulled}}, .length_bytes = length};
    }
    if (const long size = number_behind(request.path, "/text/"); size >= 0) {
        text_ = body_bytes(static_cast<std::size_t>(size));
        return {.text = text_};
    }
    if (const long size = number_behind(request.path, "/moved/"); size >= 0) {
        text_ = body_bytes(static_cast<std::size_t>(size));
        return {.status = 301, .text = "moved", .location = text_};
    }
    return {.status = 404};
}

std::size_t Site::keeps_body_bytes(const http::Request& request) noexcept {
    return request.path == "/echo" ? echo_limit_bytes : 0;
}

bool Site::may_keep_alive() noexcept {
    ++asked_to_keep_alive;
    return keeps_alive;
}

void Site::replied(int status) noexcept {
    if (notes_replies) replies.push_back(status);
}

char body_byte(std::size_t position) {
    return static_cast<char>('a' + position % 23);
}

std::string body_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size; ++at) bytes[at] = body_byte(at);
    return bytes;
}

std::string reply(std::string_view status, std::string_view text, std::string_view extra,
                  std::string_view version) {
    std::string all{version};
    all.append(" ").append(status).append("\r\nDate: ").append(date);
    all.append("\r\nContent-Type: text/plain\r\nContent-Length: ");
    all.append(std::to_string(text.size())).append("\r\n").append(extra).append("\r\n");
    return all.append(text);
}

std::string hello() {
    return reply("200 OK", "Hello, world!");
}

std::string hello_and_close() {
    return reply("200 OK", "Hello, world!", "Connection: close\r\n");
}

std::string error(std::string_view status, std::string_view version) {
    return reply(status, std::string{status} + "\n", "Connection: close\r\n", version);
}

std::string drain(http::Conversation& conversation, std::size_t at_once) {
    std::string taken;
    while (conversation.next() == http::Next::write) {
        const auto output = conversation.output();
        const std::size_t count = std::min(output.size(), at_once);
        taken.append(reinterpret_cast<const char*>(output.data()), count);
        conversation.sent(count);
    }
    return taken;
}

void arrive(http::Conversation& conversation, std::string_view bytes) {
    std::memcpy(conversation.room().data(), bytes.data(), bytes.size());
    conversation.received(bytes.size());
}

std::string_view give(http::Conversation& conversation, std::string_view input, std::string& output,
                      Manner manner) {
    while (!input.empty()) {
        const http::Next next = conversation.next();
        if (next != http::Next::read && next != http::Next::linger) break;
        const std::size_t count = std::min(input.size(), conversation.room().size());
        arrive(conversation, input.substr(0, count));
        input.remove_prefix(count);
        output += drain(conversation, manner.sends_bytes);
    }
    return input;
}

Outcome converse(Site& site, const std::vector<std::string_view>& pieces, Manner manner) {
    std::size_t longest = 0;
    for (const std::string_view piece : pieces) longest = std::max(longest, piece.size());
    GuardedContext context{site, manner.split_reply, std::min(longest, http::scratch_bytes)};
    http::Conversation conversation{context};
    Outcome outcome;
    for (const std::string_view piece : pieces) {
        outcome.unwanted_bytes += give(conversation, piece, outcome.output, manner).size();
    }
    if (manner.shuts_down) conversation.received(0);
    outcome.output += drain(conversation, manner.sends_bytes);
    outcome.end = conversation.next();
    return outcome;
}

Outcome converse(std::string_view input, Manner manner) {
    Site site;
    return converse(site, {input}, manner);
}

std::string without_continue(std::string text) {
    constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    for (std::size_t at = text.find(interim); at != std::string::npos; at = text.find(interim)) {
        text.erase(at, interim.size());
    }
    return text;
}

}  // namespace talk
