#include "bench/verify/process.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "bench/verify/guardian.hpp"

namespace verify {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

sys::Fd open_null() {
    sys::Fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    if (!null) fail("open /dev/null");
    return null;
}

/// What runs between fork and exec: only calls that signal-safety(7) allows.
struct ChildPlan {
    char* const* argv;
    std::array<int, 3> source;
    const cpu_set_t* cpus;
    const rlimit* open_files;
    int files_first;
    sigset_t held_back;
    int parent_death_signal;
    pid_t parent;
    int report;  ///< takes `errno` when something fails
};

[[noreturn]] void give_up(int report) {
    const int error = errno;
    [[maybe_unused]] const ssize_t written = ::write(report, &error, sizeof error);
    ::_exit(127);
}

/// Takes so many numbers, from 16 on: what the server itself opens first finds room below. What
/// stood there goes, as it would at exec; but not the report, which is told of failures until then.
void take_descriptors(int count, int report) {
    if (count == 0) return;
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) give_up(report);
    for (int number = 16; number < 16 + count; ++number)
        if (number != report && number != null && ::dup2(null, number) < 0) give_up(report);
    if (null >= 16 && null < 16 + count) ::fcntl(null, F_SETFD, 0);
}

[[noreturn]] void become(const ChildPlan& plan) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, plan.parent_death_signal);
    if (::getppid() != plan.parent) ::_exit(127);  // the parent ended before the line above

    // The report may have a number below 3 when the parent has closed its own streams.
    const int report = ::fcntl(plan.report, F_DUPFD_CLOEXEC, 10);
    if (report < 0) ::_exit(127);
    for (int target = 0; target < 3; ++target) {
        const int source = plan.source[static_cast<std::size_t>(target)];
        if (source >= 0 && ::dup2(source, target) < 0) give_up(report);
    }
    for (int target = 0; target < 3; ++target)
        if (plan.source[static_cast<std::size_t>(target)] == -1) ::close(target);
    if (plan.cpus && ::sched_setaffinity(0, sizeof *plan.cpus, plan.cpus) < 0) give_up(report);
    if (plan.open_files && ::setrlimit(RLIMIT_NOFILE, plan.open_files) < 0) give_up(report);

    // Nothing that the parent has itself been handed reaches the child.
    ::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
    take_descriptors(plan.files_first, report);
    ::sigprocmask(SIG_SETMASK, &plan.held_back, nullptr);
    for (const int number : {SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGXFSZ}) ::signal(number, SIG_DFL);
    ::execvp(plan.argv[0], plan.argv);
    give_up(report);
}

/// In the child that becomes the guardian of what `plan` starts.
[[noreturn]] void become_guarded(ChildPlan plan, int lifeline, int news) {
    become_guardian();
    plan.parent = ::getpid();
    const pid_t server = ::fork();
    if (server < 0) give_up(plan.report);
    if (server == 0) become(plan);
    guard(server, lifeline, news);
}

/// Copies a descriptor to a number above the standard ones, so that dup2 in the child cannot
/// overwrite a source before it is used.
sys::Fd lift(sys::Fd fd) {
    if (fd.get() > 2) return fd;
    sys::Fd lifted{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 10)};
    if (!lifted) fail("fcntl F_DUPFD_CLOEXEC");
    return lifted;
}

struct Pipe {
    sys::Fd reading;
    sys::Fd writing;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) fail("pipe2");
    Pipe pipe{.reading = sys::Fd{ends[0]}, .writing = sys::Fd{ends[1]}};
    return {.reading = lift(std::move(pipe.reading)), .writing = lift(std::move(pipe.writing))};
}

int millis_until(Deadline deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

std::vector<std::string> entries(const std::string& directory) {
    std::vector<std::string> names;
    DIR* dir = ::opendir(directory.c_str());
    if (!dir) return names;
    while (const dirent* entry = ::readdir(dir))
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    ::closedir(dir);
    return names;
}

/// The parent of `pid`, 0 where there is no such process. The name in field 2 of stat may hold
/// spaces and ends at the last parenthesis: proc(5).
pid_t parent_of(pid_t pid) {
    std::ifstream file{fmt::format("/proc/{}/stat", pid)};
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return 0;
    char state = 0;
    pid_t parent = 0;
    std::istringstream{line.substr(name_end + 1)} >> state >> parent;
    return parent;
}

/// A handle of the child `pid` of `parent`, which may have ended and been reaped by it: its number
/// may be another's by then, the handle never is. None where it has gone.
sys::Fd handle_of_child(pid_t pid, pid_t parent) {
    sys::Fd handle{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (handle && parent_of(pid) == parent) return handle;
    return {};
}

void signal_handle(const sys::Fd& handle, int number) noexcept {
    if (handle) ::syscall(SYS_pidfd_send_signal, handle.get(), number, nullptr, 0);
}

std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> children;
    const std::string tasks = fmt::format("/proc/{}/task", pid);
    for (const std::string& task : entries(tasks)) {
        std::ifstream list{fmt::format("{}/{}/children", tasks, task)};
        for (pid_t child = 0; list >> child;) children.push_back(child);
    }
    return children;
}

}  // namespace

std::string describe(const Exit& exit) {
    if (!exit.by_signal) return fmt::format("exit {}", exit.number);
    return fmt::format("signal {} ({})", exit.number, ::strsignal(exit.number));
}

Process::Process(const Launch& launch) : guarded_{launch.guarded} {
    sys::Fd null = lift(open_null());
    sys::Fd stdout_write;
    std::array<int, 3> source{-2, -2, -2};
    const auto choose = [&](Stream stream, int number) {
        auto& place = source[static_cast<std::size_t>(number)];
        switch (stream) {
            case Stream::inherit: place = -2; return;
            case Stream::null: place = null.get(); return;
            case Stream::closed: place = -1; return;
            case Stream::given:
                place = number == 1 ? launch.given_stdout : launch.given_stderr;
                return;
            case Stream::capture: break;
        }
        if (number == 1) {
            Pipe pipe = make_pipe();
            stdout_ = std::move(pipe.reading);
            stdout_write = std::move(pipe.writing);
            place = stdout_write.get();
            return;
        }
        stderr_ = lift(sys::Fd{::memfd_create("stderr", MFD_CLOEXEC)});
        if (!stderr_) fail("memfd_create");
        place = stderr_.get();
    };
    choose(launch.standard_input, 0);
    choose(launch.standard_output, 1);
    choose(launch.standard_error, 2);

    std::vector<char*> argv;
    for (const std::string& word : launch.command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);

    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (const int cpu : launch.cpus) CPU_SET(static_cast<std::size_t>(cpu), &cpus);
    sigset_t held_back;
    ::sigemptyset(&held_back);
    for (const int signal : launch.held_back) ::sigaddset(&held_back, signal);
    rlimit files{};
    if (launch.open_files) files = {launch.open_files->first, launch.open_files->second};

    Pipe report = make_pipe();
    Pipe lifeline = launch.guarded ? make_pipe() : Pipe{};
    Pipe news = launch.guarded ? make_pipe() : Pipe{};

    const ChildPlan plan{.argv = argv.data(),
                         .source = source,
                         .cpus = launch.cpus.empty() ? nullptr : &cpus,
                         .open_files = launch.open_files ? &files : nullptr,
                         .files_first = launch.files_first,
                         .held_back = held_back,
                         .parent_death_signal = launch.parent_death_signal,
                         .parent = ::getpid(),
                         .report = report.writing.get()};
    const pid_t child = ::fork();
    if (child < 0) fail("fork");
    if (child == 0 && launch.guarded)
        become_guarded(plan, lifeline.reading.get(), news.writing.get());
    if (child == 0) become(plan);
    if (!launch.guarded)
        ::setpgid(child, child);  // here as well, so that the group exists whoever runs first
    report.writing = sys::Fd{};
    news.writing = sys::Fd{};

    int error = 0;
    if (::read(report.reading.get(), &error, sizeof error) == sizeof error) {
        lifeline.writing = sys::Fd{};
        ::waitpid(child, nullptr, 0);
        throw std::system_error{error, std::generic_category(), launch.command.front()};
    }
    if (launch.guarded) {
        guardian_ = child;
        lifeline_ = std::move(lifeline.writing);
        ended_ = std::move(news.reading);
        if (::read(ended_.get(), &pid_, sizeof pid_) == sizeof pid_) {
            handle_ = handle_of_child(pid_, guardian_);
            return;
        }
        release_guardian();
        throw std::system_error{ESRCH, std::generic_category(), "the guardian of a server"};
    }
    pid_ = child;
    handle_ = sys::Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
    if (!handle_) fail("pidfd_open");
}

Process::~Process() {
    if (guarded_) release_guardian();
    if (guarded_ || pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);  // what the child started and left behind goes, too
    if (!exit_) ::waitpid(pid_, nullptr, 0);
}

void Process::release_guardian() noexcept {
    lifeline_ = sys::Fd{};
    if (guardian_ > 0) ::waitpid(guardian_, nullptr, 0);
    guardian_ = -1;
}

void Process::signal(int number) const noexcept {
    signal_handle(handle_, number);
}

std::optional<Exit> Process::wait(Deadline deadline) {
    if (exit_) return exit_;
    const sys::Fd& news = guarded_ ? ended_ : handle_;
    pollfd ended{.fd = news.get(), .events = POLLIN, .revents = 0};
    int count = 0;
    while ((count = ::poll(&ended, 1, millis_until(deadline))) < 0 && errno == EINTR) {
    }
    int status = 0;
    if (!guarded_ && ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    if (guarded_ && count <= 0) return std::nullopt;
    // Without a word from the guardian, it has been killed, and its child with it.
    if (guarded_ && ::read(ended_.get(), &status, sizeof status) != sizeof status) status = SIGKILL;
    exit_ = WIFSIGNALED(status) ? Exit{true, WTERMSIG(status)} : Exit{false, WEXITSTATUS(status)};
    return exit_;
}

Exit Process::stop(Deadline deadline) {
    if (guarded_) return stop_family(deadline);
    signal(SIGTERM);
    const auto ended = wait(deadline);
    ::kill(-pid_, SIGKILL);
    return ended ? *ended : wait(in(std::chrono::seconds{10})).value_or(Exit{true, SIGKILL});
}

// A wrapper may end before what it wraps, which then becomes the guardian's child, as a daemon has
// been from the start: each of them is told.
Exit Process::stop_family(Deadline deadline) {
    std::vector<pid_t> told;
    for (;;) {
        const std::vector<pid_t> orphans = children_of(guardian_);
        if (orphans.empty() || Clock::now() > deadline) break;
        for (const pid_t pid : orphans) {
            if (std::find(told.begin(), told.end(), pid) != told.end()) continue;
            signal_handle(handle_of_child(pid, guardian_), SIGTERM);
            told.push_back(pid);
        }
        ::poll(nullptr, 0, 2);
    }
    lifeline_ = sys::Fd{};
    const Exit exit = wait(in(std::chrono::seconds{10})).value_or(Exit{true, SIGKILL});
    release_guardian();
    return exit;
}

Family Process::family() const {
    if (!guarded_) return family_of(pid_, true);
    if (guardian_ <= 0) return {};
    return {.members = descendants(guardian_), .guardian = guardian_};
}

bool Process::fill(Deadline deadline) {
    if (!stdout_) return false;
    pollfd readable{.fd = stdout_.get(), .events = POLLIN, .revents = 0};
    int count = 0;
    while ((count = ::poll(&readable, 1, millis_until(deadline))) < 0 && errno == EINTR) {
    }
    if (count <= 0) return false;
    std::array<char, 4096> block{};
    const ssize_t size = ::read(stdout_.get(), block.data(), block.size());
    if (size <= 0) return false;
    unread_.append(block.data(), static_cast<std::size_t>(size));
    return true;
}

std::optional<std::string> Process::read_line(Deadline deadline) {
    for (;;) {
        if (const auto end = unread_.find('\n'); end != std::string::npos) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return line;
        }
        if (!fill(deadline)) return std::nullopt;
    }
}

std::string Process::read_all(Deadline deadline) {
    while (fill(deadline)) {
    }
    return std::exchange(unread_, {});
}

std::string Process::stderr_text() const {
    std::string text;
    std::array<char, 4096> block{};
    if (!stderr_) return text;
    for (ssize_t size = 0; (size = ::pread(stderr_.get(), block.data(), block.size(),
                                           static_cast<off_t>(text.size()))) > 0;)
        text.append(block.data(), static_cast<std::size_t>(size));
    return text;
}

std::vector<pid_t> threads_of(const std::vector<pid_t>& pids) {
    std::vector<pid_t> threads;
    for (const pid_t pid : pids)
        for (const std::string& task : entries(fmt::format("/proc/{}/task", pid)))
            threads.push_back(std::atoi(task.c_str()));
    return threads;
}

std::vector<pid_t> descendants(pid_t pid) {
    std::vector<pid_t> found = children_of(pid);
    for (std::size_t next = 0; next < found.size(); ++next) {
        const std::vector<pid_t> more = children_of(found[next]);
        found.insert(found.end(), more.begin(), more.end());
    }
    return found;
}

Family family_of(pid_t pid, bool tree) {
    Family family{.members = {pid}};
    if (!tree) return family;
    const std::vector<pid_t> below = descendants(pid);
    family.members.insert(family.members.end(), below.begin(), below.end());
    return family;
}

void interrupt(const Family& family) {
    for (const pid_t pid : family.members)
        for (const pid_t thread : threads_of({pid})) ::syscall(SYS_tgkill, pid, thread, SIGUSR1);
}

namespace {

/// Whether the kernel has begun that thread to wait in its stead, for an operation of io_uring. It
/// ends by itself 5 s after its last one.
bool is_of_the_kernel(const std::string& task) {
    std::ifstream file{task + "/comm"};
    std::string name;
    return std::getline(file, name) && name.starts_with("iou-wrk-");
}

int own_threads(pid_t pid) {
    const std::string tasks = fmt::format("/proc/{}/task", pid);
    const std::vector<std::string> all = entries(tasks);
    return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const std::string& task) {
        return !is_of_the_kernel(tasks + '/' + task);
    }));
}

}  // namespace

Census census(pid_t pid) {
    return {.descriptors = static_cast<int>(entries(fmt::format("/proc/{}/fd", pid)).size()),
            .threads = own_threads(pid),
            .children = static_cast<int>(descendants(pid).size())};
}

std::uint64_t cpu_ns(pid_t pid) {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(pid, &clock) != 0) return 0;
    if (::clock_gettime(clock, &used) != 0) return 0;
    return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(used.tv_nsec);
}

namespace {

struct Pages {
    std::uint64_t mapped = 0;
    std::uint64_t resident = 0;
};

// proc(5), /proc/pid/statm.
Pages pages_of(pid_t pid) {
    std::ifstream statm{fmt::format("/proc/{}/statm", pid)};
    Pages pages;
    return statm >> pages.mapped >> pages.resident ? pages : Pages{};
}

std::uint64_t in_bytes(std::uint64_t pages) {
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::uint64_t resident_bytes(pid_t pid) {
    return in_bytes(pages_of(pid).resident);
}

std::uint64_t mapped_bytes(pid_t pid) {
    return in_bytes(pages_of(pid).mapped);
}

int ephemeral_floor() {
    std::ifstream range{"/proc/sys/net/ipv4/ip_local_port_range"};
    int floor = 32768;
    range >> floor;
    return floor;
}

int free_port() {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const int ceiling = std::max(2049, ephemeral_floor());
    std::uniform_int_distribution<int> any{std::min(10'000, ceiling / 2), ceiling - 1};
    for (int attempt = 0; attempt < 1000; ++attempt) {
        const int port = any(random);
        const sys::Fd probe{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (!probe) fail("socket");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
            return port;
    }
    errno = EADDRINUSE;
    fail("no free port below the ephemeral range");
}

}  // namespace verify
