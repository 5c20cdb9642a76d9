#include "bench/lab/placement.hpp"

#include <gtest/gtest.h>

namespace {

using lab::Cpu;
using lab::place;
using lab::Placement;
using lab::Topology;

// CPUs 0 to n - 1, a core each.
Topology plain(int count) {
    Topology topology;
    for (int id = 0; id < count; ++id)
        topology.cpus.push_back({.id = id, .core = id, .package = 0});
    return topology;
}

TEST(Placement, PutsAllOnTheOnlyCpuWithAWarning) {
    const Placement placement = place(plain(1));
    EXPECT_EQ(placement.server_cpus, std::vector<int>{0});
    EXPECT_EQ(placement.load_cpus, std::vector<int>{0});
    EXPECT_EQ(placement.warnings.size(), 1U);
}

TEST(Placement, DividesTwoCpus) {
    const Placement placement = place(plain(2));
    EXPECT_EQ(placement.server_cpus, std::vector<int>{0});
    EXPECT_EQ(placement.load_cpus, std::vector<int>{1});
    EXPECT_TRUE(placement.warnings.empty());
}

TEST(Placement, LeavesTheFirstCoreToTheMachineFromFourOn) {
    const Placement placement = place(plain(8));
    EXPECT_EQ(placement.server_cpus, std::vector<int>{1});
    EXPECT_EQ(placement.load_cpus, (std::vector<int>{2, 3, 4, 5, 6, 7}));
}

TEST(Placement, NeverLetsServerAndLoadShareACore) {
    // Four cores of two hardware threads each, numbered as Linux does on x86.
    Topology topology;
    for (int id = 0; id < 8; ++id)
        topology.cpus.push_back({.id = id, .core = id % 4, .package = 0});
    const Placement placement = place(topology);
    EXPECT_EQ(placement.server_cpus, std::vector<int>{1});
    EXPECT_EQ(placement.load_cpus, (std::vector<int>{2, 3}));
}

TEST(Placement, WarnsWhereOneCoreIsAllThereIs) {
    Topology topology;
    topology.cpus = {{.id = 0, .core = 0, .package = 0}, {.id = 1, .core = 0, .package = 0}};
    const Placement placement = place(topology);
    EXPECT_EQ(placement.server_cpus, std::vector<int>{0});
    EXPECT_EQ(placement.load_cpus, std::vector<int>{1});
    EXPECT_EQ(placement.warnings.size(), 1U);
}

TEST(Placement, StaysInThePackageOfTheServerFirst) {
    // 64 CPUs: two packages, 16 cores of two threads each, packages alternating.
    Topology topology;
    for (int id = 0; id < 64; ++id)
        topology.cpus.push_back({.id = id, .core = id / 2 % 16, .package = id % 2});
    const Placement placement = place(topology);
    ASSERT_EQ(placement.server_cpus.size(), 1U);
    ASSERT_EQ(placement.load_cpus.size(), 30U);
    EXPECT_EQ(placement.server_cpus[0] % 2, 0);
    for (std::size_t at = 0; at < 14; ++at) EXPECT_EQ(placement.load_cpus[at] % 2, 0) << at;
    EXPECT_EQ(placement.load_cpus[14] % 2, 1);
}

TEST(Placement, UsesTheCpusThatAreAllowedWhateverTheirNumbers) {
    Topology topology;
    topology.cpus = {{.id = 5, .core = 5, .package = 0}, {.id = 11, .core = 11, .package = 0}};
    const Placement placement = place(topology);
    EXPECT_EQ(placement.server_cpus, std::vector<int>{5});
    EXPECT_EQ(placement.load_cpus, std::vector<int>{11});
}

TEST(Placement, GivesServersWithWorkersMoreCores) {
    const Placement placement = place(plain(8), 4);
    EXPECT_EQ(placement.server_cpus, (std::vector<int>{1, 2, 3, 4}));
    EXPECT_EQ(placement.load_cpus, (std::vector<int>{5, 6, 7}));
    const Placement small = place(plain(2), 4);
    EXPECT_EQ(small.server_cpus, std::vector<int>{0});
    EXPECT_EQ(small.warnings.size(), 1U);
}

TEST(Placement, WarnsOfAQuotaBelowWhatItUses) {
    Topology topology = plain(2);
    topology.quota_cpus = 1.5;
    EXPECT_EQ(place(topology).warnings.size(), 1U);
    topology.quota_cpus = 2;
    EXPECT_TRUE(place(topology).warnings.empty());
}

TEST(CpuList, WritesRunsAsRanges) {
    EXPECT_EQ(lab::cpu_list({0}), "0");
    EXPECT_EQ(lab::cpu_list({0, 2}), "0,2");
    EXPECT_EQ(lab::cpu_list({2, 3, 4, 5, 8}), "2-5,8");
    EXPECT_EQ(lab::cpu_list({}), "");
}

}  // namespace
