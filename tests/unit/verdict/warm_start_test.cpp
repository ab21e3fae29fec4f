// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "simulation.hpp"
#include "trials.hpp"
#include "verdict/decide.hpp"

namespace krepro::verdict {
namespace {

using model::VerdictKind;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace trials;  // NOLINT(google-build-using-namespace): the words of these tests

model::EarlierEvidence seen(int hits, double exposure) {
    return {WorkloadForm::amplified, hits, exposure, {7}};
}

Plan warm_plan(model::EarlierEvidence evidence) {
    Plan plan;
    plan.confirm_assay = false;
    plan.earlier = std::move(evidence);
    return plan;
}

ArmName next_arm(const Decision& decision) {
    return std::get<RunTrial>(decision).arm;
}

TEST(WarmStart, asks_for_one_hit_of_its_own_however_much_is_on_record) {
    for (const int hits : {4, 6, 100}) {
        const Plan plan = warm_plan(seen(hits, 20.0 * hits));
        std::vector<TrialRecord> trials;
        EXPECT_EQ(next_arm(decide(plan, trials)), ArmName::unpatched) << hits;
        trials.push_back(trial(ArmName::unpatched, OutcomeKind::hit, 20));
        EXPECT_EQ(next_arm(decide(plan, trials)), ArmName::patched) << hits;
    }
}

TEST(WarmStart, counts_half_of_what_there_was) {
    struct Case {
        int on_record;
        int fresh_hits_needed;  // of three
    };
    for (const auto& [on_record, fresh] :
         {Case{0, 3}, Case{1, 3}, Case{2, 2}, Case{3, 2}, Case{4, 1}}) {
        const Plan plan = warm_plan(seen(on_record, 20.0 * on_record));
        std::vector<TrialRecord> trials;
        while (next_arm(decide(plan, trials)) == ArmName::unpatched)
            trials.push_back(trial(ArmName::unpatched, OutcomeKind::hit, 20));
        EXPECT_EQ(trials.size(), static_cast<std::size_t>(fresh)) << on_record;
    }
}

TEST(WarmStart, needs_as_much_clean_exposure_as_three_fresh_hits_would) {
    const Plan plan = warm_plan(seen(4, 80));
    const std::vector trials{trial(ArmName::unpatched, OutcomeKind::hit, 20)};
    const auto next = std::get<RunTrial>(decide(plan, trials));
    EXPECT_DOUBLE_EQ(next.exposure_goal, exposure_needed(0.95, 3, 20 + 40));
}

TEST(WarmStart, says_what_it_counted_and_from_where) {
    const Plan plan = warm_plan(seen(4, 80));
    const std::vector trials{trial(ArmName::unpatched, OutcomeKind::hit, 20),
                             trial(ArmName::patched, OutcomeKind::clean, 110)};
    const auto verdict = verdict_of(plan, trials);
    EXPECT_EQ(verdict.kind, VerdictKind::fixed);
    EXPECT_EQ(verdict.unpatched.hits, 1);
    ASSERT_TRUE(verdict.earlier);
    EXPECT_EQ(verdict.earlier->hits, 2);
    EXPECT_DOUBLE_EQ(verdict.earlier->exposure, 40);
    EXPECT_THAT(verdict.earlier->jobs, ElementsAre(7));
    EXPECT_LE(*verdict.p_value, 0.05);
    EXPECT_THAT(verdict.limits, testing::Contains(HasSubstr("earlier jobs (7)")));
}

TEST(WarmStart, earlier_evidence_of_another_form_or_without_exposure_counts_nothing) {
    for (auto evidence : {model::EarlierEvidence{WorkloadForm::verbatim, 6, 120, {7}}, seen(6, 0),
                          seen(0, 500), seen(6, -3)}) {
        const Plan plan = warm_plan(evidence);
        const std::vector trials{trial(ArmName::unpatched, OutcomeKind::hit, 20)};
        EXPECT_EQ(next_arm(decide(plan, trials)), ArmName::unpatched);
    }
}

TEST(WarmStart, never_makes_a_kernel_that_did_not_hit_today_a_fixed_one) {
    Plan plan = warm_plan(seen(100, 2000));
    plan.budget_wall_s = 400;
    std::vector<TrialRecord> trials;
    for (int i = 0; i < 100; ++i) {
        const auto decision = decide(plan, trials);
        if (std::holds_alternative<Stop>(decision)) break;
        trials.push_back(trial(next_arm(decision), OutcomeKind::clean, 50));
    }
    const auto decision = decide(plan, trials);
    ASSERT_TRUE(std::holds_alternative<Stop>(decision));
    EXPECT_EQ(std::get<Stop>(decision).verdict.kind, VerdictKind::not_reproduced);
}

TEST(WarmStart, takes_hits_and_all_exposure_of_the_unpatched_arm_on_record) {
    auto broken = trial(ArmName::unpatched, OutcomeKind::none, 5);
    auto other_form = trial(ArmName::unpatched, OutcomeKind::hit, 1000);
    other_form.form = WorkloadForm::verbatim;
    const std::vector trials{trial(ArmName::unpatched, OutcomeKind::hit, 20),
                             trial(ArmName::unpatched, OutcomeKind::clean, 30), broken, other_form,
                             trial(ArmName::patched, OutcomeKind::clean, 400)};
    const auto evidence = unpatched_evidence(trials, WorkloadForm::amplified);
    EXPECT_EQ(evidence.hits, 1);
    EXPECT_DOUBLE_EQ(evidence.exposure, 55);
}

TEST(WarmStart, errs_no_more_often_than_alpha) {
    // Both kernels alike: 3,000 jobs at each of three rates; 0.06 is 2.5 standard deviations off.
    for (const double share : {0.1, 0.4, 0.8}) {
        simulation::World world;
        world.hit_share = share;
        simulation::Simulator simulator(world, 11);
        Plan plan = simulation::unlimited_plan();
        plan.confirm_assay = false;
        int fixed = 0;
        for (int i = 0; i < 3000; ++i)
            fixed += simulator.job_after_another(plan).verdict.kind == VerdictKind::fixed ? 1 : 0;
        EXPECT_LE(fixed / 3000.0, 0.06) << share;
    }
}

}  // namespace
}  // namespace krepro::verdict
