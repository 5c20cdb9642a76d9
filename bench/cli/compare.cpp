#include "bench/cli/compare.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "bench/analysis/diagnosis.hpp"
#include "bench/analysis/drift.hpp"
#include "bench/analysis/replication.hpp"
#include "bench/analysis/signature.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/analysis/threshold.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/comparison.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/placement.hpp"
#include "bench/lab/plan.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "bench/report/html.hpp"
#include "bench/report/markdown.hpp"
#include "bench/report/terminal.hpp"
#include "bench/report/view.hpp"
#include "bench/stop.hpp"
#include "bench/tell.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

// Where a run's files stand.
struct Place {
    fs::path document;
    fs::path summary;  ///< empty: none
    fs::path report;  ///< empty: none
    fs::path latest;  ///< empty: none
};

Place place_of(const CompareOptions& options, const std::string& run_id) {
    const fs::path output{options.output};
    if (output.extension() == ".json")
        return {.document = output, .summary = {}, .report = {}, .latest = {}};
    const fs::path home = output.empty() ? fs::path{"results"} / run_id : output;
    return {.document = home / "results.json",
            .summary = home / "summary.md",
            .report = home / "report.html",
            .latest = output.empty() ? "results/latest" : ""};
}

void prepare(const Place& place) {
    const fs::path parent = place.document.parent_path();
    if (!parent.empty()) fs::create_directories(parent);
}

/// What the result is held against.
struct Expected {
    std::vector<analysis::Threshold> thresholds;
    std::vector<lab::Check> signature;
    std::optional<lab::Replication> replicates;
};

void save(lab::Result& result, const Place& place, const Expected& expected) {
    result.summary = analysis::summarise(result);
    result.drift = analysis::drift(result);
    result.diagnoses = analysis::diagnose(result);
    if (!expected.thresholds.empty())
        result.thresholds = analysis::check(result, expected.thresholds);
    if (!expected.signature.empty())
        result.signature = analysis::look_for(expected.signature, result);
    if (expected.replicates) result.replication = analysis::replicate(*expected.replicates, result);
    report::write_file(place.document, report::to_text(result));
    if (!place.summary.empty()) report::write_file(place.summary, report::markdown(result));
    if (!place.latest.empty()) report::point_link(place.latest, result.run.id);
}

// Once, at the end: while it runs, the document is enough.
void write_report(const lab::Result& result, const Place& place) {
    if (place.report.empty()) return;
    report::write_file(place.report,
                       report::html({&result, 1}, report::installed_chart_library(),
                                    report::sources_for(place.report, lab::own_directory())));
}

lab::Experiment experiment_of(const CompareOptions& options) {
    lab::Experiment experiment = lab::find_experiment(
        options.experiment, options.control ? lab::Variant::control : lab::Variant::experiment);
    experiment.rounds = options.rounds.value_or(experiment.rounds);
    experiment.warm_up_s = options.warm_up_s.value_or(experiment.warm_up_s);
    experiment.measured_s = options.measured_s.value_or(experiment.measured_s);
    return experiment;
}

lab::Plan plan_of(const CompareOptions& options) {
    lab::Experiment experiment = experiment_of(options);
    auto models =
        lab::choose(lab::own_models(), experiment,
                    {.models = options.models, .exclude = options.exclude, .added = options.added});
    const std::uint64_t seed = options.seed.value_or(std::random_device{}());
    auto placement = lab::place(lab::topology_here(), experiment.server_cpus);
    return lab::make_plan(std::move(experiment), std::move(models), std::move(placement),
                          lab::limits_here(), seed);
}

std::string plan_text(const lab::Plan& plan) {
    const auto& experiment = plan.experiment;
    std::string text = fmt::format("{}: {}\n", experiment.name, experiment.title);
    text += report::wrapped(
        fmt::format("{} of {}, {} to run, {} s warm-up and {} s measured each: about {}",
                    report::counted(plan.rounds.size(), "round"),
                    report::counted(plan.models.size() * plan.workloads.size(), "cell"),
                    plan.cells_to_run(), experiment.warm_up_s, experiment.measured_s,
                    report::duration(plan.expected_s())),
        80, "");
    text += fmt::format("server on CPU {}, load on CPU {}, over {}\n",
                        lab::cpu_list(plan.placement.server_cpus),
                        lab::cpu_list(plan.placement.load_cpus), plan.placement.transport);
    text += "ports: each server takes a free one of 127.0.0.1 below the ephemeral range\n";
    text += fmt::format("limits: {} open files a server, {} connections at once from here\n",
                        plan.limits.server_open_files, plan.limits.load_connections);
    if (plan.limits.server_tasks)
        text +=
            fmt::format("        {} processes and threads a server\n", *plan.limits.server_tasks);
    text += fmt::format("seed {}\n", plan.seed);
    for (const std::string& warning : plan.placement.warnings)
        text += report::wrapped("Warning: " + warning, 80, "");
    int order = 0;
    for (std::size_t round = 0; round < plan.rounds.size(); ++round) {
        for (const lab::PlannedCell& cell : plan.rounds[round]) {
            text += fmt::format("{:>5}  round {:<3} {:<28} {}\n", ++order, round + 1,
                                plan.workloads[cell.workload].id, plan.models[cell.model].name);
            if (!cell.reason.empty())
                text += report::wrapped("not run: " + cell.reason, 80, "       ");
        }
    }
    return text;
}

void announce(const lab::Plan& plan, const CompareOptions& options) {
    if (options.no_progress) return;
    const std::string text = fmt::format(
        "{}: {}, {}, {}, about {}. Ctrl-C keeps what was measured.", plan.experiment.name,
        report::counted(plan.models.size(), "model"),
        report::counted(plan.workloads.size(), "workload"),
        report::counted(plan.rounds.size(), "round"), report::duration(plan.expected_s()));
    bench::tell("{}", report::wrapped(text, 80, ""));
}

bool is_missing(const lab::Result& result, const std::string& model) {
    return std::any_of(result.models.begin(), result.models.end(), [&](const lab::Model& each) {
        return each.name == model && !each.missing.empty();
    });
}

// What could not be run here may be what the signature would have been seen in. What a model never
// can, it could not elsewhere.
int exit_code_of(lab::Sighting sighting, const lab::Result& result) {
    if (sighting == lab::Sighting::found) return done;
    for (const lab::Cell& cell : result.cells) {
        if (cell.status != lab::Status::not_applicable || cell.by_nature) continue;
        const std::string what = fmt::format("{}: {}", cell.model, cell.reason);
        if (is_missing(result, cell.model))
            return complain(something_missing, what,
                            "it was not built, or this machine lacks what it needs",
                            "iolab list tells which servers there are, and how to get the others");
        return complain(something_missing, what,
                        "this machine, this shell or that server lacks what the experiment needs",
                        "iolab doctor tells whether this machine is fit; ulimit -Hn, ulimit -u, ip "
                        "link show lo");
    }
    if (sighting == lab::Sighting::not_found) return signature_not_found;
    return complain(failed, "the signature is inconclusive: neither found nor missing",
                    "too few rounds, a disturbed machine or a missing right: see the reasons above",
                    "--rounds N runs more of it; iolab doctor tells whether this machine is fit");
}

int exit_code_of(const lab::Result& result) {
    const auto any = [&](lab::Status status) {
        return std::any_of(result.cells.begin(), result.cells.end(),
                           [status](const lab::Cell& cell) { return cell.status == status; });
    };
    if (bench::stop_asked() && !result.run.complete) return interrupted;
    // Where there is a signature, cells that fail may be just what it expects.
    if (!result.signature && any(lab::Status::wrong_answer)) {
        return complain(wrong_answer, "a model answered wrongly, and those cells have no figures",
                        "it fails under load, or is no server of this protocol; see above",
                        "iolab verify NAME tries that server alone");
    }
    const auto crossed = [](const lab::ThresholdOutcome& outcome) { return !outcome.holds; };
    const auto outcomes = result.thresholds.value_or(std::vector<lab::ThresholdOutcome>{});
    if (std::any_of(outcomes.begin(), outcomes.end(), crossed)) return threshold_crossed;
    if (result.signature) return exit_code_of(result.signature->sighting, result);
    if (any(lab::Status::measured) && any(lab::Status::failed)) {
        return complain(failed, "some cells failed; the others are measured and saved",
                        "a server did not start, died, or did not stop; the reasons stand above",
                        "iolab verify NAME tries that server alone");
    }
    if (any(lab::Status::measured)) return done;
    return complain(failed, "nothing could be measured",
                    "no model was able to serve any of the workloads here; the reasons stand above",
                    "iolab doctor tells whether this machine is fit");
}

void show(const lab::Result& result, const Place& place, const CompareOptions& options) {
    const std::string tables = report::terminal_tables(
        result, report::style_of(options.json ? STDERR_FILENO : STDOUT_FILENO));
    const std::string incomplete =
        result.run.complete ? "" : "Ended early: what was measured is saved, marked incomplete.\n";
    std::string where = fmt::format("{}Result: {}\n", incomplete, place.document.string());
    if (!place.summary.empty()) where += fmt::format("Summary: {}\n", place.summary.string());
    if (!place.report.empty()) where += fmt::format("Report: {}\n", place.report.string());
    if (!place.report.empty() && report::installed_chart_library().empty())
        where += report::wrapped(report::no_charts_sentence(), 80, "");
    if (options.json) {
        bench::tell("{}{}", tables, where);
        put(report::to_text(result));
    } else {
        put(tables + where);
    }
}

int run(const lab::Plan& plan, const CompareOptions& options, const Expected& expected,
        const Presentation* presentation) {
    lab::Result result = lab::begin_result(plan, lab::anonymous(options.command));
    for (lab::Model& model : result.models) {
        for (std::string& word : model.command) word = lab::anonymous(word);
    }
    const Place place = place_of(options, result.run.id);
    prepare(place);
    {
        const bench::StopSignals signals;
        let_writes_fail();
        save(result, place, expected);  // a place that cannot be written is found out at once
        announce(plan, options);
        report::Progress progress{plan, report::style_of(STDERR_FILENO)};
        lab::Observer observer;
        if (!options.no_progress && presentation == nullptr) {
            observer.cell_begins = [&](const lab::PlannedCell& cell) { progress.begins(cell); };
            observer.cell_ended = [&](const lab::Cell& cell) { progress.ended(cell); };
        }
        observer.round_ended = [&](const lab::Result&) {
            save(result, place, expected);
            if (presentation != nullptr) presentation->round_ended(result);
        };
        lab::run(plan, result, observer, bench::stop_asked());
        write_report(result, place);
        if (presentation == nullptr) show(result, place, options);
    }
    // Whoever pauses for a key ends by a signal.
    if (presentation != nullptr) presentation->ended(result);
    return exit_code_of(result);
}

}  // namespace

int compare(const CompareOptions& options, const Presentation* presentation) {
    try {
        Expected expected;
        for (const std::string& text : options.thresholds)
            expected.thresholds.push_back(analysis::parse_threshold(text));
        const lab::Plan plan = plan_of(options);
        analysis::check_models(expected.thresholds, plan.models);
        expected.signature = plan.experiment.signature;
        expected.replicates = plan.experiment.replicates;
        if (options.dry_run) {
            put(plan_text(plan));
            return done;
        }
        return run(plan, options, expected, presentation);
    } catch (const lab::ExperimentError& error) {
        return complain(
            wrong_usage, error.what(),
            "a name or path is misspelt, or the experiment file is not as its schema says",
            "docs/schema/experiment.schema.json describes it; iolab list names the built-in ones");
    } catch (const lab::AddError& error) {
        return complain(wrong_usage, fmt::format("--add: {}", error.what()),
                        "it has to be NAME='COMMAND {port}', with a name that no other has",
                        "for example --add mine='python3 server.py {port}'");
    } catch (const lab::ChoiceError& error) {
        return complain(wrong_usage, error.what(), "a model's name, pattern or command is misspelt",
                        "iolab list shows the models; patterns are those of the shell: 'epoll*'");
    } catch (const std::invalid_argument& error) {
        return complain(wrong_usage, error.what(), "the threshold is misspelt, or not quoted",
                        "--threshold 'epoll_lt.p99_us < 5000'");
    } catch (const std::system_error& error) {
        return complain(
            failed, error.what(),
            "a full disk, a directory that may not be written, or a limit of this system",
            "-o DIR writes elsewhere; what was saved before stays as it is");
    }
}

}  // namespace cli
