#include <unistd.h>

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "bench/analysis/diagnosis.hpp"
#include "bench/analysis/drift.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/cli/commands.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "bench/report/markdown.hpp"
#include "bench/report/terminal.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

std::string written(const lab::Result& result, const ReportOptions& options) {
    if (options.format == "csv") return report::csv(result);
    if (options.format == "terminal") {
        return report::terminal_tables(
            result, options.output.empty() ? report::style_of(STDOUT_FILENO) : report::Style{});
    }
    return report::markdown(result);
}

}  // namespace

int report_result(const ReportOptions& options) {
    std::error_code ignored;
    const fs::path named{options.result};
    const fs::path file = fs::is_directory(named, ignored) ? named / "results.json" : named;
    if (!fs::is_regular_file(file, ignored)) {
        return complain(failed, fmt::format("there is no result {}", file.string()),
                        "no comparison has been run here yet",
                        "iolab compare makes one; iolab report FILE takes any");
    }
    try {
        lab::Result result = report::from_text(lab::contents(file.string()));
        result.summary = analysis::summarise(result);
        result.drift = analysis::drift(result);
        result.diagnoses = analysis::diagnose(result);
        const std::string text = written(result, options);
        if (options.output.empty())
            put(text);
        else
            report::write_file(options.output, text);
        return done;
    } catch (const report::Unreadable& error) {
        return complain(failed, fmt::format("{}: {}", file.string(), error.what()),
                        "another file, or one that was cut or changed",
                        "give the results.json that iolab compare wrote");
    } catch (const std::system_error& error) {
        return complain(failed, error.what(), "a full disk, or a directory that may not be written",
                        "-o FILE writes elsewhere");
    }
}

}  // namespace cli
