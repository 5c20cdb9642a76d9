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
    const auto shrink = [&](unsigned& count, std::uint64_t to, const char* what) {
        if (count <= to) return;
        said.push_back(fmt::format("{} {} instead of {} (open files: {}, local ports: {})", to,
                                   what, count, most.open_files, most.ports * most.sources));
        count = static_cast<unsigned>(to);
    };
    const std::uint64_t asking = std::min<std::uint64_t>(plan.connections, most.connections);
    shrink(plan.idle_connections, most.connections - asking, "idle clients");
    shrink(plan.connections, std::max<std::uint64_t>(asking, 1), "clients");
    if (plan.threads > plan.connections) {
        said.push_back(fmt::format("{} threads instead of {}: one for each client",
                                   plan.connections, plan.threads));
        plan.threads = plan.connections;
    }
    return said;
}

}  // namespace load
