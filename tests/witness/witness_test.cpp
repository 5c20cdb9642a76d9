// What the statistics page counts is compared with what an outside witness saw: strace.

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "bench/lab/accounting.hpp"
#include "bench/lab/models.hpp"
#include "bench/verify/server_process.hpp"
#include "tests/sanitizers.hpp"

namespace {

using namespace std::chrono_literals;
using Counts = std::map<std::string, std::uint64_t>;

constexpr int requests = 1000;
constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: iolab\r\n\r\n";
constexpr std::string_view get_and_close =
    "GET / HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n";

/// The names under which the kernel knows a call that the page counts under its man page's name.
const std::map<std::string, std::vector<std::string>> kernel_names{
    {"eventfd", {"eventfd2"}},
    {"eventfd_read", {"read"}},
    {"eventfd_write", {"write"}},
    {"epoll_wait", {"epoll_wait", "epoll_pwait", "epoll_pwait2"}},
    {"_uring_register", {"io_uring_register"}},  // as much of its name as the page has room for
    {"fork", {"clone", "clone3", "fork"}},
    {"fstat", {"fstat", "newfstatat"}},
    {"nanosleep", {"nanosleep", "clock_nanosleep"}},
    {"open", {"open", "openat"}},
    {"poll", {"poll", "ppoll"}},
    {"pread", {"pread64"}},
    {"pthread_create", {"clone", "clone3"}},
    {"recv", {"recvfrom"}},
    {"select", {"select", "pselect6"}},
    {"send", {"sendto"}},
    {"sigtimedwait", {"rt_sigtimedwait"}},
    {"waitpid", {"wait4"}},
};

/// What else may be seen after the ready line: no call of a server, but of those who live in it.
const std::map<std::string, std::string> not_counted{
    {"brk", "memory for the heap: malloc(3)"},
    {"mmap", "memory for the heap"},
    {"munmap", "memory given back"},
    {"mremap", "memory for the heap grows"},
    {"madvise", "memory given back"},
    {"gettid", "a thread claims its slot of the statistics page, once"},
    {"rt_sigreturn", "the end of a signal handler: sigreturn(2)"},
    {"restart_syscall", "the kernel resumes a wait after a stop: restart_syscall(2)"},
    {"exit_group", "the end"},
    {"exit", "the end of a thread"},
    {"tgkill", "a thread is roused"},
    {"futex", "a lock, or a thread that is waited for: pthreads(7)"},
    {"mprotect", "a thread's stack, or its heap"},
    {"set_robust_list", "a thread or a process begins"},
    {"rseq", "a thread begins"},
    {"rt_sigprocmask", "a thread begins, or a process"},
    {"rt_sigaction", "a process begins: it leaves signals to its parent"},
    {"prctl", "a process begins: it ends with its parent"},
    {"getpid", "a process begins, or a thread is roused"},
    {"getppid", "a process begins"},
};

std::vector<std::string> names_in_kernel(const std::string& call) {
    const auto known = kernel_names.find(call);
    return known == kernel_names.end() ? std::vector<std::string>{call} : known->second;
}

/// Calls that are one in the kernel of some machines are compared together.
std::string one_name(const std::string& call) {
    return call == "ppoll" ? "poll" : call;
}

Counts page_counts(const lab::PageReading& page) {
    Counts counts;
    for (const auto& [site, row] : page.calls) counts[one_name(std::get<2>(site))] += row.calls;
    return counts;
}

/// Calls by name behind the one that wrote the ready line. A call that was cut in two lines by
/// another thread's is counted where it began.
Counts witnessed(const std::string& log) {
    static const std::regex call{R"(^\d+ +(\w+)\(.*)"};
    std::ifstream file{log};
    Counts counts;
    bool ready = false;
    for (std::string line; std::getline(file, line);) {
        std::smatch match;
        if (ready && std::regex_match(line, match, call)) ++counts[match[1].str()];
        if (line.find("\"listening on http") != std::string::npos) ready = true;
    }
    return counts;
}

class Witness : public testing::TestWithParam<lab::Model> {
protected:
    void SetUp() override {
        if (::access("/usr/bin/strace", X_OK) != 0) GTEST_SKIP() << "strace is not there";
        if (sanitized) GTEST_SKIP() << "a sanitizer makes calls of its own";
        log_ = testing::TempDir() + "witness_" + GetParam().name + ".log";
    }

    void TearDown() override { ::unlink(log_.c_str()); }

    /// The model under strace; it ends with strace even when that is killed.
    [[nodiscard]] lab::Model watched() const {
        lab::Model model = GetParam();
        model.args = {"-f", "-o", log_, "setpriv", "--pdeathsig", "KILL", model.executable};
        model.executable = "strace";
        return model;
    }

    std::string log_;
};

void send_requests(const verify::Address& address) {
    verify::Client kept{address};
    for (int request = 0; request < requests; ++request) {
        kept.send(get);
        ASSERT_EQ(kept.receive().status, 200);
    }
    kept.close();
    for (int request = 0; request < requests; ++request) {
        verify::Client once{address};
        once.send(get_and_close);
        ASSERT_EQ(once.receive().status, 200);
        once.expect_end();
    }
}

TEST_P(Witness, saw_what_the_page_counts) {
    verify::ServerProcess server{watched()};
    const std::vector<pid_t> below = verify::descendants(server.pid());
    ASSERT_FALSE(below.empty());
    send_requests(server.address());
    ::kill(below.front(), SIGTERM);
    const auto exit = server.process().wait(verify::in(10s));
    ASSERT_EQ(exit, verify::Exit{}) << server.process().stderr_text();

    const Counts page = page_counts(server.page());
    const Counts seen = witnessed(log_);
    Counts expected;
    for (const auto& [call, count] : page) {
        std::uint64_t sum = 0;
        for (const std::string& name : names_in_kernel(call)) {
            const auto found = seen.find(name);
            if (found != seen.end()) sum += found->second;
            expected[name] = 1;
        }
        EXPECT_EQ(count, sum) << call << ": by the page, and by strace";
    }
    for (const auto& [name, count] : seen)
        EXPECT_TRUE(expected.contains(name) || not_counted.contains(name))
            << name << ", seen " << count << " times, is on no page";
    if (GetParam().traits.kind == "completion") {  // operations are no calls
        EXPECT_GE(page.at("io_uring_enter"), 2u * requests);
        return;
    }
    EXPECT_GE(page.at("recv"), 2u * requests);
    EXPECT_GE(page.at("send"), 2u * requests);
}

INSTANTIATE_TEST_SUITE_P(witness, Witness,
                         testing::ValuesIn(lab::usable_models(IOLAB_MODELS_DIRECTORY)),
                         [](const auto& one) { return one.param.name; });

}  // namespace
