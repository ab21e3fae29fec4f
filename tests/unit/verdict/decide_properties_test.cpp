// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "trials.hpp"
#include "verdict/decide.hpp"

namespace krepro::verdict {
namespace {

using model::VerdictKind;
using namespace trials;  // NOLINT(google-build-using-namespace): the words of these tests

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

}  // namespace
}  // namespace krepro::verdict
