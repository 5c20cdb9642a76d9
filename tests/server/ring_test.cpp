// The end of a ring, out of memory: what is under way is called back all the same.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <memory>

#include "common/sys/calls.hpp"
#include "common/sys/uring.hpp"
#include "tests/server/no_memory.hpp"

namespace {

TEST(Ring, ends_without_memory) {
    if (sys::try_io_uring() != 0) GTEST_SKIP() << "there is no io_uring here";
    std::array<int, 2> fds{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
    const sys::Fd silent{fds[0]};
    const sys::Fd peer{fds[1]};
    std::array<std::byte, 1> room{};
    auto ring = std::make_unique<sys::Uring>();
    ring->recv(silent.get(), room, 0);
    const NoMemory none;
    ring.reset();
}

}  // namespace
