// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/job.hpp"
#include "pipeline/job_control.hpp"
#include "pipeline/recorder.hpp"
#include "pipeline/services.hpp"
#include "verdict/decide.hpp"
#include "vm/run_trial.hpp"

namespace krepro::pipeline {

// The steps of one job: each does its work and leaves the result in the store.
class JobRun {
  public:
    JobRun(const Services& services, model::Job job, std::shared_ptr<JobControl> control,
           boost::asio::any_io_executor executor);

    boost::asio::awaitable<void> enter(model::JobStage stage);
    boost::asio::awaitable<void> check_out();
    boost::asio::awaitable<void> build(model::ArmName arm);
    boost::asio::awaitable<void> close_interrupted_trials();
    boost::asio::awaitable<void> choose_accelerator();
    [[nodiscard]] verdict::Plan plan() const;
    boost::asio::awaitable<std::vector<verdict::TrialRecord>> records();
    boost::asio::awaitable<void> run_trial(verdict::RunTrial next);
    boost::asio::awaitable<void> finish(model::Verdict verdict);

  private:
    struct Arm {  // what a trial of this arm boots
        std::filesystem::path kernel;
    };

    boost::asio::awaitable<void> save();
    boost::asio::awaitable<void> keep_build(model::ArmName arm, build::BuiltKernel kernel);
    // The initramfs with the workload in this form, made once.
    boost::asio::awaitable<std::filesystem::path> image(model::WorkloadForm form);
    boost::asio::awaitable<void> pause(double seconds);
    [[nodiscard]] vm::BootSpec boot_spec(const std::string& name, model::ArmName arm,
                                         const model::Workload& workload) const;
    boost::asio::awaitable<model::TrialOutcome> boot_and_watch(const model::Trial& trial,
                                                               const model::Workload& workload,
                                                               double exposure_goal);
    vm::TrialHooks hooks_for(const model::Trial& trial);
    bool is_target(const model::StoredReport& stored);
    model::StoredReport to_store(const model::Trial& trial, const model::Report& report);
    boost::asio::awaitable<void> close(model::Trial trial, model::TrialOutcome outcome);
    const model::Workload& workload(model::WorkloadForm form);

    const Services& services_;
    model::Job job_;
    std::shared_ptr<JobControl> control_;
    Recorder recorder_;
    checkout::Pair pair_;
    std::map<model::ArmName, Arm> arms_;
    std::map<model::WorkloadForm, model::Workload> workloads_;
    std::map<model::WorkloadForm, std::filesystem::path> images_;
    std::string accelerator_;
    int infrastructure_failures_ = 0;  // in a row
};

}  // namespace krepro::pipeline
