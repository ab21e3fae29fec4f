// SPDX-License-Identifier: Apache-2.0
#include "verdict/time_left.hpp"

#include <gtest/gtest.h>

#include "trials.hpp"

namespace krepro::verdict {
namespace {

using namespace trials;
using trials::operator+;

std::optional<TimeLeft> left_after(const Trials& trials, const Plan& plan = confirming_plan()) {
    std::vector<StartedTrial> started;
    for (const auto& trial : trials) started.push_back({trial, false});
    started.push_back({{k_unpatched, WorkloadForm::amplified, {}, {}}, true});
    return time_left(plan, started);
}

double seconds(const std::optional<TimeLeft>& left) {
    return left ? left->after(0) : -1;
}

// Each trial takes 20 s. Two hits in 40 units: a third is to come after 20 s, and then there are 60
// units, for which (0.05^(-1/3) - 1) * 60 = 102.9 are asked, at a second each, and one hit more.
TEST(TimeLeft, is_what_the_rule_still_asks_for_at_the_pace_so_far) {
    const auto left = left_after({hit(k_unpatched, 10), hit(k_unpatched, 30)});
    ASSERT_TRUE(left);
    EXPECT_DOUBLE_EQ(left->hits_s, 20);
    EXPECT_NEAR(left->clean_s, 102.9, 0.1);
    EXPECT_DOUBLE_EQ(left->control_s, 20);
}

TEST(TimeLeft, counts_down_where_time_is_what_is_waited_for) {
    auto left = left_after({hit(k_unpatched, 10), hit(k_unpatched, 30)});
    EXPECT_DOUBLE_EQ(left->after(15), left->after(0)) << "a hit does not come nearer";
    left = left_after(three_hits() + Trials{clean(k_patched, 40)});
    ASSERT_TRUE(left);
    EXPECT_EQ(left->hits_s, 0);
    EXPECT_NEAR(left->clean_s, (171.4 - 40) * 20 / 40, 0.1) << "at the patched kernel's own pace";
    EXPECT_NEAR(left->after(15), left->after(0) - 15, 0.01);
    EXPECT_DOUBLE_EQ(left->after(1e6), left->control_s);
}

TEST(TimeLeft, ends_with_the_control) {
    const Trials clean_enough = three_hits() + cleans(k_patched, 200);
    EXPECT_DOUBLE_EQ(seconds(left_after(clean_enough)), 20);
    EXPECT_DOUBLE_EQ(seconds(left_after(clean_enough, plan_of())), 0);
    EXPECT_DOUBLE_EQ(seconds(left_after(clean_enough + Trials{hit(k_unpatched, 9)})), 0);
}

TEST(TimeLeft, is_not_more_than_the_budget) {
    Plan plan = confirming_plan();
    plan.budget_wall_s = 100;
    EXPECT_DOUBLE_EQ(seconds(left_after({hit(k_unpatched, 10), hit(k_unpatched, 30)}, plan)), 60);
}

TEST(TimeLeft, is_not_told_where_there_is_nothing_to_tell_it_from) {
    EXPECT_FALSE(left_after({}));
    EXPECT_FALSE(time_left(confirming_plan(), {}));
    EXPECT_FALSE(left_after({clean(k_unpatched, 50), no_evidence(k_unpatched)}));
    EXPECT_FALSE(left_after(three_hits() + Trials{hit(k_patched, 50)}));
    Plan alone = confirming_plan();
    alone.alone = true;
    EXPECT_FALSE(left_after({clean(k_unpatched, 50)}, alone));
}

}  // namespace
}  // namespace krepro::verdict
