// SPDX-License-Identifier: Apache-2.0
// Ends that wait: for a splat that is being printed, for a host that is too busy.
#include <gtest/gtest.h>

#include "trial_script.hpp"
#include "vm/run_monitor.hpp"

namespace krepro::vm {
namespace {

using namespace scripts;  // NOLINT(google-build-using-namespace): the words of these tests

Script limited(ArmName arm, double goal, double wall_s) {
    TrialLimits limits = limits_of(arm);
    limits.exposure_goal = goal;
    limits.wall_s = wall_s;
    Script script(limits);
    script.ready();
    return script;
}

TEST(RunMonitorHold, a_clean_end_waits_for_the_splat_that_is_being_printed) {
    Script script = limited(k_patched, 20, 240);
    script.beats(6, 9).tell(9.5, SplatPending{true}).beats(10, 11);
    ASSERT_FALSE(script.ended()) << "it has its goal and has lingered";
    script.target(11.5).beat(12, 0, 80);
    EXPECT_EQ(script.words(), "hit");
}

TEST(RunMonitorHold, a_splat_that_comes_to_nothing_holds_the_end_for_three_seconds_at_most) {
    Script let_go = limited(k_patched, 20, 240);
    let_go.beats(6, 9).tell(9.5, SplatPending{true}).beats(10, 11);
    let_go.tell(11.4, SplatPending{false}).tick(11.5);
    EXPECT_EQ(let_go.words(), "clean");
    Script endless = limited(k_patched, 20, 240);
    endless.beats(6, 9).tell(9.5, SplatPending{true}).beats(10, 20);
    EXPECT_EQ(endless.words(), "clean");
    EXPECT_LE(endless.ended_at(), 15);
    EXPECT_EQ(endless.outcome().exposure, 20) << "nothing counts while an end is held";
}

TEST(RunMonitorHold, the_wall_limit_lingers_as_a_goal_does) {
    Script hit_late = limited(k_patched, 0, 20);
    hit_late.beats(6, 20);
    ASSERT_FALSE(hit_late.ended());
    hit_late.target(21.5).beat(22, 0, 170);
    EXPECT_EQ(hit_late.words(), "hit");
    Script clean = limited(k_patched, 0, 20);
    clean.beats(6, 40);
    EXPECT_EQ(clean.words(), "clean");
    EXPECT_LE(clean.ended_at(), 24);
    EXPECT_EQ(clean.outcome().exposure, 150) << "what is seen while it lingers is not exposure";
}

TEST(RunMonitorHold, a_guest_whose_host_is_too_busy_for_its_timers_is_no_broken_host) {
    const auto gave_up = [](std::string what) {
        Script script;
        auto event = harness(HarnessType::error, 3);
        event.what = std::move(what);
        script.tell(3, HarnessLine{event});
        return script.words();
    };
    EXPECT_EQ(gave_up("high-resolution timers are off: the kernel gave up its APIC timer while "
                      "booting, as on a loaded host, or was told to (highres=off)"),
              "void host_stall");
    EXPECT_EQ(gave_up("mounting /proc: no such device"), "void infrastructure");
}

TEST(RunMonitorHold, a_host_that_slept_is_seen_although_the_monotonic_clock_stood_still) {
    for (const auto arm : {k_unpatched, k_patched}) {
        // It has slept for 500 s before this trial.
        const auto begun = [arm] {
            Script script(limits_of(arm));
            script.tell(0.5, Tick{500}).ready().beat(6, 1, 10);
            return script;
        };
        Script script = begun();
        script.tell(6.5, Tick{500.5});
        EXPECT_FALSE(script.ended()) << "what it slept before, or for a moment, is no matter";
        script.tell(7, Tick{540.5});
        EXPECT_EQ(script.words(), "void host_suspended");
        EXPECT_NE(script.outcome().detail.find("slept for 40 s"), std::string::npos);
        Script hit = begun();
        hit.target(6.6).tell(6.75, Tick{540}).beat(7, 0, 60);
        EXPECT_EQ(hit.words(), "hit");
    }
}

}  // namespace
}  // namespace krepro::vm
