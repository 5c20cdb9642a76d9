// Out of memory: one client is not taken in, and nobody else notices.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "common/server/service.hpp"
#include "tests/server/no_memory.hpp"

namespace {

constinit thread_local bool out_of_memory = false;

void* allocate(std::size_t size) {
    void* const memory = out_of_memory ? nullptr : std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc{};
    return memory;
}

void release(void* memory) noexcept {
    std::free(memory);
}

}  // namespace

NoMemory::NoMemory() noexcept {
    out_of_memory = true;
}
NoMemory::~NoMemory() {
    out_of_memory = false;
}

#include "tests/replaced_new.hpp"

namespace {

server::Options house_of_one() {
    server::Options options;
    options.listen.port = 0;
    options.max_clients = 1;
    return options;
}

TEST(Memory, that_runs_out_costs_one_client_and_no_place) {
    constexpr server::Traits traits{.model = "test", .idea = "none", .kind = "readiness"};
    const server::Options options = house_of_one();
    server::Service service{options, traits, net::listen(options.listen)};
    std::array<int, 2> fds{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
    const sys::Fd peer{fds[1]};
    {
        const NoMemory none;
        EXPECT_EQ(service.admit(sys::Fd{fds[0]}), nullptr);
    }
    EXPECT_FALSE(service.accepting());
    EXPECT_FALSE(service.occupied());
    char byte = 0;
    EXPECT_EQ(::recv(peer.get(), &byte, 1, 0), 0);

    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
    const sys::Fd next{fds[1]};
    EXPECT_EQ(service.admit(sys::Fd{fds[0]})->awaits, server::Awaits::input);  // no 503
}

TEST(Memory, that_runs_out_is_found_before_a_client_is_taken_in) {
    constexpr server::Traits traits{.model = "test", .idea = "none", .kind = "readiness"};
    const server::Options options = house_of_one();
    server::Service service{options, traits, net::listen(options.listen)};
    std::vector<int> kept;
    service.keep_room_in(kept);
    std::array<int, 2> fds{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
    const sys::Fd peer{fds[1]};
    sys::Fd high{::fcntl(fds[0], F_DUPFD_CLOEXEC, 500)};
    sys::Fd higher{::fcntl(fds[0], F_DUPFD_CLOEXEC, 510)};  // there is a leaf for it by then
    ::close(fds[0]);
    const int fd = higher.get();

    server::Client* client = service.admit(std::move(high));
    ASSERT_NE(client, nullptr);
    sys::close(service.dismiss(*client));
    kept = {};
    kept.shrink_to_fit();
    service.keep_room_in(kept);
    {
        const NoMemory none;
        EXPECT_EQ(service.admit(std::move(higher)), nullptr);
    }
    EXPECT_EQ(::fcntl(fd, F_GETFD), -1);  // closed
    EXPECT_FALSE(service.occupied());
}

}  // namespace
