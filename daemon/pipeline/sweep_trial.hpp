// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "image/image.hpp"
#include "model/report.hpp"
#include "model/trial.hpp"
#include "model/workload.hpp"
#include "vm/run_trial.hpp"

namespace krepro::pipeline {

struct SweepTrial {
    std::string name;              // of the VM
    std::filesystem::path kernel;  // that QEMU's user can read
    model::ArmName arm = model::ArmName::unpatched;
    std::string accelerator;
    model::Workload workload;
};

// Runs trials that belong to no job: same guests, limits and judgement, no rows.
class SweepTrials {
  public:
    // `folder` is the caller's, can be reached by QEMU's user, and holds one trial's files at a
    // time. `is_target` says whether a report is the bug that is looked for.
    SweepTrials(vm::VmHost& host, image::ImageParts parts, std::filesystem::path folder,
                std::function<bool(const model::Report&)> is_target);

    // One at a time. `cancel` may be nullptr.
    boost::asio::awaitable<model::TrialOutcome> run(SweepTrial trial,
                                                    std::shared_ptr<vm::TrialCancel> cancel);

    // The initramfs with this workload, in the folder; the next one takes its place.
    std::filesystem::path make_image(const model::Workload& workload);

  private:
    vm::VmHost& host_;
    image::ImageParts parts_;
    std::filesystem::path folder_;
    std::function<bool(const model::Report&)> is_target_;
    model::Workload imaged_;  // whose image there is
};

}  // namespace krepro::pipeline
