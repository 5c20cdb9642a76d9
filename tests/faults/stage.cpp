#include "tests/faults/stage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

// Where the linker leads the model's `main`, and where that meant to go. The names are those of
// `server::main`, as the Itanium C++ ABI spells them.
int scripted_main(
    int argc, char** argv, const server::Traits& traits,
    void (*run)(
        server::Service&)) __asm__("__wrap__ZN6server4mainEiPPcRKNS_6TraitsEPFvRNS_7ServiceEE");
int real_main(
    int argc, char** argv, const server::Traits& traits,
    void (*run)(
        server::Service&)) __asm__("__real__ZN6server4mainEiPPcRKNS_6TraitsEPFvRNS_7ServiceEE");

/// Runs the tests of this executable: faults_test.cpp.
int run_tests(int argc, char** argv);

int scripted_main(int argc, char** argv, const server::Traits& traits,
                  void (*run)(server::Service&)) {
    faults::model() = {&traits, run};
    return run_tests(argc, argv);
}

namespace faults {
namespace {

constexpr int ready_within_ms = 20'000;

[[noreturn]] void serve(const std::vector<std::string>& arguments, int out, int err) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::close_range(3, ~0U, 0);
    std::vector<std::string> words{model().traits->model, "--port", "0"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    follow_script();
    std::exit(real_main(static_cast<int>(words.size()), argv.data(), *model().traits, model().run));
}

/// 0 for a process that has ended.
int descriptors_of(const std::string& pid) {
    DIR* directory = ::opendir(("/proc/" + pid + "/fd").c_str());
    if (directory == nullptr) return 0;
    int count = 0;
    while (const dirent* entry = ::readdir(directory))
        if (entry->d_name[0] != '.') ++count;
    ::closedir(directory);
    return count;
}

}  // namespace

Model& model() {
    static Model only;
    return only;
}

Stage::Stage(const Fault& fault, const std::vector<std::string>& arguments)
    : err_{::memfd_create("stderr", MFD_CLOEXEC)} {
    script() = Script{};
    script().fault = fault;
    std::array<int, 2> out{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe2 failed"};
    const sys::Fd reading{out[0]};
    sys::Fd writing{out[1]};
    std::fflush(nullptr);  // what waits here must not be printed twice
    pid_ = ::fork();
    if (pid_ == 0) serve(arguments, writing.get(), err_.get());
    if (pid_ < 0) throw std::runtime_error{"fork failed"};
    ended_ = sys::Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
    writing = {};
    await_ready(reading.get());
}

Stage::~Stage() {
    if (end_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Stage::await_ready(int out) {
    std::string line;
    std::array<char, 128> room{};
    pollfd readable{out, POLLIN, 0};
    while (line.find('\n') == std::string::npos) {
        if (::poll(&readable, 1, ready_within_ms) <= 0) break;
        const ssize_t count = ::read(out, room.data(), room.size());
        if (count <= 0) break;
        line.append(room.data(), static_cast<std::size_t>(count));
    }
    const std::size_t colon = line.rfind(':');
    if (colon != std::string::npos)
        std::from_chars(line.data() + colon + 1, line.data() + line.size(), port_);
    if (port_ != 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error{"not ready: " + line + said()};
}

std::vector<std::string> Stage::children() const {
    const std::string pid = std::to_string(pid_);
    std::ifstream file{"/proc/" + pid + "/task/" + pid + "/children"};
    return {std::istream_iterator<std::string>{file}, {}};
}

int Stage::descriptors() const {
    int count = descriptors_of(std::to_string(pid_));
    for (const std::string& child : children()) count += descriptors_of(child);
    return count;
}

void Stage::tell_to_stop() const noexcept {
    ::kill(pid_, SIGTERM);
}

std::optional<End> Stage::end(std::chrono::milliseconds within) {
    if (end_) return end_;
    pollfd ended{ended_.get(), POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(within.count())) != 1) return std::nullopt;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    end_ = WIFSIGNALED(status) ? End{true, WTERMSIG(status)} : End{false, WEXITSTATUS(status)};
    return end_;
}

std::string Stage::said() const {
    std::string text(1 << 16, '\0');
    const ssize_t count = ::pread(err_.get(), text.data(), text.size(), 0);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
}

}  // namespace faults
