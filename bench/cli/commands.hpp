#pragma once

#include <string>
#include <vector>

namespace cli {

/// `iolab list`: models with their ideas, experiments with their questions.
int list(bool json);

/// `iolab doctor`: whether this machine is fit for a comparison, and what each finding means.
/// result: 0; `something_missing` where a comparison cannot run at all
int doctor();

/// `iolab report`: a result as HTML, Markdown, CSV or the tables of a terminal; two results laid
/// over each other, in HTML. Each is a file, the directory of a run, or its id.
struct ReportOptions {
    std::vector<std::string> results{"results/latest"};  ///< one or two
    std::string format;  ///< "html", "markdown", "csv", "terminal"; empty: as `output` ends
    std::string output;  ///< empty: stdout
    std::string chart_library;  ///< a file with Chart.js; empty: that of the system
};
int report_result(const ReportOptions& options);

/// `iolab diff`: two results, with verdicts. Each is a file, the directory of a run, or its id.
/// result: `not_comparable` for results that are unlike, unless forced, and for what is no
/// result; `threshold_crossed` by the new one
struct DiffOptions {
    std::string base, fresh;
    std::vector<std::string> thresholds;  ///< of the new one, MODEL.METRIC < NUMBER
    std::string output;  ///< for the JSON document; empty: none
    bool force = false;
    bool fail_on_worse = false;  ///< a verdict of worse is `threshold_crossed`
    bool json = false;  ///< the document on stdout, the tables on stderr
};
int diff(const DiffOptions& options);

/// `iolab trace`: models play a scene with a fast, a slow and an idle client, and it is shown in the
/// terminal; or what a server has recorded, as the JSON of trace events that Perfetto and
/// chrome://tracing open. Both have a lane for every thread and every client.
/// result: `wrong_answer` where a client of the scene was not served
struct TraceOptions {
    std::vector<std::string> models;  ///< names or patterns; those of the zoo begin with `zoo/`
    std::string from;  ///< the file of a server's `--trace`, instead of models
    std::vector<std::string> outputs;  ///< files for it; none: stdout
    bool json = false;  ///< of the scene: trace events on stdout, what is told on stderr
};
int trace(const TraceOptions& options);

/// `iolab demo`: experiments as a lecture shows them: question, guesses, run, answer.
/// result: that of the last experiment; of a lecture the first that is not 0
struct DemoOptions {
    std::string name;  ///< of an experiment with a signature, or a file; empty: the lecture
    bool no_pause = false;
    bool lecture = false;  ///< those of one lecture, in its order
    std::string output;  ///< as that of `CompareOptions`; of a lecture a directory for each
    std::string command;  ///< as it was given
};
int demo(const DemoOptions& options);

}  // namespace cli
