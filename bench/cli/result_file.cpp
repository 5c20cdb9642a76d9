#include "bench/cli/result_file.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

fs::path file_of(const std::string& named) {
    std::error_code ignored;
    fs::path path{named};
    if (!fs::exists(path, ignored)) path = fs::path{"results"} / named;
    if (fs::is_directory(path, ignored)) path /= "results.json";
    if (!fs::is_regular_file(path, ignored))
        throw NoResult{fmt::format("there is no result {}", named)};
    return path;
}

}  // namespace

lab::Result read_result(const std::string& named) {
    const fs::path file = file_of(named);
    try {
        return report::from_text(lab::contents(file.string()));
    } catch (const report::Unreadable& error) {
        throw report::Unreadable{fmt::format("{}: {}", file.string(), error.what())};
    }
}

}  // namespace cli
