#include "bench/report/packed.hpp"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <span>
#include <system_error>

#include <fmt/format.h>

#include "bench/report/base64.hpp"

namespace report {
namespace {

constexpr std::string_view before_bins = "\"bins\":[";
constexpr std::string_view before_steps = "\"bins\":~";

// Reads what stands in a text from its begin on, and takes it away.
bool takes(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

// A whole number as JSON spells it and JavaScript can hold it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    constexpr std::uint64_t most = 1'000'000'000'000'000;  // below 2^53
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || value >= most || (text.front() == '0' && digits > 1))
        return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

// The steps of the list whose first bracket has been taken, and the list with its last bracket
// from `text`. Nothing where it is not a list of bins in their order.
std::optional<std::string> take_bins(std::string_view& text) {
    std::string steps;
    std::uint64_t last = 0;
    do {
        if (!takes(text, '[')) return std::nullopt;
        const auto place = take_number(text);
        if (!place || *place < last || !takes(text, ',')) return std::nullopt;
        const auto count = take_number(text);
        if (!count || !takes(text, ']')) return std::nullopt;
        if (*place - last != 1) steps += fmt::format("{}", *place - last);
        if (*count != 1) steps += fmt::format("x{}", *count);
        steps += ',';
        last = *place;
    } while (takes(text, ','));
    if (!takes(text, ']')) return std::nullopt;
    steps.back() = '~';
    return steps;
}

std::string compressed(std::string_view text) {
    uLongf size = ::compressBound(text.size());
    std::string result(size, '\0');
    const int error =
        ::compress2(reinterpret_cast<Bytef*>(result.data()), &size,
                    reinterpret_cast<const Bytef*>(text.data()), text.size(), Z_BEST_COMPRESSION);
    if (error != Z_OK) throw std::bad_alloc{};  // of so much room zlib wants no more than memory
    result.resize(size);
    return result;
}

}  // namespace

std::string with_steps(std::string_view json) {
    std::string text;
    for (auto at = json.find(before_bins); at != json.npos; at = json.find(before_bins)) {
        text += json.substr(0, at);
        std::string_view rest = json.substr(at + before_bins.size());
        const auto steps = take_bins(rest);
        text += steps ? before_steps : before_bins;
        if (steps) text += *steps;
        json.remove_prefix(steps ? json.size() - rest.size() : at + before_bins.size());
    }
    return text += json;
}

std::string packed(std::string_view json) {
    constexpr std::size_t largest = 50'000'000;  // what is packed is a tenth of it
    if (json.size() > largest) return "";
    const std::string bytes = compressed(with_steps(json));
    return base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace report
