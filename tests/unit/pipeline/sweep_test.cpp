// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sweep.hpp"

#include <gtest/gtest.h>

#include <random>

namespace krepro::pipeline {
namespace {

model::TrialOutcome outcome(model::OutcomeKind kind, double wall_s) {
    model::TrialOutcome outcome;
    outcome.kind = kind;
    outcome.wall_s = wall_s;
    return outcome;
}

// A workload that hits after a time with this mean, in seconds; a trial ends after a minute.
struct World {
    std::vector<double> means;
    std::mt19937 random{7};

    model::TrialOutcome trial(std::size_t workload) {
        const double hit_s = std::exponential_distribution<double>(1 / means[workload])(random);
        return hit_s < 60 ? outcome(model::OutcomeKind::hit, hit_s)
                          : outcome(model::OutcomeKind::clean, 60);
    }
    Sweep sweep() {
        Sweep sweep(means.size());
        while (const auto next = sweep.next()) sweep.add(*next, trial(*next));
        return sweep;
    }
};

TEST(Sweep, a_boot_that_stalls_before_the_load_is_void_and_no_stall) {
    auto stalled = outcome(model::OutcomeKind::none, 20);
    stalled.cause = model::Cause::host_stall;
    HitRate rate;
    rate.add(stalled);
    stalled.ready_s = 8;
    rate.add(stalled);
    EXPECT_EQ(rate.stalls, 1);
    EXPECT_EQ(rate.voids, 1);
}

TEST(Sweep, the_workload_that_hits_soonest_is_found_among_eight) {
    int found = 0;
    for (unsigned seed = 0; seed < 100; ++seed) {
        World world{{60, 90, 20, 120, 300, 1000, 80, 5000}, std::mt19937{seed}};
        found += world.sweep().best() == 2U ? 1 : 0;
    }
    EXPECT_GE(found, 75);
}

TEST(Sweep, the_better_half_gets_twice_the_trials_until_one_is_left) {
    World world{{20, 1e9, 1e9, 1e9}};
    const auto sweep = world.sweep();
    int trials = 0;
    for (const auto& rate : sweep.rates()) trials += rate.trials;
    EXPECT_EQ(trials, 2 * 4 + 2 * 2);  // the second round adds two trials to two workloads
    EXPECT_TRUE(sweep.races(0));
    EXPECT_EQ(sweep.rates()[0].trials, 4);
}

TEST(Sweep, one_hit_is_chance_and_chooses_nothing) {
    Sweep sweep(1);
    sweep.add(0, outcome(model::OutcomeKind::hit, 5));
    EXPECT_FALSE(sweep.best());
    sweep.add(0, outcome(model::OutcomeKind::hit, 5));
    EXPECT_EQ(sweep.best(), 0U);
    EXPECT_FALSE(sweep.next());
}

TEST(Sweep, equal_workloads_leave_the_first_one) {
    Sweep sweep(2);
    while (const auto next = sweep.next()) sweep.add(*next, outcome(model::OutcomeKind::hit, 10));
    EXPECT_EQ(sweep.best(), 0U);
}

TEST(Sweep, trials_that_stall_or_are_void_cost_their_time) {
    HitRate rate;
    rate.add(outcome(model::OutcomeKind::hit, 20));
    auto stalled = outcome(model::OutcomeKind::none, 30);
    stalled.cause = model::Cause::host_stall;
    stalled.ready_s = 8;
    rate.add(stalled);
    auto no_boot = outcome(model::OutcomeKind::none, 10);
    no_boot.cause = model::Cause::boot_hang;
    rate.add(no_boot);
    EXPECT_EQ(rate.stalls, 1);
    EXPECT_EQ(rate.voids, 1);
    EXPECT_DOUBLE_EQ(rate.hits_per_minute(), 1);
}

}  // namespace
}  // namespace krepro::pipeline
