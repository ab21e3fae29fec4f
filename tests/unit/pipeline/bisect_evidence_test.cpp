// SPDX-License-Identifier: Apache-2.0
#include "pipeline/bisect_evidence.hpp"

#include <gtest/gtest.h>

namespace krepro::pipeline {
namespace {

using model::OutcomeKind;
using model::VerdictKind;

verdict::TrialRecord boot(OutcomeKind kind, double exposure, double wall_s) {
    verdict::TrialRecord record;
    record.outcome.kind = kind;
    record.outcome.exposure = exposure;
    record.outcome.wall_s = wall_s;
    return record;
}

StepRecord step(std::int64_t place, VerdictKind verdict, std::vector<verdict::TrialRecord> trials) {
    StepRecord record;
    record.step.number = static_cast<int>(place) + 1;
    record.step.place = place;
    record.step.exposure_goal = 600;
    record.job.stage = model::JobStage::done;
    record.job.verdict.emplace();
    record.job.verdict->kind = verdict;
    record.trials = std::move(trials);
    return record;
}

StepRecord broken(std::int64_t place, std::optional<model::ArmName> arm) {
    auto record = step(place, VerdictKind::error, {});
    record.job.problem = model::Problem{"it does not compile", "a.c", "", "building", arm, {}};
    return record;
}

// Three hits on the last of four commits, and a clean one at the usual pace.
std::vector<StepRecord> usual() {
    return {step(3, VerdictKind::reproduced,
                 {boot(OutcomeKind::hit, 100, 20), boot(OutcomeKind::hit, 80, 18),
                  boot(OutcomeKind::hit, 120, 22)}),
            step(1, VerdictKind::not_reproduced, {boot(OutcomeKind::clean, 600, 60)})};
}

TEST(BisectEvidence, adds_up_what_the_steps_of_a_commit_have_shown) {
    auto steps = usual();
    steps.push_back(step(1, VerdictKind::not_reproduced,
                         {boot(OutcomeKind::clean, 300, 30), boot(OutcomeKind::none, 40, 9)}));
    const auto line = commit_evidence(4, steps);
    EXPECT_EQ(line[3].hits, 3);
    EXPECT_EQ(line[3].exposure, 300);
    EXPECT_EQ(line[1].exposure, 900);
    EXPECT_EQ(line[1].void_exposure, 40);
    EXPECT_EQ(line[0], verdict::CommitEvidence{});
}

TEST(BisectEvidence, a_kernel_that_cannot_be_made_or_shows_nothing_is_skipped) {
    auto steps = usual();
    steps.push_back(broken(2, model::ArmName::unpatched));
    steps.push_back(step(0, VerdictKind::inconclusive,
                         {boot(OutcomeKind::clean, 50, 20), boot(OutcomeKind::none, 0, 60)}));
    const auto line = commit_evidence(4, steps);
    EXPECT_TRUE(line[2].skipped);
    EXPECT_TRUE(line[0].skipped);
    EXPECT_EQ(line[0].exposure, 0) << "most of its boots could not have hit";
    EXPECT_EQ(line[0].void_exposure, 50);
    EXPECT_FALSE(line[1].skipped);
}

TEST(BisectEvidence, a_kernel_whose_boots_end_at_something_else_at_once_is_skipped) {
    auto steps = usual();
    steps.push_back(step(2, VerdictKind::not_reproduced,
                         {boot(OutcomeKind::other, 2, 40), boot(OutcomeKind::other, 1, 40)}));
    EXPECT_TRUE(commit_evidence(4, steps)[2].skipped);
    // At the usual pace, but ended by a budget that was nearly used up.
    steps.back() = step(2, VerdictKind::not_reproduced, {boot(OutcomeKind::clean, 100, 10)});
    EXPECT_FALSE(commit_evidence(4, steps)[2].skipped);
}

TEST(BisectEvidence, what_the_host_alone_kept_from_a_test_is_tested_again) {
    auto steps = usual();
    auto stalled = boot(OutcomeKind::none, 0, 60);
    stalled.outcome.cause = model::Cause::host_stall;
    steps.push_back(step(0, VerdictKind::inconclusive, {stalled, stalled}));
    EXPECT_FALSE(commit_evidence(4, steps)[0].skipped);
}

TEST(BisectEvidence, a_kernel_most_of_whose_boots_end_at_another_splat_is_not_called_clean) {
    auto steps = usual();
    steps.push_back(step(0, VerdictKind::not_reproduced,
                         {boot(OutcomeKind::other, 300, 30), boot(OutcomeKind::other, 300, 30),
                          boot(OutcomeKind::clean, 300, 30)}));
    const auto line = commit_evidence(4, steps);
    EXPECT_TRUE(line[0].skipped);
    EXPECT_EQ(line[0].exposure, 0);
}

TEST(BisectEvidence, a_sight_whose_exposure_is_not_known_proves_the_place_and_no_rate) {
    auto unknown = boot(OutcomeKind::hit, 40, 20);
    unknown.outcome.cause = model::Cause::uncounted;
    const auto line = commit_evidence(
        2, std::vector{step(1, VerdictKind::reproduced, {unknown, boot(OutcomeKind::hit, 0, 20)})});
    EXPECT_EQ(line[1].hits, 0);
    EXPECT_EQ(line[1].sights, 2);
    EXPECT_TRUE(line[1].is_bad());
}

TEST(BisectEvidence, what_has_hit_is_not_skipped) {
    auto steps = usual();
    steps.push_back(broken(3, model::ArmName::unpatched));
    EXPECT_FALSE(commit_evidence(4, steps)[3].skipped);
}

TEST(BisectEvidence, a_machine_that_failed_ends_it_and_a_kernel_that_fails_does_not) {
    EXPECT_FALSE(failure_of(broken(2, model::ArmName::unpatched)));
    const auto failure = failure_of(broken(2, std::nullopt));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->where, "step 3, job 0");
    EXPECT_FALSE(failure_of(usual()[1]));
}

TEST(BisectEvidence, a_test_may_use_what_it_needs_and_leaves_the_rest) {
    const auto steps = usual();
    model::BisectionSpec spec;
    spec.budget = {3600, 100};
    const auto left = budget_left(spec, steps);
    EXPECT_EQ(left.trials, 96);
    EXPECT_EQ(left.wall_s, 3480);
    const auto whole = budget_of({3, 3, 0}, left, steps);
    EXPECT_EQ(whole.trials, left.trials);
    const auto part = budget_of({1, 1, 600}, left, steps);
    EXPECT_EQ(part.trials, 15);
    EXPECT_NEAR(part.wall_s, 380, 1);
    EXPECT_EQ(budget_of({1, 1, 1e9}, left, steps).trials, left.trials);
}

}  // namespace
}  // namespace krepro::pipeline
