#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/sys/fd.hpp"
#include "common/sys/site.hpp"

// The seam where it is a queue: io_uring(7). liburing maps the queues and writes their entries; the
// one call that enters the kernel is made here, so that it is counted like any other.

namespace sys {

/// What a server asks of the kernel.
enum class Asked : std::uint8_t { accept, receive, send, close, cancel };

/// What has come of it.
struct Completion {
    Asked asked;
    bool more;  ///< it goes on: another completion of the same will follow
    int fd;  ///< of which descriptor it was asked
    int result;  ///< as the call's; of what failed: its errno, negative
    int buffer;  ///< which one the bytes stand in, where the kernel chose it; -1 for none
};

/// Two queues that we share with the kernel: what is to be done, and what is done.
///
/// A function that bears a call's name puts one entry into the first; the kernel learns of it by
/// the next `enter`, or at once where the queue is full: then that is a call, counted under the
/// caller's line. What is lent with an entry, room or bytes, is the kernel's until its completion.
/// `close` and `cancel` complete only where they fail.
class Uring {
public:
    /// range: `flags` of io_uring_setup(2), those left out that this kernel does not know
    /// errors: throws std::system_error
    explicit Uring(unsigned flags = 0, Site site = Site::here());
    Uring(const Uring&) = delete;

    ~Uring();

    /// Calls back whatever is under way and waits for it: nothing is lent any more. The end of a ring
    /// does so too.
    void call_back_all(Site site = Site::here()) noexcept;

    void accept4(int listener, int flags, Site site = Site::here()) noexcept;
    void recv(int fd, std::span<std::byte> room, int flags, Site site = Site::here()) noexcept;
    void send(int fd, std::span<const std::byte> bytes, int flags,
              Site site = Site::here()) noexcept;
    void close(Fd fd, Site site = Site::here()) noexcept;

    /// Calls back what was asked of a descriptor: it completes with ECANCELED, unless it is done.
    void cancel(Asked asked, int fd, Site site = Site::here()) noexcept;

    /// Multishot: one entry, and a completion for every client until one says that no more follow.
    void accept4_multishot(int listener, int flags, Site site = Site::here()) noexcept;

    /// Multishot: one entry, and a completion for every piece of input, each in a buffer that the
    /// kernel takes out of the group. ENOBUFS where there is none left, which ends it.
    void recv_multishot(int fd, int group, Site site = Site::here()) noexcept;

    /// Hands over what is new, sleeps until something is done, -1 being for ever, and puts all that is
    /// done behind `done`, in its order: io_uring_enter(2).
    /// result: how much; 0 where a signal came or the time is up; -1 and `errno`
    [[nodiscard]] int enter(std::vector<Completion>& done, int timeout_ms, Site site = sleeping());

    /// For what is registered with it.
    [[nodiscard]] io_uring& raw() noexcept { return ring_; }

private:
    io_uring_sqe& entry(Asked asked, int fd, Site site) noexcept;
    int submit(unsigned least, int timeout_ms, Site site) noexcept;
    template <class Keep>
    int enter_keeping(Keep keep, int timeout_ms, Site site);
    template <class Keep>
    int take(Keep keep);

    io_uring ring_{};
    std::size_t under_way_ = 0;  // of which a completion will come
};

/// Buffers out of which the kernel takes one when there is something to put into it: a ring in
/// memory that both see, io_uring_register_buf_ring(3). Nobody who is silent holds one.
class BufferRing {
public:
    /// range: `count` is a power of two, at most 32768
    /// errors: throws std::system_error
    BufferRing(Uring& user, int group, std::size_t count, std::size_t size_bytes,
               Site site = Site::here());
    BufferRing(const BufferRing&) = delete;
    ~BufferRing();

    [[nodiscard]] int group() const noexcept { return group_; }

    /// What the kernel has put into one.
    [[nodiscard]] std::span<const std::byte> bytes(const Completion& received) const noexcept;

    /// The kernel may have it again.
    void give_back(int buffer) noexcept;

private:
    [[nodiscard]] std::byte* place(int buffer) const noexcept;

    Uring& user_;
    int group_;
    std::size_t count_;
    std::size_t size_bytes_;
    io_uring_buf_ring* ring_;
    std::byte* memory_;
};

}  // namespace sys
