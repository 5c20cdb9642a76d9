#include "common/server/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <span>

#include "common/net/listener.hpp"
#include "common/server/main.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"

namespace server {
namespace {

constexpr std::string_view rule = "----------------------------------------\n";

bool has_room(int fd) noexcept {
    pollfd out{fd, POLLOUT, 0};
    return sys::poll({&out, 1}, 0) == 1 && (out.revents & POLLOUT) != 0;
}

/// What there is no memory for costs its lines, as what cannot be written: never the server.
template <class Write>
void or_drop(Write write) noexcept {
    try {
        write();
    } catch (const std::bad_alloc&) {
        sys::add(sys::counters().log_dropped);
    }
}

}  // namespace

Output Output::opened_anew(int fd) {
    Output output{fd};
    output.anew_ = sys::Fd{sys::open(fmt::format("/proc/self/fd/{}", fd).c_str(),
                                     O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    return output;
}

// Linux reports a pipe writable when a page of it is free, so 4096 bytes go in; and so many go in
// as a whole or not at all, whoever else writes: pipe(7), PIPE_BUF.
void Output::write(std::string_view text) const noexcept {
    constexpr std::size_t at_once = 4096;
    while (!text.empty()) {
        const auto piece = std::as_bytes(std::span{text}.first(std::min(text.size(), at_once)));
        if (!anew_ && !has_room(fd_)) break;
        const ssize_t count = sys::write(anew_ ? anew_.get() : fd_, piece);
        if (count <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (!text.empty()) sys::add(sys::counters().log_dropped);
}

// Behind what the log has written, which keeps a place of its own in a file: open(2), O_APPEND.
void say_three_lines(std::string_view what, std::string_view cause, std::string_view help) {
    Output::opened_anew(STDERR_FILENO)
        .write(fmt::format("{}\nlikely cause: {}\nwhat helps: {}\n", what, cause, help));
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

namespace {

std::string asked_name(int fd) {
    std::string peer = net::peer_name(fd);
    if (peer == "?") fatal_if_ours("getpeername");
    return peer;
}

}  // namespace

void Log::arrival(int fd) noexcept {
    if (what_ != LogWhat::events) return;
    or_drop([&] {
        const std::string& peer = peers_[fd] = asked_name(fd);
        errors_.write(fmt::format("arrival {} as descriptor {}\n", peer, fd));
    });
}

void Log::head(std::string_view text) noexcept {
    or_drop([&] {
        heads_ += rule;
        heads_ += escaped(text, true);
        if (heads_.back() != '\n') heads_ += '\n';
    });
}

// Who arrived at another thread is known there.
std::string Log::peer_of(int fd) const {
    const auto known = peers_.find(fd);
    return known == peers_.end() ? asked_name(fd) : known->second;
}

void Log::print_heads(int fd) noexcept {
    or_drop([&] {
        if (what_ == LogWhat::events) {
            heads_.insert(0, fmt::format("request from {} on descriptor {}\n", peer_of(fd), fd));
        }
        errors_.write(heads_);
    });
    heads_.clear();
}

void Log::departure(int fd) noexcept {
    if (what_ != LogWhat::events) return;
    or_drop(
        [&] { errors_.write(fmt::format("departure {} from descriptor {}\n", peer_of(fd), fd)); });
    peers_.erase(fd);
}

void Log::once(std::string_view sentence) {
    if (said_once_) return;
    said_once_ = true;
    errors_.write(sentence);
}

}  // namespace server
