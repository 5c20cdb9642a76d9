#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/analysis/drift.hpp"
#include "bench/analysis/summary.hpp"
#include "bench/lab/text.hpp"
#include "bench/report/answer.hpp"
#include "bench/report/document.hpp"
#include "bench/report/elements.hpp"
#include "bench/report/file.hpp"
#include "bench/report/html.hpp"
#include "bench/report/markdown.hpp"
#include "bench/report/packed.hpp"
#include "bench/report/plots.hpp"
#include "bench/report/sha256.hpp"
#include "bench/report/sources.hpp"
#include "bench/report/terminal.hpp"
#include "bench/report/view.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/rich_result.hpp"
#include "tests/bench/seen_colours.hpp"
#include "tests/bench/unpacked.hpp"

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view library = "window.Chart = class {};";  // as good as any, for a text

std::string page_of(const lab::Result& result, std::string_view chart_library = library) {
    return report::html({&result, 1}, chart_library);
}

std::string page_of_two() {
    const std::array<lab::Result, 2> results{rich::result(), rich::result(1.3)};
    return report::html(results, library);
}

std::vector<std::string> sections_in(const std::string& page) {
    std::vector<std::string> ids;
    const std::regex heading{"<h2 id=\"([a-z]+)\">"};
    for (auto at = std::sregex_iterator{page.begin(), page.end(), heading};
         at != std::sregex_iterator{}; ++at)
        ids.push_back((*at)[1]);
    return ids;
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const auto from = text.find(begin);
    if (from == text.npos) return "";
    const auto to = text.find(end, from + begin.size());
    return text.substr(from + begin.size(), to - from - begin.size());
}

// The figures as the page's own script reads them.
Json figures_in(const std::string& page) {
    return Json::parse(
        between(page, "<script type=\"application/json\" id=\"figures\">", "</script>"));
}

Json plot_in(const std::string& page, const std::string& id) {
    const Json figures = figures_in(page);
    for (const Json& plot : figures["plots"]) {
        if (plot["id"] == id) return plot;
    }
    return nullptr;
}

Json series_in(const Json& plot, const std::string& name) {
    for (const Json& series : plot["series"]) {
        if (series["name"] == name) return series;
    }
    return nullptr;
}

// What is said of a plot: its figure, with title, note and table.
std::string figure_of(const std::string& page, const std::string& id) {
    const auto canvas = page.find(fmt::format("<canvas id=\"{}\"", id));
    if (canvas == page.npos) return "";
    const auto from = page.rfind("<figure", canvas);
    return page.substr(from, page.find("</figure>", canvas) - from);
}

std::size_t count_of(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
    return count;
}

lab::Result only(lab::Result result, const std::string& scenario) {
    std::erase_if(result.workloads, [&](const auto& each) { return each.name != scenario; });
    const auto elsewhere = [&](const auto& each) {
        return std::none_of(result.workloads.begin(), result.workloads.end(),
                            [&](const auto& workload) { return workload.id == each.workload; });
    };
    std::erase_if(result.cells, elsewhere);
    result.summary = analysis::summarise(result);
    result.drift = analysis::drift(result);
    return result;
}

TEST(Html, HasAllSectionsInOrderWhereThereIsSomethingOfEach) {
    EXPECT_EQ(sections_in(page_of(rich::result())),
              (std::vector<std::string>{"answer", "conditions", "overview", "cost", "throughput",
                                        "spectrum", "idle", "time", "memory", "errors", "models",
                                        "doubts", "repeat"}));
}

TEST(Html, LeavesOutASectionWithoutData) {
    lab::Result result = only(rich::result(), "at-a-rate");
    for (lab::Cell& cell : result.cells) {
        cell.timeline.reset();
        if (!cell.server) continue;
        cell.server->peak_memory_kib.reset();
        cell.server->switches_voluntary.reset();
        cell.server->switches_involuntary.reset();
        cell.server->memory_per_connection_bytes.reset();
        cell.server->kernel_memory_per_connection_bytes.reset();
        cell.server->threads.reset();
        cell.server->processes.reset();
    }
    EXPECT_EQ(sections_in(page_of(result)),
              (std::vector<std::string>{"answer", "conditions", "overview", "cost", "spectrum",
                                        "errors", "models", "doubts", "repeat"}));
}

TEST(Html, IsMadeOfAResultInWhichNothingWasMeasured) {
    lab::Result result = rich::result();
    for (lab::Cell& cell : result.cells) {
        if (cell.status != lab::Status::measured) continue;
        lab::Cell bare;
        bare.model = cell.model;
        bare.workload = cell.workload;
        bare.round = cell.round;
        bare.status = lab::Status::failed;
        bare.reason = "it did not start";
        cell = bare;
    }
    result.signature.reset();
    result.summary = analysis::summarise(result);
    result.drift = analysis::drift(result);
    const std::string page = page_of(result);
    EXPECT_EQ(sections_in(page),
              (std::vector<std::string>{"answer", "conditions", "models", "doubts", "repeat"}));
    EXPECT_NE(page.find("Nothing could be measured."), std::string::npos);
    EXPECT_EQ(sections_in(page_of(lab::Result{})),
              (std::vector<std::string>{"answer", "conditions", "repeat"}));
}

TEST(Html, IsTheSameBytesForTheSameResult) {
    EXPECT_EQ(page_of(rich::result()), page_of(rich::result()));
    EXPECT_EQ(page_of_two(), page_of_two());
}

TEST(Html, IsTheSameForADocumentThatWasWrittenAndRead) {
    lab::Result read = report::from_text(report::to_text(rich::result()));
    read.summary = analysis::summarise(read);
    const std::string again = report::to_text(read);
    EXPECT_EQ(page_of(read), page_of(report::from_text(again)));
}

TEST(Html, PointsAreThoseOfTheResult) {
    const lab::Result result = rich::result();
    const std::string page = page_of(result);
    const Json overview = plot_in(page, "overview-6");  // mostly-idle idle=1000
    const Json marks = series_in(overview, "median and interval");
    ASSERT_EQ(overview["y"]["names"], (Json::array({"slow"})));
    for (const lab::SummaryRow& row : result.summary) {
        if (row.metric != "cpu_us_per_request" || row.workload != "mostly-idle idle=1000") continue;
        if (row.model != "slow") continue;
        EXPECT_EQ(marks["points"][0][0], report::written(*row.ratio));
        EXPECT_EQ(marks["low"][0], report::written(row.ratio_interval_95->low));
        EXPECT_EQ(marks["high"][0], report::written(row.ratio_interval_95->high));
    }
    EXPECT_EQ(series_in(overview, "one round")["points"].size(), 8U);

    const Json idle = series_in(plot_in(page, "idle-4"), "slow");
    ASSERT_EQ(idle["points"].size(), 3U);
    EXPECT_EQ(idle["points"][0][0], 8);
    EXPECT_EQ(idle["points"][2][0], 1008);
    EXPECT_NEAR(idle["points"][2][1], 32.7 * 1.03, 1);

    const Json throughput = series_in(plot_in(page, "throughput-1"), "fast");
    EXPECT_EQ(throughput["points"].size(), 3U);
    EXPECT_EQ(throughput["points"][1][0], 8);
}

// In the rich result lone's clients set the pace in five of eight rounds; here in all of slow's too.
lab::Result with_undecided_rows() {
    lab::Result result = only(rich::result(), "at-a-rate");
    for (lab::Cell& cell : result.cells) {
        if (!cell.load) continue;
        const bool of_slow = cell.model == "slow";
        cell.load->was_the_limit = of_slow || (cell.model == "lone" && cell.round > 3);
    }
    result.summary = analysis::summarise(result);
    return result;
}

TEST(Html, TellsRowsWithoutAVerdictFromThoseWithOne) {
    const std::string decided = page_of(only(rich::result(), "at-a-rate"));
    const Json before = plot_in(decided, "overview-1");
    EXPECT_EQ(before["y"]["remarks"], (Json::array({"", ""})));
    EXPECT_EQ(series_in(before, "median and interval")["points"].size(), 2U);
    EXPECT_TRUE(series_in(before, "median and interval, no verdict").is_null());
    EXPECT_EQ(figure_of(decided, "overview-1").find("◇"), std::string::npos);

    const std::string page = page_of(with_undecided_rows());
    const Json overview = plot_in(page, "overview-1");
    EXPECT_EQ(overview["y"]["names"], (Json::array({"slow", "lone"})));
    EXPECT_EQ(overview["y"]["remarks"],
              (Json::array({"no verdict: load limit", "no verdict: few rounds"})));
    EXPECT_TRUE(series_in(overview, "median and interval").is_null());
    const Json hollow = series_in(overview, "median and interval, no verdict");
    EXPECT_EQ(hollow["look"], "hollow_marks");
    EXPECT_EQ(hollow["points"].size(), 2U);
    const std::string figure = figure_of(page, "overview-1");
    for (const char* const text :
         {"A hollow symbol and a broken bar", "◇ none: the load was the limit", "◇ too few rounds"})
        EXPECT_NE(figure.find(text), std::string::npos) << text;
}

TEST(Html, SaysWhereNoDifferenceWasSeen) {
    lab::Result result = only(rich::result(), "at-a-rate");
    for (lab::Cell& cell : result.cells) {
        if (cell.model == "slow")
            cell.server->cpu_us_per_request = 7 + 0.1 * (cell.round % 2 == 0 ? 1 : -1);
        if (cell.model == "fast") cell.server->cpu_us_per_request = 7;
    }
    result.summary = analysis::summarise(result);
    const Json overview = plot_in(page_of(result), "overview-1");
    EXPECT_EQ(overview["y"]["remarks"], (Json::array({"no difference seen", ""})));
    EXPECT_EQ(series_in(overview, "median and interval")["points"].size(), 2U);
}

TEST(Html, SplitsCpuByTheKernelsShare) {
    const Json cpu = plot_in(page_of(rich::result()), "cpu-7");
    const double kernel = series_in(cpu, "in the kernel")["points"][0][0];
    const double program = series_in(cpu, "in the program")["points"][0][0];
    EXPECT_NEAR(kernel / (kernel + program), 0.75, 1e-5);  // 600 of 800 ms
    EXPECT_EQ(cpu["y"]["names"][0], "fast");
}

// Those of models and of calls, as the page's script has them.
std::vector<std::string> palette() {
    const std::string list =
        between(std::string{report::page_parts().js}, "const colours = [", "]");
    const std::regex colour{"#[0-9a-f]{6}"};
    return {std::sregex_token_iterator{list.begin(), list.end(), colour}, {}};
}

// An eighth of the way from black to white is a step that nobody overlooks; two blues and an orange and
// a brown that were here before differed by 0.03 and by nothing at all.
TEST(Colours, AreToldApartByTheColourBlindAndSeenOnWhite) {
    const std::vector<std::string> colours = palette();
    ASSERT_EQ(colours.size(), 9U);
    for (std::size_t at = 0; at < colours.size(); ++at) {
        EXPECT_GE(seen_colours::contrast_of(colours[at], "#ffffff"), 3) << colours[at];
        for (std::size_t other = 0; other < at; ++other)
            EXPECT_GE(seen_colours::least_distance(colours[at], colours[other]), 0.12)
                << colours[at] << ", " << colours[other];
    }
    EXPECT_NEAR(seen_colours::least_distance("#000000", "#ffffff"), 1, 1e-3);
    EXPECT_LT(seen_colours::least_distance("#c44e00", "#8a6100"), 0.01) << "for who sees no red";
}

// Of eighteen calls fourteen have a place of their own, and what is left has none of theirs.
TEST(Html, GivesTheRestOfTheCallsAPlaceOfItsOwn) {
    lab::Result result = rich::result();
    for (lab::Cell& cell : result.cells) {
        if (!cell.server) continue;
        for (int call = 0; call < 18; ++call)
            cell.server->system_calls_per_request_by_name[fmt::format("call_{}", call)] = 30 - call;
    }
    const Json calls = plot_in(page_of(result), "calls-7");
    std::set<std::size_t> places;
    for (const Json& series : calls["series"]) places.insert(series["place"].get<std::size_t>());
    EXPECT_EQ(calls["series"].size(), 15U);
    EXPECT_EQ(places.size(), 15U);
    EXPECT_EQ(*places.rbegin(), 14U) << "a colour that comes again has another hatching";
}

// A kernel's count has a name for the calls that servers make, and "other" for what is left.
TEST(Html, CountsCallsWithoutANameAmongTheRest) {
    lab::Result result = rich::result();
    for (lab::Cell& cell : result.cells) {
        if (cell.server)
            cell.server->system_calls_per_request_by_name = {{"recv", 1}, {"other", 7}};
    }
    const Json calls = plot_in(page_of(result), "calls-7");
    ASSERT_EQ(calls["series"].size(), 2U);
    EXPECT_EQ(calls["series"][0]["name"], "recv");
    EXPECT_EQ(calls["series"][1]["name"], "others");
    EXPECT_EQ(calls["series"][1]["points"][0][0], 7);
}

// What few make, but make all the time, has a place, and what all make now and then has none.
TEST(Html, GivesTheCallThatTellsAModelFromOthersAPlaceOfItsOwn) {
    lab::Result result = rich::many_models(10);
    for (lab::Cell& cell : result.cells) {
        auto& calls = cell.server->system_calls_per_request_by_name;
        calls = {{"recv", 1}, {"send", 1}};
        for (int call = 10; call < 24; ++call) calls[fmt::format("call_{}", call)] = 0.3;
        if (cell.model == "model_7") calls = {{"recv", 1}, {"send", 1}, {"select", 0.9}};
    }
    std::set<std::string> names;
    const Json calls_of_all = plot_in(page_of(result), "calls-1");
    for (const Json& series : calls_of_all["series"])
        names.insert(series["name"].get<std::string>());
    EXPECT_EQ(names.count("select"), 1U);
    EXPECT_EQ(names.count("call_10"), 1U);
    EXPECT_EQ(names.count("call_23"), 0U);
}

constexpr const char* same_clocks = "service time, from the actual send, is the same within 5 %";

TEST(Html, ShowsServiceTimeWhereItIsNotTheResponseTime) {
    const std::string page = page_of(rich::result());
    EXPECT_TRUE(plot_in(page, "service-1").is_null());
    EXPECT_NE(figure_of(page, "response-1").find(same_clocks), std::string::npos);
    const Json response = plot_in(page, "response-7");
    EXPECT_FALSE(plot_in(page, "service-7").is_null());
    EXPECT_EQ(figure_of(page, "response-7").find(same_clocks), std::string::npos);
    EXPECT_EQ(series_in(response, "fast")["points"][0][0], 2);  // the median
    EXPECT_EQ(series_in(response, "fast")["points"].back()[0], 8 * 2000);  // the longest of all
}

// From 97 % on every model's response time is 40/9 of its service time; before, 5/4.
TEST(Html, LabelsTheGapOfTheTwoClocksWhereItIsWidest) {
    const std::string page = page_of(rich::result());
    const Json response = plot_in(page, "response-7");
    const Json gap = response["series"].back();
    EXPECT_EQ(gap["look"], "rule");
    EXPECT_EQ(gap["name"].get<std::string>().rfind("gap at 9", 0), 0U) << gap["name"];
    ASSERT_EQ(gap["label"].size(), 2U);
    const std::string place = gap["label"][1];
    EXPECT_NE(gap["name"].get<std::string>().find(gap["label"][0].get<std::string>().substr(7)),
              std::string::npos)
        << gap;
    EXPECT_NE(place.find(", 9"), std::string::npos) << place;
    EXPECT_GT(gap["points"][0][0], 30);
    EXPECT_EQ(gap["points"][0][0], gap["points"][1][0]);
    const double service_us = gap["points"][0][1];
    EXPECT_NEAR(gap["points"][1][1].get<double>() / service_us, 40.0 / 9, 0.1);
    const std::string title = plot_in(page, "service-7")["title"];
    EXPECT_NE(title.find("the gap is widest for "), std::string::npos) << title;
}

// Neither half of the replies nor 99 of 100 tell of it.
TEST(Html, TellsOfAGapThatTheSlowestReplyAloneHas) {
    lab::Result result = rich::result();
    for (lab::Cell& cell : result.cells) {
        if (cell.workload != "keep-alive clients=1" || cell.model != "slow" || cell.round != 3)
            continue;
        auto late = *load::Histogram::from_sparse(cell.response_time->histogram);
        late.record(9'000'000'000);
        cell.response_time->histogram = late.sparse();
    }
    const std::string page = page_of(result);
    EXPECT_EQ(figure_of(page, "response-1").find(same_clocks), std::string::npos);
    EXPECT_FALSE(plot_in(page, "service-1").is_null());
    const Json gap = plot_in(page, "response-1")["series"].back();
    const std::string name = gap["name"];
    EXPECT_EQ(name.rfind("gap at the slowest reply: ", 0), 0U) << name;
    EXPECT_TRUE(name.ends_with(" µs, slow")) << name;
    EXPECT_NEAR(gap["points"][1][1], 9e6, 9e4);
}

TEST(Html, SaysNothingOfAGapWhereNoServiceTimeWasMeasured) {
    lab::Result result = only(rich::result(), "at-a-rate");
    for (lab::Cell& cell : result.cells) {
        if (cell.model == "slow") cell.service_time.reset();
    }
    const std::string page = page_of(result);
    const std::string not_measured = "Service time of slow was not measured.";
    for (const char* const plot : {"response-1", "service-1"})
        EXPECT_NE(figure_of(page, plot).find(not_measured), std::string::npos) << plot;
    EXPECT_TRUE(series_in(plot_in(page, "service-1"), "slow").is_null());

    for (lab::Cell& cell : result.cells) cell.service_time.reset();
    const std::string without = page_of(result);
    EXPECT_TRUE(plot_in(without, "service-1").is_null());
    ASSERT_FALSE(plot_in(without, "response-1").is_null());
    for (const char* const word : {"ervice time", "gap"})
        EXPECT_EQ(figure_of(without, "response-1").find(word), std::string::npos) << word;
}

TEST(Html, MarksEventsAndTheDipThatTheyMake) {
    const Json replies = plot_in(page_of(rich::result()), "replies-8");
    EXPECT_FALSE(series_in(replies, "freeze at 0.4 s").is_null());
    EXPECT_NE(replies["title"].get<std::string>().find("has 0 % of its usual replies"),
              std::string::npos)
        << replies["title"];
    EXPECT_EQ(series_in(plot_in(page_of(rich::result()), "slices-8"), "fast")["points"].size(), 8U);
}

TEST(Html, ShowsEveryRoundAndNamesTheFarthest) {
    const Json rounds = plot_in(page_of(rich::result()), "rounds-1");
    EXPECT_EQ(series_in(rounds, "slow")["points"].size(), 8U);
    EXPECT_NE(rounds["title"].get<std::string>().find("slow, round 5"), std::string::npos)
        << rounds["title"];
}

TEST(Html, TellsOfTheConditionsBeforeAnyFigure) {
    const std::string page = page_of(rich::result());
    const std::string conditions = between(page, "<h2 id=\"conditions\">", "</section>");
    for (const char* const part :
         {"iolab run everything.jsonc (seed 42)", "Debian GNU/Linux 12, Linux 6.1.0",
          "server on CPU 1, load on CPU 2-3", "GNU 12.2.0", "load average 3.1",
          "Some clients were served and others were not", "Crossed: slow.p99_us &lt; 500",
          "Found: slow pays for silent clients", "a table of the year 2002"})
        EXPECT_NE(conditions.find(part), std::string::npos) << part;
    lab::Result partial = rich::result();
    partial.run.complete = false;
    EXPECT_NE(page_of(partial).find("Incomplete: the run was ended"), std::string::npos);
}

TEST(Html, HasACardAModelWithItsCallSites) {
    const std::string cards = between(page_of(rich::result()), "<h2 id=\"models\">", "</section>");
    EXPECT_EQ(count_of(cards, "<article class=\"card\">"), 4U);
    EXPECT_NE(cards.find("servers/fast.cpp:44 recv: 1.00 a request"), std::string::npos) << cards;
    EXPECT_NE(cards.find("30 % of wall time asleep"), std::string::npos);
    EXPECT_NE(cards.find("one client at a time"), std::string::npos);
}

TEST(Html, TellsOfSleepInSeveralThreadsAsTimesOfTheWallTime) {
    lab::Result result = rich::result();
    for (lab::Cell& cell : result.cells) {
        if (cell.server && cell.model == "slow") cell.server->call_sites[1].asleep_ms = 2500;
    }
    const std::string cards = between(page_of(result), "<h2 id=\"models\">", "</section>");
    EXPECT_NE(cards.find("asleep 2.50 times the wall time, all threads together"),
              std::string::npos);
    EXPECT_EQ(cards.find("250 % of wall time"), std::string::npos);
}

TEST(Html, SaysWhatMemoryOfSeveralProcessesIsAndWhichWorkloadsAreDrawn) {
    lab::Result result = rich::result();
    for (lab::Cell& cell : result.cells) {
        if (cell.server && cell.model != "fast") cell.server->memory_note = "of several processes";
    }
    const std::string figure = figure_of(page_of(result), "memory-all");
    EXPECT_NE(figure.find("lone and slow: of several processes."), std::string::npos) << figure;
    EXPECT_NE(figure.find("Drawn are the first 6 workloads of 9;"), std::string::npos) << figure;
    EXPECT_EQ(figure_of(page_of(rich::result()), "memory-all").find("of several processes"),
              std::string::npos);
}

TEST(Html, ACardLinksToTheSourceOfAModelOfTheProjectAndOfNoOther) {
    lab::Result result = rich::result();
    result.models[0].traits.model = "poll";
    result.models[1].traits.model = "select";
    result.models[2].traits.model = "poll";
    result.models[2].command = {"their-server", "{port}"};
    const report::Sources sources{
        {"poll",
         {.page = "../poll.html", .annotated = "../docs/poll.html", .file = "../servers/poll.cpp"}},
        {"select", {.page = "", .annotated = "", .file = "../servers/select.cpp"}}};
    const std::string page = report::html({&result, 1}, library, sources);
    const std::string cards = between(page, "<h2 id=\"models\">", "</section>");
    EXPECT_NE(cards.find("<p>Read <a href=\"../poll.html\">about poll</a> or "
                         "<a href=\"../docs/poll.html\">poll.cpp, annotated</a> or "
                         "<a href=\"../servers/poll.cpp\">servers/poll.cpp</a>.</p>"),
              std::string::npos)
        << cards;
    EXPECT_NE(cards.find("<p>Read <a href=\"../servers/select.cpp\">servers/select.cpp</a>.</p>"),
              std::string::npos)
        << cards;
    EXPECT_EQ(count_of(cards, "<a "), 4U) << cards;
    EXPECT_EQ(count_of(cards, "servers/poll.cpp, with the page"), 0U) << cards;
    EXPECT_EQ(count_of(page_of(result), "Read <a "), 0U) << "nobody knows where it will stand";
}

TEST(Html, SaysHowToRepeatIt) {
    EXPECT_NE(page_of(rich::result()).find("<code>iolab run everything.jsonc --seed 42</code>"),
              std::string::npos);
    lab::Result seeded = rich::result();
    seeded.run.command += " --seed 42";
    EXPECT_EQ(page_of(seeded).find("--seed 42 --seed 42"), std::string::npos);
}

TEST(Html, SaysWhatWasLeftOutAndWhy) {
    const std::string doubts = between(page_of(rich::result()), "<h2 id=\"doubts\">", "</section>");
    EXPECT_NE(doubts.find("not applicable: it serves one client at a time"), std::string::npos);
    EXPECT_NE(doubts.find("failed: the kernel lacks it"), std::string::npos);
}

TEST(Html, CountsErrorsByKind) {
    const std::string page = page_of(rich::result());
    const Json errors = plot_in(page, "errors-all");
    EXPECT_EQ(series_in(errors, "reset")["points"][0][0], 24);
    EXPECT_EQ(series_in(errors, "reply timeout")["points"][0][0], 8);
    EXPECT_TRUE(series_in(errors, "short reply").is_null());
    EXPECT_NE(page.find("<td class=\"figure\">87.5 %</td>"), std::string::npos);
    const std::string well = page_of(only(rich::result(), "at-a-rate"));
    EXPECT_NE(well.find("No client met an error, and every client was served, in 24 cells."),
              std::string::npos);
}

TEST(Html, LaysTwoResultsOverEachOther) {
    const std::string page = page_of_two();
    EXPECT_EQ(plot_in(page, "overview-6")["y"]["names"], (Json::array({"A: slow", "B: slow"})));
    for (const char* const plot : {"throughput-1", "idle-4", "response-7"}) {
        const Json first = series_in(plot_in(page, plot), "A: fast");
        const Json second = series_in(plot_in(page, plot), "B: fast");
        ASSERT_FALSE(first.is_null()) << plot;
        ASSERT_FALSE(second.is_null()) << plot;
        EXPECT_EQ(first["look"], "line");
        EXPECT_EQ(second["look"], "dashed");
        EXPECT_EQ(first["place"], second["place"]);
    }
    EXPECT_FALSE(plot_in(page, "cpu-A-1").is_null());
    EXPECT_FALSE(plot_in(page, "cpu-B-1").is_null());
    EXPECT_NE(page.find("In B, "), std::string::npos);
    EXPECT_NE(page.find("CPU a request: B against A"), std::string::npos);
    for (const char* const of : {"A", "B"})
        EXPECT_EQ(count_of(page, fmt::format("<summary>All medians of {}, with", of)), 1U);
}

// ## Strangers' strings

TEST(Html, RunsNothingOfAHostileDocument) {
    lab::Result result = report::from_text(rich::hostile_document());
    result.summary = analysis::summarise(result);
    result.drift = analysis::drift(result);
    const std::string page = report::html(
        {&result, 1}, library, {{"poll", {.page = "", .annotated = "p.html", .file = "p.cpp"}}});
    EXPECT_EQ(sections_in(page).size(), 13U);
    EXPECT_EQ(count_of(page, "<a href=\"") - count_of(page, "<a href=\"#"), 0U);
    const std::size_t downloads = count_of(page, " data-download=\"");
    EXPECT_EQ(count_of(page, "<script"), 3U + downloads);  // figures, Chart.js, ours
    EXPECT_EQ(count_of(page, "</script"), 3U + downloads);
    for (const char* const tag : {"<img", "<svg", "<a href=\"javascript", "<!--"})
        EXPECT_EQ(count_of(page, tag), 0U) << tag;
    EXPECT_EQ(count_of(page, "<style"), 1U);
    const std::string figures = between(page, "id=\"figures\">", "</script>");
    EXPECT_EQ(figures.find_first_of("<>&"), std::string::npos);
    EXPECT_EQ(figures.find("\xe2\x80\xa8"), std::string::npos);
    EXPECT_NE(page.find("{{style}}"), std::string::npos) << "replaced inside a string";
}

// The arrow of Unicode that makes what follows it run from the right.
TEST(HostileDocument, TurnsNoLineAroundInAnyReport) {
    lab::Result result = report::from_text(rich::hostile_document());
    result.summary = analysis::summarise(result);
    for (const std::string& text : {page_of(result), report::markdown(result), report::csv(result),
                                    report::terminal_tables(result, {})}) {
        EXPECT_EQ(text.find("\u202e"), text.npos);
        EXPECT_EQ(text.find("\u2067"), text.npos);
        EXPECT_NE(text.find("U+202E"), text.npos);
    }
}

TEST(Html, EscapesWhatHtmlGivesAMeaning) {
    EXPECT_EQ(report::element::escaped("<b a=\"1\" c='2'>&amp;"),
              "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
    EXPECT_EQ(report::element::escaped(std::string_view{"a\0b", 3}),
              "a\xef\xbf\xbd"
              "b");
    EXPECT_EQ(report::safe_in_script("\"</script>\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa&\""),
              "\"\\u003c/script\\u003e\\u2028\\u2029\xe2\x80\xaa\\u0026\"");
}

TEST(Html, AllowsItsOwnScriptsAndNothingElse) {
    const std::string page = page_of(rich::result());
    const std::string policy = between(page, "Content-Security-Policy\" content=\"", "\"");
    EXPECT_EQ(policy.rfind("default-src 'none'; script-src 'sha256-", 0), 0U) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(policy.find("http"), std::string::npos);
    EXPECT_NE(policy.find(report::policy_hash(library)), std::string::npos);
    const std::string own = page.substr(page.rfind("<script>") + 8);
    EXPECT_NE(policy.find(report::policy_hash(own.substr(0, own.find("</script>")))),
              std::string::npos);
    EXPECT_NE(
        policy.find("style-src '" + report::policy_hash(between(page, "<style>", "</style>"))),
        std::string::npos);
    EXPECT_EQ(count_of(page, "style=\""), 0U) << "which the policy would forbid";
    EXPECT_EQ(count_of(page, " src=\""), 0U);
}

TEST(Html, TakesNoLibraryThatWouldEndItsElement) {
    for (const char* const text : {"a('</SCRIPT >')", "// <!-- <script>", ""}) {
        const std::string page = page_of(rich::result(), text);
        EXPECT_NE(page.find("the group plots is missing"), std::string::npos) << text;
        const std::size_t downloads = count_of(page, " data-download=\"");
        EXPECT_EQ(count_of(page, "<script"), 2U + downloads) << text;
    }
}

TEST(Html, HasOpenTablesAndALineInsteadOfChartsWithoutTheLibrary) {
    const std::string page = page_of(rich::result(), "");
    EXPECT_EQ(count_of(page, "No charts: the group plots is missing"), 1U);
    EXPECT_EQ(count_of(page, "<canvas"), 0U);
    EXPECT_EQ(count_of(page, "<details>"), 0U);
    EXPECT_EQ(count_of(page, "<details open>"), count_of(page_of(rich::result()), "<details>"));
    EXPECT_TRUE(figures_in(page)["plots"].empty());
    EXPECT_EQ(sections_in(page).size(), 13U);
}

TEST(Html, NamesNothingTwice) {
    const std::string page = page_of_two();
    std::set<std::string> ids;
    const std::regex id{" id=\"([^\"]*)\""};
    for (auto at = std::sregex_iterator{page.begin(), page.end(), id}; at != std::sregex_iterator{};
         ++at)
        EXPECT_TRUE(ids.insert((*at)[1]).second) << (*at)[1];
    EXPECT_GT(ids.size(), 50U);
}

TEST(Html, GivesEveryChartATitleASentenceATableAndADownload) {
    const std::string page = page_of(rich::result());
    const Json figures = figures_in(page);
    const std::size_t plots = figures["plots"].size();
    EXPECT_GT(plots, 30U);
    EXPECT_EQ(count_of(page, "<figure class=\"plot\">\n<figcaption><h3>"), plots);
    EXPECT_EQ(count_of(page, "<canvas id=\""), plots);
    EXPECT_EQ(count_of(page, "<button type=\"button\" data-plot=\""), plots);
    EXPECT_GE(count_of(page, "<details"), plots);
    for (const Json& plot : figures["plots"]) {
        EXPECT_FALSE(plot["title"].get<std::string>().empty());
        EXPECT_FALSE(plot["series"].empty()) << plot["id"];
    }
}

TEST(Html, StaysBelowItsSizeWhateverThereIs) {
    lab::Result result = rich::result();
    const std::vector<lab::Cell> cells = result.cells;
    const std::vector<lab::Workload> workloads = result.workloads;
    for (int copy = 1; copy < 20; ++copy) {
        for (lab::Workload workload : workloads) {
            workload.id += fmt::format(" {} {}", copy, std::string(3000, 'x'));
            result.workloads.push_back(workload);
        }
        for (lab::Cell cell : cells) {
            if (cell.round > 1) continue;
            cell.workload += fmt::format(" {} {}", copy, std::string(3000, 'x'));
            result.cells.push_back(std::move(cell));
        }
    }
    result.warnings.assign(5000, std::string(5000, '<'));
    result.summary = analysis::summarise(result);
    const std::string page = page_of(result, std::string(600'000, ';'));
    EXPECT_LT(page.size(), report::most_report_bytes);
    EXPECT_NE(page.find("To keep this file below 1.5 MB"), std::string::npos);
    EXPECT_EQ(sections_in(page).front(), "answer");
    EXPECT_EQ(sections_in(page).back(), "repeat");
    EXPECT_NE(page.find("<code>iolab run everything.jsonc --seed 42</code>"), std::string::npos);
    const std::string doubts = between(page, "<h2 id=\"doubts\">", "</section>");
    EXPECT_TRUE(std::regex_search(
        doubts,
        std::regex{"this was left out: [0-9]+ charts with their tables, [0-9]+ parts of the "
                   "text and the download summary.csv\\."}))
        << between(doubts, "To keep this file", "</p>");
    EXPECT_NO_THROW((void)figures_in(page));
    EXPECT_EQ(page_of(rich::result()).find("To keep this file"), std::string::npos);
}

// What the button of that name saves; empty where there is none.
std::string kept_in(const std::string& page, const std::string& name) {
    const std::regex button{
        fmt::format("data-download=\"([^\"]*)\" data-kind=\"([a-z]*)\" data-name=\"{}\"", name)};
    std::smatch found;
    if (!std::regex_search(page, found, button)) return "";
    const bool is_packed = found[2] == "packed";
    const std::string kept =
        between(page,
                fmt::format("<script type=\"{}\" id=\"{}\">",
                            is_packed ? "text/plain" : "application/json", found[1].str()),
                "</script>");
    EXPECT_EQ(kept.find_first_of("<>&"), std::string::npos) << "what could end its element";
    return is_packed ? unpacking::unpacked(kept) : kept;
}

TEST(Html, KeepsTheResultDocumentForDownloadWhereItFits) {
    lab::Result result = only(rich::result(), "at-a-rate");
    result.run.seed = 18'446'744'073'709'551'615U;  // which JavaScript's numbers cannot hold
    const std::string kept = kept_in(page_of(result), "results.json");
    EXPECT_EQ(report::to_text(report::from_text(kept)), report::to_text(result));
    EXPECT_TRUE(std::regex_search(
        page_of(result), std::regex{">Download the result document as JSON, [0-9]+ kB</button>"}));
    const std::string csv = Json::parse(kept_in(page_of(result), "summary.csv"));
    EXPECT_EQ(csv, report::csv(result));

    lab::Result other = only(rich::result(1.3), "at-a-rate");
    const std::array<lab::Result, 2> results{result, other};
    const std::string two = report::html(results, library);
    EXPECT_EQ(report::to_text(report::from_text(kept_in(two, "results-B.json"))),
              report::to_text(other));
    EXPECT_EQ(Json::parse(kept_in(two, "summary-A.csv")), csv);
}

TEST(Html, KeepsADocumentInWhichNothingEndsItsElement) {
    lab::Result result = report::from_text(rich::hostile_document());
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.round > 1; });
    const std::string kept = kept_in(page_of(result), "results.json");
    EXPECT_EQ(kept, report::to_text(result));
    result.models.resize(1);
    result.cells.resize(1);
    result.summary.clear();
    const std::string small = kept_in(page_of(result), "results.json");
    EXPECT_LT(small.size(), 200'000U) << "this one is not packed";
    EXPECT_EQ(report::to_text(report::from_text(small)), report::to_text(result));
}

// A run of the preset quick has seven megabytes, most of them bins.
TEST(Html, PacksADocumentThatIsLarge) {
    lab::Result result = rich::result();
    for (lab::Cell& cell : result.cells) {
        if (!cell.response_time) continue;
        auto& bins = cell.response_time->histogram.bins;
        bins.clear();
        for (std::uint32_t index = 0; index < 3000; index += 1 + index % 3)
            bins.push_back({.index = index, .count = 1 + index * 7919 % 5});
    }
    const std::string json = report::to_text(result);
    EXPECT_GT(json.size(), 3'000'000U);
    const std::string page = page_of(result);
    EXPECT_EQ(kept_in(page, "results.json"), json);
    EXPECT_LT(page.size(), report::most_report_bytes);
}

TEST(Html, SaysWhereTheResultDocumentIsThatDoesNotFit) {
    lab::Result result = rich::result();
    std::mt19937 dice{7};
    for (lab::Cell& cell : result.cells) {
        if (!cell.response_time) continue;
        auto& bins = cell.response_time->histogram.bins;
        bins.clear();
        for (std::uint32_t index = 0; index < 3000; index += 1 + dice() % 3)
            bins.push_back({.index = index, .count = 1 + dice() % 100'000'000});
    }
    const std::string page = page_of(result);
    const std::string page_with_room = page_of(rich::result());
    EXPECT_EQ(kept_in(page, "results.json"), "");
    const std::string repeat = between(page, "<h2 id=\"repeat\">", "</section>");
    EXPECT_NE(repeat.find("results/20261121-101112-00ff/results.json"), std::string::npos);
    EXPECT_NE(repeat.find("The result document has "), std::string::npos);
    EXPECT_LT(page.size(), report::most_report_bytes);
    EXPECT_EQ(between(page_with_room, "<h2 id=\"repeat\">", "</section>").find("no room"),
              std::string::npos);
}

TEST(Packed, TakesBinsAsStepsAndNothingElse) {
    const auto expect_steps = [](const std::string& json, const std::string& steps) {
        EXPECT_EQ(report::with_steps(json), steps);
        EXPECT_EQ(unpacking::without_steps(steps), json);
    };
    expect_steps(R"({"bins":[[698,1],[699,2],[705,1]],"n":4})", R"({"bins":~698,x2,6~,"n":4})");
    expect_steps(R"({"bins":[[0,7]]},{"bins":[[1,1]]})", R"({"bins":~0x7~},{"bins":~~})");
    expect_steps(R"({"bins":[[5,3],[5,0]]})", R"({"bins":~5x3,0x0~})");
    for (const char* const other :
         {"", R"({"bins":[]})", R"({"bins":[[2,1],[1,1]]})", R"({"bins":[[1,1])", R"({"bins":[[)",
          R"({"bins":[[01,1]]})", R"({"bins":[[1,-1]]})", R"({"bins":[[1,1.5]]})",
          R"({"bins":[[1,1000000000000000]]})", R"({"bins":[[1,99999999999999999999]]})",
          R"({"bins":[[1,2,3]]})", R"({"bins": [[1,2]]})", R"("\"bins\":[[1,2]]")",
          R"(["bins",[[1,2]]])"})
        expect_steps(other, other);
}

TEST(Html, HasThePageAsItStandsInTheSource) {
    const std::string room = SOURCE_DIR "/bench/report/page/page.";
    EXPECT_EQ(report::page_parts().html, lab::contents(room + "html"));
    EXPECT_EQ(report::page_parts().css, lab::contents(room + "css"));
    EXPECT_EQ(report::page_parts().js, lab::contents(room + "js"));
}

TEST(Sha256, IsThatOfTheStandard) {
    EXPECT_EQ(report::policy_hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    EXPECT_EQ(report::policy_hash("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    EXPECT_EQ(report::policy_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "sha256-JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE=");
    EXPECT_EQ(report::policy_hash(std::string(1'000'000, 'a')),
              "sha256-zcduXJkU+5KBocfihNc+Z/GAmkiklyAOBG05zMcRLNA=");
}

// ## The answer

std::array<std::string, 3> answer_to(const lab::Result& result) {
    return report::answer(report::Scene{{&result, 1}});
}

TEST(Answer, NamesTheLargestDifferenceThatTheRoundsBearOut) {
    lab::Result result = rich::result();
    result.signature.reset();
    const auto [first, second, third] = answer_to(result);
    EXPECT_EQ(first.rfind("On mostly-idle idle=1000, slow needs 4.67 times the CPU of fast for a "
                          "request (a ratio of ",
                          0),
              0U)
        << first;
    EXPECT_EQ(second.rfind("Of 15 comparisons of a model with its baseline, ", 0), 0U) << second;
    EXPECT_NE(third.find("failed"), std::string::npos) << third;
}

TEST(Answer, BeginsWithTheSignatureOfAnExperiment) {
    const auto [first, second, third] = answer_to(rich::result());
    EXPECT_EQ(first, "What the experiment looks for was found: slow pays for silent clients.");
}

TEST(Answer, CallsNothingADifferenceThatIsNone) {
    lab::Result result = only(rich::result(), "at-a-rate");
    result.signature.reset();
    for (lab::Cell& cell : result.cells) {
        if (cell.server) cell.server->cpu_us_per_request = 7 + cell.round % 3;
    }
    result.summary = analysis::summarise(result);
    EXPECT_EQ(answer_to(result)[0],
              "No difference in CPU a request between any model and its baseline could be shown.");
    EXPECT_EQ(answer_to(result)[1],
              "Of 2 comparisons of a model with its baseline, 2 without a detectable difference.");
}

TEST(Answer, GivesTheCaveatThatWeighsMost) {
    lab::Result result = only(rich::result(), "at-a-rate");
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.model == "absent"; });
    result.diagnoses.reset();
    result.drift.clear();
    const auto caveat = [&] { return answer_to(result)[2]; };
    EXPECT_NE(caveat().find("load average 3.1"), std::string::npos) << caveat();
    result.warnings.clear();
    EXPECT_NE(caveat().find("virtual machine"), std::string::npos) << caveat();
    result.machine.virtualised.clear();
    EXPECT_NE(caveat().find("one machine and its loopback"), std::string::npos) << caveat();
    result.cells[0].load->was_the_limit = true;
    EXPECT_NE(caveat().find("in 1 of 24 cells the clients"), std::string::npos) << caveat();
    result.cells[1].status = lab::Status::wrong_answer;
    EXPECT_NE(caveat().find("1 cell had a wrong answer"), std::string::npos) << caveat();
    result.run.complete = false;
    EXPECT_NE(caveat().find("ended before its last cell"), std::string::npos) << caveat();
}

constexpr const char* another_ran =
    "another comparison ran on this machine at the same time: both disturb each other";
constexpr const char* waited =
    "in 216 of 216 cells the server waited for its CPU for more than 5 % of the time: other "
    "programs ran there";

TEST(Answer, WarnsOfTheWholeRunBeforeItTellsOfOneModel) {
    lab::Result result = rich::result();
    const auto caveat = [&] { return answer_to(result)[2]; };
    for (const char* const grave :
         {another_ran, waited, "one CPU for everything: server and load take turns on it"}) {
        result.warnings = {"slow: calls a request are not given for some cells", "load average 3.1",
                           grave};
        EXPECT_NE(caveat().find(grave), std::string::npos) << caveat();
    }
    result.run.complete = false;
    EXPECT_NE(caveat().find("ended before its last cell"), std::string::npos) << caveat();
}

TEST(Answer, WarnsOfOneModelAfterArtefactsAndTheRun) {
    lab::Result result = only(rich::result(), "breaking");
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.model == "absent"; });
    result.drift.clear();
    result.warnings = {"slow: calls a request are not given for some cells", "load average 3.1"};
    const auto caveat = [&] { return answer_to(result)[2]; };
    EXPECT_NE(caveat().find("artefact"), std::string::npos) << caveat();
    result.diagnoses.reset();
    EXPECT_NE(caveat().find("load average 3.1"), std::string::npos) << caveat();
    result.warnings.pop_back();
    EXPECT_NE(caveat().find("slow: calls a request"), std::string::npos) << caveat();
}

TEST(Answer, NamesTheWorkloadsOfAllArtefactsOrTheirNumber) {
    lab::Result result = only(rich::result(), "breaking");
    std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.model == "absent"; });
    const auto caveat_of = [&](const std::vector<std::array<std::string, 3>>& found) {
        result.diagnoses.emplace();
        for (const auto& [artefact, model, workload] : found) {
            lab::Diagnosis diagnosis;
            diagnosis.artefact = artefact;
            diagnosis.model = model;
            diagnosis.workload = workload;
            result.diagnoses->push_back(diagnosis);
        }
        const std::string caveat = answer_to(result)[2];
        return caveat.substr(caveat.find(": ") + 2);
    };
    EXPECT_EQ(caveat_of({{"time_out_wall", "slow", "one"}}),
              "some figures of slow on one are an artefact that no model has made (time out wall); "
              "the conditions tell of it.");
    EXPECT_EQ(caveat_of({{"time_out_wall", "slow", "one"},
                         {"time_out_wall", "fast", "two"},
                         {"starved_clients", "fast", "one"}}),
              "some figures on one and two are artefacts that no model has made (time out wall and "
              "starved clients); the conditions tell of them.");
    EXPECT_EQ(caveat_of({{"time_out_wall", "", "one"},
                         {"time_out_wall", "", "two"},
                         {"time_out_wall", "", "three"},
                         {"time_out_wall", "", "four"}}),
              "some figures on 4 workloads are an artefact that no model has made (time out wall); "
              "the conditions tell of it.");
}

// Two results that differ in CPU time alone, with nothing that spoils figures.
std::array<lab::Result, 2> undisturbed_two(double factor) {
    std::array<lab::Result, 2> results{rich::result(), rich::result(factor)};
    for (lab::Result& result : results) {
        std::erase_if(result.cells, [](const lab::Cell& cell) { return cell.model == "absent"; });
        for (lab::Cell& cell : result.cells) {
            if (cell.load) cell.load->was_the_limit = false;
        }
    }
    return results;
}

TEST(Answer, OfTwoResultsHasTheWeightierCaveatOfBoth) {
    auto results = undisturbed_two(1);
    const auto caveat = [&] { return report::answer(report::Scene{results})[2]; };
    const auto expect_beginning = [&](const std::string& wanted) {
        EXPECT_EQ(caveat().rfind("The caveat that weighs most, of " + wanted, 0), 0U) << caveat();
    };
    expect_beginning("A and B: some figures ");
    results[0].warnings.emplace_back(waited);
    expect_beginning("A: in 216 of 216 cells");
    results[1].warnings.emplace_back(another_ran);
    expect_beginning("B (and A has one that weighs as much): another comparison");
    results[1].run.complete = false;
    expect_beginning("B: the run was ended");
}

TEST(Answer, OfTwoResultsPutsASpoiltRunBeforeAChangeOfAllModels) {
    auto results = undisturbed_two(1.3);
    results[0].warnings.emplace_back(another_ran);
    EXPECT_NE(report::answer(report::Scene{results})[2].find(", of A: another comparison"),
              std::string::npos);
}

TEST(Answer, OfTwoResultsSaysInWhatTheyAreNotAlike) {
    auto results = undisturbed_two(1.3);
    const auto [first, second, third] = report::answer(report::Scene{results});
    EXPECT_NE(first.find("needs 30 % more CPU than in A for a request"), std::string::npos)
        << first;
    EXPECT_NE(third.find("all models changed in the same way"), std::string::npos) << third;
    results[1].machine.kernel = "6.2.0";
    EXPECT_NE(report::answer(report::Scene{results})[2].find("not alike (kernel)"),
              std::string::npos);
}

// ## Markdown

TEST(Markdown, FitsAHundredColumns) {
    lab::Result result = rich::result();
    const std::string name = "a_server_with_a_very_long_name --head-timeout=600 --idle-timeout=600";
    for (lab::Cell& cell : result.cells) {
        if (cell.model == "slow") cell.model = name;
        if (cell.throughput_per_s) cell.throughput_per_s = 1234567.0 + cell.round;
    }
    result.models[1].name = name;
    result.summary = analysis::summarise(result);
    const std::string text = report::markdown(result);
    for (const auto& line : lab::split(text, '\n'))
        EXPECT_LE(report::columns_of(line), 100U) << line;
    EXPECT_NE(text.find("calls a request"), std::string::npos);
    EXPECT_NE(text.find("1234572 [1234568..1234575] "), std::string::npos) << text;
}

// The part of a text from a heading to the next one of its level.
std::string under(const std::string& text, const std::string& heading) {
    return between(text, heading + "\n", "\n## ");
}

TEST(Markdown, HasTwoResultsSideBySide) {
    const std::string text = report::markdown(rich::result(), rich::result(1.3));
    const std::string section = under(text, "## at-a-rate");
    const lab::Result a = rich::result();
    const lab::Result b = rich::result(1.3);
    const auto median = [](const lab::Result& result) {
        for (const auto& row : result.summary) {
            if (row.workload == "at-a-rate" && row.model == "slow" &&
                row.metric == "cpu_us_per_request")
                return report::spread_text(&row);
        }
        return std::string{"no row"};
    };
    EXPECT_NE(section.find("| model | A, µs | B, µs | ratio | verdict |"), std::string::npos)
        << section;
    EXPECT_NE(section.find(" | 1.300 ["), std::string::npos) << section;
    EXPECT_NE(section.find(" | worse |"), std::string::npos) << section;
    EXPECT_NE(section.find(fmt::format("| slow | {} | {} |", median(a), median(b))),
              std::string::npos)
        << section;
    // What A and B have of one figure stands in one table.
    for (const std::string& line : lab::split(section, '\n')) {
        if (!line.starts_with("| model | A: ")) continue;
        EXPECT_EQ(count_of(line, "| A: "), count_of(line, "| B: ")) << line;
    }
    EXPECT_NE(section.find("- B: **absent**: failed: the kernel lacks it"), std::string::npos);
    for (const char* const heading :
         {"## How A was taken", "## How B was taken", "## Signature of A: found"})
        EXPECT_NE(text.find(heading), std::string::npos) << heading;
    const std::string together = report::markdown(only(a, "at-a-rate"), only(b, "at-a-rate"));
    EXPECT_NE(together.find("All moved the same way."), std::string::npos);
}

TEST(Markdown, OfTwoResultsTellsWhatOnlyOneHas) {
    lab::Result a = only(rich::result(), "at-a-rate");
    lab::Result b = only(rich::result(), "frozen");
    b.machine.kernel = "6.2.0";
    std::erase_if(b.cells, [](const lab::Cell& cell) { return cell.model == "lone"; });
    b.summary = analysis::summarise(b);
    const std::string text = report::markdown(a, b);
    EXPECT_EQ(under(text, "## at-a-rate").find("B against A"), std::string::npos);
    EXPECT_NE(under(text, "## at-a-rate").find("| A: p99 µs |"), std::string::npos);
    EXPECT_NE(under(text, "## frozen").find("| B: p99 µs |"), std::string::npos);
    EXPECT_EQ(under(text, "## frozen").find("A: "), std::string::npos) << under(text, "## frozen");
    EXPECT_NE(
        under(text, "## In what the two results are not alike").find("- kernel: A 6.1.0; B 6.2.0"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find("## What is not compared\n"), std::string::npos);
}

TEST(Markdown, OfTwoResultsFitsAHundredColumns) {
    lab::Result b = rich::result(100);
    b.models[1].name = std::string(60, 'm');
    for (lab::Cell& cell : b.cells) {
        if (cell.model == "slow") cell.model = b.models[1].name;
        if (cell.throughput_per_s) cell.throughput_per_s = 1234567.0 + cell.round;
    }
    b.build.compiler = "another one";
    b.summary = analysis::summarise(b);
    const std::string text = report::markdown(rich::result(), b);
    for (const auto& line : lab::split(text, '\n'))
        EXPECT_LE(report::columns_of(line), 100U) << line;
    lab::Result hostile = report::from_text(rich::hostile_document());
    hostile.summary = analysis::summarise(hostile);
    for (const std::string& line : lab::split(report::markdown(b, hostile), '\n')) {
        if (!line.starts_with("#")) continue;
        EXPECT_LE(report::columns_of(line), 100U) << line;
    }
}

TEST(Csv, TellsOfWhichOfTwoResultsARowIs) {
    lab::Result a = only(rich::result(), "at-a-rate");
    lab::Result b = only(rich::result(), "frozen");
    b.run.id = "second, \"of two\"";
    const auto lines_of = [](const std::string& text) {
        auto lines = lab::split(text, '\n');
        lines.erase(lines.begin());
        return lines;
    };
    const auto both = lines_of(report::csv(a, b));
    std::vector<std::string> wanted;
    for (const std::string& line : lines_of(report::csv(a)))
        wanted.push_back("A,20261121-101112-00ff," + line);
    for (const std::string& line : lines_of(report::csv(b)))
        wanted.push_back("B,\"second, \"\"of two\"\"\"," + line);
    EXPECT_EQ(both, wanted);
    EXPECT_EQ(report::csv(a, b).rfind("result,run_id,workload,model,metric,rounds,", 0), 0U);
}

TEST(Csv, HasNoTextThatASpreadsheetTakesForAFormula) {
    lab::Result result = only(rich::result(), "frozen");
    ASSERT_FALSE(result.summary.empty());
    lab::SummaryRow row = result.summary.front();
    row.workload = "a-b";
    row.baseline = "";
    row.median = -2;
    const auto begin_of = [&](const std::string& model) {
        row.model = model;
        result.summary = {row};
        const std::string text = report::csv(result);
        return text.substr(text.find("\r\n") + 2);
    };
    const auto expect_model = [&](const std::string& model, const std::string& field) {
        const std::string wanted = "a-b," + field + ',' + row.metric + ',';
        EXPECT_EQ(begin_of(model).rfind(wanted, 0), 0U) << begin_of(model);
    };
    expect_model("=HYPERLINK(1)", "'=HYPERLINK(1)");
    expect_model("=A(1,\"b\")", "\"'=A(1,\"\"b\"\")\"");
    for (const char* const armed : {"+1", "-1", "@SUM(1)", "\t=1"})
        expect_model(armed, std::string{"'"} + armed);
    expect_model("\r=1", "\"'\r=1\"");
    expect_model("poll -v", "poll -v");
    EXPECT_NE(begin_of("poll").find(",-2,"), std::string::npos) << "numbers stay numbers";
}

TEST(Brief, CutsInTheMiddleAndBetweenCharacters) {
    EXPECT_EQ(report::brief("short", 10), "short");
    EXPECT_EQ(report::brief("0123456789", 6), "012..9");
    EXPECT_EQ(report::brief("ääääää", 7), "ä..ä");
}

TEST(Listed, NamesAFewAndCountsTheRest) {
    EXPECT_EQ(report::listed({"a"}), "a");
    EXPECT_EQ(report::listed({"a", "b"}), "a and b");
    EXPECT_EQ(report::listed({"a", "b", "c"}), "a, b and c");
    EXPECT_EQ(report::listed({"a", "b", "c", "d", "e"}, 2), "a, b and 3 more");
}

TEST(Markdown, CutsHeadingsToAHundredColumnsWhateverADocumentCallsThings) {
    lab::Result result = report::from_text(rich::hostile_document());
    result.summary = analysis::summarise(result);
    std::size_t headings = 0;
    for (const std::string& line : lab::split(report::markdown(result), '\n')) {
        if (!line.starts_with("#")) continue;
        ++headings;
        EXPECT_LE(report::columns_of(line), 100U) << line;
    }
    EXPECT_GE(headings, 9U);
    EXPECT_NE(report::markdown(rich::result()).find("## mostly-idle idle=1000\n"),
              std::string::npos);
}

// ## Where a report's links lead

class Sources : public InDirectory<> {
protected:
    void SetUp() override {
        InDirectory::SetUp();
        put("home/servers/poll.cpp");
        put("home/servers/select.cpp");
        put("home/build/docs/servers/poll.html");
        put("home/build/docs/models/select.html");
        put("home/build/CMakeCache.txt");
        std::filesystem::create_directories(directory_ / "home/build/bin");
        std::filesystem::create_directories(directory_ / "home/results/1");
    }

    void put(const std::string& name) const {
        std::filesystem::create_directories((directory_ / name).parent_path());
        report::write_file(directory_ / name, "text");
    }

    [[nodiscard]] report::Sources for_report(const std::string& name) const {
        return report::sources_for(directory_ / name, directory_ / "home/build/bin");
    }
};

TEST_F(Sources, AreThoseThatAreThereAsSeenFromTheReport) {
    const report::Sources sources = for_report("home/results/1/report.html");
    ASSERT_EQ(sources.size(), 2U);
    EXPECT_EQ(sources.at("poll").annotated, "../../build/docs/servers/poll.html");
    EXPECT_EQ(sources.at("poll").page, "");
    EXPECT_EQ(sources.at("poll").file, "../../servers/poll.cpp");
    EXPECT_EQ(sources.at("select").page, "../../build/docs/models/select.html");
    EXPECT_EQ(sources.at("select").annotated, "");
    EXPECT_EQ(sources.at("select").file, "../../servers/select.cpp");
    EXPECT_TRUE(report::sources_for(file("home/results/1/report.html"), "/no/such/bin").empty());
}

TEST_F(Sources, AreThoseOfABuildAndNotWhatLiesAroundAnInstalledIolab) {
    std::filesystem::remove(directory_ / "home/build/CMakeCache.txt");
    EXPECT_TRUE(for_report("home/results/1/report.html").empty());
}

TEST_F(Sources, AreSpeltSoThatNoNameOfADirectoryMeansSomethingElse) {
    std::filesystem::rename(directory_ / "home/build", directory_ / "home/data: 100 % #1?");
    const auto sources =
        report::sources_for(file("home/report.html"), directory_ / "home/data: 100 % #1?" / "bin");
    EXPECT_EQ(sources.at("poll").annotated, "data%3A%20100%20%25%20%231%3F/docs/servers/poll.html");
}

TEST_F(Sources, AreLeftOutOfAReportThatLiesOutsideOfTheProject) {
    for (const char* const name : {"elsewhere", "home-of-another", "home/..hidden"})
        std::filesystem::create_directories(directory_ / name);
    EXPECT_TRUE(for_report("report.html").empty());
    EXPECT_TRUE(for_report("elsewhere/report.html").empty());
    EXPECT_TRUE(for_report("home-of-another/report.html").empty());
    EXPECT_EQ(for_report("home/report.html").size(), 2U);
    EXPECT_EQ(for_report("home/..hidden/report.html").size(), 2U);
}

// What lies around a build elsewhere is anyone's: /tmp, say.
TEST_F(Sources, OfABuildOutsideOfTheProjectAreItsPagesAlone) {
    std::filesystem::create_directories(directory_ / "tmp");
    std::filesystem::rename(directory_ / "home/build", directory_ / "tmp/build");
    const auto executables = directory_ / "tmp/build/bin";
    EXPECT_TRUE(report::sources_for(file("tmp/report.html"), executables).empty());
    const auto inside = report::sources_for(file("tmp/build/report.html"), executables);
    EXPECT_EQ(inside.at("poll").annotated, "docs/servers/poll.html");
}

TEST_F(Sources, AreLeftOutWhereASymbolicLinkWouldLeadAstray) {
    std::filesystem::create_directories(directory_ / "far/away/from/here");
    std::filesystem::create_directory_symlink(directory_ / "far/away/from/here",
                                              directory_ / "home/near");
    EXPECT_TRUE(for_report("home/near/report.html").empty());
    std::filesystem::create_directory_symlink("1", directory_ / "home/results/latest");
    EXPECT_EQ(for_report("home/results/latest/report.html").size(), 2U);
}

}  // namespace
