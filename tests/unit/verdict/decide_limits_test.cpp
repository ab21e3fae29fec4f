// SPDX-License-Identifier: Apache-2.0
// Where the rule ends without an answer: voids, budgets, plans that cannot be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "trials.hpp"
#include "verdict/decide.hpp"

namespace krepro::verdict {
namespace {

using model::ArmName;
using model::Cause;
using model::OutcomeKind;
using model::VerdictKind;
using model::WorkloadForm;
using testing::HasSubstr;
using namespace trials;  // NOLINT(google-build-using-namespace): the words of these tests

TEST(VerdictDecide, voids_are_fatal_by_a_table) {
    struct Row {
        const char* what;
        Trials trials;
        const char* answer;
    };
    const TrialRecord bad = no_evidence(k_unpatched);
    const Trials enough{clean(k_patched, 200)};
    const std::vector<Row> rows{
        {"one of one", {bad}, "run unpatched"},
        {"one of two", {hit(k_unpatched, 5), bad}, "run unpatched"},
        {"three in a row", repeated(3, bad), "run unpatched"},
        {"four in a row", repeated(4, bad), "inconclusive"},
        {"four, then hits", repeated(2, bad) + three_hits() + repeated(2, no_evidence(k_patched)),
         "run patched"},
        {"more than a third at the end: more trials may bring it below",
         repeated(2, bad) + three_hits() + repeated(2, no_evidence(k_patched)) + enough,
         "run patched"},
        {"and they do",
         repeated(2, bad) + three_hits() + repeated(2, no_evidence(k_patched)) +
             repeated(5, enough[0]),
         "fixed"},
        {"few, and more than a third", three_hits() + enough + repeated(3, no_evidence(k_patched)),
         "run patched"},
        {"less than a third", three_hits() + repeated(2, bad) + repeated(4, enough[0]), "fixed"},
        {"a third at the end",
         repeated(2, bad) + three_hits() + Trials{bad} + cleans(k_patched, 200), "fixed"},
        {"all of the patched arm", three_hits() + repeated(4, no_evidence(k_patched)),
         "inconclusive"},
        {"a hit on both is proof enough",
         repeated(2, bad) + three_hits() + repeated(4, bad) + Trials{hit(k_patched, 5)},
         "not_fixed"},
        {"krepro's own stops do not count",
         repeated(9, no_evidence(k_unpatched, Cause::interrupted)), "run unpatched"},
    };
    for (const auto& row : rows) EXPECT_EQ(answer(plan_of(), row.trials), row.answer) << row.what;
}

TEST(VerdictDecide, no_kernel_is_said_to_stay_clean_while_more_than_a_third_is_void) {
    const Trials evidence = three_hits() + cleans(k_patched, 200);
    const auto more = clean(k_patched, 50);
    for (const auto cause : {Cause::host_stall, Cause::boot_hang, Cause::early_exit}) {
        const Trials voids = repeated(4, under_load(no_evidence(k_unpatched, cause)));
        EXPECT_EQ(answer(plan_of(), voids + evidence), "run patched") << model::to_string(cause);
        EXPECT_EQ(answer(plan_of(), voids + evidence + repeated(2, more)), "fixed")
            << model::to_string(cause);
    }
    EXPECT_EQ(answer(plan_of(), repeated(12, no_evidence(k_unpatched)) + evidence), "inconclusive")
        << "hopeless";
}

TEST(VerdictDecide, voids_that_outlast_the_budget_are_inconclusive_and_say_their_causes) {
    Plan plan = plan_of();
    plan.budget_trials = 10;
    const Trials stalls = repeated(4, under_load(no_evidence(k_unpatched, Cause::host_stall)));
    const auto verdict = verdict_of(plan, stalls + three_hits() + cleans(k_patched, 200));
    EXPECT_EQ(verdict.kind, VerdictKind::inconclusive);
    EXPECT_THAT(verdict.sentence, HasSubstr("4 of 10 boots gave no evidence (host_stall: 4)"));
}

TEST(VerdictDecide, trials_that_krepro_has_ended_itself_are_no_part_of_that_third) {
    const Trials evidence = three_hits() + cleans(k_patched, 200);
    for (const auto cause : {Cause::not_needed, Cause::interrupted})
        EXPECT_EQ(answer(plan_of(), evidence + repeated(4, no_evidence(k_unpatched, cause))),
                  "fixed")
            << model::to_string(cause);
}

TEST(VerdictDecide, the_arm_that_stays_clean_is_the_one_that_goes_on_while_too_much_is_void) {
    const Trials no_hit = repeated(23, clean(k_unpatched, 10)) +
                          repeated(7, no_evidence(k_unpatched)) +
                          repeated(7, no_evidence(k_patched));
    EXPECT_EQ(answer(plan_of(), no_hit + repeated(3, hit(k_patched, 20))), "run unpatched");
    EXPECT_EQ(answer(plan_of(), no_hit + repeated(4, clean(k_patched, 60))), "run patched");
    EXPECT_EQ(answer(plan_of(), no_hit + repeated(13, clean(k_patched, 60))), "run patched")
        << "of its own boots it is still more than a third";
    EXPECT_EQ(answer(plan_of(), no_hit + repeated(14, clean(k_patched, 60))), "not_reproduced");
}

TEST(VerdictDecide, too_many_voids_are_said_with_their_causes) {
    const auto verdict =
        verdict_of(plan_of(), repeated(3, no_evidence(k_unpatched)) +
                                  Trials{no_evidence(k_unpatched, Cause::lockdep_off_early)});
    EXPECT_THAT(verdict.void_causes,
                testing::UnorderedElementsAre("boot_hang: 3", "lockdep_off_early: 1"));
    EXPECT_THAT(verdict.sentence, HasSubstr("4 of 4 boots gave no evidence"));
    EXPECT_THAT(verdict.sentence, HasSubstr("lockdep_off_early: 1"));
}

TEST(VerdictDecide, the_pause_grows_with_voids_in_a_row_and_goes_with_evidence) {
    const TrialRecord bad = no_evidence(k_unpatched);
    EXPECT_EQ(next_trial(plan_of(), {}).pause_s, 0);
    EXPECT_EQ(next_trial(plan_of(), {bad}).pause_s, 1);
    EXPECT_EQ(next_trial(plan_of(), {bad, bad, bad}).pause_s, 4);
    EXPECT_EQ(next_trial(plan_of(), {bad, bad, hit(k_unpatched, 5)}).pause_s, 0);
    const TrialRecord ours = no_evidence(k_unpatched, Cause::interrupted);
    EXPECT_EQ(next_trial(plan_of(), {ours}).pause_s, 0);
}

TEST(VerdictDecide, a_used_up_budget_is_inconclusive_and_says_what_was_missing) {
    Plan plan = plan_of();
    plan.budget_wall_s = 100;
    const auto verdict = verdict_of(
        plan, Trials{lasting(50, hit(k_unpatched, 5)), lasting(60, hit(k_unpatched, 5))});
    EXPECT_EQ(verdict.kind, VerdictKind::inconclusive);
    EXPECT_THAT(verdict.sentence, HasSubstr("2 of the 3 hits"));
    const auto late = verdict_of(plan, three_hits() + Trials{lasting(70, clean(k_patched, 20))});
    EXPECT_EQ(late.kind, VerdictKind::inconclusive);
    EXPECT_THAT(late.sentence, HasSubstr("had to show 171 deadline-task exits"));
}

TEST(VerdictDecide, with_too_few_hits_in_time_a_hit_on_patched_still_proves_it_not_fixed) {
    Plan plan = plan_of();
    plan.budget_wall_s = 100;
    const Trials weak{lasting(80, hit(k_unpatched, 5))};
    EXPECT_EQ(answer(plan, weak), "run patched");
    EXPECT_EQ(answer(plan, weak + Trials{hit(k_patched, 1)}), "not_fixed");
    EXPECT_EQ(answer(plan, weak + cleans(k_patched, 1000)), "inconclusive");
}

TEST(VerdictDecide, the_budget_never_hides_a_verdict_that_is_there) {
    Plan plan = plan_of();
    plan.budget_trials = 4;
    EXPECT_EQ(answer(plan, three_hits() + cleans(k_patched, 200)), "fixed");
}

TEST(VerdictPlan, a_senseless_plan_ends_as_an_error_that_says_why) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    struct Row {
        double confidence;
        double wall_s;
        int trials;
        const char* says;
    };
    for (const auto& row : std::vector<Row>{{0, 100, 10, "confidence"},
                                            {1, 100, 10, "confidence"},
                                            {nan, 100, 10, "confidence"},
                                            {0.95, 0, 10, "wall-time budget"},
                                            {0.95, nan, 10, "wall-time budget"},
                                            {0.95, 100, 0, "allow a trial"}}) {
        Plan plan = plan_of();
        plan.confidence = row.confidence;
        plan.budget_wall_s = row.wall_s;
        plan.budget_trials = row.trials;
        const auto verdict = verdict_of(plan, {});
        EXPECT_EQ(verdict.kind, VerdictKind::error);
        EXPECT_THAT(verdict.sentence, HasSubstr(row.says));
    }
}

TEST(VerdictPlan, trials_in_different_units_are_not_compared) {
    Trials trials = three_hits();
    auto seconds = clean(k_patched, 900);
    seconds.outcome.unit = model::ExposureUnit::guest_seconds;
    trials.push_back(seconds);
    EXPECT_EQ(answer(plan_of(), trials), "error");
}

TEST(VerdictSummary, a_cancelled_job_keeps_its_counts) {
    const auto verdict =
        summarize(plan_of(), three_hits(), VerdictKind::inconclusive, "The job was cancelled.");
    EXPECT_EQ(verdict.sentence, "The job was cancelled.");
    EXPECT_EQ(verdict.unpatched.hits, 3);
    EXPECT_EQ(summarize(plan_of(), {}, VerdictKind::error, "No disk.").sentence, "No disk.");
}

}  // namespace
}  // namespace krepro::verdict
