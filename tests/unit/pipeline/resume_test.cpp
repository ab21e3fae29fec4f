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
    const auto too_many = run(begun(Machine{"tcg", 5}));
    ASSERT_TRUE(too_many.problem);
    EXPECT_THAT(too_many.problem->what, HasSubstr("5 at once"));
}

}  // namespace
}  // namespace krepro::pipeline
