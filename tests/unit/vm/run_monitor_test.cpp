// SPDX-License-Identifier: Apache-2.0
#include "vm/run_monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace krepro::vm {
namespace {

using model::ArmName;
using model::Cause;
using model::ExposureUnit;
using model::HarnessEvent;
using model::HarnessType;
using model::OutcomeKind;
using testing::HasSubstr;

constexpr auto k_unpatched = ArmName::unpatched;
constexpr auto k_patched = ArmName::patched;

model::Report report_of(std::string kind, bool disables_lockdep) {
    model::Report report;
    report.title = kind + " in f";
    report.kind = std::move(kind);
    report.disables_lockdep = disables_lockdep;
    report.text = "BUG: " + report.title + "\nCall Trace:\n";
    return report;
}

const model::Report k_target = report_of("invalid_wait_context", true);
const model::Report k_sleeping_target = report_of("sleeping_in_atomic", false);
const model::Report k_other_lockdep = report_of("circular_locking", true);
const model::Report k_warning = report_of("warning", false);
const model::Report k_oops = report_of("null_dereference", false);
const model::Report k_stall = report_of("rcu_stall", false);
const model::Report k_panic = report_of("panic", false);
const model::Report k_nobody = report_of("nobody_cared", false);

HarnessEvent harness(HarnessType type, double uptime) {
    HarnessEvent event;
    event.type = type;
    event.uptime = uptime;
    return event;
}

// A trial that is told what happens, at times that the script says.
class Script {
  public:
    explicit Script(TrialLimits limits = {}) : monitor_(limits, at(0)) {}

    Script& tell(double time, const RunEvent& event) {
        if (outcome_) return *this;
        auto action = monitor_.on(event, at(time));
        resumed_ |= std::holds_alternative<Resume>(action);
        if (auto* end = std::get_if<EndTrial>(&action)) {
            outcome_ = std::move(end->outcome);
            ended_at_ = time;
        }
        return *this;
    }
    Script& tick(double time) { return tell(time, Tick{}); }
    // Ticks each half second up to `to`, as the driver does when nothing else happens.
    Script& ticks(double from, double to) {
        for (double time = from; time <= to; time += 0.5) tick(time);
        return *this;
    }
    Script& report(double time, const model::Report& report) {
        return tell(time, ReportSeen{&report, false});
    }
    Script& target(double time, const model::Report& report = k_target) {
        return tell(time, ReportSeen{&report, true});
    }
    Script& ready(double time = 5) {
        tell(time, HarnessLine{harness(HarnessType::ready, time)});
        return beat(time, 1, 0);
    }
    // The guest's clock is the host's here.
    Script& beat(double time, std::optional<int> debug_locks, std::optional<std::int64_t> exits) {
        auto event = harness(HarnessType::heartbeat, time);
        event.debug_locks = debug_locks;
        event.dl_exits = exits;
        return tell(time, HarnessLine{event});
    }
    // A heartbeat a second with ten exits in each.
    Script& beats(int from, int to) {
        for (int time = from; time <= to; ++time) {
            beat(time, 1, 10 * (time - 5));
            tick(time + 0.1);
        }
        return *this;
    }
    Script& iteration_end(double time, int status, std::string what = {}) {
        auto event = harness(HarnessType::iteration_end, time);
        event.exit_status = status;
        event.what = std::move(what);
        return tell(time, HarnessLine{event});
    }
    Script& say(double time, HarnessType type) {
        return tell(time, HarnessLine{harness(type, time)});
    }

    [[nodiscard]] bool ended() const { return outcome_.has_value(); }
    [[nodiscard]] bool resumed() const { return resumed_; }
    [[nodiscard]] double ended_at() const { return ended_at_; }
    [[nodiscard]] const model::TrialOutcome& outcome() const {
        static const model::TrialOutcome k_running;
        EXPECT_TRUE(outcome_) << "the trial still runs";
        return outcome_ ? *outcome_ : k_running;
    }
    // "void boot_hang", "hit", "running"
    [[nodiscard]] std::string words() const {
        if (!outcome_) return "running";
        std::string text(model::to_string(outcome_->kind));
        if (outcome_->cause) text += " " + std::string(model::to_string(*outcome_->cause));
        return text;
    }
    RunMonitor& monitor() { return monitor_; }

  private:
    static util::SteadyTime at(double seconds) {
        return util::SteadyTime{} + std::chrono::duration_cast<util::SteadyTime::duration>(
                                        std::chrono::duration<double>(1000 + seconds));
    }
    RunMonitor monitor_;
    std::optional<model::TrialOutcome> outcome_;
    double ended_at_ = 0;
    bool resumed_ = false;
};

TrialLimits limits_of(ArmName arm, ExposureUnit unit = ExposureUnit::deadline_exits) {
    TrialLimits limits;
    limits.arm = arm;
    limits.unit = unit;
    return limits;
}

Script loaded(ArmName arm) {
    Script script(limits_of(arm));
    script.ready().beats(6, 10);
    return script;
}

// What happens, and what it means on either arm.
struct Row {
    const char* what;
    std::function<void(Script&)> happens;
    const char* unpatched;
    const char* patched;
};

void expect_rows(const std::vector<Row>& rows, const std::function<Script(ArmName)>& start) {
    for (const auto& row : rows) {
        for (const auto arm : {k_unpatched, k_patched}) {
            Script script = start(arm);
            row.happens(script);
            EXPECT_EQ(script.words(), arm == k_unpatched ? row.unpatched : row.patched)
                << row.what << " on " << model::to_string(arm);
            if (!script.ended()) continue;
            EXPECT_FALSE(script.outcome().detail.empty()) << row.what;
            EXPECT_GT(script.outcome().wall_s, 0) << row.what;
        }
    }
}

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
        {"blind at ready", [](Script& s) { s.say(4, HarnessType::ready).beat(4.1, 0, 0); },
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

TEST(RunMonitorRaces, the_target_behind_another_report_on_unpatched_is_a_hit) {
    Script script = loaded(k_unpatched);
    script.report(10.5, k_other_lockdep).target(10.6, k_sleeping_target).beat(11, 0, 60);
    EXPECT_EQ(script.words(), "hit");
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
    patched.report(10.5, k_other_lockdep);
    EXPECT_EQ(patched.outcome().exposure, 50);
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

TEST(RunMonitorLimits, the_wall_limit_ends_clean_at_a_heartbeat) {
    TrialLimits limits = limits_of(k_patched);
    limits.wall_s = 20;
    Script script(limits);
    script.ready().beats(6, 30);
    EXPECT_EQ(script.words(), "clean");
    EXPECT_EQ(script.ended_at(), 20);
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

TEST(RunMonitorWorkload, a_script_that_fails_in_its_own_way_is_let_be) {
    Script script(limits_of(k_unpatched, ExposureUnit::guest_seconds));
    script.ready();
    for (int i = 0; i < 6; ++i) script.beat(6 + i, 1, 0).iteration_end(6.5 + i, 1, "assertion");
    EXPECT_FALSE(script.ended());
}

TEST(RunMonitorWorkload, a_trial_without_one_exit_is_never_clean) {
    TrialLimits limits = limits_of(k_patched);
    limits.wall_s = 20;
    Script script(limits);
    script.ready();
    for (int time = 6; time < 30; ++time) script.beat(time, 1, 0).tick(time + 0.5);
    EXPECT_EQ(script.words(), "void workload_without_effect");
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
    EXPECT_EQ(classify(report_of("hung_task", false)), ReportClass::splat);
    EXPECT_EQ(classify(k_panic), ReportClass::panic);
    EXPECT_EQ(classify(k_nobody), ReportClass::side);
    EXPECT_EQ(classify(report_of("never heard of", false)), ReportClass::splat);
}

}  // namespace
}  // namespace krepro::vm
