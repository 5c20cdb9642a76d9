#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "bench/lab/accounting.hpp"
#include "bench/verify/behaviours.hpp"

namespace verify {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view one_request =
    "GET / HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n";
constexpr std::string_view root_argument = "--root {root}";
constexpr int most_failed_starts = 2;
constexpr auto settling_time = 4s;  // a lingering close takes 2 s at most

void write_file(const fs::path& path, std::string_view text) {
    std::ofstream{path, std::ios::binary} << text;
}

/// The directory that static files come from, with a neighbour that must stay out of reach.
void make_files(const fs::path& root) {
    fs::create_directories(root / "sub");
    fs::create_directories(root / "empty");
    fs::create_directories(root / "sub.html");
    write_file(root.parent_path() / "outside.txt", "outside\n");
    write_file(root / "index.html", "<h1>index</h1>\n");
    write_file(root / "sub/index.html", "<h1>sub</h1>\n");
    write_file(root / "plain.txt", "plain\n");
    write_file(root / "style.css", "body {}\n");
    write_file(root / "empty.txt", "");
    write_file(root / "unknown.ending", "?\n");
    write_file(root / "a b.txt", "space\n");
    write_file(root / "percent%41.txt", "percent\n");
    write_file(root / "words.txt", "\u00e4\u00f6\u00fc\n");  // 3 letters, 7 bytes
    std::string big;
    while (big.size() < 3'000'000) big += fmt::format("{:07}\n", big.size() / 8);
    write_file(root / "big.bin", big);
    fs::create_symlink("../outside.txt", root / "leaves.txt");
    fs::create_symlink("plain.txt", root / "stays.txt");
    ::mkfifo((root / "fifo").c_str(), 0600);
}

std::vector<std::string> words_of(std::string text, const std::string& root) {
    if (const auto at = text.find("{root}"); at != std::string::npos) text.replace(at, 6, root);
    std::istringstream stream{text};
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

Census total_census(pid_t pid) {
    Census total = census(pid);
    for (const pid_t child : descendants(pid)) {
        const Census more = census(child);
        total.descriptors += more.descriptors;
        total.threads += more.threads;
    }
    return total;
}

std::uint64_t total_cpu_ns(pid_t pid) {
    std::uint64_t total = cpu_ns(pid);
    for (const pid_t child : descendants(pid)) total += cpu_ns(child);
    return total;
}

std::string describe(const Census& census) {
    return fmt::format("{} descriptors, {} threads, {} children", census.descriptors,
                       census.threads, census.children);
}

bool holds_more(const Census& now, const Census& before) {
    return now.descriptors > before.descriptors || now.threads > before.threads ||
           now.children > before.children;
}

/// What a server holds that has begun: its pool is complete, and it makes no more workers. A worker
/// that has been made may have to wait for a CPU before it opens what it needs.
Census census_at_rest(pid_t pid, const lab::Traits& traits) {
    const int same_enough = traits.workers.value_or(0) > 0 ? 15 : 3;
    const int least_threads = 1 + traits.workers.value_or(0);
    const Deadline deadline = in(settling_time);
    Census last = total_census(pid);
    for (int same = 0; same < same_enough && Clock::now() < deadline;) {
        std::this_thread::sleep_for(2ms);
        const Census now = total_census(pid);
        const bool rests = now == last && now.threads >= least_threads;
        same = rests ? same + 1 : 0;
        last = now;
    }
    return last;
}

Reply ask_once(const Address& address) {
    Client client{address};
    client.send(one_request);
    Reply reply = client.receive();
    client.expect_end();
    return reply;
}

/// CPU time that a process and its descendants use within so long, in us.
std::uint64_t cpu_us_within(pid_t pid, std::chrono::milliseconds length) {
    const std::uint64_t before = total_cpu_ns(pid);
    std::this_thread::sleep_for(length);
    return (total_cpu_ns(pid) - before) / 1000;
}

/// Time for which a process and its descendants were ready to run so far and had no CPU, in us.
std::uint64_t cpu_wait_us(pid_t pid) {
    return lab::read_process(family_of(pid, true)).cpu_wait_ns / 1000;
}

/// A server that nobody talks to has nothing to do. What is left of work ends soon; who spins goes
/// on, and gets only a share of the CPU, or nothing for a while, where others want it, too.
void expect_idle(pid_t pid) {
    const std::uint64_t waited_us = cpu_wait_us(pid);
    const std::uint64_t soon_us = cpu_us_within(pid, 10ms);
    if (soon_us + cpu_wait_us(pid) - waited_us < 500) return;
    const std::uint64_t used_us = cpu_us_within(pid, 100ms);
    if (used_us > 10'000)
        throw Failed{"no CPU used while nobody is connected",
                     fmt::format("{} us of CPU in 100 ms", used_us)};
}

/// Who holds less and less, as after a crowd on a busy machine, is given time to go on.
void expect_settled(pid_t pid, const Census& before, std::chrono::milliseconds patience) {
    const std::chrono::milliseconds within =
        std::min<std::chrono::milliseconds>(settling_time, patience);
    Deadline deadline = in(within);
    Census least = total_census(pid);
    for (;;) {
        const Census now = total_census(pid);
        if (!holds_more(now, before)) return;
        if (!holds_more(now, least) && now != least) {
            least = now;
            deadline = in(within);
        }
        if (Clock::now() > deadline)
            throw Failed{"no more held than before: " + describe(before), describe(now)};
        std::this_thread::sleep_for(1ms);
    }
}

}  // namespace

Stage::Stage(const lab::Model& model, Profile profile, ServerProcess& server, std::string_view body,
             const std::string& root, std::chrono::milliseconds patience)
    : model_{model},
      profile_{profile},
      server_{server},
      body_{body},
      root_{root},
      patience_{patience} {}

Client Stage::connect(const ClientOptions& options) const {
    return connect_to(server_, options);
}

Client Stage::connect_to(const ServerProcess& server, ClientOptions options) const {
    options.patience = std::min(options.patience, patience_);
    return Client{server.address(), options};
}

ServerProcess Stage::start(const std::vector<std::string>& arguments, const Launch& base) const {
    return ServerProcess{model_, arguments, base};
}

Stage::Outcome Stage::run_to_end(const std::vector<std::string>& arguments) const {
    Launch launch;
    launch.command = {model_.executable};
    launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
    Process process{launch};
    Outcome outcome;
    outcome.standard_output = process.read_all(in(5s));
    const auto exit = process.wait(in(5s));
    if (!exit) throw Failed{"an end of the process", "it runs on after 5 s"};
    outcome.exit = *exit;
    outcome.standard_error = process.stderr_text();
    return outcome;
}

struct Trial::Running {
    explicit Running(const lab::Model& model, const std::vector<std::string>& arguments)
        : server{model, arguments} {}

    ServerProcess server;
    std::string body;  // of "/"
    Census before;
};

Trial::Trial(const lab::Model& model, Profile profile, std::chrono::milliseconds patience)
    : model_{model}, profile_{profile}, patience_{patience} {
    std::string pattern = (fs::temp_directory_path() / "iolab-verify-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
        throw std::system_error{errno, std::generic_category(), pattern};
    root_ = pattern + "/root";
    ::chmod(pattern.c_str(), 0755);  // for servers that give up the rights of root
    make_files(root_);
    for (std::string& word : model_.command)
        if (const auto at = word.find("{root}"); at != std::string::npos)
            word.replace(at, 6, root_);
}

Trial::~Trial() {
    std::error_code ignored;
    fs::remove_all(fs::path{root_}.parent_path(), ignored);
}

std::string Trial::body_of(const ServerProcess& server, bool has_files) {
    const Reply reply = ask_once(server.address());
    if (reply.status != 200) throw Failed{"200 for GET /", std::to_string(reply.status)};
    return has_files ? reply.body : "Hello, world!";
}

Trial::Running& Trial::running(const std::string& arguments) {
    auto& place = servers_[arguments];
    if (place && !place->server.ended()) return *place;
    Starts& starts = starts_[arguments];
    if (starts.failed == most_failed_starts && starts.was_there)
        throw Failed{"a right answer to GET /", "none, as before; not tried again"};
    if (starts.failed == most_failed_starts)
        throw NotReady{"a server that gets ready", "none, as before; not tried again"};
    ++starts.failed;
    starts.was_there = false;
    place = std::make_unique<Running>(model_, words_of(arguments, root_));
    starts.was_there = true;
    place->body = body_of(place->server, profile_ == files || arguments == root_argument);
    place->before = census_at_rest(place->server.pid(), model_.traits);
    starts.failed = 0;
    return *place;
}

std::string Trial::arguments_for(const Behaviour& behaviour) const {
    if (model_.is_added()) return {};
    const bool needs_files = profile_ == files && behaviour.needs.arguments.empty();
    return std::string{needs_files ? root_argument : behaviour.needs.arguments};
}

void Trial::prepare(const Row& row) {
    running(arguments_for(*row.behaviour));
}

void Trial::play(const Behaviour& behaviour) {
    const Needs& needs = behaviour.needs;
    if (!model_.missing.empty()) throw Skipped{model_.missing};
    if (const auto reason = needs.exempt(model_.traits); !reason.empty())
        throw Skipped{std::string{reason}, false};
    const bool foreign = model_.is_added();
    const bool has_files = foreign && profile_ == files && needs.arguments == root_argument;
    if (foreign && (needs.own || (!needs.arguments.empty() && !has_files)))
        throw Skipped{"needs this project's command line", false};

    Running& one = running(arguments_for(behaviour));
    Stage stage{model_, profile_, one.server, one.body, root_, patience_};
    behaviour.run(stage);

    const pid_t pid = one.server.pid();
    if (const auto exit = one.server.ended())
        throw Failed{"a server that lives on", describe(*exit)};
    expect_settled(pid, one.before, patience_);
    if (ask_once(one.server.address()).status != 200) throw Failed{"200 afterwards", "another"};
    expect_settled(pid, one.before, patience_);
    if (!model_.traits.never_sleeps) expect_idle(pid);
}

Result Trial::run(const Row& row) {
    Result result;
    const auto began = Clock::now();
    const auto failed = [&](std::string expected, std::string got) {
        result.verdict = Verdict::fail;
        result.expected = std::move(expected);
        result.got = std::move(got);
        servers_.clear();  // the next behaviour starts from a clean one
    };
    try {
        play(*row.behaviour);
    } catch (const Skipped& skipped) {
        result.verdict = Verdict::skip;
        result.reason = skipped.what();
        result.missing = skipped.missing;
    } catch (const NotReady& failure) {
        failed(failure.expected, failure.got);
        result.never_ready = true;
    } catch (const Failed& failure) {
        failed(failure.expected, failure.got);
    } catch (const std::exception& error) {
        failed("a behaviour that can be tried", error.what());
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - began).count();
    return result;
}

}  // namespace verify
