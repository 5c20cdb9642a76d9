// The scene that models play for `iolab trace`: its schedule, what is made of a recording, and whole
// runs.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/lab/text.hpp"
#include "bench/timeline/colours.hpp"
#include "bench/timeline/drawing.hpp"
#include "bench/timeline/events.hpp"
#include "bench/timeline/page.hpp"
#include "bench/timeline/picture.hpp"
#include "bench/timeline/script.hpp"
#include "bench/timeline/sequence.hpp"
#include "bench/timeline/text.hpp"
#include "bench/timeline/view.hpp"
#include "common/sys/counting.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/run_iolab.hpp"
#include "tests/bench/seen_colours.hpp"
#include "tests/bench/trace_events.hpp"

namespace {

using Json = nlohmann::ordered_json;
using run_iolab::Finished;
using run_iolab::iolab;
using timeline::Deed;
using timeline::Doing;
using timeline::Kind;

// The schedule.

TEST(Scene, HasPartsWhoseStepsFollowEachOther) {
    const timeline::Script script = timeline::scene();
    ASSERT_EQ(script.parts.size(), 3U);
    EXPECT_EQ(script.parts[timeline::slow].name, "slow");
    EXPECT_EQ(script.parts[timeline::idle].name, "idle");
    EXPECT_EQ(script.parts[timeline::fast].name, "fast");
    int came_ms = -1;
    for (const timeline::Part& part : script.parts) {
        SCOPED_TRACE(part.name);
        ASSERT_GE(part.steps.size(), 2U);
        EXPECT_EQ(part.steps.front().deed, Deed::connect);
        EXPECT_EQ(part.steps.back().deed, Deed::leave);
        EXPECT_GT(part.steps.front().at_ms, came_ms) << "clients are accepted as they connect";
        came_ms = part.steps.front().at_ms;
        EXPECT_LT(part.steps.back().at_ms, script.length_ms);
        EXPECT_TRUE(std::is_sorted(
            part.steps.begin(), part.steps.end(),
            [](const auto& one, const auto& other) { return one.at_ms < other.at_ms; }));
    }
}

std::string sent_by(const timeline::Part& part) {
    std::string text;
    for (const timeline::Step& step : part.steps) text += step.bytes;
    return text;
}

TEST(Scene, LetsTheSlowClientSendAPieceAtATimeWhatTheFastOneSendsAtOnce) {
    const timeline::Script script = timeline::scene();
    const timeline::Part& slow = script.parts[timeline::slow];
    const timeline::Part& fast = script.parts[timeline::fast];
    const auto pieces = [](const timeline::Part& part) {
        return std::count_if(part.steps.begin(), part.steps.end(),
                             [](const auto& step) { return step.deed == Deed::send; });
    };
    EXPECT_EQ(pieces(slow), 5);
    EXPECT_EQ(pieces(fast), 3);
    EXPECT_EQ(sent_by(fast), sent_by(slow) + sent_by(slow) + sent_by(slow));
    EXPECT_EQ(sent_by(script.parts[timeline::idle]), "");
    EXPECT_TRUE(sent_by(slow).ends_with("\r\n\r\n"));
}

TEST(Scene, LetsTheFastClientAskWhileTheOthersAreThere) {
    const timeline::Script script = timeline::scene();
    const auto asks_ms = script.parts[timeline::fast].steps.at(1).at_ms;
    for (const auto place : {timeline::slow, timeline::idle}) {
        const auto& steps = script.parts[place].steps;
        EXPECT_LT(steps.front().at_ms, asks_ms);
        EXPECT_GE(steps.back().at_ms, asks_ms + 200);
    }
}

// What is made of a recording.

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t began_ns = 5'000 * ms;
constexpr std::uint32_t pid = 4000;

/// A recording of a second with three clients, to which calls are added.
class Played {
public:
    Played() {
        recording_.model = "made_up";
        recording_.idea = "an idea";
        recording_.began_ns = began_ns;
        recording_.length_ns = 1000 * ms;
        recording_.trace.pid = pid;
        for (const char* const name : {"slow", "idle", "fast"})
            recording_.clients.push_back({name, "does things", {}});
        act(timeline::slow, Doing::connecting, 0, 1);
        act(timeline::idle, Doing::connecting, 100, 101);
        act(timeline::fast, Doing::connecting, 199, 200);
    }

    void act(std::size_t client, Doing doing, std::uint64_t start_ms, std::uint64_t end_ms,
             const std::string& text = "") {
        recording_.clients[client].acts.push_back(
            {doing, began_ns + start_ms * ms, began_ns + end_ms * ms, text});
    }

    // Times in microseconds since the scene began; they may lie before it.
    lab::TracedCall& call(const std::string& name, int fd, std::int64_t result,
                          std::int64_t start_us, std::int64_t length_us, bool may_sleep = false,
                          std::uint32_t thread = pid) {
        lab::Trace& trace = recording_.trace;
        trace.sites.push_back({"servers/made_up.cpp", 7, name});
        lab::TracedCall call;
        call.sequence = ++trace.recorded;
        call.start_ns = static_cast<std::uint64_t>(std::int64_t{began_ns} + start_us * 1000);
        call.duration_ns = static_cast<std::uint64_t>(length_us) * 1000;
        call.result = result;
        call.fd = fd;
        call.thread = thread;
        call.process = pid;
        call.site = trace.sites.size() - 1;
        call.may_sleep = may_sleep;
        trace.calls.push_back(call);
        return trace.calls.back();
    }

    timeline::Recording& recording() { return recording_; }
    [[nodiscard]] timeline::View view() const { return timeline::view_of(recording_); }

private:
    timeline::Recording recording_;
};

TEST(View, CallsASleepASleepOnlyWhereItMaySleepAndTakesItsTime) {
    Played played;
    played.call("epoll_wait", 4, 1, 0, 5'000, true);
    played.call("epoll_wait", 4, 1, 6'000, 10, true);
    played.call("send", 5, 10, 7'000, 5'000);  // somebody else had the CPU
    played.call("recv", 5, -EAGAIN, 20'000, 10);
    played.call("recv", 5, -EAGAIN, 30'000, 100'000, true);  // the end of a tick
    const auto strokes = played.view().workers.at(0).strokes;
    ASSERT_EQ(strokes.size(), 5U);
    EXPECT_EQ(strokes[0].kind, Kind::asleep);
    EXPECT_EQ(strokes[1].kind, Kind::doing);
    EXPECT_EQ(strokes[2].kind, Kind::doing);
    EXPECT_EQ(strokes[3].kind, Kind::would_block);
    EXPECT_EQ(strokes[4].kind, Kind::asleep);
}

TEST(View, CutsCallsAtTheEdgesOfTheScene) {
    Played played;
    played.call("accept4", 3, -EAGAIN, -9'000, 1'000);  // before it
    played.call("epoll_wait", 4, 1, -5'000, 10'000, true);
    played.call("epoll_wait", 4, 0, 900'000, 400'000, true);
    played.call("close", 4, 0, 1'300'000, 10);  // after it
    const auto strokes = played.view().workers.at(0).strokes;
    ASSERT_EQ(strokes.size(), 2U);
    EXPECT_EQ(strokes[0].start_ns, 0U);
    EXPECT_EQ(strokes[0].end_ns, 5 * ms);
    EXPECT_EQ(strokes[1].end_ns, 1000 * ms);
    EXPECT_TRUE(strokes[0].is_cut && strokes[1].is_cut);
}

TEST(View, MakesOneStrokeOfCallsInARowThatWouldBlock) {
    Played played;
    for (int turn = 0; turn < 50; ++turn) {
        played.call("accept4", 3, -EAGAIN, turn * 20, 5);
        played.call("recv", 5, -EAGAIN, turn * 20 + 10, 5);
    }
    played.call("recv", 5, 7, 1'000, 5);
    played.call("recv", 5, -EAGAIN, 1'010, 5);
    const auto strokes = played.view().workers.at(0).strokes;
    ASSERT_EQ(strokes.size(), 3U);
    EXPECT_EQ(strokes[0].times, 100U);
    EXPECT_EQ(strokes[0].call, "accept4, recv");
    EXPECT_EQ(strokes[1].times, 1U);
    EXPECT_EQ(strokes[1].kind, Kind::doing);
}

TEST(View, TellsWhomACallWasAboutByTheOrderOfAccepts) {
    Played played;
    played.call("accept4", 3, 5, 1'000, 10);
    played.call("accept4", 3, 6, 101'000, 10);
    played.call("accept4", 3, 7, 201'000, 10);
    played.call("recv", 7, 31, 202'000, 10);
    played.call("recv", 5, 7, 203'000, 10);
    played.call("epoll_wait", 4, 1, 204'000, 10'000, true);
    const timeline::View view = played.view();
    const auto& strokes = view.workers.at(0).strokes;
    ASSERT_EQ(strokes.size(), 6U);
    EXPECT_EQ(timeline::whose(view, strokes[1]), "idle");
    EXPECT_EQ(timeline::whose(view, strokes[3]), "fast");
    EXPECT_EQ(timeline::whose(view, strokes[4]), "slow");
    EXPECT_EQ(timeline::whose(view, strokes[5]), "");
    EXPECT_EQ(view.clients[timeline::idle].accepted_ns, 101'010'000U);
}

TEST(View, TakesWhoWasAcceptedForConnectedThoughTheConnectReturnsLater) {
    Played played;
    played.call("accept4", 3, 5, 300, 10);
    const timeline::View view = played.view();
    EXPECT_EQ(view.clients[timeline::slow].accepted_ns, 310'000U);
    EXPECT_EQ(view.clients[timeline::slow].connected_ns, 310'000U);
    EXPECT_EQ(view.clients[timeline::idle].connected_ns, 101 * ms);
}

TEST(View, PutsNobodyInTheBacklogWhereNoCallTakesClientsIn) {
    Played played;
    played.call("io_uring_enter", 4, 1, 0, 990'000, true);
    const timeline::View view = played.view();
    EXPECT_FALSE(view.sees_accepts);
    const std::string text = timeline::text_of({view}, {});
    EXPECT_EQ(text.find("bb"), text.npos) << text;
    EXPECT_EQ(timeline::svg_of(view).find("in the backlog"), std::string::npos);
}

TEST(View, TakesNobodyForAClientWhoseDescriptorCameFromElsewhere) {
    Played played;
    played.call("accept4", 3, 5, 1'000, 10);
    played.call("recv", 9, 7, 2'000, 10, false, pid + 1);
    played.call("accept4", 3, 6, 101'000, 10);
    const timeline::View view = played.view();
    EXPECT_EQ(view.clients[timeline::idle].accepted_ns, 101'010'000U);
    EXPECT_EQ(timeline::whose(view, view.workers.at(1).strokes.at(0)), "");
}

TEST(View, GivesEveryThreadALaneAndKnowsWhoServedNobody) {
    Played played;
    played.call("ppoll", -1, 1, -100, 999'000, true);
    played.call("accept4", 3, 5, -100, 1'000, true, pid + 1);
    played.call("recv", 5, 7, 1'000, 10, true, pid + 1);
    played.call("accept4", 3, -EINVAL, -100, 1'200'000, true, pid + 2);
    const timeline::View view = played.view();
    ASSERT_EQ(view.workers.size(), 3U);
    EXPECT_EQ(view.workers[0].name, "main");
    EXPECT_EQ(view.workers[1].name, "thread 2");
    EXPECT_TRUE(view.workers[1].served);
    EXPECT_FALSE(view.workers[2].served);
}

TEST(View, FindsTheLessonInTheOrderOfEvents) {
    for (const bool waited : {false, true}) {
        Played played;
        played.act(timeline::slow, Doing::leaving, 450, 451);
        const std::uint64_t reply_ms = waited ? 800 : 201;
        played.act(timeline::fast, Doing::sending, 200, 200);
        played.act(timeline::fast, Doing::waiting, 200, reply_ms);
        EXPECT_TRUE(timeline::fast_waited_for_slow(played.view())) << "no reply came";
        EXPECT_EQ(timeline::first_wait_text(played.view()), "for ever");
        played.act(timeline::fast, Doing::receiving, reply_ms, reply_ms, "200");
        EXPECT_EQ(timeline::fast_waited_for_slow(played.view()), waited);
        EXPECT_EQ(timeline::first_wait_text(played.view()), waited ? "600 ms" : "1.00 ms");
        const std::string text = timeline::finding({played.view()});
        EXPECT_EQ(text.find("made_up served one client") != text.npos, waited) << text;
    }
}

/// A recording that has something of everything.
Played rich() {
    Played played;
    played.call("accept4", 3, 5, 1'000, 10);
    played.call("recv", 5, 7, 203'000, 90'000, true);
    played.call("accept4", 3, 6, 301'000, 10);
    played.call("accept4", 3, 7, 301'500, 10);
    for (int turn = 0; turn < 50; ++turn) played.call("recv", 6, -EAGAIN, 304'000 + turn * 20, 5);
    played.call("send", 7, -EPIPE, 400'000, 5, false, pid + 1);
    played.act(timeline::fast, Doing::sending, 200, 200, "31 bytes");
    played.act(timeline::fast, Doing::waiting, 200, 400);
    played.act(timeline::fast, Doing::receiving, 400, 400, "200");
    played.recording().clients[timeline::slow].trouble = "it gave up";
    return played;
}

// Trace events.

TEST(SceneEvents, AreNamedLanesOfCompleteEventsInOrder) {
    const timeline::View view = rich().view();
    const Json json = Json::parse(timeline::events_of({view, view}));
    trace_events::expect_opens(json);
    std::set<std::string> processes;
    std::multiset<std::string> lanes;
    for (const Json& event : json["traceEvents"]) {
        if (event["name"] == "process_name") processes.insert(event["args"]["name"]);
        if (event["name"] == "thread_name") lanes.insert(event["args"]["name"]);
    }
    EXPECT_EQ(processes,
              (std::set<std::string>{"made_up: clients", "made_up: server process 4000"}));
    EXPECT_EQ(lanes.count("fast: does things"), 2U);
    EXPECT_EQ(lanes.count("main 4000"), 2U);
    EXPECT_EQ(lanes.count("thread 2 4001"), 2U);
}

// The wait ends in the nanosecond in which the reply begins: rounded, they would overlap by one.
TEST(SceneEvents, TouchWithoutOverlappingWhateverTheirNanoseconds) {
    Played played;
    auto& acts = played.recording().clients[timeline::fast].acts;
    std::uint64_t at_ns = began_ns + 500 * ms;
    for (std::uint64_t turn = 0; turn < 2000; ++turn) {
        const std::uint64_t end_ns = at_ns + 1000 + 37 * turn;
        acts.push_back({Doing::waiting, at_ns, end_ns, ""});
        at_ns = end_ns;
    }
    trace_events::expect_opens(Json::parse(timeline::events_of({played.view()})));
}

TEST(SceneEvents, TellOfACallWhereItStandsWhatCameOfItAndWhomItWasAbout) {
    const Json json = Json::parse(timeline::events_of({rich().view()}));
    const auto& events = json["traceEvents"];
    const auto send = std::find_if(events.begin(), events.end(), [](const Json& event) {
        return event["ph"] == "X" && event["args"].contains("errno") && event["name"] == "send";
    });
    ASSERT_NE(send, events.end());
    EXPECT_EQ((*send)["args"], Json::parse(R"({"at": "servers/made_up.cpp:7", "fd": 7, "result": -1,
                              "errno": "EPIPE", "kind": "doing", "client": "fast"})"));
    for (const Json& event : events) {
        if (event["ph"] != "X") continue;
        const Json& args = event["args"];
        EXPECT_EQ(event["cat"], args.contains("kind") ? args["kind"] : Json("client")) << event;
    }
}

// Whatever names a recording has, a picture of it is one that a browser takes, and runs nothing.

Played hostile() {
    Played played = rich();
    const std::string name = "\"><script>alert(1)</script>'&\\\x01\xff";
    played.recording().model = name;
    played.recording().idea = name;
    for (auto& client : played.recording().clients) {
        client.name = name;
        client.says = name;
        client.trouble = name;
        for (auto& act : client.acts) act.text = name;
    }
    for (auto& site : played.recording().trace.sites) site.file = site.call = name;
    return played;
}

TEST(ScenePictures, RunNothingWhateverNamesThereAre) {
    const timeline::View view = hostile().view();
    for (const std::string& text :
         {timeline::svg_of(view), timeline::svg_of(std::vector{view, view}),
          timeline::sequence_svg(view), timeline::figure_of(view), timeline::page_of({view}),
          timeline::legend_svg()}) {
        EXPECT_EQ(text.find("<script"), text.npos);
        EXPECT_EQ(text.find("alert(1)</"), text.npos);
    }
    const Json json = Json::parse(timeline::events_of({view}), nullptr, false);
    ASSERT_TRUE(json.is_object());
    trace_events::expect_opens(json);
}

TEST(ScenePictures, SayByTextWhatTheySayByColour) {
    const timeline::View view = rich().view();
    const std::string svg = timeline::svg_of(view);
    for (const char* const text :
         {"role=\"img\"", "<title id=\"t-made-up-title\">", "in the backlog", "waits 200 ms",
          "asleep in recv, slow", "send: EPIPE", "50 times would block", "url(#t-made-up-asleep)"})
        EXPECT_NE(svg.find(text), svg.npos) << text << "\n" << svg;
    const std::string sequence = timeline::sequence_svg(view);
    for (const char* const text : {"sleeps in recv (slow)", "31 bytes", "reply 200", "connects"})
        EXPECT_NE(sequence.find(text), sequence.npos) << text << "\n" << sequence;
}

using seen_colours::contrast_of;

void expect_contrast(const timeline::Colour& one, const timeline::Colour& other, double least) {
    EXPECT_GE(contrast_of(one.light, other.light), least) << one.name << ", " << other.name;
    EXPECT_GE(contrast_of(one.dark, other.dark), least)
        << one.name << ", " << other.name << ", dark";
}

TEST(ScenePictures, CanBeReadInTheLightAndInTheDark) {
    constexpr double of_text = 4.5;  // WCAG 2.2, 1.4.3
    constexpr double of_shapes = 3;  // 1.4.11
    for (const timeline::Paint& paint : timeline::paints) {
        expect_contrast(paint.ink, paint.fill, of_text);
        const bool told_by_line = contrast_of(paint.fill.dark, timeline::paper_colour.dark) < 3;
        if (told_by_line) {
            EXPECT_GE(contrast_of(paint.line.dark, timeline::paper_colour.dark), of_shapes)
                << paint.name;
        }
    }
    expect_contrast(timeline::ink_colour, timeline::paper_colour, 7);
    expect_contrast(timeline::soft_colour, timeline::paper_colour, of_text);
    expect_contrast(timeline::reply_colour, timeline::paper_colour, of_text);
    expect_contrast(timeline::rule_colour, timeline::paper_colour, of_shapes);
}

TEST(ScenePictures, HaveNoColourThatThePageCannotTurnDark) {
    const timeline::View view = rich().view();
    const std::string rules = timeline::dark_css();
    for (const std::string& svg :
         {timeline::svg_of(view), timeline::sequence_svg(view), timeline::legend_svg()}) {
        const std::regex coloured{"<[a-z]+ ([^>]*(fill|stroke)=\"#[^>]*)>"};
        for (auto at = std::sregex_iterator{svg.begin(), svg.end(), coloured};
             at != std::sregex_iterator{}; ++at) {
            const std::string attributes = (*at)[1];
            ASSERT_EQ(attributes.find("class=\""), 0U) << attributes;
            const std::string classes = attributes.substr(7, attributes.find('"', 7) - 7);
            for (const std::string& name : lab::split(classes, ' '))
                EXPECT_NE(rules.find("svg ." + name + " {"), rules.npos) << name;
        }
        const std::string alone = timeline::standing_alone(svg);
        EXPECT_NE(alone.find(">\n<style>:root"), alone.npos) << alone.substr(0, 400);
        EXPECT_NE(alone.find(rules), alone.npos);
        EXPECT_EQ(svg.find("<style"), svg.npos) << "which the page's policy would forbid";
    }
    EXPECT_NE(timeline::page_of({view}).find(rules), std::string::npos);
}

TEST(ScenePage, CountsThoseThatSleptInVainAmongThoseThatWouldBlock) {
    Played played;
    played.call("recv", 5, -EAGAIN, 1'000, 100'000, true);
    played.call("accept4", 3, -EAGAIN, 102'000, 5);
    played.call("recv", 5, 7, 103'000, 5);
    EXPECT_NE(timeline::figure_of(played.view())
                  .find("<th scope=\"row\">main</th><td class=\"figure\">3</td>"
                        "<td class=\"figure\">2</td>"),
              std::string::npos);
}

TEST(ScenePage, FetchesNothingAndHasATableUnderEachPicture) {
    const std::string page = timeline::page_of({rich().view()});
    for (const char* const address : {"http://", "https://", "src=", "@import", "<link"}) {
        std::string rest = page;
        for (const std::string_view name :
             {"xmlns=\"http://www.w3.org/2000/svg\""})  // a name, not an address
            for (auto at = rest.find(name); at != rest.npos; at = rest.find(name))
                rest.erase(at, name.size());
        EXPECT_EQ(rest.find(address), rest.npos) << address;
    }
    EXPECT_NE(page.find("default-src 'none'"), page.npos);
    EXPECT_NE(page.find("tabindex=\"0\" role=\"region\" aria-label="), page.npos);
    EXPECT_NE(page.find("not served: it gave up"), page.npos);
    EXPECT_LT(page.find("<svg"), page.find("<table"));
}

std::size_t widest(const std::string& text) {
    std::size_t most = 0;
    for (const std::string& line : lab::split(text, '\n')) most = std::max(most, line.size());
    return most;
}

TEST(SceneText, HasOneModelInTwentyFourLinesOfEightyColumns) {
    Played played = rich();
    for (std::uint32_t thread = pid + 2; thread < pid + 40; ++thread)
        played.call("recv", 5, 1, 500'000, 10, false, thread);
    const std::string text = timeline::text_of({played.view()}, {});
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24) << text;
    EXPECT_LE(widest(text), 80U) << text;
    EXPECT_EQ(text.find('\x1b'), text.npos);
    EXPECT_NE(timeline::text_of({played.view()}, {.redraw = true, .colour = true}).find("\x1b[34m"),
              text.npos);
}

/// As many threads as said receive from the slow client, one after another.
void add_receivers(Played& played, std::uint32_t count) {
    for (std::uint32_t number = 1; number <= count; ++number)
        played.call("recv", 5, 1, 300'000 + number * 1'000, 10, false, pid + number);
}

TEST(SceneText, TellsThoseWhoSleptFromThoseForWhomThereIsNoRoom) {
    Played played;
    played.call("accept4", 3, 5, 1'000, 10);
    add_receivers(played, 10);
    EXPECT_EQ(timeline::text_of({played.view()}, {}).find("served nobody"), std::string::npos);
    for (std::uint32_t thread = pid + 11; thread <= pid + 30; ++thread)
        played.call("accept4", 3, -EINVAL, -100, 1'200'000, true, thread);
    const std::string text = timeline::text_of({played.view()}, {});
    EXPECT_NE(text.find("\n 3 more       made calls as well"), text.npos) << text;
    EXPECT_NE(text.find("\n 20 more      were asleep and served nobody\n"), text.npos) << text;
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24) << text;
    EXPECT_LE(widest(text), 80U) << text;
}

TEST(ScenePictures, DoNotTakeWhoWasWokenInVainForOneThatSlept) {
    Played played;
    played.call("epoll_wait", 4, 1, 0, 100'000, true);
    played.call("epoll_wait", 4, 1, 0, 100'000, true, pid + 1);
    played.call("accept4", 3, -EAGAIN, 100'001, 1, false, pid + 1);
    const timeline::View view = played.view();
    EXPECT_TRUE(view.workers.at(1).served);
    EXPECT_EQ(timeline::svg_of(view).find("served nobody"), std::string::npos);
}

TEST(ScenePictures, DrawMessagesToWhoTookThemHoweverManyWorkersThereAre) {
    Played played;
    played.call("accept4", 3, 5, 1'000, 10);
    for (std::uint32_t thread = pid + 1; thread <= pid + 6; ++thread)
        played.call("fstat", 9, 0, 2'000, 10, false, thread);
    played.call("recv", 5, 7, 60'000, 10, false, pid + 7);
    played.call("accept4", 3, -EINVAL, -100, 1'200'000, true, pid + 8);
    played.act(timeline::slow, Doing::sending, 50, 50, "7 bytes");
    const std::string svg = timeline::sequence_svg(played.view());
    EXPECT_NE(svg.find("server: thread 8"), svg.npos) << "who served a client has a column";
    EXPECT_NE(svg.find("and 4 more workers"), svg.npos) << svg;
    EXPECT_NE(svg.find("the calls of 4 more workers are not shown"), svg.npos) << svg;
    EXPECT_NE(svg.find("1 more was asleep and served nobody"), svg.npos) << svg;
    const std::string few = timeline::sequence_svg(rich().view());
    EXPECT_EQ(few.find("more workers"), few.npos);
}

/// The x of the text that an SVG has with these words.
double x_of_text(const std::string& svg, const std::string& words) {
    const auto at = svg.rfind("<text", svg.find(words));
    return std::stod(svg.substr(svg.find(" x=\"", at) + 4));
}

TEST(ScenePictures, EndAnArrowBeforeTheWorkersWhereNoCallTellsWhoItWas) {
    Played played;
    played.call("accept4", 3, 5, 1'000, 10);
    played.call("close", 5, 0, 2'000, 10);
    played.call("recv", 9, 7, 60'000, 10, false, pid + 1);  // passed to it by the other one
    played.act(timeline::slow, Doing::sending, 50, 50, "7 bytes");
    const std::string told = "no call tells which of them it was";
    const std::string svg = timeline::sequence_svg(played.view());
    EXPECT_NE(svg.find(told), svg.npos) << svg;
    const double main = x_of_text(svg, "server: main");
    EXPECT_NE(svg.find(fmt::format("M{:.1f},", main - 14)), svg.npos) << svg;

    Played alone;
    alone.call("io_uring_enter", 4, 1, 0, 990'000, true);
    alone.act(timeline::slow, Doing::sending, 50, 50, "7 bytes");
    EXPECT_EQ(timeline::sequence_svg(alone.view()).find(told), std::string::npos);
}

TEST(ScenePictures, GiveAColumnTheRoomThatItsCallsTake) {
    Played played;
    played.call("accept4", 3, 5, 1'000, 10);
    played.call("recv", 5, 7, 60'000, 10, false, pid + 1);
    for (const std::uint32_t thread : {pid + 2, pid + 3})
        played.call("a_long_name_of_a_call", 9, 0, 70'000, 10, false, thread);
    const std::string svg = timeline::sequence_svg(played.view());
    EXPECT_NE(svg.find(">recv = 7 (slow)</text>"), svg.npos) << svg;
    EXPECT_LT(x_of_text(svg, "server: thread 3") - x_of_text(svg, "server: thread 2"),
              x_of_text(svg, "server: thread 4") - x_of_text(svg, "server: thread 3"));
    EXPECT_NE(svg.find(">a_long_name_of_a_call = 0</text>"), svg.npos) << svg;
    EXPECT_LT(x_of_text(svg, "server: thread 4"), 900) << "inside of the picture";
}

TEST(ScenePictures, DrawAMessageToWhoHasNoColumnWhereTheOthersStand) {
    Played played;
    played.call("accept4", 3, 5, 1'000, 10);
    add_receivers(played, 10);
    played.act(timeline::slow, Doing::sending, 309, 309, "7 bytes");
    const std::string svg = timeline::sequence_svg(played.view());
    // The ninth of ten receives it: the arrow ends in the column of the rest.
    const double rest = x_of_text(svg, "and 7 more workers");
    EXPECT_NE(svg.find(fmt::format("M{:.1f},", rest)), svg.npos) << svg;
}

TEST(SceneText, ShowsWhoSleepsForWhom) {
    const std::string text = timeline::text_of({rich().view()}, {});
    const auto lines = lab::split(text, '\n');
    const auto line = [&](const std::string& name) {
        const auto found = std::find_if(lines.begin(), lines.end(), [&](const std::string& each) {
            return each.starts_with(" " + name);
        });
        return found == lines.end() ? "" : *found;
    };
    EXPECT_NE(line("main").find("ssssss"), std::string::npos) << text;
    EXPECT_NE(line("fast").find("wwwwwwwwwwww<"), std::string::npos) << text;
}

// Whole runs.

class SceneRun : public InDirectory<> {
protected:
    void SetUp() override {
        if (!sys::counting_built_in) GTEST_SKIP() << "built with IOLAB_COUNT_CALLS=OFF";
        InDirectory<>::SetUp();
    }
};

/// Starts and ends of the complete events of a model, by lane and name, in order.
struct Lanes {
    explicit Lanes(const Json& json, const std::string& model) {
        std::map<int, std::string> processes;
        std::map<std::pair<int, int>, std::string> names;
        for (const Json& event : json.at("traceEvents")) {
            const std::pair<int, int> lane{event["pid"], event["tid"]};
            if (event["name"] == "process_name") processes[lane.first] = event["args"]["name"];
            if (event["name"] == "thread_name") names[lane] = event["args"]["name"];
            if (event["ph"] != "X" || !processes[lane.first].starts_with(model + ":")) continue;
            std::string name = names[lane].substr(0, names[lane].find(':'));
            events[name].push_back(event);
            if (event["args"].contains("kind")) pids.insert(lane.first);
        }
    }

    [[nodiscard]] double first_us(const std::string& lane, const std::string& name) const {
        for (const Json& event : events.at(lane))
            if (event["name"] == name) return event["ts"];
        ADD_FAILURE() << lane << " has no " << name;
        return -1;
    }

    std::map<std::string, std::vector<Json>> events;
    std::set<int> pids;  ///< of the server
};

TEST_F(SceneRun, ShowsBlockingServeOneClientWhileTheRestWaitAndEpollServeAll) {
    const Finished finished = iolab({"trace", "blocking", "epoll_lt", "--json"});
    ASSERT_EQ(finished.exit, verify::Exit{}) << finished.err;
    const Json json = Json::parse(finished.out, nullptr, false);
    ASSERT_TRUE(json.is_object());
    trace_events::expect_opens(json);
    const Lanes blocking{json, "blocking"};
    const Lanes epoll{json, "epoll_lt"};
    EXPECT_GT(blocking.first_us("fast", "receive the reply"), blocking.first_us("slow", "leave"));
    EXPECT_LT(epoll.first_us("fast", "receive the reply"), epoll.first_us("slow", "leave"));
    EXPECT_GT(blocking.first_us("fast", "receive the reply"), blocking.first_us("idle", "leave"));
    EXPECT_NE(finished.err.find("blocking served one client"), std::string::npos) << finished.err;
    EXPECT_LE(widest(finished.err), 80U);
}

// The parent accepts and hands each of them to a child of its own, which alone talks with it.
TEST_F(SceneRun, KnowsAClientWhoseDescriptorIsHandedToAnotherProcess) {
    const Finished finished = iolab({"trace", "prefork_fdpass", "--json"});
    ASSERT_EQ(finished.exit, verify::Exit{}) << finished.err;
    const Json json = Json::parse(finished.out, nullptr, false);
    ASSERT_TRUE(json.is_object());
    const Lanes lanes{json, "prefork_fdpass"};
    std::map<std::string, std::set<int>> served_by;
    std::set<int> pids;
    for (const auto& [name, events] : lanes.events) {
        for (const Json& event : events) {
            if (event["name"] != "recv" || !event["args"].contains("client")) continue;
            served_by[event["args"]["client"]].insert(event["pid"].get<int>());
            pids.insert(event["pid"].get<int>());
        }
    }
    EXPECT_EQ(served_by.size(), 3U);
    EXPECT_EQ(pids.size(), 3U) << "a child each";
    for (const auto& [client, children] : served_by) EXPECT_EQ(children.size(), 1U) << client;
}

TEST_F(SceneRun, HasALaneForEveryProcessThatWasForkedForAClient) {
    const Finished finished =
        iolab({"trace", "fork_per_client", "-o", file("scene.json"), "-o", file("all") + "/"});
    ASSERT_EQ(finished.exit, verify::Exit{}) << finished.err;
    const Json json = Json::parse(lab::contents(file("scene.json")), nullptr, false);
    ASSERT_TRUE(json.is_object());
    const Lanes lanes{json, "fork_per_client"};
    EXPECT_EQ(lanes.pids.size(), 4U) << "the parent, and a child a client";
    std::map<std::string, std::set<int>> served_by;
    for (const auto& [name, events] : lanes.events) {
        for (const Json& event : events) {
            if (event["name"] == "recv")
                served_by[event["args"]["client"]].insert(event["pid"].get<int>());
        }
    }
    ASSERT_EQ(served_by.size(), 3U);
    for (const auto& [client, pids] : served_by) EXPECT_EQ(pids.size(), 1U) << client;
    for (const char* const name : {"scene.json", "scene.html", "scene.txt", "fork_per_client.svg",
                                   "fork_per_client.sequence.svg", "fork_per_client.figure.html"})
        EXPECT_GT(lab::contents(file("all") + "/" + name).size(), 500U) << name;
}

TEST_F(SceneRun, ShowsThoseThatHavePlayedWhenItIsInterrupted) {
    verify::Process process{run_iolab::launch({"trace", "epoll_lt", "blocking"})};
    const auto patience = verify::in(std::chrono::seconds{20});
    while (process.stderr_text().find("epoll_lt plays") == std::string::npos) {
        ASSERT_LT(verify::Clock::now(), patience);
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    process.signal(SIGINT);
    const Finished finished = run_iolab::finish(process);
    EXPECT_EQ(finished.exit, (verify::Exit{false, 130})) << finished.err;
    EXPECT_NE(finished.out.find("epoll_lt: the kernel"), std::string::npos) << finished.out;
    EXPECT_EQ(finished.out.find("blocking"), std::string::npos) << finished.out;
}

TEST_F(SceneRun, RefusesWhatItCannotShowInThreeLines) {
    const std::pair<std::vector<std::string>, int> cases[] = {
        {{"trace", "nobody"}, 2},
        {{"trace", "poll", "-o", file("scene.png")}, 2},
        {{"trace", "--from", file("trace"), "-o", file("scene.html")}, 2},
        {{"trace", "--from", file("trace"), "-o", file("scene")}, 2},
        {{"trace", "--from", file("trace"), "-o", file("all") + "/"}, 2},
        {{"trace", "poll", "--from", file("absent")}, 2},
        {{"trace", "--from", file("absent"), "--json"}, 2},
    };
    for (const auto& [words, code] : cases) {
        const Finished finished = iolab(words);
        EXPECT_EQ(finished.exit, (verify::Exit{false, code})) << finished.err;
        EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 3) << finished.err;
        EXPECT_EQ(finished.out, "");
    }
}

}  // namespace
