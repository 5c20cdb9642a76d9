#pragma once

#include <utility>

#include "common/sys/site.hpp"

namespace sys {

/// Sole owner of one open descriptor, or of none.
///
/// range   -1 for none, otherwise a descriptor the kernel gave us.
/// errors  close is tried once and its result ignored: Linux has released the
///         descriptor even when it reports EINTR, close(2), NOTES.
class [[nodiscard]] Fd {
public:
    Fd() noexcept = default;
    explicit Fd(int fd) noexcept : fd_{fd} {}
    Fd(Fd&& from) noexcept : fd_{std::exchange(from.fd_, -1)} {}
    Fd& operator=(Fd&& from) noexcept {
        Fd old{std::exchange(fd_, std::exchange(from.fd_, -1))};
        return *this;
    }
    ~Fd();

    /// The number, lent for one system call. Ownership stays here.
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

    /// The number, given away: the caller now owes the close.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

/// Closes `fd` under the caller's line; what is not closed this way is counted
/// under `Fd` itself. errors: -1 with EBADF is a mistake of ours, a descriptor that
/// was closed before; all others have released it, see `Fd`. source: close(2), NOTES.
int close(Fd fd, Site site = Site::here()) noexcept;

}  // namespace sys
