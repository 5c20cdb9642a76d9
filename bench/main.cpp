#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "bench/cli/commands.hpp"
#include "bench/cli/compare.hpp"
#include "bench/cli/completion.hpp"
#include "bench/cli/narrow.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/text.hpp"
#include "bench/load/command.hpp"
#include "bench/seed.hpp"
#include "bench/verify/command.hpp"

namespace {

// What is wrong with a figure, "" for nothing; NaN is inside every range.
std::string is_number(const std::string& text) {
    return std::isnan(std::strtod(text.c_str(), nullptr)) ? text + " is not a number" : "";
}

// The command line, as it could be typed again.
std::string command_line(int argc, char** argv) {
    std::string text = "iolab";
    for (int at = 1; at < argc; ++at) text += ' ' + lab::shell_quoted(argv[at]);
    return text;
}

void add_comparison_options(CLI::App& app, cli::CompareOptions& options) {
    app.add_option(
           "--models", options.models,
           "Only these models: names, patterns, groups (iolab list) or all, comma separated")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--exclude", options.exclude, "Not these models")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--add", options.added,
                   "A server of yours, NAME='COMMAND {port}'; may be given again")
        ->allow_extra_args(false);
    app.add_option("--rounds", options.rounds, "Rounds, each with every cell once")
        ->check(CLI::Range(1, 1000));
    app.add_option("--seed", options.seed,
                   "Of the order of cells; the result has the one that was used")
        ->check(bench::is_seed);
    app.add_option("--warm-up-s", options.warm_up_s, "Seconds of load before each window")
        ->check(CLI::Range(0.0, 600.0))
        ->check(is_number);
    app.add_option("--measured-s", options.measured_s, "Seconds measured a cell")
        ->check(CLI::Range(0.01, 3600.0))
        ->check(is_number);
    app.add_option("-o,--output", options.output,
                   "Directory, or a file that ends in .json (default results/<run id>)");
    app.add_option("--threshold", options.thresholds,
                   "A bound on a median, 'epoll_lt.p99_us < 5000'; exit 99 if it is crossed")
        ->allow_extra_args(false);
    app.add_flag("--dry-run", options.dry_run,
                 "Print cells, order, duration, ports and limits; run nothing");
    app.add_flag("--json", options.json,
                 "The result document on stdout, everything else on stderr");
    app.add_flag("--no-progress", options.no_progress, "No progress on stderr");
}

void add_compare(CLI::App& app, cli::CompareOptions& options, int& exit_code) {
    CLI::App* compare =
        app.add_subcommand("compare", "Verify models, then measure them against each other");
    compare->add_option("--preset", options.experiment, "quick, standard or full")
        ->check(CLI::IsMember({"quick", "standard", "full"}))
        ->capture_default_str();
    add_comparison_options(*compare, options);
    compare->footer(
        "Examples:\n"
        "  iolab compare --models 'poll,epoll*' --rounds 20\n"
        "  iolab compare --add mine='./mine --port {port}' -o results/mine\n"
        "Ctrl-C saves what was measured; a second one is only counted, a third ends it.");
    compare->callback([&] { exit_code = cli::compare(options); });

    CLI::App* run =
        app.add_subcommand("run", "Run one experiment: a file of yours, or a built-in one by name");
    run->add_option("EXPERIMENT", options.experiment, "A name that iolab list shows, or a file")
        ->required();
    run->add_flag("--control", options.control,
                  "Its control: what must not show the signature that the experiment shows");
    add_comparison_options(*run, options);
    run->footer(
        "Where the experiment has a signature: exit 0 if it was found, 99 if not,\n"
        "1 if that is not known, 3 if it needs what is missing here. A crossed\n"
        "--threshold is exit 99 in any case.\n"
        "Examples:\n"
        "  iolab run idle-cost --control\n"
        "  iolab run my-experiment.jsonc --rounds 8");
    run->callback([&] { exit_code = cli::compare(options); });
}

void add_others(CLI::App& app, cli::ReportOptions& options, bool& json, int& exit_code) {
    CLI::App* list = app.add_subcommand("list", "Models and experiments");
    list->add_flag("--json", json, "As one JSON object");
    list->footer(
        "Examples:\n"
        "  iolab list\n"
        "  iolab list --json > models.json");
    list->callback([&] { exit_code = cli::list(json); });

    CLI::App* doctor = app.add_subcommand("doctor", "Is this machine fit for a comparison");
    doctor->footer(
        "Examples:\n"
        "  iolab doctor\n"
        "  iolab doctor > machine.txt");
    doctor->callback([&] { exit_code = cli::doctor(); });

    CLI::App* report = app.add_subcommand("report", "A result, or two, as HTML, Markdown or CSV");
    report
        ->add_option("RESULT", options.results,
                     "A results.json, the directory of a run, or its id; a second one is laid "
                     "over the first, or stands beside it")
        ->expected(0, 2)
        ->capture_default_str();
    report
        ->add_option("--format", options.format,
                     "html, markdown, csv or terminal (default: as FILE ends; markdown on stdout)")
        ->check(CLI::IsMember({"html", "markdown", "csv", "terminal"}));
    report->add_option("-o,--output", options.output, "File to write (default stdout)");
    report->add_option("--chart-library", options.chart_library,
                       "Chart.js 3, where it is not installed as Debian does (libjs-chart.js)");
    report->footer(
        "Examples:\n"
        "  iolab report results/latest --format csv\n"
        "  iolab report results/before latest -o both.html");
    report->callback([&] { exit_code = cli::report_result(options); });
}

void add_diff(CLI::App& app, cli::DiffOptions& options, int& exit_code) {
    CLI::App* diff = app.add_subcommand("diff", "Two results: what became better, what worse");
    diff->add_option("BASE", options.base, "A results.json, the directory of a run, or its id")
        ->required();
    diff->add_option("NEW", options.fresh, "Likewise; `latest` is the newest")->required();
    diff->add_flag("--force", options.force, "Compare results that are not alike as well");
    diff->add_flag("--fail-on-worse", options.fail_on_worse,
                   "Exit 99 if a verdict is worse, 1 if rounds are too few for one");
    diff->add_flag("--json", options.json, "A JSON document on stdout, the tables on stderr");
    diff->add_option("-o,--output", options.output, "File for the JSON document");
    diff->add_option("--threshold", options.thresholds,
                     "A bound on a median of NEW, 'epoll_lt.p99_us < 5000'; exit 99 if crossed")
        ->allow_extra_args(false);
    diff->footer(
        "Exit 5: the results are not alike: machine, build or experiment.\n"
        "Exit 1: there is nothing that can be judged in both.\n"
        "Examples:\n"
        "  iolab diff results/before latest\n"
        "  iolab diff results/before latest --threshold 'poll.cpu_us_per_request < 50'");
    diff->callback([&] { exit_code = cli::diff(options); });
}

void add_trace(CLI::App& app, cli::TraceOptions& options, int& exit_code) {
    CLI::App* trace = app.add_subcommand(
        "trace", "A scene with a fast, a slow and an idle client, as a timeline");
    auto* models =
        trace->add_option("MODEL,--models", options.models,
                          "Who plays it: names, patterns, groups, or all; 'zoo/*' of the zoo");
    models->delimiter(',');
    auto* from = trace->add_option("--from", options.from,
                                   "No scene, but what a server wrote that was given --trace FILE");
    from->type_name("FILE")->excludes(models);
    trace
        ->add_option("-o,--output", options.outputs,
                     "File for the timeline; may be given again. Of a scene: .json trace events, "
                     ".html a page, .svg a picture, .txt as here; DIR/ all of it. Of a "
                     "recording: .json")
        ->type_name("FILE")
        ->allow_extra_args(false);
    trace->add_flag("--json", options.json, "The trace events on stdout, the rest on stderr")
        ->excludes(from);
    trace->footer(
        "Trace events open in ui.perfetto.dev and chrome://tracing.\n"
        "Exit 4: a client of the scene was not served.\n"
        "Examples:\n"
        "  iolab trace blocking epoll_lt\n"
        "  iolab trace 'epoll*' -o scene.json\n"
        "  iolab trace --from poll.trace -o poll.json");
    trace->callback([&] { exit_code = cli::trace(options); });
}

void add_demo(CLI::App& app, cli::DemoOptions& options, int& exit_code) {
    CLI::App* demo =
        app.add_subcommand("demo", "An experiment for a lecture: question, guesses, run, answer");
    auto* name =
        demo->add_option("NAME", options.name, "An experiment with a signature, of iolab list");
    demo->add_flag("--lecture", options.lecture, "The experiments of one lecture, in order")
        ->excludes(name);
    demo->add_flag("--no-pause", options.no_pause, "Do not wait for guesses");
    demo->add_option(
        "-o,--output", options.output,
        "Directory for its result, or a file that ends in .json (default results/<run id>)");
    demo->footer(
        "Exit 0: it was found; 99: it was not; 1: that is not known;\n"
        "3: it needs what is missing here.\n"
        "Examples:\n"
        "  iolab demo two-sends\n"
        "  iolab demo --lecture --no-pause");
    demo->callback([&] { exit_code = cli::demo(options); });
}

void add_completion(CLI::App& app, std::string& shell, int& exit_code) {
    CLI::App* completion = app.add_subcommand(
        "completion", "What a shell reads to complete commands, options and names");
    completion->add_option("SHELL", shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion->footer(
        "To be read by the shell at its start: source <(iolab completion bash)\n"
        "Examples:\n"
        "  iolab completion bash > iolab.bash\n"
        "  iolab completion fish > iolab.fish");
    completion->callback([&] { exit_code = cli::completion(app, shell); });
}

// The subcommand that was asked for, for the help that fits.
std::string asked(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? "iolab" : "iolab " + chosen.front()->get_name();
}

// The command that was asked for, and its exit code.
int run(int argc, char** argv) {
    int exit_code = 0;
    cli::CompareOptions compare_options;
    compare_options.command = command_line(argc, argv);
    cli::ReportOptions report_options;
    cli::DiffOptions diff_options;
    cli::TraceOptions trace_options;
    cli::DemoOptions demo_options;
    demo_options.command = compare_options.command;
    bool json = false;
    std::string shell;

    CLI::App app{"iolab: a laboratory for I/O models", "iolab"};
    app.formatter(std::make_shared<cli::Narrow>());
    app.set_version_flag("--version", "iolab " IOLAB_VERSION);
    app.require_subcommand(1);
    app.footer(
        "Examples:\n"
        "  iolab compare                       most kinds of model, within four minutes\n"
        "  iolab load http://127.0.0.1:8080/   the load generator alone\n"
        "  iolab demo two-sends                an experiment for a lecture\n"
        "  iolab list                          models and experiments");
    add_compare(app, compare_options, exit_code);
    load::add_load_command(app, exit_code);
    verify::add_verify_command(app, exit_code);
    add_others(app, report_options, json, exit_code);
    add_diff(app, diff_options, exit_code);
    add_trace(app, trace_options, exit_code);
    add_demo(app, demo_options, exit_code);
    add_completion(app, shell, exit_code);

    const std::string first = argc > 1 ? argv[1] : "";
    const auto is_first = [&](const CLI::App* command) { return command->get_name() == first; };
    if (!first.empty() && first[0] != '-' && app.get_subcommands(is_first).empty()) {
        return cli::complain(cli::wrong_usage, fmt::format("there is no command `{}`", first),
                             "it is misspelt", "iolab --help lists all commands");
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return cli::complain(cli::wrong_usage, error.what(),
                             "a command or an option is misspelt, missing or out of range",
                             fmt::format("{} --help", asked(app)));
    }
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(
            stderr,
            "iolab: %s\n  likely cause: a limit of this system: memory, descriptors, disk\n"
            "  what helps:   iolab doctor\n",
            error.what());
        return cli::failed;
    }
}
