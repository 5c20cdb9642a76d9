#pragma once

#include <string>
#include <string_view>

namespace report {

/// A text of JSON with its histograms' bins as steps from one to the next, which is shorter:
/// `"bins":[[698,1],[699,2],[705,1]]` is `"bins":~698,x2,6~`, without a step and without a count of
/// 1. No JSON has a `~` there, so whoever puts the bins back gets the same text, byte by byte.
[[nodiscard]] std::string with_steps(std::string_view json);

/// The same, compressed and in base64: what the page's script unpacks is `json`, byte by byte.
///
/// result  empty where the text is larger than a page could ever take
/// errors  throws std::bad_alloc
/// source  RFC 1950, which browsers decompress; RFC 4648, 4
[[nodiscard]] std::string packed(std::string_view json);

}  // namespace report
