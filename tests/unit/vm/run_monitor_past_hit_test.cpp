// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trial_script.hpp"

namespace krepro::vm {
namespace {

using namespace scripts;
using testing::HasSubstr;

// A trial on unpatched that goes on past its hit at 8.5 s, for two iterations.
Script past_the_hit() {
    TrialLimits limits;
    limits.past_hit = true;
    limits.iterations = 2;
    Script script(limits);
    script.ready().beats(6, 8).target(8.5).beat(9, 0, 45);
    return script;
}

TEST(RunMonitorPastHit, the_boot_goes_on_to_its_last_iteration_and_is_a_hit) {
    auto script = past_the_hit();
    EXPECT_FALSE(script.ended());
    for (int time = 10; time <= 15; ++time) script.beat(time, 0, 100);
    script.iteration_end(15.5, 0).iteration_end(20, 0).beat(20.5, 0, 120);
    EXPECT_FALSE(script.ended()) << "three more seconds belong to the iteration";
    script.beat(23.5, 0, 130);
    EXPECT_EQ(script.words(), "hit");
    EXPECT_DOUBLE_EQ(script.outcome().exposure, 45) << "to the heartbeat after the hit";
    EXPECT_EQ(script.outcome().iterations, 2);
}

TEST(RunMonitorPastHit, a_stall_there_is_said_beside_the_hit) {
    auto stalled = past_the_hit();
    stalled.report(30, k_stall);
    EXPECT_EQ(stalled.words(), "hit host_stall");
    EXPECT_THAT(stalled.outcome().detail, HasSubstr("past the hit: host_stall"));
    EXPECT_DOUBLE_EQ(stalled.outcome().exposure, 45);
    auto silent = past_the_hit();
    silent.ticks(9.5, 40);
    EXPECT_EQ(silent.words(), "hit heartbeat_stale");
    auto panicked = past_the_hit();
    panicked.report(12, k_panic);
    EXPECT_EQ(panicked.words(), "hit panic");
}

TEST(RunMonitorPastHit, other_splats_and_the_targets_return_change_nothing) {
    auto script = past_the_hit();
    script.report(10, k_warning).target(11, k_sleeping_target).beat(11.5, 0, 60);
    EXPECT_FALSE(script.ended());
    script.tell(12, DomainStopped{"guest shut down"});
    EXPECT_EQ(script.words(), "hit");
}

TEST(RunMonitorPastHit, the_time_limit_and_a_cancel_end_it) {
    TrialLimits limits;
    limits.past_hit = true;
    limits.wall_s = 20;
    Script script(limits);
    script.ready().beats(6, 8).target(8.5);
    for (int time = 9; time <= 20; ++time) script.beat(time, 0, 45).tick(time + 0.1);
    EXPECT_EQ(script.words(), "hit");
    auto cancelled = past_the_hit();
    cancelled.tell(10, CancelRequested{});
    EXPECT_EQ(cancelled.words(), "hit");
}

}  // namespace
}  // namespace krepro::vm
