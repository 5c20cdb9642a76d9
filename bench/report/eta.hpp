#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "bench/lab/plan.hpp"
#include "bench/lab/result.hpp"

namespace report {

/// How long a comparison still takes: a cell as long as it took in the rounds before, with the start
/// and the end of its server; a round's end, at which all is computed and saved, as much longer as
/// there is more to save. Of what is not yet known, a model takes as long as the others did on that
/// workload, and a workload as much longer than planned as those before it.
class Eta {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Borrows the plan. `started`: when the comparison began
    Eta(const lab::Plan& plan, Time started);

    /// The next cell of the plan begins.
    void begins(Time now);
    /// It has ended.
    void ended(const lab::Cell& cell, Time now);

    /// In seconds, from when the last of these was told.
    [[nodiscard]] double left_s() const;

private:
    /// Durations of the same thing.
    struct Taken {
        double sum_s = 0;
        double count = 0;

        void add(double s) {
            sum_s += s;
            ++count;
        }
        [[nodiscard]] double mean_s() const { return sum_s / count; }
    };

    [[nodiscard]] double expected_s(const lab::PlannedCell& cell) const;
    [[nodiscard]] double round_ends_s() const;

    const lab::Plan& plan_;
    std::vector<lab::PlannedCell> cells_;  ///< in the order in which they come
    std::size_t begun_ = 0;
    std::size_t ended_ = 0;
    Time last_;  ///< when something began or ended
    Taken planned_;  ///< what the cells that were run should have taken
    Taken taken_;  ///< what they took
    std::map<std::pair<std::size_t, std::size_t>, Taken> by_cell_;  ///< of a model and a workload
    std::map<std::size_t, Taken> by_workload_;
    std::map<std::size_t, double> not_ready_s_;  ///< of models whose last server did not get ready
    std::size_t rounds_saved_ = 0;
    double last_saving_s_ = 0;
};

}  // namespace report
