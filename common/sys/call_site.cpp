#include "common/sys/call_site.hpp"

#include <cstring>
#include <string_view>

namespace sys {
namespace {

enum State : std::uint32_t { unused, being_named, in_use };

/// As much of the end of a text as fits with its NUL.
template <std::size_t size>
std::string_view end_of(std::string_view text) noexcept {
    if (text.size() >= size) text.remove_prefix(text.size() - (size - 1));
    return text;
}

template <std::size_t size>
void copy_end(std::array<char, size>& to, std::string_view text) noexcept {
    text = end_of<size>(text);
    std::memcpy(to.data(), text.data(), text.size());
    to[text.size()] = '\0';
}

template <std::size_t size>
bool ends_as(const std::array<char, size>& name, std::string_view text) noexcept {
    return end_of<size>(text) == name.data();
}

}  // namespace

bool bears(CallSite& entry, const char* call, Site site) noexcept {
    const auto line = static_cast<std::uint32_t>(site.line);
    std::uint32_t state = entry.used.load(std::memory_order_acquire);
    if (state == unused && entry.used.compare_exchange_strong(state, being_named)) {
        entry.line = line;
        copy_end(entry.file, site.file);
        copy_end(entry.call, call);
        entry.used.store(in_use, std::memory_order_release);
        return true;
    }
    return state == in_use && entry.line == line && ends_as(entry.call, call) &&
           ends_as(entry.file, site.file);
}

}  // namespace sys
