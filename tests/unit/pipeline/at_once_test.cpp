// SPDX-License-Identifier: Apache-2.0
#include "pipeline/at_once.hpp"

#include <gtest/gtest.h>

namespace krepro::pipeline {
namespace {

model::Workload workload(int vcpus, int memory_mib) {
    model::Workload workload;
    workload.vcpus = vcpus;
    workload.memory_mib = memory_mib;
    return workload;
}

TEST(AtOnce, an_emulated_vcpu_takes_a_core_and_memory_is_a_limit_of_its_own) {
    EXPECT_EQ(most_at_once({2, 24000}, "tcg", workload(2, 1024)), 1);
    EXPECT_EQ(most_at_once({2, 24000}, "tcg", workload(8, 3072)), 1);
    EXPECT_EQ(most_at_once({16, 24000}, "tcg", workload(2, 1024)), 8);
    EXPECT_EQ(most_at_once({16, 24000}, "kvm", workload(2, 1024)), 16);
    EXPECT_EQ(most_at_once({64, 4000}, "kvm", workload(2, 1024)), 3);
    EXPECT_EQ(most_at_once({64, 100}, "kvm", workload(2, 1024)), 1);
}

TEST(AtOnce, more_are_tried_as_long_as_the_last_more_has_paid) {
    EXPECT_EQ(choose_at_once({}, 4), 1);
    EXPECT_EQ(choose_at_once({{{1, 100, 100}}}, 1), 1);
    EXPECT_EQ(choose_at_once({{{1, 100, 100}}}, 4), 2);
    EXPECT_EQ(choose_at_once({{{1, 100, 100}, {2, 180, 100}}}, 4), 3);
    EXPECT_EQ(choose_at_once({{{1, 100, 100}, {2, 180, 100}, {3, 185, 100}}}, 4), 2);
    EXPECT_EQ(choose_at_once({{{1, 100, 100}, {2, 90, 100}}}, 4), 1);
}

TEST(AtOnce, a_host_with_less_room_than_before_runs_fewer) {
    EXPECT_EQ(choose_at_once({{{1, 100, 100}, {2, 180, 100}, {3, 260, 100}}}, 2), 2);
}

TEST(AtOnce, a_job_that_began_with_more_than_there_is_room_for_now_goes_on_with_fewer) {
    EXPECT_EQ(fitting_at_once(3, {8, 64000}, "tcg", workload(2, 1024)), 3);
    EXPECT_EQ(fitting_at_once(5, {8, 64000}, "tcg", workload(2, 1024)), 4);
    EXPECT_EQ(fitting_at_once(3, {8, 64000}, "tcg", workload(8, 3072)), 1);
    EXPECT_EQ(fitting_at_once(3, {8, 2000}, "tcg", workload(2, 1024)), 1) << "memory is short";
    EXPECT_EQ(fitting_at_once(1, {1, 0}, "tcg", workload(8, 3072)), 1);
}

TEST(AtOnce, the_pace_is_taken_over_the_time_in_which_any_trial_of_the_form_runs) {
    const std::chrono::steady_clock::time_point start;
    const auto at = [&](int second) { return start + std::chrono::seconds(second); };
    PaceMeter meter;
    meter.begin_trial(2, at(0));
    meter.begin_trial(2, at(10));
    meter.end_trial(at(20));
    meter.end_trial(at(30));
    meter.begin_trial(2, at(100));
    meter.end_trial(at(105));
    meter.add_exposure(50);
    meter.add_exposure(20);
    EXPECT_EQ(meter.pace(), (Pace{2, 70, 35}));
}

TEST(AtOnce, what_was_measured_fades_and_what_was_too_short_is_not_kept) {
    const auto once = with_pace({}, {1, 100, 100});
    const auto twice = with_pace(once, {1, 300, 100});
    ASSERT_EQ(twice.paces.size(), 1U);
    EXPECT_DOUBLE_EQ(twice.paces[0].exposure, 350);
    EXPECT_DOUBLE_EQ(twice.paces[0].wall_s, 150);
    EXPECT_EQ(with_pace(once, {2, 5, 3}), once);
}

}  // namespace
}  // namespace krepro::pipeline
