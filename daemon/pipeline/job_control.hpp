// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>

#include "model/trial.hpp"
#include "vm/run_trial.hpp"

namespace krepro::pipeline {

// Ends a running job from outside: a trial by way of its monitor, so that the VM is ended in
// order, everything else by cancelling the coroutine. Shared by the job and the worker.
class JobControl {
  public:
    // `cancelled` ends the job for good, `interrupted` leaves it to the next start.
    void request(model::Cause cause) {
        if (cause_) return;
        cause_ = cause;
        if (trial_)
            trial_->request(cause);
        else
            signal.emit(boost::asio::cancellation_type::terminal);
    }
    [[nodiscard]] std::optional<model::Cause> cause() const { return cause_; }

    // From here to end_trial() a request goes to the trial.
    std::shared_ptr<vm::TrialCancel> begin_trial() {
        trial_ = std::make_shared<vm::TrialCancel>();
        if (cause_) trial_->request(*cause_);
        return trial_;
    }
    void end_trial() { trial_.reset(); }

    boost::asio::cancellation_signal signal;

  private:
    std::optional<model::Cause> cause_;
    std::shared_ptr<vm::TrialCancel> trial_;
};

// Thrown through a job that was asked to end.
struct JobStopped {
    model::Cause cause;
};

}  // namespace krepro::pipeline
