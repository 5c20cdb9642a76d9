#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

#include "bench/lab/accounting.hpp"
#include "bench/lab/models.hpp"
#include "bench/verify/server_process.hpp"
#include "tests/sanitizers.hpp"

/// Several workers have many clients each, and who comes to whom is a matter of luck.
inline bool shares_out(const lab::Traits& traits) {
    return traits.workers && !traits.serves_in_turn();
}

/// What a server holds while nobody is connected.
struct Holding {
    /// What a worker of many clients may keep for reuse: 64 blocks of 16 KiB, 256 records of up to
    /// 4 KiB, and the gaps between them.
    static constexpr std::uint64_t kept_kib = 4096;
    /// And the C library, of threads that have ended: stacks, 40 MiB of them, and heaps.
    static constexpr std::uint64_t kept_of_threads_kib = 65'536;

    /// And what is lent to the kernel and comes back: a room a client, or a ring of buffers.
    static constexpr std::uint64_t kept_of_lent_kib = 4096;

    verify::Census census;
    std::uint64_t memory_kib = 0;
    std::uint64_t replies = 0;  ///< that it has counted
};

/// Waits until the server has let everybody go, for longer than any deadline of its clients, and
/// then until it holds what it held `before`, or, if nobody says what that was, the same twice.
/// result: what it holds at last
inline Holding settled(verify::ServerProcess& server, std::chrono::seconds patience,
                       std::optional<verify::Census> before = {}) {
    constexpr std::chrono::milliseconds pause{50};
    const auto until = verify::in(patience);
    lab::PageReading page = server.page();
    for (; page.accepted != page.closed && verify::Clock::now() < until; page = server.page())
        std::this_thread::sleep_for(pause);
    EXPECT_EQ(page.accepted, page.closed) << "clients are still inside";
    // Counted first, then closed; and a child that has closed still has to end.
    verify::Census census = verify::census(server.pid());
    for (bool same = before && census == *before; !same && verify::Clock::now() < until;) {
        std::this_thread::sleep_for(pause);
        const verify::Census now = verify::census(server.pid());
        same = now == before.value_or(census);
        census = now;
    }
    EXPECT_EQ(page.lost_rows, 0U);
    return {.census = census,
            .memory_kib = lab::read_process(server.family()).private_memory_kib,
            .replies = page.replies};
}

/// That it holds what it held, but for what it may keep.
inline void expect_no_more(const Holding& before, const Holding& now, const lab::Traits& traits) {
    EXPECT_EQ(now.census, before.census);
    if (sanitized) return;
    const auto keepers = static_cast<std::uint64_t>(shares_out(traits) ? *traits.workers : 1);
    const auto kept_kib = Holding::kept_kib * keepers +
                          (traits.threads ? Holding::kept_of_threads_kib : 0) +
                          (traits.kind == "completion" ? Holding::kept_of_lent_kib : 0);
    EXPECT_LE(now.memory_kib, before.memory_kib + kept_kib);
}
