// The same from outside: strace makes calls of the servers as they are installed fail, strace(1),
// inject. It reaches fewer of them, and no short counts; but nothing of ours is in between.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/lab/models.hpp"
#include "bench/verify/server_process.hpp"
#include "tests/faults/talks.hpp"
#include "tests/sanitizers.hpp"

namespace {

using namespace std::chrono_literals;
using faults::Ask;
using faults::Fate;
using faults::Manner;
using faults::Talk;

constexpr auto patience = 10s;

struct Injection {
    const char* call;  ///< as the page spells it
    const char* kernel;  ///< strace's names, of which a server makes one
    int error;
    int nth;
    std::size_t lost;  ///< so many clients may lose their connection
    bool ends = false;  ///< the process, by `server::fatal`
    const char* model = "";  ///< the start of the names of those that make the call; all
};

constexpr const char* wait_calls = "?epoll_wait,?epoll_pwait,?pselect6,?select,?poll,?ppoll";

constexpr Injection injections[] = {
    {"accept4", "accept4", ECONNABORTED, 1, 0},
    {"accept4", "accept4", EINTR, 1, 0},
    {"accept4", "accept4", EMFILE, 2, 0},
    {"accept4", "accept4", EOPNOTSUPP, 2, 0},
    {"accept4", "accept4", EPROTO, 1, 0},
    {"accept4", "accept4", EINVAL, 2, 0, true},
    {"recv", "recvfrom", ECONNRESET, 3, 1},
    {"recv", "recvfrom", EINTR, 2, 0},
    {"recv", "recvfrom", ENOMEM, 2, 1},
    {"recv", "recvfrom", ETIMEDOUT, 4, 1},
    {"recv", "recvfrom", EBADF, 3, 0, true},
    {"recv", "recvfrom", ENOTSOCK, 2, 0, true},
    {"send", "sendto", EAGAIN, 3, 0},
    {"send", "sendto", EINTR, 1, 0},
    {"send", "sendto", ENOBUFS, 2, 1},
    {"send", "sendto", EPIPE, 3, 1},
    {"send", "sendto", EFAULT, 2, 0, true},
    {"epoll_ctl", "epoll_ctl", ENOMEM, 1, 0, false, "epoll_lt"},  // the listener
    {"epoll_ctl", "epoll_ctl", ENOMEM, 1, 0, false, "epoll_et"},
    {"epoll_ctl", "epoll_ctl", ENOMEM, 1, 0, false, "epoll_shared"},
    {"epoll_ctl", "epoll_ctl", ENOMEM, 2, 0, false, "epoll_workers"},  // behind the bell
    {"epoll_ctl", "epoll_ctl", ENOSPC, 2, 1, false, "epoll"},
    {"epoll_ctl", "epoll_ctl", EBADF, 2, 0, true, "epoll"},
    {"epoll_wait", wait_calls, EINTR, 2, 0, false, "epoll"},
    {"epoll_wait", wait_calls, EINVAL, 3, 0, true, "epoll"},
    {"io_uring_enter", "io_uring_enter", EINTR, 2, 0, false, "io_uring"},
    {"io_uring_enter", "io_uring_enter", EAGAIN, 3, 0, false, "io_uring"},
    {"io_uring_enter", "io_uring_enter", EBUSY, 4, 0, false, "io_uring"},
    {"io_uring_enter", "io_uring_enter", EBADF, 3, 0, true, "io_uring"},
    {"poll", wait_calls, EINTR, 2, 0, false, "poll"},
    {"poll", wait_calls, ENOMEM, 2, 0, false, "poll"},
    {"poll", wait_calls, EFAULT, 3, 0, true, "poll"},
    {"sigtimedwait", "rt_sigtimedwait", EINTR, 2, 0, false, "sigio"},
    {"sigtimedwait", "rt_sigtimedwait", EFAULT, 3, 0, true, "sigio"},
    {"fcntl", "fcntl", ENOMEM, 7, 1, false, "sigio"},  // of a client, behind three of the listener
    {"select", wait_calls, EINTR, 2, 0, false, "select"},
    {"select", wait_calls, ENOMEM, 2, 0, false, "select"},
    {"select", wait_calls, EBADF, 3, 0, true, "select"},
};

Ask get(std::string_view fields = "") {
    return {.request = "GET / HTTP/1.1\r\nHost: iolab\r\n" + std::string{fields} + "\r\n",
            .body = "Hello, world!"};
}

std::vector<Talk> talks() {
    return {
        {"keep-alive", Manner::kept, {get(), get(), get(), get()}},
        {"pipelined", Manner::pipelined, {get(), get(), get(), get()}},
        {"a connection a request", Manner::kept, {get("Connection: close\r\n"), get()}},
        {"half-closing", Manner::half_closing, {get()}},
    };
}

/// The model under strace, which ends with its owner and with the model's exit code.
lab::Model injected(lab::Model model, const Injection& one) {
    const std::string what = std::string{"inject="} + one.kernel +
                             ":error=" + ::strerrorname_np(one.error) +
                             ":when=" + std::to_string(one.nth);
    std::vector<std::string> args{"-f", "-qq", "-o", "/dev/null", "-e", what};
    for (const char* const without : without_leak_checks) args.insert(args.end(), {"-E", without});
    args.insert(args.end(), {"setpriv", "--pdeathsig", "KILL", model.executable});
    args.insert(args.end(), model.args.begin(), model.args.end());
    model.args = args;
    model.executable = "strace";
    return model;
}

/// What each client has seen, in as far as it is wrong; counts the connections that were lost.
std::string complaints(const std::vector<Fate>& fates, std::size_t& lost) {
    std::string text;
    for (const Fate& fate : fates) {
        if (fate.lost) ++lost;
        if (fate.odd) text += fate.name + ": another status\n";
        if (!fate.wrong.empty()) text += fate.name + ": " + fate.wrong + "\n";
    }
    return text;
}

void expect_three_lines(const std::string& said, const Injection& one) {
    const std::string first =
        std::string{one.call} + " failed: " + std::strerror(one.error) + "\nlikely cause: ";
    EXPECT_NE(said.find(first), std::string::npos) << said;
    EXPECT_NE(said.find("\nwhat helps: "), std::string::npos) << said;
}

void expect_served(std::uint16_t port) {
    std::size_t lost = 0;
    EXPECT_EQ(complaints(faults::have({{"the next", Manner::kept, {get()}}}, port, patience), lost),
              "");
    EXPECT_EQ(lost, 0u) << "the client who comes afterwards";
}

/// The server holds as many descriptors as before, once it has seen that all clients are gone.
void expect_descriptors(pid_t server, int before) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (verify::census(server).descriptors != before) {
        if (std::chrono::steady_clock::now() > deadline) break;
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(verify::census(server).descriptors, before);
}

/// How many a server of that model holds when nobody is connected.
int least_descriptors(const lab::Model& model) {
    verify::ServerProcess server{model};
    expect_served(static_cast<std::uint16_t>(server.address().port));
    int least = verify::census(server.pid()).descriptors;
    for (int turn = 0; turn < 50; ++turn) {
        std::this_thread::sleep_for(1ms);
        least = std::min(least, verify::census(server.pid()).descriptors);
    }
    return least;
}

void inject(const lab::Model& model, const Injection& one, int before) {
    verify::ServerProcess server{injected(model, one)};
    const auto port = static_cast<std::uint16_t>(server.address().port);
    std::size_t lost = 0;
    const std::string wrong = complaints(faults::have(talks(), port, patience), lost);
    if (!one.ends) {
        const std::vector<pid_t> below = verify::descendants(server.pid());
        ASSERT_FALSE(below.empty());
        EXPECT_EQ(wrong, "");
        // A child that cannot speak to its parent ends, and who comes after it counts anew.
        const bool anew = model.traits.processes && model.traits.hands_over;
        EXPECT_LE(lost, one.lost * (anew ? 2 : 1)) << "connections lost";
        expect_served(port);
        expect_descriptors(below.front(), before);
        ::kill(below.front(), SIGTERM);
    }
    const auto exit = server.process().wait(verify::in(patience));
    EXPECT_EQ(exit, (verify::Exit{false, one.ends ? 1 : 0}));
    if (one.ends) expect_three_lines(server.process().stderr_text(), one);
}

class Outside : public testing::TestWithParam<lab::Model> {};

TEST_P(Outside, faults_end_the_process_or_are_survived) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    if (std::system("strace -qq -o /dev/null true 2>/dev/null") != 0)
        GTEST_SKIP() << "strace is not there, or may not trace: ptrace(2), EPERM";
    lab::Model model = GetParam();
    if (model.traits.workers) model.args.emplace_back("--workers=1");
    const int before = least_descriptors(model);
    for (const Injection& one : injections) {
        if (!model.name.starts_with(one.model)) continue;
        const bool completes = model.traits.kind == "completion";
        if (completes && std::string_view{one.model}.empty()) continue;  // operations are no calls
        if (model.traits.processes && one.ends) continue;  // it is a child that ends
        SCOPED_TRACE(std::string{one.call} + " number " + std::to_string(one.nth) + ": " +
                     ::strerrorname_np(one.error));
        inject(model, one, before);
    }
}

TEST_P(Outside, says_so_where_the_kernel_refuses_what_it_needs) {
    const auto& needs = GetParam().traits.needs;
    if (std::find(needs.begin(), needs.end(), "io_uring") == needs.end()) return;  // nothing
    for (const int error : {ENOSYS, EPERM, ENOMEM}) {
        verify::Launch launch;
        const std::string inject =
            std::string{"inject=io_uring_setup:error="} + ::strerrorname_np(error);
        launch.command = {"strace",    "-qq", "-E",   without_leak_checks[0], "-o",
                          "/dev/null", "-e",  inject, GetParam().executable,  "--port",
                          "0"};
        verify::Process server{launch};
        EXPECT_EQ(server.read_all(verify::in(patience)), "") << "it said that it was ready";
        EXPECT_EQ(server.wait(verify::in(patience)), (verify::Exit{false, 3}));
        const std::string said = server.stderr_text();
        EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 3) << said;
        EXPECT_NE(said.find(std::strerror(error)), std::string::npos) << said;
    }
}

INSTANTIATE_TEST_SUITE_P(faults, Outside,
                         testing::ValuesIn(lab::usable_models(IOLAB_MODELS_DIRECTORY)),
                         [](const auto& one) { return one.param.name; });

}  // namespace
