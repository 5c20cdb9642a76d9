#include "common/sys/uring.hpp"

#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "common/sys/counting.hpp"

namespace sys {
namespace {

constexpr unsigned entries = 2048;
constexpr unsigned completions = 16384;  // beyond it the kernel keeps them in a list of its own
constexpr unsigned most_threads = 64;  // of the kernel, for what it cannot wait for otherwise
constexpr int patience_ms = 1000;  // for what is called back at the end

constexpr std::uint64_t name_of(Asked asked, int fd) noexcept {
    return static_cast<std::uint64_t>(asked) << 32 | static_cast<std::uint32_t>(fd);
}

/// Functions of liburing return the negative of what a call leaves in `errno`.
int as_call(int result) noexcept {
    if (result >= 0) return result;
    errno = -result;
    return -1;
}

int set_up(io_uring& queues, unsigned flags, Site site) noexcept {
    io_uring_params parameters{};
    parameters.flags = flags | IORING_SETUP_CQSIZE;
    parameters.cq_entries = completions;
    return counted("io_uring_setup", site, no_fd, [&] {
        return as_call(io_uring_queue_init_params(entries, &queues, &parameters));
    });
}

[[noreturn]] void fail(const char* call) {
    throw std::system_error{errno, std::generic_category(), call};
}

void* map_memory(std::size_t size_bytes) {
    void* const memory =
        ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    return memory;
}

std::size_t ring_bytes(std::size_t count) noexcept {
    return count * sizeof(io_uring_buf);
}

}  // namespace

Uring::Uring(unsigned flags, Site site) {
    int result = set_up(ring_, flags, site);
    if (result < 0 && errno == EINVAL) result = set_up(ring_, 0, site);
    if (result < 0) fail("io_uring_setup");
    // Entry n of the queue is number n of the table, always; not every liburing says so itself.
    for (unsigned at = 0; ring_.sq.array != nullptr && at < *ring_.sq.kring_entries; ++at)
        ring_.sq.array[at] = at;
    // A kernel that cannot be told begins as many as there are clients to wait for.
    std::array<unsigned, 2> threads{0, most_threads};
    counted("io_uring_register", site, no_fd,
            [&] { return as_call(io_uring_register_iowq_max_workers(&ring_, threads.data())); });
}

Uring::~Uring() {
    call_back_all();
    counted("close", Site::here(), ring_.ring_fd, [this] {
        io_uring_queue_exit(&ring_);
        return 0;
    });
}

void Uring::call_back_all(Site site) noexcept {
    io_uring_sqe& all = entry(Asked::cancel, -1, site);
    io_uring_prep_cancel64(&all, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    all.flags |= IOSQE_CQE_SKIP_SUCCESS;
    constexpr int turns = 1000;  // a signal may end any of them
    for (int turn = 0; turn < turns; ++turn) {
        // Completions are kept nowhere: memory may be short.
        const auto drop = [](const Completion&) {};
        if (enter_keeping(drop, under_way_ == 0 ? 0 : patience_ms, site) < 0) return;
        if (under_way_ == 0) return;
    }
}

/// The next entry of the queue, which is handed over first where it is full.
io_uring_sqe& Uring::entry(Asked asked, int fd, Site site) noexcept {
    io_uring_sqe* next = io_uring_get_sqe(&ring_);
    while (next == nullptr) {
        static_cast<void>(submit(0, 0, site));  // what it fails with, the next wait fails with too
        next = io_uring_get_sqe(&ring_);
    }
    next->user_data = name_of(asked, fd);
    if (asked != Asked::close && asked != Asked::cancel) ++under_way_;
    return *next;
}

void Uring::accept4(int listener, int flags, Site site) noexcept {
    io_uring_prep_accept(&entry(Asked::accept, listener, site), listener, nullptr, nullptr, flags);
}

void Uring::accept4_multishot(int listener, int flags, Site site) noexcept {
    io_uring_prep_multishot_accept(&entry(Asked::accept, listener, site), listener, nullptr,
                                   nullptr, flags);
}

void Uring::recv(int fd, std::span<std::byte> room, int flags, Site site) noexcept {
    io_uring_prep_recv(&entry(Asked::receive, fd, site), fd, room.data(), room.size(), flags);
}

void Uring::recv_multishot(int fd, int group, Site site) noexcept {
    io_uring_sqe& next = entry(Asked::receive, fd, site);
    io_uring_prep_recv_multishot(&next, fd, nullptr, 0, 0);
    next.flags |= IOSQE_BUFFER_SELECT;
    next.buf_group = static_cast<std::uint16_t>(group);
}

void Uring::send(int fd, std::span<const std::byte> bytes, int flags, Site site) noexcept {
    io_uring_prep_send(&entry(Asked::send, fd, site), fd, bytes.data(), bytes.size(), flags);
}

void Uring::close(Fd fd, Site site) noexcept {
    const int number = fd.release();
    io_uring_sqe& next = entry(Asked::close, number, site);
    io_uring_prep_close(&next, number);
    next.flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void Uring::cancel(Asked asked, int fd, Site site) noexcept {
    io_uring_sqe& next = entry(Asked::cancel, fd, site);
    io_uring_prep_cancel64(&next, name_of(asked, fd), 0);
    next.flags |= IOSQE_CQE_SKIP_SUCCESS;
}

int Uring::enter(std::vector<Completion>& done, int timeout_ms, Site site) {
    done.reserve(done.size() + ring_.cq.ring_entries);  // no memory is taken while they come out
    return enter_keeping([&](const Completion& one) { done.push_back(one); }, timeout_ms, site);
}

/// What `enter` says; each completion is given to `keep`.
template <class Keep>
int Uring::enter_keeping(Keep keep, int timeout_ms, Site site) {
    const int result = submit(timeout_ms == 0 ? 0 : 1, timeout_ms, site);
    const int error = errno;
    const int count = take(keep);
    errno = error;
    const bool nothing = result < 0 && (error == EINTR || error == ETIME);
    return result >= 0 || nothing || count > 0 ? count : -1;
}

/// Hands over what is new and waits for that many completions, once.
int Uring::submit(unsigned least, int timeout_ms, Site site) noexcept {
    __kernel_timespec limit{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000LL};
    io_uring_getevents_arg how{};
    if (timeout_ms >= 0) how.ts = reinterpret_cast<std::uintptr_t>(&limit);
    io_uring_sq& queue = ring_.sq;
    queue.sqe_head = queue.sqe_tail;
    io_uring_smp_store_release(queue.ktail, queue.sqe_tail);
    const unsigned fresh = queue.sqe_tail - *queue.khead;
    constexpr unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
    return counted("io_uring_enter", site, ring_.ring_fd, [&] {
        return as_call(io_uring_enter2(static_cast<unsigned>(ring_.ring_fd), fresh, least, flags,
                                       reinterpret_cast<sigset_t*>(&how), sizeof how));
    });
}

/// Takes out what is done.
template <class Keep>
int Uring::take(Keep keep) {
    io_uring_cqe* one = nullptr;
    unsigned head = 0;
    unsigned taken = 0;
    io_uring_for_each_cqe(&ring_, head, one) {
        ++taken;
        const auto asked = static_cast<Asked>(one->user_data >> 32);
        const bool more = (one->flags & IORING_CQE_F_MORE) != 0;
        const bool chosen = (one->flags & IORING_CQE_F_BUFFER) != 0;
        const bool counts = asked != Asked::close && asked != Asked::cancel;
        if (counts && !more) --under_way_;
        keep(Completion{
            .asked = asked,
            .more = more,
            .fd = static_cast<int>(one->user_data & 0xffff'ffff),
            .result = one->res,
            .buffer = chosen ? static_cast<int>(one->flags >> IORING_CQE_BUFFER_SHIFT) : -1});
    }
    io_uring_cq_advance(&ring_, taken);
    return static_cast<int>(taken);
}

BufferRing::BufferRing(Uring& user, int group, std::size_t count, std::size_t size_bytes, Site site)
    : user_{user},
      group_{group},
      count_{count},
      size_bytes_{size_bytes},
      ring_{static_cast<io_uring_buf_ring*>(map_memory(ring_bytes(count)))},
      memory_{static_cast<std::byte*>(map_memory(count * size_bytes))} {
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(ring_);
    registration.ring_entries = static_cast<unsigned>(count);
    registration.bgid = static_cast<std::uint16_t>(group);
    const int result = counted("io_uring_register", site, no_fd, [&] {
        return as_call(io_uring_register_buf_ring(&user.raw(), &registration, 0));
    });
    if (result < 0) fail("io_uring_register");
    io_uring_buf_ring_init(ring_);
    for (std::size_t buffer = 0; buffer < count; ++buffer) give_back(static_cast<int>(buffer));
}

BufferRing::~BufferRing() {
    user_.call_back_all();
    ::munmap(memory_, count_ * size_bytes_);
    ::munmap(ring_, ring_bytes(count_));
}

std::byte* BufferRing::place(int buffer) const noexcept {
    return memory_ + static_cast<std::size_t>(buffer) * size_bytes_;
}

std::span<const std::byte> BufferRing::bytes(const Completion& received) const noexcept {
    if (received.buffer < 0 || received.result <= 0) return {};
    return {place(received.buffer), static_cast<std::size_t>(received.result)};
}

void BufferRing::give_back(int buffer) noexcept {
    const int mask = io_uring_buf_ring_mask(static_cast<unsigned>(count_));
    io_uring_buf_ring_add(ring_, place(buffer), static_cast<unsigned>(size_bytes_),
                          static_cast<unsigned short>(buffer), mask, 0);
    io_uring_buf_ring_advance(ring_, 1);
}

}  // namespace sys
