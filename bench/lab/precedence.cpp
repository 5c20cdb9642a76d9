#include "bench/lab/precedence.hpp"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace lab {
namespace {

constexpr const char* session_file = "/proc/self/autogroup";

int thread_nice() noexcept {
    return ::getpriority(PRIO_PROCESS, 0);
}

// "/autogroup-63 nice 0"; none where the kernel has no such groups.
std::optional<int> session_nice() {
    std::ifstream file{session_file};
    std::string group;
    std::string word;
    int nice = 0;
    if (file >> group >> word >> nice) return nice;
    return std::nullopt;
}

bool set_session_nice(int nice) {
    std::ofstream file{session_file};
    return static_cast<bool>(file << nice << std::flush);
}

}  // namespace

Precedence::Precedence(int nice) noexcept : thread_before_{thread_nice()} {
    if (nice >= thread_before_ || ::setpriority(PRIO_PROCESS, 0, nice) != 0) return;
    const auto session = session_nice();
    if (session && nice < *session && set_session_nice(nice)) session_before_ = session;
}

Precedence::~Precedence() {
    ::setpriority(PRIO_PROCESS, 0, thread_before_);
    if (session_before_) set_session_nice(*session_before_);
}

int Precedence::nice() const noexcept {
    return thread_nice();
}

}  // namespace lab
