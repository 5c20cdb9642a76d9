#pragma once

#include <cstddef>

namespace sys {

/// Maps a file of that size, all zero, shared with whoever else opens it and with forked children.
/// An empty path maps memory that nobody else can see. What was in the file is gone.
/// errors: throws std::system_error that begins with the path
[[nodiscard]] void* map_shared(const char* path, std::size_t size_bytes);

}  // namespace sys
