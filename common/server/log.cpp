#include "common/server/log.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "common/net/listener.hpp"
#include "common/server/main.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"

namespace server {
namespace {

constexpr std::string_view rule = "----------------------------------------\n";

/// Writes what can be written without waiting. Linux reports a pipe writable when a
/// page of it is free, so 4096 bytes go in, unless another writer is quicker.
void write_or_drop(std::string_view text) noexcept {
    constexpr std::size_t at_once = 4096;
    while (!text.empty()) {
        pollfd out{STDERR_FILENO, POLLOUT, 0};
        const auto piece = std::as_bytes(std::span{text}.first(std::min(text.size(), at_once)));
        if (sys::poll({&out, 1}, 0) != 1 || (out.revents & POLLOUT) == 0) break;
        const ssize_t count = sys::write(STDERR_FILENO, piece);
        if (count <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (!text.empty()) sys::add(sys::counters().log_dropped);
}

}  // namespace

void say_three_lines(std::string_view what, std::string_view cause, std::string_view help) {
    write_or_drop(fmt::format("{}\nlikely cause: {}\nwhat helps: {}\n", what, cause, help));
}

std::string escaped(std::string_view text, bool keep_lines) {
    std::string out;
    out.reserve(text.size() + 1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char byte = text[i];
        const bool line_end = byte == '\n' || (byte == '\r' && text.substr(i + 1, 1) == "\n");
        if (keep_lines && line_end) {
            if (byte == '\n') out += '\n';
        } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f || byte == '\\') {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        } else {
            out += byte;
        }
    }
    return out;
}

void Log::arrival(int fd) {
    if (what_ != LogWhat::events) return;
    const std::string& peer = peers_[fd] = net::peer_name(fd);
    if (peer == "?") fatal_if_ours("getpeername");
    write_or_drop(fmt::format("arrival {} as descriptor {}\n", peer, fd));
}

void Log::head(std::string_view text) {
    heads_ += rule;
    heads_ += escaped(text, true);
    if (heads_.back() != '\n') heads_ += '\n';
}

void Log::print_heads(int fd) {
    if (what_ == LogWhat::events) {
        heads_.insert(0, fmt::format("request from {} on descriptor {}\n", peers_[fd], fd));
    }
    write_or_drop(heads_);
    heads_.clear();
}

void Log::departure(int fd) {
    if (what_ != LogWhat::events) return;
    write_or_drop(fmt::format("departure {} from descriptor {}\n", peers_[fd], fd));
    peers_.erase(fd);
}

void Log::once(std::string_view sentence) {
    if (said_once_) return;
    said_once_ = true;
    write_or_drop(sentence);
}

}  // namespace server
