#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/load/target.hpp"

namespace load::testing {

/// Waits for a fact, at most 5 s.
template <class Fact>
bool becomes_true(Fact fact) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (!fact()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

/// A socket bound to a free port of 127.0.0.1 below the ephemeral range, where no client can
/// connect to itself. Nobody else takes the port and connections to it are refused, until it
/// listens or the caller closes it.
inline int bind_somewhere(Address& address) {
    for (int port = 20000 + ::getpid() % 8000; port < 32000; ++port) {
        address = *numeric_address("127.0.0.1", static_cast<std::uint16_t>(port));
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::bind(fd, address.get(), address.size) == 0) return fd;
        ::close(fd);
    }
    throw std::runtime_error{"no free port"};
}

/// A socket that listens there. The caller closes it.
inline int listen_somewhere(int backlog, Address& address) {
    const int fd = bind_somewhere(address);
    if (::listen(fd, backlog) != 0) throw std::runtime_error{"listen failed"};
    return fd;
}

/// One connection as a script sees it. Every function fails once the peer or the test has ended.
class Peer {
public:
    Peer(int fd, int number, std::atomic<bool>& over) : fd_{fd}, number_{number}, over_{over} {}

    /// How many were accepted before it.
    [[nodiscard]] int number() const noexcept { return number_; }

    /// Reads on to the next empty line. result: false at the end
    /// pieces  where given, is counted up by each receive
    bool read_request(std::atomic<int>* pieces = nullptr) {
        char room[65536];
        std::size_t searched = 0;
        std::size_t end = 0;
        while ((end = pending_.find("\r\n\r\n", searched)) == std::string::npos) {
            searched = pending_.size() < 3 ? 0 : pending_.size() - 3;
            const ssize_t count = ::recv(fd_, room, sizeof room, 0);
            reset_ = count < 0 && errno == ECONNRESET;
            if (count <= 0) return false;
            if (pieces != nullptr) pieces->fetch_add(1);
            pending_.append(room, static_cast<std::size_t>(count));
        }
        request_ = pending_.substr(0, end + 4);
        pending_.erase(0, end + 4);
        return true;
    }

    /// What has come of a request that is not whole.
    [[nodiscard]] const std::string& pending() const noexcept { return pending_; }

    /// The peer ended the connection with a reset.
    [[nodiscard]] bool was_reset() const noexcept { return reset_; }

    /// The first bytes that come, or what comes before the end; they stay to be read.
    [[nodiscard]] std::string peek(std::size_t size) {
        char room[4096];
        while (pending_.size() < size) {
            const ssize_t count = ::recv(fd_, room, size - pending_.size(), 0);
            reset_ = count < 0 && errno == ECONNRESET;
            if (count <= 0) break;
            pending_.append(room, static_cast<std::size_t>(count));
        }
        return pending_.substr(0, size);
    }

    /// The head that was read last.
    [[nodiscard]] const std::string& request() const noexcept { return request_; }

    /// Whether more has come than the requests that were read.
    [[nodiscard]] bool has_more() const {
        char byte = 0;
        return !pending_.empty() || ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }

    /// Drops what has come, so that closing is no reset.
    void take_rest() {
        char room[65536];
        ::shutdown(fd_, SHUT_WR);
        while (::recv(fd_, room, sizeof room, 0) > 0) {
        }
    }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count < 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    /// Ends the connection with a reset.
    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

    /// Stays until the peer has gone or the test is over.
    void stay() {
        char room[4096];
        while (!over_.load() && ::recv(fd_, room, sizeof room, 0) > 0) {
        }
    }

    /// Stays until the test is over, whatever the peer does.
    void outlast() const {
        while (!over_.load()) std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }

private:
    int fd_;
    int number_;
    std::atomic<bool>& over_;
    std::string pending_;
    std::string request_;
    bool reset_ = false;
};

/// A server that does to each connection, in a thread of its own, what a script says.
class ScriptedServer {
public:
    using Script = std::function<void(Peer&)>;

    explicit ScriptedServer(Script script, int backlog = 4096) : script_{std::move(script)} {
        listener_ = listen_somewhere(backlog, address_);
        acceptor_ = std::thread{[this] { accept_all(); }};
    }
    ~ScriptedServer() {
        over_.store(true);
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        std::unique_lock lock{mutex_};
        for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
        all_served_.wait(lock, [this] { return open_.empty(); });
        ::close(listener_);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] const Address& address() const { return address_; }

    std::atomic<int> accepted{0};

private:
    void accept_all() {
        for (;;) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0 && over_.load()) return;
            if (fd < 0) continue;
            const int number = accepted.fetch_add(1);
            const std::lock_guard lock{mutex_};
            open_.push_back(fd);
            // The destructor waits for it.
            std::thread{[this, fd, number] { serve(fd, number); }}.detach();
        }
    }

    void serve(int fd, int number) {
        Peer peer{fd, number, over_};
        script_(peer);
        const std::lock_guard lock{mutex_};
        std::erase(open_, fd);
        ::close(fd);
        all_served_.notify_one();
    }

    Script script_;
    Address address_;
    int listener_ = -1;
    std::atomic<bool> over_{false};
    std::mutex mutex_;
    std::vector<int> open_;
    std::condition_variable all_served_;
    std::thread acceptor_;
};

}  // namespace load::testing
