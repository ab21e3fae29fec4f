// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "model/harness.hpp"
#include "model/report.hpp"
#include "model/trial.hpp"
#include "vm/run_monitor.hpp"
#include "vm/vm_host.hpp"

namespace krepro::vm {

// Ends a trial from outside; shared by the trial and whoever may cancel it.
class TrialCancel {
  public:
    void request(model::Cause cause) {
        if (!cause_) cause_ = cause;
        if (wake_) wake_();
    }
    [[nodiscard]] std::optional<model::Cause> cause() const { return cause_; }
    void on_request(std::function<void()> wake) { wake_ = std::move(wake); }

  private:
    std::optional<model::Cause> cause_;
    std::function<void()> wake_;
};

// What the caller of a trial is told while it runs; all called on the loop's thread.
struct TrialHooks {
    // A report is complete. Says whether it is the target.
    std::function<bool(const model::Report&)> on_report;
    std::function<void(const model::HarnessEvent&, double exposure)> on_harness;
};

struct TrialRun {
    BootSpec boot;
    TrialLimits limits;
    TrialHooks hooks;
    std::shared_ptr<TrialCancel> cancel;
};

// Boots the VM, drives the RunMonitor with what happens, and ends the VM. Returns the outcome;
// the console and harness files are complete when it returns. Never throws for what the kernel,
// the workload or the VM does: a VM that cannot be started is void, "infrastructure".
boost::asio::awaitable<model::TrialOutcome> run_trial(VmHost& host, TrialRun run);

}  // namespace krepro::vm
