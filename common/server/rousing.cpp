#include "common/server/rousing.hpp"

#include <algorithm>

#include "common/server/main.hpp"
#include "common/sys/calls.hpp"

namespace server {
namespace {

constexpr std::uint64_t again_after_ms = 10;  // at first
constexpr std::uint64_t again_at_last_ms = 160;

}  // namespace

void rouse_until_none(Service& service, const std::function<bool()>& any_left,
                      const std::function<void()>& rouse, sys::Site site) {
    for (std::uint64_t pause_ms = again_after_ms; any_left();
         pause_ms = std::min(2 * pause_ms, again_at_last_ms)) {
        rouse();
        if (sys::nanosleep_ms(pause_ms, site) < 0) fatal_if_ours("nanosleep");
        service.woke(0);
    }
}

}  // namespace server
