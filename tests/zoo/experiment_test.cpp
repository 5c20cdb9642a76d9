// Experiments on the zoo's servers as they are run, one round each: those that count, and do not time.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/lab/text.hpp"
#include "tests/bench/in_directory.hpp"
#include "tests/bench/run_iolab.hpp"
#include "tests/bench/schema.hpp"

namespace {

using Json = nlohmann::ordered_json;

class ZooExperiment : public InDirectory<testing::TestWithParam<std::string>> {
protected:
    /// The exit code of one round, and the document of it.
    int run(const std::string& variant, Json& document) const {
        std::vector<std::string> words{"run",           GetParam(), "--rounds",         "1",
                                       "--no-progress", "-o",       file("result.json")};
        if (!variant.empty()) words.push_back(variant);
        const auto finished = run_iolab::iolab(words);
        document = Json::parse(lab::contents(file("result.json")));
        const Json rules = Json::parse(lab::contents(SOURCE_DIR "/docs/schema/result.schema.json"));
        for (const auto& violation : schema::violations(rules, document))
            ADD_FAILURE() << violation;
        EXPECT_FALSE(finished.exit.by_signal);
        said = finished.out + finished.err;
        return finished.exit.number;
    }

    mutable std::string said;
};

INSTANTIATE_TEST_SUITE_P(zoo, ZooExperiment,
                         testing::Values("counted-characters", "receives-are-no-requests",
                                         "four-calls", "half-closed", "close-unread", "short-send",
                                         "broken-pipe", "interrupted-wait"),
                         [](const auto& one) {
                             std::string name = one.param;
                             for (char& letter : name) letter = letter == '-' ? '_' : letter;
                             return name;
                         });

TEST_P(ZooExperiment, IsFoundAndItsControlIsNot) {
    Json document;
    EXPECT_EQ(run("", document), 0) << said;
    EXPECT_EQ(run("--control", document), 99) << said;
}

class ZooDeath : public ZooExperiment {};

INSTANTIATE_TEST_SUITE_P(zoo, ZooDeath, testing::Values("broken-pipe"));

TEST_P(ZooDeath, IsAFigureAndNotAFailure) {
    Json document;
    (void)run("", document);
    const Json& cell = document["cells"].at(0);
    EXPECT_EQ(cell["status"], "measured");
    EXPECT_EQ(cell["ended"], "signal 13 (Broken pipe)");
    EXPECT_TRUE(cell["server"].is_null());
    EXPECT_NE(said.find("died under load in 1 round: signal 13"), std::string::npos) << said;
}

}  // namespace
