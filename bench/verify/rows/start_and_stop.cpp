#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/trace_file.hpp"
#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"
#include "bench/verify/socket_view.hpp"
#include "common/sys/counting.hpp"
#include "common/sys/page.hpp"

namespace verify::rows {
namespace {

namespace fs = std::filesystem;

std::ptrdiff_t lines_in(const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
}

/// Refused: this exit code, three lines on stderr, nothing on stdout.
std::string expect_three_lines(Stage& stage, const std::vector<std::string>& arguments, int code) {
    const Stage::Outcome outcome = stage.run_to_end(arguments);
    expect(outcome.exit == Exit{false, code}, fmt::format("exit {}", code),
           fmt::format("{}, stderr {}", describe(outcome.exit), escaped(outcome.standard_error)));
    expect(lines_in(outcome.standard_error) == 3, "three lines on stderr",
           escaped(outcome.standard_error, 400));
    expect_text("stdout", outcome.standard_output, "");
    return outcome.standard_error;
}

std::string asked(Stage& stage, const std::string& option) {
    const Stage::Outcome outcome = stage.run_to_end({option});
    expect(outcome.exit == Exit{}, "exit 0", describe(outcome.exit));
    expect_text("stderr", outcome.standard_error, "");
    return outcome.standard_output;
}

/// A pipe whose reading end is kept, or not.
struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) < 0) throw Skipped{"no pipe can be made"};
        reading = sys::Fd{ends[0]};
        writing = sys::Fd{ends[1]};
    }
    sys::Fd reading;
    sys::Fd writing;
};

/// What a server has written to stderr, once that contains `text`.
std::string stderr_with(ServerProcess& server, std::string_view text) {
    await_fact(fmt::format("{} on stderr", escaped(text)),
               [&] { return server.process().stderr_text().find(text) != std::string::npos; });
    return server.process().stderr_text();
}

/// The log that one request leaves.
std::string log_of(Stage& stage, const std::string& what, std::string_view request,
                   std::string_view awaited) {
    ServerProcess server = stage.start({"--log", what});
    Client client{server.address()};
    client.send(request);
    client.receive();
    client.close();
    return stderr_with(server, awaited);
}

SocketView listener_of(const ServerProcess& server) {
    const auto view =
        socket_view(socket_address(server.address()).first, socket_address({"127.0.0.1", 1}).first);
    if (!view) throw Skipped{"the kernel tells nothing of listening sockets"};
    return *view;
}

std::string link_of(pid_t pid, int descriptor) {
    std::error_code error;
    return fs::read_symlink(fmt::format("/proc/{}/fd/{}", pid, descriptor), error).string();
}

/// Descriptors of `pid` above the standard ones that an exec would hand on.
std::vector<std::string> handed_on(pid_t pid) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator{fmt::format("/proc/{}/fdinfo", pid)}) {
        const int descriptor = std::stoi(entry.path().filename().string());
        std::ifstream info{entry.path()};
        std::string key;
        for (std::string value; info >> key >> value;) {
            if (key != "flags:" || descriptor < 3) continue;
            const bool closes = (std::stoul(value, nullptr, 8) & O_CLOEXEC) != 0;
            if (!closes) found.push_back(link_of(pid, descriptor));
        }
    }
    return found;
}

/// As many records of every call as the page has counted.
void expect_recorded(const lab::PageReading& page, const lab::Trace& trace, bool completes) {
    std::map<lab::PageReading::Key, std::uint64_t> recorded;
    for (const lab::TracedCall& call : trace.calls) {
        const lab::TracedSite& site = trace.site_of(call);
        ++recorded[{site.file, static_cast<int>(site.line), site.call}];
    }
    const std::size_t sites = recorded.size();
    for (const auto& [key, counted] : page.calls) {
        const auto& [file, line, call] = key;
        expect_equal(fmt::format("records of {} in {}:{}", call, file, line), recorded[key],
                     counted.calls);
    }
    expect_equal("call sites", sites, page.calls.size());
    const std::vector<std::string> calls{"accept4", "recv", "send", "close"};
    for (const std::string& call : completes ? std::vector<std::string>{"io_uring_enter"} : calls) {
        const bool there = std::any_of(recorded.begin(), recorded.end(), [&](const auto& entry) {
            return std::get<2>(entry.first) == call;
        });
        expect(there, fmt::format("a record of {}", call), "none");
    }
}

constexpr Behaviour table[] = {
    {"says in one line on stdout where it listens",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         expect_text("the ready line", server.ready_line(),
                     fmt::format("listening on http://127.0.0.1:{}/", server.address().port));
     },
     {.own = true}},
    {"is ready when it says so",
     hello,
     [](Stage& stage) {
         for (int round = 0; round < 10; ++round) {
             const ServerProcess server = stage.start({});
             expect_equal("connect", try_connect(server.address()), 0);
         }
     },
     {.own = true}},
    {"says nothing but its ready line as long as all goes well",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client client{server.address()};
         expect_kept(stage, client);
         client.send("no request\r\n\r\n");
         client.receive();
         client.close();
         server.process().signal(SIGTERM);
         expect_text("the rest of stdout", server.process().read_all(in(3s)), "");
         expect_text("stderr", server.process().stderr_text(), "");
     },
     {.own = true}},
    {"listens at the port that it is given",
     hello,
     [](Stage& stage) {
         const int port = free_port();
         const ServerProcess server = stage.start({"--port", std::to_string(port)});
         expect_equal("port", server.address().port, port);
     },
     {.own = true}},
    {"chooses a free port below those that clients are given",
     hello,
     [](Stage& stage) {
         const ServerProcess server = stage.start({});
         expect(server.address().port > 0 && server.address().port < ephemeral_floor(),
                fmt::format("a port below {}", ephemeral_floor()),
                std::to_string(server.address().port));
     },
     {.own = true}},
    {"listens on the loopback address only, unless told otherwise",
     hello,
     [](Stage& stage) {
         const ServerProcess server = stage.start({});
         expect_equal("connect to another of its addresses",
                      try_connect({"127.0.0.2", server.address().port}), ECONNREFUSED);
     },
     {.own = true}},
    {"serves at ::1",
     hello,
     [](Stage& stage) {
         const sys::Fd probe{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
         const auto [address, size] = socket_address({"::1", 0});
         if (!probe || ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
             throw Skipped{"this machine has no IPv6 loopback address"};
         ServerProcess server = stage.start({"--host", "::1"});
         expect_text("the ready line", server.ready_line(),
                     fmt::format("listening on http://[::1]:{}/", server.address().port));
         Client client{server.address()};
         expect_kept(stage, client);
     },
     {.own = true}},
    {"binds its port again at once, four times over",
     hello,
     [](Stage& stage) {
         const int port = free_port();
         for (int round = 0; round < 4; ++round) {
             ServerProcess server = stage.start({"--port", std::to_string(port)});
             Client client{server.address()};
             client.send(get_and_close);
             expect_hello(stage, client.receive());
             client.expect_end();
             expect(server.process().stop(in(2s)) == Exit{}, "exit 0", "another end");
         }
     },
     {.own = true}},
    {"exits 1 with three lines that name the port when it is in use",
     hello,
     [](Stage& stage) {
         const std::string port = std::to_string(stage.server().address().port);
         const std::string said = expect_three_lines(stage, {"--port", port}, 1);
         expect(said.find(port) != std::string::npos, "the port " + port + " in them",
                escaped(said, 400));
     },
     {.own = true}},
    {"exits 1 with three lines at an address that is not its own",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--host", "192.0.2.1", "--port", "0"}, 1);
     },
     {.own = true}},
    {"exits with three lines at an address that is none",
     hello,
     [](Stage& stage) {
         const Stage::Outcome outcome = stage.run_to_end({"--host", "nowhere", "--port", "0"});
         expect(!outcome.exit.by_signal && (outcome.exit.number == 1 || outcome.exit.number == 2),
                "exit 1 or 2", describe(outcome.exit));
         expect(lines_in(outcome.standard_error) == 3, "three lines on stderr",
                escaped(outcome.standard_error, 400));
     },
     {.own = true}},
    {"exits 2 with three lines at an option that it does not know",
     hello,
     [](Stage& stage) {
         const std::string said = expect_three_lines(stage, {"--port", "0", "--prot", "8080"}, 2);
         expect(said.find("--prot") != std::string::npos, "the option in them", escaped(said, 400));
     },
     {.own = true}},
    {"exits 2 with three lines at a port beyond 65535",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--port", "65536"}, 2);
     },
     {.own = true}},
    {"exits 2 with three lines at a number that is none",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--port", "0", "--head-timeout", "soon"}, 2);
     },
     {.own = true}},
    {"exits 2 with three lines at a negative time-out",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--port", "0", "--idle-timeout", "-1"}, 2);
     },
     {.own = true}},
    {"exits 2 with three lines at a time-out that is not a number",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--port", "0", "--idle-timeout", "nan"}, 2);
     },
     {.own = true}},
    {"exits 2 with three lines at a kind of log that there is not",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--port", "0", "--log", "loudly"}, 2);
     },
     {.own = true}},
    {"exits 2 with three lines at an option without its value",
     hello,
     [](Stage& stage) { expect_three_lines(stage, {"--port"}, 2); },
     {.own = true}},
    {"exits 2 with three lines at a word too many",
     hello,
     [](Stage& stage) { expect_three_lines(stage, {"8080"}, 2); },
     {.own = true}},
    {"exits with three lines at a directory that is not there",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--port", "0", "--root", "/nowhere/at/all"}, 1);
     },
     {.own = true}},
    {"exits with three lines when its statistics page cannot be made",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--port", "0", "--stats", "/nowhere/at/all"}, 1);
         expect_three_lines(stage, {"--port", "0", "--stats", stage.root()}, 1);
     },
     {.own = true}},
    {"exits with three lines when its trace cannot be made",
     hello,
     [](Stage& stage) {
         expect_three_lines(stage, {"--port", "0", "--trace", "/nowhere/at/all"}, 1);
         expect_three_lines(stage, {"--port", "0", "--trace", stage.root()}, 1);
     },
     {.own = true}},
    {"exits 2 with three lines at one file for two purposes",
     hello,
     [](Stage& stage) {
         const std::string file = fs::path{stage.root()}.parent_path() / "both";
         expect_three_lines(stage, {"--port", "0", "--stats", file, "--trace", file}, 2);
     },
     {.own = true}},
    {"tells its version",
     hello,
     [](Stage& stage) {
         const std::string said = asked(stage, "--version");
         expect(lines_in(said) == 1 && said.find_first_of("0123456789") != std::string::npos,
                "a line with a number", escaped(said));
     },
     {.own = true}},
    {"helps with two examples",
     hello,
     [](Stage& stage) {
         const std::string said = asked(stage, "--help");
         int examples = 0;
         for (auto at = said.find("\n  " + stage.model().name + ' '); at != std::string::npos;
              at = said.find("\n  " + stage.model().name + ' ', at + 1))
             ++examples;
         expect_equal("examples", examples, 2);
     },
     {.own = true}},
    {"names every option in its help",
     hello,
     [](Stage& stage) {
         const std::string said = asked(stage, "--help");
         for (const auto* option :
              {"--host",         "--port",          "--backlog",      "--max-clients",
               "--head-timeout", "--body-timeout",  "--idle-timeout", "--send-timeout",
               "--no-delay",     "--delay",         "--cork",         "--split-reply",
               "--root",         "--lab",           "--log",          "--stats",
               "--trace",        "--drain-seconds", "--version",      "--help",
               "--traits"})
             expect(said.find(option) != std::string::npos, option, escaped(said, 2000));
     },
     {.own = true}},
    {"declares its traits in one line of JSON",
     hello,
     [](Stage& stage) {
         const std::string said = asked(stage, "--traits");
         expect_equal<std::ptrdiff_t>("lines", lines_in(said), 1);
         const auto traits = nlohmann::json::parse(said, nullptr, false);
         expect(traits.is_object(), "a JSON object", escaped(said));
         expect_text("model", traits.value("model", ""), stage.model().name);
     },
     {.own = true}},
    {"has a queue as long as its backlog says",
     hello,
     [](Stage& stage) {
         const ServerProcess server = stage.start({"--backlog", "7"});
         expect_equal("backlog", static_cast<int>(listener_of(server).unsent_bytes), 7);
     },
     {.own = true}},
    {"runs with 0, 1 and 2 closed",
     hello,
     [](Stage& stage) {
         Launch launch;
         launch.standard_input = Stream::closed;
         launch.standard_output = Stream::closed;
         launch.standard_error = Stream::closed;
         ServerProcess server = stage.start({"--port", std::to_string(free_port())}, launch);
         Client client{server.address()};
         expect_kept(stage, client);
         for (int standard = 0; standard < 3; ++standard)
             expect_text(fmt::format("descriptor {}", standard), link_of(server.pid(), standard),
                         "/dev/null");
     },
     {.own = true}},
    {"runs with a stdout that nobody reads any more",
     hello,
     [](Stage& stage) {
         Pipe pipe;
         pipe.reading = {};
         Launch launch;
         launch.standard_output = Stream::given;
         launch.given_stdout = pipe.writing.get();
         ServerProcess server = stage.start({"--port", std::to_string(free_port())}, launch);
         Client client{server.address()};
         expect_kept(stage, client);
     },
     {.own = true}},
    {"runs with a log that nobody reads any more",
     hello,
     [](Stage& stage) {
         Pipe pipe;
         pipe.reading = {};
         Launch launch;
         launch.standard_error = Stream::given;
         launch.given_stderr = pipe.writing.get();
         ServerProcess server = stage.start({"--log", "events"}, launch);
         for (int round = 0; round < 10; ++round) {
             Client client{server.address()};
             expect_kept(stage, client);
         }
     },
     {.own = true}},
    {"goes on serving when the pipe that it logs to is full",
     hello,
     [](Stage& stage) {
         Pipe pipe;
         ::fcntl(pipe.writing.get(), F_SETPIPE_SZ, 4096);
         Launch launch;
         launch.standard_error = Stream::given;
         launch.given_stderr = pipe.writing.get();
         ServerProcess server = stage.start({"--log", "requests"}, launch);
         Client client{server.address()};
         for (int round = 0; round < 300; ++round) expect_kept(stage, client);
     },
     {.own = true}},
    {"logs the head of each request when told to",
     hello,
     [](Stage& stage) {
         const std::string log = log_of(stage, "requests", get_with({"X-Any: thing"}), "thing");
         expect(log.find("GET / HTTP/1.1") != std::string::npos, "the request line in the log",
                escaped(log, 400));
     },
     {.own = true}},
    {"logs arrivals and departures with the peer's address when told to",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({"--log", "events"});
         Client client{server.address()};
         const std::string peer = fmt::format("127.0.0.1:{}", client.local_port());
         expect_kept(stage, client);
         stderr_with(server, "arrival");
         client.close();
         const std::string log = stderr_with(server, "departure");
         expect(log.find("arrival " + peer) != std::string::npos &&
                    log.find("departure " + peer) != std::string::npos,
                "arrival and departure of " + peer, escaped(log, 400));
     },
     {.own = true}},
    {"escapes what a client sends to its log",
     hello,
     [](Stage& stage) {
         const std::string log =
             log_of(stage, "requests", get_with({"X-Any: \\ tab\tend\xc3"}), "end");
         expect(log.find("\\x5c tab\\x09end") != std::string::npos, "backslash and tab escaped",
                escaped(log, 400));
     },
     {.own = true}},
    {"lets no control byte of a refused request into its log",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({"--log", "events"});
         Client client{server.address()};
         client.send("GET /\x1b[2J\x07\x7f HTTP/1.1\r\nX: \x1b]0;title\x07\r\n\r\n");
         expect_status(client.receive(), {400});
         client.close();
         const std::string log = stderr_with(server, "departure");
         const bool clean = std::all_of(log.begin(), log.end(), [](char byte) {
             return byte == '\n' || (static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f);
         });
         expect(clean, "no control byte", escaped(log, 400));
     },
     {.own = true}},
    {"hands no descriptor on to what it might start",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client client{server.address()};
         expect_kept(stage, client);
         const std::vector<std::string> found = handed_on(server.pid());
         expect(found.empty(), "close-on-exec everywhere", found.empty() ? "" : found.front());
     },
     {.own = true}},
    {"uses no CPU while nobody is connected",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         const std::uint64_t before = cpu_ns_at_rest(server);
         ::usleep(500'000);
         const std::uint64_t used_us = (cpu_ns(server) - before) / 1000;
         expect(used_us < 2000, "less than 2 ms of CPU in 500 ms", fmt::format("{} us", used_us));
     },
     {.exempt = never_sleeps, .own = true}},
    {"counts a client in and out",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         for (int client = 0; client < 50; ++client) {
             Client one{server.address()};
             expect_kept(stage, one);
         }
         await_open(server, 0);
         expect_equal<std::uint64_t>("accepted", server.page().accepted, 50);
     },
     {.own = true}},
    {"counts every request once",
     hello,
     [](Stage& stage) {
         ServerProcess server = stage.start({});
         Client client{server.address()};
         client.send(repeated(get, 20) + std::string{get_missing});
         for (int reply = 0; reply < 21; ++reply) client.receive();
         client.close();
         await_open(server, 0);
         expect_equal<std::uint64_t>("requests", server.page().requests, 21);
     },
     {.own = true}},
    {"leaves its statistics page readable when it has ended",
     hello,
     [](Stage& stage) {
         const fs::path file = fs::path{stage.root()}.parent_path() / "page";
         ServerProcess server = stage.start({"--stats", file.string()});
         Client client{server.address()};
         expect_kept(stage, client);
         client.close();
         expect(server.process().stop(in(2s)) == Exit{}, "exit 0", "another end");
         std::array<char, 8> magic{};
         std::uint32_t version = 0;
         std::ifstream page{file, std::ios::binary};
         page.read(magic.data(), magic.size());
         page.read(reinterpret_cast<char*>(&version), sizeof version);
         expect(magic == sys::page_magic && version == sys::page_version, "magic and version",
                escaped({magic.data(), magic.size()}));
         expect_equal<std::uintmax_t>("size", fs::file_size(file), sizeof(sys::Page));
         fs::remove(file);
     },
     {.own = true}},
    {"records in its trace every call that it counts",
     hello,
     [](Stage& stage) {
         if (!sys::counting_built_in) throw Skipped{"built with IOLAB_COUNT_CALLS=OFF"};
         const std::string file = fs::path{stage.root()}.parent_path() / "trace";
         ServerProcess server = stage.start({"--trace", file});
         Client client{server.address()};
         for (int request = 0; request < 20; ++request) expect_kept(stage, client);
         client.close();
         await_open(server, 0);
         expect(server.process().stop(in(2s)) == Exit{}, "exit 0", "another end");
         expect_recorded(server.page(), lab::read_trace(file),
                         stage.model().traits.kind == "completion");
         fs::remove(file);
     },
     {.own = true}},
};

}  // namespace

std::span<const Behaviour> start_and_stop() {
    return table;
}

}  // namespace verify::rows
