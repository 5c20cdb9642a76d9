#include "common/server/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "common/http/grammar.hpp"
#include "common/server/main.hpp"
#include "common/sys/calls.hpp"

namespace server {
namespace {

struct Named {
    std::string_view ending;
    std::string_view type;
};

constexpr std::array<Named, 19> types{{
    {".html", "text/html"},        {".htm", "text/html"},         {".css", "text/css"},
    {".js", "text/javascript"},    {".json", "application/json"}, {".txt", "text/plain"},
    {".md", "text/markdown"},      {".csv", "text/csv"},          {".xml", "text/xml"},
    {".svg", "image/svg+xml"},     {".png", "image/png"},         {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},       {".gif", "image/gif"},         {".webp", "image/webp"},
    {".ico", "image/x-icon"},      {".pdf", "application/pdf"},   {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
}};

std::string_view type_of(std::string_view path) noexcept {
    for (const Named& named : types) {
        if (path.ends_with(named.ending)) return named.type;
    }
    return "application/octet-stream";
}

/// A file, read while it is sent.
class FileBody {
public:
    explicit FileBody(sys::Fd fd) noexcept : fd_{std::move(fd)} {}

    std::size_t pull(std::span<std::byte> room) noexcept {
        const ssize_t count = sys::pread(fd_.get(), room, offset_);
        // A file system may say EINVAL or EBADF of a file of its own: sysfs does.
        if (count < 0 && errno == EFAULT) fatal("pread");
        if (count <= 0) return 0;  // it shrank under us, or cannot be read any more
        offset_ += count;
        return static_cast<std::size_t>(count);
    }

private:
    sys::Fd fd_;
    off_t offset_ = 0;
};

/// Percent-decodes once; nothing for a NUL or a broken escape.
std::optional<std::string> decoded(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%') {
            out += path[i];
            continue;
        }
        if (i + 2 >= path.size()) return std::nullopt;
        const int high = http::hex_digit(path[i + 1]);
        const int low = http::hex_digit(path[i + 2]);
        if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

/// Why a file could not be opened, as a status: open(2), openat2(2), ERRORS.
int status_of(int error) noexcept {
    switch (error) {
        case ENOENT:
        case EINVAL:  // the file system allows no such name
        case ENOTDIR:
        case ENAMETOOLONG: return 404;
        case EXDEV:  // the path leaves the directory
        case ELOOP:
        case ENXIO:
        case EACCES:
        case EPERM: return 403;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EAGAIN: return 503;  // a directory was moved on the way
        default: return 500;
    }
}

/// Where a directory is to be asked for. One slash at the front: with two, a
/// browser would take the name for a host's (RFC 3986, section 4.2).
std::string location_of(const http::Request& request) {
    std::string_view name = request.path;
    while (name.starts_with('/')) name.remove_prefix(1);
    std::string location = '/' + std::string{name} + '/';
    if (!request.query.empty()) location.append("?").append(request.query);
    return location;
}

http::Answer not_opened(int error) {
    if (error != EINVAL) fatal_if_ours("openat2");
    return plain(status_of(error));
}

}  // namespace

http::Answer plain(int status) {
    http::Answer answer;
    answer.status = status;
    return answer;
}

http::Answer not_allowed(std::string_view allow) {
    http::Answer answer = plain(405);
    answer.allow = allow;
    return answer;
}

Files::Files(const std::string& directory) {
    if (directory.empty()) return;
    root_ = sys::Fd{sys::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!root_) throw std::system_error{errno, std::generic_category(), "--root " + directory};
    directory_ = root_.get();
    const sys::Fd probe{sys::open_beneath(directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!probe) throw std::system_error{errno, std::generic_category(), "openat2"};
}

http::Answer Files::answer(const http::Request& request) {
    const std::optional<std::string> plain_path = decoded(request.path);
    if (!plain_path) return plain(400);
    std::string name =
        plain_path->substr(std::min(plain_path->find_first_not_of('/'), plain_path->size()));
    const bool as_directory = name.empty() || name.ends_with('/');
    if (as_directory) name += "index.html";

    // O_NONBLOCK: opening a FIFO that nobody writes must not hold everybody up.
    sys::Fd fd{
        sys::open_beneath(directory_, name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    struct stat status {};
    if (!fd) return not_opened(errno);
    if (sys::fstat(fd.get(), &status) != 0) {
        fatal_if_ours("fstat");
        return plain(500);
    }
    if (S_ISDIR(status.st_mode) && !as_directory) {
        http::Answer moved = plain(301);
        location_ = location_of(request);
        moved.location = location_;
        return moved;
    }
    if (!S_ISREG(status.st_mode)) return plain(403);

    http::Answer answer;
    answer.type = type_of(name);
    answer.length_bytes = static_cast<std::uint64_t>(status.st_size);
    answer.body = http::Body{FileBody{std::move(fd)}};
    return answer;
}

}  // namespace server
