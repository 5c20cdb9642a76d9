#pragma once

#include <string>
#include <string_view>

#include "common/http/site.hpp"
#include "common/sys/fd.hpp"

namespace server {

/// An answer with nothing to say beyond its status.
[[nodiscard]] http::Answer plain(int status);

/// A 405 that names the methods a resource has.
[[nodiscard]] http::Answer not_allowed(std::string_view allow);

/// The files beneath one directory, as tutorials serve them, without their
/// defects: lengths in bytes, nothing outside the directory, nothing but regular
/// files, and no wait in open.
class Files {
public:
    /// range   empty for no directory at all
    /// errors  throws std::system_error when it cannot be opened
    explicit Files(const std::string& directory);

    /// The same directory, lent to another thread.
    [[nodiscard]] Files lent() const noexcept { return Files{directory_}; }

    [[nodiscard]] explicit operator bool() const noexcept { return directory_ >= 0; }

    /// Answers a GET of a path, percent-encoded as it was sent.
    [[nodiscard]] http::Answer answer(const http::Request& request);

private:
    explicit Files(int directory) noexcept : directory_{directory} {}

    sys::Fd root_;  // empty where it is lent
    int directory_ = -1;
    std::string location_;  // of the last redirection
};

}  // namespace server
