// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "unit/verdict/simulation.hpp"

namespace krepro::verdict {
namespace {

using model::VerdictKind;
using simulation::Simulator;
using simulation::unlimited_plan;
using simulation::World;

constexpr int k_jobs = 2000;

// The bench measures the same with more jobs; here five standard deviations keep it from flaking.
double allowed(double alpha) {
    return alpha + 5 * std::sqrt(alpha * (1 - alpha) / k_jobs);
}

double share_of(VerdictKind kind, const World& world, const Plan& plan) {
    Simulator simulator(world, 7);
    int count = 0;
    for (int i = 0; i < k_jobs; ++i) count += simulator.job(plan).verdict.kind == kind ? 1 : 0;
    return static_cast<double>(count) / k_jobs;
}

// The bug that came most often, the first of them when there are several.
std::string most_frequent(const std::vector<TrialRecord>& trials) {
    std::map<std::string, int> counts;
    for (const auto& trial : trials)
        for (const auto& candidate : trial.candidates) ++counts[candidate];
    std::string most;
    for (const auto& trial : trials)
        for (const auto& candidate : trial.candidates)
            if (counts[candidate] > counts[most]) most = candidate;
    return most;
}

std::vector<TrialRecord> judged_by(std::vector<TrialRecord> trials, const std::string& target) {
    for (auto& trial : trials) {
        if (trial.candidates.empty() || trial.candidates.front() == target) continue;
        trial.outcome.kind = model::OutcomeKind::other;
        trial.outcome.cause = model::Cause::other_report;
        trial.other_signatures = trial.candidates;
    }
    return trials;
}

// A job whose mail has no trace, on kernels with several bugs of one rate, of which the patch fixes
// none: what came most often before the patch had its turn is the target. Its trials end at the
// first bug they show.
VerdictKind job_without_trace(Simulator& simulator, int bugs, bool tells_candidates) {
    const Plan plan = unlimited_plan();
    std::vector<TrialRecord> trials;
    std::string target;
    for (bool settled = false;;) {
        if (!settled) target = most_frequent(trials);
        auto judged = judged_by(trials, target);
        if (!tells_candidates)
            for (auto& trial : judged) trial.candidates.clear();
        const Decision decision = decide(plan, judged);
        if (const auto* stop = std::get_if<Stop>(&decision)) return stop->verdict.kind;
        const auto& run = std::get<RunTrial>(decision);
        settled = settled || run.arm == model::ArmName::patched;
        auto record = simulator.record(run);
        if (record.outcome.kind == model::OutcomeKind::hit)
            record.candidates = {"bug " +
                                 std::to_string(static_cast<int>(simulator.uniform() * bugs))};
        trials.push_back(std::move(record));
    }
}

// Either says that the target is gone.
bool says_fixed(VerdictKind kind) {
    return kind == VerdictKind::fixed || kind == VerdictKind::fixed_new_splat;
}

double false_fixed_without_trace(int bugs, bool tells_candidates) {
    World world;
    world.hit_share = 0.9;
    Simulator simulator(world, 7);
    int count = 0;
    for (int i = 0; i < k_jobs; ++i)
        count += says_fixed(job_without_trace(simulator, bugs, tells_candidates)) ? 1 : 0;
    return static_cast<double>(count) / k_jobs;
}

TEST(VerdictErrorRate,
     a_target_that_the_trials_chose_among_several_is_fixed_falsely_no_more_often) {
    for (const int bugs : {1, 2, 5, 10})
        EXPECT_LE(false_fixed_without_trace(bugs, true), allowed(0.05)) << bugs;
    // The one that happened to come most often looks more frequent than it is.
    EXPECT_GT(false_fixed_without_trace(5, false), allowed(0.05));
}

TEST(VerdictErrorRate, a_patch_that_does_nothing_passes_as_fixed_at_most_alpha_of_the_time) {
    for (const double hit_share : {0.05, 0.3, 0.9, 0.9999}) {
        for (const double voids : {0.0, 0.3}) {
            for (const bool control : {false, true}) {
                Plan plan = unlimited_plan();
                plan.confirm_assay = control;
                World world;
                world.hit_share = hit_share;
                world.void_share = voids;
                EXPECT_LE(share_of(VerdictKind::fixed, world, plan), allowed(0.05))
                    << hit_share << " voids " << voids;
            }
        }
    }
}

TEST(VerdictErrorRate, the_bound_is_reached_so_that_no_exposure_is_wasted) {
    Plan plan = unlimited_plan();
    plan.confirm_assay = false;
    World world;
    world.hit_share = 0.3;
    EXPECT_GE(share_of(VerdictKind::fixed, world, plan), 0.03);
}

TEST(VerdictErrorRate, voids_under_load_do_not_shorten_the_unpatched_exposure) {
    // Frequent bugs come before the cause of the void, rare ones after it: were the void trials
    // forgotten, the unpatched rate would look too high.
    Plan plan = unlimited_plan();
    plan.confirm_assay = false;
    for (const double hit_share : {0.05, 0.2, 0.5}) {
        World world;
        world.hit_share = hit_share;
        world.void_share = 0.33;
        world.void_loaded = 1;
        EXPECT_LE(share_of(VerdictKind::fixed, world, plan), allowed(0.05)) << hit_share;
    }
}

TEST(VerdictErrorRate, two_workloads_do_not_double_it) {
    // The worst case for `auto`: a rate at which the verbatim share often ends before the third
    // hit, and the same rate again with the amplified form.
    Plan plan = unlimited_plan();
    plan.form = model::WorkloadForm::automatic;
    for (const double wall_s : {3000.0, 10000.0, 30000.0}) {
        plan.budget_wall_s = wall_s;
        World world;
        world.hit_share = 0.3;
        EXPECT_LE(share_of(VerdictKind::fixed, world, plan), allowed(0.05)) << wall_s;
    }
}

TEST(VerdictErrorRate, a_regression_is_claimed_falsely_no_more_often) {
    Plan plan = unlimited_plan();
    for (const double wall_s : {1000.0, 3000.0, 10000.0}) {
        plan.budget_wall_s = wall_s;
        World world;
        world.hit_share = 0.3;
        EXPECT_LE(share_of(VerdictKind::regression, world, plan), allowed(0.05)) << wall_s;
    }
}

TEST(VerdictErrorRate, a_patch_whose_boots_panic_is_never_plainly_fixed) {
    for (const double share : {0.1, 0.3, 0.6}) {
        World world;
        world.patched_rate = 0;
        world.patched_panics = share;
        Simulator simulator(world, 7);
        int fixed_in_spite_of_a_panic = 0;
        for (int i = 0; i < k_jobs; ++i) {
            const auto job = simulator.job(unlimited_plan());
            const bool panicked = std::ranges::any_of(job.records, [](const TrialRecord& trial) {
                return !trial.other_signatures.empty();
            });
            if (panicked && job.verdict.kind == VerdictKind::fixed) ++fixed_in_spite_of_a_panic;
        }
        EXPECT_EQ(fixed_in_spite_of_a_panic, 0) << share;
    }
}

TEST(VerdictErrorRate, a_patch_most_of_whose_boots_end_without_a_word_is_seldom_plainly_fixed) {
    World world;
    world.patched_rate = 0;
    world.patched_deaths = 0.85;
    EXPECT_LE(share_of(VerdictKind::fixed, world, unlimited_plan()), 0.2);
}

// Boots that are unlike each other are outside of the rule's arithmetic: what keeps the error near
// alpha all the same is that the clean arm has as many of them.
TEST(VerdictErrorRate, boots_of_which_only_some_can_hit_or_only_young_ones_fool_it_little_more) {
    Plan plan = unlimited_plan();
    plan.confirm_assay = false;
    for (const double able : {1.0, 0.7, 0.5}) {
        for (const double young_s : {1e9, 40.0}) {
            World world;
            world.hit_share = 0.9999;
            world.able_share = able;
            world.young_s = young_s;
            EXPECT_LE(share_of(VerdictKind::fixed, world, plan), allowed(0.06))
                << able << " until " << young_s;
        }
    }
}

TEST(VerdictErrorRate, a_perfect_fix_is_recognized) {
    Plan plan = unlimited_plan();
    World world;
    world.patched_rate = 0;
    EXPECT_GE(share_of(VerdictKind::fixed, world, plan), 0.93);  // the control fails alpha of them
    plan.confirm_assay = false;
    EXPECT_EQ(share_of(VerdictKind::fixed, world, plan), 1);
}

}  // namespace
}  // namespace krepro::verdict
