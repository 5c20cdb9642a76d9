#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "tests/fuzz/oracle.hpp"

namespace fuzz {

/// Number of final replies in `output`, taken apart by nothing but what RFC 9112 says of them.
/// Ends the process when one is not well-formed. `served` are the requests that were answered, in
/// order, empty where the protocol answered: a reply to HEAD has no body. The last may be cut where
/// its request asked for that.
[[nodiscard]] std::size_t count_replies(std::string_view output,
                                        const std::vector<Message>& served);

}  // namespace fuzz
