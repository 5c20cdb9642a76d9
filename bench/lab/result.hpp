#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/analysis/statistics.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/machine.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/placement.hpp"
#include "bench/load/engine.hpp"
#include "bench/load/histogram.hpp"

/// The result of a comparison as plain structs; bench/report writes them as JSON.
/// An empty optional is "not measured", never 0.
namespace lab {

enum class Status {
    measured,
    wrong_answer,  ///< a reply was not what it has to be: no number
    not_applicable,  ///< the model, or a limit here, does not allow it
    failed,  ///< the server did not start, died, or the load could not be made
    interrupted,  ///< the run was ended meanwhile
};

/// How long something took.
struct Times {
    std::uint64_t count = 0;
    std::optional<double> p50_us, p90_us, p99_us, p999_us, max_us;
    load::SparseHistogram histogram;
};

/// One call site over the measured window.
struct CallSite {
    std::string file;
    int line = 0;
    std::string call;
    std::uint64_t calls = 0, bytes = 0, would_block = 0, interrupted = 0, errors = 0;
    double asleep_ms = 0;
};

/// What one of several workers did in the window.
struct WorkerFigures {
    std::uint64_t connections = 0;  ///< that it took in
    std::uint64_t requests = 0;  ///< that it answered
};

struct ServerFigures {
    std::optional<double> cpu_ms;
    std::optional<double> cpu_user_ms, cpu_system_ms;  ///< whole clock ticks
    std::optional<double> cpu_us_per_request;
    std::optional<double> cpu_busy_ratio;  ///< CPU time / wall time
    std::optional<double> cpu_wait_ratio;  ///< time ready but without a CPU / wall time
    std::optional<std::uint64_t> memory_kib, peak_memory_kib;
    std::string memory_note;  ///< how they came about where there are several processes; else empty
    std::optional<double> memory_per_connection_bytes;
    std::optional<double> kernel_memory_per_connection_bytes;  ///< both ends; see docs/measuring.md
    std::optional<std::int64_t> kernel_socket_memory_kib;  ///< both ends of all connections here
    std::optional<int> threads, processes;
    std::optional<std::uint64_t> switches_voluntary, switches_involuntary;
    std::optional<std::uint64_t> requests, accepted, closed, refused, timed_out, accept_pauses;
    std::optional<double> system_calls_per_request;
    std::map<std::string, double> system_calls_per_request_by_name;
    std::string system_calls_source;  ///< "statistics page", "tracepoints" ...; empty: not counted
    std::string system_calls_reason;  ///< why not; empty where they are
    std::optional<double> wakeups_per_request, events_per_wakeup, wasted_wakeups_per_request;
    std::vector<std::uint64_t> events_per_wakeup_histogram;  ///< bins of sys::event_bins
    std::vector<CallSite> call_sites;
    std::optional<std::vector<WorkerFigures>> workers;  ///< of a model that has a pool of them
};

/// How far the kernel's counters moved from before the clients connected to the window's close, of
/// this machine as a whole.
struct KernelFigures {
    std::optional<std::int64_t> listen_overflows, listen_drops, syn_retransmissions,
        segments_retransmitted, resets_sent, established_resets, delayed_acks;
    // Of the server alone, when the window closed: clients that it had not accepted; of the
    // connections that were open then, bytes not read, and segments with data in all their life.
    std::optional<int> accept_queue{};
    std::optional<std::uint64_t> receive_queue_bytes{}, segments_received{}, segments_sent{};
};

struct LoadFigures {
    std::optional<double> cpu_busy_ratio, awake_ratio, cpu_us_per_request;
    std::optional<std::uint64_t> late_sends;
    std::optional<bool> was_the_limit;
    std::optional<double> crowd_cpu_busy_ratio;  ///< of the thread of all that do not ask
    std::optional<bool> crowd_shares_cpu;  ///< with clients that are measured; none without a crowd
    std::optional<double> reply_timeout_s, connect_timeout_s;  ///< when the clients give up
};

/// What one actor of a workload came to. The meanings are those of `load::ActorOutcome`.
struct ActorFigures {
    std::string kind;
    std::uint64_t offered_clients = 0, served_clients = 0;
    std::uint64_t requests_sent = 0, replies_ok = 0, unanswered = 0, connections_made = 0;
    std::uint64_t late_sends = 0;
    std::optional<double> fairness_jain;
    std::array<std::uint64_t, load::error_kinds> errors{};
    std::optional<double> response_p50_us, response_p99_us, response_max_us;
    std::optional<double> service_p50_us, service_p99_us, service_max_us;
    std::optional<double> connect_p50_us, connect_max_us;
    std::optional<load::CrowdFigures> crowd;  ///< of those that are not measured for speed
};

/// The measured window in slices; the last may be shorter.
struct Timeline {
    double step_ms = 0;
    std::vector<load::TimelinePoint> points;
};

/// One model, one workload, one round.
struct Cell {
    std::string model;
    std::string workload;
    int round = 0;  ///< from 1
    int order = 0;  ///< place in the run, from 1
    Status status = Status::measured;
    std::string reason;  ///< empty where measured
    bool by_nature = false;  ///< not applicable, wherever it runs: its model; not in the document
    std::string ended;  ///< how a server died that was expected to misbehave; empty: it did not
    bool got_ready = true;  ///< the server took a connection; not in the document
    std::optional<double> measured_s;
    std::optional<std::uint64_t> requests_sent, replies_ok;
    std::optional<int> offered_clients, served_clients;
    std::optional<double> fairness_jain;
    std::optional<double> throughput_per_s;
    std::optional<std::uint64_t> unanswered;  ///< when the window closed
    std::optional<std::uint64_t> connections_made;  ///< inside the window
    std::optional<std::array<std::uint64_t, load::error_kinds>> errors;  ///< by load::ErrorKind
    std::optional<Times> connect_time, service_time, response_time;
    std::optional<ServerFigures> server;
    std::optional<KernelFigures> kernel;
    std::optional<LoadFigures> load;
    std::optional<Timeline> timeline;
    std::optional<std::vector<ActorFigures>> actors;  ///< the askers', then the crowd's
};

enum class Verdict { better, worse, no_detectable_difference, too_few_rounds };

/// What another test says of a verdict.
enum class Opinion { agrees, differs };

/// One metric of one model on one workload, over the rounds.
struct SummaryRow {
    std::string model;
    std::string workload;
    std::string metric;  ///< with its unit, a key of `analysis::metrics`
    int rounds = 0;  ///< that were measured
    std::optional<double> median, least, most;
    std::optional<analysis::Interval> interval_95;  ///< of the median, at least 95 %
    std::string baseline;  ///< empty where there is none
    std::optional<double> ratio;  ///< median over rounds of model / baseline
    std::optional<analysis::Interval> ratio_interval_95;
    std::optional<double> p_value, p_adjusted;
    std::optional<Verdict> verdict;
    std::string verdict_reason;  ///< why rounds are left out of it, or a small p makes none
    // The Mann-Whitney test on the same rounds, which it does not pair; primary metric only.
    std::optional<double> p_mann_whitney, p_mann_whitney_adjusted;
    std::string mann_whitney_method;  ///< "exact" or "normal approximation"; empty: not made
    std::optional<Opinion> second_opinion;  ///< none without a verdict, or with too few rounds
};

/// How the CPU a request of one workload moved over the rounds, all models together.
struct Drift {
    std::string workload;
    int rounds = 0;
    int models = 0;
    double last_to_first_ratio = 1;  ///< along the slope
    double slope_percent_per_round = 0;
    double p_value = 1;  ///< of no trend, Mann-Kendall
    std::string method;  ///< "exact" or "normal approximation"
};

/// An artefact: figures that something other than the model has made.
struct Diagnosis {
    std::string artefact;  ///< a key of `analysis::artefact`
    std::string model;  ///< empty: of all models on the workload
    std::string workload;
    int rounds = 0;  ///< in which it was seen
    std::string sentence;  ///< what it is, and what it does to figures
    std::string evidence;  ///< where it was seen first, in words
    std::map<std::string, double> figures;  ///< the same, with units in the keys
};

/// What a threshold says of one model on one workload.
struct ThresholdOutcome {
    std::string threshold;  ///< as it was given
    std::string model;
    std::string workload;  ///< empty where nothing was measured
    std::string metric;  ///< with its unit, a key of `analysis::metrics`
    std::optional<double> median;  ///< of it
    bool holds = false;
};

enum class Sighting { found, not_found, inconclusive };

/// What a result says to one check of its experiment's signature.
struct CheckOutcome {
    std::string says;  ///< the expectation as a sentence
    std::string number;  ///< what is looked at, in words: "cpu_us_per_request of poll"
    Sighting sighting = Sighting::inconclusive;
    std::string reason;  ///< why it is inconclusive, or has no median or interval; else empty
    int rounds = 0;  ///< that have the number
    std::optional<double> median;  ///< none: no round has the number, or a crossing is at no point
    std::optional<analysis::Interval> interval;  ///< of the median; what decided; none likewise
    std::optional<double> least, most;  ///< the bounds
    std::string published;  ///< what others have measured; empty: nothing known
    std::string seen;  ///< what was measured before, and where; likewise
};

/// Found if every check is; not found if one is not; else inconclusive.
struct SignatureOutcome {
    Sighting sighting = Sighting::inconclusive;
    std::vector<CheckOutcome> checks;
};

/// A published table, and what is measured in its place.
struct ReplicationOutcome {
    struct Point {
        std::string model;
        double at = 0;  ///< on the axis
        double then = 0;
        std::optional<double> now;  ///< the median of the rounds; none: not measured
    };

    std::string says;  ///< what was measured then, and on what
    std::string source;
    std::string figure;
    std::string axis;
    std::vector<Point> points;
};

struct Run {
    std::string id;
    std::string started_at;  ///< UTC, ISO 8601
    double duration_s = 0;
    std::string preset;  ///< the experiment's name
    std::string baseline;  ///< the model that ratios refer to where it was measured
    std::uint64_t seed = 0;
    std::string command;
    std::string tool_version;
    std::string commit;  ///< empty where not known
    bool complete = false;
    int rounds_planned = 0;
    double warm_up_s = 0;
    double measured_s = 0;
};

struct Build {
    std::string compiler, flags, type;
    std::map<std::string, std::string> libraries;
};

struct Result {
    Run run;
    Machine machine;
    Build build;
    Placement placement;
    std::vector<Model> models;
    std::vector<Workload> workloads;
    std::vector<Cell> cells;
    std::vector<SummaryRow> summary;
    std::vector<Drift> drift;  ///< a row a workload that had two rounds
    std::optional<std::vector<Diagnosis>> diagnoses;  ///< none: not looked for
    std::optional<std::vector<ThresholdOutcome>> thresholds;  ///< none: none were set
    std::optional<SignatureOutcome> signature;  ///< none: the experiment expects nothing
    std::optional<ReplicationOutcome> replication;  ///< none: it repeats no published table
    std::vector<std::string> warnings;
};

}  // namespace lab
