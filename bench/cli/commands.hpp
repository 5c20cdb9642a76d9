#pragma once

#include <string>

namespace cli {

/// `iolab list`: models with their ideas, experiments with their questions.
int list(bool json);

/// `iolab doctor`: whether this machine is fit for a comparison, and what each finding means.
/// result: 0; `something_missing` where a comparison cannot run at all
int doctor();

/// `iolab report`: a result file as Markdown or CSV.
struct ReportOptions {
    std::string result = "results/latest";  ///< a file, or a directory with a results.json
    std::string format = "markdown";  ///< or "csv", "terminal"
    std::string output;  ///< empty: stdout
};
int report_result(const ReportOptions& options);

}  // namespace cli
