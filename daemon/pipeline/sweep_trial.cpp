// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sweep_trial.hpp"

#include "pipeline/guest_boot.hpp"
#include "pipeline/iterations.hpp"
#include "util/files.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

SweepTrials::SweepTrials(vm::VmHost& host, image::ImageParts parts, fs::path folder,
                         std::function<bool(const model::Report&)> is_target)
    : host_(host),
      parts_(std::move(parts)),
      folder_(std::move(folder)),
      is_target_(std::move(is_target)) {}

fs::path SweepTrials::make_image(const model::Workload& workload) {
    auto path = folder_ / "image.cpio";
    if (imaged_ == workload) return path;
    const auto bytes = value_or_throw(image::make_initramfs(parts_, workload, {}));
    value_or_throw(util::write_file_atomic(path, bytes));
    fs::permissions(path, fs::perms(0644));
    imaged_ = workload;
    return path;
}

asio::awaitable<model::TrialOutcome> SweepTrials::run(SweepTrial trial,
                                                      std::shared_ptr<vm::TrialCancel> cancel) {
    const auto run_folder = folder_ / "run";
    fs::remove_all(run_folder);
    fs::create_directories(run_folder);
    fs::permissions(run_folder, fs::perms(0755));
    vm::TrialRun run;
    run.boot = guest_boot({trial.kernel, make_image(trial.workload), trial.accelerator});
    run.boot.name = trial.name;
    run.boot.vcpus = trial.workload.vcpus;
    run.boot.memory_mib = trial.workload.memory_mib;
    run.boot.console = run_folder / "console.log";
    run.boot.harness = run_folder / "harness.log";
    run.limits.iterations = iterations_of(trial.workload);
    run.limits.iteration_s = trial.workload.iteration_s;
    run.limits.unit = trial.workload.unit;
    run.limits.arm = trial.arm;
    run.hooks.on_report = is_target_;
    run.cancel = std::move(cancel);
    co_return co_await vm::run_trial(host_, std::move(run));
}

}  // namespace krepro::pipeline
