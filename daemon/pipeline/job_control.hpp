// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>
#include <set>

#include "model/trial.hpp"
#include "util/result.hpp"
#include "vm/run_trial.hpp"

namespace krepro::pipeline {

// Ends a running job from outside: trials by way of their monitors, so that the VMs are ended in
// order, everything else by cancelling the coroutine. Shared by the job and the worker.
class JobControl {
  public:
    // `cancelled` ends the job for good, `interrupted` leaves it to the next start.
    void request(model::Cause cause) {
        if (cause_) return;
        cause_ = cause;
        if (trials_.empty())
            signal.emit(boost::asio::cancellation_type::terminal);
        else
            end_trials(cause);
    }
    [[nodiscard]] std::optional<model::Cause> cause() const { return cause_; }

    // From here to end_trial() a request goes to the trial.
    std::shared_ptr<vm::TrialCancel> begin_trial() {
        auto trial = std::make_shared<vm::TrialCancel>();
        trials_.insert(trial);
        if (cause_) trial->request(*cause_);
        return trial;
    }
    void end_trial(const std::shared_ptr<vm::TrialCancel>& trial) { trials_.erase(trial); }
    // When there is never more than one.
    void end_trial() { trials_.clear(); }
    // Ends the trials that run, and nothing else.
    void end_trials(model::Cause cause) {
        for (const auto& trial : trials_) trial->request(cause);
    }

    boost::asio::cancellation_signal signal;

  private:
    std::optional<model::Cause> cause_;
    std::set<std::shared_ptr<vm::TrialCancel>> trials_;
};

// Thrown through a job that was asked to end.
struct JobStopped {
    model::Cause cause;
};

}  // namespace krepro::pipeline
