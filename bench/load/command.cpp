#include "bench/load/command.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "bench/load/engine.hpp"
#include "bench/load/json.hpp"
#include "bench/seed.hpp"
#include "bench/stop.hpp"
#include "bench/tell.hpp"

namespace load {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int exit_wrong = 4;
constexpr int exit_interrupted = 130;

struct Options {
    std::string url;
    unsigned connections = 64;
    unsigned idle = 0;
    unsigned threads = 1;
    unsigned depth = 1;
    unsigned requests_a_connection = 0;
    double duration_s = 10;
    double warm_up_s = 0;
    double rate_per_s = 0;
    double timeout_s = 10;
    std::uint64_t seed = 1;
    std::vector<int> cpus;
    bool poisson = false;
    bool close = false;
    bool http_1_0 = false;
    bool json = false;
    std::string own_host;
};

/// Three lines: what happened, the likely cause, what helps.
int complain(int exit_code, const std::string& what, const std::string& cause,
             const std::string& help) {
    bench::tell("iolab load: {}\n  likely cause: {}\n  what helps:   {}\n", what, cause, help);
    return exit_code;
}

/// A target and the reply it gave.
struct Reached {
    Address address;
    std::string reply;
};

/// The first of the addresses that answers in time.
/// result: its address and reply, or the last failure
std::variant<Reached, Sample> reach(const std::vector<Address>& addresses,
                                    const std::string& request, const Options& options) {
    const auto timeout_ms = static_cast<int>(std::ceil(options.timeout_s * 1e3));
    Sample sample;
    for (const Address& address : addresses) {
        sample = fetch(address, request, options.close, timeout_ms);
        if (sample.error.empty()) return Reached{address, sample.reply};
    }
    return sample;
}

int complain_unreached(const Options& options, const Sample& sample) {
    std::string what = fmt::format("{}: {}", options.url, sample.error);
    if (sample.error_number != 0) what += fmt::format(": {}", std::strerror(sample.error_number));
    if (sample.error_number == ECONNREFUSED) {
        return complain(exit_failed, what, "no server listens there",
                        "start one, for example: build/bin/poll --port 8080");
    }
    return complain(exit_failed, what, "what listens there is no HTTP server, or is too slow",
                    fmt::format("look at one reply: curl -v '{}'", options.url));
}

std::string status_line(const std::string& reply) {
    return reply.substr(0, reply.find("\r\n"));
}

std::string duration_text(std::uint64_t value_ns) {
    const double us = static_cast<double>(value_ns) / 1e3;
    if (us < 1e3) return fmt::format("{:.1f} us", us);
    if (us < 1e6) return fmt::format("{:.2f} ms", us / 1e3);
    return fmt::format("{:.3f} s", us / 1e6);
}

void print_times(const char* label, const Histogram& histogram) {
    if (histogram.count() == 0) return;
    fmt::print("  {:<10}", label);
    for (const double percentile : {50.0, 90.0, 99.0, 99.9, 100.0}) {
        fmt::print("{:>12}", duration_text(histogram.value_at_percentile(percentile)));
    }
    fmt::print("\n");
}

void print_errors(const Outcome& outcome) {
    for (std::size_t i = 0; i < error_kinds; ++i) {
        if (outcome.errors[i] == 0) continue;
        fmt::print("  {:<17} {}\n", name(static_cast<ErrorKind>(i)), outcome.errors[i]);
    }
    if (!outcome.first_wrong.empty()) fmt::print("  first wrong reply, {}\n", outcome.first_wrong);
}

void print_head(const Options& options, const Plan& plan) {
    const std::string rate = options.rate_per_s > 0
                                 ? fmt::format("open loop, {} requests/s {}", options.rate_per_s,
                                               options.poisson ? "at random" : "evenly spaced")
                                 : "closed loop";
    const auto plural = [](unsigned count) { return count == 1 ? "" : "s"; };
    fmt::print("{:g} s at {}\n  {} client{} on {} thread{}, {}, {}\n", options.duration_s,
               options.url, plan.connections, plural(plan.connections), plan.threads,
               plural(plan.threads), options.close ? "a connection a request" : "keep-alive", rate);
    if (plan.depth > 1) fmt::print("  {} requests at once on each connection\n", plan.depth);
    if (plan.requests_a_connection > 0) {
        fmt::print("  a new connection after every {}\n",
                   plan.requests_a_connection == 1
                       ? "request"
                       : fmt::format("{} requests", plan.requests_a_connection));
    }
    if (plan.idle_connections > 0)
        fmt::print("  {} idle client{}\n", plan.idle_connections, plural(plan.idle_connections));
    std::fflush(stdout);
}

std::string requests_that_were(std::uint64_t count) {
    return fmt::format("{} {}", count, count == 1 ? "request was" : "requests were");
}

void print_outcome(const Plan& plan, const Outcome& outcome) {
    if (outcome.interrupted) fmt::print("interrupted: what was measured until then\n");
    const std::uint64_t wrong = outcome.error_count(ErrorKind::wrong_reply);
    fmt::print("  {}{} replies in {:.2f} s, {:.1f} a second, {}\n", outcome.replies_ok,
               wrong == 0 ? "" : " right", outcome.measured_s, outcome.throughput_per_s,
               wrong == 0 ? "every byte of them right" : fmt::format("and {} wrong", wrong));
    fmt::print("  {:<10}{:>12}{:>12}{:>12}{:>12}{:>12}\n", "time", "p50", "p90", "p99", "p99.9",
               "max");
    const bool reconnects =
        plan.mode == Mode::connection_a_request || plan.requests_a_connection > 0;
    if (plan.rate_per_s > 0 || reconnects) print_times("response", outcome.response_time);
    print_times("service", outcome.service_time);
    if (reconnects) print_times("connect", outcome.connect_time);
    if (plan.rate_per_s > 0) fmt::print("  response: from when a request was due; ");
    if (plan.rate_per_s > 0) fmt::print("service: from when it was sent\n");

    if (outcome.error_total() > 0) fmt::print("errors\n");
    print_errors(outcome);
    if (plan.rate_per_s > 0 && outcome.unanswered > 0) {
        fmt::print("  {} unanswered at the end, and counted with the age reached\n",
                   requests_that_were(outcome.unanswered));
    }
}

void print_warnings(const Plan& plan, const Outcome& outcome) {
    if (outcome.served_clients < outcome.offered_clients) {
        fmt::print("warning: {} of {} clients were served\n", outcome.served_clients,
                   outcome.offered_clients);
    }
    if (outcome.idle_established < plan.idle_connections || outcome.idle_lost > 0) {
        fmt::print("warning: {} of {} idle clients were connected, {} were let go\n",
                   outcome.idle_established, plan.idle_connections, outcome.idle_lost);
    }
    if (outcome.late_sends > 0) {
        fmt::print("warning: {} sent more than 1 ms late, by no fault of the server\n",
                   requests_that_were(outcome.late_sends));
    }
    if (outcome.was_the_limit) {
        fmt::print(
            "warning: the load side was the limit (awake {:.0f} % of the time, {} of {} sends\n"
            "         late): the server may be able to do more, and times are ours as well\n",
            outcome.awake_ratio * 100, outcome.late_sends, outcome.requests_sent);
    }
}

void print_json(const Options& options, const Outcome& outcome) {
    const nlohmann::ordered_json response = to_json(outcome.response_time);
    nlohmann::ordered_json document{{"url", options.url},
                                    {"requests", outcome.replies_ok},
                                    {"interrupted", outcome.interrupted}};
    for (const char* key : {"p50_us", "p90_us", "p99_us", "p999_us", "max_us"}) {
        document[key] = response.at(key);
    }
    document.update(to_json(outcome));
    fmt::print("{}\n", document.dump());
}

Plan plan_for(const Options& options, const Url& url, const Reached& reached) {
    Plan plan;
    plan.target = reached.address;
    plan.mode = options.close ? Mode::connection_a_request : Mode::keep_alive;
    plan.request = get_request(url, !options.close, options.http_1_0);
    plan.last_request = get_request(url, false, options.http_1_0);
    plan.expected.push_back(ReplyPattern::from_sample(reached.reply));
    if (!options.close && !plan.expected.front().closes()) {
        plan.expected.push_back(plan.expected.front().closing());
    }
    plan.connections = options.connections;
    plan.idle_connections = options.idle;
    plan.threads = options.threads;
    plan.cpus = options.cpus;
    plan.warm_up_s = options.warm_up_s;
    plan.measured_s = options.duration_s;
    plan.rate_per_s = options.rate_per_s;
    plan.poisson = options.poisson;
    plan.depth = options.depth;
    plan.requests_a_connection = options.requests_a_connection;
    plan.seed = options.seed;
    plan.reply_timeout_s = options.timeout_s;
    plan.connect_timeout_s = options.timeout_s;
    return plan;
}

/// errors: throws std::invalid_argument for a CPU that this process may not run on
void check_cpus(const std::vector<int>& cpus) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) < 0) return;
    for (const int cpu : cpus) {
        if (cpu < CPU_SETSIZE && CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) continue;
        throw std::invalid_argument{fmt::format("there is no CPU {} to run on", cpu)};
    }
}

int run(const Options& options, Plan& plan) {
    validate(plan);
    for (const std::string& sentence : fit(plan)) bench::tell("iolab load: {}\n", sentence);
    if (!options.json) print_head(options, plan);

    Outcome outcome;
    {
        const bench::StopSignals signals;
        outcome = drive(
            plan,
            {.connected = {}, .window_open = {}, .window_close = {}, .stop = &bench::stop_asked()});
    }
    if (options.json) {
        print_json(options, outcome);
    } else {
        print_outcome(plan, outcome);
        print_warnings(plan, outcome);
    }
    if (outcome.interrupted) return exit_interrupted;
    if (outcome.replies_ok == 0) return exit_failed;
    const std::uint64_t wrong = outcome.error_count(ErrorKind::wrong_reply);
    if (wrong == 0) return 0;
    return complain(exit_wrong,
                    fmt::format("{} wrong, the first: {}",
                                wrong == 1 ? "1 reply was" : fmt::format("{} replies were", wrong),
                                outcome.first_wrong),
                    "the server fails under load, or answers with other bytes each time",
                    "iolab verify --add NAME='COMMAND {port}' tries the server alone");
}

/// What CLI11 lets pass, "-R nan" for one, and what contradicts itself.
/// errors: throws std::invalid_argument
void check_options(const Options& options) {
    const auto require = [](bool fits, const char* what) {
        if (!fits) throw std::invalid_argument{what};
    };
    require(options.rate_per_s >= 0 && options.rate_per_s <= 1e8,
            "-R, --rate is 0 to 100000000 requests a second");
    require(options.threads <= options.connections,
            "-t, --threads is at most -c, --connections: a thread has one client or more");
    require(options.depth == 1 || !options.close,
            "--pipeline needs connections that are kept, and --close keeps none");
    require(options.requests_a_connection == 0 || !options.close,
            "--requests-per-connection needs connections that are kept, and --close keeps none");
    require(options.requests_a_connection == 0 || options.requests_a_connection >= options.depth,
            "--requests-per-connection is at least --pipeline");
    check_cpus(options.cpus);
}

int load_command(const Options& options) {
    check_options(options);
    std::string why;
    const auto url = Url::parse(options.url, why);
    if (!url) {
        return complain(exit_usage, fmt::format("'{}' is no URL of a target", options.url), why,
                        "write it like http://127.0.0.1:8080/");
    }
    const std::vector<Address> addresses = resolve(url->host, url->port);
    if (addresses.empty()) {
        return complain(exit_failed, fmt::format("'{}' has no address", url->host),
                        "the name is misspelt, or no resolver knows it",
                        "use a number, http://127.0.0.1:8080/");
    }
    const bool inside = std::all_of(addresses.begin(), addresses.end(), is_loopback);
    if (!inside && options.own_host != url->host) {
        return complain(exit_usage, fmt::format("'{}' is not this machine's loopback", url->host),
                        "load on a machine of somebody else is an attack",
                        fmt::format("if it is yours: --i-own-this-host {}", url->host));
    }

    const std::string request = get_request(*url, !options.close, options.http_1_0);
    const auto reached = reach(addresses, request, options);
    if (const Sample* failed = std::get_if<Sample>(&reached)) {
        return complain_unreached(options, *failed);
    }
    const Reached& target = std::get<Reached>(reached);
    const std::string status = status_line(target.reply);
    if (status.find(" 200 ") == std::string::npos) {
        bench::tell("iolab load: the reply to be repeated is '{}'\n", escaped(status));
    }
    Plan plan = plan_for(options, *url, target);
    return run(options, plan);
}

int guarded(const Options& options) {
    try {
        return load_command(options);
    } catch (const std::invalid_argument& error) {
        return complain(exit_usage, error.what(), "an option is out of its range",
                        "iolab load --help");
    } catch (const std::exception& error) {
        return complain(exit_failed, error.what(), "this machine has too little of something",
                        "fewer clients or threads, or other --cpus");
    }
}

void add_shape_options(CLI::App& command, Options& options) {
    command.add_option("URL", options.url, "Target, http://127.0.0.1:8080/")->required();
    command.add_option("-c,--connections", options.connections, "Clients that ask")
        ->capture_default_str()
        ->check(CLI::Range(1U, 1'000'000U));
    command.add_option("--idle", options.idle, "Clients more that connect and say nothing")
        ->capture_default_str()
        ->check(CLI::Range(0U, 1'000'000U));
    command.add_flag("--close", options.close, "A connection for each request");
    command
        .add_option("--requests-per-connection", options.requests_a_connection,
                    "Connect anew after so many requests; 0: stay")
        ->capture_default_str()
        ->check(CLI::Range(0U, 1'000'000'000U));
    command.add_option("--pipeline", options.depth, "Requests that a client sends at once")
        ->capture_default_str()
        ->check(CLI::Range(1U, 1024U));
    command.add_flag("--http1.0", options.http_1_0, "Ask in HTTP/1.0");
    const std::string what = "Requests a second, whatever the server does; 0: as they are answered";
    CLI::Option* rate = command.add_option("-R,--rate", options.rate_per_s, what);
    rate->capture_default_str()->check(CLI::Range(0.0, 1e8));
    command.add_flag("--poisson", options.poisson, "With -R: arrivals at random")->needs(rate);
    command.add_option("--seed", options.seed, "Of the random arrivals")
        ->capture_default_str()
        ->check(bench::is_seed);
}

void add_run_options(CLI::App& command, Options& options) {
    const std::map<std::string, double> seconds_in{{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    command.add_option("-d,--duration", options.duration_s, "Time measured: 10, 10s, 2m")
        ->capture_default_str()
        ->transform(CLI::AsNumberWithUnit(seconds_in))
        ->check(CLI::Range(0.001, 86400.0));
    command.add_option("--warm-up", options.warm_up_s, "Load before measuring: 2, 500ms")
        ->capture_default_str()
        ->transform(CLI::AsNumberWithUnit(seconds_in))
        ->check(CLI::Range(0.0, 86400.0));
    command.add_option("--timeout", options.timeout_s, "How long to wait for a reply")
        ->capture_default_str()
        ->transform(CLI::AsNumberWithUnit(seconds_in))
        ->check(CLI::Range(0.001, 86400.0));
    command.add_option("-t,--threads", options.threads, "Threads the clients are dealt out to")
        ->capture_default_str()
        ->check(CLI::Range(1U, 1024U));
    command.add_option("--cpus", options.cpus, "CPUs to run the threads on, 2,3")->delimiter(',');
    command.add_flag("--json", options.json, "One JSON object on standard output");
    command.add_option("--i-own-this-host", options.own_host,
                       "Allow a target beyond loopback by naming it");
}

}  // namespace

void add_load_command(CLI::App& app, int& exit_code) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("load", "Load one URL and tell what it took");
    add_shape_options(*command, *options);
    add_run_options(*command, *options);
    command->footer(
        "Examples:\n"
        "  iolab load http://127.0.0.1:8080/ -c 64 -d 10\n"
        "  iolab load http://127.0.0.1:8080/ -c 64 -d 10 -R 2000 --json\n"
        "  iolab load http://127.0.0.1:8080/ -c 64 -d 10 --pipeline 16\n"
        "Exit codes: 0 done, 1 nobody answered rightly, 2 usage, 4 some replies wrong,\n"
        "130 interrupted.");
    command->callback([options, &exit_code] { exit_code = guarded(*options); });
}

}  // namespace load
