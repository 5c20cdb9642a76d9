#include "bench/timeline/play.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/verify/server_process.hpp"
#include "common/sys/counting.hpp"
#include "common/sys/fd.hpp"

namespace timeline {
namespace {

using namespace std::chrono_literals;
using verify::Clock;

constexpr auto lead = 20ms;  // time to get the clients' threads under way
constexpr auto between_looks = 5ms;  // a ring lasts about 40 ms where nobody ever sleeps
constexpr auto patience = 3s;  // of a client with its reply

/// A client with a part, and what it has noted.
class Player {
public:
    Player(const Part& part, const verify::Address& address, Clock::time_point began)
        : part_{part}, address_{address}, began_{began}, seen_{part.name, part.says, {}} {}

    void play() noexcept {
        try {
            for (const Step& step : part_.steps) {
                std::this_thread::sleep_until(began_ + std::chrono::milliseconds{step.at_ms});
                if (!perform(step)) break;
            }
        } catch (const std::exception& error) {
            seen_.trouble = error.what();
        }
        client_.reset();
    }

    [[nodiscard]] ClientSeen take() noexcept { return std::move(seen_); }

private:
    // result: whether the part goes on
    bool perform(const Step& step) {
        switch (step.deed) {
            case Deed::connect: note(Doing::connecting, "", [&] { connect(); }); return true;
            case Deed::send:
                note(Doing::sending, fmt::format("{} bytes", step.bytes.size()),
                     [&] { client_->send(step.bytes); });
                return true;
            case Deed::await_reply: return await_reply();
            case Deed::leave: note(Doing::leaving, "", [&] { client_.reset(); }); return true;
        }
        return false;
    }

    void connect() {
        verify::ClientOptions options;
        options.patience = patience;
        client_.emplace(address_, options);
    }

    bool await_reply() {
        note(Doing::waiting, "", [&] { static_cast<void>(client_->await_arrival(patience)); });
        verify::Reply reply;
        note(Doing::receiving, "", [&] { reply = client_->receive(); });
        seen_.acts.back().text = std::to_string(reply.status);
        if (!reply.has_token("Connection", "close")) return true;
        note(Doing::leaving, "", [&] { client_.reset(); });
        return false;
    }

    // Notes what was done, also where it fails.
    template <class Deed>
    void note(Doing doing, const std::string& text, Deed deed) {
        seen_.acts.push_back({doing, sys::monotonic_ns(), 0, text});
        try {
            deed();
        } catch (...) {
            seen_.acts.back().end_ns = sys::monotonic_ns();
            throw;
        }
        seen_.acts.back().end_ns = sys::monotonic_ns();
    }

    const Part& part_;
    const verify::Address& address_;
    Clock::time_point began_;
    ClientSeen seen_;
    std::optional<verify::Client> client_;
};

sys::Fd ring_memory() {
    sys::Fd memory{::memfd_create("iolab-trace", MFD_CLOEXEC)};
    if (!memory) throw std::system_error{errno, std::generic_category(), "memfd_create"};
    return memory;
}

/// All parts at once, and meanwhile what the server writes is taken out of its ring.
void play_all(std::vector<Player>& players, Clock::time_point end, lab::TraceFollower& follower) {
    std::atomic<std::size_t> still{players.size()};
    std::vector<std::jthread> threads;
    threads.reserve(players.size());
    for (Player& player : players) {
        threads.emplace_back([&] {
            player.play();
            --still;
        });
    }
    while (still > 0 || Clock::now() < end) {
        follower.look();
        std::this_thread::sleep_for(between_looks);
    }
}

}  // namespace

Recording play(const lab::Model& model, const Script& script) {
    const sys::Fd memory = ring_memory();
    const std::string path = fmt::format("/proc/{}/fd/{}", ::getpid(), memory.get());
    verify::ServerProcess server{model, {"--trace", path}};
    lab::TraceFollower follower{path};
    const Clock::time_point began = Clock::now() + lead;
    const Clock::duration length = std::chrono::milliseconds{script.length_ms};

    std::vector<Player> players;
    for (const Part& part : script.parts) players.emplace_back(part, server.address(), began);
    play_all(players, began + length, follower);
    server.process().stop(verify::in(5s));
    follower.look();  // who slept at the end has noted it now

    const auto ns = [](Clock::duration time) {
        return static_cast<std::uint64_t>(std::chrono::nanoseconds{time}.count());
    };
    Recording recording{.model = model.name,
                        .idea = model.traits.idea,
                        .began_ns = ns(began.time_since_epoch()),
                        .length_ns = ns(length),
                        .clients = {},
                        .trace = follower.take()};
    for (Player& player : players) recording.clients.push_back(player.take());
    return recording;
}

}  // namespace timeline
