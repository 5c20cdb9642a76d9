#include "common/server/main.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include "common/server/log.hpp"
#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"
#include "common/sys/shared_file.hpp"

namespace server {
namespace {

constexpr int failed = 1;
constexpr int missing = 3;
constexpr int tick_ms = 100;  // how often a server that sleeps in ticks sees the clock

/// Says why a file or directory of the command line cannot be had.
int explain_file(const Traits& traits, const std::system_error& error) {
    const auto say = [&](std::string_view cause, std::string_view help) {
        say_three_lines(fmt::format("{}: {}", traits.model, error.what()), cause, help);
        return failed;
    };
    switch (error.code().value()) {
        case ENOSPC:
            return say("the disk that it is on has no room for all of it",
                       "df -h shows how full it is; name a file on another one");
        case EWOULDBLOCK:
            return say("a server that runs keeps its page or its trace in it, perhaps this one",
                       "name another file, one for --stats and one for --trace");
        case EINVAL:
        case EISDIR:
        case ENODEV:
        case ESPIPE:
            return say(
                "it is no regular file: what is written there is mapped, and may be read anew",
                "name a file for --stats or --trace that may be made or emptied");
        case ENOMEM:
        case EFBIG:
            return say("the process may have no more memory, or no file of that size",
                       "ulimit -v and ulimit -f show the limits of a process");
        default:
            return say("what the command line names is not there, or this user may not open it",
                       "ls -ld shows what it is and who may; correct --root, --stats or --trace");
    }
}

/// Says why there is no io_uring.
int explain_io_uring(const Traits& traits, const std::system_error& error) {
    const auto say = [&](std::string_view cause, std::string_view help) {
        say_three_lines(fmt::format("{}: {}", traits.model, error.what()), cause, help);
        return missing;
    };
    switch (error.code().value()) {
        case ENOSYS:
            return say("this kernel has no io_uring, or a sandbox hides it",
                       "a kernel with CONFIG_IO_URING, outside that sandbox; or another model");
        case EPERM:
        case EACCES:
            return say("sysctl kernel.io_uring_disabled forbids it, or a container's filter does",
                       "sysctl -w kernel.io_uring_disabled=0, or docker run --security-opt "
                       "seccomp=unconfined; or another model");
        case EOPNOTSUPP:
            return say("this kernel is older than Linux 6.0, which has multishot operations",
                       "a newer kernel, or another model");
        default:
            return say("the kernel has no memory or no descriptor for its queues",
                       "ulimit -l and ulimit -n show the limits of a process; or another model");
    }
}

/// Says why the set-up failed, and gives the exit code that goes with it.
int explain(const Traits& traits, const Options& options, const std::system_error& error) {
    const int number = error.code().value();
    const std::string_view what = error.what();
    if (dynamic_cast<const sys::FileError*>(&error) != nullptr || what.starts_with("--"))
        return explain_file(traits, error);
    if (what.starts_with("io_uring")) return explain_io_uring(traits, error);
    const std::string at = fmt::format("{}:{}", options.listen.host, options.listen.port);
    const auto say = [&](std::string_view cause, std::string_view help) {
        say_three_lines(fmt::format("{}: {} on {}", traits.model, what, at), cause, help);
    };
    if (number == EADDRINUSE) {
        say(fmt::format("another program, perhaps an earlier run, holds port {}",
                        options.listen.port),
            fmt::format("ss -ltnp 'sport = :{}' names it; --port 0 takes any free port",
                        options.listen.port));
    } else if (number == EACCES && options.listen.port != 0 && options.listen.port < 1024) {
        say("ports below 1024 are for the superuser", "--port 8080, or any other above 1023");
    } else if (number == EADDRNOTAVAIL) {
        say(fmt::format("no interface of this machine has the address {}", options.listen.host),
            "ip address lists them; --host 127.0.0.1 is always there");
    } else if (number == EMFILE || number == ENFILE || number == ENOMEM) {
        say("the process, or the machine, may have no more open files, or no more memory",
            "ulimit -n shows the limit of a process; end what is not needed");
    } else if (number == ENOSYS) {
        say("this kernel is older than Linux 5.6, whose openat2 keeps files inside --root",
            "a newer kernel, or leave --root out");
        return missing;
    } else {
        say("the operating system refused; its reason is in the line above",
            fmt::format("{} --help lists the options and what they take", traits.model));
    }
    return failed;
}

/// What not every kernel has, or not everybody may use: looked for before anybody is told that we
/// are ready. errors: throws std::system_error
void require_io_uring() {
    if (sys::try_io_uring() != 0)
        throw std::system_error{errno, std::generic_category(), "io_uring_setup"};
}

/// The one line on stdout; nobody may be there to read it.
void print_ready(const std::string& url) {
    Output{STDOUT_FILENO}.write(fmt::format("listening on {}\n", url));
}

/// How the listener's calls sleep, and with them those of all that it accepts.
void set_sleep(Sleep sleep, Options& options) {
    options.listen.blocking =
        sleep == Sleep::in_ticks || sleep == Sleep::in_calls || sleep == Sleep::in_ring;
    if (sleep == Sleep::in_wait || sleep == Sleep::in_ring || sleep == Sleep::never) return;
    if (sleep == Sleep::in_ticks)
        options.listen.limits = {tick_ms, tick_ms};
    else
        options.listen.limits = {sleep_ms(options.head_timeout_s),
                                 sleep_ms(options.send_timeout_s)};
}

int serve(const Options& options, const Traits& traits, void (*run)(Service&)) {
    sys::raise_open_files();
    sys::ignore_failed_writes();
    if (traits.needs != nullptr) require_io_uring();
    net::Listener listener = net::listen(options.listen);
    const std::string url = listener.url;
    Service service{options, traits, std::move(listener)};
    sys::map_page(options.stats.c_str());
    if (!options.trace.empty()) sys::map_trace(options.trace.c_str());
    sys::stop_on_signals(service.listener());
    print_ready(url);
    sys::start_counting();
    sys::count_stop_signals();
    run(service);
    return service.exit_code();
}

}  // namespace

int main(int argc, char** argv, const Traits& traits, void (*run)(Service&)) {
    sys::open_standard_descriptors();
    CommandLine line = read_command_line(argc, argv, traits);
    if (!line.run) return line.exit_code;
    set_sleep(traits.sleep, line.options);
    line.options.listen.shares_port = traits.listener_a_worker;
    try {
        return serve(line.options, traits, run);
    } catch (const std::system_error& error) {
        return explain(traits, line.options, error);
    } catch (const std::invalid_argument& error) {
        say_three_lines(fmt::format("{}: {}", traits.model, error.what()),
                        "names are not looked up, so that a server never waits for a name service",
                        "--host 127.0.0.1 or --host ::1");
        return 2;
    } catch (const std::exception& error) {
        say_three_lines(fmt::format("{}: {}", traits.model, error.what()),
                        "memory or another resource ran out", "free some, or lower --max-clients");
        return failed;
    }
}

void fatal(const char* call) noexcept {
    const int error = errno;
    say_three_lines(fmt::format("{} failed: {}", call, std::strerror(error)),
                    "a mistake in this server, not in a client or the machine",
                    "please report this line with what the server was doing");
    sys::exit_now(failed);
}

void fatal_if_ours(const char* call) noexcept {
    if (errno == EBADF || errno == EFAULT || errno == EINVAL || errno == ENOTSOCK) fatal(call);
}

void cannot_start(const char* call) {
    fatal_if_ours(call);
    throw std::system_error{errno, std::generic_category(), call};
}

bool would_block(const char* call) noexcept {
    fatal_if_ours(call);
    return errno == EINTR || net::would_block(errno);
}

bool would_block(const char* call, int result) noexcept {
    errno = -result;
    return would_block(call);
}

void fatal_if_ours(const char* call, int result) noexcept {
    errno = -result;
    fatal_if_ours(call);
}

}  // namespace server
