#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report/plot.hpp"
#include "bench/report/scene.hpp"

/// The plots of a report, computed from results. Each is none where nothing of it was measured.
/// What is of one workload takes its id; what overlays two results takes the whole scene.
namespace report {

/// Ratios of CPU a request inside rounds, with intervals: a row a model, those of two results
/// below each other.
[[nodiscard]] std::optional<Plot> overview_plot(const Scene& scene, const std::string& workload);

/// CPU a request, split into user and system time.
[[nodiscard]] std::optional<Plot> cpu_plot(const Scene& scene, const Scene::Shown& of,
                                           const std::string& workload);

/// System calls a request, by call.
[[nodiscard]] std::optional<Plot> calls_plot(const Scene& scene, const Scene::Shown& of,
                                             const std::string& workload);

/// Replies a second over the clients that ask, for each scenario that was measured with several
/// numbers of them.
[[nodiscard]] std::vector<Plot> throughput_plots(const Scene& scene);

/// CPU a request over connections, both logarithmic, for each scenario with several numbers of
/// silent clients.
[[nodiscard]] std::vector<Plot> idle_plots(const Scene& scene);

/// How long replies took, up to the slowest: from when they were to be sent, and, where that is
/// something else, from when they were sent.
[[nodiscard]] std::vector<Plot> spectrum_plots(const Scene& scene, const std::string& workload);

/// Replies and p99 a slice of the window, where it has three slices or more.
[[nodiscard]] std::vector<Plot> timeline_plots(const Scene& scene, const std::string& workload);

/// Peak memory, a bar a workload.
[[nodiscard]] std::optional<Plot> memory_plot(const Scene& scene, const Scene::Shown& of);

/// Switches of the server's threads a thousand replies.
[[nodiscard]] std::optional<Plot> switches_plot(const Scene& scene, const Scene::Shown& of,
                                                const std::string& workload);

/// Errors that clients met, by kind, where they met any.
[[nodiscard]] std::optional<Plot> errors_plot(const Scene& scene, const Scene::Shown& of);

/// Every round as it was measured.
[[nodiscard]] std::optional<Plot> rounds_plot(const Scene& scene, const Scene::Shown& of,
                                              const std::string& workload);

/// "4.69 times the CPU of epoll_lt", "7 % less CPU than epoll_lt".
[[nodiscard]] std::string ratio_words(double ratio, std::string_view other);

/// What became of a workload's comparison, without its name: "select needs 4.92 times the CPU of
/// epoll_lt, poll 4.69 times", "no difference from epoll_lt could be detected".
[[nodiscard]] std::string finding_of(const Table& table);

}  // namespace report
