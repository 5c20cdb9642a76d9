#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/placement.hpp"

/// What will be done, decided before anything is started.
namespace lab {

/// What this machine allows.
struct Limits {
    std::uint64_t server_open_files = 0;  ///< the hard limit, to which a server raises its own
    std::uint64_t load_connections = 0;  ///< at one time
    /// Processes and threads that a server may begin; none: as many as there is room for.
    std::optional<std::uint64_t> server_tasks{};
};

/// One cell to come.
struct PlannedCell {
    std::size_t model = 0;  ///< index into `Plan::models`
    std::size_t workload = 0;  ///< index into `Plan::workloads`
    std::string reason;  ///< why it is not to be run; empty if it is
};

struct Plan {
    Experiment experiment;
    std::vector<Model> models;
    std::vector<Workload> workloads;
    Placement placement;
    Limits limits;
    std::uint64_t seed = 0;
    std::vector<std::vector<PlannedCell>> rounds;

    [[nodiscard]] std::size_t cells() const noexcept;
    [[nodiscard]] std::size_t cells_to_run() const noexcept;
    /// How long it takes, as far as can be known: the rounds' windows and what each cell needs besides.
    [[nodiscard]] double expected_s() const noexcept;
    /// Likewise, of one cell; nothing where it is not to be run.
    [[nodiscard]] double expected_s(const PlannedCell& cell) const noexcept;
};

/// Why a cell cannot be run here, whatever its model is like; empty where it can.
[[nodiscard]] std::string why_impossible(const Model& model, const Workload& workload,
                                         const Limits& limits);

/// Why a model cannot be measured on a workload; empty if it can. Pure.
[[nodiscard]] std::string why_not(const Model& model, const Workload& workload,
                                  const Limits& limits);

/// Whether a model has a place for everybody who is connected before the load begins: who serves in
/// turn leaves the rest in the queue. Pure.
[[nodiscard]] bool has_places(const Model& model, const Workload& workload);

/// Rounds of all cells. Inside a round the workloads come in random order, and inside
/// a workload its models do, one right after the other: what is compared is close in
/// time. The same seed gives the same order everywhere. Pure.
[[nodiscard]] Plan make_plan(Experiment experiment, std::vector<Model> models, Placement placement,
                             Limits limits, std::uint64_t seed);

/// Time that a cell takes beyond warm-up and window: start, answers checked, stop.
inline constexpr double cell_overhead_s = 0.07;

/// The short load more in which calls are counted that a server does not count itself, and what it takes
/// besides: tracepoints opened and closed, clients connected again.
inline constexpr double traced_warm_up_most_s = 0.1;
inline constexpr double traced_measured_s = 0.2;
inline constexpr double traced_overhead_s = 0.1;

}  // namespace lab
