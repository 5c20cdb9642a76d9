// What the course cites of manual pages stands in these pages, where they are installed.

#include <gtest/gtest.h>
#include <stdio.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "docs/generator/atlas.hpp"
#include "docs/generator/text.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path manuals = "/usr/share/man";

// The names in citations are shell-safe: letters, digits, `_` and `-`.
std::string unpacked(const fs::path& file) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe{
        ::popen(("gzip -cd " + file.string()).c_str(), "r"), &::pclose};
    std::string text;
    std::array<char, 65536> block{};
    while (pipe != nullptr) {
        const std::size_t count = std::fread(block.data(), 1, block.size(), pipe.get());
        if (count == 0) break;
        text.append(block.data(), count);
    }
    return text;
}

// The source of `socket` in section `7`; none where it is not installed.
std::optional<std::string> manual(const std::string& name, const std::string& section) {
    const fs::path file = manuals / ("man" + section.substr(0, 1)) / (name + "." + section + ".gz");
    if (!fs::exists(file)) return std::nullopt;
    std::string text = unpacked(file);
    constexpr std::string_view another = ".so man";
    if (!text.starts_with(another)) return text;
    const fs::path to = text.substr(another.size(), text.find('\n') - another.size());
    return manual(to.stem(), to.extension().string().substr(1));
}

// A line of roff as its reader sees it, as far as names go.
std::string plain(std::string_view line) {
    std::string text;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const bool font = line.substr(at).starts_with("\\f") && at + 2 < line.size();
        if (font) {
            at += 2;
        } else if (line[at] == '\\' && at + 1 < line.size()) {
            ++at;
            if (line[at] != '&') text += line[at] == 'e' ? '\\' : line[at];
        } else if (line[at] != '"') {
            text += line[at];
        }
    }
    return text;
}

bool is_part(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool has_word(const std::string& text, const std::string& word) {
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !is_part(text[at - 1]);
        if (begins && (end == text.size() || !is_part(text[end]))) return true;
    }
    return false;
}

// What has several words is a heading, and begins one; all else is a word of the text.
bool has(const std::string& manual, const std::string& name) {
    const bool is_heading = name.find(' ') != name.npos;
    bool begins = false;  // what stands alone has its heading in the next line
    for (const std::string& line : docs::lines_of(manual)) {
        if (line.starts_with(".\\\"")) continue;
        const std::string text = plain(line);
        const bool opens = text.starts_with(".SH ") || text.starts_with(".SS ");
        const std::string heading = begins ? text : opens ? text.substr(4) : "";
        begins = text == ".SH" || text == ".SS";
        if (is_heading ? heading.starts_with(name) : has_word(text, name)) return true;
    }
    return false;
}

struct Citation {
    std::string name, section, of;  ///< `of`: empty, or what is cited of the page
};

std::optional<Citation> parse(const std::string& line) {
    const std::size_t open = line.find('('), close = line.find(')');
    if (open == line.npos || close == line.npos) return std::nullopt;  // an RFC
    const std::string of = line.substr(close + 1);
    return Citation{line.substr(0, open), line.substr(open + 1, close - open - 1),
                    of.starts_with(", ") ? of.substr(2) : ""};
}

TEST(Manuals, HaveWhatIsCitedOfThem) {
    if (!manual("socket", "7") || !manual("poll", "2"))
        GTEST_SKIP() << "no manual pages here; Debian: manpages, manpages-dev";
    std::ifstream list{SOURCE_DIR "/docs/citations.txt"};
    std::ostringstream text;
    text << list.rdbuf();
    std::map<std::string, std::optional<std::string>> pages;
    std::size_t looked_at = 0;
    for (const std::string& line : docs::parse_citations(text.str())) {
        const auto citation = parse(line);
        if (!citation || citation->of.empty()) continue;
        const std::string file = citation->name + '.' + citation->section;
        if (!pages.contains(file)) pages[file] = manual(citation->name, citation->section);
        if (!pages[file]) continue;  // of another package
        ++looked_at;
        EXPECT_TRUE(has(*pages[file], citation->of)) << line;
    }
    EXPECT_GT(looked_at, 40U);
}

TEST(Manuals, HaveTheNamesOfOthersThatTheyAreSaidToHave) {
    if (!manual("proc", "5")) GTEST_SKIP() << "no manual pages here; Debian: manpages";
    std::ifstream list{SOURCE_DIR "/docs/outside_names.txt"};
    std::ostringstream text;
    text << list.rdbuf();
    const docs::OutsideNames names{text.str()};
    EXPECT_GT(names.entries().size(), 10U);
    for (const auto& [name, entry] : names.entries()) {
        EXPECT_NE(entry.source, "") << name;
        const auto citation = parse(entry.source);
        if (!citation) continue;  // no manual page
        const auto page = manual(citation->name, citation->section);
        if (page) {
            EXPECT_TRUE(has(*page, name)) << name << ' ' << entry.source;
        }
    }
}

TEST(Manuals, AreTakenAtTheirWord) {
    const std::string page =
        ".SH NAME\n.SS \"The si_code field\"\n.BR SO_RCVTIMEO \" and \" SO_SNDTIMEO\n"
        ".\\\" NOTES and SO_COMMENT\n.IR /proc/sys\nclose\\-on\\-exec\n.SS\nSee below\nNot here\n";
    for (const char* there :
         {"NAME", "The si_code field", "SO_RCVTIMEO", "close-on-exec", "See below"})
        EXPECT_TRUE(has(page, there)) << there;
    for (const char* absent :
         {"NOTES", "SO_RCVTIME", "SO_COMMENT", "The field", "SYNOPSIS", "Not here"})
        EXPECT_FALSE(has(page, absent)) << absent;
}

}  // namespace
