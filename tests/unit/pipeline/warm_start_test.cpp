// SPDX-License-Identifier: Apache-2.0
// Jobs that count what earlier ones saw of their unpatched kernel.
#include <gtest/gtest.h>

#include "run_job_fixture.hpp"

namespace krepro::pipeline {
namespace {

using namespace run_job_fixture;

TEST_F(RunJob, a_warm_start_counts_the_hits_of_the_job_before_and_asks_for_one_more) {
    scripts_ = fixed_by_the_patch;
    const auto cold = run(add(spec()));
    auto warm_spec = spec();
    warm_spec.warm_start = true;
    const auto warm = run(add(warm_spec));
    ASSERT_TRUE(cold.verdict && warm.verdict);
    EXPECT_FALSE(cold.verdict->earlier);
    EXPECT_EQ(warm.verdict->kind, VerdictKind::fixed) << warm.verdict->sentence;
    ASSERT_TRUE(warm.verdict->earlier);
    EXPECT_EQ(warm.verdict->earlier->jobs, std::vector{cold.id});
    EXPECT_GE(warm.verdict->unpatched.hits, 1);
    EXPECT_LT(warm.verdict->unpatched.hits, cold.verdict->unpatched.hits);
}

TEST_F(RunJob, a_warm_start_serves_a_script_in_the_form_that_was_asked_for) {
    scripts_ = fixed_by_the_patch;
    auto with_script = spec();
    with_script.script = "sleep 1\n";
    const auto cold = run(add(with_script));
    with_script.warm_start = true;
    const auto warm = run(add(with_script));
    ASSERT_TRUE(cold.verdict && warm.verdict);
    ASSERT_TRUE(warm.verdict->earlier) << warm.verdict->sentence;
    EXPECT_EQ(warm.verdict->earlier->jobs, std::vector{cold.id});
}

TEST_F(RunJob, a_warm_start_serves_the_form_to_which_auto_goes_on) {
    scripts_ = fixed_by_the_patch;
    const auto cold = run(add(spec()));
    auto asked = spec();
    asked.warm_start = true;
    asked.workload = model::WorkloadForm::automatic;
    asked.budget.trials = 8;  // two of them verbatim
    scripts_ = [begun = host_.starts](const std::string& arm, int start) -> util::Result<Script> {
        if (start > begun + 2) return fixed_by_the_patch(arm, start);
        return util::fail(util::ErrorKind::unavailable, "libvirt is down");
    };
    const auto warm = run(add(asked));
    ASSERT_TRUE(warm.verdict);
    EXPECT_EQ(warm.verdict->form, model::WorkloadForm::amplified) << warm.verdict->sentence;
    ASSERT_TRUE(warm.earlier && warm.verdict->earlier) << warm.verdict->sentence;
    EXPECT_EQ(warm.earlier->form, model::WorkloadForm::amplified);
    EXPECT_EQ(warm.verdict->earlier->jobs, std::vector{cold.id});
}

}  // namespace
}  // namespace krepro::pipeline
