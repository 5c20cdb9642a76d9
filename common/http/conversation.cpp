#include "common/http/conversation.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "common/http/record.hpp"
#include "common/http/refusal.hpp"
#include "common/http/reply.hpp"

namespace http {
namespace {

constexpr unsigned max_empty_lines = 8;
constexpr std::uint32_t max_dropped_bytes = 128u << 20;

/// What a block must have left before a request is read: an error reply and a
/// `100 Continue` fit there for certain.
constexpr std::size_t reply_room_bytes = 1024;

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The text of an answer that nobody has put into words: `404 Not Found`.
class StatusLine {
public:
    std::string_view write(int status) noexcept {
        const std::string_view name = status_text(status);
        name.copy(characters_.data(), name.size());
        characters_[name.size()] = '\n';
        return {characters_.data(), name.size() + 1};
    }

private:
    std::array<char, 64> characters_;
};

Persistence persistence_of(Version version, bool stays) noexcept {
    if (!stays) return Persistence::close;
    return version == Version::http_1_0 ? Persistence::keep_alive : Persistence::implied;
}

}  // namespace

Conversation::Conversation() noexcept = default;

Conversation::Conversation(Context& context) noexcept : context_{&context} {}

Conversation::Conversation(Conversation&& from) noexcept {
    swap(from);
}

Conversation& Conversation::operator=(Conversation&& from) noexcept {
    Conversation taken{std::move(from)};
    swap(taken);
    return *this;
}

Conversation::~Conversation() {
    if (block_) context_->give_back(std::move(block_));
    if (record_) context_->give_back(std::move(record_));
}

void Conversation::swap(Conversation& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(record_, other.record_);
    std::swap(block_, other.block_);
    std::swap(begin_, other.begin_);
    std::swap(split_, other.split_);
    std::swap(end_, other.end_);
    std::swap(requests_, other.requests_);
    std::swap(dropped_bytes_, other.dropped_bytes_);
    std::swap(ending_, other.ending_);
    std::swap(empty_lines_, other.empty_lines_);
    std::swap(after_cr_, other.after_cr_);
    std::swap(finishing_, other.finishing_);
    std::swap(block_is_brought_, other.block_is_brought_);
    std::swap(input_ended_, other.input_ended_);
}

// What the outside sees.

std::span<std::byte> Conversation::room() noexcept {
    if (!context_) return {};
    const std::size_t waiting = record_ ? record_->waiting_input().size() : 0;
    return std::span{context_->scratch_}.first(scratch_bytes - waiting);
}

std::span<const std::byte> Conversation::output() noexcept {
    if (begin_ == end_) return {};
    const std::uint32_t end = begin_ < split_ ? split_ : end_;
    return std::span{block_->bytes}.subspan(begin_, end - begin_);
}

Next Conversation::next() const noexcept {
    if (has_output()) return Next::write;
    if (!context_ || input_ended_) return Next::close;
    switch (ending_) {
        case Ending::none: return Next::read;
        case Ending::linger: return Next::linger;
        case Ending::close: return Next::close;
    }
    return Next::close;
}

Phase Conversation::phase() const noexcept {
    if (has_output()) return Phase::reply;
    if (ending_ != Ending::none) return Phase::linger;
    if (record_ && record_->incoming.is_in_body()) return Phase::body;
    if (record_ && record_->incoming.is_begun()) return Phase::head;
    return requests_ == 0 ? Phase::head : Phase::idle;
}

bool Conversation::has_output() const noexcept {
    return begin_ < end_;
}

bool Conversation::has_room_for_reply() const noexcept {
    if (context_->split_reply_ && has_output()) return false;
    return end_ + reply_room_bytes <= block_bytes;
}

Record& Conversation::record() noexcept {
    return record_ ? *record_ : context_->spare();
}

// What comes in.

/// Runs one step; where memory does not suffice for it, this client is cut off. Output that was
/// there before may be on its way, and stays where it is.
template <typename Step>
void Conversation::guard(Step step) {
    const bool lent = has_output();
    try {
        step();
    } catch (const std::bad_alloc&) {
        lent ? cut_short() : cut();
    }
}

void Conversation::received(std::size_t count_bytes) {
    if (!context_) return;
    received(std::span<const std::byte>{context_->scratch_}.first(count_bytes));
}

void Conversation::received(std::span<const std::byte> bytes) {
    if (!context_) return;
    if (bytes.empty()) {
        input_ended_ = true;
        return;
    }
    guard([&] { accept_input(as_text(bytes)); });
    if (!has_output()) release_block();
}

void Conversation::bring_block() noexcept {
    if (!context_) return;
    try {
        if (!block_) block_ = context_->take_block();
        block_is_brought_ = true;
    } catch (const std::bad_alloc&) {
        // Asked for again when there is something to say.
    }
}

void Conversation::take_block_home() noexcept {
    block_is_brought_ = false;
    if (!has_output()) release_block();
}

void Conversation::accept_input(std::string_view input) {
    if (ending_ != Ending::none) {
        if (ending_ == Ending::close && has_output()) ending_ = Ending::linger;
        dropped_bytes_ += static_cast<std::uint32_t>(input.size());
        if (dropped_bytes_ > max_dropped_bytes) ending_ = Ending::close;
        return;
    }
    if (!has_output()) read_requests(input);
    keep_or_drop(input);
}

/// Goes on with input that had to wait for room.
void Conversation::read_waiting() {
    std::string_view input = record_->waiting_input();
    read_requests(input);
    if (ending_ == Ending::none && !input.empty()) {
        record_->waiting_begin = record_->waiting.size() - input.size();
    } else {
        record_->drop_waiting();
    }
    settle_record();
}

/// Reads and answers requests for as long as there is room for replies.
void Conversation::read_requests(std::string_view& input) {
    while (ending_ == Ending::none && has_room_for_reply() && !input.empty()) {
        if (!record().incoming.is_begun() && !skip_empty_lines(input)) return;
        if (!read_request(input)) return;
    }
}

/// Whether a request begins here; if not, all input is taken, or an error made.
bool Conversation::skip_empty_lines(std::string_view& input) {
    for (; !input.empty(); input.remove_prefix(1)) {
        const char c = input.front();
        if (after_cr_ && c != '\n') break;
        after_cr_ = c == '\r';
        if (c != '\r' && c != '\n') break;
        if (c == '\n' && ++empty_lines_ > max_empty_lines) break;
    }
    if (input.empty()) return false;
    if (after_cr_ || empty_lines_ > max_empty_lines) {
        fail(Refusal::bad_request);
        return false;
    }
    empty_lines_ = 0;
    ++requests_;
    return true;
}

/// Reads on with one request; whether it is over and done with.
bool Conversation::read_request(std::string_view& input) {
    Incoming& incoming = record().incoming;
    while (true) {
        switch (incoming.read(input, context_->site_)) {
            case Reading::more: return false;
            case Reading::expects_continue: put_text(continue_reply); break;
            case Reading::whole: answer(!input.empty()); return true;
            case Reading::refused: fail(incoming.refusal()); return false;
        }
    }
}

/// Keeps the input that was not read until there is room for its answers.
void Conversation::keep_or_drop(std::string_view rest) {
    if (ending_ == Ending::none && !rest.empty()) record().wait(rest);
    settle_record();
}

/// Keeps the record exactly as long as it is needed.
void Conversation::settle_record() {
    const bool needed = record().is_needed();
    if (needed && !record_) record_ = context_->take_spare();
    if (!needed && record_) context_->give_back(std::move(record_));
}

// What goes out.

void Conversation::answer(bool more_input) {
    Incoming& incoming = record().incoming;
    const RequestHead& head = incoming.head();
    Answer answer = head.has_known_method() ? context_->site_.answer(incoming.request())
                                            : Answer{.status = 501};
    const bool stays = keeps_alive(head);
    if (!stays) ending_ = more_input ? Ending::linger : Ending::close;
    put_reply(head, answer, stays);
    incoming.reset();
}

bool Conversation::keeps_alive(const RequestHead& head) {
    return !finishing_ && head.wants_keep_alive() && context_->site_.may_keep_alive();
}

/// Answers with an error that ends the conversation.
void Conversation::fail(Refusal refusal) {
    Incoming& incoming = record().incoming;
    Answer answer{.status = static_cast<int>(refusal)};
    ending_ = Ending::linger;
    put_reply(incoming.head(), answer, false);
    incoming.reset();
}

void Conversation::fail_at_once(Refusal refusal) {
    guard([&] {
        fail(refusal);
        settle_record();
    });
}

/// Puts a reply behind those in the block: as much of it as fits.
void Conversation::put_reply(const RequestHead& request, Answer& answer, bool stays) {
    StatusLine line;
    if (answer.status >= 300 && !answer.body && answer.text.empty()) {
        answer.text = line.write(answer.status);
        answer.type = "text/plain";
    }
    put_head({.version = request.version,
              .status = answer.status,
              .date = context_->site_.date(),
              .type = answer.type,
              .length_bytes = answer.body ? answer.length_bytes : answer.text.size(),
              .allow = answer.allow,
              .location = answer.location,
              .persistence = persistence_of(request.version, stays)});
    context_->site_.replied(answer.status);
    if (!request.is_head_request() && has_content(answer.status)) put_content(answer);
}

void Conversation::put_head(const ReplyHead& head) {
    if (!block_) block_ = context_->take_block();
    const std::size_t bound = size_bound(head);
    if (bound <= block_bytes - end_) {
        char* const to = reinterpret_cast<char*>(block_->bytes.data()) + end_;
        end_ += static_cast<std::uint32_t>(write_head(head, to) - to);
    } else {
        std::string long_head(bound, '\0');
        const char* const end = write_head(head, long_head.data());
        put_text({long_head.data(), static_cast<std::size_t>(end - long_head.data())});
    }
    if (context_->split_reply_) split_ = end_;
}

void Conversation::put_content(Answer& answer) {
    if (!answer.body) return put_text(answer.text);
    if (answer.length_bytes == 0) return;
    record().outgoing.set_body(std::move(answer.body), answer.length_bytes);
    fill();
}

/// Puts bytes into the block, or behind it where they do not fit.
void Conversation::put_text(std::string_view text) {
    if (text.empty()) return;
    if (!block_) block_ = context_->take_block();
    const std::size_t fitting = std::min<std::size_t>(text.size(), block_bytes - end_);
    std::memcpy(block_->bytes.data() + end_, text.data(), fitting);
    end_ += static_cast<std::uint32_t>(fitting);
    if (fitting < text.size()) record().outgoing.hold(text.substr(fitting));
}

/// Fills the block with what is outgoing.
void Conversation::fill() {
    Outgoing& outgoing = record().outgoing;
    while (!outgoing.is_done() && end_ < block_bytes) {
        const std::size_t taken = outgoing.take(std::span{block_->bytes}.subspan(end_));
        end_ += static_cast<std::uint32_t>(taken);
        if (taken > 0) continue;
        outgoing.reset();  // the rest cannot be had: the client can tell from the length
        ending_ = Ending::close;
    }
}

void Conversation::sent(std::size_t count_bytes) {
    begin_ += static_cast<std::uint32_t>(std::min<std::size_t>(count_bytes, end_ - begin_));
    if (has_output()) return;
    begin_ = split_ = end_ = 0;
    guard([&] {
        if (record_ && !record_->outgoing.is_done()) fill();
        if (!has_output() && record_) read_waiting();
    });
    if (!has_output()) release_block();
}

bool Conversation::computes_when_sent() const noexcept {
    return record_ && (!record_->outgoing.is_done() || !record_->waiting_input().empty());
}

void Conversation::release_block() noexcept {
    begin_ = split_ = end_ = 0;
    if (block_ && !block_is_brought_) context_->give_back(std::move(block_));
}

/// Ends the conversation with nothing more sent.
void Conversation::cut() noexcept {
    ending_ = Ending::close;
    release_block();
    if (!context_) return;
    record().reset();
    context_->give_back(std::move(record_));
}

/// Ends the conversation with what is in the block.
void Conversation::cut_short() noexcept {
    ending_ = Ending::close;
    record().reset();
    context_->give_back(std::move(record_));
}

// What does not come from the peer.

void Conversation::finish() noexcept {
    finishing_ = true;
    if (!has_output() || ending_ != Ending::none) return;
    if (record_ && record_->incoming.is_in_body()) return;
    ending_ = Ending::linger;
    if (!record_) return;
    record_->incoming.reset();
    record_->drop_waiting();
}

void Conversation::time_up() {
    if (!context_) return;
    switch (phase()) {
        case Phase::head:
        case Phase::body:
            if (!record_) return cut();
            return fail_at_once(Refusal::request_timeout);
        case Phase::idle:
        case Phase::reply:
        case Phase::linger: return cut();
    }
}

void Conversation::refuse() {
    if (!context_ || ending_ != Ending::none) return;
    fail_at_once(Refusal::service_unavailable);
}

}  // namespace http
