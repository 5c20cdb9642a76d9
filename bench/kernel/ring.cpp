#include "bench/kernel/ring.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "bench/analysis/statistics.hpp"

// The kernel is called directly here, not through the seam: a pass costs less than ten times what
// it costs to count one.

namespace kernel {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int passes_a_look = 16;  // at the clock

[[noreturn]] void fail(const char* call) {
    throw std::system_error{errno, std::generic_category(), call};
}

/// Janet Morgan, linux-kernel, 30 October 2002, in reply to "[patch] sys_epoll 0.14": token passes
/// a second.
struct Published {
    std::size_t pipes;
    double epoll, poll;
};

constexpr std::array published{
    Published{10, 285510, 98469},  Published{100, 283948, 16514}, Published{500, 281745, 3346},
    Published{1000, 279754, 1667}, Published{2000, 278708, 841},  Published{3000, 275484, 545},
    Published{6000, 271055, 217},  Published{8000, 270178, 132},  Published{10000, 272780, 86},
    Published{12000, 273834, 63},  Published{14000, 272307, 48},  Published{16000, 272928, 38},
};

std::string cell(const std::optional<double>& value) {
    return value ? fmt::format("{:>11.0f}", *value) : fmt::format("{:>11}", "-");
}

Shape shape_of(std::span<const Point> points, Wait how, std::size_t from, Shape shape) {
    std::vector<std::pair<double, double>> line;
    for (const Point& point : points) {
        const auto& value = point.passes_per_s[static_cast<std::size_t>(how)];
        if (value && point.pipes >= from)
            line.emplace_back(static_cast<double>(point.pipes), *value);
    }
    shape.slope = analysis::power(line);
    return shape;
}

}  // namespace

std::string_view name_of(Wait how) noexcept {
    switch (how) {
        case Wait::select: return "select";
        case Wait::poll: return "poll";
        case Wait::epoll_lt: return "epoll LT";
        case Wait::epoll_et: return "epoll ET";
    }
    return "?";
}

Ring::Ring(std::size_t pipes) {
    for (std::size_t i = 0; i < pipes; ++i) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) < 0) fail("pipe2");
        reading_.emplace_back(ends[0]);
        writing_.emplace_back(ends[1]);
    }
}

void Ring::put_token(std::size_t pipe) const {
    const char token = 't';
    if (::write(writing_[pipe].get(), &token, 1) != 1) fail("write");
}

void Ring::take_token(std::size_t pipe) const {
    char token = 0;
    if (::read(reading_[pipe].get(), &token, 1) != 1) fail("read");
}

/// `next` waits and tells which pipe has the token.
template <class Next>
double Ring::go_round(Next next, std::chrono::nanoseconds length) {
    put_token(0);
    const auto begin = Clock::now();
    auto now = begin;
    std::uint64_t passes = 0;
    do {
        for (int i = 0; i < passes_a_look; ++i) {
            const std::size_t at = next();
            take_token(at);
            put_token(at + 1 == size() ? 0 : at + 1);
        }
        passes += passes_a_look;
        now = Clock::now();
    } while (now - begin < length);
    take_token(next());
    return static_cast<double>(passes) / std::chrono::duration<double>(now - begin).count();
}

double Ring::with_select(std::chrono::nanoseconds length) {
    fd_set all;
    FD_ZERO(&all);
    for (const sys::Fd& fd : reading_) FD_SET(fd.get(), &all);
    const int above = reading_.back().get() + 1;
    return go_round(
        [&] {
            fd_set ready = all;
            if (::select(above, &ready, nullptr, nullptr, nullptr) < 0) fail("select");
            std::size_t at = 0;
            while (!FD_ISSET(reading_[at].get(), &ready)) ++at;
            return at;
        },
        length);
}

double Ring::with_poll(std::chrono::nanoseconds length) {
    std::vector<pollfd> list;
    for (const sys::Fd& fd : reading_)
        list.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
    return go_round(
        [&] {
            if (::poll(list.data(), list.size(), -1) < 0) fail("poll");
            std::size_t at = 0;
            while (list[at].revents == 0) ++at;
            return at;
        },
        length);
}

double Ring::with_epoll(std::uint32_t trigger, std::chrono::nanoseconds length) {
    const sys::Fd set{::epoll_create1(EPOLL_CLOEXEC)};
    if (!set) fail("epoll_create1");
    for (std::size_t at = 0; at < size(); ++at) {
        epoll_event event{.events = EPOLLIN | trigger, .data = {.u64 = at}};
        if (::epoll_ctl(set.get(), EPOLL_CTL_ADD, reading_[at].get(), &event) < 0)
            fail("epoll_ctl");
    }
    return go_round(
        [&] {
            epoll_event event{};
            if (::epoll_wait(set.get(), &event, 1, -1) < 0) fail("epoll_wait");
            return static_cast<std::size_t>(event.data.u64);
        },
        length);
}

std::optional<double> Ring::passes_per_s(Wait how, std::chrono::nanoseconds length) {
    switch (how) {
        case Wait::select:
            if (reading_.back().get() >= FD_SETSIZE) return std::nullopt;
            return with_select(length);
        case Wait::poll: return with_poll(length);
        case Wait::epoll_lt: return with_epoll(0, length);
        case Wait::epoll_et: return with_epoll(EPOLLET, length);
    }
    return std::nullopt;
}

std::vector<Shape> shapes_of(std::span<const Point> points) {
    const Shape falls{.says = fmt::format("poll falls as 1/N, from {} pipes on", poll_falls_from),
                      .slope = {},
                      .least = -1.4,
                      .most = -0.5};
    const Shape lt{
        .says = "epoll, level-triggered, is flat", .slope = {}, .least = -0.3, .most = 0.3};
    const Shape et{
        .says = "epoll, edge-triggered, is flat", .slope = {}, .least = -0.3, .most = 0.3};
    return {shape_of(points, Wait::poll, poll_falls_from, falls),
            shape_of(points, Wait::epoll_lt, 0, lt), shape_of(points, Wait::epoll_et, 0, et)};
}

std::string to_text(std::span<const Point> points) {
    std::string text = "token passes a second                            |     in 2002\n";
    text += fmt::format("{:>6}{:>11}{:>11}{:>11}{:>11}{:>13}{:>11}\n", "pipes", "select", "poll",
                        "epoll LT", "epoll ET", "| poll", "epoll");
    for (const Point& point : points) {
        text += fmt::format("{:>6}", point.pipes);
        for (const auto& value : point.passes_per_s) text += cell(value);
        for (const Published& old : published) {
            if (old.pipes == point.pipes)
                text += fmt::format(" |{:>11.0f}{:>11.0f}", old.poll, old.epoll);
        }
        text += '\n';
    }
    text +=
        "\n2002: pipetest, Linux 2.5.44, epoll 0.14; Janet Morgan, linux-kernel, 30 October\n\n";
    for (const Shape& shape : shapes_of(points)) {
        text += fmt::format("{}: {}: slope {}, expected {} to {}\n",
                            shape.found() ? "Found" : "Not found", shape.says,
                            shape.slope ? fmt::format("{:.2f}", *shape.slope) : "not known",
                            shape.least, shape.most);
    }
    return text;
}

}  // namespace kernel
