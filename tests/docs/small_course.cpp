#include "tests/docs/small_course.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace {

namespace fs = std::filesystem;

constexpr const char* one = R"(// # one: the first of two
//
// It waits in poll(2), RETURN VALUE, and remembers nothing.
//
// - *Read after*: two.cpp.

#include <poll.h>

// ## Wait
//
// The only line that sleeps: bench: busy.
int wait(Model& model) {
    return sys::recv(model.fd, 0);  // select(2), BUGS
}

// ## Run
//
// Until it is done.
void run() {
    wait();
}
)";

constexpr const char* two = R"(// # two: the second of two
//
// It waits in poll(2), and remembers more. RFC 9112, section 6.
//
// - *Read before*: one.cpp.

#include <poll.h>

// ## Wait
//
// Twice as many lines: that is the lesson.
int wait(Model& model) {
    model.asked = true;
    return sys::recv(model.fd, 1);  // select(2), BUGS
}

// ## Run
//
// Until it is done.
void run() {
    wait();
}
)";

constexpr const char* reading_order = R"(# Reading order

Read [one](models/one.md), then [the glossary](glossary.md). `one.cpp#wait` sleeps.

## How a server file is built

| room | what it does | where to start |
|---|---|---|
| `common/sys` | spells every call | `calls.hpp` |
)";

constexpr const char* calls = R"(#pragma once

namespace sys {

/// recv(2), once.
/// errors: -1 and `errno`
int recv(int fd, int flags);

}  // namespace sys
)";

constexpr const char* command_line = R"(#include <CLI/CLI.hpp>

void add_diff_options(CLI::App& app) {
    app.add_option("--bound", bounds, "What is too much");
}

void add_list(CLI::App& app) {
    // It has `--nothing`.
    app.add_flag("--version", version);
    CLI::App* list = app.add_subcommand("list", "What there is, in busy-days");
    list->add_option("-o,--output", file, "where it is written");
    CLI::App* diff = app.add_subcommand("diff", "Two results");
    diff->add_flag("--force", force);
    add_diff_options(*diff);
    diff->footer("Examples");
    if (errno != 0) throw CLI::ValidationError{"what"};
}
)";

constexpr const char* server_options = R"(#include <CLI/CLI.hpp>

void add(CLI::App& app) {
    app.add_flag("--no-delay,!--delay", options.delay);
}
)";

constexpr const char* experiment = R"(// Experiment 1. The preset.
{
    "name": "quick",
    "title": "The two side by side",
    "question": "Which is better?",
    "explanation": "Neither.",
    "models": ["one", "two"],
    "workloads": [{"name": "busy", "title": "all ask"}],
    "signature": [{"says": "they are alike", "figure": "throughput_per_s", "least": 12}]
}
)";

constexpr const char* bug = R"(Name: one_sleeps
Sibling: one
Bug: sleeps for ever
Lesson: Never do that: poll(2),
    RETURN VALUE.
Experiment: 1

--- a/servers/one.cpp
+++ b/servers/one.cpp
@@ -1,3 +1,3 @@
 int wait(Model& model) {
-    return sys::recv(model.fd, 0);  // select(2), BUGS
+    return sys::recv(model.fd, <2>);
 }
)";

}  // namespace

SmallCourse::SmallCourse() {
    std::string name = (fs::temp_directory_path() / "small-course-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
    project_ = name;
    write("CMakeLists.txt", "add_server(one)\nadd_server(two)\n");
    write("servers/one.cpp", one);
    write("servers/two.cpp", two);
    write("common/sys/calls.hpp", calls);
    write("bench/experiments/quick.jsonc", experiment);
    write("docs/README.md", reading_order);
    write("docs/citations.txt",
          "poll(2) # a remark\npoll(2), RETURN VALUE\nselect(2)\nselect(2), BUGS\n"
          "recv(2)\nRFC 9112\n");
    write("docs/outside_names.txt", "# others\ncurl  curl(1)\nRecv-Q  netstat(8)\n");
    write("docs/models/one.md",
          "# one: the first\n\nSource: `servers/one.cpp`. `curl` waits in `Recv-Q`.\n");
    write("bench/main.cpp", command_line);
    write("common/server/options.cpp", server_options);
    write("tests/probe.cpp", "int main() { return wrong(\"--probe made_up\"); }\n");
    write("tests/CMakeLists.txt", "# nothing\nadd_executable(probe probe.cpp)\n");
    write("scripts/fuzz", "#!/bin/sh\n# --nothing\n[ \"$1\" = --jobs ] || exit 2\n");
    write("README.md", "# Servers\n\n`make docs` makes [pages](docs/measuring.md#the-calls).\n");
    write("Makefile", "ARGS =\n\ndocs: ## pages; ARGS='--result FILE'\n\t@scripts/docs\n");
    write("docs/glossary.md", "# Glossary\n\n**Wake-up**: the end of a wait.\n");
    write("docs/measuring.md",
          "# Measuring\n\n## The calls\n\nEvery wake-up is counted, and every wake-up again.\n");
    write("docs/experiments.md",
          "# Experiments\n\nGuess first: [measuring](measuring.md#the-calls).\n");
    write("servers/zoo/one_sleeps.patch", bug);
    write("docs/zoo.md", "# The zoo\n\n[It](../servers/zoo/one_sleeps.patch) sleeps.\n");
    write("docs/models/two.md", "# two: the second\n\nSource: `servers/two.cpp`.\n");
}

SmallCourse::~SmallCourse() {
    std::error_code ignored;
    fs::remove_all(project_, ignored);
}

void SmallCourse::write(const std::string& file, const std::string& text) const {
    fs::create_directories((project_ / file).parent_path());
    std::ofstream{project_ / file, std::ios::binary} << text;
}

void SmallCourse::change(const std::string& file, const std::string& before,
                         const std::string& after) const {
    std::ifstream stream{project_ / file, std::ios::binary};
    std::ostringstream whole;
    whole << stream.rdbuf();
    std::string text = whole.str();
    const std::size_t at = text.find(before);
    if (at == text.npos) throw std::runtime_error{file + " has no `" + before + "`"};
    write(file, text.replace(at, before.size(), after));
}

namespace {

SmallCourse::Made made_of(const docs::Options& options) {
    docs::Course course{options};
    SmallCourse::Made made;
    for (const docs::Output& output : course.make()) made.pages[output.path] = output.content;
    made.faults = course.faults().found();
    return made;
}

}  // namespace

SmallCourse::Made SmallCourse::make(const std::string& result, const std::string& timelines) const {
    return made_of({.project = project_, .result = result, .timelines = timelines});
}

SmallCourse::Made SmallCourse::check() const {
    return made_of({.project = project_, .highlighter = "/no/such/program"});
}

std::string told(const SmallCourse::Made& made) {
    std::string text;
    for (const docs::Fault& fault : made.faults)
        text += fmt::format("{}:{}: {}\n", fault.place.file, fault.place.line, fault.what);
    return text;
}

std::string small_result(int line, const std::string& workload) {
    using Json = nlohmann::json;
    const Json site{{"file", "servers/one.cpp"},
                    {"line", line},
                    {"call", "recv"},
                    {"calls", 50},
                    {"bytes", 100},
                    {"would_block", 10},
                    {"errors", 0},
                    {"asleep_ms", 620}};
    const Json cell{{"model", "one"},
                    {"workload", workload},
                    {"status", "measured"},
                    {"measured_s", 1.0},
                    {"server", {{"requests", 20}, {"call_sites", Json::array({site})}}}};
    const Json document{{"schema", {{"name", "iolab-result"}, {"version", "1.0"}}},
                        {"run", {{"preset", "quick"}, {"rounds_planned", 1}, {"baseline", "one"}}},
                        {"models", Json::array({{{"name", "one"}, {"args", Json::array()}}})},
                        {"cells", Json::array({cell})},
                        {"summary", Json::array()}};
    return document.dump();
}
