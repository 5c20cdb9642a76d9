#include "bench/load/timed_wait.hpp"

#include <gtest/gtest.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <functional>
#include <thread>

#include "bench/load/clock.hpp"
#include "bench/load/engine.hpp"
#include "bench/load/json.hpp"
#include "common/sys/fd.hpp"
#include "tests/load/scripted_server.hpp"

namespace load {
namespace {

/// From now on epoll_pwait2(2) fails with `error`, in this thread and in those that it starts:
/// seccomp(2), as in a container. result: whether this kernel can do that
bool refuse_pwait2(int error) {
    const auto refusal = SECCOMP_RET_ERRNO | static_cast<unsigned>(error);
    std::array<sock_filter, 4> filter{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, refusal),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{.len = filter.size(), .filter = filter.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Does something on a kernel that has no epoll_pwait2, and on one that forbids it.
void without_pwait2(const std::function<void()>& step) {
    for (const int error : {ENOSYS, EPERM}) {
        bool refused = false;
        std::thread{[&] {
            refused = refuse_pwait2(error);
            if (refused) step();
        }}.join();
        ASSERT_TRUE(refused) << "this kernel has no seccomp filters";
    }
}

/// An epoll instance that watches one descriptor, which is not ready.
struct Instance {
    sys::Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    sys::Fd event{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    std::array<epoll_event, 4> events{};

    Instance() {
        epoll_event watched{.events = EPOLLIN, .data = {.fd = event.get()}};
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.get(), &watched);
    }
    void make_ready() const {
        const std::uint64_t one = 1;
        ASSERT_EQ(::write(event.get(), &one, sizeof one), ssize_t{sizeof one});
    }
};

void expect_to_wait_and_to_report() {
    Instance instance;
    TimedWait wait;
    for (int turn = 0; turn < 2; ++turn) {
        const std::uint64_t before_ns = now_ns();
        EXPECT_EQ(wait(instance.epoll.get(), instance.events, 2'500'000), 0);
        EXPECT_GE(now_ns() - before_ns, 2'500'000U) << "it must not return before its time";
    }
    instance.make_ready();
    ASSERT_EQ(wait(instance.epoll.get(), instance.events, 60 * second_ns), 1);
    EXPECT_EQ(instance.events[0].data.fd, instance.event.get());
}

TEST(TimedWait, SleepsItsTimeAndReportsWhatIsReady) {
    expect_to_wait_and_to_report();
}

TEST(TimedWait, DoesTheSameWhereTheKernelHasNoEpollPwait2) {
    without_pwait2(expect_to_wait_and_to_report);
}

TEST(Load, KeepsItsScheduleWhereTheKernelHasNoEpollPwait2) {
    const std::string hello = hello_reply(false);
    without_pwait2([&] {
        testing::ScriptedServer server{[&](testing::Peer& peer) {
            while (peer.read_request() && peer.send(hello)) {
            }
        }};
        Plan plan;
        plan.target = server.address();
        plan.request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        plan.expected = {ReplyPattern::from_sample(hello)};
        plan.connections = 4;
        plan.rate_per_s = 500;
        plan.measured_s = 0.3;
        plan.crowd = {{.kind = CrowdKind::half_closer, .count = 2, .request = plan.request}};
        const Outcome outcome = drive(plan);
        EXPECT_EQ(outcome.error_total(), 0U) << to_json(outcome)["errors"];
        EXPECT_GT(outcome.replies_ok, 0U);
        EXPECT_EQ(outcome.replies_ok + outcome.unanswered,
                  static_cast<std::uint64_t>(std::ceil(outcome.measured_s * 500)));
        EXPECT_GT(outcome.actors.back().replies_ok, 0U) << "the crowd waits likewise";
    });
}

}  // namespace
}  // namespace load
