// Servers that are not ours: what the harness makes of them, and what it leaves of them.

#include <gtest/gtest.h>

#include <linux/sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/text.hpp"
#include "bench/lab/tracepoints.hpp"
#include "bench/verify/process.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/run_iolab.hpp"
#include "tests/bench/schema.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using run_iolab::alive;
using run_iolab::expect_gone;
using run_iolab::finish;
using run_iolab::Finished;
using run_iolab::iolab;
using run_iolab::launch;

constexpr const char* tiny = R"({
    "name": "tiny",
    "models": ["poll"],
    "baseline": "poll",
    "workloads": [
        {"name": "close", "actors": [{"kind": "polite", "count": 4, "connection": "close"}]},
        {"name": "keep", "actors": [{"kind": "polite", "count": 4}]}
    ],
    "warm_up_s": 0.03,
    "measured_s": 0.3,
    "rounds": 2
})";

// All processes whose command line has `mark` in it.
std::vector<pid_t> processes_with(const std::string& mark) {
    std::vector<pid_t> found;
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
        const pid_t pid = std::atoi(entry.path().filename().c_str());
        const std::string line = lab::contents(entry.path() / "cmdline");
        if (pid > 0 && line.find(mark) != line.npos && alive(pid)) found.push_back(pid);
    }
    return found;
}

bool is_installed(const std::string& program) {
    for (const std::string directory : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/usr/local/sbin/"})
        if (fs::exists(directory + program)) return true;
    return false;
}

class Foreign : public InDirectory<> {
protected:
    void SetUp() override {
        InDirectory::SetUp();
        ::chmod(directory_.c_str(), 0755);  // for servers that give up the rights of root
        std::ofstream{directory_ / "tiny.jsonc"} << tiny;
        for (const char* server : {"keep_alive.py", "close_only.py", "nginx.conf", "haproxy.cfg"})
            fs::copy_file(fs::path{FOREIGN} / server, directory_ / server);
    }

    // Everything that a server of these tests was started with has the directory's name in it.
    void TearDown() override {
        std::vector<pid_t> left = processes_with(directory_.string());
        std::erase(left, ::getpid());
        expect_gone(left);
        InDirectory::TearDown();
    }

    std::string python(const char* name) const {
        return fmt::format("python3 {} {{port}}", file(name));
    }

    // `sed_more` is a change to the configuration beside that of the port.
    std::string nginx(const std::string& sed_more = "") const {
        const std::string own = "nginx-{port}.conf";
        return fmt::format(
            R"(sh -c "sed 's/PORT/{{port}}/; {}' {} > {} && exec nginx -e stderr -p {} -c {}")",
            sed_more, file("nginx.conf"), file(own.c_str()), directory_.string(), own);
    }

    std::string haproxy() const {
        return fmt::format("env PORT={{port}} haproxy -db -f {}", file("haproxy.cfg"));
    }

    Json compared(const std::string& added) {
        const Finished finished =
            iolab({"run", file("tiny.jsonc"), "--add", added, "-o", file("r.json")});
        EXPECT_EQ(finished.exit, verify::Exit{}) << finished.out << finished.err;
        Json json = Json::parse(lab::contents(file("r.json")));
        const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/result.schema.json"));
        for (const auto& violation : schema::violations(rules, json)) ADD_FAILURE() << violation;
        return json;
    }

    // Every cell of `name` on `workload` has the figures that need nobody's help.
    void expect_figures(const std::string& name, const std::string& command,
                        const std::string& workload, int processes) {
        int measured = 0;
        const Json document = compared(name + "=" + command);
        for (const Json& cell : document["cells"]) {
            if (cell["model"] != name || cell["workload"] != workload) continue;
            ASSERT_EQ(cell["status"], "measured") << cell["reason"];
            ++measured;
            const Json& server = cell["server"];
            EXPECT_GT(server["cpu_us_per_request"], 0);
            EXPECT_GT(server["memory_kib"], 100);
            EXPECT_TRUE(server["switches_voluntary"].is_number());
            EXPECT_TRUE(server["switches_involuntary"].is_number());
            EXPECT_EQ(server["processes"], processes);
            EXPECT_EQ(server["memory_note"].is_null(), processes == 1) << server["memory_note"];
            expect_calls(server);
        }
        EXPECT_EQ(measured, 2);
    }

    static void expect_calls(const Json& server) {
        if (server["system_calls_source"].is_null()) {
            EXPECT_TRUE(server["system_calls_per_request"].is_null());
            EXPECT_GT(server["system_calls_reason"].get<std::string>().size(), 20U);
            return;
        }
        EXPECT_EQ(server["system_calls_source"], "tracepoints");
        EXPECT_TRUE(server["system_calls_reason"].is_null());
        EXPECT_GT(server["system_calls_per_request"], 1);
    }

    static void expect_all_hold(const std::vector<std::string>& words) {
        const Finished finished = iolab(words);
        EXPECT_EQ(finished.exit, verify::Exit{}) << finished.out << finished.err;
        EXPECT_NE(finished.out.find(" 0 fail"), std::string::npos) << finished.out;
        EXPECT_EQ(finished.out.find("--profile"), std::string::npos) << finished.out;
    }
};

TEST_F(Foreign, ServerThatKeepsConnectionsHoldsWhatOursPromise) {
    expect_all_hold({"verify", "--add", "python=" + python("keep_alive.py"), "--only", "delivery"});
}

TEST_F(Foreign, ServerThatClosesHoldsTheProfileForIt) {
    expect_all_hold({"verify", "--add", "python=" + python("close_only.py"), "--profile",
                     "close-only", "--only", "delivery"});
}

TEST_F(Foreign, ServerThatClosesIsToldOfTheProfileForItWhereItFails) {
    const std::vector<std::string> words{"verify", "--add", "python=" + python("close_only.py"),
                                         "--only", "keeps an HTTP/1.1 connection"};
    const Finished held_to_ours = iolab(words);
    EXPECT_EQ(held_to_ours.exit, verify::Exit{.number = 4}) << held_to_ours.out << held_to_ours.err;
    EXPECT_NE(held_to_ours.out.find("--profile close-only"), std::string::npos) << held_to_ours.out;
}

TEST_F(Foreign, ServerWithThreadsIsMeasuredAsAWhole) {
    expect_figures("python", python("keep_alive.py"), "keep", 1);
}

TEST_F(Foreign, ServerThatClosesIsMeasuredWhereItCanBe) {
    expect_figures("python", python("close_only.py"), "close", 1);
}

TEST_F(Foreign, ServerInAShellIsMeasuredWithIt) {
    expect_figures("wrapped", "sh -c '" + python("keep_alive.py") + "; true'", "keep", 2);
}

TEST_F(Foreign, ServerThatForksForEachClientIsMeasuredWithThoseThatHaveEnded) {
    expect_figures("forking", python("keep_alive.py") + " fork", "keep", 5);
    const Json document = compared("forking=" + python("keep_alive.py") + " fork");
    for (const Json& cell : document["cells"]) {
        if (cell["model"] != "forking" || cell["workload"] != "close") continue;
        ASSERT_EQ(cell["status"], "measured") << cell["reason"];
        // A fork costs many times what one of ours needs for the whole request.
        EXPECT_GT(cell["server"]["cpu_us_per_request"], 100);
    }
}

TEST_F(Foreign, DaemonIsMeasuredAndEnded) {
    expect_figures("daemon", python("keep_alive.py") + " daemon", "keep", 1);
}

TEST_F(Foreign, NginxIsVerifiedAndMeasured) {
    if (!is_installed("nginx")) GTEST_SKIP() << "nginx is not installed";
    expect_all_hold({"verify", "--add", "nginx=" + nginx(), "--only", "a request that arrives"});
    expect_figures("nginx", nginx(), "keep", 2);
}

TEST_F(Foreign, NginxThatBecomesADaemonIsMeasuredAndEnded) {
    if (!is_installed("nginx")) GTEST_SKIP() << "nginx is not installed";
    const std::string command = nginx("s/daemon off/daemon on/");
    expect_figures("nginx", command, "keep", 2);
    expect_all_hold({"verify", "--add", "nginx=" + command, "--only", "arrives whole"});
}

TEST_F(Foreign, HaproxyIsVerifiedAndMeasured) {
    if (!is_installed("haproxy")) GTEST_SKIP() << "haproxy is not installed";
    expect_all_hold({"verify", "--add", "haproxy=" + haproxy(), "--only", "arrives whole"});
    expect_figures("haproxy", haproxy(), "keep", 1);
}

// Our own server counts its calls itself: the kernel has to come to the same.
TEST_F(Foreign, CallsByTracepointsAreThoseThatAServerCounts) {
    const lab::CallTracer probe{{::getpid()}};
    if (!probe.refusal().empty()) GTEST_SKIP() << probe.refusal();
    const Json json = compared(fmt::format("twin={}/poll --port {{port}}", MODELS));
    std::map<std::string, std::map<std::string, double>> own;
    for (const Json& cell : json["cells"]) {
        if (cell["model"] == "poll")
            own[cell["workload"]] = cell["server"]["system_calls_per_request_by_name"];
    }
    for (const Json& cell : json["cells"]) {
        if (cell["model"] != "twin") continue;
        SCOPED_TRACE(cell.value("workload", ""));
        EXPECT_EQ(cell["server"]["system_calls_source"], "tracepoints");
        const Json& traced = cell["server"]["system_calls_per_request_by_name"];
        for (const auto& [name, calls] : own[cell["workload"]]) {
            if (name == "poll") continue;  // how many clients a wake-up finds ready is chance
            ASSERT_TRUE(traced.contains(name)) << name << traced.dump();
            EXPECT_NEAR(traced[name], calls, 0.05 + 0.05 * calls) << name;
        }
        EXPECT_TRUE(traced.contains("poll"));
        EXPECT_LT(traced.value("other", 0.0), 0.05) << traced.dump();
    }
}

TEST_F(Foreign, NothingIsLeftOfAShellsServerWhenTheHarnessIsKilled) {
    for (const char* ending : {"; true", " daemon; exec sleep 1000"}) {
        SCOPED_TRACE(ending);
        verify::Process process{
            launch({"run", file("tiny.jsonc"), "--rounds", "100", "--models", "poll", "--exclude",
                    "poll", "--add", "wrapped=sh -c '" + python("keep_alive.py") + ending + "'",
                    "-o", file("r.json")})};
        const auto deadline = verify::in(30s);
        while (process.stderr_text().find("[1/") == std::string::npos ||
               processes_with(file("keep_alive.py")).size() < 3) {  // harness, shell, server
            ASSERT_LT(verify::Clock::now(), deadline) << process.stderr_text();
            std::this_thread::sleep_for(2ms);
        }
        const auto below = verify::descendants(process.pid());
        EXPECT_GE(below.size(), 2U);
        process.signal(SIGKILL);
        EXPECT_TRUE(process.wait(verify::in(5s)));
        expect_gone(below);
        expect_gone(processes_with(file("keep_alive.py")));
    }
}

// A child with this number, which keeps SIGTERM waiting: /proc tells whether it was sent one. Below
// 0 where that is not allowed. source: clone(2), set_tid.
pid_t child_numbered(pid_t number) {
    sigset_t terminate;
    ::sigemptyset(&terminate);
    ::sigaddset(&terminate, SIGTERM);
    sigset_t before;
    ::sigprocmask(SIG_BLOCK, &terminate, &before);
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<std::uintptr_t>(&number);
    arguments.set_tid_size = 1;
    const auto child = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
    while (child == 0) ::pause();
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return child;
}

TEST(GuardedProcess, SignalsNobodyElseWhoHasItsNumberNow) {
    verify::Launch launch;
    launch.command = {"true"};
    launch.guarded = true;
    const verify::Process process{launch};
    const std::string its_files = fmt::format("/proc/{}", process.pid());
    const auto deadline = verify::in(5s);
    while (fs::exists(its_files) && verify::Clock::now() < deadline)
        std::this_thread::sleep_for(1ms);  // until the guardian has reaped it

    const pid_t stranger = child_numbered(process.pid());
    if (stranger < 0) GTEST_SKIP() << "to give a process a number takes root";
    ASSERT_EQ(stranger, process.pid());
    process.signal(SIGTERM);
    const std::string status = lab::contents(its_files + "/status");
    EXPECT_EQ(lab::value_of(status, "ShdPnd"), "0000000000000000");
    ::kill(stranger, SIGKILL);
    EXPECT_EQ(::waitpid(stranger, nullptr, 0), stranger);
}

TEST_F(Foreign, ServerThatNeverGetsReadyIsTriedTwice) {
    const Finished finished =
        iolab({"run", file("tiny.jsonc"), "--add", std::string{"shy="} + LIAR + " {port} ends",
               "-o", file("r.json")});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 1})) << finished.err;
    const Json document = Json::parse(lab::contents(file("r.json")));
    int again = 0;
    for (const Json& cell : document["cells"]) {
        if (cell["model"] != "shy") continue;
        EXPECT_EQ(cell["status"], "failed");
        const std::string reason = cell["reason"];
        EXPECT_NE(reason.find("exit 7"), std::string::npos) << reason;
        again += reason.find("twice in a row, in round 1 at last; not tried again") != reason.npos
                     ? 1
                     : 0;
    }
    EXPECT_EQ(again, 2);  // of four cells
}

TEST_F(Foreign, ServerThatNeverGetsReadyIsAFailureAndNoWrongAnswer) {
    const Finished finished =
        iolab({"verify", "--add", std::string{"shy="} + LIAR + " {port} ends"});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 1})) << finished.out;
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 3) << finished.err;
    EXPECT_NE(finished.err.find("shy: it did not get ready"), std::string::npos) << finished.err;
}

TEST_F(Foreign, NameOfAServerIsOneOfItsOwn) {
    for (const char* command : {"compare", "verify"}) {
        for (const char* added : {"poll=./mine {port}", "my server=./mine {port}",
                                  "<b>=./mine {port}", "mine=./mine", "=./mine {port}"}) {
            const Finished finished = iolab({command, "--add", added});
            EXPECT_EQ(finished.exit, (verify::Exit{false, 2})) << added << finished.err;
            EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 3)
                << finished.err;
            EXPECT_NE(finished.err.find("--add"), std::string::npos) << finished.err;
        }
    }
}

// What a model never can is no limit of this machine.
TEST_F(Foreign, ASignatureThatIsNotFoundEndsWith99ThoughAServerKeepsNoConnection) {
    std::ofstream{directory_ / "signed.jsonc"} << R"({
        "name": "signed", "models": ["poll"],
        "actors": [{"kind": "polite", "count": 2}],
        "warm_up_s": 0, "measured_s": 0.05, "rounds": 1,
        "signature": [{"says": "It serves nobody.", "model": "poll", "figure": "throughput_per_s",
                       "most": 0}]
    })";
    const Finished finished =
        iolab({"run", file("signed.jsonc"), "--add", "shuts=" + python("close_only.py"),
               "--no-progress", "-o", file("r.json")});
    EXPECT_EQ(finished.exit, (verify::Exit{false, 99})) << finished.out << finished.err;
    EXPECT_NE(finished.out.find("it closes after every reply"), std::string::npos) << finished.out;
}

}  // namespace
