#pragma once

#include <string>
#include <vector>

#include "bench/lab/result.hpp"

/// A long series of rounds as a file that is small enough to keep: one line a round, one column a
/// server, in it the CPU microseconds a request. A figure with `*` behind it is of a cell in which
/// the load was the limit; an empty one was not measured. Lines with `# ` in front say what
/// was measured, and where.
namespace belief {

/// What a series is; the same for all its rounds.
struct About {
    std::string workload;  ///< "keep-alive"
    std::string server;  ///< the model that was measured, "epoll_lt"
    std::string neighbour;  ///< what else ran on the machine, "none"
    double warm_up_s = 0, measured_s = 0;
    double slowed_percent = 0;  ///< of its own CPU time, that the slowed server burnt
    std::string machine;  ///< "AMD EPYC, 2 CPUs, Linux 6.1"
    std::string commit;  ///< of the first rounds

    bool operator==(const About&) const = default;
};

struct Series {
    About about;
    lab::Result rounds;  ///< models, one workload, and the cells with nothing but the figure
};

/// What a result says of itself; the caller knows the rest.
[[nodiscard]] About about(const lab::Result& result, const std::string& server,
                          const std::string& neighbour, double slowed_percent);

/// Adds the rounds of `result`, numbered on.
/// errors: throws std::runtime_error when its servers are not those of the series.
void append(Series& series, const lab::Result& result);

[[nodiscard]] std::string to_text(const Series& series);

/// errors: throws std::runtime_error, with the line, for what to_text does not write.
[[nodiscard]] Series from_text(const std::string& text);

/// Number of rounds.
[[nodiscard]] int rounds_of(const lab::Result& result) noexcept;

}  // namespace belief
