// The servers are read side by side, so they are held to one form.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "tests/siblings/source.hpp"

namespace {

namespace fs = std::filesystem;
using siblings::Section;
using siblings::Source;

const std::string project = IOLAB_SOURCE_DIRECTORY;

class Sibling : public testing::TestWithParam<std::string> {
protected:
    Source source = siblings::read_source(project, GetParam());
};

INSTANTIATE_TEST_SUITE_P(siblings, Sibling, testing::ValuesIn(siblings::model_names()),
                         [](const auto& one) { return one.param; });

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// Of a completion model; what has another meaning there has another name.
bool completes(const Source& source) {
    const auto says = [](const std::string& line) {
        return line.find(".kind = \"completion\"") != std::string::npos;
    };
    return std::any_of(source.lines.begin(), source.lines.end(), says);
}

std::string whole(const Source& source) {
    std::string text;
    for (const std::string& line : source.lines) (text += line) += '\n';
    return text;
}

/// Every paragraph of the file.
std::vector<std::string> prose_of(const Source& source) {
    std::vector<std::string> prose = source.essay;
    for (const Section& section : source.sections)
        prose.insert(prose.end(), section.comments.begin(), section.comments.end());
    return prose;
}

TEST_P(Sibling, opens_with_its_name_and_its_idea) {
    EXPECT_TRUE(source.lines.front().starts_with("// # " + GetParam() + ": "))
        << source.lines.front();
}

TEST_P(Sibling, has_an_essay_and_three_bullets) {
    std::string bullets;
    int paragraphs = 0;
    for (const std::string& paragraph : source.essay)
        if (paragraph.starts_with("- "))
            bullets += paragraph + '\n';
        else if (!paragraph.starts_with("#"))
            ++paragraphs;
    EXPECT_GE(paragraphs, 2);
    for (const auto* bullet : {"- *Sleeps in* ", "- *Kernel remembers between waits*: ",
                               "- *Read before*: ", "*Read after*: "})
        EXPECT_NE(bullets.find(bullet), std::string::npos) << bullet << " in\n" << bullets;
}

TEST_P(Sibling, has_the_headings_in_their_order) {
    std::vector<std::string> headings;
    for (const Section& section : source.sections)
        if (section.heading != "Workers") headings.push_back(section.heading);
    EXPECT_EQ(joined(headings), "State, Watch, Wait, Accept, Receive, Send, Run");
}

TEST_P(Sibling, says_something_under_every_heading) {
    for (const Section& section : source.sections)
        EXPECT_FALSE(section.comments.empty()) << section.heading;
}

TEST_P(Sibling, has_the_functions_in_their_order) {
    const std::string watch = completes(source) ? "submit" : "watch";
    const std::set<std::string> common{watch,     "forget", "wait", "accept_ready",
                                       "receive", "send",   "run",  "main"};
    std::vector<std::string> found;
    for (const std::string& name : source.functions)
        if (common.contains(name)) found.push_back(name);
    EXPECT_EQ(joined(found), watch + ", forget, wait, accept_ready, receive, send, run, main");
}

TEST_P(Sibling, is_narrow_enough_for_two_on_a_screen) {
    for (const std::string& line : source.lines) EXPECT_LE(line.size(), 80u) << line;
}

TEST_P(Sibling, explains_more_than_half_as_much_as_it_does) {
    EXPECT_GT(2 * source.comment_lines(), source.code_lines());
}

TEST_P(Sibling, moves_its_bytes_itself) {
    const std::string text = whole(source);
    const std::string by = completes(source) ? R"(ring\.)" : "sys::";
    for (const auto* call : {"accept4", "recv", "send", "close"})
        EXPECT_TRUE(std::regex_search(text, std::regex{by + call + R"((_multishot)?\()"})) << call;
}

TEST_P(Sibling, has_a_main_of_one_line) {
    const std::string text = whole(source);
    static const std::regex main{
        R"(int main\(int argc, char\*\* argv\) \{\s*return server::main\([^;]*\);\s*\}\s*$)"};
    EXPECT_TRUE(std::regex_search(text, main));
}

TEST_P(Sibling, includes_the_kernel_first_and_us_last) {
    const auto rank = [](const std::string& include) {
        if (include.starts_with("#include \"")) return 2;
        return include.find(".h>") != std::string::npos ? 0 : 1;
    };
    int last = 0;
    for (const std::string& line : source.lines) {
        if (!line.starts_with("#include")) continue;
        EXPECT_GE(rank(line), last) << line;
        last = std::max(last, rank(line));
    }
}

TEST_P(Sibling, cites_a_section_with_every_manual_page) {
    static const std::regex page{R"(\b[a-z_0-9]+\([1-9]\)(.?.?.?))"};
    static const std::regex section{R"(, ?[A-Z][A-Za-z]?)"};
    for (const std::string& paragraph : prose_of(source)) {
        for (std::sregex_iterator cited{paragraph.begin(), paragraph.end(), page}, end;
             cited != end; ++cited)
            EXPECT_TRUE(std::regex_search(cited->str(1), section)) << cited->str() << " in\n"
                                                                   << paragraph;
    }
}

TEST_P(Sibling, refers_to_files_that_are_there) {
    static const std::regex file{R"(\b([a-z_]+\.cpp)\b)"};
    for (const std::string& paragraph : prose_of(source)) {
        for (std::sregex_iterator named{paragraph.begin(), paragraph.end(), file}, end;
             named != end; ++named)
            EXPECT_TRUE(fs::exists(project + "/servers/" + named->str(1))) << named->str();
    }
}

TEST_P(Sibling, says_what_to_read_before_and_after_it) {
    const std::vector<std::string> names = siblings::model_names();
    const auto own = std::find(names.begin(), names.end(), GetParam());
    const auto file = [](const std::string& name) { return name + ".cpp"; };
    const std::string before = own == names.begin() ? "nothing" : file(*(own - 1));
    const std::string after = file(own + 1 == names.end() ? names.front() : *(own + 1));
    const std::string text = joined(source.essay);
    EXPECT_NE(text.find("*Read before*: " + before), std::string::npos) << before;
    EXPECT_NE(text.find("*Read after*: " + after), std::string::npos) << after;
}

std::size_t percent_in_common(const std::string& one, const std::string& other) {
    const Source left = siblings::read_source(project, one);
    const Source right = siblings::read_source(project, other);
    const std::size_t same = siblings::common_lines(left.lines, right.lines);
    return 200 * same / (left.lines.size() + right.lines.size());
}

// Where a chapter begins the neighbour is another kind of server; then it is one that was read
// earlier with which it is compared. The first that hears of what is done, and not of what may be
// tried, has the calls of none: a third is what is left.
TEST(siblings, share_more_than_half_their_lines_with_one_read_before) {
    const std::vector<std::string> names = siblings::model_names();
    bool completed = false;
    for (std::size_t at = 1; at < names.size(); ++at) {
        const bool first = !completed && completes(siblings::read_source(project, names[at]));
        completed = completed || first;
        std::size_t most = 0;
        for (std::size_t before = 0; before < at; ++before)
            most = std::max(most, percent_in_common(names[before], names[at]));
        EXPECT_GT(most, first ? 33U : 50U) << names[at];
        RecordProperty(names[at], static_cast<int>(most));
    }
}

TEST(siblings, name_no_model_in_prose_that_they_share) {
    static const std::regex model{R"(\b(select|poll|epoll|epoll_\w+|blocking)\b)"};
    std::map<std::string, std::set<std::string>> users;
    for (const std::string& name : siblings::model_names()) {
        for (const Section& section : siblings::read_source(project, name).sections)
            for (const std::string& paragraph : section.comments)
                for (const std::string& sentence : siblings::sentences_of(paragraph))
                    users[sentence].insert(name);
    }
    int shared = 0;
    for (const auto& [sentence, names] : users) {
        if (names.size() < 2) continue;
        ++shared;
        EXPECT_FALSE(std::regex_search(siblings::without_citations(sentence), model)) << sentence;
    }
    EXPECT_GT(shared, 10);
}

TEST(siblings, are_included_by_nobody) {
    for (const auto* room : {"servers", "common", "bench", "tests"}) {
        for (const auto& entry : fs::recursive_directory_iterator{project + "/" + room}) {
            if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
            std::ifstream file{entry.path()};
            for (std::string line; std::getline(file, line);)
                EXPECT_FALSE(line.starts_with("#include \"servers/")) << entry.path() << line;
        }
    }
}

}  // namespace
