// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "run_job_fixture.hpp"

namespace krepro::pipeline {
namespace {

using model::JobStage;
using run_job_fixture::RunJob;

class Cancel : public RunJob {
  protected:
    bool ask_for_end(std::int64_t id) {
        return query([id](store::Store& s) { return s.request_cancel(id).has_value(); });
    }
};

TEST_F(Cancel, ends_a_job_that_waits_at_once_and_leaves_the_one_that_runs) {
    scripts_ = run_job_fixture::endless;
    const auto first = add(spec()), second = add(spec());
    run_until(
        second, [this] { return host_.running > 0; },
        [&](Worker& worker) {
            EXPECT_TRUE(ask_for_end(second));
            worker.cancel(second);
        });
    const auto ended = stored(second);
    EXPECT_EQ(ended.stage, JobStage::done);
    ASSERT_TRUE(ended.problem && ended.verdict);
    EXPECT_EQ(ended.problem->what, "the job was cancelled");
    EXPECT_EQ(ended.problem->stage, "queued");
    EXPECT_EQ(ended.verdict->kind, model::VerdictKind::error);
    EXPECT_TRUE(trials(second).empty());
    EXPECT_EQ(stored(first).stage, JobStage::running);
    EXPECT_FALSE(stored(first).verdict);
}

TEST_F(Cancel, of_a_job_that_is_not_here_changes_nothing) {
    const auto id = add(spec());
    Worker worker(io_.get_executor(), services_);
    worker.cancel(id + 1);
    EXPECT_EQ(stored(id).stage, JobStage::queued);
}

}  // namespace
}  // namespace krepro::pipeline
