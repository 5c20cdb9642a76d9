#include "tests/http/examples.hpp"

#include <cctype>

#include "tests/http/talk.hpp"

namespace examples {
namespace {

using Pieces = std::vector<std::string_view>;

bool is_end(End wanted, http::Next end) {
    switch (wanted) {
        case End::reads: return end == http::Next::read;
        case End::lingers: return end == http::Next::linger;
        case End::closes: return end == http::Next::close;
        case End::leaves: return end == http::Next::close || end == http::Next::linger;
    }
    return false;
}

void expect(const Example& example, const Pieces& pieces, talk::Manner manner,
            const std::string& how) {
    talk::Site site;
    const talk::Outcome outcome = talk::converse(site, pieces, manner);
    EXPECT_EQ(talk::without_continue(outcome.output), example.output)
        << example.sentence << ", " << how;
    EXPECT_TRUE(is_end(example.end, outcome.end))
        << example.sentence << ", " << how << ", ends with next " << static_cast<int>(outcome.end);
}

/// Where an input is cut in two: everywhere, or in a long one near its ends and
/// the limits of lines, heads and rooms.
std::vector<std::size_t> cuts(std::size_t size) {
    std::vector<std::size_t> all;
    for (std::size_t at = 1; at < size; ++at) {
        const bool is_near_limit = at % 1024 < 3 || at % 1024 > 1021;
        if (size < 600 || at < 20 || at + 20 > size || is_near_limit) all.push_back(at);
    }
    return all;
}

}  // namespace

void PrintTo(const Example& example, std::ostream* out) {
    *out << example.sentence;
}

void check(const Example& example) {
    const std::string_view input = example.input;
    expect(example, {input}, {}, "whole");
    expect(example, {input}, {.sends_bytes = 1}, "sent a byte at a time");
    expect(example, {input}, {.split_reply = true}, "with replies split");

    Pieces bytes;
    for (std::size_t at = 0; at < input.size(); ++at) bytes.push_back(input.substr(at, 1));
    expect(example, bytes, {}, "byte by byte");

    for (const std::size_t at : cuts(input.size())) {
        expect(example, {input.substr(0, at), input.substr(at)}, {.sends_bytes = 7},
               "cut at " + std::to_string(at));
        if (testing::Test::HasFailure()) return;
    }
}

std::string name_of(const testing::TestParamInfo<Example>& row) {
    std::string name;
    for (const char c : row.param.sentence) {
        const bool fits = std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (fits) name += c;
        if (!fits && !name.empty() && name.back() != '_') name += '_';
    }
    return name;
}

}  // namespace examples
