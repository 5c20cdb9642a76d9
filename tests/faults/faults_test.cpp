// Every call of a scene fails, one at a time, in every way that its man page allows.

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/sys/counting.hpp"
#include "common/sys/page.hpp"
#include "tests/faults/stage.hpp"
#include "tests/faults/talks.hpp"

int run_tests(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    // Where this kernel, or a container's filter, refuses what the model needs, there is no server
    // to fail a call of. EFAULT, for the null, is no refusal: io_uring_setup(2), ERRORS.
    const bool needs_ring = faults::model().traits->kind == std::string_view{"completion"};
    if (needs_ring && ::syscall(SYS_io_uring_setup, 1, nullptr) < 0 && errno != EFAULT) {
        std::cout << "io_uring is not to be had here: " << std::strerror(errno) << '\n';
        return 77;  // "skipped": tests/CMakeLists.txt
    }
    return RUN_ALL_TESTS();
}

namespace {

using namespace std::chrono_literals;
using faults::Ask;
using faults::End;
using faults::Fate;
using faults::Fault;
using faults::Loss;
using faults::Manner;
using faults::Point;
using faults::Row;
using faults::Script;
using faults::Stage;
using faults::Talk;

constexpr auto patience = 10s;  // only a server that hangs makes anybody wait so long
constexpr std::size_t file_bytes = 20'000;
constexpr std::size_t long_bytes = 150'000;

std::string alphabet(std::size_t size_bytes) {
    std::string text(size_bytes, ' ');
    for (std::size_t i = 0; i < size_bytes; ++i) text[i] = static_cast<char>('a' + i % 26);
    return text;
}

/// A directory with files, for as long as the tests run.
class Files : public testing::Environment {
public:
    static std::string& path() {
        static std::string path;
        return path;
    }

    void SetUp() override {
        path() = testing::TempDir() + "iolab_faults_" + std::to_string(::getpid());
        std::filesystem::create_directories(path() + "/directory");
        std::ofstream{path() + "/index.html"} << "Hello, world!";
        std::ofstream{path() + "/file.txt"} << alphabet(file_bytes);
    }

    void TearDown() override { std::filesystem::remove_all(path()); }
};

const testing::Environment* const files = testing::AddGlobalTestEnvironment(new Files);

// ---- The scene.

std::string request(std::string_view method, std::string_view path, std::string_view fields = "",
                    std::string_view body = "") {
    return std::string{method} + " " + std::string{path} + " HTTP/1.1\r\nHost: iolab\r\n" +
           std::string{fields} + "\r\n" + std::string{body};
}

Ask get(std::string_view path = "/", std::string_view fields = "") {
    return {.request = request("GET", path, fields), .body = "Hello, world!"};
}

Ask get_file() {
    return {.request = request("GET", "/file.txt"), .body = alphabet(file_bytes)};
}

Ask get_long() {
    return {.request = request("GET", "/bytes/150000"), .body = alphabet(long_bytes)};
}

Ask post(std::size_t size_bytes) {
    const std::string length = "Content-Length: " + std::to_string(size_bytes) + "\r\n";
    const std::string body = alphabet(size_bytes);
    return {.request = request("POST", "/echo", length, body), .body = body};
}

Ask head() {
    return {.request = request("HEAD", "/"), .has_body = false};
}

/// The same, answered with an error.
Ask refused(Ask ask, int status, const std::string& reason) {
    ask.status = status;
    ask.body = std::to_string(status) + ' ' + reason + '\n';
    return ask;
}

Ask garbage() {
    return refused({.request = "no request\r\n\r\n"}, 400, "Bad Request");
}

/// 49 requests with an answer; the fiftieth is that of the client who comes afterwards.
std::vector<Talk> fifty_requests() {
    const Ask missing = refused(get("/missing"), 404, "Not Found");
    const Ask wrong_method = refused({.request = request("PUT", "/")}, 405, "Method Not Allowed");
    const Ask last = get("/", "Connection: close\r\n");
    return {
        {"keep-alive", Manner::kept, std::vector<Ask>(12, get())},
        {"pipelined", Manner::pipelined, std::vector<Ask>(10, get())},
        {"bodies", Manner::kept, {post(10), post(3000), post(60'000)}},
        {"heads", Manner::kept, {head(), head(), head()}},
        {"long answers", Manner::kept, {get_long(), get_long()}, 4096},
        {"files", Manner::kept, {get_file(), missing, get_file(), get_file()}},
        {"files ahead", Manner::pipelined, {get_file(), get(), get_file(), get()}},
        {"a connection a request", Manner::kept, {last, last, last, last}},
        {"sleeper", Manner::kept, {get("/sleep/1"), get("/sleep/1")}},
        {"half-closing", Manner::half_closing, {get_long()}},
        {"half-closing in half a request", Manner::leaving, {{.request = "GET / HTTP/1.1\r\nHo"}}},
        {"resetting", Manner::resetting, {{.request = "GET / HTTP/1.1\r\nHo"}}},
        {"garbage", Manner::kept, {garbage()}},
        {"tokens", Manner::kept, {wrong_method, get(), get()}},
    };
}

/// The calls that only --cork and --log make.
std::vector<Talk> corked_and_logged() {
    return {
        {"keep-alive", Manner::kept, std::vector<Ask>(4, get())},
        {"pipelined", Manner::pipelined, std::vector<Ask>(4, get())},
        {"files", Manner::kept, {get_file(), get_file()}},
        {"bodies", Manner::kept, {post(3000)}},
        {"garbage", Manner::kept, {garbage()}},
        {"resetting", Manner::resetting, {{.request = "GET / HTTP/1.1\r\nHo"}}},
    };
}

/// So many at once that what is kept by descriptor has to grow.
std::vector<Talk> crowd() {
    return {150, {"one of many", Manner::kept, {get(), post(3000)}}};
}

struct Scene {
    std::vector<Talk> talks;
    std::vector<std::string> options{};

    /// 0 for a model that has none.
    [[nodiscard]] std::size_t workers() const {
        const server::Traits& traits = *faults::model().traits;
        if (traits.workers == 0) return 0;
        return traits.one_a_worker ? talks.size() + 2 : 4;
    }

    /// How many there are when nobody is connected.
    [[nodiscard]] std::size_t children() const {
        return faults::model().traits->processes ? workers() : 0;
    }

    [[nodiscard]] std::vector<std::string> arguments() const {
        std::vector<std::string> all{"--lab", "--root", Files::path()};
        if (workers() > 0) all.push_back("--workers=" + std::to_string(workers()));
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }
};

constexpr Fault no_fault{.point = Point::recv, .nth = UINT32_MAX};

/// What a run without a fault saw.
struct Plain {
    std::array<std::uint32_t, faults::points> calls{};
    int descriptors = 0;  ///< when nobody is connected any more
};

/// Waits until the server holds so many descriptors. result: how many it holds at last
int await_descriptors(const Stage& stage, int wanted) {
    int held = stage.descriptors();
    for (int turn = 0; held != wanted && turn < 20'000; ++turn) {
        std::this_thread::sleep_for(100us);
        held = stage.descriptors();
    }
    return held;
}

std::string text_of(const std::optional<End>& end) {
    if (!end) return "no end";
    return (end->by_signal ? "signal " : "exit ") + std::to_string(end->number);
}

// ---- What is right.

/// Whether who made the call has to end by `server::fatal`, as far as the page tells what happened.
bool must_end(const Row& row, const Script& seen) {
    if (!seen.fired) return false;
    const int error = seen.fault.error;
    if (row.ends_set_up) return true;
    if (!faults::is_ours(error)) return false;
    // Once the handler has shut the listener down, EINVAL is how accept says so.
    if (row.point == Point::accept4 && error == EINVAL && seen.stopping) return false;
    return std::find(row.survived.begin(), row.survived.end(), error) == row.survived.end();
}

Loss allowed_loss(const Row& row, int error) {
    return faults::is_harmless(error) && row.point != Point::openat2 ? Loss::nothing : row.loss;
}

/// A child has ended by `server::fatal`: all its clients have lost it.
bool was_taken_along(const Fate& fate, const Script& seen) {
    return must_end(faults::row_of(seen.fault.point), seen) && fate.port != 0 &&
           seen.accepted_by[fate.port] == seen.pid;
}

/// What is wrong with what a client has seen, "" for nothing.
std::string complaint(const Fate& fate, Loss allowed, std::uint16_t concerned) {
    if (!fate.wrong.empty()) return fate.name + ": " + fate.wrong;
    const bool its_own =
        (concerned != 0 && fate.port == concerned) || was_taken_along(fate, faults::script());
    const bool may_lose = its_own && allowed == Loss::connection;
    const bool may_be_odd = its_own && allowed != Loss::nothing;
    const std::string count = std::to_string(fate.answered) + " of " + std::to_string(fate.asked);
    if (fate.lost && !may_lose) return fate.name + ": lost its connection after " + count;
    if (fate.odd && !may_be_odd) return fate.name + ": an answer that tells of a failure";
    if (!fate.lost && fate.answered != fate.asked) return fate.name + ": answered " + count;
    return "";
}

std::string complaints(const std::vector<Fate>& fates, Loss allowed, std::uint16_t concerned) {
    std::string text;
    for (const Fate& fate : fates) {
        const std::string one = complaint(fate, allowed, concerned);
        if (!one.empty()) text += one + "\n";
    }
    return text;
}

bool is_about_a_file(Point point) {
    return point == Point::openat2 || point == Point::fstat || point == Point::pread;
}

/// The client whose call it was that failed. Whose memory it was nobody can tell, nor whose file,
/// where it is read in another thread than the request; it is one's.
std::uint16_t concerned(const std::vector<Fate>& fates) {
    const Script& seen = faults::script();
    const server::Traits& traits = *faults::model().traits;
    const bool nobodys = seen.fault.point == Point::memory ||
                         (is_about_a_file(seen.fault.point) && traits.hands_over && traits.threads);
    if (!nobodys || !seen.fired) return seen.peer_port;
    const auto one = std::find_if(fates.begin(), fates.end(),
                                  [](const Fate& fate) { return fate.lost || fate.odd; });
    return one == fates.end() ? 0 : one->port;
}

/// The first three lines of `text`, or as many as there are.
std::string three_lines_of(const std::string& text) {
    std::size_t end = 0;
    for (int line = 0; line < 3 && end != std::string::npos; ++line) end = text.find('\n', end + 1);
    return text.substr(0, end == std::string::npos ? end : end + 1);
}

/// Three lines that name the call. Behind them may stand what others had to log.
std::string judge_words(const std::string& said, const Row& row, int error) {
    const std::string name = row.call + std::string{" failed: "} + std::strerror(error);
    std::size_t first = said.rfind(name);
    if (first == std::string::npos && row.ends_set_up)
        first = said.rfind(row.call + std::string{": "} + std::strerror(error));
    if (first == std::string::npos) return "expected \"" + name + "\", got \"" + said + "\"\n";
    const std::string lines = three_lines_of(said.substr(first));
    const bool three = std::count(lines.begin(), lines.end(), '\n') == 3 &&
                       lines.find("\nlikely cause: ") != std::string::npos &&
                       lines.find("\nwhat helps: ") != std::string::npos;
    return three ? "" : "expected three lines, got \"" + lines + "\"\n";
}

/// A sentence, once: a child could not begin for want of something.
std::string judge_want(const std::string& said, int error) {
    const std::string sentence =
        ": " + std::string{std::strerror(error)} + "; clients may have to wait";
    const std::size_t first = said.find("fewer workers than ");
    const std::size_t rest = said.find(sentence, first);
    const bool once = first != std::string::npos && rest != std::string::npos &&
                      said.find("fewer workers than ", rest) == std::string::npos;
    return once ? "" : "expected \"fewer workers than\" once, got \"" + said + "\"\n";
}

/// The end by `server::fatal`: exit 1, and words.
std::string judge_fatal(Stage& stage, const Row& row, int error) {
    const std::optional<End> end = stage.end(patience);
    if (end != End{false, 1}) return "expected exit 1, got " + text_of(end) + "\n";
    return judge_words(stage.said(), row, error);
}

/// The server serves on: new clients, the first of whom may still have met the fault, and holds no
/// descriptor too many.
template <class Allowed>
std::string judge_alive(Stage& stage, const Plain& plain, Allowed allowed) {
    const std::vector<Talk> one{{"the client who comes afterwards", Manner::kept, {get()}}};
    std::vector<Fate> fates = faults::have(one, stage.port(), patience);
    std::string text = complaints(fates, allowed(), concerned(fates));
    if (fates.front().lost) {
        fates = faults::have(one, stage.port(), patience);
        text += complaints(fates, Loss::nothing, 0);
    }
    if (!text.empty()) return text + "the server: " + text_of(stage.end(0ms)) + '\n';
    const int held = await_descriptors(stage, plain.descriptors);
    if (held != plain.descriptors)
        text += "expected " + std::to_string(plain.descriptors) + " descriptors, got " +
                std::to_string(held) + "\n";
    return text;
}

/// One run: the scene with one fault, judged. A child that ends by `server::fatal` takes its clients
/// along, and nobody else's. result: "" if all is right
std::string run(const Scene& scene, const Plain& plain, const Fault& fault) {
    Stage stage{fault, scene.arguments()};
    const Row& row = faults::row_of(fault.point);
    const Script& seen = faults::script();
    const auto a_child_ends = [&] { return must_end(row, seen) && seen.pid != stage.pid(); };
    const auto ends = [&] { return must_end(row, seen) && seen.pid == stage.pid(); };
    const std::vector<Fate> fates = faults::have(scene.talks, stage.port(), patience);
    if (ends()) return judge_fatal(stage, row, fault.error);

    const auto allowed = [&] {
        return a_child_ends() ? Loss::connection : allowed_loss(row, fault.error);
    };
    const std::string text =
        complaints(fates, allowed(), concerned(fates)) + judge_alive(stage, plain, allowed);
    if (ends()) return judge_fatal(stage, row, fault.error);
    if (!text.empty()) return text;
    stage.tell_to_stop();
    std::optional<End> end;
    if (fault.point == Point::shutdown_listener) {
        // A wait that begins just then is not woken: the next signal does.
        end = stage.end(2s);
        if (!end) stage.tell_to_stop();
    }
    if (!end) end = stage.end(patience);
    if (ends()) return judge_fatal(stage, row, fault.error);
    if (a_child_ends()) {
        const std::string words = faults::is_ours(fault.error)
                                      ? judge_words(stage.said(), row, fault.error)
                                      : judge_want(stage.said(), fault.error);
        if (!words.empty()) return words;
    }
    if (end == End{false, 0}) return "";
    return "expected exit 0 on SIGTERM, got " + text_of(end) + "\n" + stage.said();
}

/// How many descriptors a server holds when nobody is connected, and it has opened no file yet: as
/// many as it holds 30 ms on end, with all its children.
int descriptors_at_rest(const Scene& scene) {
    Stage stage{no_fault, scene.arguments()};
    const std::vector<Talk> one{{"the first", Manner::kept, {get_long()}}};
    EXPECT_EQ(complaints(faults::have(one, stage.port(), patience), Loss::nothing, 0), "");
    const auto latest = std::chrono::steady_clock::now() + patience;
    int held = 0;
    for (int turns = 0; turns < 30; ++turns) {
        std::this_thread::sleep_for(1ms);
        const int now = stage.descriptors();
        const bool all_there = stage.children().size() == scene.children();
        if (std::exchange(held, now) != now || !all_there) turns = 0;
        if (std::chrono::steady_clock::now() < latest) continue;
        ADD_FAILURE() << "no rest: " << now << " descriptors, " << stage.children().size() << " of "
                      << scene.children() << " children";
        break;
    }
    return held;
}

/// The scene without a fault.
Plain run_plain(const Scene& scene) {
    Plain plain;
    plain.descriptors = descriptors_at_rest(scene);
    EXPECT_EQ(run(scene, plain, no_fault), "");
    plain.calls = faults::script().calls;
    return plain;
}

/// Whether the seam is a queue: the bytes of many clients have moved before the first is looked at,
/// so that nobody knows on whose behalf a file is read.
bool completes() {
    return faults::model().traits->kind == std::string_view{"completion"};
}

// ---- Which faults.

/// Not what nobody can judge: on whose behalf a file is read, where the seam is a queue; and, of
/// several listeners, whose shutdown is the handler's.
bool is_left_out(Point point) {
    if (completes()) return is_about_a_file(point);
    return point == Point::shutdown_listener && faults::model().traits->listener_a_worker;
}

/// Every call of the scene in turn, with each outcome.
std::vector<Fault> all_faults(const Plain& plain) {
    std::vector<Fault> all;
    for (const Row& row : faults::table()) {
        if (is_left_out(row.point)) continue;
        const std::uint32_t calls = plain.calls[static_cast<std::size_t>(row.point)];
        for (std::uint32_t nth = 1; nth <= calls; ++nth) {
            for (const int error : row.errors) all.push_back({row.point, nth, error});
            if (row.moves_bytes) all.push_back({row.point, nth, faults::one_byte});
        }
    }
    return all;
}

/// So many of them, always the same: each outcome of each kind of call at least once, the others
/// by lot.
std::vector<Fault> sample(std::vector<Fault> all, std::size_t count) {
    if (all.size() <= count) return all;
    std::minstd_rand random{1};  // NOLINT: the same sample each time is what we want
    std::shuffle(all.begin(), all.end(), random);
    std::set<std::pair<Point, int>> seen;
    const auto is_first = [&](const Fault& fault) {
        return seen.insert({fault.point, fault.error}).second;
    };
    std::stable_partition(all.begin(), all.end(), is_first);
    all.resize(std::max(count, seen.size()));
    return all;
}

std::string describe(const Fault& fault) {
    const Row& row = faults::row_of(fault.point);
    return faults::model().traits->model + std::string{": call "} + std::to_string(fault.nth) +
           " of " + row.call + (*row.about == '\0' ? "" : " (") + row.about +
           (*row.about == '\0' ? "" : ")") + ", " + faults::name_of(fault.error);
}

/// A sample; with IOLAB_FAULTS=all every fault, which takes minutes, and with any other text those
/// whose description has it: IOLAB_FAULTS='call 12 of recv'.
std::vector<Fault> chosen(std::vector<Fault> all, std::size_t count) {
    const char* wanted = std::getenv("IOLAB_FAULTS");
    if (wanted == nullptr) return sample(std::move(all), count);
    if (std::string_view{wanted} == "all") return all;
    const auto is_other = [=](const Fault& fault) {
        return describe(fault).find(wanted) == std::string::npos;
    };
    all.erase(std::remove_if(all.begin(), all.end(), is_other), all.end());
    return all;
}

struct Tally {
    int runs = 0;
    int ended = 0;  ///< by `server::fatal`
    int not_reached = 0;  ///< the scene went another way, and was fine
    int wrong = 0;
};

void try_one(const Scene& scene, const Plain& plain, const Fault& fault, Tally& tally) {
    const std::string text = run(scene, plain, fault);
    const Script& seen = faults::script();
    ++tally.runs;
    if (!seen.fired) ++tally.not_reached;
    if (must_end(faults::row_of(fault.point), seen)) ++tally.ended;
    if (text.empty()) return;
    ++tally.wrong;
    ADD_FAILURE() << describe(fault) << "\n" << text;
}

Tally try_all(const Scene& scene, std::size_t count) {
    constexpr int enough = 10;  // complaints: more of them tell nothing new
    const Plain plain = run_plain(scene);
    const std::vector<Fault> possible = all_faults(plain);
    Tally tally;
    for (const Fault& fault : chosen(possible, count)) {
        if (tally.wrong < enough) try_one(scene, plain, fault, tally);
    }
    std::uint32_t calls = 0;
    for (const std::uint32_t one : plain.calls) calls += one;
    std::cout << faults::model().traits->model << ": " << calls << " calls in the scene, "
              << possible.size() << " faults, " << tally.runs << " runs: " << tally.ended
              << " ended the process, " << tally.runs - tally.ended - tally.not_reached
              << " were survived, " << tally.not_reached << " not reached\n";
    return tally;
}

// ---- The tests.

TEST(Faults, scene_has_fifty_requests) {
    std::size_t asks = 1;  // of the client who comes afterwards
    for (const Talk& talk : fifty_requests())
        if (talk.manner != Manner::leaving && talk.manner != Manner::resetting)
            asks += talk.asks.size();
    EXPECT_EQ(asks, 50u);
}

TEST(Faults, table_is_in_order) {
    ASSERT_EQ(faults::table().size(), faults::points);
    for (std::size_t point = 0; point < faults::points; ++point)
        EXPECT_EQ(faults::table()[point].point, static_cast<Point>(point));
}

using Counts = std::map<std::string, std::uint64_t>;

Counts counts_of(const Script& seen) {
    Counts counts;
    for (const Row& row : faults::table()) {
        const std::size_t point = static_cast<std::size_t>(row.point);
        const std::uint32_t calls = seen.calls[point] + seen.in_vain[point];
        if (calls != 0 && row.point != Point::memory) counts[row.call] += calls;
    }
    return counts;
}

/// By the statistics page in that file.
Counts counts_in(const std::string& path) {
    Counts counts;
    std::ifstream file{path, std::ios::binary};
    const auto page = std::make_unique<sys::Page>();
    file.read(reinterpret_cast<char*>(page.get()), sizeof *page);
    for (const sys::Slot& slot : page->slot) {
        for (const sys::Row& row : slot.rows)
            if (row.used.load() == 2) counts[row.call.data()] += row.calls.load();
    }
    return counts;
}

/// Threads and children are begun, and spoken to, by calls that nobody scripts.
void keep_scripted(Counts& counts) {
    std::erase_if(counts, [](const auto& one) {
        return std::none_of(faults::table().begin(), faults::table().end(),
                            [&](const Row& row) { return row.call == one.first; });
    });
}

TEST(Faults, script_sees_every_call_that_the_page_counts) {
    if (!sys::counting_built_in || completes()) return;  // operations are no calls
    const std::string page = Files::path() + "/page";
    const std::vector<Scene> scenes{
        {fifty_requests(), {"--stats", page}},
        {corked_and_logged(), {"--cork", "--log", "events", "--stats", page}}};
    for (const Scene& scene : scenes) {
        Stage stage{no_fault, scene.arguments()};
        EXPECT_EQ(complaints(faults::have(scene.talks, stage.port(), patience), Loss::nothing, 0),
                  "");
        stage.tell_to_stop();
        ASSERT_EQ(text_of(stage.end(patience)), "exit 0");
        Counts counted = counts_in(page);
        const server::Traits& traits = *faults::model().traits;
        if (traits.threads || traits.processes) keep_scripted(counted);
        EXPECT_EQ(counts_of(faults::script()), counted);
    }
}

TEST(Faults, of_every_wait_make_the_server_sleep_and_not_spin) {
    constexpr std::uint32_t times = 5;
    for (const Point point : {Point::poll, Point::select}) {
        Scene scene{fifty_requests()};
        const Plain plain = run_plain(scene);
        const bool waits = plain.calls[static_cast<std::size_t>(point)] > 0;
        const server::Traits& traits = *faults::model().traits;
        if (!waits || traits.one_at_a_time || traits.threads || traits.processes)
            continue;  // who asks and who waits make the same call there: not one wait in a row
        EXPECT_EQ(run(scene, plain, {point, 10, ENOMEM, times}), "");
        EXPECT_GE(faults::script().slept_after, times);
    }
}

TEST(Faults, of_no_kind_hold_back_an_answer_of_many_pieces_under_the_cork) {
    for (const std::vector<std::string>& options :
         {std::vector<std::string>{"--cork"}, {"--cork", "--split-reply"}}) {
        const Scene scene{{{"files", Manner::kept, {get_file(), get()}}}, options};
        Stage stage{no_fault, scene.arguments()};
        EXPECT_EQ(complaints(faults::have(scene.talks, stage.port(), patience), Loss::nothing, 0),
                  "");
        stage.tell_to_stop();
        ASSERT_EQ(text_of(stage.end(patience)), "exit 0");
        const server::Sleep sleep = faults::model().traits->sleep;
        const bool tells_how_long =
            sleep == server::Sleep::in_calls || sleep == server::Sleep::in_both;
        if (tells_how_long) continue;  // the socket, by the same call
        // Corked when the client came; uncorked and corked behind each answer.
        EXPECT_EQ(faults::script().calls[static_cast<std::size_t>(Point::setsockopt_client)], 5u);
    }
}

TEST(Faults, of_buffers_that_have_run_out_cost_nobody_anything) {
    if (faults::model().traits->model != std::string_view{"io_uring_multishot"}) return;
    const Scene scene{fifty_requests()};
    constexpr std::uint32_t times = 3;
    for (std::uint32_t nth = 1; nth <= 12; ++nth) {
        Stage stage{{Point::recv, nth, ENOBUFS, times}, scene.arguments()};
        EXPECT_EQ(complaints(faults::have(scene.talks, stage.port(), patience), Loss::nothing, 0),
                  "")
            << nth;
        EXPECT_TRUE(faults::script().fired);
        stage.tell_to_stop();
        EXPECT_EQ(text_of(stage.end(patience)), "exit 0");
    }
}

TEST(Faults, end_the_process_or_are_survived_as_the_table_says) {
    const Tally tally = try_all({fifty_requests()}, 400);
    if (std::getenv("IOLAB_FAULTS") != nullptr) return;  // what was asked for may be less
    EXPECT_GE(tally.runs - tally.not_reached, 350);
}

TEST(Faults, of_memory_cost_one_client_of_a_crowd_and_no_more) {
    const Scene scene{crowd()};
    const Plain plain = run_plain(scene);
    std::vector<Fault> faults;
    for (std::uint32_t nth = 1; nth <= plain.calls[static_cast<std::size_t>(Point::memory)]; ++nth)
        faults.push_back({Point::memory, nth, ENOMEM});
    Tally tally;
    for (const Fault& fault : chosen(faults, 40)) try_one(scene, plain, fault, tally);
    EXPECT_LT(tally.not_reached, tally.runs / 2);
}

TEST(Faults, of_calls_that_cork_and_log_are_survived_too) {
    const Tally tally = try_all({corked_and_logged(), {"--cork", "--log", "events"}}, 150);
    if (std::getenv("IOLAB_FAULTS") != nullptr) return;
    EXPECT_GE(tally.runs - tally.not_reached, 100);
}

}  // namespace
