// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "model/trial.hpp"
#include "model/verdict.hpp"

namespace krepro::verdict {

// One finished trial, as the rule sees it. The order of the sequence is the order of the trials.
struct TrialRecord {
    model::ArmName arm = model::ArmName::unpatched;
    model::WorkloadForm form = model::WorkloadForm::verbatim;
    model::TrialOutcome outcome;
};

struct Plan {
    double confidence = 0.95;
    double budget_wall_s = 3600;
    int budget_trials = 60;
    model::WorkloadForm form = model::WorkloadForm::amplified;
    model::ExposureUnit unit = model::ExposureUnit::deadline_exits;
};

// Run one more trial of this arm; end it when it has gathered `exposure_goal` (0: no goal).
struct RunTrial {
    model::ArmName arm = model::ArmName::unpatched;
    model::WorkloadForm form = model::WorkloadForm::verbatim;
    double exposure_goal = 0;
    double pause_s = 0;  // wait this long first (after void trials)
};

struct Stop {
    model::Verdict verdict;
};

using Decision = std::variant<RunTrial, Stop>;

// k = ceil(ln(1/alpha)): 3 at 95 %, 5 at 99 %.
[[nodiscard]] int hits_needed(double confidence);

// Exposure that the clean arm must show: (alpha^(-1/k) - 1) * hit_exposure.
[[nodiscard]] double exposure_needed(double confidence, int k, double hit_exposure);

// What to do after these trials: a pure function, so that a daemon that starts again asks it with
// the trials on record and goes on as if nothing had happened.
[[nodiscard]] Decision decide(const Plan& plan, std::span<const TrialRecord> trials);

// The verdict as it stands when a job is ended early (cancelled, or an infrastructure error).
[[nodiscard]] model::Verdict summarize(const Plan& plan, std::span<const TrialRecord> trials,
                                       model::VerdictKind kind, std::string sentence);

}  // namespace krepro::verdict
