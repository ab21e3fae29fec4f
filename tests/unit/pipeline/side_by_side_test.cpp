// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run_job.hpp"
#include "run_job_fixture.hpp"
#include "vm/accelerator.hpp"

namespace krepro::pipeline {
namespace {

using namespace run_job_fixture;

// What goes on beside the main line of a job: trials, and the build of the patched kernel.

TEST_F(RunJob, trials_without_the_patch_run_while_the_patched_kernel_is_built) {
    scripts_ = fixed_by_the_patch;
    // Ready only when three trials were begun: a job that builds first would wait for ever.
    builder_.patched_waits = [this] { return host_.starts < 3; };
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    EXPECT_TRUE(job.patched_build);
    EXPECT_EQ(builder_.share_at_end, util::Share::background);
}

TEST_F(RunJob, a_build_that_outlasts_the_trials_gets_the_whole_machine) {
    scripts_ = fixed_by_the_patch;
    const auto id = add(spec());
    const auto since = std::make_shared<std::optional<std::chrono::steady_clock::time_point>>();
    builder_.patched_waits = [this, since] {
        const auto now = std::chrono::steady_clock::now();
        if (host_.starts >= 3 && host_.running == 0 && !*since) *since = now;
        return !*since || now - **since < std::chrono::seconds(1);
    };
    const auto job = run(id);
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    EXPECT_EQ(builder_.share_at_end, util::Share::normal);
}

TEST_F(RunJob, a_patched_kernel_that_does_not_compile_ends_the_job_in_the_midst_of_a_trial) {
    scripts_ = endless;
    builder_.patched_waits = [this] { return host_.running < 1; };
    builder_.patched_failure = util::Error{util::ErrorKind::invalid_input, "it does not compile",
                                           "kernel/fork.c:11: error", ""};
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.problem);
    EXPECT_EQ(
        job.problem->what,
        "the patch breaks the build: the patched kernel cannot be built, the unpatched one can: "
        "it does not compile");
    EXPECT_EQ(job.problem->stage, "building");
    EXPECT_EQ(job.verdict->kind, VerdictKind::error);
    const auto all = trials(job.id);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].outcome->cause, Cause::not_needed);
    EXPECT_FALSE(all[0].console.empty());
    expect_nothing_left();
}

TEST_F(RunJob, a_kernel_of_objects_that_an_audit_found_wrong_is_made_again_and_must_be_the_same) {
    scripts_ = fixed_by_the_patch;
    builder_.patched_finds_wrong = true;
    const auto proven = run(add(spec()));
    EXPECT_EQ(builder_.built, 3);
    ASSERT_TRUE(proven.verdict);
    EXPECT_EQ(proven.verdict->kind, VerdictKind::fixed) << proven.verdict->sentence;
}

TEST_F(RunJob, trials_of_a_kernel_that_was_made_of_wrong_objects_prove_nothing) {
    scripts_ = fixed_by_the_patch;
    builder_.patched_waits = [this] { return host_.starts < 3; };
    builder_.patched_finds_wrong = true;
    builder_.made_again = " otherwise";
    const auto job = run(add(spec()));
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::error) << job.verdict->sentence;
    ASSERT_TRUE(job.problem);
    EXPECT_NE(job.problem->what.find("the unpatched kernel: this job's first trials had a kernel "
                                     "that is not the one its source makes"),
              std::string::npos)
        << job.problem->what;
    EXPECT_FALSE(job.patched_build) << "nothing was tried with the patch";
    expect_nothing_left();
}

TEST_F(RunJob, a_job_that_waits_for_its_patched_kernel_can_be_cancelled) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> { return hitting(); };
    builder_.patched_waits = [] { return true; };
    const auto id = add(spec());
    // Three hits are there, and nothing is left to do without the patched kernel.
    run_until(
        id, [this] { return host_.starts == 3 && host_.running == 0; },
        [id](Worker& worker) { worker.cancel(id); });
    const auto job = stored(id);
    ASSERT_TRUE(job.problem);
    EXPECT_EQ(job.problem->what, "the job was cancelled");
    EXPECT_EQ(job.verdict->unpatched.hits, 3);
    EXPECT_EQ(host_.starts, 3);
    expect_nothing_left();
}

TEST_F(RunJob, a_job_can_be_cancelled_while_a_trial_and_a_build_run) {
    scripts_ = endless;
    builder_.patched_waits = [] { return true; };
    const auto id = add(spec());
    run_until(
        id, [this] { return host_.running == 1 && builder_.running == 1; },
        [id](Worker& worker) { worker.cancel(id); });
    const auto job = stored(id);
    ASSERT_TRUE(job.problem);
    EXPECT_EQ(job.problem->what, "the job was cancelled");
    EXPECT_EQ(job.problem->stage, "running");
    const auto all = trials(id);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].outcome->cause, Cause::cancelled);
    expect_nothing_left();
}

TEST_F(RunJob, a_daemon_stopped_while_a_trial_and_a_build_run_goes_on_at_its_next_start) {
    scripts_ = endless;
    builder_.patched_waits = [] { return true; };
    const auto id = add(spec());
    run_until(
        id, [this] { return host_.running == 1 && builder_.running == 1; },
        [](Worker& worker) { worker.stop(); });
    EXPECT_EQ(stored(id).stage, model::JobStage::running);
    EXPECT_EQ(trials(id).at(0).outcome->cause, Cause::interrupted);
    expect_nothing_left();

    scripts_ = fixed_by_the_patch;
    builder_.patched_waits = {};
    const auto job = run(id);
    ASSERT_TRUE(job.verdict);
    EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
    EXPECT_EQ(builder_.built, 3);  // unpatched once, patched twice
}

TEST_F(RunJob, trials_run_side_by_side_where_measured_exposure_says_that_it_pays) {
    scripts_ = fixed_by_the_patch;
    services_.room = Room{8, 64000};  // for four guests of two vCPUs
    struct Row {
        Paces known;
        int expected;
    };
    const std::vector<Row> rows{
        {{}, 1},
        {{{{1, 100, 100}}}, 2},                 // nobody has tried two
        {{{{1, 100, 100}, {2, 105, 100}}}, 1},  // two bring no more than one
        {{{{1, 100, 100}, {2, 180, 100}, {3, 260, 100}, {4, 200, 100}}}, 3}};
    for (const auto& row : rows) {
        const auto id = add(spec());
        const auto key = pace_key(vm::host_fingerprint(), "tcg", *stored(id).workload);
        query([&](store::Store& s) {
            s.put_fact(key, model::to_json(row.known));
            return true;
        });
        host_.most_running = 0;
        const auto job = run(id);
        ASSERT_TRUE(job.verdict);
        EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
        EXPECT_EQ(host_.most_running, row.expected);
        for (const auto& trial : trials(id)) EXPECT_TRUE(trial.outcome) << trial.id;
        expect_nothing_left();
    }
}

}  // namespace
}  // namespace krepro::pipeline
