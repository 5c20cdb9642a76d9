#pragma once

#include <cstddef>
#include <system_error>

namespace sys {

/// A file that cannot be had; its words begin with the path.
struct FileError : std::system_error {
    FileError(int error, const char* path)
        : std::system_error{error, std::generic_category(), path} {}
};

/// Maps a file of that size, all zero, shared with whoever else opens it and with forked children.
/// An empty path maps memory that nobody else can see. What was in the file is gone. As long as the
/// process lives, no other one gets the same file from here.
/// errors: throws FileError; EWOULDBLOCK where another holds it
[[nodiscard]] void* map_shared(const char* path, std::size_t size_bytes);

}  // namespace sys
