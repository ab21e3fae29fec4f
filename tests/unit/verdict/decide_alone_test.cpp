// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/verdict/trials.hpp"

namespace krepro::verdict {
namespace {

using model::VerdictKind;
using namespace trials;

Plan alone(int hits, double exposure) {
    auto plan = plan_of();
    plan.alone = true;
    plan.alone_hits = hits;
    plan.alone_exposure = exposure;
    return plan;
}

TEST(DecideAlone, ends_at_the_exposure_that_is_enough) {
    const auto plan = alone(1, 500);
    EXPECT_EQ(std::get<RunTrial>(decide(plan, {})).exposure_goal, 500);
    const std::vector some{clean(k_unpatched, 300)};
    EXPECT_EQ(std::get<RunTrial>(decide(plan, some)).exposure_goal, 200);
    const std::vector enough{clean(k_unpatched, 300), clean(k_unpatched, 210)};
    EXPECT_EQ(std::get<Stop>(decide(plan, enough)).verdict.kind, VerdictKind::not_reproduced);
}

TEST(DecideAlone, asks_no_boot_for_more_than_its_share) {
    auto plan = alone(1, 500);
    plan.alone_boot_exposure = 170;
    const auto first = std::get<RunTrial>(decide(plan, {}));
    EXPECT_EQ(first.boot_exposure, 170);
    EXPECT_EQ(first.exposure_goal, 500);
    EXPECT_EQ(std::get<RunTrial>(decide(alone(3, 0), {})).boot_exposure, 0);
}

TEST(DecideAlone, asks_for_so_many_hits) {
    const auto plan = alone(5, 0);
    std::vector<TrialRecord> trials;
    for (int i = 0; i < 5; ++i) {
        const auto decision = decide(plan, trials);
        ASSERT_TRUE(std::holds_alternative<RunTrial>(decision)) << i;
        EXPECT_EQ(std::get<RunTrial>(decision).exposure_goal, 0);
        trials.push_back(hit(k_unpatched, 50));
    }
    EXPECT_EQ(std::get<Stop>(decide(plan, trials)).verdict.kind, VerdictKind::reproduced);
}

TEST(DecideAlone, what_has_hit_is_reproduced_when_the_budget_ends) {
    auto plan = alone(3, 0);
    plan.budget_trials = 2;
    const std::vector trials{hit(k_unpatched, 50), clean(k_unpatched, 50)};
    EXPECT_EQ(std::get<Stop>(decide(plan, trials)).verdict.kind, VerdictKind::reproduced);
}

TEST(DecideAlone, without_a_goal_the_budget_is_used) {
    auto plan = alone(1, 0);
    plan.budget_trials = 3;
    std::vector<TrialRecord> trials{clean(k_unpatched, 5000), clean(k_unpatched, 5000)};
    EXPECT_TRUE(std::holds_alternative<RunTrial>(decide(plan, trials)));
    trials.push_back(clean(k_unpatched, 1));
    EXPECT_EQ(std::get<Stop>(decide(plan, trials)).verdict.kind, VerdictKind::not_reproduced);
}

TEST(DecideAlone, voids_bring_a_test_no_nearer_to_its_exposure) {
    const auto plan = alone(1, 500);
    const std::vector trials{no_evidence(k_unpatched), clean(k_unpatched, 100)};
    EXPECT_EQ(std::get<RunTrial>(decide(plan, trials)).exposure_goal, 400);
}

TEST(DecideAlone, a_clean_kernel_with_too_many_voids_is_looked_at_longer) {
    const auto plan = alone(1, 500);
    const std::vector trials{no_evidence(k_unpatched), clean(k_unpatched, 600)};
    const auto decision = decide(plan, trials);
    ASSERT_TRUE(std::holds_alternative<RunTrial>(decision));
    EXPECT_EQ(std::get<RunTrial>(decision).arm, k_unpatched) << "there is no other kernel";
    auto ended = plan;
    ended.budget_trials = 2;
    EXPECT_EQ(std::get<Stop>(decide(ended, trials)).verdict.kind, VerdictKind::inconclusive);
}

}  // namespace
}  // namespace krepro::verdict
