#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

/// What ui.perfetto.dev and chrome://tracing ask of a document, so that they show all of it.
///
/// source  "Trace Event Format" of the Chromium project,
///         docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU;
///         Perfetto, src/trace_processor/importers: common/slice_tracker.cc drops an event that
///         begins inside another one of its lane and ends after it; json/json_utils.cc reads a
///         time as a floating point number of microseconds, and cuts it to nanoseconds
namespace trace_events {

using Json = nlohmann::ordered_json;
using Lane = std::pair<std::int64_t, std::int64_t>;

/// A time as Perfetto reads it.
inline std::int64_t ns_of(const Json& us) {
    constexpr double end_of_time = 9e18;
    return static_cast<std::int64_t>(std::min(us.get<double>() * 1000.0, end_of_time));
}

/// Ends of the events of a lane that are not over, each inside the one before.
class Open {
public:
    void add(const Json& event) {
        const std::int64_t start_ns = ns_of(event.at("ts"));
        const std::int64_t end_ns = start_ns + ns_of(event.at("dur"));
        while (!ends_ns_.empty() && ends_ns_.back() <= start_ns) ends_ns_.pop_back();
        EXPECT_TRUE(ends_ns_.empty() || end_ns <= ends_ns_.back()) << "overlaps: " << event;
        ends_ns_.push_back(end_ns);
    }

private:
    std::vector<std::int64_t> ends_ns_;
};

/// The names of processes and of lanes, each given once.
class Names {
public:
    void add(const Json& event) {
        const std::string what = event.at("name");
        const Json& args = event.at("args");
        const std::int64_t pid = event.at("pid");
        if (what == "process_name") {
            EXPECT_TRUE(processes_.insert(pid).second) << event;
        } else if (what == "thread_name") {
            EXPECT_TRUE(lanes_.insert({pid, event.at("tid")}).second) << event;
        } else {
            EXPECT_TRUE(what == "process_sort_index" || what == "thread_sort_index") << event;
            EXPECT_TRUE(args.at("sort_index").is_number_integer()) << event;
            return;
        }
        EXPECT_TRUE(args.at("name").is_string()) << event;
    }

    [[nodiscard]] bool know(const Lane& lane) const {
        return processes_.contains(lane.first) && lanes_.contains(lane);
    }

private:
    std::set<std::int64_t> processes_;
    std::set<Lane> lanes_;
};

inline void expect_types(const Json& event) {
    ASSERT_TRUE(event.at("ph").is_string()) << event;
    ASSERT_TRUE(event.at("pid").is_number_integer()) << event;
    ASSERT_TRUE(event.at("tid").is_number_integer()) << event;
    ASSERT_TRUE(event.at("name").is_string()) << event;
    ASSERT_TRUE(event.at("args").is_object()) << event;
    if (event.at("ph") == "M") return;
    ASSERT_EQ(event.at("ph"), "X") << event;
    ASSERT_TRUE(event.at("cat").is_string()) << event;
    static const std::set<std::string> kinds{"client", "asleep", "doing", "would block"};
    ASSERT_TRUE(kinds.contains(event.at("cat"))) << event;
    ASSERT_TRUE(event.at("ts").is_number()) << event;
    ASSERT_TRUE(event.at("dur").is_number()) << event;
    ASSERT_GE(event.at("ts").get<double>(), 0) << event;
    ASSERT_GE(event.at("dur").get<double>(), 0) << event;
}

/// Lanes that have names, complete events in the order of their starts, and in each lane none that
/// begins inside another and outlasts it.
inline void expect_opens(const Json& document) {
    ASSERT_TRUE(document.is_object());
    EXPECT_EQ(document.at("displayTimeUnit"), "ns");
    ASSERT_TRUE(document.at("traceEvents").is_array());
    Names names;
    std::map<Lane, Open> open;
    double last_us = 0;
    for (const Json& event : document.at("traceEvents")) {
        ASSERT_NO_FATAL_FAILURE(expect_types(event));
        if (event.at("ph") == "M") {
            names.add(event);
            continue;
        }
        const Lane lane{event.at("pid"), event.at("tid")};
        EXPECT_TRUE(names.know(lane)) << event;
        EXPECT_GE(event.at("ts").get<double>(), last_us) << event;
        last_us = event.at("ts");
        open[lane].add(event);
    }
}

}  // namespace trace_events
