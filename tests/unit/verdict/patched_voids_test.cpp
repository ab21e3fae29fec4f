// SPDX-License-Identifier: Apache-2.0
// Boots with the patch that came to no evidence about the target: the patch may be what they died
// of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trials.hpp"
#include "verdict/weigh.hpp"

namespace krepro::verdict {
namespace {

using namespace trials;  // NOLINT(google-build-using-namespace): the words of these tests
using trials::operator+;

TrialRecord panic_at_boot(ArmName arm) {
    return with_signature("panic|init", no_evidence(arm, Cause::no_boot));
}

std::string after_hits(const Trials& patched) {
    return answer(plan_of(), three_hits() + patched + Trials{clean(k_patched, 200)});
}

std::string after_hits_in_three(const Trials& patched) {
    return answer(plan_of(), three_hits() + patched + cleans(k_patched, 200));
}

TEST(PatchedVoids, reports_that_only_the_patched_kernel_shows_are_not_plainly_fixed) {
    const auto lockdep =
        with_signature("circular|probe", no_evidence(k_patched, Cause::lockdep_off_early));
    EXPECT_EQ(after_hits_in_three({}), "fixed");
    EXPECT_EQ(after_hits(repeated(3, panic_at_boot(k_patched))), "fixed_new_splat");
    EXPECT_EQ(after_hits(repeated(2, lockdep)), "fixed_new_splat");
    EXPECT_EQ(after_hits({with_signature("oops|f", no_evidence(k_patched, Cause::interrupted))}),
              "fixed_new_splat")
        << "krepro has ended it, and the report stands";
}

TEST(PatchedVoids, the_control_does_not_wash_a_panic_away) {
    const auto trials = three_hits() + repeated(3, panic_at_boot(k_patched)) +
                        Trials{clean(k_patched, 120), clean(k_patched, 120), hit(k_unpatched, 20),
                               hit(k_unpatched, 20)};
    const auto verdict = verdict_of(confirming_plan(), trials);
    EXPECT_EQ(verdict.kind, model::VerdictKind::fixed_new_splat) << verdict.sentence;
    EXPECT_THAT(verdict.sentence, testing::HasSubstr("3 boots with the patch showed something"));
}

TEST(PatchedVoids, what_boots_without_the_patch_show_as_well_says_nothing_of_it) {
    EXPECT_EQ(answer(plan_of(), Trials{panic_at_boot(k_unpatched)} + three_hits() +
                                    Trials{panic_at_boot(k_patched)} + cleans(k_patched, 200)),
              "fixed");
}

TEST(PatchedVoids, a_void_without_a_report_says_nothing_of_the_patch) {
    for (const auto cause : {Cause::boot_hang, Cause::interrupted, Cause::not_needed})
        EXPECT_EQ(after_hits_in_three({no_evidence(k_patched, cause)}), "fixed")
            << model::to_string(cause);
}

TEST(PatchedVoids, vms_that_end_by_themselves_are_held_against_the_patch_beyond_chance) {
    const auto silent = no_evidence(k_patched, Cause::no_boot);
    const auto hang = no_evidence(k_patched, Cause::boot_hang);
    const auto exit = no_evidence(k_patched, Cause::early_exit);
    EXPECT_EQ(after_hits_in_three({silent}), "fixed")
        << "one in seven boots is no more than chance";
    EXPECT_EQ(after_hits(repeated(3, silent)), "fixed_new_splat") << "three boots in four";
    EXPECT_EQ(after_hits(repeated(3, exit)), "fixed_new_splat");
    EXPECT_EQ(after_hits_in_three({hang}), "fixed");
    EXPECT_EQ(after_hits(repeated(3, hang)), "run patched") << "a host may do that as well";
    const Trials both{no_evidence(k_unpatched, Cause::no_boot), silent};
    EXPECT_EQ(answer(plan_of(), both + three_hits() + cleans(k_patched, 200)), "fixed");
}

TEST(PatchedVoids, how_improbable_it_is_that_so_many_fall_to_the_patched_kernel) {
    const auto tally = [](const Trials& trials) {
        return tally_form(plan_of(), trials, WorkloadForm::amplified);
    };
    const auto silent = no_evidence(k_patched, Cause::no_boot);
    // Four of eight boots were with the patch, and all three that failed: 2 * (1/2)^3.
    const auto even = tally(three_hits() + Trials{hit(k_unpatched, 1)} + repeated(3, silent) +
                            Trials{clean(k_patched, 200)});
    EXPECT_NEAR(p_of_deaths(even), 0.25, 1e-9);
    EXPECT_EQ(p_of_deaths(tally(three_hits() + Trials{clean(k_patched, 200)})), 1);
    // Thirty boots without the patch never failed: two of four with it are beyond chance.
    const auto rare = tally(repeated(30, hit(k_unpatched, 1)) + repeated(2, silent) +
                            repeated(2, clean(k_patched, 200)));
    EXPECT_LT(p_of_deaths(rare), 0.05);
    EXPECT_TRUE(deaths_held_against_patch(rare));
    const auto hung =
        tally(repeated(30, hit(k_unpatched, 1)) + repeated(2, no_evidence(k_patched)) +
              repeated(2, clean(k_patched, 200)));
    EXPECT_TRUE(deaths_held_against_patch(hung)) << "beyond chance it is the patch";
}

}  // namespace
}  // namespace krepro::verdict
