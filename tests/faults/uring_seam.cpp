#include <liburing.h>
#include <unistd.h>

#include <cerrno>

#include "tests/faults/script.hpp"

// The scripted layer where the seam is a queue. An operation that is to fail is replaced before the
// kernel sees it, by one that does nothing and completes with the error: io_uring_enter(2),
// IORING_OP_NOP with IORING_NOP_INJECT_RESULT, Linux 6.10. One of one byte is made that short.

extern "C" {
int __real_close(int);
int __real_io_uring_enter2(unsigned, unsigned, unsigned, unsigned, sigset_t*, size_t);
int __real_io_uring_queue_init_params(unsigned, io_uring*, io_uring_params*);
}

namespace faults {
namespace {

constexpr unsigned inject_result = 1;  // IORING_NOP_INJECT_RESULT

io_uring*& queues() {
    static io_uring* only = nullptr;
    return only;
}

Point point_of(const io_uring_sqe& asked) {
    switch (asked.opcode) {
        case IORING_OP_ACCEPT: return Point::accept4;
        case IORING_OP_RECV: return Point::recv;
        case IORING_OP_SEND: return Point::send;
        case IORING_OP_CLOSE: return Point::close_client;
        default: return Point::count;
    }
}

void fail(io_uring_sqe& asked, int error) {
    asked.opcode = IORING_OP_NOP;
    asked.flags &= static_cast<unsigned char>(~IOSQE_BUFFER_SELECT);
    asked.ioprio = 0;
    asked.fd = -1;
    asked.addr = asked.off = 0;
    asked.buf_group = 0;
    asked.len = static_cast<unsigned>(-error);
    asked.rw_flags = inject_result;
}

void script_one(io_uring_sqe& asked) {
    const Point point = point_of(asked);
    if (point == Point::count) return;
    const int fd = asked.fd;
    const bool due = is_due(point, point == Point::accept4 ? -1 : fd);
    if (point == Point::close_client) left(fd);
    if (!due) return;
    const int error = script().fault.error;
    const bool chosen_late = (asked.flags & IOSQE_BUFFER_SELECT) != 0;  // how long, nobody says
    if (error == one_byte && !chosen_late) asked.len = 1;
    if (error == one_byte) return;
    if (point == Point::close_client) __real_close(fd);  // released in any case: close(2), NOTES
    fail(asked, error);
}

void script_new() {
    const io_uring_sq& queue = queues()->sq;
    for (unsigned at = *queue.khead; at != *queue.ktail; ++at)
        script_one(queue.sqes[at & *queue.kring_mask]);
}

void note_arrivals() {
    io_uring_cqe* done = nullptr;
    unsigned head = 0;
    io_uring_for_each_cqe(queues(), head, done) {
        const bool accept = done->user_data >> 32 == 0;
        if (accept && done->res >= 0) arrived(done->res);
    }
}

}  // namespace
}  // namespace faults

extern "C" {

int __wrap_io_uring_queue_init_params(unsigned entries, io_uring* ring, io_uring_params* how) {
    faults::queues() = ring;
    return __real_io_uring_queue_init_params(entries, ring, how);
}

int __wrap_io_uring_enter2(unsigned fd, unsigned fresh, unsigned least, unsigned flags,
                           sigset_t* how, size_t size) {
    faults::script_new();
    const int result = __real_io_uring_enter2(fd, fresh, least, flags, how, size);
    const int saved = errno;
    faults::note_arrivals();
    errno = saved;
    return result;
}
}
