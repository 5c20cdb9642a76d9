#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/lab/text.hpp"
#include "bench/report/document.hpp"
#include "bench/report/file.hpp"
#include "bench/report/html.hpp"
#include "bench/report/markdown.hpp"
#include "bench/report/view.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/rich_result.hpp"
#include "tests/bench/run_iolab.hpp"

namespace {

using run_iolab::Finished;
using run_iolab::iolab;

class Report : public InDirectory<> {
protected:
    void SetUp() override {
        InDirectory::SetUp();
        report::write_file(file("one.json"), report::to_text(rich::result()));
        report::write_file(file("other.json"), report::to_text(rich::result(1.3)));
        report::write_file(file("chart.js"), "window.Chart = class {};");
    }

    [[nodiscard]] std::string text_of(const std::string& name) const {
        return lab::contents(file(name));
    }
};

void expect_complaint(const Finished& finished, int code, const std::string& what) {
    EXPECT_EQ(finished.exit, (verify::Exit{false, code}));
    EXPECT_NE(finished.err.find(what), std::string::npos) << finished.err;
    EXPECT_EQ(lab::split(finished.err, '\n').size(), 3U) << finished.err;
    EXPECT_EQ(finished.out, "");
}

TEST_F(Report, IsOfTheFormatThatTheFilesNameSays) {
    const auto written = [&](const std::string& name) {
        const Finished finished = iolab(
            {"report", file("one.json"), "-o", file(name), "--chart-library", file("chart.js")});
        EXPECT_EQ(finished.exit, verify::Exit{}) << finished.err;
        EXPECT_EQ(finished.out + finished.err, "");
        return text_of(name);
    };
    EXPECT_EQ(written("a.html").rfind("<!DOCTYPE html>", 0), 0U);
    EXPECT_EQ(written("a.csv").rfind("workload,model,metric", 0), 0U);
    EXPECT_EQ(written("a.md").rfind("# Comparison", 0), 0U);
}

TEST_F(Report, OfADocumentIsThatOfItsResult) {
    ASSERT_EQ(iolab({"report", file("one.json"), "-o", file("a.html"), "--chart-library",
                     file("chart.js")})
                  .exit,
              verify::Exit{});
    const std::string page = text_of("a.html");
    EXPECT_EQ(page.size(), text_of("a.html").size());
    EXPECT_NE(page.find("<h2 id=\"overview\">"), std::string::npos);
    EXPECT_NE(page.find("window.Chart = class {};"), std::string::npos);
    EXPECT_EQ(
        iolab({"report", file("one.json"), "--format", "html", "--chart-library", file("chart.js")})
            .out,
        page);
}

TEST_F(Report, LaysTwoResultsOverEachOtherOrSideBySide) {
    const auto written = [&](const std::string& name) {
        const Finished both = iolab({"report", file("one.json"), file("other.json"), "-o",
                                     file(name), "--chart-library", file("chart.js")});
        EXPECT_EQ(both.exit, verify::Exit{}) << both.err;
        return text_of(name);
    };
    EXPECT_NE(written("both.html").find("B: slow"), std::string::npos);
    EXPECT_EQ(written("both.csv").rfind("result,run_id,workload,model,metric", 0), 0U);
    EXPECT_EQ(written("both.md").rfind("# Comparison A ", 0), 0U);
    EXPECT_EQ(iolab({"report", file("one.json"), file("other.json")}).out, text_of("both.md"));
}

TEST_F(Report, SaysWhereTwoResultsCannotStandAndWhatHelps) {
    const Finished wide =
        iolab({"report", file("one.json"), file("other.json"), "--format", "terminal"});
    expect_complaint(wide, 2, "80 columns");
    EXPECT_NE(wide.err.find("iolab diff"), std::string::npos) << wide.err;
    expect_complaint(iolab({"report", file("one.json"), file("one.json"), file("one.json")}), 2,
                     "RESULT");
}

TEST_F(Report, RefusesAFilesNameThatSaysNoFormatUnlessItIsAskedForOne) {
    for (const char* const name : {"a.pdf", "a", "a.json"}) {
        expect_complaint(iolab({"report", file("one.json"), "-o", file(name)}), 2,
                         std::string{name} + ": no report ends like this");
        EXPECT_FALSE(std::filesystem::exists(file(name)));
    }
    const Finished asked =
        iolab({"report", file("one.json"), "-o", file("a.txt"), "--format", "markdown"});
    EXPECT_EQ(asked.exit, verify::Exit{}) << asked.err;
    EXPECT_EQ(text_of("a.txt").rfind("# Comparison", 0), 0U);
}

TEST_F(Report, HasALineThatNamesTheGroupWhereThereIsNoLibrary) {
    report::write_file(file("broken.js"), "</script>");
    const Finished finished = iolab(
        {"report", file("one.json"), "-o", file("a.html"), "--chart-library", file("broken.js")});
    EXPECT_EQ(finished.exit, verify::Exit{});
    EXPECT_NE(text_of("a.html").find("the group plots is missing"), std::string::npos);
    expect_complaint(iolab({"report", file("one.json"), "-o", file("b.html"), "--chart-library",
                            file("absent.js")}),
                     3, "absent.js cannot be read");
    EXPECT_FALSE(std::filesystem::exists(file("b.html")));
}

TEST_F(Report, RefusesWhatIsNoResult) {
    report::write_file(file("other.txt"), "{\"a\": 1}");
    expect_complaint(iolab({"report", file("other.txt"), "-o", file("a.html")}), 1, "no result");
    expect_complaint(iolab({"report", file("absent.json")}), 1, "there is no result");
}

TEST(List, FitsEightyColumns) {
    const Finished finished = iolab({"list"});
    EXPECT_EQ(finished.exit, verify::Exit{});
    const auto lines = lab::split(finished.out, '\n');
    EXPECT_GT(lines.size(), 60U);
    for (const std::string& line : lines) EXPECT_LE(report::columns_of(line), 80U) << line;
}

}  // namespace
