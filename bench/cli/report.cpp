#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/analysis/diagnosis.hpp"
#include "bench/analysis/drift.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/cli/commands.hpp"
#include "bench/cli/result_file.hpp"
#include "bench/cli/say.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "bench/report/html.hpp"
#include "bench/report/markdown.hpp"
#include "bench/report/terminal.hpp"
#include "bench/tell.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

// What the command line asks for cannot be had.
class WrongUsage : public std::runtime_error {
public:
    WrongUsage(const std::string& what, std::string cause, std::string help)
        : std::runtime_error{what}, cause_{std::move(cause)}, help_{std::move(help)} {}

    [[nodiscard]] const std::string& cause() const noexcept { return cause_; }
    [[nodiscard]] const std::string& help() const noexcept { return help_; }

private:
    std::string cause_, help_;
};

class NoLibrary : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// As it was asked for; else as the name of the file says; else for who reads along.
std::string format_of(const ReportOptions& options) {
    if (!options.format.empty()) return options.format;
    if (options.output.empty()) return "markdown";
    const fs::path ending = fs::path{options.output}.extension();
    if (ending == ".html" || ending == ".htm") return "html";
    if (ending == ".csv") return "csv";
    if (ending == ".md") return "markdown";
    throw WrongUsage{fmt::format("{}: no report ends like this", options.output),
                     "the ending of a file says what it is to be",
                     "-o with .html, .md or .csv; or --format, for a file of any name"};
}

std::string chart_library(const ReportOptions& options) {
    if (options.chart_library.empty()) return report::installed_chart_library();
    std::string text = lab::contents(options.chart_library);
    if (text.empty())
        throw NoLibrary{fmt::format("{} cannot be read, or is empty", options.chart_library)};
    return text;
}

std::string page_of(const std::vector<lab::Result>& results, const ReportOptions& options) {
    const std::string library = chart_library(options);
    if (library.empty()) bench::tell("iolab: {}\n", report::no_charts_sentence());
    if (options.output.empty()) return report::html(results, library);
    return report::html(results, library,
                        report::sources_for(options.output, lab::own_directory()));
}

std::string written(const std::vector<lab::Result>& results, const std::string& format,
                    const ReportOptions& options) {
    const bool two = results.size() > 1;
    if (format == "html") return page_of(results, options);
    if (format == "csv")
        return two ? report::csv(results[0], results[1]) : report::csv(results.front());
    if (format == "markdown")
        return two ? report::markdown(results[0], results[1]) : report::markdown(results.front());
    if (two) {
        throw WrongUsage{"two results do not stand side by side in 80 columns",
                         "--format terminal is for one result",
                         "iolab diff BASE NEW; or --format markdown, csv or html"};
    }
    return report::terminal_tables(results.front(), options.output.empty()
                                                        ? report::style_of(STDOUT_FILENO)
                                                        : report::Style{});
}

// As it would be made today: what is derived from cells is derived again.
lab::Result renewed(const std::string& named) {
    lab::Result result = read_result(named);
    result.summary = analysis::summarise(result);
    result.drift = analysis::drift(result);
    result.diagnoses = analysis::diagnose(result);
    return result;
}

void write(const ReportOptions& options) {
    const std::string format = format_of(options);
    std::vector<lab::Result> results;
    for (const std::string& named : options.results) results.push_back(renewed(named));
    const std::string text = written(results, format, options);
    if (options.output.empty())
        put(text);
    else
        report::write_file(options.output, text);
}

}  // namespace

int report_result(const ReportOptions& options) {
    try {
        write(options);
        return done;
    } catch (const NoResult& error) {
        return complain(failed, error.what(), "no comparison has been run here yet",
                        "iolab compare makes one; iolab report FILE takes any");
    } catch (const NoLibrary& error) {
        return complain(something_missing, error.what(), "the path is misspelt",
                        "without --chart-library the one of the system is taken, or there are no "
                        "charts");
    } catch (const WrongUsage& error) {
        return complain(wrong_usage, error.what(), error.cause(), error.help());
    } catch (const report::Unreadable& error) {
        return complain(failed, error.what(), "another file, or one that was cut or changed",
                        "give the results.json that iolab compare wrote");
    } catch (const std::system_error& error) {
        return complain(failed, error.what(), "a full disk, or a directory that may not be written",
                        "-o FILE writes elsewhere");
    }
}

}  // namespace cli
