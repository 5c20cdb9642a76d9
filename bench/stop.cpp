#include "bench/stop.hpp"

#include <csignal>

#include <array>
#include <cstddef>

namespace bench {
namespace {

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};
constexpr int at_once = 3;  // signals that leave no time to save anything

// A handler has no other place to leave word.
std::atomic<bool> stop{false};
std::atomic<int> count{0};
std::array<struct sigaction, signals.size()> before{};

// The signal is held back while this runs, and has its default effect behind it.
void note(int number) {
    stop.store(true);
    if (count.fetch_add(1) + 1 < at_once) return;
    std::signal(number, SIG_DFL);
    std::raise(number);
}

}  // namespace

StopSignals::StopSignals() {
    stop.store(false);
    count.store(0);
    struct sigaction action {};
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    for (std::size_t at = 0; at < signals.size(); ++at) {
        ::sigaction(signals[at], nullptr, &before[at]);
        if (before[at].sa_handler != SIG_IGN) ::sigaction(signals[at], &action, nullptr);
    }
}

StopSignals::~StopSignals() {
    for (std::size_t at = 0; at < signals.size(); ++at)
        ::sigaction(signals[at], &before[at], nullptr);
}

const std::atomic<bool>& stop_asked() noexcept {
    return stop;
}

}  // namespace bench
