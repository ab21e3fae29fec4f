// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trials.hpp"
#include "verdict/decide.hpp"

namespace krepro::verdict {
namespace {

using model::VerdictKind;
using testing::HasSubstr;
using namespace trials;  // NOLINT(google-build-using-namespace): the words of these tests

TEST(VerdictControl, fixed_asks_for_a_fresh_hit_on_unpatched) {
    const Trials done = three_hits() + cleans(k_patched, 200);
    const auto run = next_trial(confirming_plan(), done);
    EXPECT_EQ(run.arm, k_unpatched);
    // A true claim is taken back by chance ten times more rarely than a false one is made.
    EXPECT_NEAR(p_of_no_hit(3, 100, run.exposure_goal), 0.005, 1e-9);
    const auto verdict = verdict_of(confirming_plan(), done + Trials{hit(k_unpatched, 50)});
    EXPECT_EQ(verdict.kind, VerdictKind::fixed);
    EXPECT_THAT(verdict.sentence, HasSubstr("afterwards hit again"));
}

TEST(VerdictControl, neither_its_hit_nor_its_exposure_enters_the_test) {
    const Trials done = three_hits() + cleans(k_patched, 200);
    const auto without = verdict_of(plan_of(), done);
    const auto with = verdict_of(confirming_plan(), done + Trials{hit(k_unpatched, 900)});
    EXPECT_EQ(with.p_value, without.p_value);
    EXPECT_EQ(with.exposure_needed, without.exposure_needed);
    EXPECT_EQ(with.unpatched, without.unpatched);
}

TEST(VerdictControl, an_unpatched_kernel_that_stays_clean_takes_the_claim_back) {
    const Trials done = three_hits() + cleans(k_patched, 200);
    EXPECT_EQ(answer(confirming_plan(), done + cleans(k_unpatched, 484)), "run unpatched");
    const auto verdict = verdict_of(confirming_plan(), done + cleans(k_unpatched, 485));
    EXPECT_EQ(verdict.kind, VerdictKind::inconclusive);
    EXPECT_THAT(verdict.sentence, HasSubstr("stayed clean as well"));
}

TEST(VerdictControl, without_budget_for_it_the_claim_stands_and_says_so) {
    Plan plan = confirming_plan();
    plan.budget_trials = 4;
    const auto verdict = verdict_of(plan, three_hits() + cleans(k_patched, 200));
    EXPECT_EQ(verdict.kind, VerdictKind::fixed);
    EXPECT_THAT(verdict.limits, testing::Contains(HasSubstr("was not shown")));
}

TEST(VerdictAuto, verbatim_comes_first_and_may_decide) {
    const Plan plan = plan_of(WorkloadForm::automatic);
    EXPECT_EQ(next_trial(plan, {}).form, WorkloadForm::verbatim);
    Trials trials;
    for (const auto& record : three_hits())
        trials.push_back(in_form(WorkloadForm::verbatim, record));
    const auto run = next_trial(plan, trials);
    EXPECT_EQ(run.form, WorkloadForm::verbatim);
    EXPECT_EQ(run.arm, k_patched);
    // Each of the two attempts is held to half of alpha: (2/alpha)^(1/3) - 1.
    EXPECT_NEAR(run.exposure_goal, 242, 0.1);
    for (const auto& record : cleans(k_patched, 243))
        trials.push_back(in_form(WorkloadForm::verbatim, record));
    const auto verdict = verdict_of(plan, trials);
    EXPECT_EQ(verdict.kind, VerdictKind::fixed);
    EXPECT_EQ(verdict.form, WorkloadForm::verbatim);
    EXPECT_LE(verdict.p_value.value(), 0.05);
    EXPECT_GT(verdict.p_value.value(), 0.049);
}

TEST(VerdictAuto, amplified_starts_afresh_when_the_verbatim_share_is_used_up) {
    const Plan plan = plan_of(WorkloadForm::automatic);
    const Trials verbatim = repeated(2, in_form(WorkloadForm::verbatim, hit(k_unpatched, 500))) +
                            repeated(13, in_form(WorkloadForm::verbatim, clean(k_unpatched, 500)));
    EXPECT_EQ(next_trial(plan, verbatim).form, WorkloadForm::amplified);
    EXPECT_EQ(next_trial(plan, verbatim).arm, k_unpatched);
    const auto run = next_trial(plan, verbatim + three_hits());
    EXPECT_EQ(run.arm, k_patched);
    EXPECT_NEAR(run.exposure_goal, 242, 0.1);
    const auto verdict = verdict_of(plan, verbatim + three_hits() + cleans(k_patched, 243));
    EXPECT_EQ(verdict.form, WorkloadForm::amplified);
    EXPECT_EQ(verdict.unpatched.trials, 3);
}

TEST(VerdictAuto, a_verbatim_workload_that_cannot_run_gives_way) {
    const Plan plan = plan_of(WorkloadForm::automatic);
    const auto refused =
        in_form(WorkloadForm::verbatim, no_evidence(k_unpatched, Cause::workload_refused));
    EXPECT_EQ(next_trial(plan, repeated(4, refused)).form, WorkloadForm::amplified);
}

TEST(VerdictAuto, what_verbatim_used_is_taken_off_the_budget) {
    Plan plan = plan_of(WorkloadForm::automatic);
    plan.budget_wall_s = 100;
    const Trials verbatim{in_form(WorkloadForm::verbatim, lasting(60, clean(k_unpatched, 9)))};
    EXPECT_EQ(answer(plan, verbatim + Trials{lasting(11, clean(k_unpatched, 9))}), "run unpatched");
    EXPECT_EQ(answer(plan, verbatim + Trials{lasting(12, clean(k_unpatched, 9))}), "run patched");
    EXPECT_EQ(answer(plan, verbatim + Trials{lasting(41, clean(k_unpatched, 9))}), "inconclusive");
}

}  // namespace
}  // namespace krepro::verdict
