#pragma once

#include <filesystem>
#include <string_view>

namespace report {

/// Replaces a file by one with this text, at one blow: a reader, and a crash, find
/// the old one or the new one.
/// errors: throws `std::system_error` that names the file; the old one is still there.
void write_file(const std::filesystem::path& file, std::string_view text);

/// Makes `link` point at `target`, at one blow as well. What stands there and is no link stays.
/// errors: none; a file system without links has none.
void point_link(const std::filesystem::path& link, const std::filesystem::path& target) noexcept;

}  // namespace report
