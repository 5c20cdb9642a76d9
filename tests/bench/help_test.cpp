// `--help` of every command has two examples at least, and they run.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "bench/verify/server_process.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/rich_result.hpp"
#include "tests/bench/run_iolab.hpp"

namespace {

using namespace std::chrono_literals;
using run_iolab::iolab;

std::vector<std::string> commands() {
    std::vector<std::string> names;
    bool inside = false;
    for (const std::string& line : lab::split(iolab({"--help"}).out, '\n')) {
        if (line == "Subcommands:")
            inside = true;
        else if (inside && line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
            names.push_back(line.substr(2, line.find(' ', 2) - 2));
        else if (inside && !line.starts_with("  "))
            break;
    }
    return names;
}

// A line is an example up to a run of spaces, behind which stands what it is for.
std::vector<std::string> examples_in(const std::string& help) {
    std::vector<std::string> examples;
    for (const std::string& line : lab::split(help, '\n'))
        if (line.starts_with("  iolab "))
            examples.push_back(line.substr(2, line.find("  ", 2) - 2));
    return examples;
}

/// A directory in which all that the examples speak of is there.
class Help : public InDirectory<> {
protected:
    void SetUp() override {
        InDirectory::SetUp();
        lab::Result result = rich::result();
        rename(result, result.models.front().name, "poll");
        for (const char* const name : {"before", "latest"}) {
            std::filesystem::create_directories(directory_ / "results" / name);
            report::write_file(directory_ / "results" / name / "results.json",
                               report::to_text(result));
        }
        report::write_file(file("my-experiment.jsonc"),
                           lab::contents(SOURCE_DIR "/bench/experiments/quick.jsonc"));
        report::write_file(file("mine"), "#!/bin/sh\nexec " MODELS "/poll --port \"$1\"\n");
        std::filesystem::permissions(file("mine"), std::filesystem::perms::owner_all);
        const auto models = lab::own_models(MODELS);
        const auto poll = std::find_if(models.begin(), models.end(),
                                       [](const auto& model) { return model.name == "poll"; });
        server_ = std::make_unique<verify::ServerProcess>(
            *poll, std::vector<std::string>{"--trace", file("poll.trace")});
    }

    static void rename(lab::Result& result, const std::string& from, const std::string& to) {
        const auto change = [&](std::string& name) {
            if (name == from) name = to;
        };
        for (auto& model : result.models) change(model.name);
        for (auto& cell : result.cells) change(cell.model);
        for (auto& row : result.summary) {
            change(row.model);
            change(row.baseline);
        }
        change(result.run.baseline);
    }

    // As it would be typed here; what measures for minutes only says what it would do.
    [[nodiscard]] std::string command(const std::string& example) const {
        std::string text = std::regex_replace(example, std::regex{"127\\.0\\.0\\.1:8080"},
                                              fmt::format("127.0.0.1:{}", server_->address().port));
        const bool measures = text.starts_with("iolab compare") || text.starts_with("iolab run");
        if (measures) text += " --dry-run";
        return fmt::format("cd '{}' && exec {}{}", directory_.string(),
                           std::filesystem::path{IOLAB}.parent_path().string() + "/", text);
    }

    std::unique_ptr<verify::ServerProcess> server_;
};

TEST_F(Help, OfEveryCommandHasEightyColumnsAndTwoExamplesAtLeast) {
    const auto names = commands();
    EXPECT_GE(names.size(), 10U);
    for (const std::string& line : lab::split(iolab({"--help"}).out, '\n'))
        EXPECT_LE(line.size(), 80U) << line;
    for (const std::string& name : names) {
        const std::string help = iolab({name, "--help"}).out;
        for (const std::string& line : lab::split(help, '\n')) EXPECT_LE(line.size(), 80U) << line;
        const auto examples = examples_in(help);
        EXPECT_GE(examples.size(), 2U) << help;
        for (const std::string& example : examples)
            EXPECT_TRUE(example.starts_with("iolab " + name)) << example;
    }
}

// What bash offers behind these words.
std::set<std::string> offered(const std::string& words) {
    const std::string script = fmt::format(
        "source <('{}' completion bash) || exit 1; COMP_WORDS=({}); "
        "COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _iolab; echo \"${{COMPREPLY[*]}}\"",
        IOLAB, words);
    verify::Launch launch;
    launch.command = {"bash", "-c", script};
    verify::Process bash{launch};
    const std::string line = bash.read_line(verify::in(10s)).value_or("");
    EXPECT_EQ(bash.wait(verify::in(10s)), verify::Exit{}) << line;
    std::set<std::string> all;
    for (const std::string& word : lab::split(line, ' ')) all.insert(word);
    return all;
}

TEST(Completion, OffersCommandsOptionsAndNames) {
    EXPECT_EQ(offered("iolab com"), (std::set<std::string>{"compare", "completion"}));
    EXPECT_EQ(offered("iolab compare --mod"), std::set<std::string>{"--models"});
    EXPECT_EQ(offered("iolab compare --models epoll_l"), std::set<std::string>{"epoll_lt"});
    EXPECT_EQ(offered("iolab compare --models poll,epoll_l"),
              std::set<std::string>{"poll,epoll_lt"});
    EXPECT_EQ(offered("iolab compare --models complet"), std::set<std::string>{"completion"});
    EXPECT_EQ(offered("iolab run two-s"), std::set<std::string>{"two-sends"});
    EXPECT_EQ(offered("iolab verify blo"), std::set<std::string>{"blocking"});
    EXPECT_EQ(offered("iolab compare --preset st"), std::set<std::string>{"standard"});
    EXPECT_EQ(offered("iolab report --format mark"), std::set<std::string>{"markdown"});
    EXPECT_EQ(offered("iolab completion zs"), std::set<std::string>{"zsh"});
}

TEST(Completion, IsThereForOtherShells) {
    EXPECT_NE(iolab({"completion", "zsh"}).out.find("bashcompinit"), std::string::npos);
    EXPECT_NE(iolab({"completion", "fish"}).out.find("-l threshold -r"), std::string::npos);
    EXPECT_EQ(iolab({"completion", "cmd"}).exit, (verify::Exit{false, 2}));
}

TEST(Version, IsTheSameWhereverItStands) {
    const std::string said = iolab({"--version"}).out;
    EXPECT_EQ(said, "iolab " IOLAB_VERSION "\n");
    const std::string cited = lab::contents(SOURCE_DIR "/CITATION.cff");
    EXPECT_NE(cited.find("\nversion: " IOLAB_VERSION "\n"), cited.npos);
    EXPECT_NE(lab::contents(SOURCE_DIR "/CHANGELOG.md").find(IOLAB_VERSION "\n"), cited.npos);
}

// What goes on for long, and ends in order when it is interrupted.
bool goes_on(const std::string& example) {
    const auto words = lab::split(example, ' ');
    return std::set<std::string>{"load", "verify", "demo", "trace"}.contains(words.at(1));
}

// All at once: most of what one waits for is waiting.
TEST_F(Help, HasExamplesThatRun) {
    std::set<std::string> examples;
    for (const std::string& example : examples_in(iolab({"--help"}).out)) examples.insert(example);
    for (const std::string& name : commands())
        for (const std::string& example : examples_in(iolab({name, "--help"}).out))
            examples.insert(example);
    std::vector<std::pair<std::string, std::unique_ptr<verify::Process>>> running;
    for (const std::string& example : examples) {
        verify::Launch launch;
        launch.command = {"/bin/sh", "-c", command(example)};
        launch.standard_output = verify::Stream::null;
        running.emplace_back(example, std::make_unique<verify::Process>(launch));
    }
    const auto enough = verify::in(700ms);
    for (const auto& [example, process] : running) {
        auto exit = process->wait(enough);
        const bool interrupted = !exit && goes_on(example);
        if (interrupted) process->signal(SIGINT);
        if (!exit) exit = process->wait(verify::in(20s));
        ASSERT_TRUE(exit.has_value()) << example << " does not end";
        // One that was interrupted before it was ready for that was ended by the signal.
        const bool good = exit->by_signal
                              ? interrupted && exit->number == SIGINT
                              : std::set<int>{0, 99, interrupted ? 130 : 0}.contains(exit->number);
        EXPECT_TRUE(good) << example << ": " << verify::describe(*exit) << "\n"
                          << process->stderr_text();
    }
}

}  // namespace
