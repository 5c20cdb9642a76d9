#include "bench/load/limits.hpp"

#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>

#include <fmt/format.h>

#include "bench/load/sources.hpp"

namespace load {
namespace {

constexpr std::uint64_t files_for_others = 64;  // what the process opens besides its clients

std::uint64_t open_files_now() {
    DIR* directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return 0;
    std::uint64_t count = 0;
    while (::readdir(directory) != nullptr) ++count;
    ::closedir(directory);
    return count - 3;  // ".", ".." and the directory itself
}

}  // namespace

Limits limits(const Address& target) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);

    Limits found;
    found.open_files = files.rlim_cur;
    found.ports = ephemeral_ports();
    found.sources = sources_available(target);
    const std::uint64_t taken = open_files_now() + files_for_others;
    const std::uint64_t free_files = found.open_files > taken ? found.open_files - taken : 0;
    found.connections = std::min(free_files, found.ports * found.sources);
    return found;
}

std::vector<std::string> fit(Plan& plan) {
    std::vector<std::string> said;
    const Limits most = limits(plan.target);
    std::uint64_t room = most.connections;
    const auto shrink = [&](unsigned& count, unsigned least, std::string_view what) {
        const auto to = static_cast<unsigned>(std::clamp<std::uint64_t>(room, least, count));
        room -= std::min<std::uint64_t>(room, to);
        if (to == count) return;
        said.push_back(fmt::format("{} {} instead of {} (open files: {}, local ports: {})", to,
                                   what, count, most.open_files, most.ports * most.sources));
        count = to;
    };
    const auto shrink_askers = [&](Askers& askers) {
        shrink(askers.connections, std::min(askers.connections, 1U), "clients");
        if (askers.threads <= askers.connections) return;
        said.push_back(fmt::format("{} threads instead of {}: one for each client",
                                   askers.connections, askers.threads));
        askers.threads = askers.connections;
    };
    shrink_askers(plan);
    for (Askers& askers : plan.more) shrink_askers(askers);
    for (CrowdActor& actor : plan.crowd) shrink(actor.count, 0, name(actor.kind));
    shrink(plan.idle_connections, 0, "idle clients");
    return said;
}

}  // namespace load
