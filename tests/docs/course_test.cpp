// The course as a whole: what links, what fails, what is escaped.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/docs/small_course.hpp"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

TEST(Course, OfASmallProjectHasAPageForEverythingThatIsRead) {
    const SmallCourse small;
    const auto made = small.make();
    EXPECT_EQ(told(made), "");
    for (const char* page :
         {"index.html", "glossary.html", "measuring.html", "search.html", "servers/one.html",
          "servers/two.html", "siblings/one-two.html", "models/one.html", "common/sys.html",
          "experiments/quick.html", "source/bench/experiments/quick.jsonc.html"})
        EXPECT_EQ(made.pages.count(page), 1U) << page;
}

TEST(Course, LinksWhatItCitesAndNames) {
    const SmallCourse small;
    const auto made = small.make();
    const std::string& one = made.pages.at("servers/one.html");
    EXPECT_THAT(one, HasSubstr("href=\"https://man7.org/linux/man-pages/man2/"
                               "poll.2.html#RETURN_VALUE\">poll(2), RETURN VALUE</a>"));
    EXPECT_THAT(one,
                HasSubstr("href=\"https://man7.org/linux/man-pages/man2/select.2.html#BUGS\""));
    EXPECT_THAT(one, HasSubstr("href=\"../experiments/quick.html#workload-busy\">bench: busy</a>"));
    EXPECT_THAT(one, HasSubstr("href=\"../servers/two.html\">two.cpp</a>"));
    EXPECT_THAT(one, HasSubstr("href=\"../common/sys.html#calls.hpp.recv\""));
    EXPECT_THAT(
        made.pages.at("servers/two.html"),
        HasSubstr(
            "href=\"https://www.rfc-editor.org/rfc/rfc9112#section-6\">RFC 9112, section 6</a>"));
    EXPECT_THAT(made.pages.at("index.html"),
                HasSubstr("href=\"servers/one.html#wait\"><code>one.cpp#wait</code></a>"));
    EXPECT_THAT(one, HasSubstr("<h2 id=\"wait\">"));
    EXPECT_THAT(made.pages.at("index.html"),
                HasSubstr("href=\"common/sys.html\"><code>common/sys</code></a>"));
}

TEST(Course, ListsThePartsOfAnExperimentInTheirOrder) {
    const SmallCourse small;
    const auto part = [&](const std::string& file, const std::string& line) {
        small.write("bench/experiments/" + file + ".jsonc",
                    "// Experiment 1" + line + "\n{\"title\": \"called " + file + "\"}\n");
    };
    part("a", ", third part. Last.");
    part("b", ", first part. Then a second part.");
    part("c", ", second part.");
    const auto made = small.make();
    EXPECT_EQ(told(made), "");
    const std::string& page = made.pages.at("experiments.html");
    EXPECT_LT(page.find("called b"), page.find("called c"));
    EXPECT_LT(page.find("called c"), page.find("called a"));
    EXPECT_NE(page.find("called a"), page.npos);
}

TEST(Course, GoesOnWithASentenceBehindACitation) {
    const SmallCourse small;
    small.change("docs/models/one.md",
                 "Source:", "As poll(2), select(2), recv(2) say, it waits.\n");
    EXPECT_EQ(told(small.make()), "");
}

TEST(Course, LinksATermOfTheGlossaryWhereItFirstComesOnAPage) {
    const SmallCourse small;
    const auto made = small.make();
    const std::string& page = made.pages.at("measuring.html");
    const std::string link = "href=\"glossary.html#term-wake-up\">wake-up</a>";
    const std::size_t first = page.find(link);
    ASSERT_NE(first, page.npos);
    EXPECT_EQ(page.find(link, first + 1), page.npos);
    EXPECT_THAT(made.pages.at("glossary.html"),
                HasSubstr("<dfn id=\"term-wake-up\">Wake-up</dfn>"));
}

TEST(Course, LinksTermsInTheEntriesOfOthersOnceAnEntryAndNeverInTheirOwn) {
    const SmallCourse small;
    small.write("docs/glossary.md",
                "# Glossary\n\n**Wake-up**: the end of a *wait*. No wake-up without a reason.\n\n"
                "**Wait**, **sleep**: until the wake up; every wake-up. To sleep is to wait.\n"
                "**Deep sleep**: a long\nwait.\n\n**Round** (of a clock): twelve hours.\n\n"
                "**Day**: two rounds.\n");
    const auto made = small.make();
    EXPECT_EQ(told(made), "");
    const std::string& page = made.pages.at("glossary.html");
    const auto link = [](const std::string& term, const std::string& words) {
        return "<a class=\"term\" href=\"#term-" + term + "\">" + words + "</a>";
    };
    EXPECT_THAT(page, HasSubstr("Wake-up</dfn>: the end of a <em>" + link("wait", "wait") +
                                "</em>. No wake-up without a reason.</p>"));
    EXPECT_THAT(page,
                HasSubstr("<dfn id=\"term-wait\">Wait</dfn>, "
                          "<dfn id=\"term-sleep\">sleep</dfn>: until the " +
                          link("wake-up", "wake up") + "; every wake-up. To sleep is to wait.\n"));
    EXPECT_THAT(page, HasSubstr("Deep sleep</dfn>: a long\n" + link("wait", "wait") + ".</p>"));
    EXPECT_THAT(page, HasSubstr("<dfn id=\"term-round\">Round</dfn> (of a clock)"));
    EXPECT_THAT(page, HasSubstr("two rounds."));
}

TEST(Course, GivesEveryDifferenceOfSiblingsItsReason) {
    const SmallCourse small;
    const auto made = small.make();
    const std::string& pair = made.pages.at("siblings/one-two.html");
    const std::size_t reason = pair.find("Twice as many lines: that is the lesson.");
    const std::size_t line = pair.find("asked");
    ASSERT_NE(reason, pair.npos);
    ASSERT_NE(line, pair.npos);
    EXPECT_LT(reason, line);
    EXPECT_THAT(pair, HasSubstr("Word for word the same</h2>\n<p>Run.</p>"));
}

TEST(Course, ShowsABugOfTheZooBesideTheSiblingThatDoesNotHaveIt) {
    const SmallCourse small;
    const auto made = small.make();
    EXPECT_EQ(told(made), "");
    const std::string& page = made.pages.at("zoo/one_sleeps.html");
    EXPECT_THAT(page, HasSubstr("<p class=\"idea\">It sleeps for ever.</p>"));
    EXPECT_THAT(page, HasSubstr("poll.2.html#RETURN_VALUE"));
    EXPECT_THAT(page, HasSubstr("<td class=\"number\">13</td><td class=\"come\">"));
    EXPECT_THAT(made.pages.at("zoo.html"), HasSubstr("href=\"zoo/one_sleeps.html\">It</a>"));
}

TEST(Course, LeadsFromAnExperimentToItsServers) {
    const SmallCourse small;
    small.change("bench/experiments/quick.jsonc", "[\"one\", \"two\"]",
                 "[\"one\", {\"model\": \"zoo/one_sleeps\", \"args\": [\"--lab\"]}, \"t*\"]");
    const auto made = small.make();
    const std::string& page = made.pages.at("experiments/quick.html");
    EXPECT_THAT(
        page,
        HasSubstr("<li><code><a class=\"in\" href=\"../servers/one.html\">one</a></code></li>"));
    EXPECT_THAT(
        page, HasSubstr("<code><a class=\"in\" href=\"../zoo/one_sleeps.html\">zoo/one_sleeps</a> "
                        "--lab</code>"));
    EXPECT_THAT(page, HasSubstr("<li><code>t*</code></li>"));
}

TEST(Course, HidesAnAnswerUntilItIsAskedFor) {
    const SmallCourse small;
    const auto made = small.make();
    EXPECT_THAT(made.pages.at("experiments/quick.html"),
                HasSubstr("<details class=\"answer\"><summary>The answer: guess first</summary>"));
    EXPECT_THAT(made.pages.at("experiments/quick.html"), HasSubstr("id=\"expected\""));
    EXPECT_THAT(made.pages.at("experiments/quick.html"), Not(HasSubstr("href=\"#expected\"")));
}

struct Mistake {
    const char* name;
    const char* file;
    const char* before;
    std::string after;
    std::string told;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
    *out << mistake.name;
}

/// A code span of the page on measuring, and what is told of it.
Mistake in_a_span(const char* name, const std::string& code, const std::string& told) {
    return {name, "docs/measuring.md", "wake-up again", "`" + code + "` again",
            "docs/measuring.md:5: " + told};
}

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreToldWithTheirFileAndLine) {
    const SmallCourse small;
    small.change(GetParam().file, GetParam().before, GetParam().after);
    EXPECT_THAT(told(small.check()), HasSubstr(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    course, Mistakes,
    testing::Values(
        Mistake{"citation", "servers/one.cpp", "poll(2), RETURN", "polll(2), RETURN",
                "servers/one.cpp:3: `polll(2)` is cited, and is not known"},
        Mistake{"citation_in_code", "servers/one.cpp", "// select(2)", "// sellect(2)",
                "servers/one.cpp:13: `sellect(2)` is cited, and is not known"},
        Mistake{"section", "servers/one.cpp", "poll(2), RETURN", "poll(2), RETURNED",
                "servers/one.cpp:3: `poll(2), RETURNED VALUE` is cited, and is not known"},
        Mistake{"option", "servers/one.cpp", "poll(2), RETURN VALUE", "poll(2),\n// pollfd_fd",
                "servers/one.cpp:3: `poll(2), pollfd_fd` is cited, and is not known"},
        Mistake{"section_in_code", "servers/one.cpp", "// select(2), BUGS", "// select(2), BUG",
                "servers/one.cpp:13: `select(2), BUG` is cited, and is not known"},
        Mistake{"section_nine", "servers/one.cpp", "poll(2), RETURN", "poll(9), RETURN",
                "servers/one.cpp:3: `poll(9)` is cited, and is not known"},
        Mistake{"place", "docs/experiments.md", "Guess first", "## Content\n\nGuess first",
                "experiments.html:1: the place `content` is twice on the page"},
        Mistake{"rfc", "servers/two.cpp", "RFC 9112", "RFC 9119",
                "servers/two.cpp:3: `RFC 9119` is cited"},
        Mistake{"workload", "servers/one.cpp", "bench: busy", "bench: bussy",
                "servers/one.cpp:11: `bench: bussy` names no workload"},
        Mistake{"file", "servers/one.cpp", "two.cpp", "too.cpp",
                "servers/one.cpp:5: `too.cpp` is no file"},
        Mistake{"name", "docs/README.md", "one.cpp#wait", "one.cpp#weight",
                "docs/README.md:3: `weight` is no section, function or type of servers/one.cpp"},
        Mistake{"link", "docs/README.md", "models/one.md", "models/uno.md",
                "docs/README.md:3: the link to `models/uno.md` leads to no file"},
        Mistake{"anchor", "docs/experiments.md", "#the-calls", "#the-cells",
                "docs/experiments.md:3: `#the-cells` is no place on the page"},
        Mistake{"outside", "docs/README.md", "models/one.md", "../../etc/passwd",
                "docs/README.md:3: the link to"},
        Mistake{"script", "docs/README.md", "models/one.md", "javascript:alert(1)",
                "docs/README.md:3: the link to"},
        Mistake{"path", "docs/models/one.md", "servers/one.cpp", "servers/uno.cpp",
                "docs/models/one.md:3: `servers/uno.cpp` is no file"},
        Mistake{"tag", "docs/README.md", "Read [one]", "<script>alert(1)</script>\n\nRead [one]",
                "docs/README.md:3: a tag of HTML"},
        Mistake{"term", "docs/glossary.md", "**Wake-up**", "**Wake-up**: one.\n\n**Wake-up**",
                "docs/glossary.md:5: `Wake-up` is defined twice"},
        Mistake{
            "patch", "servers/zoo/one_sleeps.patch", " int wait", " int await",
            "servers/zoo/one_sleeps.patch:10: the lines that it changes do not stand exactly once"},
        in_a_span("word", "poll_forever", "`poll_forever` is no name of the code"),
        in_a_span("word_of_a_comment", "remembers", "`remembers` is no name of the code"),
        in_a_span("word_of_a_test", "made_up", "`made_up` is no name of the code"),
        in_a_span("word_of_an_experiment", "better", "`better` is no name of the code"),
        Mistake{"word_in_a_heading", "docs/measuring.md", "The calls", "The `poll_forever` calls",
                "docs/measuring.md:3: `poll_forever` is no name of the code"},
        Mistake{"word_in_a_link", "docs/README.md", "[one]", "[`poll_forever`]",
                "docs/README.md:3: `poll_forever` is no name of the code"},
        Mistake{"word_in_prose", "servers/one.cpp", "Until it is done.", "Until `poll_forever`.",
                "servers/one.cpp:18: `poll_forever` is no name of the code"},
        Mistake{"word_in_code", "servers/one.cpp", "// select(2)", "// `wait` `wet` select(2)",
                "servers/one.cpp:13: `wet` is no name of the code"},
        in_a_span("qualified", "sys::wait", "`sys::wait` is no name of the code"),
        in_a_span("joined", "busy-wait", "`busy-wait` is no name of the code"),
        in_a_span("member", "model.df", "`model.df` is no name of the code"),
        in_a_span("called", "asked()", "`asked()` is called nowhere in the code"),
        in_a_span("one_of_many", "wait(model, fds)", "`fds` is no name of the code"),
        Mistake{"outside_that_nobody_names", "docs/outside_names.txt", "curl(1)\n",
                "curl(1)\nEPOLLET  epoll_ctl(2)\n",
                "docs/outside_names.txt:3: nobody names `EPOLLET`"},
        Mistake{"outside_that_we_have", "docs/outside_names.txt", "curl(1)\n",
                "curl(1)\nwait  wait(2)\n", "docs/outside_names.txt:3: nobody names `wait`"},
        in_a_span("command", "iolab nonsense", "`iolab nonsense` is no command"),
        in_a_span("target", "make nonsense", "`make nonsense` is no command"),
        Mistake{"command_in_a_block", "docs/measuring.md", "again.",
                "again.\n\n```sh\ncurl\nbuild/bin/iolab nonsense\n```",
                "docs/measuring.md:9: `iolab nonsense` is no command"},
        in_a_span("any_option", "--nothing", "`--nothing` is no option"),
        in_a_span("option_of_a_test", "--probe", "`--probe` is no option"),
        in_a_span("short_option", "iolab list -x one", "`-x` is no option of `iolab list`"),
        in_a_span("option_of_a_server", "iolab list --delay",
                  "`--delay` is no option of `iolab list`"),
        in_a_span("option_of_another_command", "iolab list --force",
                  "`--force` is no option of `iolab list`"),
        in_a_span("option_of_a_function", "iolab list --bound",
                  "`--bound` is no option of `iolab list`"),
        in_a_span("label_of_tests", "ctest -L nothing", "`nothing` is no name of the code"),
        in_a_span("option_of_iolab", "build/bin/one --output=file",
                  "`--output` is no option of `one`"),
        in_a_span("option_of_a_script", "scripts/fuzz --job",
                  "`--job` is no option of `scripts/fuzz`"),
        in_a_span("program", "build/bin/uno", "`uno` is no name of the code"),
        in_a_span("bug", "zoo/one_wakes", "`zoo/one_wakes` is no bug of the zoo"),
        in_a_span("directory", "bench/belief/", "`bench/belief/` is no file"),
        in_a_span("many_files", "bench/nothing/*.csv", "`bench/nothing/*.csv` is no file"),
        in_a_span("file_of_a_command", "curl servers/uno.cpp", "`servers/uno.cpp` is no file"),
        in_a_span("page", "servers/one.html#weight", "`#weight` is no place"),
        Mistake{"front_page", "README.md", "make docs", "make dogs",
                "README.md:3: `make dogs` is no command"},
        Mistake{"place_from_the_front_page", "README.md", "#the-calls", "#the-cells",
                "README.md:3: `#the-cells` is no place"},
        Mistake{"label", "docs/measuring.md", "Every wake-up", "[Every][wake] wake-up",
                "docs/measuring.md:5: `[wake]` is referred to, and is no link's label"},
        Mistake{"label_of_code", "docs/measuring.md", "Every wake-up", "One and\n[`wait`][wake]",
                "docs/measuring.md:6: `[wake]` is referred to, and is no link's label"},
        Mistake{"reason", "servers/two.cpp", "// Twice as many lines: that is the lesson.\n", "",
                "servers/two.cpp:11: it differs from its sibling here, and no prose"}),
    [](const auto& mistake) { return mistake.param.name; });

constexpr const char* right_names = R"(# Names

`wait`, `sys::recv`, `model.fd`, `wait(model)`, `if (model.asked) return wait(model);`
`busy-days`, `busy`, `throughput_per_s`, `Recv-Q`, `12`, `$HOME`, `[wait][model]`
`bench: busy`, `poll(2), RETURN VALUE`, [`wait`][label], [two
words][label]

[label]: experiments.md

`iolab list -o file`, `iolab list --help`, `build/bin/iolab list --output=file`, `iolab ARGS`
`iolab diff --force --bound 3`, `iolab --force --version`
`one --delay`, `build/bin/two --no-delay`, `build/zoo/one_sleeps --delay`
`--output`, `--jobs`, `scripts/fuzz --jobs 2`, `probe --probe`
`make docs ARGS='--output file -R one'`, `make -j4 docs`, `make`
`curl --what-it-likes http://127.0.0.1/ | sort`, `ARGS=1 curl -x`, `one --delay='what you like'`
`bench/experiments/*.jsonc`, `common/sys/`, `experiments.md`, `servers/one.html#wait`
`/proc/PID/stat`, `results/latest`, `build/docs/index.html`, `http://127.0.0.1:8080/`

```sh
make docs   what it does
curl nonsense
```
)";

TEST(Course, TakesNamesThatAreThere) {
    const SmallCourse small;
    small.write("docs/names.md", right_names);
    EXPECT_EQ(told(small.check()), "");
}

TEST(Course, EscapesWhatSourcesSay) {
    const SmallCourse small;
    small.change("servers/one.cpp", "Until it is done.",
                 "<script>ran = 1</script> & `<wait>` until done.");
    small.change("servers/one.cpp", "    wait();", "    wait();  // <img src=x onerror=ran>");
    const auto made = small.make();
    EXPECT_EQ(told(made), "");
    const std::string& page = made.pages.at("servers/one.html");
    EXPECT_THAT(page,
                HasSubstr("&lt;script&gt;ran = 1&lt;/script&gt; &amp; <code>&lt;wait&gt;</code>"));
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    const std::string& search = made.pages.at("search.html");
    EXPECT_EQ(search.find("<script>ran"), search.npos);
}

TEST(Course, ShowsFiguresBelowTheLineThatWasCounted) {
    const SmallCourse small;
    small.write("result.json", small_result(13));
    const auto made = small.make((small.project() / "result.json").string());
    EXPECT_EQ(told(made), "");
    EXPECT_THAT(made.pages.at("servers/one.html"),
                HasSubstr("<b>busy</b> 2.50 a request, 62 % asleep, 0.50 would block</span>"));
    EXPECT_THAT(made.pages.at("servers/two.html"), HasSubstr("did not measure this model"));
}

TEST(Course, ShowsNoFiguresOfAnotherVersionOfAFile) {
    const SmallCourse small;
    small.write("result.json", small_result(9));
    const auto made = small.make((small.project() / "result.json").string());
    EXPECT_THAT(made.pages.at("servers/one.html"), Not(HasSubstr("class=\"chip\"")));
    EXPECT_THAT(made.pages.at("servers/one.html"), HasSubstr("of another version"));
}

TEST(Course, SaysHowToGetFiguresWhereThereAreNone) {
    const SmallCourse small;
    EXPECT_THAT(small.make().pages.at("servers/one.html"), HasSubstr("<code>make compare</code>"));
}

TEST(Course, EscapesWhatAResultSays) {
    const SmallCourse small;
    small.write("result.json", small_result(13, "</span><script>ran = 1</script>"));
    const auto made = small.make((small.project() / "result.json").string());
    EXPECT_THAT(made.pages.at("servers/one.html"), Not(HasSubstr("<script")));
}

TEST(Course, HasTheRecordedSceneOfAModelOnItsPage) {
    const SmallCourse small;
    small.write("scene/one.figure.html", "<figure>recorded</figure>\n");
    const auto made = small.make("", (small.project() / "scene").string());
    EXPECT_EQ(told(made), "");
    EXPECT_THAT(made.pages.at("models/one.html"), HasSubstr("<figure>recorded</figure>"));
    EXPECT_THAT(made.pages.at("models/two.html"), HasSubstr("build/bin/iolab trace two"));
}

TEST(Course, HasAPageForAModelThatNobodyHasWrittenAbout) {
    const SmallCourse small;
    fs::remove(small.project() / "docs/models/two.md");
    const auto made = small.make();
    EXPECT_EQ(told(made), "");
    EXPECT_THAT(made.pages.at("models/two.html"), HasSubstr("Nobody has written"));
}

TEST(Course, NamesWhatAModelCitesAndWhereItTakesPart) {
    const SmallCourse small;
    const auto made = small.make();
    const std::string& page = made.pages.at("models/two.html");
    const std::string further = page.substr(std::min(page.find("id=\"further\""), page.size()));
    EXPECT_THAT(further, HasSubstr("poll.2.html\">poll(2)</a>"));
    EXPECT_THAT(further, HasSubstr("rfc9112\">RFC 9112</a>"));
    EXPECT_THAT(further, HasSubstr("../experiments/quick.html"));
}

TEST(Course, CanBeSearchedForSectionsFunctionsAndTerms) {
    const SmallCourse small;
    const auto made = small.make();
    const std::string& page = made.pages.at("search.html");
    EXPECT_THAT(page, HasSubstr(R"(["one","Wait","servers/one.html#wait")"));
    EXPECT_THAT(page, HasSubstr(R"(["common/sys","recv","common/sys.html#calls.hpp.recv")"));
    EXPECT_THAT(page, HasSubstr(R"(["Glossary","Wake-up","glossary.html#term-wake-up")"));
}

TEST(Course, IsSearchedForWhatIsWrittenNotForFiguresAndWordsInPictures) {
    const SmallCourse small;
    small.write("result.json", small_result(13));
    small.write(
        "scene/one.figure.html",
        "<figure><svg><title>drawn</title><svg>inside</svg> sketched</svg></figure>\n"
        "<table><tr><td>told</td><td>apart</td></tr></table>\n<details><summary>The same as a "
        "sequence</summary>repeated<details>twice</details>thrice</details>\n<p>behind</p>\n");
    const auto made = small.make((small.project() / "result.json").string(),
                                 (small.project() / "scene").string());
    const std::string& page = made.pages.at("search.html");
    const std::size_t begin = page.find("id=\"index\"");
    ASSERT_NE(begin, page.npos);
    const std::string index = page.substr(begin, page.find("</script>", begin) - begin);
    EXPECT_THAT(index, HasSubstr(R"("Wait The only line that sleeps: bench: busy. int wait()"));
    EXPECT_THAT(index, HasSubstr("return sys::recv(model.fd, 0); // select(2), BUGS }"));
    EXPECT_THAT(index, HasSubstr("told apart behind"));
    for (const char* absent :
         {"drawn", "inside", "sketched", "repeated", "twice", "thrice", "2.50 a request"})
        EXPECT_THAT(index, Not(HasSubstr(absent)));
}

TEST(Course, RefusesWhatIsNoResult) {
    const SmallCourse small;
    small.write("result.json", "{\"cells\": 1}");
    EXPECT_THROW(static_cast<void>(small.make((small.project() / "result.json").string())),
                 std::runtime_error);
}

std::vector<docs::Output> make_this_course() {
    docs::Course course{{.project = SOURCE_DIR}};
    auto outputs = course.make();
    for (const docs::Fault& fault : course.faults().found())
        ADD_FAILURE() << fault.place.file << ':' << fault.place.line << ": " << fault.what;
    return outputs;
}

// Made once for all tests that look at it.
const std::vector<docs::Output>& this_course() {
    static const std::vector<docs::Output> outputs = make_this_course();
    return outputs;
}

TEST(Course, OfThisProjectResolvesAndIsTheSameTwice) {
    const auto& first = this_course();
    const auto second = make_this_course();
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t at = 0; at < first.size(); ++at) {
        EXPECT_EQ(first[at].path, second[at].path);
        EXPECT_TRUE(first[at].content == second[at].content) << first[at].path;
    }
}

TEST(Course, FetchesNothingAndRunsNothingButItsSearch) {
    for (const docs::Output& page : this_course()) {
        for (const char* fetching : {" src=", "<link", "@import", "url(", "<iframe", "<object"}) {
            if (page.path != "search.html" && !page.path.starts_with("source/")) {
                EXPECT_EQ(page.content.find(fetching), page.content.npos)
                    << page.path << ' ' << fetching;
            }
        }
        EXPECT_THAT(page.content, HasSubstr("default-src &#39;none&#39;"));
        if (page.path != "search.html") {
            EXPECT_EQ(page.content.find("<script"), page.content.npos) << page.path;
        }
    }
}

struct Ended {
    int code = -1;
    std::string said;  ///< on standard error
};

Ended run_generator(const SmallCourse& small, const std::string& arguments) {
    const std::string told = (small.project() / "told").string();
    const std::string command = std::string{GENERATOR} + " --project " + small.project().string() +
                                " -o " + (small.project() / "pages").string() + " " + arguments +
                                " >/dev/null 2>" + told;
    const int status = std::system(command.c_str());
    std::ifstream file{told};
    std::ostringstream text;
    text << file.rdbuf();
    return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .said = text.str()};
}

TEST(Generator, SaysInThreeLinesWhatDoesNotResolveAndWritesNothing) {
    const SmallCourse small;
    small.change("docs/README.md", "models/one.md", "models/uno.md");
    const Ended run = run_generator(small, "");
    EXPECT_EQ(run.code, 1);
    EXPECT_EQ(std::count(run.said.begin(), run.said.end(), '\n'), 3) << run.said;
    EXPECT_THAT(run.said, testing::StartsWith("docs/README.md:3: "));
    EXPECT_FALSE(fs::exists(small.project() / "pages"));
}

TEST(Generator, WritesPagesAndLeavesWhatIsThereAlone) {
    const SmallCourse small;
    EXPECT_EQ(run_generator(small, "").code, 0);
    EXPECT_TRUE(fs::exists(small.project() / "pages/servers/one.html"));
    const Ended again = run_generator(small, "");
    EXPECT_EQ(again.code, 1);
    EXPECT_THAT(again.said, HasSubstr("is there, and not empty"));
}

TEST(Generator, GoesOnWithoutColoursAndSaysSo) {
    const SmallCourse small;
    const Ended run = run_generator(small, "--highlighter /no/such/program");
    EXPECT_EQ(run.code, 0);
    EXPECT_THAT(run.said, testing::StartsWith("the code has no colours"));
}

TEST(Generator, NamesWhatIsMissingByItsExitCode) {
    const SmallCourse small;
    EXPECT_EQ(run_generator(small, "--result /no/such/file").code, 3);
    EXPECT_EQ(run_generator(small, "--colour").code, 2);
    fs::remove(small.project() / "docs/citations.txt");
    EXPECT_EQ(run_generator(small, "").code, 3);
}

}  // namespace
