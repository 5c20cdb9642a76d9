#include "bench/lab/cell.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "bench/lab/accounting.hpp"
#include "bench/lab/answers.hpp"
#include "bench/lab/load_plan.hpp"
#include "bench/lab/plan.hpp"
#include "bench/lab/text.hpp"
#include "bench/lab/tracepoints.hpp"
#include "bench/verify/server_process.hpp"
#include "bench/verify/socket_view.hpp"

namespace lab {
namespace {

using namespace std::chrono_literals;

// Silent clients are no slow clients to a server under test: its deadlines must not
// fall into a long window. One that the experiment gives a model stays as it is.
std::vector<std::string> longer_deadlines(const Model& model, const CellConditions& conditions) {
    const double cell_s = conditions.warm_up_s + conditions.measured_s;
    std::vector<std::string> arguments;
    if (cell_s < 5) return arguments;
    for (const char* name : {"--head-timeout", "--idle-timeout"}) {
        const std::string option{name};
        const auto is_it = [&option](const std::string& word) {
            return word == option || word.starts_with(option + "=");
        };
        if (std::any_of(model.args.begin(), model.args.end(), is_it)) continue;
        arguments.push_back(option);
        arguments.push_back(fmt::format("{}", static_cast<int>(cell_s * 2) + 60));
    }
    return arguments;
}

// A server that still takes clients in would pay for that inside the window. One that takes
// nobody in is given 5 s, one that goes on a minute: poll is slow with thousands.
void await_empty_queue(int port, const std::atomic<bool>* stop) {
    const auto begin = std::chrono::steady_clock::now();
    auto progress = begin;
    int least = std::numeric_limits<int>::max();
    for (int left = accept_queue(port).value_or(0); left > 0;
         left = accept_queue(port).value_or(0)) {
        const auto now = std::chrono::steady_clock::now();
        if (left < least) progress = now;
        least = std::min(least, left);
        const bool stopped = stop != nullptr && *stop;
        if (stopped || now - progress > std::chrono::seconds{5} ||
            now - begin > std::chrono::minutes{1})
            return;
        std::this_thread::sleep_for(10ms);
    }
}

void signal_all(verify::ServerProcess& server, int signal) {
    for (const pid_t pid : server.family().members) ::kill(pid, signal);
}

bool has_a_crowd_that_stays(const load::Plan& plan) {
    return std::any_of(plan.crowd.begin(), plan.crowd.end(), load::comes_to_stay);
}

// Clients that stay connected from before the load begins; the others come while it runs. None
// where a crowd is among them: nobody makes sure that all of that are taken in.
int clients_at_first(const Workload& workload, const load::Plan& plan) {
    if (has_a_crowd_that_stays(plan)) return 0;
    double sum = 0;
    for (const Actor& actor : workload.actors) {
        const bool asks_at_first = asks(actor.kind) && !actor.close && !actor.start_s;
        if (asks_at_first || actor.kind == ActorKind::idle) sum += actor.count.number;
    }
    return static_cast<int>(sum);
}

// Whether somebody comes to stay, and there is room for all: where a limit of open files is too
// low for them, or there are too few workers, as an experiment may want it, the queue would not
// become empty.
bool awaits_clients(const Model& model, const Workload& workload, const load::Plan& plan) {
    const bool room = model.open_files == 0 || workload.clients() <= model.open_files;
    return room && has_places(model, workload) &&
           (plan.idle_connections > 0 || has_a_crowd_that_stays(plan));
}

// Fewer connections than this share pages of memory too coarsely.
constexpr int connections_for_memory = 100;

// What a cell's server is read for, before, in and after the window.
class Meter {
public:
    Meter(verify::ServerProcess& server, int clients) : server_{server}, clients_{clients} {
        empty_ = read_process(server_.family());
        kernel_empty_ = read_kernel();
        if (clients_ >= connections_for_memory) structures_empty_ = kernel_structures_bytes();
    }

    // waits  until the server has taken everybody in
    load::Hooks hooks(const Workload& workload, bool waits, const std::atomic<bool>* stop) {
        return {.connected = [this, waits, stop] { connected(waits, stop); },
                .window_open = [this] { open(); },
                .window_close = [this] { close(); },
                .events = events_of(workload),
                .stop = stop};
    }

    ServerFigures figures(const load::Outcome& outcome) {
        window_.length_s = outcome.measured_s;
        ServerFigures figures = server_figures(window_, outcome.replies_ok);
        if (clients_ >= connections_for_memory &&
            full_.private_memory_kib >= empty_.private_memory_kib) {
            figures.memory_per_connection_bytes =
                static_cast<double>(full_.private_memory_kib - empty_.private_memory_kib) * 1024 /
                clients_;
        }
        if (structures_empty_ && structures_full_ && *structures_full_ >= *structures_empty_) {
            figures.kernel_memory_per_connection_bytes =
                static_cast<double>(*structures_full_ - *structures_empty_) / clients_;
        }
        if (window_.kernel_after.socket_memory_kib && kernel_empty_.socket_memory_kib) {
            figures.kernel_socket_memory_kib =
                *window_.kernel_after.socket_memory_kib - *kernel_empty_.socket_memory_kib;
        }
        return figures;
    }

    KernelFigures kernel() const {
        KernelFigures figures = kernel_figures(kernel_empty_, window_.kernel_after);
        figures.accept_queue = accept_queue_;
        if (!sockets_) return figures;
        figures.receive_queue_bytes = sockets_->unread_bytes;
        figures.segments_received = sockets_->segments_received;
        figures.segments_sent = sockets_->segments_sent;
        return figures;
    }

private:
    std::vector<load::TimedHook> events_of(const Workload& workload) {
        std::vector<load::TimedHook> events;
        for (const Event& event : workload.events) {
            if (event.kind == Event::Kind::interrupt) {
                events.push_back({.at_s = event.at_s,
                                  .call = [this] { verify::interrupt(server_.family()); },
                                  .every_s = 1 / event.rate_per_s,
                                  .for_s = event.for_s});
                continue;
            }
            const int signal = event.kind == Event::Kind::freeze ? SIGSTOP : SIGCONT;
            events.push_back(
                {.at_s = event.at_s, .call = [this, signal] { signal_all(server_, signal); }});
        }
        return events;
    }

    void connected(bool waits, const std::atomic<bool>* stop) {
        if (waits) await_empty_queue(server_.address().port, stop);
        full_ = read_process(server_.family());
        if (structures_empty_) structures_full_ = kernel_structures_bytes();
        read_page();  // the first look maps it, and would take longer inside the window
    }

    std::optional<PageReading> read_page() {
        try {
            return server_.page();
        } catch (const verify::Skipped&) {
            return std::nullopt;
        }
    }

    // At both edges the CPU clock and the page are read first, right at the edge; what
    // takes longer to read follows.
    void open() {
        const std::uint64_t cpu_ns = read_cpu_ns(server_.family());
        cpu_read_at_ = std::chrono::steady_clock::now();
        window_.page_before = read_page();
        window_.process_before = read_process(server_.family());
        window_.process_before.cpu_ns = cpu_ns;
    }

    void close() {
        const std::uint64_t cpu_ns = read_cpu_ns(server_.family());
        window_.cpu_length_s =
            std::chrono::duration<double>{std::chrono::steady_clock::now() - cpu_read_at_}.count();
        window_.page_after = read_page();
        window_.process_after = read_process(server_.family());
        window_.process_after.cpu_ns = cpu_ns;
        window_.kernel_after = read_kernel();
        const int port = server_.address().port;
        accept_queue_ = accept_queue(port);
        sockets_ = verify::server_sockets(static_cast<std::uint16_t>(port));
    }

    verify::ServerProcess& server_;
    int clients_;
    ProcessReading empty_, full_;
    KernelReading kernel_empty_;
    std::optional<int> accept_queue_;
    std::optional<verify::ServerSockets> sockets_;
    std::optional<std::uint64_t> structures_empty_, structures_full_;
    std::chrono::steady_clock::time_point cpu_read_at_;
    Window window_;
};

ActorFigures figures_of(const load::ActorOutcome& outcome) {
    const Times response = times_of(outcome.response_time);
    const Times service = times_of(outcome.service_time);
    const Times connect = times_of(outcome.connect_time);
    return {.kind = outcome.kind,
            .offered_clients = outcome.offered_clients,
            .served_clients = outcome.served_clients,
            .requests_sent = outcome.requests_sent,
            .replies_ok = outcome.replies_ok,
            .unanswered = outcome.unanswered,
            .connections_made = outcome.connections_made,
            .late_sends = outcome.late_sends,
            .fairness_jain = outcome.fairness_jain,
            .errors = outcome.errors,
            .response_p50_us = response.p50_us,
            .response_p99_us = response.p99_us,
            .response_max_us = response.max_us,
            .service_p50_us = service.p50_us,
            .service_p99_us = service.p99_us,
            .service_max_us = service.max_us,
            .connect_p50_us = connect.p50_us,
            .connect_max_us = connect.max_us,
            .crowd = outcome.crowd};
}

void add_load_figures(const load::Plan& plan, const load::Outcome& outcome, Cell& cell) {
    cell.measured_s = outcome.measured_s;
    cell.requests_sent = outcome.requests_sent;
    cell.replies_ok = outcome.replies_ok;
    cell.offered_clients = static_cast<int>(outcome.offered_clients);
    cell.served_clients = static_cast<int>(outcome.served_clients);
    cell.fairness_jain = outcome.fairness_jain;
    cell.throughput_per_s = outcome.throughput_per_s;
    cell.unanswered = outcome.unanswered;
    cell.connections_made = outcome.connections_made;
    cell.errors = outcome.errors;
    cell.connect_time = times_of(outcome.connect_time);
    cell.service_time = times_of(outcome.service_time);
    cell.response_time = times_of(outcome.response_time);
    cell.load = LoadFigures{.cpu_busy_ratio = outcome.cpu_busy_ratio,
                            .awake_ratio = outcome.awake_ratio,
                            .cpu_us_per_request = outcome.cpu_us_per_request,
                            .late_sends = outcome.late_sends,
                            .was_the_limit = outcome.was_the_limit,
                            .crowd_cpu_busy_ratio = outcome.crowd_cpu_busy_ratio,
                            .crowd_shares_cpu = {},
                            .reply_timeout_s = plan.reply_timeout_s,
                            .connect_timeout_s = plan.connect_timeout_s};
    if (!plan.crowd.empty()) cell.load->crowd_shares_cpu = !plan.crowd_cpu;
    cell.timeline = Timeline{.step_ms = load::timeline_step_s * 1e3, .points = outcome.timeline};
    cell.actors.emplace();
    for (const load::ActorOutcome& actor : outcome.actors) {
        cell.actors->push_back(figures_of(actor));
    }
}

void end_as(Cell& cell, Status status, const std::string& reason) {
    cell.status = status;
    cell.reason = anonymous(reason);  // it may quote a server's own words
}

bool stopped(const CellConditions& conditions) {
    return conditions.stop != nullptr && conditions.stop->load();
}

// The last words of a server, on one line.
std::string last_words(const verify::Process& process) {
    const std::string text = process.stderr_text();
    if (text.empty()) return "; it wrote nothing to stderr";
    const std::size_t most = 300;
    return "; its stderr ends: " +
           verify::escaped(text.size() > most ? text.substr(text.size() - most) : text, most);
}

// Why nobody could connect, where that is this machine's doing and not the server's; else empty.
std::string why_unreached(const load::Outcome& outcome) {
    for (const load::ActorOutcome& actor : outcome.actors) {
        if (actor.connections_made > 0) return "";
    }
    for (const auto kind : {load::ErrorKind::unreachable, load::ErrorKind::no_ports,
                            load::ErrorKind::no_descriptors}) {
        if (outcome.error_count(kind) > 0)
            return fmt::format("no client could connect from here: {}", load::name(kind));
    }
    return "";
}

// Whether a server and its replies came through a load; if not, the cell ends with the reason.
bool survived(verify::ServerProcess& server, const load::Outcome& outcome, const Workload& workload,
              const CellConditions& conditions, Cell& cell) {
    const auto exit = server.ended();
    if (exit && conditions.bugs_expected && !outcome.interrupted) {
        cell.ended = verify::describe(*exit);
        return true;
    }
    if (exit) {
        end_as(cell, Status::failed,
               "it died under load: " + verify::describe(*exit) + last_words(server.process()));
        return false;
    }
    if (conditions.bugs_expected && !outcome.interrupted) {
        const std::string unreached = why_unreached(outcome);
        if (!unreached.empty()) end_as(cell, Status::not_applicable, unreached);
        return unreached.empty();
    }
    const Judgement judgement = judge(outcome, workload);
    if (judgement.status != Status::measured) end_as(cell, judgement.status, judgement.reason);
    return judgement.status == Status::measured;
}

struct TracedCalls {
    std::map<std::string, double> per_request;
    std::string refusal;  // why there are none
};

// The same load once more, shorter, with the kernel's tracepoints open. They are open only now:
// each one slows every system call, and the CPU time of the window would pay for it.
TracedCalls trace_calls(verify::ServerProcess& server, load::Plan plan, const Workload& workload,
                        bool waits, const CellConditions& conditions, Cell& cell) {
    if (!conditions.trace_calls) return {.per_request = {}, .refusal = "not asked for"};
    const CallTracer tracer{server.family().members};
    if (!tracer.refusal().empty()) return {.per_request = {}, .refusal = tracer.refusal()};
    plan.warm_up_s = std::min(conditions.warm_up_s, traced_warm_up_most_s);
    plan.measured_s = traced_measured_s;
    CallCounts before, after;
    const load::Outcome outcome =
        load::drive(plan, {.connected =
                               [&] {
                                   if (waits)
                                       await_empty_queue(server.address().port, conditions.stop);
                               },
                           .window_open = [&] { before = tracer.read(); },
                           .window_close = [&] { after = tracer.read(); },
                           .stop = conditions.stop});
    if (outcome.interrupted)
        return {.per_request = {}, .refusal = "the run was ended before they were counted"};
    // A slow server that answered in the window may not answer in so short a load.
    const bool silent = outcome.replies_ok == 0 &&
                        outcome.error_count(load::ErrorKind::wrong_reply) == 0 && !server.ended();
    if (silent) return {.per_request = {}, .refusal = "no reply came while they were counted"};
    if (!survived(server, outcome, workload, conditions, cell)) return {};
    return {.per_request = calls_per_request(before, after, outcome.replies_ok), .refusal = {}};
}

// Where nobody traced them, those that a server counted itself stand, which are not all.
void add_calls(const TracedCalls& traced, bool stranger, ServerFigures& figures) {
    if (!traced.refusal.empty()) {
        if (stranger) figures.system_calls_reason = traced.refusal;
        if (!figures.system_calls_source.empty())
            figures.system_calls_source += ", without what the C library calls for threads";
        return;
    }
    figures.system_calls_reason.clear();
    figures.system_calls_source = "tracepoints";
    figures.system_calls_per_request_by_name = traced.per_request;
    figures.system_calls_per_request = 0;
    for (const auto& [name, calls] : traced.per_request) *figures.system_calls_per_request += calls;
}

// What is right, by path; where an answer is wrong, the cell ends with the reason.
std::map<std::string, Exchange> learn_answers(verify::ServerProcess& server, const Model& model,
                                              const Workload& workload,
                                              const CellConditions& conditions, Cell& cell) {
    const Learn from = conditions.bugs_expected ? Learn::any_answers : Learn::right_answers;
    std::map<std::string, Exchange> exchanges;
    for (const std::string& path : asked_paths(workload)) {
        const Exchange exchange = exchange_with(model, server.address(), path, from);
        exchanges.emplace(path, exchange);
        if (conditions.bugs_expected) continue;
        const std::string wrong = wrong_answer(model, server.address(), exchange);
        if (wrong.empty()) continue;
        end_as(cell, Status::wrong_answer, wrong);
        break;
    }
    return exchanges;
}

// Whether somebody wants to stay and may not.
bool stays_in_vain(const Workload& workload, const std::map<std::string, Exchange>& exchanges) {
    return std::any_of(workload.actors.begin(), workload.actors.end(), [&](const Actor& actor) {
        const auto learned = exchanges.find(actor.path);  // none where a status is expected
        return asks(actor.kind) && !actor.close && actor.expect_status == 0 &&
               learned != exchanges.end() && learned->second.expected.empty();
    });
}

void load_and_measure(verify::ServerProcess& server, const Model& model, const Workload& workload,
                      const CellConditions& conditions, Cell& cell) {
    const auto exchanges = learn_answers(server, model, workload, conditions, cell);
    if (cell.status != Status::measured) return;
    if (stays_in_vain(workload, exchanges)) {
        cell.by_nature = true;
        return end_as(cell, Status::not_applicable,
                      "it closes after every reply, also where the client would stay");
    }
    const verify::Address& address = server.address();
    const load::Plan plan = load_plan(
        workload, exchanges,
        {.target =
             load::numeric_address(address.host, static_cast<std::uint16_t>(address.port)).value(),
         .cpus = conditions.placement.load_cpus,
         .warm_up_s = conditions.warm_up_s,
         .measured_s = conditions.measured_s,
         .reply_timeout_s = conditions.reply_timeout_s,
         .connect_timeout_s = conditions.connect_timeout_s});
    Meter meter{server, clients_at_first(workload, plan)};
    const bool waits = awaits_clients(model, workload, plan);
    const load::Outcome outcome = load::drive(plan, meter.hooks(workload, waits, conditions.stop));
    if (!workload.events.empty()) signal_all(server, SIGCONT);  // a frozen server cannot stop
    if (!survived(server, outcome, workload, conditions, cell)) return;
    const bool traces = model.has_uncounted_calls() && cell.ended.empty();
    const TracedCalls traced =
        traces ? trace_calls(server, plan, workload, waits, conditions, cell) : TracedCalls{};
    if (cell.status != Status::measured) return;
    add_load_figures(plan, outcome, cell);
    cell.kernel = meter.kernel();
    if (!cell.ended.empty()) return;  // what it used by then is not known
    cell.server = meter.figures(outcome);
    complete_workers(model.workers(), *cell.server);
    cell.load->was_the_limit =
        load_set_the_pace(outcome, *cell.server, conditions.placement.server_cpus.size());
    if (traces) add_calls(traced, model.is_added(), *cell.server);
}

// What a server leaves behind counts as well: it has to end when it is told to.
void stop_server(verify::ServerProcess& server, const Model& model,
                 const CellConditions& conditions, Cell& cell) {
    if (server.ended()) return;
    const auto patience = conditions.bugs_expected ? 500ms : 5s;
    const verify::Exit exit = server.process().stop(verify::in(patience));
    const bool as_told = exit == verify::Exit{} || model.is_added() || conditions.bugs_expected;
    if (as_told || cell.status != Status::measured) return;
    end_as(cell, Status::failed,
           "it did not stop in order: " + verify::describe(exit) + last_words(server.process()));
}

std::optional<double> microseconds(const load::Histogram& histogram, double percentile) {
    if (histogram.count() == 0) return std::nullopt;
    return static_cast<double>(histogram.value_at_percentile(percentile)) / 1e3;
}

}  // namespace

Times times_of(const load::Histogram& histogram) {
    return {.count = histogram.count(),
            .p50_us = microseconds(histogram, 50),
            .p90_us = microseconds(histogram, 90),
            .p99_us = microseconds(histogram, 99),
            .p999_us = microseconds(histogram, 99.9),
            .max_us = microseconds(histogram, 100),
            .histogram = histogram.sparse()};
}

Judgement judge(const load::Outcome& outcome, const Workload& workload) {
    if (outcome.interrupted) return {Status::interrupted, "the run was ended during this cell"};
    if (outcome.error_count(load::ErrorKind::wrong_reply) > 0) {
        const std::uint64_t wrong = outcome.error_count(load::ErrorKind::wrong_reply);
        return {Status::wrong_answer,
                fmt::format("{} wrong {} under load, the first: {}", wrong,
                            wrong == 1 ? "reply" : "replies", outcome.first_wrong)};
    }
    const auto idle = static_cast<std::uint64_t>(workload.clients(ActorKind::idle));
    if (outcome.idle_established < idle || outcome.idle_lost > 0) {
        return {Status::failed,
                fmt::format("of {} silent clients {} were taken in and {} of those let go: not the "
                            "load that was asked for",
                            idle, outcome.idle_established, outcome.idle_lost)};
    }
    if (outcome.replies_ok > 0) return {};
    std::string errors;
    for (std::size_t kind = 0; kind < load::error_kinds; ++kind) {
        if (outcome.errors[kind] == 0) continue;
        errors += fmt::format(", {} {}", outcome.errors[kind],
                              load::name(static_cast<load::ErrorKind>(kind)));
    }
    return {Status::failed, fmt::format("not one reply to {} request{}{}", outcome.requests_sent,
                                        outcome.requests_sent == 1 ? "" : "s", errors)};
}

bool load_set_the_pace(const load::Outcome& outcome, const ServerFigures& server,
                       std::size_t server_cpus) {
    if (!outcome.was_the_limit) return false;
    for (const load::ActorOutcome& actor : outcome.actors) {
        if (actor.sent_late()) return true;
    }
    const auto threads = static_cast<std::size_t>(std::max(server.threads.value_or(1), 1));
    const auto usable =
        static_cast<double>(std::min(std::max<std::size_t>(server_cpus, 1), threads));
    return server.cpu_busy_ratio.value_or(0) < 0.9 * usable;
}

Cell run_cell(const Model& model, const Workload& workload, const CellConditions& conditions) {
    Cell cell;
    cell.model = model.name;
    cell.workload = workload.id;
    try {
        const auto arguments =
            model.is_added() ? std::vector<std::string>{} : longer_deadlines(model, conditions);
        verify::Launch launch;
        launch.cpus = conditions.placement.server_cpus;
        const auto files = static_cast<std::uint64_t>(model.open_files);
        if (files > 0) launch.open_files = {files, files};
        launch.files_first = model.files_first;
        verify::ServerProcess server{model, arguments, launch};
        load_and_measure(server, model, workload, conditions, cell);
        stop_server(server, model, conditions, cell);
    } catch (const verify::NotReady& not_ready) {
        end_as(cell, Status::failed, not_ready.what());
        cell.got_ready = false;
    } catch (const verify::Failed& failed) {
        end_as(cell, Status::failed, failed.what());
    } catch (const std::system_error& error) {
        end_as(cell, Status::failed, fmt::format("it cannot be started: {}", error.what()));
    } catch (const std::invalid_argument& error) {  // such as a sweep that leaves nobody to ask
        end_as(cell, Status::failed, fmt::format("such a load cannot be made: {}", error.what()));
    }
    if (stopped(conditions) && cell.status != Status::measured) {
        end_as(cell, Status::interrupted, "the run was ended during this cell");
    }
    return cell;
}

}  // namespace lab
