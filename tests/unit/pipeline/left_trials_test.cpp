// SPDX-License-Identifier: Apache-2.0
// What a killed krepro has left: trials that are open, with what they have shown.
#include "pipeline/left_trials.hpp"

#include <gmock/gmock.h>

#include "run_job_fixture.hpp"

namespace krepro::pipeline {
namespace {

using namespace run_job_fixture;
using model::ArmName;

class LeftTrials : public RunJob {
  protected:
    // A job in the midst of its trials.
    std::int64_t running_job() {
        const auto id = add(spec());
        query([id](store::Store& s) {
            auto job = *s.job(id);
            job.stage = model::JobStage::running;
            util::value_or_throw(s.update_job(job));
            return true;
        });
        return id;
    }
    std::int64_t open_trial(std::int64_t job, ArmName arm) {
        return query([job, arm](store::Store& s) {
            model::Trial trial;
            trial.job = job;
            trial.arm = arm;
            trial.form = model::WorkloadForm::amplified;
            return s.add_trial(trial).id;
        });
    }
    void report(std::int64_t job, std::int64_t trial, ArmName arm, bool target) {
        query([=](store::Store& s) {
            model::StoredReport stored;
            stored.job = job;
            stored.trial = trial;
            stored.arm = arm;
            stored.target = target;
            stored.report.kind = target ? "invalid_wait_context" : "circular_locking";
            stored.report.title = target ? "the target" : "another";
            stored.report.signature = stored.report.title;
            return s.add_report(stored);
        });
    }
    void leave_logs(std::int64_t trial, const Script& script) {
        const auto folder = run_folder(services_, trial);
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "console.log") << script.console;
        std::ofstream(folder / "harness.log") << script.harness;
    }
    // Closes what is open as a start does.
    model::Trial closed(std::int64_t job, std::int64_t trial) {
        asio::io_context io;
        asio::co_spawn(io, close_left_trials(services_, job), [](const std::exception_ptr& e) {
            if (e) std::rethrow_exception(e);
        });
        io.run();
        return *query([trial](store::Store& s) { return s.trial(trial); });
    }
};

TEST_F(LeftTrials, one_whose_target_was_reported_has_hit_and_keeps_its_console) {
    for (const auto arm : {ArmName::unpatched, ArmName::patched}) {
        const auto job = running_job();
        const auto id = open_trial(job, arm);
        report(job, id, arm, true);
        leave_logs(id, hitting());
        const auto trial = closed(job, id);
        ASSERT_TRUE(trial.outcome);
        EXPECT_EQ(trial.outcome->kind, OutcomeKind::hit) << trial.outcome->detail;
        EXPECT_EQ(trial.outcome->exposure, 100);
        EXPECT_EQ(trial.reports.size(), 1U);
        const auto console = artifacts_.path(trial.console);
        ASSERT_TRUE(console);
        EXPECT_THAT(util::value_or_throw(util::read_file(*console)),
                    testing::HasSubstr("Invalid wait context"));
        EXPECT_FALSE(std::filesystem::exists(run_folder(services_, id)));
    }
}

TEST_F(LeftTrials, a_hit_of_unknown_exposure_counts_with_the_patch_alone) {
    const auto job = running_job();
    const auto unpatched = open_trial(job, ArmName::unpatched);
    const auto patched = open_trial(job, ArmName::patched);
    report(job, unpatched, ArmName::unpatched, true);
    report(job, patched, ArmName::patched, true);
    EXPECT_EQ(closed(job, patched).outcome->kind, OutcomeKind::hit);
    EXPECT_EQ(closed(job, unpatched).outcome->kind, OutcomeKind::none);
    EXPECT_EQ(closed(job, unpatched).outcome->cause, Cause::uncounted);
}

TEST_F(LeftTrials, a_hit_in_guest_seconds_leaves_the_pauses_of_the_script_out) {
    const auto folder = folder_.path() / "left";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "harness.log")
        << booted() << heartbeat(4, 1, 0)
        << R"({"type":"iteration_end","uptime":4.5,"iteration":1,"exit_status":0})"
        << "\n"
        << heartbeat(5, 1, 0) << R"({"type":"iteration_start","uptime":5.75,"iteration":2})"
        << "\n"
        << heartbeat(6, 0, 0);
    const auto logs = keep_left_logs(artifacts_, folder, model::ExposureUnit::guest_seconds);
    ASSERT_TRUE(logs.exposure);
    EXPECT_NEAR(*logs.exposure, 0.9 + 1 + 0.5 + 0.25, 1e-9);
}

TEST_F(LeftTrials, another_report_stands_with_the_patch_and_the_rest_is_void) {
    const auto job = running_job();
    const auto unpatched = open_trial(job, ArmName::unpatched);
    const auto patched = open_trial(job, ArmName::patched);
    const auto silent = open_trial(job, ArmName::patched);
    report(job, unpatched, ArmName::unpatched, false);
    report(job, patched, ArmName::patched, false);
    leave_logs(patched, clean());
    EXPECT_EQ(closed(job, patched).outcome->kind, OutcomeKind::other);
    EXPECT_EQ(closed(job, patched).outcome->cause, Cause::other_report);
    EXPECT_EQ(closed(job, patched).outcome->exposure, 0);
    EXPECT_EQ(closed(job, unpatched).outcome->cause, Cause::interrupted);
    EXPECT_EQ(closed(job, silent).outcome->cause, Cause::interrupted);
}

TEST_F(LeftTrials, a_hit_with_the_patch_that_was_stored_before_the_kill_is_not_fixed) {
    scripts_ = fixed_by_the_patch;
    const auto job = running_job();
    for (const auto arm : {ArmName::unpatched, ArmName::patched}) {
        const auto id = open_trial(job, arm);
        report(job, id, arm, true);
        leave_logs(id, hitting());
    }
    const auto done = run(job);
    ASSERT_TRUE(done.verdict);
    EXPECT_EQ(done.verdict->kind, VerdictKind::not_fixed) << done.verdict->sentence;
    EXPECT_FALSE(trials(job).at(0).console.empty());
}

}  // namespace
}  // namespace krepro::pipeline
