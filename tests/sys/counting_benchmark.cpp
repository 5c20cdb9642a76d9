// What one count costs: the price of the statistics page, beside the calls it counts.

#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <array>

#include "common/sys/calls.hpp"
#include "common/sys/counting.hpp"

namespace {

void one_count(benchmark::State& state) {
    sys::map_page("");
    sys::start_counting();
    std::int64_t result = 100;
    for (auto _ : state) {
        benchmark::DoNotOptimize(result);
        sys::counted<sys::Result::bytes>("recv", sys::Site::here(), sys::no_fd,
                                         [&] { return result; });
    }
}
BENCHMARK(one_count);

void one_count_of_two_lines_in_turn(benchmark::State& state) {
    sys::map_page("");
    sys::start_counting();
    std::int64_t result = 100;
    for (auto _ : state) {
        benchmark::DoNotOptimize(result);
        sys::counted<sys::Result::bytes>("recv", sys::Site::here(), sys::no_fd,
                                         [&] { return result; });
        sys::counted<sys::Result::bytes>("send", sys::Site::here(), sys::no_fd,
                                         [&] { return result; });
    }
}
BENCHMARK(one_count_of_two_lines_in_turn);

void one_count_with_time_asleep(benchmark::State& state) {
    sys::map_page("");
    sys::start_counting();
    int result = 1;
    for (auto _ : state) {
        benchmark::DoNotOptimize(result);
        sys::counted("poll", sys::sleeping(), sys::no_fd, [&] { return result; });
    }
}
BENCHMARK(one_count_with_time_asleep);

}  // namespace
