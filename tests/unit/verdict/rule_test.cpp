// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the rule.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "verdict/decide.hpp"

namespace krepro::verdict {
namespace {

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

}  // namespace
}  // namespace krepro::verdict
