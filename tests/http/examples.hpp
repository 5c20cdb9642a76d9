#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "common/http/conversation.hpp"

/// What is said to a server and what it answers, as rows of a table.
namespace examples {

/// What a conversation wants when all has been answered.
enum class End {
    reads,  ///< the next request
    lingers,  ///< what may still come is dropped
    closes,  ///< nothing more
    leaves,  ///< closes, or lingers where bytes came that nobody wanted
};

struct Example {
    std::string sentence;
    std::string input;
    std::string output;
    End end = End::reads;
};

/// Shows a row in a failure.
void PrintTo(const Example& example, std::ostream* out);

/// Says the input whole, in two pieces cut at every byte (at some, if it is
/// long), and byte by byte; drains the output whole and in small bits; expects
/// the same every time.
void check(const Example& example);

/// A test name made of a row's sentence.
std::string name_of(const testing::TestParamInfo<Example>& row);

}  // namespace examples
