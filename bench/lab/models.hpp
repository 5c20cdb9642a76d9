#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/lab/experiment.hpp"

/// Who is compared: the project's own models, and servers of anyone's.
namespace lab {

/// What a model declares of itself through `--traits`.
struct Traits {
    std::string model;
    std::string idea;
    /// "iterative", "readiness", "completion", "workers", "busy", "signals"; "unknown" for anyone's
    std::string kind;
    std::string trigger;  ///< "level", "edge" or empty
    bool one_at_a_time = false;
    bool one_a_worker = false;  ///< as many clients at once as there are workers
    std::optional<int> workers;  ///< how many there are if --workers does not say
    std::optional<int> descriptor_wall;  ///< descriptors from this number on cannot be served
    bool never_sleeps = false;  ///< uses a CPU whether there is anything to do or not
    bool processes = false;
    bool threads = false;
    bool hands_over = false;  ///< a request, or its client, goes on to another worker
    std::vector<std::string> needs;

    /// A client has to wait until those before it have gone.
    [[nodiscard]] bool serves_in_turn() const noexcept { return one_at_a_time || one_a_worker; }

    /// Every client has a process of its own.
    [[nodiscard]] bool forks_a_client() const noexcept { return processes && !workers; }

    /// Every client has a process or a thread of its own.
    [[nodiscard]] bool begins_a_task_a_client() const noexcept {
        return (processes || threads) && !workers;
    }

    /// Several of its threads or processes wait for many clients each.
    [[nodiscard]] bool has_loops() const noexcept {
        return kind == "readiness" && workers && !hands_over;
    }
};

/// One server of a comparison.
struct Model {
    std::string name;  ///< unique in a comparison
    std::string executable;  ///< empty for a server of anyone's
    std::vector<std::string> args;  ///< beyond those that the harness gives
    std::vector<std::string> command;  ///< of a server of anyone's, with `{port}` in it
    Traits traits;
    std::string missing;  ///< why it cannot take part; empty if it can
    int open_files = 0;  ///< the limit that it is started with; 0: the machine's
    int files_first = 0;  ///< descriptors that are taken before it starts, from number 16 on
    std::string group{};  ///< "core", "workers", "cores" ...; empty where it is none of our models

    [[nodiscard]] bool is_added() const noexcept { return executable.empty(); }

    /// Whether calls are made in it that it does not count: any in anyone's server, and in one with
    /// threads those that the C library makes for these, futex(2) for one.
    [[nodiscard]] bool has_uncounted_calls() const noexcept { return is_added() || traits.threads; }

    /// How many workers its pool has, by its arguments or by itself; none: it has no pool.
    [[nodiscard]] std::optional<int> workers() const;
};

/// A choice of models cannot be made.
class ChoiceError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A server of anyone's is not given as it has to be.
class AddError : public ChoiceError {
public:
    using ChoiceError::ChoiceError;
};

/// The directory of this executable, where the models stand as well.
[[nodiscard]] std::string own_directory();

/// The project's models, in reading order, whether they are here or not.
[[nodiscard]] std::vector<std::string> own_model_names();

/// The project's models that stand in `directory`, in reading order, with their traits. A model
/// whose executable is not there or does not answer is `missing`, with the reason.
[[nodiscard]] std::vector<Model> own_models(const std::string& directory = own_directory());

/// Those of them that this machine can have.
[[nodiscard]] std::vector<Model> usable_models(const std::string& directory = own_directory());

/// What the names of the zoo's servers begin with: `zoo/epoll_lt_blocks`.
inline constexpr std::string_view zoo_prefix = "zoo/";

/// Where the zoo stands: beside the directory of this executable, as it was built.
[[nodiscard]] std::string zoo_directory();

/// The siblings with a classic bug each that stand in `directory`, for experiments: likewise, with
/// `zoo/` before their names. They are a target of their own, and not installed.
[[nodiscard]] std::vector<Model> zoo_models(const std::string& directory = zoo_directory());

/// A server given as `NAME=COMMAND {port}`; NAME has letters, digits, `.`, `_` and `-`; quotes
/// group words as in a shell.
/// errors: `AddError`, a sentence.
[[nodiscard]] Model added_model(const std::string& text);

/// All servers given so, whose names are those of no other and of no model in `own`.
/// errors: `AddError`, a sentence.
[[nodiscard]] std::vector<Model> added_models(const std::vector<std::string>& texts,
                                              const std::vector<Model>& own);

/// Whether `pattern` means the model: a pattern of its name, its group's name, or "all".
[[nodiscard]] bool is_meant(const Model& model, const std::string& pattern);

/// Whom the command line wants, of the experiment's models and of the others.
struct Choice {
    std::vector<std::string> models;  ///< as `is_meant` takes them; empty: as the experiment says
    std::vector<std::string> exclude;  ///< likewise
    std::vector<std::string> added;  ///< `NAME=COMMAND {port}`
};

/// The models of a comparison, in the order of the experiment, then those added. Those of the zoo
/// are among them only where a pattern begins with `zoo/`.
/// errors: `ChoiceError` where a pattern of the choice matches nothing, a name comes twice, or none is
/// left; `ExperimentError` where the experiment names somebody whom neither it nor the choice has.
[[nodiscard]] std::vector<Model> choose(const std::vector<Model>& own, const Experiment& experiment,
                                        const Choice& choice,
                                        const std::string& zoo = zoo_directory());

/// The traits in the line that `--traits` prints.
/// errors: `ChoiceError` where it is no such object.
[[nodiscard]] Traits parse_traits(const std::string& line);

/// The name under which a run has the baseline that an experiment names: with the arguments, also
/// where they are no part of the models' names. `wanted` itself where it is none of them.
[[nodiscard]] std::string baseline_among(const std::vector<Model>& models,
                                         const std::string& wanted);

}  // namespace lab
