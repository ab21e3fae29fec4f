// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "trial_script.hpp"
#include "vm/run_monitor.hpp"

namespace krepro::vm {
namespace {

using model::Cause;
using model::OutcomeKind;
using testing::HasSubstr;
using namespace scripts;  // NOLINT(google-build-using-namespace): the words of these tests

TEST(RunMonitorExposure, a_hit_runs_to_the_first_heartbeat_after_it) {
    Script script = loaded(k_unpatched);  // 50 exits by 10 s
    script.target(10.5).beat(11, 0, 67);
    EXPECT_EQ(script.outcome().exposure, 67);
    EXPECT_FALSE(script.outcome().lockdep_alive_at_end);
    EXPECT_EQ(script.outcome().guest_s, 11);
}

TEST(RunMonitorExposure, a_heartbeat_from_before_the_hit_does_not_close_it) {
    Script script = loaded(k_unpatched);
    script.target(10.5).beat(10.6, 1, 55);
    EXPECT_FALSE(script.ended());
    EXPECT_EQ(script.beat(11.6, 0, 70).outcome().exposure, 70);
}

TEST(RunMonitorExposure, for_a_target_that_leaves_lockdep_on_the_timestamps_decide) {
    model::Report target = k_sleeping_target;
    target.uptime_s = 10.8;
    Script script = loaded(k_unpatched);
    script.target(10.9, target).beat(10.7, 1, 55);
    EXPECT_FALSE(script.ended());
    EXPECT_EQ(script.beat(11.7, 1, 66).outcome().exposure, 66);
}

TEST(RunMonitorExposure, the_blind_heartbeat_may_come_before_the_report_is_complete) {
    Script script = loaded(k_unpatched);
    script.beat(11, 0, 64).beat(12, 0, 900).target(12.1);
    EXPECT_EQ(script.outcome().exposure, 64);
}

TEST(RunMonitorExposure, without_a_closing_heartbeat_it_is_estimated_upwards) {
    Script script = loaded(k_unpatched);
    script.target(10.5).ticks(10.6, 14);
    EXPECT_EQ(script.words(), "hit");
    EXPECT_LE(script.ended_at(), 13.5);
    EXPECT_GE(script.outcome().exposure, 80);
}

TEST(RunMonitorExposure, another_report_counts_to_the_next_heartbeat_on_unpatched_only) {
    Script unpatched = loaded(k_unpatched);
    unpatched.report(10.5, k_other_lockdep).beat(11, 0, 67);
    EXPECT_EQ(unpatched.outcome().exposure, 67);
    Script patched = loaded(k_patched);
    patched.report(10.5, k_other_lockdep).beat(11, 0, 67);
    EXPECT_EQ(patched.outcome().exposure, 50);
    // An oops leaves lockdep on, and is no less the end of the evidence.
    Script oops = loaded(k_patched);
    oops.report(10.5, k_oops).beats(11, 14);
    EXPECT_EQ(oops.words(), "other other_report");
    EXPECT_EQ(oops.outcome().exposure, 50);
}

TEST(RunMonitorExposure, a_void_trial_says_what_it_had_gathered) {
    Script boot;
    EXPECT_EQ(boot.tell(3, DomainStopped{"x"}).outcome().exposure, 0);
    Script unpatched = loaded(k_unpatched);
    EXPECT_GT(unpatched.tell(10.5, DomainStopped{"x"}).outcome().exposure, 50);
    Script patched = loaded(k_patched);
    EXPECT_EQ(patched.tell(10.5, DomainStopped{"x"}).outcome().exposure, 50);
}

TEST(RunMonitorExposure, nothing_counts_once_lockdep_is_off) {
    Script script = loaded(k_patched);
    script.beat(11, 0, 60).beat(12, 1, 500).report(12.5, k_other_lockdep);
    EXPECT_EQ(script.outcome().exposure, 50);
}

TEST(RunMonitorExposure, guest_seconds_leave_gaps_out) {
    TrialLimits limits = limits_of(k_patched, ExposureUnit::guest_seconds);
    Script script(limits);
    script.ready(5).beat(6, 1, {}).beat(7, 1, {}).beat(15, 1, {}).beat(16, 1, {});
    EXPECT_EQ(script.monitor().exposure(), 3);
}

TEST(RunMonitorExposure, guest_seconds_are_those_of_the_script_and_not_of_the_pauses) {
    Script script(limits_of(k_patched, ExposureUnit::guest_seconds));
    script.ready(5).say(5, HarnessType::iteration_start).beat(6, 1, {});
    script.iteration_end(6.25, 0).beat(7, 1, {}).beat(8, 1, {}).beat(9, 1, {});
    EXPECT_DOUBLE_EQ(script.monitor().exposure(), 1.25);
    script.say(9.25, HarnessType::iteration_start).iteration_end(9.5, 0);
    script.say(9.75, HarnessType::iteration_start).beat(10, 1, {});
    EXPECT_DOUBLE_EQ(script.monitor().exposure(), 1.75) << "a quarter and a quarter";
    script.beat(11, 1, {});
    EXPECT_DOUBLE_EQ(script.monitor().exposure(), 2.75);
}

TEST(RunMonitorExposure, a_hit_in_guest_seconds_has_those_of_the_script_as_well) {
    Script script(limits_of(k_unpatched, ExposureUnit::guest_seconds));
    script.ready(5).say(5, HarnessType::iteration_start).beat(6, 1, {});
    script.target(6.1).iteration_end(6.25, 0).beat(7, 0, {});
    EXPECT_EQ(script.words(), "hit");
    EXPECT_DOUBLE_EQ(script.outcome().exposure, 1.25);
}

TEST(RunMonitorExposure, a_hit_from_whose_work_nothing_was_counted_is_void) {
    // Before the first burst of exits there is nothing to estimate them from.
    Script first(limits_of(k_unpatched));
    first.ready(5).beat(6, 1, 0).target(6.5).ticks(7, 10);
    EXPECT_EQ(first.words(), "void uncounted");
    Script no_beat(limits_of(k_unpatched));
    no_beat.say(5, HarnessType::ready).target(6).tell(6.1, DomainStopped{"x"});
    EXPECT_EQ(no_beat.words(), "void uncounted");
    TrialLimits limits = limits_of(k_unpatched);
    limits.past_hit = true;
    Script past_hit(limits);
    past_hit.ready(5).beat(6, 1, 0).target(6.5).ticks(7, 10).beat(11, 0, 50);
    EXPECT_EQ(past_hit.words(), "void uncounted");
    Script patched(limits_of(k_patched));
    patched.ready(5).beat(6, 1, 0).target(6.5).ticks(7, 10);
    EXPECT_EQ(patched.words(), "hit") << "a sight of the bug with the patch always counts";
}

TEST(RunMonitorExposure, a_counted_hit_takes_one_exit_at_least) {
    Script blinding(limits_of(k_unpatched));
    blinding.ready(5).beat(6, 1, 0).target(6.5).beat(7, 0, 0);
    EXPECT_EQ(blinding.words(), "hit");
    EXPECT_EQ(blinding.outcome().exposure, 1);
    Script alive(limits_of(k_unpatched));
    alive.ready(5).beat(6, 1, 0).target(6.5, k_sleeping_target).beat(7, 1, 0);
    EXPECT_EQ(alive.words(), "hit");
    EXPECT_EQ(alive.outcome().exposure, 1);
}

// Iterations of ten seconds and 100 operations; the first one has ended at 16 s.
Script counting_ops(ArmName arm) {
    TrialLimits limits = limits_of(arm, ExposureUnit::bogo_ops);
    limits.iteration_s = 10;
    Script script(limits);
    script.ready(5).ops_beat(10, 1, 0).ops_beat(16, 1, 100);
    return script;
}

TEST(RunMonitorExposure, bogo_operations_count_when_their_iteration_has_ended) {
    Script script = counting_ops(k_patched);
    script.ops_beat(17, 1, 100).ops_beat(22, 1, 100);
    EXPECT_EQ(script.monitor().exposure(), 100);
    script.ops_beat(26, 1, 190);
    EXPECT_EQ(script.monitor().exposure(), 190);
}

TEST(RunMonitorExposure, a_hit_waits_for_the_operations_of_its_iteration) {
    Script script = counting_ops(k_unpatched);
    script.target(20).ops_beat(20.5, 0, 100).tick(23).ops_beat(24, 0, 100);
    EXPECT_FALSE(script.ended());
    script.ops_beat(28, 0, 180);
    EXPECT_EQ(script.words(), "hit");
    EXPECT_EQ(script.outcome().exposure, 180);
}

TEST(RunMonitorExposure, a_hit_that_lets_lockdep_live_waits_for_its_iteration_as_well) {
    Script script = counting_ops(k_unpatched);
    script.target(20, k_sleeping_target).ops_beat(20.5, 1, 100).ops_beat(21, 1, 100);
    EXPECT_FALSE(script.ended());
    script.ops_beat(26, 1, 190);
    EXPECT_EQ(script.words(), "hit");
    EXPECT_EQ(script.outcome().exposure, 190);
}

TEST(RunMonitorExposure, a_guest_that_ends_in_the_iteration_of_a_hit_is_charged_a_whole_one) {
    Script script = counting_ops(k_unpatched);
    script.target(20).tell(21, DomainStopped{"x"});
    EXPECT_EQ(script.words(), "hit");
    EXPECT_EQ(script.outcome().exposure, 200);
}

TEST(RunMonitorExposure, a_hit_whose_operations_nobody_knows_is_void) {
    TrialLimits limits = limits_of(k_unpatched, ExposureUnit::bogo_ops);
    limits.iteration_s = 10;
    Script first(limits);
    first.ready(5).ops_beat(8, 1, 0).target(9).tell(10, DomainStopped{"x"});
    EXPECT_EQ(first.words(), "void uncounted");
    // 3 x 10 s and 10 s after the hit.
    Script silent(limits);
    silent.ready(5).ops_beat(8, 1, 0).target(9);
    for (double time = 9.5; time < 60 && !silent.ended(); time += 1)
        silent.ops_beat(time, 0, 0).tick(time + 0.1);
    EXPECT_EQ(silent.words(), "void uncounted");
    EXPECT_NEAR(silent.ended_at(), 49, 1.5);
    limits.arm = k_patched;
    Script patched(limits);
    patched.ready(5).ops_beat(8, 1, 0).target(9).tell(10, DomainStopped{"x"});
    EXPECT_EQ(patched.words(), "hit") << "a sight of the bug with the patch always counts";
}

TEST(RunMonitorExposure, an_iteration_without_operations_is_no_evidence) {
    TrialLimits limits = limits_of(k_patched, ExposureUnit::bogo_ops);
    limits.iterations = 1;
    Script script(limits);
    script.ready(5).ops_beat(6, 1, 0).iteration_end(7, 0);
    for (int time = 8; time < 15 && !script.ended(); ++time) script.ops_beat(time, 1, 0);
    EXPECT_EQ(script.words(), "void workload_without_effect");
}

TEST(RunMonitorExposure, a_count_that_runs_backwards_or_wild_adds_nothing_negative) {
    Script script(limits_of(k_patched));
    script.ready(5).beat(6, 1, 100).beat(7, 1, 40).beat(8, 1, 50);
    EXPECT_EQ(script.monitor().exposure(), 110);
    script.beat(9, 1, std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(script.monitor().exposure(), 110);
}

TEST(RunMonitorLimits, a_reached_goal_is_watched_three_guest_seconds_longer) {
    TrialLimits limits = limits_of(k_patched);
    limits.exposure_goal = 30;
    Script script(limits);
    script.ready().beats(6, 8);  // 30 exits at 8 s
    EXPECT_FALSE(script.ended());
    script.beats(9, 12);
    EXPECT_EQ(script.words(), "clean");
    EXPECT_EQ(script.ended_at(), 11);
    EXPECT_EQ(script.outcome().exposure, 30);
    EXPECT_TRUE(script.outcome().lockdep_alive_at_end);
    EXPECT_EQ(script.outcome().ready_s, 5);
    EXPECT_THAT(script.outcome().proof, testing::Contains(HasSubstr("debug_locks 1")));
}

TEST(RunMonitorLimits, a_hit_while_lingering_is_a_hit) {
    TrialLimits limits = limits_of(k_patched);
    limits.exposure_goal = 30;
    Script script(limits);
    script.ready().beats(6, 9).target(9.5).beat(10, 0, 51);
    EXPECT_EQ(script.words(), "hit");
}

TEST(RunMonitorLimits, a_vm_that_ends_while_lingering_gives_no_clean) {
    TrialLimits limits = limits_of(k_patched);
    limits.exposure_goal = 30;
    Script script(limits);
    script.ready().beats(6, 9).tell(9.5, DomainStopped{"crashed"});
    EXPECT_EQ(script.words(), "void early_exit");
}

TEST(RunMonitorLimits, a_warning_before_the_goal_makes_it_other_with_all_its_exposure) {
    TrialLimits limits = limits_of(k_patched);
    limits.exposure_goal = 30;
    Script script(limits);
    script.ready().beats(6, 7).report(7.5, k_warning).beats(8, 12);
    EXPECT_EQ(script.words(), "other other_report");
    EXPECT_EQ(script.outcome().exposure, 30);
}

TEST(RunMonitorLimits, the_wall_limit_ends_clean_at_a_heartbeat_three_seconds_later) {
    TrialLimits limits = limits_of(k_patched);
    limits.wall_s = 20;
    Script script(limits);
    script.ready().beats(6, 30);
    EXPECT_EQ(script.words(), "clean");
    EXPECT_EQ(script.ended_at(), 23);
    EXPECT_EQ(script.outcome().exposure, 150);
}

TEST(RunMonitorLimits, the_wall_limit_without_heartbeats_is_stale) {
    TrialLimits limits = limits_of(k_unpatched);
    limits.wall_s = 20;
    Script script(limits);
    script.ready().beats(6, 12).ticks(13, 40);
    EXPECT_EQ(script.words(), "void heartbeat_stale");
    EXPECT_LE(script.ended_at(), 23.5);
}

TEST(RunMonitorLimits, the_last_iteration_is_watched_three_seconds_longer) {
    TrialLimits limits = limits_of(k_patched);
    limits.iterations = 2;
    Script script(limits);
    script.ready().beats(6, 7).iteration_end(7.5, 0).beats(8, 9).iteration_end(9.5, 0);
    script.beats(10, 12);
    EXPECT_FALSE(script.ended());
    script.beats(13, 13);
    EXPECT_EQ(script.words(), "clean");
    EXPECT_EQ(script.outcome().iterations, 2);
    EXPECT_EQ(script.outcome().exposure, 40);
}

TEST(RunMonitorWorkload, failures_in_a_row_are_void_by_a_table) {
    struct Case {
        const char* what;
        int status;
        const char* says;
        const char* words;
    };
    const std::vector<Case> cases{
        {"no resource", 3, "", "void workload_refused"},
        {"busy", 2, "stress-ng: sched_setattr failed, errno=16 (Device or resource busy)",
         "void workload_refused"},
        {"memory", 1, "mmap failed: Cannot allocate memory", "void out_of_memory"},
        {"not found", 127, "sh: stres-ng: not found", "void workload_without_effect"},
        {"no effect", 0, "", "void workload_without_effect"},
    };
    for (const auto& c : cases) {
        Script script(limits_of(k_patched));
        script.ready();
        for (int i = 0; i < 3; ++i) {
            EXPECT_FALSE(script.ended()) << c.what;
            script.beat(6 + i, 1, 0).iteration_end(6.5 + i, c.status, c.says);
        }
        EXPECT_EQ(script.words(), c.words) << c.what;
    }
}

TEST(RunMonitorWorkload, a_kill_is_for_memory_only_when_memory_was_short) {
    for (const std::int64_t memory : {4000, 400000}) {
        Script script(limits_of(k_patched, ExposureUnit::guest_seconds));
        script.ready();
        for (int i = 0; i < 4; ++i) {
            auto beat = harness(HarnessType::heartbeat, 6 + i);
            beat.debug_locks = 1;
            beat.mem_available_kib = memory;
            script.tell(6 + i, HarnessLine{beat}).iteration_end(6.5 + i, 137);
        }
        EXPECT_EQ(script.words(), memory == 4000 ? "void out_of_memory" : "running");
    }
}

TEST(RunMonitorWorkload, deadline_exits_outweigh_messages_of_refusal) {
    Script script(limits_of(k_unpatched));
    script.ready();
    for (int i = 0; i < 6; ++i)
        script.beat(6 + i, 1, 5 * (i + 1)).iteration_end(6.5 + i, 2, "EBUSY");
    EXPECT_FALSE(script.ended());
}

// Iterations that take so long, fail, and are a second apart.
Script failing(double takes, int status, int iterations) {
    Script script(limits_of(k_unpatched, ExposureUnit::guest_seconds));
    script.ready();
    for (int i = 0; i < iterations; ++i) {
        const double start = 6 + (takes + 1) * i;
        script.say(start, HarnessType::iteration_start);
        script.iteration_end(start + takes, status, "ioctl: Invalid argument").tick(start + takes);
        script.beat(start + takes, 1, 0);
    }
    return script;
}

TEST(RunMonitorWorkload, a_script_that_fails_in_its_own_way_is_let_be) {
    EXPECT_FALSE(failing(5, 1, 6).ended());
    EXPECT_FALSE(failing(1.5, 124, 6).ended()) << "as one does that a timeout ends";
}

TEST(RunMonitorWorkload, a_script_that_fails_at_once_again_and_again_has_no_effect) {
    EXPECT_FALSE(failing(0.2, 1, 2).ended());
    const auto script = failing(0.2, 1, 3);
    EXPECT_EQ(script.words(), "void workload_without_effect");
    EXPECT_THAT(script.outcome().detail, HasSubstr("Invalid argument"));
    EXPECT_FALSE(failing(0.2, 0, 6).ended());
}

TEST(RunMonitorWorkload, a_void_trial_says_whether_deadline_tasks_were_admitted) {
    for (const std::int64_t tasks : {0, 3}) {
        Script script(limits_of(k_patched));
        script.ready();
        for (int i = 0; i < 3; ++i) {
            auto beat = harness(HarnessType::heartbeat, 6 + i);
            beat.debug_locks = 1;
            beat.dl_tasks = tasks;
            beat.dl_exits = 0;
            script.tell(6 + i, HarnessLine{beat}).iteration_end(6.5 + i, 0);
        }
        EXPECT_EQ(script.words(), "void workload_without_effect");
        EXPECT_THAT(script.outcome().detail,
                    HasSubstr(tasks == 0 ? "no deadline task was ever admitted"
                                         : "no deadline task exited"));
    }
}

TEST(RunMonitorWorkload, a_trial_without_one_exit_is_never_clean) {
    TrialLimits limits = limits_of(k_patched);
    limits.wall_s = 20;
    Script script(limits);
    script.ready();
    for (int time = 6; time < 30; ++time) script.beat(time, 1, 0).tick(time + 0.5);
    EXPECT_EQ(script.words(), "void workload_without_effect");
}

}  // namespace
}  // namespace krepro::vm
