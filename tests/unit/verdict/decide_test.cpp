// SPDX-License-Identifier: Apache-2.0
#include "verdict/decide.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "trials.hpp"

namespace krepro::verdict {
namespace {

using model::ArmName;
using model::Cause;
using model::OutcomeKind;
using model::VerdictKind;
using model::WorkloadForm;
using testing::HasSubstr;
using namespace trials;  // NOLINT(google-build-using-namespace): the words of these tests

TEST(VerdictDecide, the_way_through_a_job_is_a_table) {
    struct Row {
        const char* what;
        Trials trials;
        const char* answer;
    };
    const Trials hits = three_hits();
    const Trials no_hit = repeated(23, clean(k_unpatched, 10));  // 23 of 60: the share is used up
    const Trials patched_hits = repeated(3, hit(k_patched, 20));
    // 120 s with the patch, against the 60 s that three hits took without it.
    const Trials new_and_enough{other(k_patched, 5, {"new"}), lasting(50, clean(k_patched, 85)),
                                lasting(50, clean(k_patched, 85))};
    const std::vector<Row> rows{
        {"nothing yet", {}, "run unpatched"},
        {"two hits", {hit(k_unpatched, 5), hit(k_unpatched, 5)}, "run unpatched"},
        {"three hits", hits, "run patched"},
        {"too little on patched", hits + cleans(k_patched, 171), "run patched"},
        {"enough on patched", hits + cleans(k_patched, 171.5), "fixed"},
        {"enough, in fewer boots than the hits took",
         hits + Trials{clean(k_patched, 100), clean(k_patched, 72)}, "run patched"},
        {"and in as many",
         hits + Trials{clean(k_patched, 100), clean(k_patched, 72), clean(k_patched, 1)}, "fixed"},
        {"a hit on patched", hits + Trials{clean(k_patched, 100), hit(k_patched, 5)}, "not_fixed"},
        {"a late hit on patched", hits + Trials{hit(k_patched, 500)}, "not_fixed"},
        {"another splat on patched", hits + Trials{other(k_patched, 5, {"new"})}, "run patched"},
        {"another splat and enough, but too little seen without the patch", hits + new_and_enough,
         "run unpatched"},
        {"another splat, and as long without the patch not",
         hits + new_and_enough + Trials{lasting(60, hit(k_unpatched, 9))}, "fixed_new_splat"},
        {"another splat, seen past the hit without the patch as well",
         hits + new_and_enough + Trials{with_signature("new", hit(k_unpatched, 9))}, "fixed"},
        {"a splat without a signature", hits + Trials{other(k_patched, 175, {})},
         "fixed_new_splat"},
        {"no hit yet", repeated(22, clean(k_unpatched, 10)), "run unpatched"},
        {"no hit within the share", no_hit, "run patched"},
        {"patched not as long", no_hit + cleans(k_patched, 229), "run patched"},
        {"patched as long", no_hit + cleans(k_patched, 231), "not_reproduced"},
        {"a hit only on patched", no_hit + Trials{hit(k_patched, 20)}, "run patched"},
        {"three hits only on patched", no_hit + patched_hits, "regression"},
        {"late hits only on patched", no_hit + repeated(3, hit(k_patched, 60)), "run unpatched"},
        {"and unpatched clean for long",
         no_hit + repeated(3, hit(k_patched, 60)) + cleans(k_unpatched, 90), "regression"},
        {"and unpatched hits at last",
         no_hit + repeated(3, hit(k_patched, 60)) + Trials{hit(k_unpatched, 9)}, "not_fixed"},
    };
    for (const auto& row : rows) EXPECT_EQ(answer(plan_of(), row.trials), row.answer) << row.what;
}

TEST(VerdictDecide, a_trial_on_the_clean_arm_is_asked_for_what_is_missing) {
    EXPECT_EQ(next_trial(plan_of(), {}).exposure_goal, 0);
    EXPECT_NEAR(next_trial(plan_of(), three_hits()).exposure_goal, 171.44, 0.01);
    const auto more = next_trial(plan_of(), three_hits() + cleans(k_patched, 100));
    EXPECT_NEAR(more.exposure_goal, 71.44, 0.01);
}

TEST(VerdictDecide, no_trial_may_outlast_its_arms_share_of_the_budget) {
    Plan plan = plan_of();
    plan.budget_wall_s = 100;
    EXPECT_NEAR(next_trial(plan, {}).wall_s, 100 * unpatched_share(0.95, 3), 1e-9);
    const auto second = next_trial(plan, {lasting(30, clean(k_unpatched, 20))});
    EXPECT_EQ(second.arm, k_unpatched);
    EXPECT_NEAR(second.wall_s, 100 * unpatched_share(0.95, 3) - 30, 1e-9);
    const auto patched = next_trial(plan, {lasting(40, clean(k_unpatched, 20))});
    EXPECT_EQ(patched.arm, k_patched);
    EXPECT_NEAR(patched.wall_s, 60, 1e-9);
    plan.form = WorkloadForm::automatic;
    EXPECT_NEAR(next_trial(plan, {}).wall_s, 25, 1e-9);
}

TEST(VerdictDecide, ninety_nine_percent_asks_for_five_hits) {
    Plan plan = plan_of();
    plan.confidence = 0.99;
    EXPECT_EQ(answer(plan, repeated(4, hit(k_unpatched, 10))), "run unpatched");
    const auto run = next_trial(plan, repeated(5, hit(k_unpatched, 20)));
    EXPECT_EQ(run.arm, k_patched);
    EXPECT_NEAR(run.exposure_goal, 151.2, 0.1);
}

TEST(VerdictDecide, fixed_is_said_with_its_numbers) {
    const auto verdict = verdict_of(
        plan_of(),
        three_hits() + Trials{clean(k_patched, 100), clean(k_patched, 50), clean(k_patched, 40)});
    EXPECT_EQ(verdict.sentence,
              "The bug hit in 3 of 3 boots without the patch (100 deadline-task exits) and in none "
              "of 3 boots with it (190 deadline-task exits); were the rates equal, this would "
              "happen with probability 0.041.");
    EXPECT_EQ(verdict.hits_needed, 3);
    EXPECT_EQ(verdict.unpatched.hits, 3);
    EXPECT_EQ(verdict.patched.clean, 3);
    EXPECT_NEAR(verdict.p_value.value(), std::pow(100.0 / 290, 3), 1e-9);
    EXPECT_NEAR(verdict.rate_ratio_bound.value(), std::log(20) * 100 / (3 * 190), 1e-9);
    EXPECT_NEAR(verdict.exposure_needed.value(), 171.44, 0.01);
    EXPECT_FALSE(verdict.rate_bound.has_value());
    ASSERT_FALSE(verdict.limits.empty());
    EXPECT_THAT(verdict.limits[0], HasSubstr("at up to 53 % of the rate measured without it"));
}

// One that only some boots can have, or only while they are young, is not ruled out by one old
// boot.
TEST(VerdictDecide, the_clean_arm_has_as_many_boots_as_the_hits_took) {
    const Trials hits{clean(k_unpatched, 10), hit(k_unpatched, 20), hit(k_unpatched, 5),
                      hit(k_unpatched, 5)};
    const auto more = next_trial(plan_of(), hits + repeated(2, clean(k_patched, 500)));
    EXPECT_EQ(more.arm, k_patched);
    EXPECT_NEAR(more.exposure_goal, 10, 1e-9) << "as old as those came to be";
    EXPECT_EQ(answer(plan_of(), hits + repeated(3, clean(k_patched, 500))), "run patched");
    EXPECT_EQ(answer(plan_of(), hits + repeated(4, clean(k_patched, 500))), "fixed");
    const Trials no_hit{clean(k_unpatched, 600), clean(k_unpatched, 600)};
    Plan plan = plan_of();
    plan.budget_trials = 8;
    EXPECT_EQ(answer(plan, no_hit + repeated(3, hit(k_patched, 20))), "run unpatched");
    plan.budget_trials = 5;
    EXPECT_THAT(verdict_of(plan, hits + Trials{clean(k_patched, 500)}).sentence,
                HasSubstr("had to show 69 deadline-task exits in 4 boots"));
}

TEST(VerdictDecide, kernels_that_are_the_same_prove_nothing_by_staying_clean) {
    Plan plan = plan_of();
    plan.same_kernel = true;
    const auto verdict = verdict_of(plan, three_hits() + cleans(k_patched, 200));
    EXPECT_EQ(verdict.kind, VerdictKind::inconclusive);
    EXPECT_THAT(verdict.sentence, HasSubstr("byte for byte the same"));
    EXPECT_EQ(answer(plan, three_hits() + Trials{hit(k_patched, 5)}), "not_fixed");
}

TEST(VerdictDecide, hits_under_the_mails_own_workload_are_not_forgotten) {
    const Plan plan = plan_of(WorkloadForm::automatic);
    const Trials verbatim = repeated(2, in_form(WorkloadForm::verbatim, hit(k_unpatched, 500))) +
                            repeated(13, in_form(WorkloadForm::verbatim, clean(k_unpatched, 500)));
    const Trials no_hit = repeated(17, clean(k_unpatched, 10));
    for (const Trials& patched :
         {repeated(17, clean(k_patched, 10)), repeated(3, hit(k_patched, 9))}) {
        const auto verdict = verdict_of(plan, verbatim + no_hit + patched);
        EXPECT_EQ(verdict.kind, VerdictKind::inconclusive);
        EXPECT_THAT(verdict.sentence, HasSubstr("the mail's own did in 2 of its boots"));
    }
}

TEST(VerdictDecide, not_reproduced_bounds_the_rate) {
    Trials trials = repeated(23, clean(k_unpatched, 10));
    trials.push_back(clean(k_patched, 230));
    const auto verdict = verdict_of(plan_of(), trials);
    EXPECT_NEAR(verdict.rate_bound.value(), std::log(20) / 230, 1e-9);
    EXPECT_FALSE(verdict.p_value.has_value());
    EXPECT_THAT(verdict.sentence, HasSubstr("at most once in 77 deadline-task exits"));
}

TEST(VerdictDecide, regression_is_said_with_the_arms_exchanged) {
    const auto verdict = verdict_of(
        plan_of(), repeated(23, clean(k_unpatched, 10)) + repeated(3, hit(k_patched, 20)));
    EXPECT_EQ(verdict.sentence,
              "The bug hit in 3 of 3 boots with the patch (60 deadline-task exits) and in none of "
              "23 boots without the patch (230 deadline-task exits); were the rates equal, this "
              "would happen with probability 0.0089.");
}

TEST(VerdictDecide, a_bug_that_hits_before_the_workload_is_no_regression) {
    const auto early = [](TrialRecord record) {
        record.outcome.cause = Cause::lockdep_off_early;
        return record;
    };
    const Trials clean_boots = repeated(23, clean(k_unpatched, 10));
    const Trials hits = repeated(3, early(hit(k_patched, 0)));
    EXPECT_EQ(answer(plan_of(), clean_boots + hits), "regression");
    EXPECT_EQ(answer(plan_of(), Trials{no_evidence(k_unpatched, Cause::lockdep_off_early)} +
                                    clean_boots + hits),
              "inconclusive");
}

TEST(VerdictDecide, what_both_arms_show_is_a_side_finding) {
    const Trials seen = Trials{other(k_unpatched, 10, {"slow timer"})} + three_hits();
    const auto verdict = verdict_of(
        plan_of(), seen + Trials{other(k_patched, 100, {"slow timer"})} + cleans(k_patched, 100));
    EXPECT_EQ(verdict.kind, VerdictKind::fixed);
    EXPECT_THAT(verdict.limits, testing::Contains(HasSubstr("slow timer")));
    EXPECT_EQ(answer(plan_of(), seen + Trials{other(k_patched, 200, {"slow timer", "new"})}),
              "fixed_new_splat");
}

TEST(VerdictDecide, a_side_report_of_a_void_or_hit_trial_counts_as_seen) {
    Trials trials = three_hits();
    trials[1].other_signatures = {"stall"};
    for (int boot = 0; boot < 3; ++boot) trials.push_back(other(k_patched, 70, {"stall"}));
    EXPECT_EQ(answer(plan_of(), trials), "fixed");
}

TEST(VerdictDecide, what_only_the_patch_showed_is_named_in_the_sentence) {
    auto splat = other(k_patched, 100, {"new"});
    splat.outcome.detail = "another report: WARNING in do_exit";
    auto hang = other(k_patched, 300, {});
    hang.outcome.detail = "no heartbeat for 20 s under load";
    const auto verdict = verdict_of(plan_of(), three_hits() + Trials{splat, splat, hang});
    EXPECT_EQ(verdict.kind, VerdictKind::fixed_new_splat);
    EXPECT_THAT(verdict.sentence, HasSubstr("3 boots with the patch showed something"));
    EXPECT_THAT(verdict.sentence, HasSubstr("(another report: WARNING in do_exit; "
                                            "no heartbeat for 20 s under load)"));
}

TrialRecord stalled(ArmName arm, double exposure, double wall_s) {
    auto record = arm == k_patched ? other(arm, exposure, {"stall somewhere"})
                                   : no_evidence(arm, Cause::host_stall);
    if (arm == k_patched) record.outcome.cause = Cause::stall;
    return lasting(wall_s, under_load(std::move(record)));
}

TEST(VerdictDecide, a_stall_is_held_against_the_patch_only_beyond_chance) {
    auto boot = clean(k_patched, 50);
    boot.outcome.wall_s = 30;
    const Trials hits = three_hits();
    const Trials one_stall = hits + repeated(4, boot) + Trials{stalled(k_patched, 10, 40)};
    // Boots without the patch end at their hit: some must come to the same age first.
    const auto next = next_trial(plan_of(), one_stall);
    EXPECT_EQ(next.arm, k_unpatched);
    EXPECT_TRUE(next.past_hit);
    EXPECT_EQ(answer(plan_of(), one_stall + Trials{stalled(k_unpatched, 0, 60)}), "fixed");
    auto aged = under_load(hit(k_unpatched, 5));
    aged.outcome.cause = Cause::host_stall;
    EXPECT_EQ(answer(plan_of(), one_stall + Trials{aged}), "fixed");
    const auto verdict =
        verdict_of(plan_of(), one_stall + repeated(5, lasting(60, hit(k_unpatched, 5))));
    EXPECT_EQ(verdict.kind, VerdictKind::fixed);
    EXPECT_EQ(verdict.patched.other, 1);
    EXPECT_THAT(verdict.limits, testing::Contains(HasSubstr("1 boot with the patch stalled")));
    // Most boots stall: that is no accident, even though the unpatched arm was not watched as long.
    EXPECT_EQ(answer(plan_of(), hits + repeated(6, stalled(k_patched, 40, 40))), "fixed_new_splat");
    // As long without the patch, and never a stall.
    auto watched = no_evidence(k_unpatched, Cause::boot_hang);
    watched.outcome.wall_s = 300;
    EXPECT_EQ(answer(plan_of(), Trials{watched} + hits + repeated(7, boot) +
                                    repeated(4, stalled(k_patched, 1, 10))),
              "fixed_new_splat");
}

TEST(VerdictDecide, exposure_of_another_splat_on_unpatched_counts) {
    const Trials trials = Trials{other(k_unpatched, 100, {"x"})} + three_hits();
    EXPECT_NEAR(next_trial(plan_of(), trials).exposure_goal, 342.9, 0.1);
}

TEST(VerdictDecide, what_a_void_trial_had_gathered_counts_against_the_claim_only) {
    auto late_void = no_evidence(k_unpatched, Cause::early_exit);
    late_void.outcome.exposure = 100;
    const Trials trials = Trials{late_void} + three_hits();
    EXPECT_NEAR(next_trial(plan_of(), trials).exposure_goal, 342.9, 0.1);
    late_void.arm = k_patched;
    EXPECT_NEAR(next_trial(plan_of(), three_hits() + Trials{late_void}).exposure_goal, 171.4, 0.1);
    const auto verdict = verdict_of(plan_of(), trials + cleans(k_patched, 343));
    EXPECT_EQ(verdict.unpatched.exposure, 100);
    EXPECT_NEAR(verdict.p_value.value(), std::pow(200.0 / 543, 3), 1e-9);
    EXPECT_THAT(verdict.limits, testing::Contains(HasSubstr("but for 100 deadline-task exits")));
}

TEST(VerdictDecide, an_arm_without_evidence_is_not_said_to_be_clean) {
    const auto none = summarize(plan_of(), {}, VerdictKind::inconclusive, "");
    EXPECT_EQ(none.sentence, "No boot gave evidence.");
    const auto half = summarize(plan_of(), three_hits(), VerdictKind::inconclusive, "");
    EXPECT_EQ(half.sentence,
              "The bug hit in 3 of 3 boots without the patch (100 deadline-task exits); no boot "
              "with it gave evidence.");
}

TEST(VerdictDecide, hits_without_exposure_still_ask_for_some) {
    const auto run = next_trial(plan_of(), repeated(3, hit(k_unpatched, 0)));
    EXPECT_EQ(run.arm, k_patched);
    EXPECT_NEAR(run.exposure_goal, 5.14, 0.01);
}

TEST(VerdictDecide, senseless_exposures_never_help_the_patch) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    for (const double bad : {nan, inf, -inf, -5.0})
        EXPECT_EQ(answer(plan_of(), three_hits() + Trials{clean(k_patched, bad)}), "run patched");
}

}  // namespace
}  // namespace krepro::verdict
