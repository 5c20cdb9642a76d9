// The zoo's patches as they are read: each applies, is small, and says what it teaches.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "bench/lab/experiment.hpp"
#include "bench/lab/models.hpp"
#include "bench/lab/text.hpp"
#include "bench/models.hpp"
#include "bench/verify/process.hpp"
#include "bench/zoo.hpp"
#include "tests/bench/in_directory.hpp"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_lines = 12;  // taken out, or put in
constexpr std::size_t widest_bug = 48;  // so that a line of `iolab list` has 80 columns

/// A patch taken apart.
struct Patch {
    std::string name, sibling, bug, lesson;
    bool is_variant = false;  ///< no bug: `bug` is what it does otherwise
    int experiment = 0;
    std::vector<std::string> files;  ///< that it changes
    std::size_t removed = 0;
    std::size_t added = 0;
    std::size_t longest_context = 0;  ///< lines that stay, one after the other
};

/// Takes one line of the part before the difference.
void take_header(Patch& patch, const std::string& line) {
    const auto colon = line.find(": ");
    const std::string key = line.substr(0, colon);
    const std::string value = colon == line.npos ? "" : line.substr(colon + 2);
    if (key == "Name") patch.name = value;
    if (key == "Sibling") patch.sibling = value;
    if (key == "Bug" || key == "Variant") patch.bug = value;
    if (key == "Variant") patch.is_variant = true;
    if (key == "Lesson") patch.lesson = value;
    if (key == "Experiment") patch.experiment = static_cast<int>(lab::number(value));
    if (line.starts_with("    ")) patch.lesson += line.substr(3);
}

Patch read_patch(const std::string& name) {
    std::istringstream text{lab::contents(SOURCE_DIR "/servers/zoo/" + name + ".patch")};
    Patch patch;
    bool inside = false;
    std::size_t context = 0;
    for (std::string line; std::getline(text, line);) {
        inside = inside || line.starts_with("--- a/");
        if (!inside) take_header(patch, line);
        if (line.starts_with("+++ b/")) patch.files.push_back(line.substr(6));
        if (!inside || line.starts_with("--- ") || line.starts_with("+++ ")) continue;
        context = line.starts_with(" ") ? context + 1 : 0;
        patch.longest_context = std::max(patch.longest_context, context);
        if (line.starts_with("-")) ++patch.removed;
        if (line.starts_with("+")) ++patch.added;
    }
    return patch;
}

std::vector<std::string> names() {
    return {generated::zoo_names.begin(), generated::zoo_names.end()};
}

class ZooPatch : public testing::TestWithParam<std::string> {
protected:
    Patch patch = read_patch(GetParam());
};

INSTANTIATE_TEST_SUITE_P(zoo, ZooPatch, testing::ValuesIn(names()),
                         [](const auto& one) { return one.param; });

TEST_P(ZooPatch, applies_to_its_file) {
    const std::string report = ZOO "/" + GetParam() + ".unapplied";
    EXPECT_TRUE(fs::exists(report)) << "the zoo was not built";
    EXPECT_EQ(lab::contents(report), "") << "scripts/zoo helps where lines around it have moved";
}

TEST_P(ZooPatch, says_what_it_is_and_what_it_teaches) {
    const auto& models = generated::model_names;
    EXPECT_EQ(patch.name, GetParam());
    EXPECT_NE(std::find(models.begin(), models.end(), patch.sibling), models.end())
        << patch.sibling;
    EXPECT_TRUE(patch.name.starts_with(patch.sibling + "_")) << patch.sibling;
    EXPECT_FALSE(patch.bug.empty());
    EXPECT_LE(patch.bug.size(), widest_bug);
    EXPECT_TRUE(patch.lesson.ends_with('.')) << patch.lesson;
    EXPECT_GE(patch.experiment, 1);
    EXPECT_LE(patch.experiment, 30);
}

TEST_P(ZooPatch, changes_a_few_lines_of_one_file) {
    ASSERT_EQ(patch.files.size(), 1U);
    const std::string& file = patch.files.front();
    EXPECT_TRUE(file == "servers/" + patch.sibling + ".cpp" || file.starts_with("common/")) << file;
    EXPECT_LE(patch.removed, most_lines);
    EXPECT_LE(patch.added, most_lines);
    EXPECT_LE(patch.longest_context, 2U) << "diff -U1: one line before and one behind";
}

TEST_P(ZooPatch, stands_in_the_docs) {
    const std::string docs = lab::contents(SOURCE_DIR "/docs/zoo.md");
    const std::string row =
        fmt::format("| [{0}](../servers/zoo/{0}.patch) | {1} | {2} | {3} | {4} |", patch.name,
                    patch.sibling, patch.experiment, patch.bug, patch.lesson);
    const auto at = docs.find(row);
    ASSERT_NE(at, docs.npos) << row;
    EXPECT_EQ(at > docs.find("\n## Variants\n"), patch.is_variant);
}

// By the experiment itself: its control, which need not be run, does not count.
TEST_P(ZooPatch, is_shown_by_the_experiment_that_it_names) {
    const std::string mark = fmt::format("// Experiment {}", patch.experiment);
    bool shown = false;
    for (const auto& entry : fs::directory_iterator{SOURCE_DIR "/bench/experiments"}) {
        if (entry.path().extension() != ".jsonc") continue;
        const std::string text = lab::contents(entry.path());
        const bool is_it = text.starts_with(mark + ".") || text.starts_with(mark + ",");
        if (!is_it) continue;
        for (const auto& choice : lab::parse_experiment(text, entry.path().filename()).models)
            shown = shown || choice.pattern == "zoo/" + patch.name;
    }
    EXPECT_TRUE(shown) << "experiment " << patch.experiment;
}

TEST_P(ZooPatch, makes_a_server_that_bears_its_name) {
    verify::Launch launch;
    launch.command = {ZOO "/" + GetParam(), "--traits"};
    verify::Process process{launch};
    const auto traits =
        lab::parse_traits(process.read_line(verify::in(std::chrono::seconds{10})).value_or(""));
    EXPECT_EQ(traits.model, patch.name);
    EXPECT_EQ(traits.idea, patch.bug);
}

TEST(Zoo, HasEveryPatchThatIsThere) {
    std::set<std::string> there;
    for (const auto& entry : fs::directory_iterator{SOURCE_DIR "/servers/zoo"})
        if (entry.path().extension() == ".patch") there.insert(entry.path().stem());
    const auto built = names();
    EXPECT_EQ(there, (std::set<std::string>{built.begin(), built.end()}));
}

/// A patch and a server of its own, to be applied to each other.
class ZooApply : public InDirectory<> {
protected:
    void SetUp() override {
        InDirectory::SetUp();
        fs::create_directories(directory_ / "servers");
        write("epoll_lt_blocks.patch",
              lab::contents(SOURCE_DIR "/servers/zoo/epoll_lt_blocks.patch"));
    }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream{file(name)} << text;
    }

    /// What stands in the report afterwards.
    [[nodiscard]] std::string applied_to(const std::string& server) const {
        write("servers/epoll_lt.cpp", server);
        verify::Launch launch;
        launch.command = {CMAKE,
                          "-DSOURCE=" + directory_.string(),
                          "-DPATCH=" + file("epoll_lt_blocks.patch"),
                          "-DOUTPUT=" + directory_.string(),
                          "-P",
                          SOURCE_DIR "/servers/zoo/apply.cmake"};
        verify::Process process{launch};
        EXPECT_EQ(process.wait(verify::in(std::chrono::seconds{20})), verify::Exit{});
        return lab::contents(file("epoll_lt_blocks.unapplied"));
    }

    [[nodiscard]] std::string program() const { return lab::contents(file("epoll_lt_blocks.cpp")); }

    const std::string sibling = lab::contents(SOURCE_DIR "/servers/epoll_lt.cpp");
    static constexpr std::string_view flags = "constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;";
};

TEST_F(ZooApply, FindsItsPlaceWhereLinesHaveMoved) {
    EXPECT_EQ(applied_to("// one line more\n" + sibling), "");
    EXPECT_NE(program().find("constexpr int flags = SOCK_CLOEXEC;"), std::string::npos);
    EXPECT_EQ(program().find(flags), std::string::npos);
}

TEST_F(ZooApply, NamesAPatchThatFindsNoPlaceAndMakesAProgramThatSaysSo) {
    std::string changed = sibling;
    changed.replace(changed.find(flags), flags.size(), "constexpr int flags = SOCK_CLOEXEC;");
    EXPECT_NE(applied_to(changed).find("epoll_lt_blocks: not exactly once in servers/epoll_lt.cpp"),
              std::string::npos);
    EXPECT_NE(program().find("return 3;"), std::string::npos);
}

TEST_F(ZooApply, NamesAPatchWhoseContextHasChanged) {
    std::string changed = sibling;
    changed.insert(changed.find("    " + std::string{flags}), "    // one more line\n");
    EXPECT_NE(applied_to(changed), "");
}

TEST_F(ZooApply, NamesAPatchThatFindsTwoPlaces) {
    EXPECT_NE(applied_to(sibling + sibling), "");
}

class ZooMissing : public InDirectory<> {};

TEST_F(ZooMissing, IsAReasonAndExitCode3) {
    fs::create_directory(directory_ / "bin");
    fs::copy_file(IOLAB, directory_ / "bin/iolab");
    verify::Launch launch;
    launch.command = {file("bin/iolab"), "run", "permanent-write-interest",
                      "--no-progress",   "-o",  file("result.json")};
    verify::Process process{launch};
    EXPECT_EQ(process.wait(verify::in(std::chrono::seconds{60})), (verify::Exit{.number = 3}));
    EXPECT_NE(process.stderr_text().find("--target zoo"), std::string::npos)
        << process.stderr_text();
}

}  // namespace
