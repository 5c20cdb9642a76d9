#include "bench/verify/server_process.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <thread>

#include <fmt/format.h>

namespace verify {
namespace {

constexpr auto start_patience = 10s;

/// The value of `--name VALUE` or `--name=VALUE`.
std::optional<std::string> value_of(const std::vector<std::string>& words,
                                    const std::string& name) {
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (*word == name && word + 1 != words.end()) return *(word + 1);
        if (word->starts_with(name + "=")) return word->substr(name.size() + 1);
    }
    return std::nullopt;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

Launch launch_of(const lab::Model& model, const std::vector<std::string>& arguments,
                 const Launch& base, int port, const std::string& page_path) {
    Launch launch = base;
    launch.command = command_line(model, arguments, port, page_path);
    if (!model.is_added()) return launch;
    launch.standard_output = Stream::null;  // it may say more than a pipe holds
    launch.guarded = true;  // nobody knows what it starts
    return launch;
}

}  // namespace

std::vector<std::string> command_line(const lab::Model& model,
                                      const std::vector<std::string>& arguments, int port,
                                      const std::string& page_path) {
    std::vector<std::string> command;
    if (model.is_added()) {
        command = model.command;
        for (std::string& word : command) replace_all(word, "{port}", std::to_string(port));
        return command;
    }
    command.push_back(model.executable);
    command.insert(command.end(), model.args.begin(), model.args.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    if (!value_of(arguments, "--port")) command.insert(command.end(), {"--port", "0"});
    if (!value_of(arguments, "--stats")) command.insert(command.end(), {"--stats", page_path});
    return command;
}

ServerProcess::ServerProcess(const lab::Model& model, const std::vector<std::string>& arguments,
                             const Launch& base)
    : address_{.host = value_of(arguments, "--host").value_or("127.0.0.1"),
               .port = model.is_added() ? free_port() : 0},
      forks_{model.is_added() || model.traits.processes},
      process_{launch_of(model, arguments, base, address_.port, page_.path())} {
    if (const auto port = value_of(arguments, "--port"); port && *port != "0")
        address_.port = std::atoi(port->c_str());
    const bool says_it = !model.is_added() && base.standard_output == Stream::capture;
    says_it ? await_ready_line() : await_connection();
}

void ServerProcess::await_ready_line() {
    const auto line = process_.read_line(in(start_patience));
    const std::string host =
        address_.host.find(':') == std::string::npos ? address_.host : '[' + address_.host + ']';
    const std::string start = fmt::format("listening on http://{}:", host);
    if (!line || !line->starts_with(start) || !line->ends_with("/"))
        throw NotReady{escaped(start + "PORT/") + " on stdout",
                       fmt::format("{}, stderr {}", line ? escaped(*line) : "nothing",
                                   escaped(process_.stderr_text(), 400))};
    ready_line_ = *line;
    std::from_chars(line->data() + start.size(), line->data() + line->size(), address_.port);
}

void ServerProcess::await_connection() {
    const Deadline deadline = in(start_patience);
    for (int error = 0; (error = try_connect(address_)) != 0;) {
        const auto exit = ended();
        if (exit || Clock::now() > deadline)
            throw NotReady{
                fmt::format("a server at port {}", address_.port),
                fmt::format("{}, stderr {}", exit ? describe(*exit) : std::strerror(error),
                            escaped(process_.stderr_text(), 400))};
        std::this_thread::sleep_for(5ms);
    }
}

std::optional<Exit> ServerProcess::ended() {
    const auto exit = process_.wait(Clock::now());
    const bool may_live_on = exit == Exit{} && process_.is_guarded();
    if (may_live_on && !process_.family().members.empty()) return std::nullopt;
    return exit;
}

pid_t ServerProcess::pid() {
    if (!process_.is_guarded() || !process_.wait(Clock::now())) return process_.pid();
    const Family family = process_.family();
    return family.members.empty() ? process_.pid() : family.members.front();
}

Family ServerProcess::family() {
    return forks_ ? process_.family() : family_of(process_.pid(), false);
}

lab::PageReading ServerProcess::page() {
    auto reading = page_.read();
    if (!reading) throw Skipped{"it keeps no statistics page"};
    return *std::move(reading);
}

}  // namespace verify
