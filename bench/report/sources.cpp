#include "bench/report/sources.hpp"

#include <cctype>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "bench/lab/models.hpp"

namespace report {
namespace {

namespace fs = std::filesystem;

// RFC 3986, 2.3: all else is spelt in hexadecimal, so that no byte of a path means something else,
// and no first directory is taken for a scheme.
std::string spelt_in_address(const std::string& path) {
    constexpr std::string_view plain = "-._~/";
    std::string address;
    for (const char letter : path) {
        const auto byte = static_cast<unsigned char>(letter);
        const bool stays =
            (byte < 0x80 && std::isalnum(byte) != 0) || plain.find(letter) != plain.npos;
        address += stays ? std::string{letter} : fmt::format("%{:02X}", byte);
    }
    return address;
}

// Pages mean `..` as it is written, and the kernel as the links go: both have to find the file.
std::string address_of(const fs::path& file, const fs::path& from) {
    std::error_code ignored;
    const fs::path relative = file.lexically_relative(from);
    if (relative.empty() || !fs::is_regular_file(file, ignored)) return "";
    return fs::is_regular_file(from / relative, ignored)
               ? spelt_in_address(relative.generic_string())
               : "";
}

bool lies_inside(const fs::path& directory, const fs::path& root) {
    const fs::path relative = directory.lexically_relative(root);
    return !relative.empty() && *relative.begin() != "..";
}

// The project around the build, where it has been built inside of it.
fs::path project_of(const fs::path& build) {
    std::error_code ignored;
    return fs::is_directory(build.parent_path() / "servers", ignored) ? build.parent_path() : build;
}

}  // namespace

Sources sources_for(const fs::path& report, const fs::path& executables) {
    const fs::path from = fs::absolute(report).lexically_normal().parent_path();
    const fs::path build = fs::absolute(executables).lexically_normal().parent_path();
    Sources sources;
    std::error_code ignored;
    const bool was_built_there = fs::is_regular_file(build / "CMakeCache.txt", ignored);
    if (!was_built_there) return sources;  // installed: what lies around it is anyone's
    if (!lies_inside(from, project_of(build))) return sources;
    for (const std::string& name : lab::own_model_names()) {
        Source source{.page = address_of(build / "docs/models" / (name + ".html"), from),
                      .annotated = address_of(build / "docs/servers" / (name + ".html"), from),
                      .file = address_of(build.parent_path() / "servers" / (name + ".cpp"), from)};
        if (!(source.page + source.annotated + source.file).empty())
            sources.emplace(name, std::move(source));
    }
    return sources;
}

}  // namespace report
