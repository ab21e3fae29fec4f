// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/bisection.hpp"
#include "model/job.hpp"
#include "pipeline/at_once.hpp"
#include "pipeline/evidence.hpp"
#include "pipeline/job_control.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/recorder.hpp"
#include "pipeline/report_symbols.hpp"
#include "pipeline/services.hpp"
#include "pipeline/tasks.hpp"
#include "util/priority.hpp"
#include "verdict/next.hpp"
#include "verdict/time_left.hpp"
#include "vm/run_trial.hpp"

namespace krepro::pipeline {

// A kernel of the job could not be built: a result about that arm when its code is at fault. May
// come while trials run: the stage that has failed is then not the one that the job is in.
class BuildFailed : public util::InfraError {
  public:
    // The hint's first line is what to do; what follows is the tool's output.
    BuildFailed(model::ArmName arm, const util::Error& error);
    // Whose code is at fault; nothing when the machine is.
    [[nodiscard]] std::optional<model::ArmName> at_fault() const { return at_fault_; }
    [[nodiscard]] const std::vector<std::string>& excerpt() const { return excerpt_; }

  private:
    std::optional<model::ArmName> at_fault_;
    std::vector<std::string> excerpt_;
};

// The steps of one job: each does its work and leaves the result in the store.
class JobRun {
  public:
    JobRun(const Services& services, model::Job job, std::shared_ptr<JobControl> control,
           boost::asio::any_io_executor executor);
    ~JobRun();
    JobRun(const JobRun&) = delete;
    JobRun& operator=(const JobRun&) = delete;

    boost::asio::awaitable<void> enter(model::JobStage stage);
    boost::asio::awaitable<void> check_out();
    boost::asio::awaitable<void> build(model::ArmName arm);
    // As build(), beside what comes; at once when the kernel is in the cache. Reports get file and
    // line when both kernels are there.
    boost::asio::awaitable<void> begin_build(model::ArmName arm);
    boost::asio::awaitable<void> close_interrupted_trials();
    // The accelerator, the workload that was tuned for it, and how many trials this host runs side
    // by side. The accelerator is that of the trials on record, those of earlier steps included;
    // throws `conflict` when this host does not have it.
    boost::asio::awaitable<void> choose_machine();
    // For a warm start: what earlier jobs saw of this unpatched kernel under the form of the
    // workload that the job runs now, read once and kept.
    boost::asio::awaitable<void> recall_earlier_evidence();
    // One kernel and none to compare it with.
    [[nodiscard]] bool is_alone() const { return job_.spec.alone; }
    // What a bisection asks of this job, when it is a step of one. The workload is then that of the
    // first step.
    boost::asio::awaitable<void> recall_step();
    [[nodiscard]] verdict::Plan plan() const;
    boost::asio::awaitable<void> finish_symbols();
    boost::asio::awaitable<std::vector<verdict::StartedTrial>> trials();
    [[nodiscard]] verdict::Able able() const;
    // Returns when the trial's row is there and its VM about to start.
    boost::asio::awaitable<void> begin_trial(verdict::RunTrial next);
    // Until a trial or a build has ended; throws when that ended the job.
    boost::asio::awaitable<void> wait();
    // Ends what still runs, and returns when it has.
    boost::asio::awaitable<void> end_tasks();
    boost::asio::awaitable<void> finish(model::Verdict verdict);

  private:
    struct Arm {  // what a trial of this arm boots
        std::filesystem::path kernel;
        build::BuiltKernel built;
    };

    boost::asio::awaitable<void> save();
    // For tree "auto": the tree that takes the patch takes its place.
    boost::asio::awaitable<void> choose_tree(checkout::Progress tell);
    // For a kernel alone: the commit's whole hash, and its files.
    boost::asio::awaitable<void> check_out_alone(checkout::Progress tell);
    // For a commit: its hashes, its message as the mail, what to run for it.
    boost::asio::awaitable<void> read_commit(checkout::Progress tell);
    [[nodiscard]] build::BuildRequest build_request(model::ArmName arm) const;
    boost::asio::awaitable<build::BuiltKernel> compile(build::BuildRequest request);
    // An audit found objects wrong of which the other arm's kernel may be made, too: where it is
    // not in the cache any more it is built again, and must come out as its trials had it.
    boost::asio::awaitable<void> prove_other(model::ArmName arm);
    boost::asio::awaitable<void> keep_build(model::ArmName arm, build::BuiltKernel kernel);
    // The initramfs with the workload in this form, made once.
    boost::asio::awaitable<std::filesystem::path> image(model::WorkloadForm form);
    boost::asio::awaitable<void> build_beside(model::ArmName arm);
    void start_symbols();
    boost::asio::awaitable<vm::BootSpec> probe_boot();
    [[nodiscard]] bool is_later_step() const;
    boost::asio::awaitable<void> recall_tuned();
    boost::asio::awaitable<void> choose_at_once(int held);
    // As many of those the job holds to as this host has room for now, in the form that runs now.
    void fit_at_once();
    boost::asio::awaitable<void> take_form(model::WorkloadForm form);
    boost::asio::awaitable<void> remember_paces();
    boost::asio::awaitable<void> run_trial(model::Trial trial, verdict::RunTrial next,
                                           std::shared_ptr<vm::TrialCancel> cancel);
    void give_way();
    [[nodiscard]] vm::BootSpec boot_spec(const std::string& name, model::ArmName arm,
                                         model::WorkloadForm form) const;
    boost::asio::awaitable<model::TrialOutcome> boot_and_watch(
        const model::Trial& trial, const verdict::RunTrial& next,
        std::shared_ptr<vm::TrialCancel> cancel);
    // What is known of a running trial, for a job whose target is not settled.
    struct Candidate {
        bool ready = false;     // the workload has begun
        std::string signature;  // of the first report after that
    };
    vm::TrialHooks hooks_for(const model::Trial& trial);
    bool is_target(const model::StoredReport& stored, Candidate& candidate) const;
    model::StoredReport to_store(const model::Trial& trial, const model::Report& report,
                                 Candidate& candidate) const;
    // For a mail without a trace: the target is `choose`'s from here on.
    boost::asio::awaitable<void> settle_target(std::string (*choose)(store::Store&,
                                                                     const model::Job&));
    boost::asio::awaitable<void> close(model::Trial trial, model::TrialOutcome outcome);
    const model::Workload& workload(model::WorkloadForm form);
    // What the trials may still take on this host; nothing when there is nothing to tell it from.
    [[nodiscard]] std::optional<double> seconds_left() const;

    const Services& services_;
    model::Job job_;
    std::shared_ptr<JobControl> control_;
    boost::asio::any_io_executor executor_;
    Recorder recorder_;
    std::shared_ptr<ReportSymbols> symbols_;  // shared with the coroutine that it runs
    checkout::Pair pair_;
    std::map<model::ArmName, Arm> arms_;
    std::map<model::WorkloadForm, model::Workload> workloads_;
    std::map<model::WorkloadForm, std::filesystem::path> images_;
    std::vector<model::BisectionStep> steps_;  // of a bisection, up to this job; or empty
    std::string accelerator_;
    int infrastructure_failures_ = 0;  // in a row
    // Of the build that goes on beside trials; shared with the process that runs.
    std::shared_ptr<util::Priority> priority_;
    Tasks tasks_;
    int trials_running_ = 0;
    std::optional<int> at_once_;                      // now
    int held_at_once_ = 1;                            // as many as the job began with
    std::map<model::WorkloadForm, PaceMeter> paces_;  // of this process's trials
    std::optional<verdict::TimeLeft> time_left_;      // as of `looked_at_`
    std::chrono::steady_clock::time_point looked_at_;
};

}  // namespace krepro::pipeline
