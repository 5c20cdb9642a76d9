#include "bench/report/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "common/sys/fd.hpp"

namespace report {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(int error, const fs::path& file) {
    throw std::system_error{error, std::generic_category(),
                            fmt::format("cannot write {}", file.string())};
}

// A name beside `file` that no other process uses.
fs::path beside(const fs::path& file) {
    return fs::path{file.string() + fmt::format(".{}.tmp", ::getpid())};
}

void write_all(int fd, std::string_view text, const fs::path& file) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(errno, file);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(fd) != 0 && errno != EINVAL && errno != EROFS) fail(errno, file);
}

// What cannot be replaced by another file without becoming something else: a pipe, a terminal, a
// device.
void write_into(const fs::path& file, std::string_view text) {
    const sys::Fd fd{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd) fail(errno, file);
    write_all(fd.get(), text, file);
}

void replace(const fs::path& file, mode_t mode, std::string_view text) {
    const fs::path fresh = beside(file);
    const sys::Fd fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
    if (!fd) fail(errno, file);
    try {
        write_all(fd.get(), text, file);
        if (::rename(fresh.c_str(), file.c_str()) != 0) fail(errno, file);
    } catch (const std::system_error&) {
        ::unlink(fresh.c_str());
        throw;
    }
}

}  // namespace

void write_file(const fs::path& file, std::string_view text) {
    std::error_code ignored;
    const fs::path real =
        fs::is_symlink(file, ignored) ? fs::weakly_canonical(file, ignored) : file;
    struct stat there {};
    if (::stat(real.c_str(), &there) != 0) return replace(real, 0644, text);
    if (S_ISDIR(there.st_mode)) fail(EISDIR, file);
    if (!S_ISREG(there.st_mode)) return write_into(real, text);
    if (::access(real.c_str(), W_OK) != 0) fail(errno, file);
    replace(real, there.st_mode & 0777, text);
}

void point_link(const fs::path& link, const fs::path& target) noexcept {
    std::error_code ignored;
    if (fs::exists(link, ignored) && !fs::is_symlink(link, ignored)) return;
    const fs::path fresh = beside(link);
    fs::create_symlink(target, fresh, ignored);
    if (!ignored) fs::rename(fresh, link, ignored);
}

}  // namespace report
