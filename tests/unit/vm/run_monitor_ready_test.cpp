// SPDX-License-Identifier: Apache-2.0
// Around "ready": what the console says of the boot may be read after it.
#include <gtest/gtest.h>

#include "trial_script.hpp"
#include "vm/run_monitor.hpp"

namespace krepro::vm {
namespace {

using namespace scripts;  // NOLINT(google-build-using-namespace): the words of these tests

TEST(RunMonitorReady, a_splat_of_the_boot_that_is_told_after_ready_is_no_hit_of_the_workload) {
    const std::vector<Row> rows{
        {"the target, and lockdep is off", [](Script& s) { s.target(4.02).beat(4.1, 0, 0); },
         "void lockdep_off_early", "hit lockdep_off_early"},
        {"the target, which leaves lockdep on",
         [](Script& s) { s.target(4.02, k_sleeping_target).beat(4.1, 1, 0); },
         "void lockdep_off_early", "hit lockdep_off_early"},
        {"another, and lockdep is off",
         [](Script& s) { s.report(4.02, k_other_lockdep).beat(4.1, 0, 0); },
         "void lockdep_off_early", "other other_report"},
    };
    expect_rows(rows, [](ArmName arm) {
        Script script(limits_of(arm));
        script.say(4, HarnessType::ready);
        return script;
    });
}

TEST(RunMonitorReady, a_first_heartbeat_that_is_older_than_the_report_leaves_it_open) {
    for (const auto arm : {k_unpatched, k_patched}) {
        Script blinding(limits_of(arm));
        blinding.say(4, HarnessType::ready).target(4.2).beat(4.1, 1, 0);
        EXPECT_FALSE(blinding.ended());
        EXPECT_EQ(blinding.beat(5.1, 0, 12).words(), "hit");
        EXPECT_EQ(blinding.outcome().exposure, 12);
        auto target = k_sleeping_target;
        target.uptime_s = 4.15;
        Script timed(limits_of(arm));
        timed.say(4, HarnessType::ready).target(4.2, target).beat(4.1, 1, 0).beat(5.1, 1, 12);
        EXPECT_EQ(timed.words(), "hit");
        EXPECT_EQ(timed.outcome().exposure, 12);
    }
}

TEST(RunMonitorReady, with_the_patch_a_blind_first_heartbeat_waits_for_what_the_boot_printed) {
    const auto blind = [] {
        Script script(limits_of(k_patched));
        script.say(4, HarnessType::ready).beat(4.1, 0, 0);
        return script;
    };
    auto hit = blind();
    EXPECT_FALSE(hit.ended());
    EXPECT_EQ(hit.target(4.4).words(), "hit lockdep_off_early");
    auto another = blind();
    EXPECT_EQ(another.report(4.4, k_other_lockdep).words(), "void lockdep_off_early");
    auto ended = blind();
    EXPECT_EQ(ended.tell(4.4, DomainStopped{"x"}).words(), "void lockdep_off_early");
    auto talks = blind();
    for (double time = 4.5; time < 40; time += 0.5) talks.tell(time, ConsoleOutput{100}).tick(time);
    EXPECT_EQ(talks.words(), "void lockdep_off_early");
    EXPECT_LE(talks.ended_at(), 15);
}

}  // namespace
}  // namespace krepro::vm
