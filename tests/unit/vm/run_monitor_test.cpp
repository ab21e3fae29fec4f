// SPDX-License-Identifier: Apache-2.0
#include "vm/run_monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "trial_script.hpp"

namespace krepro::vm {
namespace {

using model::ArmName;
using model::Cause;
using model::ExposureUnit;
using model::HarnessEvent;
using model::HarnessType;
using model::OutcomeKind;
using testing::HasSubstr;
using namespace scripts;  // NOLINT(google-build-using-namespace): the words of these tests

TEST(RunMonitorBoot, every_way_not_to_boot_is_void_on_both_arms) {
    const std::vector<Row> rows{
        {"no byte", [](Script& s) { s.ticks(0.5, 16); }, "void boot_hang", "void boot_hang"},
        {"talks and is never ready",
         [](Script& s) {
             for (int i = 0; i < 70; ++i) s.tell(i, ConsoleOutput{10}).tick(i + 0.5);
         },
         "void boot_hang", "void boot_hang"},
        {"stops", [](Script& s) { s.tell(3, DomainStopped{"shutdown"}); }, "void no_boot",
         "void no_boot"},
        {"watchdog", [](Script& s) { s.tell(3, WatchdogFired{}); }, "void boot_hang",
         "void boot_hang"},
        {"panics", [](Script& s) { s.tell(3, DomainCrashed{}).report(3.1, k_panic); },
         "void no_boot", "void no_boot"},
        {"stalls", [](Script& s) { s.report(3, k_stall); }, "void host_stall", "void host_stall"},
        {"lockdep off", [](Script& s) { s.report(3, k_other_lockdep); }, "void lockdep_off_early",
         "void lockdep_off_early"},
        {"a warning is no matter", [](Script& s) { s.report(3, k_warning).tick(4); }, "running",
         "running"},
        {"the target", [](Script& s) { s.target(3); }, "void lockdep_off_early",
         "hit lockdep_off_early"},
        {"cancel", [](Script& s) { s.tell(3, CancelRequested{}); }, "void cancelled",
         "void cancelled"},
        {"interrupt", [](Script& s) { s.tell(3, CancelRequested{Cause::interrupted}); },
         "void interrupted", "void interrupted"},
        {"libvirt", [](Script& s) { s.tell(3, InfraFailed{"no libvirt"}); }, "void infrastructure",
         "void infrastructure"},
        {"flood", [](Script& s) { s.tell(3, ConsoleOutput{65U << 20U}); }, "void console_flood",
         "void console_flood"},
        {"harness gives up", [](Script& s) { s.say(3, HarnessType::error); }, "void infrastructure",
         "void infrastructure"},
        {"no lockdep", [](Script& s) { s.say(4, HarnessType::ready).beat(4.1, std::nullopt, 0); },
         "void lockdep_absent", "void lockdep_absent"},
        {"blind at ready",
         [](Script& s) { s.say(4, HarnessType::ready).beat(4.1, 0, 0).ticks(4.5, 9); },
         "void lockdep_off_early", "void lockdep_off_early"},
    };
    expect_rows(rows, [](ArmName arm) { return Script(limits_of(arm)); });
}

TEST(RunMonitorBoot, a_warning_at_boot_makes_the_trial_other_at_its_end) {
    TrialLimits limits = limits_of(k_patched);
    limits.exposure_goal = 30;
    Script script(limits);
    script.report(3, k_warning).ready().beats(6, 12);
    EXPECT_EQ(script.words(), "other other_report");
    EXPECT_EQ(script.outcome().exposure, 30);
}

TEST(RunMonitorBoot, a_silent_console_is_given_up_within_twenty_seconds) {
    Script script;
    for (double time = 0.5; time < 3; time += 0.5) script.tell(time, ConsoleOutput{100});
    script.ticks(3, 60);
    EXPECT_EQ(script.words(), "void boot_hang");
    EXPECT_LE(script.ended_at(), 20);
}

TEST(RunMonitorLoad, every_end_under_load_has_its_meaning_on_either_arm) {
    const std::vector<Row> rows{
        {"nothing yet", [](Script& s) { s.tick(11); }, "running", "running"},
        {"target", [](Script& s) { s.target(10.5).beat(11, 0, 60); }, "hit", "hit"},
        {"another lockdep report",
         [](Script& s) { s.report(10.5, k_other_lockdep).beat(11, 0, 60); }, "other other_report",
         "other other_report"},
        {"oops", [](Script& s) { s.report(10.5, k_oops).beat(11, 0, 60); }, "other other_report",
         "other other_report"},
        {"panic report", [](Script& s) { s.report(10.5, k_panic); }, "other panic", "other panic"},
        {"stall", [](Script& s) { s.report(10.5, k_stall); }, "void host_stall", "other stall"},
        {"stall after a warning",
         [](Script& s) { s.report(10.2, k_warning).report(10.5, k_stall); }, "void host_stall",
         "other other_report"},
        {"noise", [](Script& s) { s.report(10.5, k_nobody).tick(11); }, "running", "running"},
        {"a warning goes on", [](Script& s) { s.report(10.5, k_warning).tick(11); }, "running",
         "running"},
        {"silence", [](Script& s) { s.ticks(10.5, 31); }, "void heartbeat_stale", "other hang"},
        {"silence after a warning", [](Script& s) { s.report(10.5, k_warning).ticks(11, 31); },
         "void heartbeat_stale", "other hang"},
        {"ends after a warning",
         [](Script& s) { s.report(10.5, k_warning).tell(11, DomainStopped{}); }, "void early_exit",
         "other early_exit"},
        {"an old warning does not explain lockdep off",
         [](Script& s) {
             s.report(10.5, k_warning).beat(11, 1, 60).beat(12, 0, 70).ticks(12.5, 16);
         },
         "void lockdep_off_unexplained", "other lockdep_off_unexplained"},
        {"watchdog", [](Script& s) { s.tell(11, WatchdogFired{}); }, "other hang", "other hang"},
        {"ends", [](Script& s) { s.tell(11, DomainStopped{"crashed"}); }, "void early_exit",
         "void early_exit"},
        {"pvpanic and the words",
         [](Script& s) { s.tell(11, DomainCrashed{}).report(11.2, k_panic); }, "other panic",
         "other panic"},
        {"pvpanic and silence", [](Script& s) { s.tell(11, DomainCrashed{}).ticks(11.5, 17); },
         "other panic", "other panic"},
        {"pvpanic and the end",
         [](Script& s) { s.tell(11, DomainCrashed{}).tell(12, DomainStopped{"x"}); }, "other panic",
         "other panic"},
        {"pvpanic, watchdog",
         [](Script& s) { s.tell(11, DomainCrashed{}).tell(12, WatchdogFired{}); }, "other panic",
         "other panic"},
        {"pvpanic after the target", [](Script& s) { s.tell(11, DomainCrashed{}).target(11.2); },
         "hit", "hit"},
        {"lockdep off and no word", [](Script& s) { s.beat(11, 0, 60).ticks(11.5, 15); },
         "void lockdep_off_unexplained", "other lockdep_off_unexplained"},
        {"lockdep off and the end",
         [](Script& s) { s.beat(11, 0, 60).tell(11.1, DomainStopped{}); },
         "void lockdep_off_unexplained", "other lockdep_off_unexplained"},
        {"lockdep off, then the target", [](Script& s) { s.beat(11, 0, 60).target(12); }, "hit",
         "hit"},
        {"lockdep off, then another",
         [](Script& s) { s.beat(11, 0, 60).report(12, k_other_lockdep); }, "other other_report",
         "other other_report"},
        {"a warning, then lockdep off",
         [](Script& s) { s.report(10.5, k_warning).beat(11, 0, 60).ticks(11.5, 15); },
         "other other_report", "other other_report"},
        {"cancel", [](Script& s) { s.tell(11, CancelRequested{}); }, "void cancelled",
         "void cancelled"},
        {"libvirt fails", [](Script& s) { s.tell(11, InfraFailed{"x"}); }, "void infrastructure",
         "void infrastructure"},
        {"flood", [](Script& s) { s.tell(11, ConsoleOutput{65U << 20U}); }, "void console_flood",
         "other console_flood"},
        {"we were not there", [](Script& s) { s.tick(100); }, "void host_suspended",
         "void host_suspended"},
        {"power-off when done",
         [](Script& s) { s.say(10.5, HarnessType::done).tell(11, DomainStopped{"shutdown"}); },
         "clean", "clean"},
        {"done after a warning",
         [](Script& s) {
             s.report(10.2, k_warning).say(10.5, HarnessType::done).tell(11, DomainStopped{"x"});
         },
         "other other_report", "other other_report"},
        {"done and stuck in power-off",
         [](Script& s) { s.say(10.5, HarnessType::done).ticks(11, 35); }, "clean", "clean"},
    };
    expect_rows(rows, loaded);
}

TEST(RunMonitorLoad, a_splat_of_the_patched_kernel_stands_whatever_ends_the_trial) {
    const std::vector<Row> rows{
        {"cancel", [](Script& s) { s.tell(11, CancelRequested{}); }, "void cancelled",
         "other other_report"},
        {"krepro stops", [](Script& s) { s.tell(11, CancelRequested{Cause::interrupted}); },
         "void interrupted", "other other_report"},
        {"libvirt fails", [](Script& s) { s.tell(11, InfraFailed{"x"}); }, "void infrastructure",
         "other other_report"},
        {"harness error", [](Script& s) { s.say(11, HarnessType::error); }, "void infrastructure",
         "other other_report"},
        {"a stall", [](Script& s) { s.report(11, k_stall); }, "void host_stall",
         "other other_report"},
        {"we were not there", [](Script& s) { s.tick(100); }, "void host_suspended",
         "other other_report"},
    };
    expect_rows(rows, [](ArmName arm) {
        Script script = loaded(arm);
        script.report(10.5, k_warning);
        return script;
    });
}

TEST(RunMonitorLoad, a_crash_of_the_patched_kernel_is_no_retry_however_the_trial_ends) {
    Script script = loaded(k_patched);
    script.tell(11, DomainCrashed{}).tell(11.5, CancelRequested{Cause::interrupted});
    EXPECT_EQ(script.words(), "other panic");
}

TEST(RunMonitorLoad, time_that_krepro_lost_is_not_held_against_the_guest) {
    for (const auto arm : {k_unpatched, k_patched}) {
        Script script = loaded(arm);
        script.tick(36);  // 26 s: longer than a silence may last, shorter than a suspension
        EXPECT_FALSE(script.ended());
        script.ticks(36.5, 45).beat(46, 1, 60);
        EXPECT_FALSE(script.ended());
        script.ticks(46.5, 70);
        EXPECT_TRUE(script.ended()) << "a guest that stays silent afterwards is not forgiven";
    }
}

TEST(RunMonitorLoad, a_flood_of_harness_lines_ends_the_trial) {
    Script script = loaded(k_unpatched);
    script.tell(11, HarnessOutput{40U << 20U}).tell(11, ConsoleOutput{40U << 20U});
    EXPECT_EQ(script.words(), "void console_flood");
}

TEST(RunMonitorRaces, a_hit_that_was_seen_is_a_hit_whatever_comes_next) {
    const std::vector<std::pair<const char*, RunEvent>> events{
        {"stop", DomainStopped{"shutdown"}},
        {"cancel", CancelRequested{Cause::cancelled}},
        {"interrupt", CancelRequested{Cause::interrupted}},
        {"infrastructure", InfraFailed{"disk full"}},
        {"pvpanic", DomainCrashed{}},
        {"watchdog", WatchdogFired{}},
        {"flood", ConsoleOutput{65U << 20U}},
        {"harness error", HarnessLine{harness(HarnessType::error, 10)}},
    };
    for (const auto& [what, event] : events) {
        for (const auto arm : {k_unpatched, k_patched}) {
            Script script = loaded(arm);
            script.target(10.5).tell(10.5, event);
            EXPECT_EQ(script.words(), "hit") << what;
            EXPECT_GE(script.outcome().exposure, 50) << what;
        }
    }
}

TEST(RunMonitorRaces, a_late_tick_does_not_take_the_hit_away) {
    Script script = loaded(k_unpatched);
    script.target(10.5).tick(100);
    EXPECT_EQ(script.words(), "hit");
}

TEST(RunMonitorRaces, other_reports_around_a_hit_change_nothing) {
    Script script = loaded(k_patched);
    script.report(10.2, k_warning).target(10.5).report(10.6, k_panic).report(10.6, k_other_lockdep);
    EXPECT_FALSE(script.ended());
    script.beat(11, 0, 60);
    EXPECT_EQ(script.words(), "hit");
}

TEST(RunMonitorRaces, another_report_on_unpatched_in_the_same_instant_as_the_stop) {
    Script script = loaded(k_unpatched);
    script.report(10.5, k_other_lockdep).tell(10.5, DomainStopped{"shutdown"});
    EXPECT_EQ(script.words(), "other other_report");
}

TEST(RunMonitorRaces, the_target_behind_another_report_is_a_hit_on_either_arm) {
    for (const auto arm : {k_unpatched, k_patched}) {
        for (const auto* other : {&k_other_lockdep, &k_oops}) {
            Script script = loaded(arm);
            script.report(10.5, *other).target(10.6, k_sleeping_target).beat(11, 0, 60);
            EXPECT_EQ(script.words(), "hit") << other->title;
            Script third = loaded(arm);
            third.report(10.5, *other).report(10.6, k_oops).report(10.7, k_warning);
            EXPECT_EQ(third.target(10.8, k_sleeping_target).beat(11, 0, 60).words(), "hit");
        }
    }
}

TEST(RunMonitorRaces, nothing_more_is_said_after_the_end) {
    Script script = loaded(k_unpatched);
    script.tell(11, CancelRequested{});
    const auto action = script.monitor().on(DomainStopped{"x"}, util::SteadyTime{});
    EXPECT_TRUE(std::holds_alternative<Continue>(action));
}

TEST(RunMonitorRaces, a_crashed_guest_is_resumed_before_and_under_load) {
    Script booting;
    EXPECT_TRUE(booting.tell(2, DomainCrashed{}).resumed());
    Script running = loaded(k_unpatched);
    EXPECT_TRUE(running.tell(11, DomainCrashed{}).resumed());
}

TEST(RunMonitorRaces, a_long_splat_is_waited_for_as_long_as_the_console_talks) {
    Script script = loaded(k_unpatched);
    script.beat(11, 0, 60);
    for (double time = 11.5; time < 18; time += 0.5)
        script.tell(time, ConsoleOutput{100}).tick(time);
    EXPECT_FALSE(script.ended());
    EXPECT_EQ(script.target(18).words(), "hit");
}

TEST(RunMonitorRaces, a_console_that_never_ends_does_not_hold_the_trial) {
    Script script = loaded(k_unpatched);
    script.beat(11, 0, 60);
    for (double time = 11.5; time < 40; time += 0.5)
        script.tell(time, ConsoleOutput{100}).tick(time);
    EXPECT_EQ(script.words(), "void lockdep_off_unexplained");
    EXPECT_LE(script.ended_at(), 22);
}

TEST(RunMonitorProof, the_proof_is_bounded_whatever_the_guest_prints) {
    model::Report huge = k_warning;
    huge.text = std::string(100000, 'x');
    Script script = loaded(k_patched);
    for (int i = 0; i < 1000; ++i) script.report(10.5, huge);
    script.target(10.6).beat(11, 0, 60);
    EXPECT_LE(script.outcome().proof.size(), 17U);
    for (const auto& line : script.outcome().proof) EXPECT_LE(line.size(), 300U);
}

RunEvent random_event(std::mt19937& random) {
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    static const std::vector<const model::Report*> k_reports{
        &k_target, &k_sleeping_target, &k_other_lockdep, &k_warning, &k_oops,
        &k_stall,  &k_panic,           &k_nobody,        nullptr};
    switch (pick(24)) {
        case 0:
            return ReportSeen{k_reports[static_cast<std::size_t>(pick(9))], pick(4) == 0};
        case 1:
            return pick(5) == 0 ? RunEvent{DomainCrashed{}} : RunEvent{Tick{}};
        case 2:
            return pick(9) == 0 ? RunEvent{DomainStopped{"x"}} : RunEvent{Tick{}};
        case 3:
            return pick(9) == 0 ? RunEvent{WatchdogFired{}} : RunEvent{Tick{}};
        case 4:
            return pick(9) == 0 ? RunEvent{CancelRequested{}} : RunEvent{Tick{}};
        case 5:
            return pick(9) == 0 ? RunEvent{InfraFailed{"x"}} : RunEvent{Tick{}};
        case 6:
        case 7:
            return ConsoleOutput{static_cast<std::uint64_t>(pick(1000))};
        case 8:
            return Tick{};
        default:
            break;
    }
    auto event = harness(static_cast<HarnessType>(pick(20) == 0 ? 6 : pick(6)), pick(100));
    if (pick(3) != 0) event.type = HarnessType::heartbeat;
    if (pick(20) != 0) event.debug_locks = pick(15) == 0 ? 0 : 1;
    if (pick(10) != 0) event.dl_exits = pick(1000);
    if (pick(3) == 0) event.exit_status = pick(130);
    return HarnessLine{event};
}

TEST(RunMonitorProperties, any_sequence_of_events_ends_in_a_sound_outcome) {
    std::mt19937 random(11);
    for (int round = 0; round < 20000; ++round) {
        TrialLimits limits = limits_of(round % 2 == 0 ? k_unpatched : k_patched);
        limits.exposure_goal = round % 3 == 0 ? 500 : 0;
        Script script(limits);
        bool target = false;
        double time = 0;
        while (!script.ended()) {
            time += 0.5;
            const RunEvent event = random_event(random);
            const auto* seen = std::get_if<ReportSeen>(&event);
            target |= seen != nullptr && seen->report != nullptr && seen->target;
            script.tell(time, event).tick(time);
            ASSERT_LT(time, limits.wall_s + 30) << "the trial does not end";
        }
        const auto& outcome = script.outcome();
        EXPECT_FALSE(outcome.detail.empty());
        EXPECT_GE(outcome.exposure, 0);
        EXPECT_EQ(outcome.kind == OutcomeKind::hit && !target, false);
        if (outcome.kind == OutcomeKind::clean) {
            EXPECT_FALSE(target);
            EXPECT_GT(outcome.exposure, 0);
            EXPECT_TRUE(outcome.lockdep_alive_at_end);
        }
        if (outcome.kind == OutcomeKind::none || outcome.kind == OutcomeKind::other) {
            EXPECT_TRUE(outcome.cause.has_value());
        }
        if (target && limits.arm == k_patched) {
            EXPECT_EQ(outcome.kind, OutcomeKind::hit);
        }
    }
}

TEST(RunMonitorClassify, kinds_fall_into_five_classes) {
    EXPECT_EQ(classify(k_target), ReportClass::blind);
    EXPECT_EQ(classify(k_oops), ReportClass::blind);
    EXPECT_EQ(classify(k_warning), ReportClass::splat);
    EXPECT_EQ(classify(k_sleeping_target), ReportClass::splat);
    EXPECT_EQ(classify(k_stall), ReportClass::stall);
    EXPECT_EQ(classify(report_of("hung_task", false)), ReportClass::stall);
    EXPECT_EQ(classify(k_panic), ReportClass::panic);
    EXPECT_EQ(classify(k_nobody), ReportClass::side);
    EXPECT_EQ(classify(report_of("never heard of", false)), ReportClass::splat);
}

}  // namespace
}  // namespace krepro::vm
