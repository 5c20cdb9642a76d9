#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "docs/generator/course.hpp"

namespace {

namespace fs = std::filesystem;

constexpr int unresolved = 1;
constexpr int wrong_usage = 2;
constexpr int missing = 3;
constexpr std::size_t most_told = 20;

void three_lines(const std::string& what, const std::string& cause, const std::string& help) {
    fmt::print(stderr, "{}\nlikely cause: {}\nwhat helps: {}\n", what, cause, help);
}

void tell(const docs::Faults& faults) {
    std::size_t told = 0;
    for (const docs::Fault& fault : faults.found()) {
        if (++told > most_told) break;
        three_lines(fmt::format("{}:{}: {}", fault.place.file, fault.place.line, fault.what),
                    fault.likely_cause, fault.what_helps);
    }
    if (faults.found().size() > most_told)
        fmt::print(stderr, "and {} more\n", faults.found().size() - most_told);
}

void write(const fs::path& directory, const docs::Output& output) {
    const fs::path path = directory / output.path;
    fs::create_directories(path.parent_path());
    std::ofstream file{path, std::ios::binary};
    file << output.content;
    file.close();
    if (!file) throw std::system_error{errno, std::generic_category(), path.string()};
}

int generate(const docs::Options& options, const fs::path& directory) {
    docs::Course course{options};
    const auto outputs = course.make();
    if (!course.faults().found().empty()) {
        tell(course.faults());
        return unresolved;
    }
    if (!course.is_coloured()) {
        three_lines("the code has no colours: source-highlight did not run", "it is not installed",
                    "scripts/setup docs, then make docs again");
    }
    for (const docs::Output& output : outputs) write(directory, output);
    fmt::print("{} pages in {}\n", outputs.size(), directory.string());
    return 0;
}

int run(int argc, char** argv) {
    CLI::App app{
        "Makes the course's pages: annotated sources, siblings side by side, and what is "
        "written about them. They open from disk and fetch nothing."};
    docs::Options options{.project = "."};
    std::string directory;
    app.add_option("-o,--output", directory, "where the pages are written: new, or empty")
        ->required();
    app.add_option("--project", options.project, "the project's directory");
    app.add_option("--result", options.result,
                   "a result document, whose figures stand beside the code");
    app.add_option(
        "--timelines", options.timelines,
        "a directory that iolab trace '*' -o DIR/ has written: models' pages have its pictures");
    app.add_option("--highlighter", options.highlighter, "GNU source-highlight, by name or path");
    app.footer(
        "Examples:\n  docs_generator -o build/docs\n"
        "  docs_generator -o /tmp/pages --result results/latest/results.json\n"
        "Exit codes: 0 done, 1 something does not resolve or cannot be written, 2 wrong usage, "
        "3 something is missing");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : wrong_usage;
    }
    std::error_code ignored;
    if (fs::exists(directory, ignored) && !fs::is_empty(directory, ignored)) {
        three_lines(directory + " is there, and not empty", "pages of an earlier run",
                    "another directory, or remove that one");
        return unresolved;
    }
    try {
        return generate(options, directory);
    } catch (const std::system_error& error) {
        three_lines(error.what(), "a full disk, or no right to write there", "another --output");
        return unresolved;
    } catch (const std::exception& error) {
        three_lines(error.what(), "a path that means something else than the project or a result",
                    "docs_generator --help");
        return missing;
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr,
                     "docs_generator: %s\nlikely cause: a limit of this system: memory, disk\n"
                     "what helps: ulimit -a, df\n",
                     error.what());
        return unresolved;
    }
}
