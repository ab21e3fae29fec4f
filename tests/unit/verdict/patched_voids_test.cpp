// SPDX-License-Identifier: Apache-2.0
// Boots with the patch that came to no workload: no evidence about the target, but the patch may
// be what they died of.
#include <gtest/gtest.h>

#include "trials.hpp"

namespace krepro::verdict {
namespace {

using namespace trials;
using trials::operator+;
using model::VerdictKind;

const Trials k_enough = three_hits() + Trials{lasting(100, clean(k_patched, 200))};

VerdictKind kind_of(const Trials& trials) {
    const Decision decision = decide(plan_of(), trials);
    const auto* stop = std::get_if<Stop>(&decision);
    return stop == nullptr ? VerdictKind::error : stop->verdict.kind;
}

TrialRecord panic_at_boot(ArmName arm) {
    return with_signature("panic|init", no_evidence(arm, Cause::no_boot));
}

TEST(PatchedVoids, a_panic_at_boot_that_only_the_patched_kernel_shows_is_not_plainly_fixed) {
    const auto panics = repeated(2, panic_at_boot(k_patched));
    EXPECT_EQ(kind_of(k_enough), VerdictKind::fixed);
    EXPECT_EQ(kind_of(three_hits() + panics + Trials{clean(k_patched, 200)}),
              VerdictKind::fixed_new_splat);
}

TEST(PatchedVoids, what_boots_without_the_patch_show_as_well_says_nothing_of_it) {
    EXPECT_EQ(kind_of(Trials{panic_at_boot(k_unpatched)} + three_hits() +
                      Trials{panic_at_boot(k_patched), clean(k_patched, 200)}),
              VerdictKind::fixed);
}

TEST(PatchedVoids, a_boot_that_hangs_or_was_ended_by_krepro_says_nothing_of_the_patch) {
    for (const auto cause : {Cause::boot_hang, Cause::interrupted, Cause::not_needed})
        EXPECT_EQ(kind_of(three_hits() +
                          Trials{no_evidence(k_patched, cause), clean(k_patched, 200)}),
                  VerdictKind::fixed);
    EXPECT_EQ(kind_of(three_hits() +
                      Trials{with_signature("x", no_evidence(k_patched, Cause::interrupted)),
                             clean(k_patched, 200)}),
              VerdictKind::fixed);
}

}  // namespace
}  // namespace krepro::verdict
