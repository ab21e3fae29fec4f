// SPDX-License-Identifier: Apache-2.0
#include "verdict/next.hpp"

#include <gtest/gtest.h>

#include "simulation.hpp"
#include "trials.hpp"

namespace krepro::verdict {
namespace {

using namespace trials;
using model::VerdictKind;

using trials::operator+;

using Started = std::vector<StartedTrial>;

Started ended(const Trials& trials) {
    Started started;
    for (const auto& trial : trials) started.push_back({trial, false});
    return started;
}

StartedTrial runs(ArmName arm) {
    return {{arm, WorkloadForm::amplified, {}, {}}, true};
}

Started operator+(Started left, const Started& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

std::string answer(const Started& trials, Able able, const Plan& plan = plan_of()) {
    const Step step = next(plan, trials, able);
    if (const auto* run = std::get_if<RunTrial>(&step))
        return "run " + std::string(model::to_string(run->arm));
    if (std::holds_alternative<Wait>(step)) return "wait";
    return std::string(model::to_string(std::get<Stop>(step).verdict.kind));
}

constexpr Able k_unbuilt{false, 1};
constexpr Able k_one{true, 1};
constexpr Able k_two{true, 2};
constexpr Able k_four{true, 4};

TEST(VerdictNext, trials_without_the_patch_go_on_while_the_patched_kernel_is_built) {
    EXPECT_EQ(answer({}, k_unbuilt), "run unpatched");
    EXPECT_EQ(answer(ended({hit(k_unpatched, 20)}), k_unbuilt), "run unpatched");
    EXPECT_EQ(answer(ended(three_hits()), k_unbuilt), "wait");
    EXPECT_EQ(answer(ended(three_hits()), k_one), "run patched");
}

TEST(VerdictNext, voids_end_a_job_before_the_patched_kernel_is_there) {
    EXPECT_EQ(answer(ended(repeated(8, no_evidence(k_unpatched))), k_unbuilt), "inconclusive");
}

TEST(VerdictNext, no_more_trials_run_than_there_is_room_for) {
    const Started one{runs(k_unpatched)};
    EXPECT_EQ(answer(one, k_one), "wait");
    EXPECT_EQ(answer(one, k_two), "run unpatched");
    EXPECT_EQ(answer(one + one, k_two), "wait");
}

TEST(VerdictNext, a_hit_that_comes_before_those_of_earlier_trials_waits_for_them) {
    // Two hits are settled. The trial that was begun third still runs, the fourth has hit already.
    const Started two = ended({hit(k_unpatched, 20), hit(k_unpatched, 50)});
    const Started late = two + Started{runs(k_unpatched)} + ended({hit(k_unpatched, 1)});
    EXPECT_EQ(answer(late, k_two), "run unpatched");
    const Started third_hits = two + ended({hit(k_unpatched, 30), hit(k_unpatched, 1)});
    const Step step = next(plan_of(), third_hits, k_two);
    // 100 units to the third hit in the order of start: the fourth has no part in it.
    EXPECT_NEAR(std::get<RunTrial>(step).exposure_goal, exposure_needed(0.95, 3, 100), 1e-9);
}

TEST(VerdictNext, a_hit_that_was_begun_before_the_patched_arm_is_no_control) {
    const Started surplus = ended(three_hits() + Trials{hit(k_unpatched, 5)});
    const Started patched = surplus + ended(cleans(k_patched, 200));
    EXPECT_EQ(answer(patched, k_one, confirming_plan()), "run unpatched");
    EXPECT_EQ(answer(patched + ended({hit(k_unpatched, 5)}), k_one, confirming_plan()), "fixed");
}

TEST(VerdictNext, fixed_waits_for_the_trials_that_were_begun_earlier) {
    const Started clean_later =
        ended(three_hits()) + Started{runs(k_patched)} + ended({clean(k_patched, 200)});
    EXPECT_EQ(answer(clean_later, k_two), "wait");
    EXPECT_EQ(
        answer(ended(three_hits()) + ended({clean(k_patched, 40)}) + ended(cleans(k_patched, 200)),
               k_two),
        "fixed");
}

TEST(VerdictNext, a_hit_with_the_patch_decides_while_earlier_trials_still_run) {
    const Started hit_later =
        ended(three_hits()) + Started{runs(k_patched)} + ended({hit(k_patched, 10)});
    EXPECT_EQ(answer(hit_later, k_two), "not_fixed");
}

TEST(VerdictNext, fixed_waits_for_every_trial_with_the_patch_that_runs) {
    const Started enough = ended(three_hits() + cleans(k_patched, 200));
    EXPECT_EQ(answer(enough, k_four), "fixed");
    EXPECT_EQ(answer(enough + Started{runs(k_unpatched)}, k_four), "fixed");
    EXPECT_EQ(answer(enough + Started{runs(k_patched)}, k_four), "wait");
    const Started new_splat = ended(three_hits() + Trials{other(k_patched, 200, {"x"})});
    EXPECT_EQ(answer(new_splat + Started{runs(k_patched)}, k_four), "wait");
}

TEST(VerdictNext, a_hit_with_the_patch_takes_back_what_the_trials_before_it_say) {
    const Started enough = ended(three_hits() + cleans(k_patched, 200));
    for (const auto running : {k_patched, k_unpatched})
        EXPECT_EQ(answer(enough + Started{runs(running)} + ended({hit(k_patched, 1)}), k_four),
                  "not_fixed");
}

TEST(VerdictNext, a_used_up_budget_hides_no_hit_with_the_patch) {
    Plan plan = confirming_plan();
    plan.budget_trials = 6;
    const Started settled =
        ended(three_hits() + Trials{clean(k_patched, 100), clean(k_patched, 100)});
    EXPECT_EQ(
        answer(settled + Started{runs(k_unpatched)} + ended({hit(k_patched, 1)}), k_four, plan),
        "not_fixed");
}

TEST(VerdictNext, no_trial_is_begun_when_those_that_run_will_bring_what_is_missing) {
    // 171.4 are needed, 100 are there, and a trial brings 100.
    const Started one_runs =
        ended(three_hits() + Trials{clean(k_patched, 100)}) + Started{runs(k_patched)};
    EXPECT_EQ(answer(one_runs, k_four), "wait");
}

TEST(VerdictNext, the_budget_counts_trials_that_run) {
    Plan plan = plan_of();
    plan.budget_trials = 2;
    const Started one{runs(k_unpatched)};
    EXPECT_EQ(answer(one, k_four, plan), "run unpatched");
    EXPECT_EQ(answer(one + one, k_four, plan), "wait");
}

TEST(VerdictNext, four_at_once_pass_a_patch_that_does_nothing_at_most_alpha_of_the_time) {
    constexpr int k_jobs = 2000;
    for (const double hit_share : {0.05, 0.3, 0.9, 0.9999}) {
        Plan plan = simulation::unlimited_plan();
        plan.confirm_assay = false;
        simulation::World world;
        world.hit_share = hit_share;
        simulation::Simulator simulator(world, 7);
        int fixed = 0;
        for (int i = 0; i < k_jobs; ++i)
            fixed += simulator.job_at_once(plan, 4).verdict.kind == VerdictKind::fixed ? 1 : 0;
        EXPECT_LE(fixed / static_cast<double>(k_jobs), 0.05 + 5 * std::sqrt(0.05 * 0.95 / k_jobs))
            << hit_share;
    }
}

}  // namespace
}  // namespace krepro::verdict
