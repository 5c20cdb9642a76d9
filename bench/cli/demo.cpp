#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "bench/cli/commands.hpp"
#include "bench/cli/compare.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/experiment.hpp"
#include "bench/report/stage.hpp"
#include "bench/report/terminal.hpp"
#include "bench/stop.hpp"
#include "bench/tell.hpp"

namespace cli {
namespace {

/// One lecture, in its order.
constexpr std::array lecture{"unhandled-end",       "endless-drain", "one-receive-an-edge",
                             "two-sends",           "idle-cost",     "all-active",
                             "backlog-staircase",   "who-accepts",   "close-unread",
                             "coordinated-omission"};

void show(const std::string& screen, report::Style style) {
    put((style.redraw ? "\033[H\033[2J" : "\n") + screen);
}

// Until Enter, where there is somebody who can press it. What was typed before nobody had asked for.
void pause_for(const char* what, bool wanted) {
    if (!wanted || ::isatty(STDIN_FILENO) == 0) return;
    bench::tell("\n{} Enter goes on. ", what);
    ::tcflush(STDIN_FILENO, TCIFLUSH);
    for (int letter = std::getchar(); letter != '\n' && letter != EOF; letter = std::getchar()) {
    }
    std::clearerr(stdin);  // the end of one pause, as by Ctrl-D, is not that of all
}

int demo_one(const std::string& name, const DemoOptions& options) {
    const lab::Experiment experiment = lab::find_experiment(name);
    if (experiment.signature.empty())
        return complain(wrong_usage, fmt::format("{} has no signature: nothing to guess", name),
                        "it is a comparison, not an experiment with an answer",
                        "iolab list shows what there is; iolab run " + name + " measures it");
    const report::Style style = report::style_of(STDOUT_FILENO);
    show(report::question_screen(experiment, style), style);
    pause_for("What do you think?", !options.no_pause);
    const Presentation presentation{
        .round_ended =
            [&](const lab::Result& so_far) {
                show(report::live_screen(experiment, so_far, style), style);
            },
        .ended =
            [&](const lab::Result& result) {
                const auto pages = report::answer_pages(experiment, result, style);
                show(pages.front(), style);
                // A page at a time, where it is longer than a screen. Who has ended it early goes.
                for (std::size_t page = 1; page < pages.size() && !bench::stop_asked(); ++page) {
                    pause_for("And why?", !options.no_pause);
                    put("\n" + pages[page]);
                }
            }};
    CompareOptions run;
    run.experiment = name;
    run.output = options.output;
    if (options.lecture && !options.output.empty()) run.output += "/" + name;
    run.command = options.command;
    return compare(run, &presentation);
}

}  // namespace

int demo(const DemoOptions& options) {
    if (!options.lecture && options.name.empty())
        return complain(wrong_usage, "demo: which one?", "a name or --lecture was left out",
                        "iolab list shows the experiments; iolab demo two-sends");
    try {
        if (!options.lecture) return demo_one(options.name, options);
        int first_bad = done;
        for (const char* const name : lecture) {
            const int code = demo_one(name, options);
            if (code == interrupted) return code;
            if (first_bad == done) first_bad = code;
            pause_for("Next.", !options.no_pause);
        }
        return first_bad;
    } catch (const lab::ExperimentError& error) {
        return complain(wrong_usage, error.what(), "a name or path is misspelt",
                        "iolab list names the built-in ones");
    }
}

}  // namespace cli
