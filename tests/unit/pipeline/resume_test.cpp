// SPDX-License-Identifier: Apache-2.0
// A job that another process has begun, and jobs behind one that cannot go on.
#include <gmock/gmock.h>

#include <limits>

#include "pipeline/machine.hpp"
#include "run_job_fixture.hpp"

namespace krepro::pipeline {
namespace {

using namespace run_job_fixture;
using testing::HasSubstr;

class Resume : public RunJob {
  protected:
    // One trial is on record.
    std::int64_t begun(std::optional<Machine> machine, double exposure = 100) {
        const auto id = add(spec());
        query([=](store::Store& s) {
            auto job = *s.job(id);
            job.stage = model::JobStage::running;
            util::value_or_throw(s.update_job(job));
            model::Trial trial;
            trial.job = id;
            trial.form = model::WorkloadForm::amplified;
            trial.accelerator = machine ? machine->accelerator : "tcg";
            trial = s.add_trial(trial);
            trial.outcome.emplace();
            trial.outcome->kind = OutcomeKind::hit;
            trial.outcome->exposure = exposure;
            trial.outcome->unit = model::ExposureUnit::deadline_exits;
            util::value_or_throw(s.close_trial(trial));
            if (machine) keep_machine(s, id, *machine);
            return true;
        });
        return id;
    }
};

TEST_F(Resume, a_job_keeps_the_machine_of_its_first_trial) {
    const auto id = add(spec());
    EXPECT_FALSE(query([id](store::Store& s) { return kept_machine(s, id).has_value(); }));
    run(id);
    const auto kept = query([id](store::Store& s) { return kept_machine(s, id); });
    EXPECT_EQ(kept, (Machine{"tcg", 1}));
}

TEST_F(Resume, a_job_keeps_the_commit_that_its_tree_was_at) {
    scripts_ = endless;
    const auto id = add(spec());
    run_until(
        id, [this] { return host_.running == 1; }, [](Worker& worker) { worker.stop(); });
    EXPECT_EQ(stored(id).unpatched_checkout->revision, "base");
    source_.head = "where the branch is by now";
    scripts_ = fixed_by_the_patch;
    const auto job = run(id);
    EXPECT_FALSE(job.problem) << job.problem->what;
    EXPECT_EQ(job.unpatched_checkout->revision, "base");
    EXPECT_EQ(job.patched_checkout->revision, "base");
    EXPECT_EQ(run(add(spec())).unpatched_checkout->revision, source_.head);
}

TEST_F(Resume, a_job_that_began_under_kvm_does_not_go_on_without_it) {
    const auto job = run(begun(Machine{"kvm", 1}));
    ASSERT_TRUE(job.problem);
    EXPECT_THAT(job.problem->what, HasSubstr("ran under kvm"));
    EXPECT_EQ(host_.starts, 0);
}

TEST_F(Resume, a_job_that_began_emulated_stays_so) {
    services_.accelerator = "kvm";
    for (const auto& machine : {std::optional(Machine{"tcg", 1}), std::optional<Machine>()}) {
        const auto job = run(begun(machine));
        EXPECT_FALSE(job.problem) << job.problem->what;
        for (const auto& trial : trials(job.id)) EXPECT_EQ(trial.accelerator, "tcg");
    }
}

TEST_F(Resume, a_job_holds_to_the_number_of_its_trials_side_by_side) {
    services_.room = Room{8, 64000};  // for four guests of two vCPUs
    const auto held = run(begun(Machine{"tcg", 3}));
    EXPECT_FALSE(held.problem);
    EXPECT_EQ(host_.most_running, 3);
}

TEST_F(Resume, a_job_goes_on_with_fewer_side_by_side_where_there_is_less_room_than_at_its_start) {
    struct Row {
        Room room;
        int expected;
    };
    for (const auto& row : {Row{{8, 64000}, 4}, Row{{8, 2000}, 1}, Row{{1, 64000}, 1}}) {
        services_.room = row.room;
        host_.most_running = 0;
        const auto job = run(begun(Machine{"tcg", 5}));
        EXPECT_FALSE(job.problem) << job.problem->what;
        ASSERT_TRUE(job.verdict);
        EXPECT_EQ(job.verdict->kind, VerdictKind::fixed) << job.verdict->sentence;
        EXPECT_EQ(host_.most_running, row.expected);
        const auto kept = query([id = job.id](store::Store& s) { return kept_machine(s, id); });
        EXPECT_EQ(kept, (Machine{"tcg", 5})) << "with room again it runs as many again";
    }
}

TEST_F(Resume, a_trial_that_cannot_be_read_ends_its_job_and_no_other) {
    const auto damaged = begun(std::nullopt, std::numeric_limits<double>::quiet_NaN());
    EXPECT_THROW(trials(damaged), util::InfraError);
    const auto next = run(add(spec()));
    ASSERT_TRUE(next.verdict);
    EXPECT_EQ(next.verdict->kind, VerdictKind::fixed);
    const auto ended = stored(damaged);
    ASSERT_EQ(ended.stage, model::JobStage::done);
    EXPECT_EQ(ended.verdict->kind, VerdictKind::error);
    EXPECT_EQ(ended.verdict->unpatched.trials, 0);
    EXPECT_THAT(ended.problem->what, HasSubstr("cannot be read"));
}

TEST_F(Resume, a_busy_host_is_waited_for_and_does_not_end_the_job) {
    scripts_ = [](const std::string& arm, int start) -> util::Result<Script> {
        if (start <= 3)
            return Script{
                "[    0.1] booting\n",
                "{\"type\":\"error\",\"uptime\":2.0,\"what\":\"high-resolution timers are "
                "off: as on a loaded host\"}\n",
                false};
        return fixed_by_the_patch(arm, start);
    };
    const auto job = run(add(spec()));
    EXPECT_FALSE(job.problem) << job.problem->what;
    EXPECT_EQ(trials(job.id).at(0).outcome->cause, Cause::host_stall);
}

TEST_F(Resume, a_guest_that_prints_the_target_for_ever_does_not_fill_the_history) {
    scripts_ = [](const std::string&, int) -> util::Result<Script> {
        auto script = hitting();
        for (int i = 0; i < 40; ++i) script.console += k_splat;
        return script;
    };
    const auto job = run(add(spec()));
    std::map<std::int64_t, int> of_trial;
    for (const auto& report : query([id = job.id](store::Store& s) { return s.reports(id); }))
        ++of_trial[report.trial];
    ASSERT_FALSE(of_trial.empty());
    for (const auto& [trial, reports] : of_trial) EXPECT_LE(reports, 10) << trial;
}

}  // namespace
}  // namespace krepro::pipeline
