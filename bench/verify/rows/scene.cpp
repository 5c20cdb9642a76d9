#include "bench/verify/rows/scene.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <fmt/ranges.h>
#include "bench/lab/accounting.hpp"

namespace verify::rows {
namespace {

std::string head_of(std::string_view first, std::initializer_list<std::string_view> lines) {
    std::string head = fmt::format("{}\r\nHost: iolab\r\n", first);
    for (const std::string_view line : lines) (head += line) += "\r\n";
    return head + "\r\n";
}

/// Whether every thread is in that state, a letter as in proc(5), /proc/[pid]/stat, or a zombie, whose
/// parent may have been stopped or be asleep.
bool all_are(char state, pid_t pid) {
    std::vector<pid_t> family = descendants(pid);
    family.push_back(pid);
    for (const pid_t thread : threads_of(family)) {
        std::ifstream file{fmt::format("/proc/{}/stat", thread)};
        std::string text;
        std::getline(file, text);
        const std::size_t at = text.rfind(')') + 2;
        if (at >= text.size() || text[at] == 'Z') continue;  // it has ended
        if (text[at] != state) return false;
    }
    return true;
}

}  // namespace

std::string get_with(std::initializer_list<std::string_view> lines) {
    return head_of("GET / HTTP/1.1", lines);
}

std::string post_with(std::initializer_list<std::string_view> lines, std::string_view rest) {
    return head_of("POST / HTTP/1.1", lines).append(rest);
}

std::string post_chunked(std::string_view body) {
    return post_with({"Transfer-Encoding: chunked"}, body);
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    while (times-- > 0) all += text;
    return all;
}

void expect(bool holds, std::string_view expected, std::string_view got) {
    if (!holds) throw Failed{std::string{expected}, std::string{got}};
}

void expect_text(std::string_view what, std::string_view got, std::string_view expected) {
    expect(got == expected, fmt::format("{} {}", what, escaped(expected)), escaped(got));
}

void expect_status(const Reply& reply, std::initializer_list<int> expected) {
    if (std::find(expected.begin(), expected.end(), reply.status) != expected.end()) return;
    throw Failed{fmt::format("status {}", fmt::join(expected, " or ")), escaped(reply.head)};
}

void expect_hello(const Stage& stage, const Reply& reply) {
    expect_status(reply, {200});
    expect_text("the body", reply.body, stage.body());
}

void expect_kept(const Stage& stage, Client& client) {
    client.send(get);
    expect_hello(stage, client.receive());
}

void expect_last(Client& client, const Reply& reply) {
    expect(reply.has_token("Connection", "close"), "a reply with Connection: close",
           escaped(reply.head, 400));
    client.expect_end();
}

void serves(Stage& stage, std::string_view request) {
    Client client = stage.connect();
    client.send(request);
    expect_hello(stage, client.receive());
    if (stage.profile() == close_only) return client.expect_end();
    expect_kept(stage, client);
}

void refuses(Stage& stage, std::string_view request, std::initializer_list<int> statuses) {
    Client client = stage.connect();
    client.send(request);
    const Reply reply = client.receive();
    expect_status(reply, statuses);
    expect_last(client, reply);
}

Reply answers(Stage& stage, std::string_view request, int status, To to) {
    Client client = stage.connect();
    client.send(request);
    Reply reply = client.receive(to);
    expect_status(reply, {status});
    if (stage.profile() != close_only) expect_kept(stage, client);
    return reply;
}

void takes_body(Stage& stage, std::string_view post) {
    answers(stage, post, 405);
}

void await_fact(std::string_view fact, const std::function<bool()>& holds,
                std::chrono::milliseconds within) {
    const Deadline deadline = in(within);
    while (!holds()) {
        if (Clock::now() > deadline)
            throw Failed{std::string{fact}, fmt::format("nothing of it in {} ms", within.count())};
        std::this_thread::sleep_for(1ms);
    }
}

std::uint64_t cpu_ns(ServerProcess& server) {
    return lab::read_cpu_ns(family_of(server.pid(), true));
}

std::uint64_t cpu_ns_at_rest(ServerProcess& server) {
    std::uint64_t before = 0;
    await_fact("a server that uses no CPU for 20 ms", [&] {
        const std::uint64_t now = cpu_ns(server);
        // One that waits for a CPU has used none either.
        const bool same = now == before && all_are('S', server.pid());
        before = now;
        std::this_thread::sleep_for(20ms);
        return same;
    });
    return before;
}

void signal_all(Stage& stage, int number) {
    stage.server().process().signal(number);
    for (const pid_t pid : descendants(stage.server().pid())) ::kill(pid, number);
}

Frozen::Frozen(Stage& stage) : stage_{stage} {
    signal_all(stage, SIGSTOP);
    try {
        await_fact("a server that stands still",
                   [&] { return all_are('T', stage.server().pid()); });
    } catch (...) {
        thaw();
        throw;
    }
}

void Frozen::thaw() {
    signal_all(stage_, SIGCONT);
}

void expect_alphabet(std::string_view body) {
    std::size_t at = 0;
    while (at < body.size() && body[at] == static_cast<char>('a' + at % 26)) ++at;
    if (at == body.size()) return;
    throw Failed{"a to z over and over",
                 fmt::format("{} at byte {}", escaped(body.substr(at, 8)), at)};
}

void await_open(ServerProcess& server, std::uint64_t clients) {
    await_fact(fmt::format("{} clients taken in", clients), [&] {
        const lab::PageReading page = server.page();
        return page.accepted - page.closed == clients;
    });
}

}  // namespace verify::rows
