#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/lab/replication.hpp"
#include "bench/lab/signature.hpp"
#include "bench/lab/value.hpp"

/// What is asked: the experiment file as a struct.
namespace lab {

/// How a client of a comparison behaves.
enum class ActorKind {
    polite,  ///< closed loop, one request in flight
    steady,  ///< open loop, at a rate
    pipeliner,  ///< several requests at once
    idle,  ///< connects and says nothing
    dead,  ///< one request, then silence
    slow_sender,  ///< a few bytes a second
    slow_reader,  ///< likewise
    abandoner,  ///< half a request or a whole one, then close
    resetter,  ///< a request or half of it, then a reset
    half_closer,  ///< a request, then no more from its side
    burst,  ///< all connect at once
    firehose,  ///< asks without waiting
    late_reader,  ///< says more than its request, and reads late
};

/// Asks, is answered and measured: polite, steady or a pipeliner.
[[nodiscard]] bool asks(ActorKind kind) noexcept;

/// How it holds its connection, for as long as the server lets it: "silent", such as idle or dead
/// clients, or "slow", such as slow senders and readers. Empty: it does not.
[[nodiscard]] std::string_view holds(ActorKind kind) noexcept;

/// A number, or the name of the sweep axis that gives it.
struct Quantity {
    double number = 0;
    std::string axis{};  ///< empty: `number` counts
};

/// Clients of one kind. What a kind does not have keeps its default.
struct Actor {
    ActorKind kind = ActorKind::polite;
    Quantity count;
    bool close = false;  ///< one request a connection, asked for with Connection: close
    std::string path = "/";
    int expect_status = 0;  ///< replies are right by it, and by their length; 0: by their bytes
    bool whole = false;  ///< an abandoner's request
    int more_bytes = 0;  ///< that a late reader says behind its request
    std::string name{};  ///< by which an event calls it; empty: none does
    Quantity rate_per_s{};  ///< of all of them together; 0: the kind's own
    bool poisson = false;  ///< arrivals at random
    Quantity depth{.number = 16, .axis = {}};  ///< requests at once, of a pipeliner
    Quantity bytes_per_s{};  ///< of each slow one; 0: the kind's own
    int requests_a_connection = 0;  ///< 0: it stays
    double period_s = 0;  ///< of a burst; 0: there is one
    std::optional<double> start_s{};  ///< after the window's opening; none: from the beginning
    std::optional<double> stop_s{};  ///< likewise; none: to the end
};

/// What is done to the server while it is loaded. To add an actor or to stop one is no event of
/// its own: it is that actor's `start_s` or `stop_s`.
struct Event {
    enum class Kind {
        freeze,
        thaw,
        interrupt,  ///< again and again: `verify::interrupt`
    };

    double at_s = 0;  ///< after the window's opening
    Kind kind = Kind::freeze;
    double rate_per_s = 0;  ///< of interrupting
    double for_s = 0;  ///< likewise
};

struct Axis {
    std::string name;
    std::vector<double> values;
};

/// One way of loading a server, at every point of its sweep.
struct Scenario {
    std::string name;  ///< a word, `keep-alive`
    std::string title;  ///< a sentence for people
    std::vector<Axis> sweep;
    std::vector<Actor> actors;
    std::vector<Event> events{};  ///< in the order of their times
};

/// Models by name or pattern, with arguments of their own.
struct ModelChoice {
    std::string pattern;
    std::vector<std::string> args;
    std::string name;  ///< under which it is shown; empty: the model's own
    int open_files = 0;  ///< the limit that it is started with; 0: the machine's
    int files_first = 0;  ///< descriptors that are taken before it starts, from number 16 on
    Place place{};  ///< of the pattern
    Place name_place{};
};

struct Experiment {
    std::string name;
    std::string title;
    std::string question;
    std::string background;  ///< Markdown
    std::string explanation;  ///< Markdown, for after the run
    std::string source;
    std::vector<std::string> see{};  ///< where it is to be read, `servers/poll.cpp#send`
    std::vector<ModelChoice> models;
    Place models_place{};
    std::string baseline;  ///< the model that ratios refer to
    Place baseline_place{};
    std::vector<Scenario> scenarios;
    double warm_up_s = 0;
    double measured_s = 0;
    int server_cpus = 1;  ///< for each server, where there are so many and one more
    bool trace_calls = true;  ///< those that a server does not count itself, in a short load more
    double reply_timeout_s = 10;  ///< after which a client gives a request up
    double connect_timeout_s = 10;  ///< likewise a connection
    int rounds = 0;
    std::vector<Check> signature{};  ///< what must be seen; empty: nothing is expected
    std::optional<Replication> replicates{};  ///< a published table, to be seen beside the result
};

/// A workload: a scenario at one point of its sweep.
struct Workload {
    std::string id;  ///< `mostly-idle idle=1000`
    std::string name;  ///< the scenario's
    std::string title;
    std::vector<std::pair<std::string, double>> point;
    std::vector<Actor> actors;  ///< their quantities are numbers now
    std::vector<Event> events{};

    /// Clients that are to be connected at once, of one kind.
    [[nodiscard]] int clients(ActorKind kind) const noexcept;
    [[nodiscard]] int clients() const noexcept;
    [[nodiscard]] bool closes() const noexcept;  ///< some clients use a connection a request
};

/// An experiment, or its control: the same but for what its member `control` changes, a JSON Merge
/// Patch (RFC 7396), so that the signature must not be found.
enum class Variant { experiment, control };

/// Reads JSON with comments.
/// errors: `ExperimentError`, whose text names file, line, key and what was expected; also for a
/// control that is asked for and not there.
[[nodiscard]] Experiment parse_experiment(std::string_view text, const std::string& file,
                                          Variant variant = Variant::experiment);

/// The same as JSON, which `parse_experiment` reads back.
[[nodiscard]] std::string to_json_text(const Experiment& experiment);

/// The experiment of a preset's name, or of a file.
/// errors: `ExperimentError`; a name that is neither is one, too.
[[nodiscard]] Experiment find_experiment(const std::string& name_or_file,
                                         Variant variant = Variant::experiment);

/// Every scenario at every point of its sweep, in the file's order.
[[nodiscard]] std::vector<Workload> workloads_of(const Experiment& experiment);

/// An experiment file that is part of the executable.
struct Embedded {
    std::string_view name;
    std::string_view text;
};

/// All of them, presets first.
[[nodiscard]] const std::vector<Embedded>& embedded_experiments();

[[nodiscard]] std::string_view name_of(ActorKind kind) noexcept;
[[nodiscard]] std::string_view name_of(Event::Kind kind) noexcept;

/// By `Event::Kind`.
inline constexpr std::array<std::string_view, 3> event_names{"freeze", "thaw", "interrupt"};

/// The kind of that name; none if there is none.
[[nodiscard]] std::optional<ActorKind> actor_kind(std::string_view name) noexcept;

}  // namespace lab
