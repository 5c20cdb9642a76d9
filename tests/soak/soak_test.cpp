// Good, bad and rude clients together, again and again: what a server holds when they have gone is
// what it held before, to the last descriptor, and from the first minute on to the last KiB. At
// first ten times as many hold something, so that what a server keeps for reuse is all there: else
// it grows for hours, whenever a few more than ever before want something at the same moment.
// SOAK_SECONDS says how long; SOAK_REST, how many seconds nobody comes between two turns after the
// first minute, so that all models can soak for an hour on a machine with few CPUs.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/lab/answers.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/load_plan.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/load/engine.hpp"
#include "bench/load/json.hpp"
#include "bench/verify/server_process.hpp"
#include "tests/soak/holding.hpp"

namespace {

using namespace std::chrono_literals;
using verify::Clock;

constexpr auto fill_time = 60s;  // after which memory no longer grows; a shorter soak cannot tell
constexpr auto settling = 20s;  // until every time-out of a client that went has passed
constexpr auto standstill = 1s;  // of the machine: half of the shortest time-out below

/// Deadlines that pass within seconds, so that they are among what is tried.
const std::vector<std::string> arguments{"--lab", "--head-timeout=2", "--idle-timeout=3",
                                         "--send-timeout=3", "--body-timeout=2"};

/// result: the seconds that `variable` asks for, at least `fewest`
std::chrono::seconds seconds_of(const char* variable, int fewest) {
    const char* const wanted = std::getenv(variable);
    return std::chrono::seconds{wanted == nullptr ? fewest : std::max(fewest, std::atoi(wanted))};
}

std::chrono::seconds soak_time() {
    return seconds_of("SOAK_SECONDS", 1);
}

lab::Workload workload_for(const lab::Model& model) {
    const std::string file = SOURCE_DIR "/tests/soak/soak.jsonc";
    const auto all = lab::workloads_of(lab::parse_experiment(lab::contents(file), file));
    return model.traits.serves_in_turn() ? all.at(1) : all.at(0);
}

/// The same, with ten times as many of those who stay and hold something, and answers that do not
/// fit into the kernel; sixty times as many, where each worker has to come to more of them than it
/// keeps room for.
lab::Workload crowded(lab::Workload workload, const lab::Traits& traits) {
    for (lab::Actor& actor : workload.actors) {
        if (lab::holds(actor.kind).empty()) continue;
        actor.count.number *= shares_out(traits) ? 60 : 10;
        if (actor.kind == lab::ActorKind::slow_reader) actor.path = "/bytes/400000";
    }
    return workload;
}

/// What may still be touched for the first time after a minute: where there are several workers, the
/// next two pages of a stack, by each.
std::uint64_t late_kib(const lab::Traits& traits) {
    return shares_out(traits) ? 8 * static_cast<std::uint64_t>(*traits.workers) : 0;
}

class Soak : public testing::TestWithParam<lab::Model> {
protected:
    Soak() : server_{GetParam(), arguments}, workload_{workload_for(GetParam())} {
        const verify::Address& address = server_.address();
        for (const lab::Workload& workload : {workload_, crowd_}) {
            for (const std::string& path : lab::asked_paths(workload))
                exchanges_.emplace(path, lab::exchange_with(GetParam(), address, path));
        }
    }

    load::Outcome send_clients(const lab::Workload& workload) {
        const double seconds = std::min(3.0, std::chrono::duration<double>{soak_time()}.count());
        const verify::Address& address = server_.address();
        const auto target =
            load::numeric_address(address.host, static_cast<std::uint16_t>(address.port));
        load::Outcome outcome = load::drive(
            lab::load_plan(
                workload, exchanges_,
                {.target = target.value(), .cpus = {}, .warm_up_s = 0.1, .measured_s = seconds}),
            {});
        answered_ += outcome.replies_ok;
        return outcome;
    }

    Holding settle(std::optional<verify::Census> before = {}) {
        const Holding now = settled(server_, settling, before);
        EXPECT_GE(now.replies, answered_) << "more replies came than it counts";
        return now;
    }

    verify::ServerProcess server_;
    lab::Workload workload_;
    lab::Workload crowd_{crowded(workload_, GetParam().traits)};
    std::map<std::string, lab::Exchange> exchanges_;
    std::uint64_t answered_ = 0;  ///< replies that clients counted, of all turns
};

/// Looks at the clock twenty times a second, to tell a server that was slow from a machine that
/// stood still for everybody, as virtual ones do.
class Pulse {
public:
    /// Looks no longer.
    /// result: the longest time without a look
    Clock::duration stop() {
        thread_.request_stop();
        thread_.join();
        return longest_gap_;
    }

private:
    void beat(const std::stop_token& stop) {
        for (auto last = Clock::now(); !stop.stop_requested();) {
            std::this_thread::sleep_for(50ms);
            const auto now = Clock::now();
            longest_gap_ = std::max(longest_gap_, now - last);
            last = now;
        }
    }

    Clock::duration longest_gap_{};  // the thread's own until it is joined
    std::jthread thread_{[this](const std::stop_token& stop) { beat(stop); }};
};

/// That nobody who was polite had a reason to complain. If all were `late`, the deadlines of the
/// server and of the clients may have ended what they like; but what came was right.
void expect_served(const load::Outcome& outcome, bool in_turn, bool late) {
    EXPECT_EQ(outcome.error_count(load::ErrorKind::wrong_reply), 0U) << outcome.first_wrong;
    if (late) return;
    EXPECT_GT(outcome.replies_ok, 0U);
    if (in_turn) return;  // who waits too long for a turn gives up
    EXPECT_EQ(outcome.error_total(), 0U) << load::to_json(outcome)["errors"];
}

TEST_P(Soak, LeavesNothingBehind) {
    const auto begin = Clock::now();
    const auto end = begin + soak_time();
    const auto filled = std::min(begin + fill_time, begin + soak_time() / 2);
    const bool in_turn = GetParam().traits.serves_in_turn();
    Holding before = settle();
    int judged = 0;
    for (int turn = 1; Clock::now() < end && !HasFailure(); ++turn) {
        const bool crowding = turn == 1 || Clock::now() < filled;
        Pulse pulse;
        const load::Outcome outcome = send_clients(crowding ? crowd_ : workload_);
        const auto gap = pulse.stop();
        const bool late = gap > standstill;
        if (late)
            fmt::print("the machine stood still for {:.1f} s: what was late is not judged\n",
                       std::chrono::duration<double>{gap}.count());
        judged += late ? 0 : 1;
        expect_served(outcome, in_turn, late);
        if (const auto exit = server_.ended()) FAIL() << verify::describe(*exit);
        SCOPED_TRACE(fmt::format("turn {}", turn));
        const Holding now = settle(before.census);
        expect_no_more(before, now, GetParam().traits);
        // Who could not go on for seconds came and stayed all at once, as in the first minute.
        const bool filling = crowding || late;
        if (!filling && filled == begin + fill_time && !sanitized) {
            EXPECT_LE(now.memory_kib, before.memory_kib + late_kib(GetParam().traits));
        }
        fmt::print("turn {}: {} KiB, {}\n", turn, now.memory_kib, crowding ? "crowded" : "as ever");
        std::fflush(stdout);  // whoever waits for an hour wants to see it
        before.memory_kib =
            filling ? std::max(before.memory_kib, now.memory_kib) : before.memory_kib;
        if (!crowding) std::this_thread::sleep_for(seconds_of("SOAK_REST", 0));
    }
    EXPECT_GT(judged, 0) << "the machine stood still in every turn";
    EXPECT_EQ(server_.process().stop(verify::in(10s)), verify::Exit{});
}

INSTANTIATE_TEST_SUITE_P(soak, Soak, testing::ValuesIn(lab::usable_models(IOLAB_MODELS_DIRECTORY)),
                         [](const auto& one) { return one.param.name; });

}  // namespace
