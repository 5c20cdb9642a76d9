#include "bench/lab/answers.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "bench/load/target.hpp"

namespace lab {
namespace {

constexpr int patience_ms = 5000;

load::Address target_of(const verify::Address& address) {
    return load::numeric_address(address.host, static_cast<std::uint16_t>(address.port)).value();
}

std::string learned(const verify::Address& address, const std::string& request, bool to_end,
                    Learn from = Learn::right_answers) {
    load::Sample sample = load::fetch(target_of(address), request, to_end, patience_ms);
    if (!sample.error.empty()) throw verify::Failed{"an answer to learn from", sample.error};
    if (from == Learn::any_answers) return sample.reply;
    if (!sample.reply.starts_with("HTTP/1.1 200") && !sample.reply.starts_with("HTTP/1.0 200")) {
        throw verify::Failed{"an answer with status 200", verify::escaped(sample.reply)};
    }
    return sample.reply;
}

bool is_exactly(const load::ReplyPattern& pattern, std::string_view reply) {
    return reply.size() == pattern.size() && pattern.matches_at(0, reply);
}

// Text that is cut says itself how long it was.
std::string sized(std::string_view bytes, std::size_t limit) {
    const std::string text = verify::escaped(bytes, limit);
    return bytes.size() > limit ? text : fmt::format("{} ({} bytes)", text, bytes.size());
}

std::string difference(const char* question, const load::ReplyPattern& pattern,
                       std::string_view reply) {
    return fmt::format("{}: expected {}, got {}", question, sized(pattern.bytes(), 80),
                       sized(reply, 160));
}

std::string check_kept(const verify::Address& address, const Exchange& exchange) {
    if (exchange.expected.empty()) return "";
    const std::string reply = learned(address, exchange.request, false);
    for (const load::ReplyPattern& pattern : exchange.expected) {
        if (is_exactly(pattern, reply)) return "";
    }
    return difference("GET on a connection that stays", exchange.expected.front(), reply);
}

std::string check_closing(const verify::Address& address, const Exchange& exchange) {
    verify::Client client{address};
    client.send(exchange.closing_request);
    const std::string reply = client.receive_rest();
    if (is_exactly(exchange.closing, reply)) return "";
    return difference("GET with Connection: close", exchange.closing, reply);
}

std::string check_pieces(const verify::Address& address, const Exchange& exchange) {
    verify::Client client{address};
    client.send_in_pieces(exchange.closing_request, exchange.closing_request.size() / 3 + 1);
    const std::string reply = client.receive_rest();
    if (is_exactly(exchange.closing, reply)) return "";
    return difference("GET in three pieces", exchange.closing, reply);
}

std::string check_head(const verify::Address& address, const Exchange& exchange) {
    verify::Client client{address};
    client.send("HEAD" + exchange.closing_request.substr(3));
    const std::string reply = client.receive_rest();
    const std::string_view whole = exchange.closing.bytes();
    const std::size_t head_size = whole.find("\r\n\r\n") + 4;
    if (reply.size() == head_size && exchange.closing.matches_at(0, reply)) return "";
    return difference("HEAD (the same head, no body)", exchange.closing, reply);
}

std::string check_pair(const verify::Address& address, const Exchange& exchange) {
    verify::Client client{address};
    client.send(exchange.request + exchange.closing_request);
    const std::string replies = client.receive_rest();
    const load::ReplyPattern& first = exchange.expected.front();
    const bool right =
        replies.size() == first.size() + exchange.closing.size() &&
        first.matches_at(0, std::string_view{replies}.substr(0, first.size())) &&
        exchange.closing.matches_at(0, std::string_view{replies}.substr(first.size()));
    return right ? "" : difference("two requests at once", first, replies);
}

}  // namespace

Exchange exchange_with(const Model& model, const verify::Address& address, const std::string& path,
                       Learn from) {
    const auto port = static_cast<std::uint16_t>(address.port);
    const load::Url url{.host = address.host,
                        .port = port,
                        .target = path,
                        .authority = load::to_string(target_of(address))};
    const bool known = !model.is_added() && path == "/";
    const std::string request = load::get_request(url, true);
    const std::string closing_request = load::get_request(url, false);
    const bool to_end = from == Learn::right_answers;  // another may have bytes behind its length
    const auto kept = load::ReplyPattern::from_sample(
        known ? load::hello_reply(false) : learned(address, request, false, from));
    Exchange exchange{
        .request = request,
        .closing_request = closing_request,
        .expected = {},
        .closing = load::ReplyPattern::from_sample(
            known ? load::hello_reply(true) : learned(address, closing_request, to_end, from))};
    if (!kept.closes()) {
        exchange.expected.push_back(kept);
        if (model.traits.serves_in_turn() || model.is_added())
            exchange.expected.push_back(kept.closing());
    }
    return exchange;
}

std::string wrong_answer(const Model& model, const verify::Address& address,
                         const Exchange& exchange) {
    try {
        for (const auto check : {check_kept, check_closing, check_pieces}) {
            if (auto wrong = check(address, exchange); !wrong.empty()) return wrong;
        }
        if (model.is_added()) return "";
        if (auto wrong = check_head(address, exchange); !wrong.empty()) return wrong;
        return check_pair(address, exchange);
    } catch (const verify::Failed& failed) {
        return failed.what();
    }
}

}  // namespace lab
