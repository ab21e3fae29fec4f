// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
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
    // Of the reports that are not the target, whatever the outcome. What is seen on both arms is a
    // side finding and never flips the verdict; an `other` without a signature counts as new.
    std::vector<std::string> other_signatures;
    // Of these, such as only a lockdep that is on reports: where a hit has turned it off, they
    // cannot come.
    std::vector<std::string> lockdep_signatures = {};
    // Where no mail says what the target is, and these trials do: all that this one showed and that
    // may be it.
    std::vector<std::string> candidates = {};
};

// Stalled under load: reported by the kernel or told by its silence; void on the unpatched arm and
// `other` on the patched one: the same thing. An unpatched boot may also have stalled past its hit.
// One that stalls while it boots came to no load, and is no such stall.
[[nodiscard]] bool stalled_under_load(const model::TrialOutcome& outcome);

struct Plan {
    double confidence = 0.95;
    double budget_wall_s = 3600;
    int budget_trials = 60;
    model::WorkloadForm form = model::WorkloadForm::amplified;
    model::ExposureUnit unit = model::ExposureUnit::deadline_exits;
    // Whether the amplified form has other parameters than the mail. A script has none that a rule
    // could change.
    bool amplified_differs = true;
    // After the patched arm, one more hit on unpatched shows that the assay still works (A..B..A').
    // It is a control, not part of the test: neither the hit nor its exposure enters p, so it can
    // only withhold a `fixed`. It costs about one hit's time.
    bool confirm_assay = true;
    bool alone = false;  // there is no patched kernel: does this one hit?
    // Of one kernel alone: so many hits are `reproduced`, and so much exposure without one is
    // enough (0: the whole budget), of which one boot brings so much at most (0: what it can).
    int alone_hits = 1;
    double alone_exposure = 0;
    double alone_boot_exposure = 0;
    // Both kernels are byte for byte the same: nothing that the patch changes is built.
    bool same_kernel = false;
    // A warm start: what earlier jobs saw of the same unpatched kernel and workload. It counts at
    // half weight or less, so that one hit of this job at least is always asked for.
    std::optional<model::EarlierEvidence> earlier;
};

// Run one more trial of this arm; end it when it has gathered `exposure_goal` (0: no goal).
struct RunTrial {
    model::ArmName arm = model::ArmName::unpatched;
    model::WorkloadForm form = model::WorkloadForm::verbatim;
    double exposure_goal = 0;
    double wall_s = 0;   // what the arm may still use of the budget; a trial ends by then
    double pause_s = 0;  // wait this long first (after void trials)
    // Go on past the target's hit: what the boots with the patch have shown is looked for in boots
    // without it that come to the same age.
    bool past_hit = false;
    // End it at this though more is asked of the arm (0: no such limit).
    double boot_exposure = 0;
};

struct Stop {
    model::Verdict verdict;
};

using Decision = std::variant<RunTrial, Stop>;

// k = ceil(ln(1/alpha)): 3 at 95 %, 5 at 99 %.
[[nodiscard]] int hits_needed(double confidence);

// Exposure that the clean arm must show: (alpha^(-1/k) - 1) * hit_exposure.
[[nodiscard]] double exposure_needed(double confidence, int k, double hit_exposure);

// The p of a clean arm beside k hits: (E_hit / (E_hit + E_clean))^k.
[[nodiscard]] double p_of_no_hit(int k, double hit_exposure, double clean_exposure);

// The share of the budget that the unpatched arm may use without a hit: alpha^(1/k), 0.37 at 95 %.
// The clean arm needs (alpha^(-1/k) - 1) times the exposure of the hit arm; so a k-th hit that
// comes later than this share could not be followed by enough exposure within the budget.
[[nodiscard]] double unpatched_share(double confidence, int k);

// Of the whole budget, in `auto`: the rest must still hold a whole job with the amplified form.
inline constexpr double k_verbatim_share = 0.25;

// What the trials of an earlier job say about its unpatched kernel under the workload's `form`.
[[nodiscard]] model::EarlierEvidence unpatched_evidence(std::span<const TrialRecord> trials,
                                                        model::WorkloadForm form);

// What to do after these trials: a pure function, so that a daemon that starts again asks it with
// the trials on record and goes on as if nothing had happened.
[[nodiscard]] Decision decide(const Plan& plan, std::span<const TrialRecord> trials);

// The verdict as it stands when a job is ended early (cancelled, or an infrastructure error).
[[nodiscard]] model::Verdict summarize(const Plan& plan, std::span<const TrialRecord> trials,
                                       model::VerdictKind kind, std::string sentence);

}  // namespace krepro::verdict
