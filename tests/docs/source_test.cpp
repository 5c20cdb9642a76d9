// A source taken apart into prose and code, and two of them side by side.

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "docs/generator/highlight.hpp"
#include "docs/generator/siblings.hpp"
#include "docs/generator/source.hpp"
#include "docs/generator/text.hpp"

namespace {

using Lines = std::vector<std::string>;

docs::Source parse(const std::string& path, const Lines& lines) {
    return docs::parse_source(path, docs::joined(lines));
}

TEST(Sources, PutACommentAtTheLeftMarginBesideTheCodeBelowIt) {
    const auto source = parse("servers/a.cpp", {"// ## Wait", "//", "// It sleeps.", "int wait() {",
                                                "    // inside", "    return 0;", "}", ""});
    ASSERT_EQ(source.chunks.size(), 1U);
    const docs::Chunk& chunk = source.chunks[0];
    EXPECT_EQ(chunk.heading, "Wait");
    EXPECT_TRUE(chunk.is_section);
    EXPECT_EQ(chunk.prose, "\n\nIt sleeps.\n");
    EXPECT_EQ(chunk.prose_line, 1);
    EXPECT_EQ(chunk.code, (Lines{"int wait() {", "    // inside", "    return 0;", "}"}));
    EXPECT_EQ(chunk.code_line, 4);
}

TEST(Sources, BeginAChunkAtEveryContractOfAMember) {
    const auto source =
        parse("common/a.hpp",
              {"/// What it is.", "class A {", "    /// How many.", "    /// result: at least 1",
               "    int count() const;", "    int size_ = 0;  ///< bytes", "};"});
    ASSERT_EQ(source.chunks.size(), 2U);
    EXPECT_EQ(source.chunks[1].prose, "How many.\\\n*result:* at least 1\n");
    ASSERT_EQ(source.chunks[1].declared.size(), 1U);
    EXPECT_EQ(source.chunks[1].declared[0].name, "count");
    EXPECT_EQ(source.chunks[1].declared[0].line, 5);
}

TEST(Sources, KeepTheCodeBeforeTheFirstComment) {
    const auto source = parse("common/a.hpp", {"#pragma once", "", "// A room.", "int a();"});
    ASSERT_EQ(source.chunks.size(), 2U);
    EXPECT_EQ(source.chunks[0].code, (Lines{"#pragma once"}));
    EXPECT_EQ(source.chunks[0].prose, "");
}

TEST(Names, AreThoseThatALineDeclares) {
    EXPECT_EQ(docs::declared_name("void watch(Model& model, server::Client& client) {", false),
              "watch");
    EXPECT_EQ(docs::declared_name("[[nodiscard]] int accept4(int fd,", true), "accept4");
    EXPECT_EQ(docs::declared_name("Client* Service::expired() {", false), "expired");
    EXPECT_EQ(docs::declared_name("class [[nodiscard]] Fd {", true), "Fd");
    EXPECT_EQ(docs::declared_name("enum class Next {", true), "Next");
    EXPECT_EQ(docs::declared_name("template <class Thing> bool push(Thing& thing);", true), "push");
}

TEST(Names, AreNotWhatALineCallsOrAnnounces) {
    EXPECT_EQ(docs::declared_name("void send(Model& model);", false), "");
    EXPECT_EQ(docs::declared_name("    return wait(model);", true), "");
    EXPECT_EQ(docs::declared_name("    const int fd = open(path);", true), "");
    EXPECT_EQ(docs::declared_name("    counter.store(value);", true), "");
    EXPECT_EQ(docs::declared_name("struct Later;", true), "");
    EXPECT_EQ(docs::declared_name("namespace sys {", true), "");
}

TEST(SideBySide, PutsAChangedLineBesideWhatItWasChangedTo) {
    const Lines left{"a", "b", "c"};
    const Lines right{"a", "B", "c", "d"};
    const auto rows = docs::side_by_side(left, right);
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_FALSE(rows[0].changed);
    EXPECT_TRUE(rows[1].changed);
    EXPECT_EQ(rows[1].left, 1);
    EXPECT_EQ(rows[1].right, 1);
    EXPECT_EQ(rows[3].left, -1);
    EXPECT_EQ(rows[3].right, 3);
}

TEST(SideBySide, KeepsEveryLineOfBothInItsOrder) {
    const Lines left{"x", "a", "b", "x", "c"};
    const Lines right{"a", "x", "c", "b"};
    int next_left = 0, next_right = 0;
    for (const docs::Row& row : docs::side_by_side(left, right)) {
        if (row.left >= 0) {
            EXPECT_EQ(row.left, next_left++);
        }
        if (row.right >= 0) {
            EXPECT_EQ(row.right, next_right++);
        }
        if (!row.changed) {
            EXPECT_EQ(left[static_cast<std::size_t>(row.left)],
                      right[static_cast<std::size_t>(row.right)]);
        }
    }
    EXPECT_EQ(next_left, 5);
    EXPECT_EQ(next_right, 4);
}

TEST(SideBySide, MarksTheWordsInWhichTwoLinesDiffer) {
    const auto change = docs::change_of("    input ? POLLIN : x;", "    input ? EPOLLIN : x;");
    EXPECT_EQ(change.left, (std::pair<std::size_t, std::size_t>{12, 18}));
    EXPECT_EQ(change.right, (std::pair<std::size_t, std::size_t>{12, 19}));
    EXPECT_EQ(docs::change_of("abc", "xyz").left, (std::pair<std::size_t, std::size_t>{0, 0}));
}

TEST(Siblings, AreMatchedBySectionAndByWhatAFunctionIsCalled) {
    const auto left = parse("servers/a.cpp", {"// # a: x", "", "// ## Watch", "// One.",
                                              "int watch() {", "}", "// Gone.", "int extra() {",
                                              "}", "// ## Run", "// Same.", "int run() {", "}"});
    const auto right =
        parse("servers/b.cpp", {"// # b: y", "", "// ## Watch", "// Two.", "int watch() {",
                                "    more();", "}", "// ## Run", "// Same.", "int run() {", "}"});
    const auto facing = docs::facing_chunks(left, right);
    ASSERT_EQ(facing.size(), 4U);
    EXPECT_EQ(facing[1].reason()->prose, "\nTwo.\n");
    EXPECT_EQ(facing[2].right, nullptr);
    EXPECT_EQ(facing[2].reason()->prose, "Gone.\n");
    EXPECT_TRUE(facing[3].same_code());
    EXPECT_TRUE(facing[3].same_prose());
}

TEST(Highlighted, LinesAreTakenOnlyIfTheySayTheSameText) {
    const Lines lines{"int a;  // b", "x < y"};
    const auto read = docs::read_highlighted(
        "<pre><tt><span class=\"type\">int</span> a;<script>  // b\nx <span "
        "class=\"symbol\">&lt;</span> y\n</tt></pre>",
        lines);
    EXPECT_EQ(docs::code_html(read[0]), "int a;  <i class=\"comment\">// b</i>");
    EXPECT_EQ(docs::code_html(read[1]), "x <i class=\"symbol\">&lt;</i> y");
}

TEST(Highlighted, LinesAreWholeWhereTheProgramIsMissing) {
    const std::vector<docs::Plain> texts{{.language = "cpp", .lines = {"int a;  // <b>"}}};
    const auto lines = docs::highlight(texts, "/no/such/program");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(docs::code_html(lines[0][0]), "int a;  <i class=\"comment\">// &lt;b&gt;</i>");
}

TEST(Highlighted, RangesMayGoOverSeveralPieces) {
    const docs::Pieces pieces{{.kind = "", .text = "sys"},
                              {.kind = "symbol", .text = "::"},
                              {.kind = "function", .text = "recv("}};
    const std::vector<docs::Range> ranges{{.begin = 0, .end = 9, .open = "<b>", .close = "</b>"}};
    EXPECT_EQ(docs::code_html(pieces, ranges),
              "<b>sys<i class=\"symbol\">::</i><i class=\"function\">recv</i></b><i "
              "class=\"function\">(</i>");
}

}  // namespace
