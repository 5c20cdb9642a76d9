#include <thread>

#include <fmt/format.h>

#include "bench/verify/rows/rows.hpp"
#include "bench/verify/rows/scene.hpp"

namespace verify::rows {
namespace {

constexpr std::uint64_t requests = 200;

/// What a server did between two looks at its page, by the man page's name of the call.
class Spent {
public:
    explicit Spent(ServerProcess& server) : server_{server}, before_{settled(server)} {}

    /// Looks again. What follows asks about the time until now.
    void look() { after_ = settled(server_); }

    [[nodiscard]] std::uint64_t calls(std::string_view name) const {
        return sum(after_, name, &lab::CallReading::calls) -
               sum(before_, name, &lab::CallReading::calls);
    }

    /// Calls that found nothing to do.
    [[nodiscard]] std::uint64_t would_block(std::string_view name) const {
        return sum(after_, name, &lab::CallReading::would_block) -
               sum(before_, name, &lab::CallReading::would_block);
    }

    [[nodiscard]] std::uint64_t all() const {
        return sum(after_, "", &lab::CallReading::calls) -
               sum(before_, "", &lab::CallReading::calls);
    }

    [[nodiscard]] std::uint64_t waits() const {
        return calls("select") + calls("poll") + calls("epoll_wait") + calls("io_uring_enter") +
               calls("sigtimedwait");
    }

private:
    /// A page at rest: the server has gone back to sleep and counts nothing any more.
    static lab::PageReading settled(ServerProcess& server) {
        lab::PageReading last = server.page();
        await_fact("a server at rest", [&] {
            std::this_thread::sleep_for(20ms);
            lab::PageReading now = server.page();
            const bool rests =
                sum(now, "", &lab::CallReading::calls) == sum(last, "", &lab::CallReading::calls);
            last = std::move(now);
            return rests;
        });
        return last;
    }

    /// Over all call sites of that name; "" is every name.
    static std::uint64_t sum(const lab::PageReading& page, std::string_view name,
                             std::uint64_t lab::CallReading::*count) {
        std::uint64_t total = 0;
        for (const auto& [key, call] : page.calls) {
            if (name.empty() || std::get<2>(key) == name) total += call.*count;
        }
        return total;
    }

    ServerProcess& server_;
    lab::PageReading before_, after_;
};

void expect_at_most(std::string_view what, std::uint64_t got, std::uint64_t most) {
    expect(got <= most, fmt::format("{}: at most {}", what, most), std::to_string(got));
}

/// So many connections with a request each, one after the other.
void connect_and_ask(Stage& stage) {
    for (std::uint64_t request = 0; request < requests; ++request) {
        Client client = stage.connect();
        client.send(get_and_close);
        expect_last(client, client.receive());
    }
}

/// A worker for every client: one call begins it; a parent also waits for who comes and for the
/// child's end, and asks how it ended until there is nobody more to ask about.
void expect_worker_calls(const Spent& spent, std::uint64_t beyond, bool process) {
    expect_equal<std::uint64_t>("workers begun:", spent.calls(process ? "fork" : "pthread_create"),
                                requests);
    if (!process) return expect_equal<std::uint64_t>("other calls:", beyond, requests);
    expect_at_most("waits", spent.calls("ppoll"), 3 * requests);
    expect_at_most("questions how a child ended", spent.calls("waitpid"), 3 * requests);
    const std::uint64_t known = spent.calls("fork") + spent.calls("ppoll") + spent.calls("waitpid");
    expect_equal<std::uint64_t>("other calls:", beyond, known);
}

/// Operations that complete are no calls: there is only the wait, which hands them over as well.
void expect_waits_only(const Spent& spent, std::uint64_t most) {
    expect_at_most("waits", spent.waits(), most);
    expect_equal<std::uint64_t>("other calls:", spent.all() - spent.waits(), 0);
}

constexpr Behaviour table[] = {
    {"receives once and sends once for each request on a kept connection",
     hello,
     [](Stage& stage) {
         Client client = stage.connect();
         expect_kept(stage, client);
         Spent spent{stage.server()};
         for (std::uint64_t request = 0; request < requests; ++request) expect_kept(stage, client);
         spent.look();
         // Of a request, and of its answer's having left, it hears by a wait each.
         if (stage.model().traits.kind == "completion")
             return expect_waits_only(spent, 2 * requests + 1);
         expect_equal<std::uint64_t>("receives:", spent.calls("recv"), requests);
         expect_equal<std::uint64_t>("sends:", spent.calls("send"), requests);
         // A client that must wait for nobody else asks the listener instead of sleeping.
         expect_at_most("other calls, waits or looks at the listener",
                        spent.all() - spent.calls("recv") - spent.calls("send"), requests);
     },
     {.exempt = either<hands_over, never_sleeps>, .own = true}},
    {"pays an accept, a receive, a send and a close for a connection a request, and what it "
     "takes to wait",
     hello,
     [](Stage& stage) {
         Spent spent{stage.server()};
         connect_and_ask(stage);
         spent.look();
         // Of who comes, what it says, that its answer has left, and that nothing is under way.
         if (stage.model().traits.kind == "completion")
             return expect_waits_only(spent, 4 * requests + 1);
         const std::uint64_t empty_accepts = spent.would_block("accept4");
         expect_equal<std::uint64_t>("clients accepted:", spent.calls("accept4") - empty_accepts,
                                     requests);
         expect_equal<std::uint64_t>("receives:", spent.calls("recv"), requests);
         expect_equal<std::uint64_t>("sends:", spent.calls("send"), requests);
         const lab::Traits& traits = stage.model().traits;
         const bool shared = traits.forks_a_client();  // by parent and child
         expect_equal<std::uint64_t>("closes:", spent.calls("close"), (shared ? 2 : 1) * requests);
         const std::uint64_t beyond = spent.all() - 3 * requests - spent.calls("close");
         if (traits.serves_in_turn()) return expect_equal<std::uint64_t>("other calls:", beyond, 0);
         if (traits.kind == "workers") return expect_worker_calls(spent, beyond, shared);
         // Once woken for who comes, once for what it says; one change of the kernel's list,
         // where it keeps one; one accept that finds nobody, where an edge asks for it.
         const std::uint64_t edge = traits.trigger == "edge" ? requests : 0;
         expect_at_most("accepts that found nobody", empty_accepts, edge);
         expect_at_most("waits", spent.waits(), 2 * requests);
         expect_at_most("changes of the kernel's list", spent.calls("epoll_ctl"), requests);
         expect_equal<std::uint64_t>(
             "calls of any other kind:",
             beyond - empty_accepts - spent.waits() - spent.calls("epoll_ctl"), 0);
     },
     {.exempt = either<woken_in_vain, hands_over, one_a_signal, never_sleeps>, .own = true}},
    {"is woken once for all the requests that are there",
     hello,
     [](Stage& stage) {
         std::vector<Client> clients;
         for (int client = 0; client < 64; ++client) {
             clients.push_back(stage.connect());
             expect_kept(stage, clients.back());
         }
         Spent spent{stage.server()};
         Frozen frozen{stage};
         for (Client& client : clients) client.send(get);
         frozen.thaw();
         for (Client& client : clients) expect_hello(stage, client.receive());
         spent.look();
         // The wait that the stop cut short, the one that finds all, the one that sleeps then; of
         // several loops each for itself. Where the kernel completes what was deferred until the
         // wait it does some twenty at a time, and there are sends to hear of as well.
         const lab::Traits& traits = stage.model().traits;
         const auto loops = static_cast<std::uint64_t>(traits.has_loops() ? *traits.workers : 1);
         const std::uint64_t waits = traits.kind == "completion" ? 8 : 3;
         expect_at_most("waits for 64 requests", spent.waits(), waits * loops);
     },
     {.exempt = either<no_common_wait, hands_over, one_a_signal, never_sleeps>, .own = true}},
    {"makes no call for clients that are silent",
     hello,
     [](Stage& stage) {
         std::vector<Client> silent;
         silent.reserve(50);
         for (int client = 0; client < 50; ++client) silent.push_back(stage.connect());
         await_open(stage.server(), silent.size());
         Spent spent{stage.server()};
         std::this_thread::sleep_for(300ms);
         spent.look();
         expect_equal<std::uint64_t>("calls in 0.3 s:", spent.all(), 0);
     },
     {.exempt = either<few_at_once, never_sleeps>, .own = true}},
};

}  // namespace

std::span<const Behaviour> economy() {
    return table;
}

}  // namespace verify::rows
