#include "common/server/options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "common/server/log.hpp"

namespace server {
namespace {

constexpr double longest_s = 86'400;

std::string examples(const Traits& traits) {
    return fmt::format(
        "Examples:\n"
        "  {0} --port 8080 --log requests     then: curl http://127.0.0.1:8080/\n"
        "  {0} --port 0 --head-timeout 2      any free port, slow clients get 408 after 2 s",
        traits.model);
}

void add_network(CLI::App& app, net::ListenOptions& listen) {
    app.add_option("--host", listen.host, "Numeric address to listen on")->capture_default_str();
    app.add_option("--port", listen.port, "Port; 0 takes any free one")
        ->check(CLI::Range(0, 65535))
        ->capture_default_str();
    app.add_option("--backlog", listen.backlog, "Connections that may wait to be accepted")
        ->check(CLI::Range(0, 1 << 30))
        ->capture_default_str();
    app.add_flag("--no-delay,!--delay", listen.no_delay,
                 "TCP_NODELAY: small replies leave at once (default)");
}

/// What is wrong with a time-out, "" for nothing; NaN is in no range.
std::string seconds_in_range(const std::string& text) {
    double value_s = 0;
    const bool fits =
        CLI::detail::lexical_cast(text, value_s) && value_s >= 0 && value_s <= longest_s;
    return fits ? "" : fmt::format("{} is no time between 0 and {} seconds", text, longest_s);
}

void add_limits(CLI::App& app, Options& options) {
    app.add_option("--max-clients", options.max_clients,
                   "Clients served at once, others get 503; 0 for no limit")
        ->check(CLI::Range(0, 1 << 30))
        ->capture_default_str();
    const auto seconds = [&app](const char* name, double& value, const char* what) {
        app.add_option(name, value, what)
            ->check(seconds_in_range)
            ->type_name("SECONDS")
            ->capture_default_str();
    };
    seconds("--head-timeout", options.head_timeout_s, "For a whole request head; 0 is never");
    seconds("--body-timeout", options.body_timeout_s, "Without a byte of a request body");
    seconds("--idle-timeout", options.idle_timeout_s, "Between two requests");
    seconds("--send-timeout", options.send_timeout_s, "Without progress in sending");
    seconds("--drain-seconds", options.drain_s, "To finish replies after SIGTERM");
}

void add_answers(CLI::App& app, Options& options) {
    app.add_flag("--cork", options.cork, "TCP_CORK round every batch of replies");
    app.add_flag("--split-reply", options.split_reply, "Head and body in two sends: a lesson");
    app.add_option("--root", options.root, "Serve static files from this directory")
        ->type_name("DIR");
    app.add_flag("--lab", options.lab, "Switch on /bytes/N, /spin/US, /sleep/MS and /echo");
    const auto set_log = [&options](const std::string& what) {
        options.log = what == "events"     ? LogWhat::events
                      : what == "requests" ? LogWhat::requests
                                           : LogWhat::none;
    };
    app.add_option_function<std::string>("--log", set_log, "What to print on stderr")
        ->check(CLI::IsMember({"none", "requests", "events"}));
    app.add_option("--stats", options.stats, "Keep the statistics page in this file")
        ->type_name("FILE");
    app.add_option("--trace", options.trace,
                   "Record every system call in this file; iolab trace --from FILE shows it")
        ->type_name("FILE");
}

constexpr int most_workers = 1024;

/// One of `choices`, by commas, the first the default; no option where there are none.
void add_choice(CLI::App& app, const char* name, std::string& value, const char* what,
                const char* choices) {
    if (choices == nullptr) return;
    const std::vector<std::string> all = CLI::detail::split(choices, ',');
    value = all.front();
    app.add_option(name, value, what)->check(CLI::IsMember(all))->capture_default_str();
}

/// What some models have and others do not.
void add_own(CLI::App& app, const Traits& traits, Options& options) {
    options.workers = traits.workers;
    if (traits.workers > 0)
        app.add_option("--workers", options.workers, "How many serve beside each other")
            ->check(CLI::Range(1, most_workers))
            ->capture_default_str();
    add_choice(app, "--accept-lock", options.accept_lock, "What is held while a worker accepts",
               traits.lock_choices);
    add_choice(app, "--set", options.set, "How workers hear of new clients", traits.set_choices);
}

/// Each would overwrite the other. errors: throws `CLI::ValidationError`.
void refuse_one_file_for_two(const Options& options) {
    if (options.trace.empty() || options.trace != options.stats) return;
    throw CLI::ValidationError{"--stats and --trace", "both name " + options.trace};
}

std::string traits_as_json(const Traits& traits) {
    nlohmann::ordered_json json{
        {"model", traits.model}, {"idea", traits.idea}, {"kind", traits.kind}};
    json["trigger"] = nullptr;
    if (traits.trigger != nullptr) json["trigger"] = traits.trigger;
    json["one_at_a_time"] = traits.one_at_a_time;
    json["one_a_worker"] = traits.one_a_worker;
    json["descriptor_wall"] = nullptr;
    if (traits.descriptor_wall != 0) json["descriptor_wall"] = traits.descriptor_wall;
    json["never_sleeps"] = traits.sleep == Sleep::never;
    json["processes"] = traits.processes;
    json["threads"] = traits.threads;
    json["hands_over"] = traits.hands_over;
    json["workers"] = nullptr;
    if (traits.workers != 0) json["workers"] = traits.workers;
    json["needs"] = nlohmann::ordered_json::array();
    if (traits.needs != nullptr) json["needs"].push_back(traits.needs);
    return json.dump();
}

int wrong_usage(const Traits& traits, const CLI::ParseError& error) {
    say_three_lines(fmt::format("{}: {}", traits.model, error.what()),
                    "an option is misspelt, lacks its value or is out of range",
                    fmt::format("{} --help lists every option with two examples", traits.model));
    return 2;
}

}  // namespace

CommandLine read_command_line(int argc, char** argv, const Traits& traits) {
    CommandLine line;
    bool show_traits = false;
    CLI::App app{fmt::format("{}: {}", traits.model, traits.idea), traits.model};
    app.set_version_flag("--version", fmt::format("{} {}", traits.model, IOLAB_VERSION));
    app.footer(examples(traits));
    app.add_flag("--traits", show_traits, "Print what this model is, as JSON");
    add_network(app, line.options.listen);
    add_limits(app, line.options);
    add_answers(app, line.options);
    add_own(app, traits, line.options);
    try {
        app.parse(argc, argv);
        refuse_one_file_for_two(line.options);
    } catch (const CLI::Success& asked) {
        app.exit(asked);
        return line;
    } catch (const CLI::ParseError& error) {
        line.exit_code = wrong_usage(traits, error);
        return line;
    }
    if (show_traits) {
        std::puts(traits_as_json(traits).c_str());
        return line;
    }
    line.run = true;
    return line;
}

}  // namespace server
