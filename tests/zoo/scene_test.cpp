// The zoo's bugs as they are seen: one short scene each, which a sibling plays well and its brother
// in the zoo does not. A variant plays it otherwise, and answers everybody.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/verify/client.hpp"
#include "bench/verify/server_process.hpp"
#include "bench/zoo.hpp"

namespace {

using namespace std::chrono_literals;
using verify::Client;
using verify::Failed;

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: iolab\r\n\r\n";
constexpr std::string_view get_and_close =
    "GET / HTTP/1.1\r\nHost: iolab\r\nConnection: close\r\n\r\n";

std::string get_bytes(int size_bytes, std::string_view fields = "") {
    return fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: iolab\r\n{}\r\n", size_bytes, fields);
}

/// One server on its stage.
struct Play {
    verify::ServerProcess& server;
    std::chrono::milliseconds patience;  ///< with a server that does not do what it should
    std::chrono::milliseconds watch;  ///< how long one looks whether it stays calm

    [[nodiscard]] Client connect(int receive_buffer_bytes = 0) const {
        return Client{server.address(),
                      {.receive_buffer_bytes = receive_buffer_bytes, .patience = patience}};
    }

    /// Whether it comes about in time.
    [[nodiscard]] bool eventually(const std::function<bool()>& fact,
                                  std::chrono::milliseconds within) const {
        const auto deadline = verify::in(within);
        while (!fact()) {
            if (verify::Clock::now() > deadline) return false;
            std::this_thread::sleep_for(1ms);
        }
        return true;
    }

    [[nodiscard]] bool eventually(const std::function<bool()>& fact) const {
        return eventually(fact, patience);
    }

    /// All calls of that name so far.
    [[nodiscard]] lab::CallReading count(std::string_view call) const {
        lab::CallReading sum;
        for (const auto& [site, row] : server.page().calls) {
            if (std::get<2>(site) != call) continue;
            sum.calls += row.calls;
            sum.bytes += row.bytes;
            sum.would_block += row.would_block;
            sum.errors += row.errors;
        }
        return sum;
    }

    /// Who has nothing to do sleeps. A loop that spins is woken as often in a few milliseconds.
    void expect_calm() const {
        constexpr std::uint64_t most = 1000;
        const std::uint64_t before = server.page().wakeups;
        const auto spins = [&] { return server.page().wakeups - before > most; };
        if (eventually(spins, watch)) throw Failed{"a server that sleeps", "one that spins"};
    }
};

/// As /proc has it: S asleep, T stopped. proc(5), stat
bool is_in_state(const Play& play, char state) {
    const std::string stat = lab::contents(fmt::format("/proc/{}/stat", play.server.pid()));
    return stat.find(fmt::format(") {} ", state)) != std::string::npos;
}

/// Stops the server while it lives, so that what clients do meanwhile finds it all at once.
class Frozen {
public:
    explicit Frozen(const Play& play) : server_{play.server} {
        server_.process().signal(SIGSTOP);
        (void)play.eventually([&] { return is_in_state(play, 'T'); }, 5s);
    }
    Frozen(const Frozen&) = delete;
    ~Frozen() { server_.process().signal(SIGCONT); }

private:
    verify::ServerProcess& server_;
};

void expect_answer(Client& client) {
    const int status = client.receive().status;
    if (status != 200) throw Failed{"status 200", std::to_string(status)};
}

// The scenes, in the zoo's order.

void client_closes_inside_a_request(Play& play) {
    Client client = play.connect();
    client.send(get.substr(0, 8));
    client.wait_until_taken();
    client.close();
    play.expect_calm();
}

void client_half_closes(Play& play) {
    Client client = play.connect();
    client.send(get);
    client.half_close();
    Client other = play.connect();
    other.send(get);
    expect_answer(other);
    expect_answer(client);
}

void request_has_3000_bytes(Play& play) {
    const std::string filler(2900, 'x');
    Client client = play.connect();
    client.send(fmt::format("GET / HTTP/1.1\r\nHost: iolab\r\nFiller: {}\r\n\r\n", filler));
    expect_answer(client);
}

void clients_come_together(Play& play) {
    std::vector<Client> clients;
    {
        const Frozen frozen{play};
        for (int i = 0; i < 8; ++i) clients.push_back(play.connect());
        for (Client& client : clients) client.send(get);
    }
    for (Client& client : clients) expect_answer(client);
}

void page_is_not_there(Play& play) {
    Client client = play.connect();
    client.send("GET /nothing HTTP/1.1\r\nHost: iolab\r\n\r\n");
    client.send(get);
    if (client.receive().status != 404) throw Failed{"status 404", "another"};
    expect_answer(client);
}

void two_requests_come_at_once(Play& play) {
    Client client = play.connect();
    client.send(fmt::format("{}{}", get, get));
    expect_answer(client);
    expect_answer(client);
}

void client_sends_and_closes(Play& play) {
    {
        const Frozen frozen{play};
        Client client = play.connect();
        client.send(get);
        client.close();
    }
    if (!play.eventually([&] { return play.server.page().closed == 1; }))
        throw Failed{"a client let go when it has gone", "its descriptor still open"};
}

void ten_clients_ask_once(Play& play) {
    const std::uint64_t before = play.count("epoll_ctl").calls;
    for (int i = 0; i < 10; ++i) {
        Client client = play.connect();
        client.send(get_and_close);
        expect_answer(client);
        client.expect_end();
    }
    const std::uint64_t calls = play.count("epoll_ctl").calls - before;
    // The listener's may be among them.
    if (calls > 12) throw Failed{"one epoll_ctl for each of 10 clients", std::to_string(calls)};
}

/// Eight clients, who come while the server stands still.
std::vector<Client> eight_come_together(const Play& play) {
    const Frozen frozen{play};
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(play.connect());
    return clients;
}

void nobody_is_looked_for_in_vain(Play& play) {
    std::vector<Client> clients = eight_come_together(play);
    for (Client& client : clients) client.send(get);
    for (Client& client : clients) expect_answer(client);
    const std::uint64_t vain = play.count("accept4").would_block;
    if (vain > 0) throw Failed{"no accept that finds nobody", fmt::format("{} such", vain)};
}

void all_are_taken_in_by_one_wait(Play& play) {
    const std::uint64_t before = play.server.page().wakeups;
    std::vector<Client> clients = eight_come_together(play);
    if (!play.eventually([&] { return play.server.page().accepted == 8; }, 5s))
        throw Failed{"8 clients taken in", "fewer"};
    // The stop may have ended one wait more.
    const std::uint64_t waits = play.server.page().wakeups - before;
    if (waits > 4) throw Failed{"8 clients by one report", fmt::format("{} waits", waits)};
    for (Client& client : clients) client.send(get);
    for (Client& client : clients) expect_answer(client);
}

void client_is_silent(Play& play) {
    const Client client = play.connect();
    if (!play.eventually([&] { return play.server.page().accepted == 1; }))
        throw Failed{"a client taken in", "none"};
    play.expect_calm();
}

/// A turn is what one client is given between two waits.
void client_sends_without_pause(Play& play) {
    const std::string request =
        "POST / HTTP/1.1\r\nHost: iolab\r\nContent-Length: 1000000\r\n\r\n" +
        std::string(1'000'000, 'x');
    std::string_view rest = request;
    Client client = play.connect();
    {
        const Frozen frozen{play};
        rest.remove_prefix(client.send_some(rest));
    }
    client.send(rest);
    (void)client.receive();
    const std::uint64_t turn_bytes = play.count("recv").bytes / play.server.page().wakeups;
    if (turn_bytes > 65'536)
        throw Failed{"at most 65536 bytes a turn", fmt::format("{}", turn_bytes)};
}

void client_asks_and_half_closes(Play& play) {
    Client client = play.connect();
    {
        const Frozen frozen{play};
        client.send(get);
        client.half_close();
    }
    expect_answer(client);
}

void descriptors_run_out(Play& play) {
    std::vector<Client> clients;
    for (int i = 0; i < 40; ++i) clients.push_back(play.connect());
    if (!play.eventually([&] { return play.count("accept4").errors > 0; }))
        throw Failed{"descriptors that run out", "enough for 40 clients"};
    play.expect_calm();
}

void client_does_not_read(Play& play) {
    Client lazy = play.connect();
    lazy.send(get_bytes(30'000'000));
    (void)lazy.await_arrival(play.patience);
    Client other = play.connect();
    other.send(get);
    expect_answer(other);
}

void client_says_more_than_its_last_request(Play& play) {
    constexpr int size_bytes = 200'000;
    std::optional<Client> client;
    {
        const Frozen frozen{play};
        client.emplace(play.connect(4096));
        client->send(get_bytes(size_bytes, "Connection: close\r\n") + std::string(20'000, 'x'));
    }
    (void)play.eventually([&] { return play.count("send").bytes >= size_bytes; });
    (void)play.eventually([&] { return play.server.page().closed == 1; }, 50ms);
    expect_answer(*client);
}

void client_reads_late(Play& play) {
    Client client = play.connect(4096);
    client.send(get_bytes(10'000'000, "Connection: close\r\n"));
    std::uint64_t sent = 0;  // until the kernel takes no more
    (void)play.eventually([&] {
        std::this_thread::sleep_for(20ms);
        const std::uint64_t before = std::exchange(sent, play.count("send").bytes);
        return sent > 0 && sent == before;
    });
    expect_answer(client);
}

/// Gives a server as long as one looks at it to end by itself.
void expect_alive(Play& play) {
    std::optional<verify::Exit> exit;
    (void)play.eventually([&] { return (exit = play.server.ended()).has_value(); }, play.watch);
    if (exit) throw Failed{"a server that lives", verify::describe(*exit)};
}

void client_leaves_before_the_second_send(Play& play) {
    {
        const Frozen frozen{play};
        Client client = play.connect();
        client.send(get);
        client.close();
    }
    expect_alive(play);
}

/// It is asleep in its wait each time: a stop elsewhere interrupts nothing.
void server_is_stopped_and_continued(Play& play) {
    for (int turn = 0; turn < 3; ++turn) {
        (void)play.eventually([&] { return is_in_state(play, 'S') || play.server.ended(); }, 5s);
        if (play.server.ended()) break;
        const Frozen frozen{play};
    }
    expect_alive(play);
}

/// A scene, and what a server that plays it badly is said to have done.
struct Scene {
    std::string_view name;  ///< of the zoo's server
    std::string_view sibling;
    void (*play)(Play& play);
    std::string_view complaint;  ///< in "expected EXPECTED, got GOT"
    std::vector<std::string> arguments = {};
    int open_files = 0;  ///< the limit; 0: as it is
};

const std::vector<Scene>& scenes() {
    static const std::vector<Scene> all{
        {"epoll_lt_ignores_end", "epoll_lt", client_closes_inside_a_request, "one that spins"},
        {"epoll_et_drains_for_ever", "epoll_et", client_half_closes, "got nothing"},
        {"epoll_et_receives_once", "epoll_et", request_has_3000_bytes, "got nothing"},
        {"epoll_et_accepts_once", "epoll_et", clients_come_together, "got nothing"},
        {"poll_counts_characters", "poll", page_is_not_there, "reply lines"},
        {"poll_takes_receives_for_requests", "poll", two_requests_come_at_once, "got nothing"},
        {"epoll_et_compares_mask", "epoll_et", client_sends_and_closes, "still open"},
        {"epoll_lt_changes_interest", "epoll_lt", ten_clients_ask_once, "10 clients, got 4"},
        {"epoll_lt_accepts_all", "epoll_lt", nobody_is_looked_for_in_vain, "got 1 such"},
        {"epoll_et_accepts_by_level", "epoll_et", all_are_taken_in_by_one_wait, "waits"},
        {"epoll_lt_always_writes", "epoll_lt", client_is_silent, "one that spins"},
        {"epoll_et_without_budget", "epoll_et", client_sends_without_pause, "bytes a turn"},
        {"epoll_lt_closes_on_rdhup", "epoll_lt", client_asks_and_half_closes, "got a reset"},
        {"epoll_lt_ignores_emfile", "epoll_lt", descriptors_run_out, "one that spins", {}, 32},
        {"epoll_lt_blocks", "epoll_lt", client_does_not_read, "got nothing", {"--lab"}},
        {"poll_closes_unread",
         "poll",
         client_says_more_than_its_last_request,
         "got a reset",
         {"--lab"}},
        {"poll_ignores_short_send", "poll", client_reads_late, "got the end", {"--lab"}},
        {"poll_dies_of_sigpipe",
         "poll",
         client_leaves_before_the_second_send,
         "got signal 13",
         {"--split-reply"}},
        {"epoll_lt_dies_of_eintr", "epoll_lt", server_is_stopped_and_continued, "got exit 1"},
    };
    return all;
}

/// What went wrong; nothing when all went well.
std::optional<std::string> complaint_about(const std::string& executable, const Scene& scene,
                                           std::chrono::milliseconds patience,
                                           std::chrono::milliseconds watch) {
    lab::Model model;
    model.name = scene.name;
    model.executable = executable;
    verify::Launch launch;
    if (scene.open_files > 0) launch.open_files = {scene.open_files, scene.open_files};
    verify::ServerProcess server{model, scene.arguments, launch};
    Play play{.server = server, .patience = patience, .watch = watch};
    try {
        scene.play(play);
    } catch (const Failed& failed) {
        return failed.what();
    }
    return std::nullopt;
}

void PrintTo(const Scene& scene, std::ostream* out) {
    *out << scene.name;
}

class ZooScene : public testing::TestWithParam<Scene> {};

INSTANTIATE_TEST_SUITE_P(zoo, ZooScene, testing::ValuesIn(scenes()),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST_P(ZooScene, goes_well_with_the_sibling) {
    const Scene& scene = GetParam();
    EXPECT_EQ(complaint_about(fmt::format("{}/{}", MODELS, scene.sibling), scene, 5s, 300ms),
              std::nullopt);
}

TEST_P(ZooScene, shows_the_bug) {
    const Scene& scene = GetParam();
    const auto complaint =
        complaint_about(fmt::format("{}/{}", ZOO, scene.name), scene, 300ms, 1500ms);
    ASSERT_NE(complaint, std::nullopt) << "the bug is not to be seen";
    EXPECT_NE(complaint->find(scene.complaint), std::string::npos) << *complaint;
}

TEST(Zoo, HasASceneForEveryBug) {
    ASSERT_EQ(scenes().size(), generated::zoo_names.size());
    for (std::size_t i = 0; i < scenes().size(); ++i)
        EXPECT_EQ(scenes()[i].name, generated::zoo_names[i]);
}

}  // namespace
