#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bench/lab/result.hpp"

/// Figures of a cell by the names that people write in an experiment file.
namespace analysis {

/// The figure of that name:
///
/// - each of `metrics()`, `cpu_us_per_request`;
/// - `served_ratio`, of the clients that were offered; `failed_ratio`, of the requests; `errors`,
///   or one kind of them, `errors.reply_timeout`; `requests_sent`, `replies_ok`, `unanswered`;
/// - a percentile of a clock, `connect_p99_us`, `service_max_us`, `response_p50_us`, and what
///   others publish, `response_mean_us` and `response_sd_us`, the standard deviation;
/// - what the server and the kernel counted, `accept_pauses`, `wasted_wakeups_per_request`,
///   `connections_left`, `listen_overflows`; calls a request by name, `calls.epoll_ctl`,
///   those of them that found nothing, EAGAIN, `would_block.recv`; how many a signal ended, EINTR,
///   `interrupted.epoll_wait`, and how many failed otherwise, `call_errors.accept4`;
/// - of the clients of one kind, `burst.served_ratio`, `dead.closed_by_server`: see `actor_figures`
///   in the source.
///
/// result: none where it was not measured
/// range: `is_figure(name)`
[[nodiscard]] std::optional<double> figure(const lab::Cell& cell, std::string_view name);

[[nodiscard]] bool is_figure(std::string_view name);

/// The call that a figure is about: "recv" of "would_block.recv"; empty where it is left out.
/// result: none for a figure of no call
[[nodiscard]] std::optional<std::string_view> call_of_figure(std::string_view name);

/// One of the clocks of which a share can be asked for; null for another name.
[[nodiscard]] const std::optional<lab::Times>* clock_named(const lab::Cell& cell,
                                                           std::string_view name);

/// Of the times of a clock, those from `from_us` to `to_us`, as a share of all.
/// result: none where nothing was recorded
[[nodiscard]] std::optional<double> share_between(const lab::Times& times, double from_us,
                                                  double to_us);

/// What others publish where we have percentiles.
struct Moments {
    double mean_us = 0;
    double sd_us = 0;  ///< standard deviation
};

/// Of the times of a clock, each taken for the middle of its bin: at most 0.4 % beside it.
/// result: none where nothing was recorded
[[nodiscard]] std::optional<Moments> moments_of(const lab::Times& times);

/// All names, for an error: "cpu_us_per_request, ..., errors.KIND, calls.NAME, ACTOR.FIGURE".
[[nodiscard]] std::string figure_names();

}  // namespace analysis
