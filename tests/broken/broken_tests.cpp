// Whether each behaviour can fail: every row of the table is tried on a server that is broken in
// such a way that it must, and has to fail for that reason. The same servers without a defect hold
// every row, so that it is the defect that is seen.

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "bench/lab/models.hpp"
#include "bench/verify/behaviours.hpp"
#include "tests/behaviours/test_name.hpp"
#include "tests/broken/proofs.hpp"

namespace {

using broken::Proof;
using broken::Server;
using verify::Row;

/// As long as a client waits for a server that will not answer; those of a right one wait longer.
constexpr std::chrono::milliseconds short_patience{1000};
constexpr int most_attempts = 3;

const std::map<std::string_view, const Proof*>& proofs_by_sentence() {
    static const auto table = [] {
        std::map<std::string_view, const Proof*> found;
        for (const Proof& proof : broken::proofs()) found.emplace(proof.sentence, &proof);
        return found;
    }();
    return table;
}

const Proof* proof_of(const Row& row) {
    const auto found = proofs_by_sentence().find(row.behaviour->sentence);
    return found == proofs_by_sentence().end() ? nullptr : found->second;
}

std::string command_of(std::string_view defect) {
    return fmt::format("thread={} {{port}} {}", BROKEN_SERVER, defect);
}

/// One of our models with all its mutants in it.
lab::Model mutated_model(Server server) {
    constexpr std::array<std::string_view, 4> names{"", "blocking", "select", "poll"};
    const std::string_view name = names[static_cast<std::size_t>(server)];
    for (lab::Model& model : lab::own_models(MUTATED_DIRECTORY "/bin"))
        if (model.name == name) return std::move(model);
    throw std::logic_error{"no such model"};
}

/// What is started from now on has these mutants.
void choose_mutants(std::string_view names) {
    ::setenv("IOLAB_DEFECT", std::string{names}.c_str(), 1);
}

/// The trial of a server with a defect; kept, because to make one takes longer than most rows.
verify::Trial& trial_of(Server server, std::string_view defect,
                        std::chrono::milliseconds patience) {
    using Key = std::tuple<Server, std::string_view, bool>;
    static std::map<Key, std::unique_ptr<verify::Trial>> trials;
    auto& trial = trials[{server, defect, patience == short_patience}];
    if (!trial)
        trial = std::make_unique<verify::Trial>(
            server == Server::thread ? lab::added_model(command_of(defect)) : mutated_model(server),
            verify::hello, patience);
    return *trial;
}

/// Tries a row on the server that it is said to fail against. errors: throws `Failed` when that
/// cannot even be asked for "/".
verify::Result tried(const Proof& proof, const Row& row) {
    verify::Trial& trial = trial_of(proof.server, proof.defect, short_patience);
    choose_mutants(proof.later ? "" : proof.defect);
    trial.prepare(row);
    choose_mutants(proof.defect);
    verify::Result result = trial.run(row);
    choose_mutants("");
    return result;
}

std::string text_of(const verify::Result& result) {
    switch (result.verdict) {
        case verify::Verdict::pass: return "it passed";
        case verify::Verdict::skip: return "it was skipped: " + result.reason;
        case verify::Verdict::fail: break;
    }
    return fmt::format("{}, got {}", result.expected, result.got);
}

bool says_one_of(const verify::Result& result, std::string_view complaints) {
    const std::string text = text_of(result);
    while (true) {
        const std::size_t bar = std::min(complaints.find('|'), complaints.size());
        if (text.find(complaints.substr(0, bar)) != std::string::npos) return true;
        if (bar == complaints.size()) return false;
        complaints.remove_prefix(bar + 1);
    }
}

/// A test that is made from a row.
class RowTest : public testing::Test {
public:
    RowTest(void (*body)(const Row&), const Row& row) : body_{body}, row_{row} {}
    void TestBody() override { body_(row_); }

private:
    void (*body_)(const Row&);
    Row row_;
};

/// Whether a row fails for the reason that its proof names.
bool is_proved(const Proof& proof, const verify::Result& result) {
    return result.verdict == verify::Verdict::fail && says_one_of(result, proof.complaint) &&
           (proof.later || !result.never_ready);
}

/// On a machine that is very busy a defect may have no time to show, a server that spins above all.
/// One failure is the proof; whoever takes several attempts is told of.
void fails_against_its_proof(const Row& row) {
    const Proof* proof = proof_of(row);
    if (!proof) FAIL() << row.behaviour->sentence << ": it has no line in tests/broken/proofs.cpp";
    const std::string where = fmt::format("{} against {}", row.behaviour->sentence, proof->defect);
    std::string got;
    for (int attempt = 1; attempt <= most_attempts; ++attempt) {
        try {
            const verify::Result result = tried(*proof, row);
            if (result.missing) GTEST_SKIP() << result.reason;
            if (is_proved(*proof, result)) return;
            got = text_of(result);
        } catch (const verify::Failed& failure) {
            got = fmt::format("the broken server cannot be asked: {}", failure.what());
        }
        fmt::print("attempt {}: {}: {}\n", attempt, where, got);
    }
    FAIL() << where << " should complain of `" << proof->complaint << "`, not: " << got;
}

void holds_on(Server server, const Row& row) {
    verify::Trial& trial = trial_of(server, "", verify::default_patience);
    const verify::Result result = trial.run(row);
    if (result.missing) GTEST_SKIP() << result.reason;
    EXPECT_EQ(result.verdict, verify::Verdict::pass)
        << row.behaviour->sentence << " without a defect: " << text_of(result);
}

void holds_on_the_server(const Row& row) {
    holds_on(Server::thread, row);
}

void holds_on_its_model(const Row& row) {
    holds_on(proof_of(row)->server, row);
}

void register_row(const std::string& suite, const Row& row, void (*body)(const Row&)) {
    testing::RegisterTest(suite.c_str(), test_name(row.behaviour->sentence).c_str(), nullptr,
                          nullptr, __FILE__, __LINE__, [row, body]() -> testing::Test* {
                              return new RowTest{body, row};
                          });
}

void register_rows() {
    for (const Row& row : verify::behaviours()) {
        register_row(test_name(verify::name_of(row.group)), row, fails_against_its_proof);
        const verify::Needs& needs = row.behaviour->needs;
        if (!needs.own && needs.arguments.empty() && needs.exempt({}).empty())
            register_row("whole_server", row, holds_on_the_server);
        const Proof* proof = proof_of(row);
        if (proof && proof->server != Server::thread)
            register_row("whole_models", row, holds_on_its_model);
    }
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::set<std::string> words_of(std::string_view text, char separator) {
    std::set<std::string> words;
    std::istringstream stream{std::string{text}};
    for (std::string word; std::getline(stream, word, separator);) words.insert(word);
    return words;
}

TEST(table, has_a_proof_for_every_row) {
    for (const Row& row : verify::behaviours())
        EXPECT_TRUE(proof_of(row)) << row.behaviour->sentence;
}

TEST(table, has_no_proof_without_a_row) {
    std::set<std::string_view> sentences;
    for (const Row& row : verify::behaviours()) sentences.insert(row.behaviour->sentence);
    for (const Proof& proof : broken::proofs())
        EXPECT_EQ(sentences.erase(proof.sentence), 1u) << proof.sentence;
}

TEST(table, holds_200_rules_that_a_defect_tells_apart) {
    std::set<std::pair<Server, std::string_view>> defects;
    for (const Proof& proof : broken::proofs()) defects.insert({proof.server, proof.defect});
    EXPECT_GE(defects.size(), 200u);
}

TEST(table, says_what_every_row_complains_of) {
    for (const Proof& proof : broken::proofs()) EXPECT_NE(proof.complaint, "") << proof.sentence;
}

TEST(table, uses_every_mutant_and_no_other) {
    std::set<std::string> used;
    for (const Proof& proof : broken::proofs())
        if (proof.server != Server::thread) used.merge(words_of(proof.defect, '+'));
    EXPECT_EQ(used, words_of(content_of(MUTATED_DIRECTORY "/mutants.txt"), '\n'));
}

TEST(table, has_mutants_of_what_stands_in_the_source) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{MUTATED_DIRECTORY}) {
        if (entry.path().extension() != ".unapplied") continue;
        EXPECT_EQ(content_of(entry.path()), "")
            << "tests/broken/mutants.cmake names a text that is no longer there";
    }
}

/// What a trial looks for after every row, whatever the row is.
void expect_after_a_row(std::string_view defect, std::string_view complaint) {
    const Row& row = verify::behaviours().front();
    const Proof proof{row.behaviour->sentence, Server::thread, defect, complaint};
    verify::Result result;
    for (int attempt = 1; attempt <= most_attempts; ++attempt) {
        result = tried(proof, row);
        if (is_proved(proof, result)) return;
    }
    ADD_FAILURE() << text_of(result);
}

TEST(trial, notices_a_descriptor_that_is_left_open) {
    expect_after_a_row("leaks-descriptors", "no more held");
}

TEST(trial, notices_a_thread_that_is_left_behind) {
    expect_after_a_row("leaks-threads", "no more held");
}

TEST(trial, notices_a_child_that_nobody_waits_for) {
    expect_after_a_row("leaves-zombies", "no more held");
}

TEST(trial, notices_a_server_that_spins_alone) {
    expect_after_a_row("spins-alone", "no CPU used");
}

}  // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    register_rows();
    return RUN_ALL_TESTS();
}
