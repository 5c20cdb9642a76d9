#include "bench/load/engine.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "bench/load/crowd.hpp"
#include "bench/load/worker.hpp"

namespace load {
namespace {

using namespace std::chrono_literals;

constexpr double awake_limit = 0.98;

void pin_this_thread(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
    if (error != 0) {
        throw std::system_error{error, std::generic_category(),
                                fmt::format("cannot run a load thread on CPU {}", cpu)};
    }
}

/// Part `index` of `total` things that are dealt out to `hands` in turn.
unsigned share(unsigned total, unsigned index, unsigned hands) noexcept {
    return total / hands + (index < total % hands ? 1 : 0);
}

/// Every thread's part. The idle clients are dealt out to the first group's threads.
std::vector<Post> posts_of(const Plan& plan) {
    std::vector<Post> posts;
    unsigned group = 0;
    for (const Askers* askers : plan.groups()) {
        const unsigned idle = group == 0 ? plan.idle_connections : 0;
        for (unsigned i = 0; i < askers->threads; ++i) {
            posts.push_back({.askers = *askers,
                             .group = group,
                             .index = i,
                             .clients = share(askers->connections, i, askers->threads),
                             .idle = share(idle, i, askers->threads)});
        }
        ++group;
    }
    return posts;
}

/// The threads of one drive. They run from the constructor to the destructor.
class Crew {
public:
    explicit Crew(const Plan& plan) : plan_{plan} {
        signals_.wake = sys::Fd{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
        if (!signals_.wake) throw std::system_error{errno, std::generic_category(), "eventfd"};
        for (const Post& post : posts_of(plan)) {
            workers_.push_back(std::make_unique<Worker>(plan, post, signals_));
        }
        if (!plan.crowd.empty()) crowd_ = std::make_unique<Crowd>(plan, signals_);
        failures_.resize(workers_.size() + (crowd_ ? 1 : 0));
        try {
            for (std::size_t i = 0; i < failures_.size(); ++i) {
                threads_.emplace_back([this, i] { work(i); });
            }
        } catch (...) {
            finish();
            throw;
        }
    }
    ~Crew() { finish(); }
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// Waits until all clients are connected, or could not be. errors: false if stopped
    bool wait_connected(const std::atomic<bool>* stop) {
        std::unique_lock lock{mutex_};
        const auto all = [this] { return connected_ == failures_.size(); };
        while (!changed_.wait_for(lock, 20ms, all)) {
            if (stop != nullptr && stop->load()) return false;
        }
        return true;
    }

    /// All threads begin to ask.
    void start(std::uint64_t start_ns) {
        signals_.start_ns.store(start_ns);
        signals_.start_ns.notify_all();
    }

    /// Ends the load; the tallies can be read from then on.
    void finish() {
        signals_.finish.store(true);
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t count = ::write(signals_.wake.get(), &one, sizeof one);
        if (signals_.start_ns.load() == 0) start(now_ns());
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

    void rethrow_failure() const {
        for (const std::exception_ptr& failure : failures_) {
            if (failure) std::rethrow_exception(failure);
        }
    }

    [[nodiscard]] Signals& signals() noexcept { return signals_; }
    [[nodiscard]] const auto& workers() const noexcept { return workers_; }
    [[nodiscard]] const Crowd* crowd() const noexcept { return crowd_.get(); }

private:
    [[nodiscard]] std::optional<int> cpu_of(std::size_t index) const {
        if (index >= workers_.size() && plan_.crowd_cpu) return plan_.crowd_cpu;
        if (plan_.cpus.empty()) return std::nullopt;
        return plan_.cpus[index % plan_.cpus.size()];
    }

    void work(std::size_t index) noexcept {
        try {
            if (const auto cpu = cpu_of(index)) pin_this_thread(*cpu);
            if (index < workers_.size()) {
                workers_[index]->connect_clients();
            } else {
                wait_for_the_others();
                crowd_->connect_those_who_stay();
            }
        } catch (...) {
            failures_[index] = std::current_exception();
        }
        {
            const std::lock_guard lock{mutex_};
            ++connected_;
        }
        changed_.notify_all();
        if (failures_[index]) return;
        signals_.start_ns.wait(0);
        try {
            if (index < workers_.size()) {
                workers_[index]->run();
            } else {
                crowd_->run();
            }
        } catch (...) {
            failures_[index] = std::current_exception();
        }
    }

    /// Where a server has not room for all, it is not those who ask that are turned away.
    void wait_for_the_others() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return connected_ == workers_.size(); });
    }

    const Plan& plan_;
    Signals signals_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<Crowd> crowd_;  ///< its thread is the last; none without a crowd
    std::vector<std::exception_ptr> failures_;  ///< by thread
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t connected_ = 0;
    std::vector<std::thread> threads_;
};

/// Sleeps until then. errors: false if stopped before
bool sleep_until(std::uint64_t due_ns, const std::atomic<bool>* stop) {
    for (;;) {
        if (stop != nullptr && stop->load()) return false;
        const std::uint64_t now = now_ns();
        if (now >= due_ns) return true;
        const auto left = std::chrono::nanoseconds{due_ns - now};
        std::this_thread::sleep_for(
            stop == nullptr ? left : std::min<std::chrono::nanoseconds>(left, 50ms));
    }
}

std::optional<double> jain(const std::vector<std::uint64_t>& shares) {
    double sum = 0;
    double squares = 0;
    for (const std::uint64_t part : shares) {
        sum += static_cast<double>(part);
        squares += static_cast<double>(part) * static_cast<double>(part);
    }
    if (sum == 0) return std::nullopt;
    return sum * sum / (static_cast<double>(shares.size()) * squares);
}

/// Adds what one thread counted to a sum, of an actor or of all.
template <class Sum>
void add(Sum& sum, const Tally& tally) {
    sum.requests_sent += tally.requests_sent;
    sum.unanswered += tally.unanswered;
    sum.connections_made += tally.connections_made;
    sum.late_sends += tally.late_sends;
    for (std::size_t i = 0; i < error_kinds; ++i) sum.errors[i] += tally.errors[i];
    sum.connect_time.merge(tally.connect_time);
    sum.service_time.merge(tally.service_time);
    sum.response_time.merge(tally.response_time);
}

/// Adds what became of the clients, each of which got so many replies.
template <class Sum>
void add_clients(Sum& sum, const std::vector<std::uint64_t>& replies) {
    for (const std::uint64_t count : replies) {
        sum.replies_ok += count;
        if (count > 0) ++sum.served_clients;
    }
    sum.fairness_jain = jain(replies);
}

/// Threads' steps put together; a rest of a tenth of a step belongs to the step before it.
std::vector<TimelinePoint> timeline(const std::vector<const Tally*>& tallies, double measured_s) {
    const double steps = std::ceil(measured_s / timeline_step_s - 0.1);
    std::vector<Histogram> histograms(static_cast<std::size_t>(std::max(steps, 1.0)));
    for (const Tally* tally : tallies) {
        for (std::size_t i = 0; i < tally->timeline.size(); ++i) {
            histograms[std::min(i, histograms.size() - 1)].add(tally->timeline[i]);
        }
    }
    std::vector<TimelinePoint> points;
    for (const Histogram& histogram : histograms) {
        TimelinePoint point{.replies = histogram.count(), .p99_us = {}};
        if (point.replies > 0) {
            point.p99_us = static_cast<double>(histogram.value_at_percentile(99)) / 1e3;
        }
        points.push_back(point);
    }
    return points;
}

/// How hard the load threads worked.
void judge_load(Outcome& outcome, const std::vector<const Tally*>& tallies) {
    double cpu_us = 0;
    for (const Tally* tally : tallies) {
        const double wall_ns = static_cast<double>(tally->closed.at_ns - tally->opened.at_ns);
        const double cpu_ns = static_cast<double>(tally->closed.cpu_ns - tally->opened.cpu_ns);
        if (wall_ns <= 0) continue;
        double awake_ns = cpu_ns;
        if (tally->opened.waited_ns && tally->closed.waited_ns) {
            awake_ns += static_cast<double>(*tally->closed.waited_ns - *tally->opened.waited_ns);
        }
        cpu_us += cpu_ns / 1e3;
        outcome.cpu_busy_ratio = std::max(outcome.cpu_busy_ratio, cpu_ns / wall_ns);
        outcome.awake_ratio = std::max(outcome.awake_ratio, std::min(awake_ns / wall_ns, 1.0));
    }
    if (outcome.replies_ok > 0) {
        outcome.cpu_us_per_request = cpu_us / static_cast<double>(outcome.replies_ok);
    }
    outcome.was_the_limit =
        outcome.awake_ratio > awake_limit ||
        std::any_of(outcome.actors.begin(), outcome.actors.end(),
                    [](const ActorOutcome& actor) { return actor.sent_late(); });
}

/// What came of one group of askers; their clients' replies are added to `replies`.
ActorOutcome outcome_of(const Crew& crew, const Askers& askers,
                        std::vector<std::uint64_t>& replies) {
    ActorOutcome actor;
    actor.kind = askers.kind();
    actor.offered_clients = askers.connections;
    std::vector<std::uint64_t> its_replies;
    for (const auto& worker : crew.workers()) {
        if (&worker->askers() != &askers) continue;
        add(actor, worker->tally());
        const auto& counted = worker->tally().replies;
        its_replies.insert(its_replies.end(), counted.begin(), counted.end());
    }
    add_clients(actor, its_replies);
    replies.insert(replies.end(), its_replies.begin(), its_replies.end());
    return actor;
}

Outcome gather(Crew& crew, const Plan& plan) {
    Outcome outcome;
    std::vector<const Tally*> tallies;
    for (const auto& worker : crew.workers()) {
        const Tally& tally = worker->tally();
        tallies.push_back(&tally);
        add(outcome, tally);
        outcome.idle_established += tally.idle_established;
        outcome.idle_lost += tally.idle_lost;
        if (outcome.first_wrong.empty()) outcome.first_wrong = tally.first_wrong;
    }
    std::vector<std::uint64_t> replies;
    for (const Askers* askers : plan.groups()) {
        outcome.actors.push_back(outcome_of(crew, *askers, replies));
        outcome.offered_clients += askers->connections;
    }
    add_clients(outcome, replies);
    if (const Crowd* crowd = crew.crowd()) {
        const auto& crowd_outcomes = crowd->outcomes();
        outcome.actors.insert(outcome.actors.end(), crowd_outcomes.begin(), crowd_outcomes.end());
        outcome.crowd_cpu_busy_ratio = crowd->cpu_busy_ratio();
    }

    const std::uint64_t close_ns = crew.signals().close_ns.load();
    if (close_ns == never_ns) return outcome;
    outcome.measured_s = static_cast<double>(close_ns - crew.signals().open_ns.load()) / 1e9;
    outcome.throughput_per_s = static_cast<double>(outcome.replies_ok) / outcome.measured_s;
    outcome.timeline = timeline(tallies, outcome.measured_s);
    judge_load(outcome, tallies);
    return outcome;
}

/// Calls it at the times that follow its first. errors: false if stopped before
bool repeat(const TimedHook& event, std::uint64_t first_ns, std::uint64_t close_ns,
            const Hooks& hooks) {
    const std::uint64_t every_ns = std::max<std::uint64_t>(1, to_ns(event.every_s));
    const std::uint64_t end_ns = std::min(close_ns, first_ns + to_ns(event.for_s));
    std::uint64_t next_ns = first_ns + every_ns;
    while (next_ns < end_ns) {
        if (!sleep_until(next_ns, hooks.stop)) return false;
        event.call();
        const std::uint64_t over = (std::max(now_ns(), next_ns) - first_ns) / every_ns;
        next_ns = first_ns + (over + 1) * every_ns;
    }
    return true;
}

/// Calls what is to be called inside the window. errors: false if stopped before
bool call_events(std::uint64_t open_ns, std::uint64_t close_ns, const Hooks& hooks) {
    std::vector<TimedHook> events = hooks.events;
    std::stable_sort(events.begin(), events.end(),
                     [](const TimedHook& a, const TimedHook& b) { return a.at_s < b.at_s; });
    for (const TimedHook& event : events) {
        const std::uint64_t at_ns = open_ns + to_ns(event.at_s);
        if (at_ns >= close_ns) return true;
        if (!sleep_until(at_ns, hooks.stop)) return false;
        event.call();
        if (event.every_s > 0 && !repeat(event, at_ns, close_ns, hooks)) return false;
    }
    return true;
}

/// From the first request to the close of the window. errors: false if stopped before its end
bool measure(Crew& crew, const Plan& plan, const Hooks& hooks) {
    Signals& signals = crew.signals();
    const std::uint64_t start_ns = now_ns();
    if (plan.warm_up_s <= 0) signals.open_ns.store(start_ns);  // not one reply is before it
    crew.start(start_ns);
    const auto warm_up_ns = static_cast<std::uint64_t>(plan.warm_up_s * 1e9);
    if (!sleep_until(start_ns + warm_up_ns, hooks.stop)) return false;
    if (plan.warm_up_s > 0) signals.open_ns.store(now_ns());
    if (hooks.window_open) hooks.window_open();

    const auto measured_ns = static_cast<std::uint64_t>(plan.measured_s * 1e9);
    const std::uint64_t open_ns = signals.open_ns.load();
    bool whole = call_events(open_ns, open_ns + measured_ns, hooks);
    whole = whole && sleep_until(open_ns + measured_ns, hooks.stop);
    signals.close_ns.store(now_ns());
    if (hooks.window_close) hooks.window_close();
    return whole;
}

}  // namespace

std::uint64_t Outcome::error_total() const noexcept {
    std::uint64_t total = 0;
    for (const std::uint64_t count : errors) total += count;
    return total;
}

Outcome drive(const Plan& plan, const Hooks& hooks) {
    validate(plan);
    Crew crew{plan};
    bool whole = crew.wait_connected(hooks.stop);
    crew.rethrow_failure();
    if (whole) {
        if (hooks.connected) hooks.connected();
        whole = measure(crew, plan, hooks);
    }
    crew.finish();
    crew.rethrow_failure();
    Outcome outcome = gather(crew, plan);
    outcome.interrupted = !whole;
    return outcome;
}

}  // namespace load
