#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// A request as a parser sees it.
struct Message {
    std::string method, target, body;
    bool operator==(const Message&) const = default;
};

/// Ends the process when http-parser, the parser that Node.js had before llhttp, reads `input`
/// otherwise than we did, as far as both have an opinion: each request that we served must be the
/// next that it reads, with the same method, target and body. Behind an empty one, which we refused,
/// nothing is compared: it knows other methods. That it takes more than we do is no complaint: it
/// is lenient on purpose. Nothing is compared without libhttp-parser-dev.
void compare_with_parser(std::string_view input, const std::vector<Message>& served);

}  // namespace fuzz
