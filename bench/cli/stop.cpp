#include "bench/cli/stop.hpp"

#include <csignal>

namespace cli {
namespace {

std::atomic<bool> stop{false};  // a handler has no other place to leave word

}  // namespace

void stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { stop.store(true); };
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& stop_asked() noexcept {
    return stop;
}

}  // namespace cli
