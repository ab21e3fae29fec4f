// SPDX-License-Identifier: Apache-2.0
#include "verdict/decide.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace krepro::verdict {
namespace {

using model::ArmName;
using model::Cause;
using model::OutcomeKind;
using model::VerdictKind;
using model::WorkloadForm;
using testing::HasSubstr;

constexpr auto k_unpatched = ArmName::unpatched;
constexpr auto k_patched = ArmName::patched;

Plan plan_of(WorkloadForm form = WorkloadForm::amplified) {
    Plan plan;
    plan.form = form;
    plan.confirm_assay = false;
    return plan;
}

Plan confirming_plan() {
    Plan plan = plan_of();
    plan.confirm_assay = true;
    return plan;
}

TrialRecord trial(ArmName arm, OutcomeKind kind, double exposure) {
    TrialRecord record;
    record.arm = arm;
    record.form = WorkloadForm::amplified;
    record.outcome.kind = kind;
    record.outcome.exposure = exposure;
    record.outcome.unit = model::ExposureUnit::deadline_exits;
    record.outcome.wall_s = 20;
    return record;
}

TrialRecord hit(ArmName arm, double exposure) {
    return trial(arm, OutcomeKind::hit, exposure);
}
TrialRecord clean(ArmName arm, double exposure) {
    return trial(arm, OutcomeKind::clean, exposure);
}

TrialRecord no_evidence(ArmName arm, Cause cause = Cause::boot_hang) {
    auto record = trial(arm, OutcomeKind::none, 0);
    record.outcome.cause = cause;
    return record;
}

TrialRecord other(ArmName arm, double exposure, std::vector<std::string> signatures) {
    auto record = trial(arm, OutcomeKind::other, exposure);
    record.outcome.cause = Cause::other_report;
    record.other_signatures = std::move(signatures);
    return record;
}

TrialRecord in_form(WorkloadForm form, TrialRecord record) {
    record.form = form;
    return record;
}

TrialRecord lasting(double wall_s, TrialRecord record) {
    record.outcome.wall_s = wall_s;
    return record;
}

using Trials = std::vector<TrialRecord>;

Trials operator+(Trials left, const Trials& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Trials repeated(int times, const TrialRecord& record) {
    return Trials(static_cast<std::size_t>(times), record);
}

// Three hits within 100 units in all: the patched arm needs 171.4.
Trials three_hits() {
    return {hit(k_unpatched, 20), hit(k_unpatched, 50), hit(k_unpatched, 30)};
}

// "run unpatched", "run patched", or the verdict's name.
std::string answer(const Plan& plan, const Trials& trials) {
    const Decision decision = decide(plan, trials);
    if (const auto* run = std::get_if<RunTrial>(&decision))
        return "run " + std::string(model::to_string(run->arm));
    return std::string(model::to_string(std::get<Stop>(decision).verdict.kind));
}

model::Verdict verdict_of(const Plan& plan, const Trials& trials) {
    const Decision decision = decide(plan, trials);
    const auto* stop = std::get_if<Stop>(&decision);
    EXPECT_NE(stop, nullptr) << "the rule wants more trials";
    return stop == nullptr ? model::Verdict{} : stop->verdict;
}

RunTrial next_trial(const Plan& plan, const Trials& trials) {
    const Decision decision = decide(plan, trials);
    const auto* run = std::get_if<RunTrial>(&decision);
    EXPECT_NE(run, nullptr) << std::get<Stop>(decision).verdict.sentence;
    return run == nullptr ? RunTrial{} : *run;
}

TEST(VerdictArithmetic, hits_needed_grow_with_the_confidence) {
    EXPECT_EQ(hits_needed(0.5), 1);
    EXPECT_EQ(hits_needed(0.9), 3);
    EXPECT_EQ(hits_needed(0.95), 3);
    EXPECT_EQ(hits_needed(0.99), 5);
    EXPECT_EQ(hits_needed(0.999), 7);
    EXPECT_EQ(hits_needed(1 - std::exp(-3.0)), 3);
}

TEST(VerdictArithmetic, the_needed_exposure_gives_p_alpha_exactly) {
    for (const double confidence : {0.8, 0.95, 0.99, 0.999}) {
        const int k = hits_needed(confidence);
        const double needed = exposure_needed(confidence, k, 123);
        EXPECT_NEAR(p_of_no_hit(k, 123, needed), 1 - confidence, 1e-9) << confidence;
    }
    EXPECT_NEAR(exposure_needed(0.95, 3, 100), 171.44, 0.01);
}

TEST(VerdictArithmetic, senseless_arguments_do_not_break_it) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(hits_needed(nan), 1);
    EXPECT_EQ(hits_needed(-1), 1);
    EXPECT_GT(hits_needed(1), 1);
    EXPECT_EQ(exposure_needed(0.95, 0, nan), 0);
    EXPECT_EQ(p_of_no_hit(3, 0, 0), 1);
    EXPECT_EQ(p_of_no_hit(3, 5, -1), 1);
}

TEST(VerdictDecide, the_way_through_a_job_is_a_table) {
    struct Row {
        const char* what;
        Trials trials;
        const char* answer;
    };
    const Trials hits = three_hits();
    const Trials no_hit = repeated(23, clean(k_unpatched, 10));  // 23 of 60: the share is used up
    const Trials patched_hits = repeated(3, hit(k_patched, 20));
    const std::vector<Row> rows{
        {"nothing yet", {}, "run unpatched"},
        {"two hits", {hit(k_unpatched, 5), hit(k_unpatched, 5)}, "run unpatched"},
        {"three hits", hits, "run patched"},
        {"too little on patched", hits + Trials{clean(k_patched, 171)}, "run patched"},
        {"enough on patched", hits + Trials{clean(k_patched, 171.5)}, "fixed"},
        {"in two trials", hits + Trials{clean(k_patched, 100), clean(k_patched, 72)}, "fixed"},
        {"a hit on patched", hits + Trials{clean(k_patched, 100), hit(k_patched, 5)}, "not_fixed"},
        {"a late hit on patched", hits + Trials{hit(k_patched, 500)}, "not_fixed"},
        {"another splat on patched", hits + Trials{other(k_patched, 5, {"new"})}, "run patched"},
        {"another splat and enough",
         hits + Trials{other(k_patched, 5, {"new"}), clean(k_patched, 170)}, "fixed_new_splat"},
        {"a splat without a signature", hits + Trials{other(k_patched, 175, {})},
         "fixed_new_splat"},
        {"no hit yet", repeated(22, clean(k_unpatched, 10)), "run unpatched"},
        {"no hit within the share", no_hit, "run patched"},
        {"patched not as long", no_hit + Trials{clean(k_patched, 229)}, "run patched"},
        {"patched as long", no_hit + Trials{clean(k_patched, 230)}, "not_reproduced"},
        {"a hit only on patched", no_hit + Trials{hit(k_patched, 20)}, "run patched"},
        {"three hits only on patched", no_hit + patched_hits, "regression"},
        {"late hits only on patched", no_hit + repeated(3, hit(k_patched, 60)), "run unpatched"},
        {"and unpatched clean for long",
         no_hit + repeated(3, hit(k_patched, 60)) + Trials{clean(k_unpatched, 90)}, "regression"},
        {"and unpatched hits at last",
         no_hit + repeated(3, hit(k_patched, 60)) + Trials{hit(k_unpatched, 9)}, "not_fixed"},
    };
    for (const auto& row : rows) EXPECT_EQ(answer(plan_of(), row.trials), row.answer) << row.what;
}

TEST(VerdictDecide, a_trial_on_the_clean_arm_is_asked_for_what_is_missing) {
    EXPECT_EQ(next_trial(plan_of(), {}).exposure_goal, 0);
    EXPECT_NEAR(next_trial(plan_of(), three_hits()).exposure_goal, 171.44, 0.01);
    const auto more = next_trial(plan_of(), three_hits() + Trials{clean(k_patched, 100)});
    EXPECT_NEAR(more.exposure_goal, 71.44, 0.01);
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
    const auto verdict =
        verdict_of(plan_of(), three_hits() + Trials{clean(k_patched, 100), clean(k_patched, 90)});
    EXPECT_EQ(verdict.sentence,
              "The bug hit in 3 of 3 boots without the patch (100 deadline-task exits) and in none "
              "of 2 boots with it (190 deadline-task exits); were the rates equal, this would "
              "happen with probability 0.041.");
    EXPECT_EQ(verdict.hits_needed, 3);
    EXPECT_EQ(verdict.unpatched.hits, 3);
    EXPECT_EQ(verdict.patched.clean, 2);
    EXPECT_NEAR(verdict.p_value.value(), std::pow(100.0 / 290, 3), 1e-9);
    EXPECT_NEAR(verdict.rate_ratio_bound.value(), std::log(20) * 100 / (3 * 190), 1e-9);
    EXPECT_NEAR(verdict.exposure_needed.value(), 171.44, 0.01);
    EXPECT_FALSE(verdict.rate_bound.has_value());
    ASSERT_FALSE(verdict.limits.empty());
    EXPECT_THAT(verdict.limits[0], HasSubstr("at up to 53 % of the rate measured without it"));
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
        plan_of(), seen + Trials{other(k_patched, 100, {"slow timer"}), clean(k_patched, 100)});
    EXPECT_EQ(verdict.kind, VerdictKind::fixed);
    EXPECT_THAT(verdict.limits, testing::Contains(HasSubstr("slow timer")));
    EXPECT_EQ(answer(plan_of(), seen + Trials{other(k_patched, 200, {"slow timer", "new"})}),
              "fixed_new_splat");
}

TEST(VerdictDecide, a_side_report_of_a_void_or_hit_trial_counts_as_seen) {
    Trials trials = three_hits();
    trials[1].other_signatures = {"stall"};
    trials.push_back(other(k_patched, 200, {"stall"}));
    EXPECT_EQ(answer(plan_of(), trials), "fixed");
}

TEST(VerdictDecide, a_hang_on_both_arms_is_a_side_finding_and_on_patched_alone_is_not) {
    auto hang = other(k_patched, 200, {});
    hang.outcome.cause = Cause::hang;
    EXPECT_EQ(answer(plan_of(), three_hits() + Trials{hang}), "fixed_new_splat");
    const Trials silent{no_evidence(k_unpatched, Cause::heartbeat_stale)};
    EXPECT_EQ(answer(plan_of(), silent + three_hits() + Trials{hang}), "fixed");
}

TrialRecord stalled(ArmName arm, double exposure, double wall_s) {
    auto record = arm == k_patched ? other(arm, exposure, {"stall somewhere"})
                                   : no_evidence(arm, Cause::host_stall);
    if (arm == k_patched) record.outcome.cause = Cause::stall;
    record.outcome.wall_s = wall_s;
    return record;
}

TEST(VerdictDecide, a_stall_is_held_against_the_patch_only_beyond_chance) {
    auto boot = clean(k_patched, 50);
    boot.outcome.wall_s = 30;
    const Trials hits = three_hits();
    const auto verdict =
        verdict_of(plan_of(), hits + repeated(4, boot) + Trials{stalled(k_patched, 10, 40)});
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
    const auto verdict = verdict_of(plan_of(), trials + Trials{clean(k_patched, 343)});
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
        {"more than a third at the end",
         repeated(2, bad) + three_hits() + repeated(2, no_evidence(k_patched)) + enough,
         "inconclusive"},
        {"a third at the end", repeated(2, bad) + three_hits() + enough, "fixed"},
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
    EXPECT_EQ(answer(plan, weak + Trials{clean(k_patched, 1000)}), "inconclusive");
}

TEST(VerdictDecide, the_budget_never_hides_a_verdict_that_is_there) {
    Plan plan = plan_of();
    plan.budget_trials = 4;
    EXPECT_EQ(answer(plan, three_hits() + Trials{clean(k_patched, 200)}), "fixed");
}

TEST(VerdictControl, fixed_asks_for_a_fresh_hit_on_unpatched) {
    const Trials done = three_hits() + Trials{clean(k_patched, 200)};
    const auto run = next_trial(confirming_plan(), done);
    EXPECT_EQ(run.arm, k_unpatched);
    // A true claim is taken back by chance ten times more rarely than a false one is made.
    EXPECT_NEAR(p_of_no_hit(3, 100, run.exposure_goal), 0.005, 1e-9);
    const auto verdict = verdict_of(confirming_plan(), done + Trials{hit(k_unpatched, 50)});
    EXPECT_EQ(verdict.kind, VerdictKind::fixed);
    EXPECT_THAT(verdict.sentence, HasSubstr("afterwards hit again"));
}

TEST(VerdictControl, neither_its_hit_nor_its_exposure_enters_the_test) {
    const Trials done = three_hits() + Trials{clean(k_patched, 200)};
    const auto without = verdict_of(plan_of(), done);
    const auto with = verdict_of(confirming_plan(), done + Trials{hit(k_unpatched, 900)});
    EXPECT_EQ(with.p_value, without.p_value);
    EXPECT_EQ(with.exposure_needed, without.exposure_needed);
    EXPECT_EQ(with.unpatched, without.unpatched);
}

TEST(VerdictControl, an_unpatched_kernel_that_stays_clean_takes_the_claim_back) {
    const Trials done = three_hits() + Trials{clean(k_patched, 200)};
    EXPECT_EQ(answer(confirming_plan(), done + Trials{clean(k_unpatched, 484)}), "run unpatched");
    const auto verdict = verdict_of(confirming_plan(), done + Trials{clean(k_unpatched, 485)});
    EXPECT_EQ(verdict.kind, VerdictKind::inconclusive);
    EXPECT_THAT(verdict.sentence, HasSubstr("stayed clean as well"));
}

TEST(VerdictControl, without_budget_for_it_the_claim_stands_and_says_so) {
    Plan plan = confirming_plan();
    plan.budget_trials = 4;
    const auto verdict = verdict_of(plan, three_hits() + Trials{clean(k_patched, 200)});
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
    trials.push_back(in_form(WorkloadForm::verbatim, clean(k_patched, 243)));
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
    const auto verdict = verdict_of(plan, verbatim + three_hits() + Trials{clean(k_patched, 243)});
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

TEST(VerdictPlan, every_budget_ends_every_job) {
    for (const auto kind :
         {OutcomeKind::clean, OutcomeKind::hit, OutcomeKind::other, OutcomeKind::none}) {
        for (const auto form : {WorkloadForm::verbatim, WorkloadForm::automatic}) {
            Trials trials;
            while (trials.size() <= 60) {
                const Decision decision = decide(plan_of(form), trials);
                const auto* run = std::get_if<RunTrial>(&decision);
                if (run == nullptr) break;
                trials.push_back(in_form(run->form, trial(run->arm, kind, 0)));
            }
            EXPECT_LE(trials.size(), 60U) << static_cast<int>(kind);
        }
    }
}

TrialRecord random_trial(const RunTrial& run, std::mt19937& random) {
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    static const std::vector<std::string> k_signatures{"a", "b", "c"};
    TrialRecord record = trial(run.arm, static_cast<OutcomeKind>(pick(4)), pick(100) - 5);
    record.form = run.form;
    record.outcome.wall_s = pick(200) - 5;
    if (pick(2) == 0) record.outcome.cause = static_cast<Cause>(pick(19));
    if (pick(2) == 0)
        record.other_signatures.push_back(k_signatures[static_cast<std::size_t>(pick(3))]);
    return record;
}

TEST(VerdictProperties, any_sequence_of_trials_ends_in_a_sound_verdict) {
    std::mt19937 random(3);
    for (int round = 0; round < 5000; ++round) {
        Plan plan = plan_of(round % 3 == 0 ? WorkloadForm::automatic : WorkloadForm::amplified);
        plan.confirm_assay = round % 2 == 0;
        Trials trials;
        Decision decision = decide(plan, trials);
        while (const auto* run = std::get_if<RunTrial>(&decision)) {
            ASSERT_LE(trials.size(), 60U);
            ASSERT_GE(run->exposure_goal, 0);
            trials.push_back(random_trial(*run, random));
            decision = decide(plan, trials);
        }
        const auto& verdict = std::get<Stop>(decision).verdict;
        EXPECT_FALSE(verdict.sentence.empty());
        if (verdict.kind == VerdictKind::fixed || verdict.kind == VerdictKind::fixed_new_splat) {
            EXPECT_GE(verdict.unpatched.hits, verdict.hits_needed);
            EXPECT_EQ(verdict.patched.hits, 0);
            EXPECT_LE(verdict.p_value.value(), 0.05 + 1e-9);
            EXPECT_GE(verdict.patched.exposure, verdict.exposure_needed.value());
        }
        if (verdict.kind == VerdictKind::not_fixed) {
            EXPECT_GT(verdict.unpatched.hits, 0);
            EXPECT_GT(verdict.patched.hits, 0);
        }
        if (verdict.kind == VerdictKind::regression ||
            verdict.kind == VerdictKind::not_reproduced) {
            EXPECT_EQ(verdict.unpatched.hits, 0);
        }
    }
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
