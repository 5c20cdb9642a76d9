#pragma once

#include <cstdint>
#include <string>

#include "common/net/listener.hpp"

namespace server {

/// Where a model sleeps.
enum class Sleep {
    in_wait,  ///< in its wait alone: sockets do not block
    in_ticks,  ///< in the calls that move bytes, a tenth of a second at most
    in_calls,  ///< in the calls that take clients in and move bytes, until a client's deadline
    in_both,  ///< in a wait for clients, then in the calls that move bytes, likewise
    in_ring,  ///< in its wait alone, and sockets block: the kernel waits at them in our stead
    never,
};

/// What a model is, declared once in its own file. Tests, harness and docs read
/// it through `--traits`.
struct Traits {
    const char* model;  ///< the executable's name
    const char* idea;  ///< in one line
    const char* kind;  ///< "iterative", "readiness", "completion", "workers", "busy"
    const char* trigger = nullptr;  ///< "level" or "edge", where readiness has one
    bool one_at_a_time = false;  ///< a second client waits until the first is gone
    bool one_a_worker = false;  ///< as many clients are served at once as there are workers
    int descriptor_wall = 0;  ///< descriptors from this number on cannot be served; 0 for none
    bool processes = false;  ///< serves in more processes than one
    bool threads = false;  ///< serves in more threads than one
    Sleep sleep = Sleep::in_wait;
    int workers = 0;  ///< how many there are if --workers does not say; 0: no such option
    const char* needs = nullptr;  ///< what not every kernel has: "io_uring"
    const char* lock_choices = nullptr;  ///< of --accept-lock, by commas, the first the default
    const char* set_choices = nullptr;  ///< of --set, likewise
    bool hands_over = false;  ///< a request, or its client, goes on to another worker
    bool listener_a_worker = false;  ///< several listen at the port: SO_REUSEPORT
};

enum class LogWhat { none, requests, events };

/// A server's command line, the same for all models.
struct Options {
    net::ListenOptions listen;
    int workers = 0;  ///< where the model has them
    std::string accept_lock;  ///< where the model has one
    std::string set;  ///< --set, where the model has it
    std::size_t max_clients = 0;  ///< 0: as many as there are descriptors
    double head_timeout_s = 10;  ///< for a whole request head; of all time-outs, 0 is never
    double body_timeout_s = 10;  ///< without a byte of a body
    double idle_timeout_s = 60;  ///< between requests
    double send_timeout_s = 60;  ///< without progress
    double drain_s = 1.5;  ///< from the first signal to the end, for everybody
    bool cork = false;  ///< TCP_CORK round each batch of replies
    bool split_reply = false;  ///< head and body in two sends: a lesson
    bool lab = false;  ///< the paths that experiments need
    std::string root;  ///< static files from here; empty for the hello answer
    LogWhat log = LogWhat::none;
    std::string stats;  ///< file of the statistics page; empty for none
    std::string trace;  ///< file of the trace; empty for none
};

/// The outcome of reading a command line: options, or an exit code to end with.
struct CommandLine {
    Options options;
    bool run = false;
    int exit_code = 0;
};

/// Reads the command line; answers --help, --version and --traits on stdout and
/// wrong usage with three lines on stderr and exit code 2.
[[nodiscard]] CommandLine read_command_line(int argc, char** argv, const Traits& traits);

}  // namespace server
