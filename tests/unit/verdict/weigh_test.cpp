// SPDX-License-Identifier: Apache-2.0
// What only boots with the patch have shown, and how long boots without it are watched for it.
#include "verdict/weigh.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trials.hpp"

namespace krepro::verdict {
namespace {

using model::VerdictKind;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using namespace trials;  // NOLINT(google-build-using-namespace): the words of these tests
using trials::operator+;

TrialRecord hung(double exposure) {
    auto record = under_load(other(k_patched, exposure, {}));
    record.outcome.cause = Cause::hang;
    return record;
}

TrialRecord stalled_without_patch() {
    return under_load(no_evidence(k_unpatched, Cause::host_stall));
}

// 200 s with the patch, against the 60 s of the three hits.
Trials five_of_which_stall(int stalls) {
    return three_hits() + repeated(stalls, lasting(40, hung(36))) +
           repeated(5 - stalls, lasting(40, clean(k_patched, 36)));
}

TEST(VerdictWeigh, three_stalls_are_looked_for_until_chance_does_not_explain_them) {
    const Trials three = five_of_which_stall(3);
    const auto next = next_trial(plan_of(), three);
    EXPECT_EQ(next.arm, k_unpatched);
    EXPECT_TRUE(next.past_hit);
    const double needed = exposure_needed(0.95, 3, 200) - 60;
    EXPECT_NEAR(needed, 283, 0.2);
    EXPECT_EQ(answer(plan_of(), three + Trials{lasting(needed - 1, hit(k_unpatched, 5))}),
              "run unpatched");
    const auto verdict =
        verdict_of(plan_of(), three + Trials{lasting(needed + 1, hit(k_unpatched, 5))});
    EXPECT_EQ(verdict.kind, VerdictKind::fixed_new_splat);
    EXPECT_THAT(verdict.sentence, HasSubstr("But 3 boots with the patch stalled."));
    EXPECT_EQ(answer(plan_of(), three + Trials{stalled_without_patch()}), "fixed");
}

TEST(VerdictWeigh, three_stalls_that_the_budget_leaves_open_are_not_plainly_fixed) {
    Plan plan = plan_of();
    plan.budget_trials = 8;
    const auto verdict = verdict_of(plan, five_of_which_stall(3));
    EXPECT_EQ(verdict.kind, VerdictKind::fixed_new_splat);
    EXPECT_THAT(verdict.sentence, HasSubstr("3 boots with the patch stalled and none without it"));
}

TEST(VerdictWeigh, one_or_two_stalls_are_looked_for_as_long_as_boots_with_the_patch_took) {
    for (const int stalls : {1, 2}) {
        const Trials trials = five_of_which_stall(stalls);
        EXPECT_EQ(answer(plan_of(), trials + Trials{lasting(139, hit(k_unpatched, 5))}),
                  "run unpatched");
        EXPECT_EQ(answer(plan_of(), trials + Trials{lasting(140, hit(k_unpatched, 5))}), "fixed");
    }
    EXPECT_EQ(answer(plan_of(), five_of_which_stall(0)), "fixed");
}

TEST(VerdictWeigh, a_boot_that_stalls_before_the_load_is_void_and_no_stall) {
    const Trials at_boot = three_hits() + repeated(3, no_evidence(k_patched, Cause::host_stall)) +
                           repeated(6, clean(k_patched, 70));
    EXPECT_EQ(answer(plan_of(), at_boot), "fixed");
    EXPECT_EQ(tally_form(plan_of(), at_boot, WorkloadForm::amplified).patched.stalls, 0);
}

TEST(VerdictWeigh, stalls_of_most_boots_count_against_the_patch_when_fewer_come_without_it) {
    const auto held = [](int stalls_without) {
        return stalls_held_against_patch(
            tally_form(plan_of(),
                       three_hits() + repeated(stalls_without, stalled_without_patch()) +
                           repeated(3, hung(36)) + Trials{clean(k_patched, 170)},
                       WorkloadForm::amplified));
    };
    EXPECT_TRUE(held(0));
    EXPECT_TRUE(held(8));   // 8 of 11 without, 3 of 4 with
    EXPECT_FALSE(held(9));  // 9 of 12
    EXPECT_FALSE(held(12));
}

// One of five boots with the patch shows what no other has shown; 200 s, against 60 without.
Trials one_splat(bool lockdeps_own, bool hits_leave_lockdep_on) {
    auto splat = lasting(40, other(k_patched, 36, {"circular|b"}));
    if (lockdeps_own) splat.lockdep_signatures = {"circular|b"};
    Trials hits = three_hits();
    hits[1].outcome.lockdep_alive_at_end = hits_leave_lockdep_on;
    return hits + Trials{splat} + repeated(4, lasting(40, clean(k_patched, 36)));
}

TEST(VerdictWeigh, nothing_is_looked_for_that_a_boot_with_lockdep_off_cannot_show) {
    const auto verdict = verdict_of(plan_of(), one_splat(true, false));
    EXPECT_EQ(verdict.kind, VerdictKind::fixed_new_splat);
    EXPECT_THAT(verdict.limits, Contains(HasSubstr("1 boot with the patch showed a report of "
                                                   "lockdep's own")));
    EXPECT_EQ(answer(plan_of(), one_splat(true, true)), "run unpatched");
    EXPECT_EQ(answer(plan_of(), one_splat(false, false)), "run unpatched");
    const auto looked =
        verdict_of(plan_of(), one_splat(true, true) + Trials{lasting(140, hit(k_unpatched, 5))});
    EXPECT_EQ(looked.kind, VerdictKind::fixed_new_splat);
    EXPECT_THAT(looked.limits, Not(Contains(HasSubstr("lockdep's own"))));
}

TEST(VerdictWeigh, a_workload_with_nothing_changed_is_not_called_amplified) {
    const Trials done = three_hits() + cleans(k_patched, 200);
    EXPECT_THAT(verdict_of(plan_of(), done).limits, Contains(HasSubstr("was amplified")));
    Plan script = plan_of();
    script.amplified_differs = false;
    const auto verdict = verdict_of(script, done);
    EXPECT_EQ(verdict.form, WorkloadForm::amplified);
    EXPECT_THAT(verdict.limits, Not(Contains(HasSubstr("was amplified"))));
    EXPECT_THAT(verdict.limits, Contains(HasSubstr("Only this workload")));
}

}  // namespace
}  // namespace krepro::verdict
