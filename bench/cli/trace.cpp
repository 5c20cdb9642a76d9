#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "bench/cli/commands.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/lab/trace_file.hpp"
#include "bench/report/file.hpp"
#include "bench/report/terminal.hpp"
#include "bench/report/view.hpp"
#include "bench/stop.hpp"
#include "bench/tell.hpp"
#include "bench/timeline/drawing.hpp"
#include "bench/timeline/events.hpp"
#include "bench/timeline/lanes.hpp"
#include "bench/timeline/page.hpp"
#include "bench/timeline/picture.hpp"
#include "bench/timeline/play.hpp"
#include "bench/timeline/sequence.hpp"
#include "bench/timeline/text.hpp"
#include "bench/timeline/view.hpp"
#include "bench/verify/server_process.hpp"

namespace cli {
namespace {

using lab::Trace;
using lab::TracedCall;

void summarise(const Trace& trace) {
    std::set<std::uint32_t> threads;
    for (const TracedCall& call : trace.calls) threads.insert(call.thread);
    std::string text = fmt::format("{} in {}, {}", report::counted(trace.calls.size(), "call"),
                                   report::counted(threads.size(), "thread"),
                                   report::counted(timeline::client_lanes(trace).size(), "client"));
    const auto add = [&](std::uint64_t count, const char* what) {
        if (count > 0) text += fmt::format("; {} {}", count, what);
    };
    add(trace.overwritten, "older ones were overwritten");
    add(trace.torn, "were being written");
    add(trace.lost, "were not recorded: too many call sites");
    if (trace.recorded == 0)
        text += "; nothing has happened yet, or the server was built with IOLAB_COUNT_CALLS=OFF";
    bench::tell("{}\nopen the timeline in ui.perfetto.dev or chrome://tracing\n", text);
}

// Of what a server recorded there are trace events alone: pictures are of a scene, whose clients
// have told what they did.
int show_recorded(const TraceOptions& options) {
    for (const std::string& output : options.outputs) {
        if (std::filesystem::path{output}.extension() == ".json") continue;
        return complain(wrong_usage, fmt::format("{}: of a recording there is only .json", output),
                        "pages and pictures are made of a scene, and --from plays none",
                        "-o FILE.json for Perfetto; iolab trace MODEL -o FILE.html for a picture");
    }
    try {
        const Trace recorded = lab::read_trace(options.from);
        const std::string text = timeline::events_of(recorded);
        if (options.outputs.empty()) put(text);
        for (const std::string& output : options.outputs) report::write_file(output, text);
        summarise(recorded);
        return done;
    } catch (const lab::BadTrace& error) {
        return complain(failed, fmt::format("{}: {}", options.from, error.what()),
                        "another file, one of another version, or one that was cut or changed",
                        "give the FILE that a server was started with: --trace FILE");
    }
}

std::vector<lab::Model> chosen(const std::vector<std::string>& patterns) {
    std::vector<lab::Model> models;
    const auto own = lab::own_models();
    for (const std::string& pattern : patterns) {
        const bool caged = pattern.starts_with(lab::zoo_prefix);
        const std::size_t before = models.size();
        bool hit = false;
        for (const lab::Model& model : caged ? lab::zoo_models() : own) {
            if (!lab::is_meant(model, pattern)) continue;
            hit = true;
            const auto same = [&](const lab::Model& other) { return other.name == model.name; };
            if (std::none_of(models.begin(), models.begin() + static_cast<long>(before), same))
                models.push_back(model);
        }
        if (!hit) throw lab::ChoiceError{fmt::format("no model matches `{}`", pattern)};
    }
    return models;
}

using Views = std::vector<timeline::View>;
using Writer = std::string (*)(const Views&);
namespace fs = std::filesystem;

// What a file's name asks for; null for an ending that nothing has.
Writer writer_for(const std::string& output) {
    const std::string ending = fs::path{output}.extension();
    if (ending == ".json") return timeline::events_of;
    if (ending == ".html") return timeline::page_of;
    if (ending == ".svg")
        return [](const Views& views) { return timeline::standing_alone(timeline::svg_of(views)); };
    if (ending == ".txt")
        return [](const Views& views) { return timeline::text_of(views, report::Style{}); };
    return nullptr;
}

bool is_directory(const std::string& output) {
    std::error_code ignored;
    return output.ends_with('/') || fs::is_directory(output, ignored);
}

// All there is of a scene, and of each model what another page can take in.
void write_all(const fs::path& directory, const Views& views) {
    fs::create_directories(directory);
    for (const char* const name : {"scene.json", "scene.html", "scene.txt"})
        report::write_file(directory / name, writer_for(name)(views));
    for (const timeline::View& view : views) {
        const std::string name = fs::path{view.model}.filename();
        report::write_file(directory / (name + ".svg"),
                           timeline::standing_alone(timeline::svg_of(view)));
        report::write_file(directory / (name + ".sequence.svg"),
                           timeline::standing_alone(timeline::sequence_svg(view)));
        report::write_file(directory / (name + ".figure.html"), timeline::figure_of(view));
    }
}

void write(const std::string& output, const Views& views) {
    if (is_directory(output))
        write_all(output, views);
    else
        report::write_file(output, writer_for(output)(views));
    bench::tell("written: {}\n", output);
}

/// What came of all models.
struct Played {
    Views views;
    int code = done;
};

// A model that cannot play leaves the stage to the others. Who interrupts sees those that have
// played.
Played play_all(const std::vector<lab::Model>& models) {
    Played played;
    for (const lab::Model& model : models) {
        if (bench::stop_asked()) return played;
        if (!model.missing.empty()) {
            played.code =
                complain(something_missing, fmt::format("{}: {}", model.name, model.missing),
                         "it was not built, or this machine lacks what it needs",
                         "iolab list tells which servers there are");
            continue;
        }
        bench::tell("{} plays\n", model.name);
        try {
            played.views.push_back(timeline::view_of(timeline::play(model, timeline::scene())));
        } catch (const verify::NotReady& error) {
            played.code = complain(failed, fmt::format("{}: {}", model.name, error.what()),
                                   "it cannot run here, or it ended at once",
                                   fmt::format("iolab verify {} tries it alone", model.name));
        }
    }
    return played;
}

bool all_served(const timeline::View& view) {
    return std::all_of(view.clients.begin(), view.clients.end(),
                       [](const auto& client) { return client.seen.trouble.empty(); });
}

int play(const TraceOptions& options) {
    for (const std::string& output : options.outputs) {
        if (!is_directory(output) && writer_for(output) == nullptr)
            return complain(wrong_usage, fmt::format("{}: nothing ends like this", output),
                            "the ending of a file says what it is to be",
                            "-o with .json for Perfetto, .html, .svg or .txt; DIR/ for all of it");
    }
    const bench::StopSignals signals;
    let_writes_fail();
    Played played = play_all(chosen(options.models));
    if (played.views.empty()) return bench::stop_asked() ? interrupted : played.code;
    if (options.json) put(timeline::events_of(played.views));
    const int talk = options.json ? STDERR_FILENO : STDOUT_FILENO;
    const std::string text = timeline::text_of(played.views, report::style_of(talk));
    options.json ? bench::tell("{}", text) : put(text);
    for (const std::string& output : options.outputs) write(output, played.views);
    if (bench::stop_asked()) return interrupted;
    if (played.code != done) return played.code;
    return std::all_of(played.views.begin(), played.views.end(), all_served) ? done : wrong_answer;
}

}  // namespace

int trace(const TraceOptions& options) {
    if (options.from.empty() && options.models.empty())
        return complain(wrong_usage, "trace: whom?", "MODEL and --from were both left out",
                        "iolab trace blocking epoll_lt; iolab list names the models");
    try {
        return options.from.empty() ? play(options) : show_recorded(options);
    } catch (const lab::ChoiceError& error) {
        return complain(wrong_usage, error.what(), "a model's name or pattern is misspelt",
                        "iolab list shows the models; patterns are those of the shell: 'epoll*'");
    } catch (const lab::BadTrace& error) {
        return complain(failed, fmt::format("the server's trace: {}", error.what()),
                        "a server of another version stands beside this iolab",
                        "make builds them anew, together");
    } catch (const std::system_error& error) {
        return complain(failed, error.what(),
                        "the path is misspelt, the disk is full, or this user may not",
                        "ls -ld shows what is there and who may; df -h what is free");
    }
}

}  // namespace cli
