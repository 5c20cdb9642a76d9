// The suite is a product: every row of the table, with every model. A model that is exempt from a
// row by its own traits has no such test; `iolab verify` says why.

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "bench/lab/models.hpp"
#include "bench/verify/behaviours.hpp"
#include "tests/behaviours/test_name.hpp"

namespace {

/// The trial of the model whose turn it is; servers of another have ended before it begins.
verify::Trial& trial_of(const lab::Model& model) {
    static std::string current;
    static std::unique_ptr<verify::Trial> trial;
    if (current != model.name) {
        trial.reset();
        trial = std::make_unique<verify::Trial>(model, verify::hello);
        current = model.name;
    }
    return *trial;
}

class BehaviourTest : public testing::Test {
public:
    BehaviourTest(const lab::Model& model, const verify::Row& row) : model_{model}, row_{row} {}

    void TestBody() override {
        const verify::Result result = trial_of(model_).run(row_);
        switch (result.verdict) {
            case verify::Verdict::pass: return;
            case verify::Verdict::skip: GTEST_SKIP() << result.reason;
            case verify::Verdict::fail: break;
        }
        FAIL() << model_.name << " " << row_.behaviour->sentence << "\nexpected " << result.expected
               << "\ngot      " << result.got;
    }

private:
    lab::Model model_;
    verify::Row row_;
};

void register_product() {
    for (const lab::Model& model : lab::usable_models(IOLAB_MODELS_DIRECTORY)) {
        for (const verify::Row& row : verify::behaviours()) {
            const bool held_to_it = (row.behaviour->profiles & verify::hello) != 0 &&
                                    row.behaviour->needs.exempt(model.traits).empty();
            if (!held_to_it) continue;
            testing::RegisterTest(model.name.c_str(), test_name(row.behaviour->sentence).c_str(),
                                  nullptr, nullptr, __FILE__, __LINE__,
                                  [model, row]() -> testing::Test* {
                                      return new BehaviourTest{model, row};
                                  });
        }
    }
}

TEST(table, has_no_sentence_twice) {
    std::set<std::string> seen;
    for (const verify::Row& row : verify::behaviours())
        EXPECT_TRUE(seen.insert(test_name(row.behaviour->sentence)).second)
            << row.behaviour->sentence;
}

TEST(table, has_rows_in_every_group) {
    std::set<verify::Group> seen;
    for (const verify::Row& row : verify::behaviours()) seen.insert(row.group);
    EXPECT_EQ(seen.size(), verify::group_names.size());
}

TEST(table, holds_every_row_against_some_model) {
    const auto models = lab::usable_models(IOLAB_MODELS_DIRECTORY);
    for (const verify::Row& row : verify::behaviours()) {
        bool held = false;
        for (const lab::Model& model : models)
            held = held || row.behaviour->needs.exempt(model.traits).empty();
        EXPECT_TRUE(held) << row.behaviour->sentence;
    }
}

}  // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    register_product();
    return RUN_ALL_TESTS();
}
