#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/verify/client.hpp"
#include "bench/verify/server_process.hpp"

/// The behaviours: what every server does, as a table of sentences that can be tried.
namespace verify {

/// What kind of server is looked at; a set of bits.
enum Profile : unsigned {
    hello = 1,  ///< answers "/" with "Hello, world!", keeps connections, knows no other path
    files = 2,  ///< answers "/" with something, keeps connections
    close_only = 4,  ///< answers "/" with "Hello, world!" and closes
    any = hello | files | close_only,
    keeping = hello | files,
};

enum class Group {
    delivery,
    responses,
    persistence,
    request_line,
    methods,
    host,
    fields,
    lengths,
    codings,
    chunks,
    limits,
    garbage,
    rude_clients,
    slow_clients,
    scarcity,
    signals,
    start_and_stop,
    static_files,
    lab,
    economy,
};

inline constexpr std::array<std::string_view, 20> group_names{
    "delivery", "responses",      "persistence",  "request line", "methods",
    "host",     "fields",         "lengths",      "codings",      "chunks",
    "limits",   "garbage",        "rude clients", "slow clients", "scarcity",
    "signals",  "start and stop", "static files", "lab",          "economy"};

constexpr std::string_view name_of(Group group) {
    return group_names[static_cast<std::size_t>(group)];
}

class Stage;

/// Why a model is exempt from a behaviour by its own declaration; "" when it is not.
using Exemption = std::string_view (*)(const lab::Traits& traits);

std::string_view never(const lab::Traits& traits);
/// For what takes several clients at once.
std::string_view one_at_a_time(const lab::Traits& traits);
/// For what takes more clients at once than a pool has workers.
std::string_view few_at_once(const lab::Traits& traits);
/// For what only one who waits for all clients at once can do.
std::string_view no_common_wait(const lab::Traits& traits);
/// For what takes more clients than a descriptor wall lets in.
std::string_view walled(const lab::Traits& traits);
/// For what a process does that runs out of descriptors; one for every client does not.
std::string_view own_descriptors(const lab::Traits& traits);
/// For what only one does that is woken for its own clients alone.
std::string_view woken_in_vain(const lab::Traits& traits);
/// For what only one does whose requests stay where they came in.
std::string_view hands_over(const lab::Traits& traits);
/// For what only one does that is told of many clients at once.
std::string_view one_a_signal(const lab::Traits& traits);
/// For what only one who sleeps can do.
std::string_view never_sleeps(const lab::Traits& traits);
/// For what a model that serves several at once need not do.
std::string_view several_at_once(const lab::Traits& traits);
/// For what a wall does to those that are beyond it.
std::string_view no_wall(const lab::Traits& traits);

/// The first reason of several.
template <Exemption... reasons>
std::string_view either(const lab::Traits& traits) {
    std::string_view why;
    static_cast<void>(((why = reasons(traits), !why.empty()) || ...));
    return why;
}

/// What a behaviour needs in order to be tried.
struct Needs {
    std::string_view arguments =
        "";  ///< of our command line, by space; `{root}`: a directory of files
    Exemption exempt = never;
    bool own = false;  ///< only for our models: it starts them itself, or reads their page
};

/// One rule.
struct Behaviour {
    std::string_view sentence;  ///< follows "the server"
    unsigned profiles;  ///< who is held to it
    void (*run)(Stage& stage);  ///< throws `Failed` or `Skipped`
    Needs needs = {};
};

/// A rule with its place in the table.
struct Row {
    Group group;
    const Behaviour* behaviour;
};

/// The whole table, by group. Sentences are unique.
std::span<const Row> behaviours();

/// What a behaviour plays on: one model, and the server that it needs, running.
class Stage {
public:
    Stage(const lab::Model& model, Profile profile, ServerProcess& server, std::string_view body,
          const std::string& root, std::chrono::milliseconds patience);

    [[nodiscard]] const lab::Model& model() const noexcept { return model_; }
    [[nodiscard]] Profile profile() const noexcept { return profile_; }
    [[nodiscard]] ServerProcess& server() noexcept { return server_; }

    /// What "/" answers with.
    [[nodiscard]] std::string_view body() const noexcept { return body_; }

    /// The directory of files, the same that `{root}` names.
    [[nodiscard]] const std::string& root() const noexcept { return root_; }

    /// A client of the server, or of another; no more patient than this trial is.
    [[nodiscard]] Client connect(const ClientOptions& options = {}) const;
    [[nodiscard]] Client connect_to(const ServerProcess& server, ClientOptions options = {}) const;

    /// Another server of the same model.
    [[nodiscard]] ServerProcess start(const std::vector<std::string>& arguments,
                                      const Launch& base = {}) const;

    /// Runs the model's executable to its end. errors: throws `Failed` when it goes on.
    struct Outcome {
        Exit exit;
        std::string standard_output;
        std::string standard_error;
    };
    [[nodiscard]] Outcome run_to_end(const std::vector<std::string>& arguments) const;

private:
    const lab::Model& model_;
    Profile profile_;
    ServerProcess& server_;
    std::string_view body_;
    const std::string& root_;
    std::chrono::milliseconds patience_;
};

enum class Verdict { pass, fail, skip };

/// What came of one behaviour.
struct Result {
    Verdict verdict = Verdict::pass;
    std::string expected;  ///< of a failure
    std::string got;  ///< of a failure
    std::string reason;  ///< of a skip
    bool missing = false;  ///< of a skip: something that the machine lacks, no exemption by design
    bool never_ready = false;  ///< of a failure: there was no server to try it on
    double seconds = 0;
};

/// Tries behaviours on one model, one after the other.
///
/// One server runs for every distinct list of arguments, and is used again as long as it does what
/// it should. After each behaviour it must live, answer, hold no more than before, and use no CPU.
class Trial {
public:
    /// `patience` is the most that a client has.
    /// errors  throws `std::system_error` when not even a directory for files can be made.
    Trial(const lab::Model& model, Profile profile,
          std::chrono::milliseconds patience = default_patience);
    ~Trial();

    Result run(const Row& row);

    /// Starts the server that `run` will need, unless it runs. errors: throws `Failed`.
    void prepare(const Row& row);

private:
    struct Running;
    Running& running(const std::string& arguments);
    [[nodiscard]] std::string arguments_for(const Behaviour& behaviour) const;
    void play(const Behaviour& behaviour);
    static std::string body_of(const ServerProcess& server, bool has_files);

    lab::Model model_;
    Profile profile_;
    std::chrono::milliseconds patience_;
    std::string root_;
    std::map<std::string, std::unique_ptr<Running>> servers_;  // by arguments
    struct Starts {
        int failed = 0;  // in a row
        bool was_there = false;  // the last of them, but answered wrongly
    };
    std::map<std::string, Starts> starts_;  // by arguments
};

}  // namespace verify
