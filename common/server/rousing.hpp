#pragma once

#include <functional>

#include "common/server/service.hpp"
#include "common/sys/site.hpp"

namespace server {

/// Rouses workers until none is left: a stop has been asked for, and whoever sleeps in a call does
/// not know it yet. A signal that comes just before the call rouses nobody, so it is sent again and
/// again, at growing intervals, lest thousands keep each other from ending.
///
/// `any_left` collects those that have ended and tells whether others have not; `rouse` sends the
/// signal to those.
void rouse_until_none(Service& service, const std::function<bool()>& any_left,
                      const std::function<void()>& rouse, sys::Site site);

}  // namespace server
