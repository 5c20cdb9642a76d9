#pragma once

#include <span>

#include "bench/verify/behaviours.hpp"

/// The rows of the table, one function a group.
namespace verify::rows {

std::span<const Behaviour> delivery();
std::span<const Behaviour> responses();
std::span<const Behaviour> persistence();
std::span<const Behaviour> request_line();
std::span<const Behaviour> methods();
std::span<const Behaviour> host();
std::span<const Behaviour> fields();
std::span<const Behaviour> lengths();
std::span<const Behaviour> codings();
std::span<const Behaviour> chunks();
std::span<const Behaviour> limits();
std::span<const Behaviour> garbage();
std::span<const Behaviour> rude_clients();
std::span<const Behaviour> slow_clients();
std::span<const Behaviour> scarcity();
std::span<const Behaviour> signals();
std::span<const Behaviour> start_and_stop();
std::span<const Behaviour> static_files();
std::span<const Behaviour> lab();
std::span<const Behaviour> economy();

}  // namespace verify::rows
