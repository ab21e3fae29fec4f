// SPDX-License-Identifier: Apache-2.0
#include "verdict/tally.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

namespace krepro::verdict {
namespace {

using model::ArmName;
using model::Cause;
using model::OutcomeKind;
using model::WorkloadForm;

using Signatures = std::set<std::string_view>;

double sane(double value) {
    return std::isfinite(value) && value > 0 ? value : 0;
}

// krepro's own stop says nothing about the kernel, the workload or the host.
bool is_ours(const model::TrialOutcome& outcome) {
    return outcome.cause == Cause::interrupted || outcome.cause == Cause::cancelled ||
           outcome.cause == Cause::not_needed;
}

// What an outcome shows that has no report of its own; the reports that came with it do not explain
// it.
std::string_view silent_sign(const model::TrialOutcome& outcome) {
    if (!outcome.cause) return {};
    switch (*outcome.cause) {
        case Cause::console_flood:
        case Cause::early_exit:
        case Cause::lockdep_off_unexplained:
            return model::to_string(*outcome.cause);
        default:
            return {};
    }
}

Signatures signs_of(const TrialRecord& trial) {
    Signatures signs(trial.other_signatures.begin(), trial.other_signatures.end());
    if (const auto sign = silent_sign(trial.outcome); !sign.empty()) signs.insert(sign);
    return signs;
}

Signatures signs_on_unpatched(std::span<const TrialRecord> trials) {
    Signatures known;
    for (const auto& trial : trials)
        if (trial.arm == ArmName::unpatched) known.merge(signs_of(trial));
    return known;
}

bool are_known(const Signatures& signs, const Signatures& known) {
    return std::includes(known.begin(), known.end(), signs.begin(), signs.end());
}

// That a trial is `other` says by itself that it showed something. That it is void does not: then
// only what was reported counts, whatever ended the trial.
bool shows_something_new(const TrialRecord& trial, const Signatures& known) {
    if (trial.arm != ArmName::patched) return false;
    if (trial.outcome.kind == OutcomeKind::none) {
        const Signatures reported(trial.other_signatures.begin(), trial.other_signatures.end());
        return !are_known(reported, known);
    }
    if (stalled_under_load(trial.outcome)) return false;
    const Signatures signs = signs_of(trial);
    return signs.empty() || !are_known(signs, known);
}

// Whether no kernel without the patch whose lockdep is off could have shown what is new here.
bool is_lockdeps_own(const TrialRecord& trial, const Signatures& known) {
    Signatures lockdeps(trial.lockdep_signatures.begin(), trial.lockdep_signatures.end());
    lockdeps.insert(model::to_string(Cause::lockdep_off_unexplained));
    lockdeps.insert(known.begin(), known.end());
    const Signatures signs = signs_of(trial);
    return !signs.empty() && are_known(signs, lockdeps);
}

bool failed_to_boot(const model::TrialOutcome& outcome) {
    return outcome.cause == Cause::no_boot || outcome.cause == Cause::boot_hang;
}

// The VM came to no load, or ended by itself under it.
bool is_death(const model::TrialOutcome& outcome) {
    return failed_to_boot(outcome) || outcome.cause == Cause::early_exit;
}

// The trials of one form, one after the other.
class Counter {
  public:
    Counter(Tally& tally, const Signatures& known) : tally_(tally), known_(known) {}

    void add(const TrialRecord& trial) {
        const auto& outcome = trial.outcome;
        ArmTally& arm = arm_of(trial.arm);
        ++arm.counts.trials;
        arm.counts.wall_s += sane(outcome.wall_s);
        arm.stalls += stalled_under_load(outcome) ? 1 : 0;
        count_death(arm, trial);
        arm.blind_early += outcome.cause == Cause::lockdep_off_early ? 1 : 0;
        if (outcome.kind == OutcomeKind::none) return add_void(arm, trial);
        tally_.voids_in_a_row = 0;
        check_unit(outcome.unit);
        arm.counts.exposure += sane(outcome.exposure);
        add_kind(arm, trial);
    }

    [[nodiscard]] std::vector<std::string> void_causes() const {
        std::vector<std::string> lines;
        for (const auto& [cause, count] : causes_)
            lines.push_back(std::string(model::to_string(cause)) + ": " + std::to_string(count));
        return lines;
    }

  private:
    ArmTally& arm_of(ArmName name) {
        if (name == ArmName::patched) return tally_.patched;
        if (tally_.unpatched.counts.hits < tally_.fresh_hits_needed()) return tally_.unpatched;
        // Begun side by side with the one that had the k-th hit: no control, for it shows nothing
        // about the time after the patched arm.
        return tally_.patched.counts.trials == 0 ? tally_.surplus : tally_.control;
    }

    // One that a report explains is left to what is said of that report.
    void count_death(ArmTally& arm, const TrialRecord& trial) {
        if (!is_death(trial.outcome) || shows_something_new(trial, known_)) return;
        ++(failed_to_boot(trial.outcome) ? arm.failed_boots : arm.early_exits);
        arm.hung_boots += trial.outcome.cause == Cause::boot_hang ? 1 : 0;
    }

    void add_void(ArmTally& arm, const TrialRecord& trial) {
        const auto& outcome = trial.outcome;
        ++arm.counts.voids;
        if (shows_something_new(trial, known_)) {
            ++arm.telling_voids;
            add_new_splat(arm, trial);
        }
        if (outcome.unit == tally_.unit) arm.void_exposure += sane(outcome.exposure);
        ++causes_[outcome.cause.value_or(Cause::infrastructure)];
        arm.stalled_voids += stalled_under_load(outcome) ? 1 : 0;
        if (is_ours(outcome))
            ++arm.interrupted;
        else
            ++tally_.voids_in_a_row;
    }

    void add_kind(ArmTally& arm, const TrialRecord& trial) {
        switch (trial.outcome.kind) {
            case OutcomeKind::hit:
                ++arm.counts.hits;
                arm.seeing_hits += trial.outcome.lockdep_alive_at_end ? 1 : 0;
                break;
            case OutcomeKind::clean:
                ++arm.counts.clean;
                break;
            case OutcomeKind::other:
                ++arm.counts.other;
                if (shows_something_new(trial, known_)) add_new_splat(arm, trial);
                break;
            case OutcomeKind::none:
                break;
        }
    }

    void add_new_splat(ArmTally& arm, const TrialRecord& trial) const {
        const std::string& words = trial.outcome.detail;
        ++arm.new_splats;
        arm.lockdep_splats += is_lockdeps_own(trial, known_) ? 1 : 0;
        auto& all = arm.new_splat_words;
        if (!words.empty() && std::find(all.begin(), all.end(), words) == all.end())
            all.push_back(words);
    }

    void check_unit(model::ExposureUnit unit) {
        if (!unit_seen_) tally_.unit = unit;
        if (tally_.unit != unit) tally_.mixed_units = true;
        unit_seen_ = true;
    }

    Tally& tally_;
    const Signatures& known_;
    std::map<Cause, int> causes_;
    bool unit_seen_ = false;
};

// Two attempts at one claim, verbatim and then amplified, are each tested at half of alpha: without
// that a verbatim rate just too low for its share would give a bug two chances to hide. So is each
// bug that could have been the target, where the trials themselves have chosen it: the one that
// happened to come most often looks more frequent than it is (Bonferroni's correction).
double confidence_of_claim(double confidence, int claims) {
    return 1 - (1 - confidence) / claims;
}

// On both arms: a bug that did not come without the patch was in the running as well. With the
// first trial of the patched arm the target is settled; what later ones without the patch show,
// such as the control, has had no part in it.
int candidates_of(std::span<const TrialRecord> trials) {
    Signatures seen;
    bool settled = false;
    for (const auto& trial : trials) {
        settled = settled || trial.arm == ArmName::patched;
        if (settled && trial.arm == ArmName::unpatched) continue;
        seen.insert(trial.candidates.begin(), trial.candidates.end());
    }
    return std::max(1, static_cast<int>(seen.size()));
}

// Without those that krepro itself has ended: with each verdict it ends the trials that still run.
struct VoidShare {
    int voids = 0;
    int trials = 0;
    int stalls = 0;  // of the voids

    [[nodiscard]] bool above_a_third() const { return 3 * voids > trials; }
    [[nodiscard]] bool above_a_third_but_for_stalls() const {
        return voids - stalls >= k_fatal_voids && 3 * (voids - stalls) > trials - stalls;
    }
    [[nodiscard]] bool hopeless() const {
        const double spread = std::sqrt(trials * 2.0 / 9.0);
        return voids >= k_fatal_voids && voids > trials / 3.0 + 2.5 * spread;
    }
    void add(const ArmTally& arm) {
        voids += arm.counts.voids - arm.interrupted;
        trials += arm.counts.trials - arm.interrupted;
        stalls += arm.stalled_voids;
    }

  private:
    static constexpr int k_fatal_voids = 4;
};

VoidShare share_of(const ArmTally& arm) {
    VoidShare share;
    share.add(arm);
    return share;
}

VoidShare share_of_all(const Tally& tally) {
    VoidShare share;
    for (const auto* arm : {&tally.unpatched, &tally.patched, &tally.control, &tally.surplus})
        share.add(*arm);
    return share;
}

// Earlier evidence is of another day and another load of the host, so it counts at half weight; and
// never for all k hits, so that this job shows the bug itself. Hits are rounded down and their
// exposure is not: both err against `fixed`. A mean of the right size with less spread than k fresh
// hits would have makes the test no more likely to err (Jensen's inequality).
model::CountedEvidence counted(const Plan& plan, WorkloadForm form, int k) {
    model::CountedEvidence counted;
    const auto& earlier = plan.earlier;
    if (!earlier || earlier->form != form || earlier->hits < 1 || !(sane(earlier->exposure) > 0))
        return counted;
    const double weight = std::min(0.5, static_cast<double>(k - 1) / earlier->hits);
    const int hits = static_cast<int>(std::floor(weight * earlier->hits + 1e-9));
    if (hits < 1) return counted;
    counted.hits = hits;
    counted.exposure = weight * std::max(earlier->exposure, static_cast<double>(earlier->hits));
    counted.jobs = earlier->jobs;
    return counted;
}

std::vector<std::string> seen_on_both(std::span<const TrialRecord> trials,
                                      const Signatures& known) {
    Signatures both;
    for (const auto& trial : trials) {
        if (trial.arm != ArmName::patched) continue;
        for (const auto sign : signs_of(trial))
            if (known.contains(sign)) both.insert(sign);
    }
    return {both.begin(), both.end()};
}

}  // namespace

bool stalled_under_load(const model::TrialOutcome& outcome) {
    // The other causes come under load alone.
    if (outcome.cause == Cause::host_stall) return outcome.ready_s.has_value();
    return outcome.cause == Cause::stall || outcome.cause == Cause::hang ||
           outcome.cause == Cause::heartbeat_stale;
}

Tally tally_form(const Plan& plan, std::span<const TrialRecord> trials, WorkloadForm form) {
    Tally tally;
    tally.form = form;
    tally.attempts = plan.form == WorkloadForm::automatic ? 2 : 1;
    tally.alone = plan.alone;
    tally.amplified = form == WorkloadForm::amplified && plan.amplified_differs;
    tally.candidates = candidates_of(trials);
    tally.confidence = confidence_of_claim(plan.confidence, tally.claims());
    tally.guard_confidence = confidence_of_claim(plan.confidence, tally.attempts);
    tally.unit = plan.unit;
    tally.k = hits_needed(plan.confidence);
    tally.earlier = counted(plan, form, tally.k);
    tally.budget_wall_s = plan.budget_wall_s;
    tally.budget_trials = plan.budget_trials;
    const Signatures known = signs_on_unpatched(trials);
    Counter counter(tally, known);
    for (const auto& trial : trials) {
        if (trial.form == form) {
            counter.add(trial);
        } else {
            tally.budget_wall_s -= sane(trial.outcome.wall_s);
            --tally.budget_trials;
            tally.hits_in_other_form +=
                trial.arm == ArmName::unpatched && trial.outcome.kind == OutcomeKind::hit ? 1 : 0;
        }
    }
    tally.void_causes = counter.void_causes();
    tally.side_findings = seen_on_both(trials, known);
    return tally;
}

model::EarlierEvidence unpatched_evidence(std::span<const TrialRecord> trials, WorkloadForm form) {
    model::EarlierEvidence evidence;
    evidence.form = form;
    for (const auto& trial : trials) {
        if (trial.arm != ArmName::unpatched || trial.form != form) continue;
        evidence.exposure += sane(trial.outcome.exposure);
        evidence.hits += trial.outcome.kind == OutcomeKind::hit ? 1 : 0;
    }
    return evidence;
}

bool voids_hopeless(const Tally& tally) {
    return share_of_all(tally).hopeless() || share_of(tally.unpatched).hopeless() ||
           share_of(tally.patched).hopeless();
}

bool voids_above_a_third(const Tally& tally, ArmName clean) {
    return share_of_all(tally).above_a_third() || share_of(tally.arm(clean)).above_a_third();
}

bool voids_too_many(const Tally& tally) {
    return share_of_all(tally).above_a_third_but_for_stalls();
}

}  // namespace krepro::verdict
