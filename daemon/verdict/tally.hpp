// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "verdict/decide.hpp"

namespace krepro::verdict {

// One arm of the comparison, counted.
struct ArmTally {
    model::ArmCounts counts;
    int new_splats = 0;     // trials that show something the unpatched arm has not shown
    int telling_voids = 0;  // of these, such as are void: a panic at boot
    std::vector<std::string> new_splat_words;  // what they were, in the words of their outcomes
    int lockdep_splats = 0;    // of the new ones, such as only a lockdep that is on reports
    int seeing_hits = 0;       // hits that left lockdep on
    int stalls = 0;            // stalled under load: void on unpatched, `other` on patched
    int stalled_voids = 0;     // of the stalls, those that are void
    int interrupted = 0;       // voids that krepro made itself, by a stop or a cancel
    int failed_boots = 0;      // it ended or hung before "ready", and not with something new
    int hung_boots = 0;        // of these, those that hung, which a host brings about as well
    int early_exits = 0;       // the VM ended by itself under load, likewise
    int blind_early = 0;       // lockdep was off, or the target hit, before the workload began
    double void_exposure = 0;  // gathered by trials that then were void

    // Boots that show how the kernel behaves.
    [[nodiscard]] int boots() const { return counts.trials - counts.voids + telling_voids; }
    // Boots whose exposure, or hit, is evidence.
    [[nodiscard]] int counted_boots() const { return counts.trials - counts.voids; }
    // Boots that may have stalled: those that count, and those that a stall made void.
    [[nodiscard]] int loaded_boots() const { return counts.trials - counts.voids + stalled_voids; }
    // VMs that did not boot, or ended by themselves.
    [[nodiscard]] int deaths() const { return failed_boots + early_exits; }
    // As the arm that stays clean: evidence only.
    [[nodiscard]] double clean_exposure() const { return counts.exposure; }
    // As the arm that hits it must not come out too small. Void trials count: had a hit come
    // before the cause of the void, it would have been counted, so the time without one counts as
    // well. And a hit has at least one unit, however early it came.
    [[nodiscard]] double hit_exposure() const {
        return std::max(counts.exposure, static_cast<double>(counts.hits)) + void_exposure;
    }
};

// What the rule needs to know of the trials: those of one workload form, split into the test's two
// arms and the control that follows them.
struct Tally {
    model::WorkloadForm form = model::WorkloadForm::verbatim;
    double confidence = 0.95;  // of one claim; higher than asked for when there are several
    // Of what else is held against the patch: for that no target was chosen.
    double guard_confidence = 0.95;
    int attempts = 1;    // workloads that may give the verdict
    int candidates = 1;  // bugs that the target was chosen from by what the trials showed

    // Each may be what was only chance.
    [[nodiscard]] int claims() const { return attempts * candidates; }
    bool alone = false;      // all trials are of one kernel, the "unpatched" one
    bool amplified = false;  // the parameters are not those of the mail
    int k = 3;
    model::CountedEvidence earlier;  // hits and exposure that a warm start adds to unpatched's own
    model::ExposureUnit unit = model::ExposureUnit::guest_seconds;  // of the trials, or the plan
    double budget_wall_s = 0;                                       // left for this form
    int budget_trials = 0;
    ArmTally unpatched;  // to its k-th hit
    ArmTally patched;
    ArmTally control;                        // unpatched trials after the k-th hit
    ArmTally surplus;                        // as these, but begun before any with the patch
    int voids_in_a_row = 0;                  // at the end of the sequence
    std::vector<std::string> void_causes;    // "boot_hang: 2"
    std::vector<std::string> side_findings;  // signatures of both arms
    bool mixed_units = false;                // exposures that cannot be compared
    int hits_in_other_form = 0;              // without the patch, under the other workload of two

    // Hits of this job that the unpatched arm must show: k, less what a warm start brings.
    [[nodiscard]] int fresh_hits_needed() const { return k - earlier.hits; }
    // The exposure over which the unpatched arm had its k hits.
    [[nodiscard]] double unpatched_hit_exposure() const {
        return unpatched.hit_exposure() + earlier.exposure;
    }
    [[nodiscard]] const ArmTally& arm(model::ArmName name) const {
        return name == model::ArmName::unpatched ? unpatched : patched;
    }
    [[nodiscard]] int trials() const {
        return unpatched.counts.trials + patched.counts.trials + control.counts.trials +
               surplus.counts.trials;
    }
    [[nodiscard]] int voids() const {
        return unpatched.counts.voids + patched.counts.voids + control.counts.voids +
               surplus.counts.voids;
    }
    // Without the patch, whatever part the boots have in the test.
    [[nodiscard]] int unpatched_sum(int ArmTally::*count) const {
        return unpatched.*count + control.*count + surplus.*count;
    }
    [[nodiscard]] int unpatched_stalls() const { return unpatched_sum(&ArmTally::stalls); }
    [[nodiscard]] int unpatched_loaded_boots() const {
        return unpatched.loaded_boots() + control.loaded_boots() + surplus.loaded_boots();
    }
    // Each hit without the patch turned lockdep off: past it there is nothing that lockdep sees.
    [[nodiscard]] bool hits_turn_lockdep_off() const {
        return unpatched.counts.hits > 0 && unpatched_sum(&ArmTally::seeing_hits) == 0;
    }
    [[nodiscard]] int unpatched_deaths() const {
        return unpatched_sum(&ArmTally::failed_boots) + unpatched_sum(&ArmTally::early_exits);
    }
    [[nodiscard]] double unpatched_wall_s() const {
        return unpatched.counts.wall_s + control.counts.wall_s + surplus.counts.wall_s;
    }
    [[nodiscard]] double wall_s() const { return unpatched_wall_s() + patched.counts.wall_s; }
    [[nodiscard]] bool budget_exhausted() const {
        return trials() >= budget_trials || wall_s() >= budget_wall_s;
    }
};

// Counts the trials of `form`; what earlier trials of the other form used is taken off the budget.
[[nodiscard]] Tally tally_form(const Plan& plan, std::span<const TrialRecord> trials,
                               model::WorkloadForm form);

// Whether the voids make further trials pointless: four or more, and so many that a true share of
// one third would not explain them (2.5 standard deviations), in all or in one arm.
[[nodiscard]] bool voids_hopeless(const Tally& tally);

// Whether more than a third of the trials were void, whatever the cause but krepro's own stops:
// those that were not may not have been able to hit either, and no kernel may be said to stay
// clean. Of all trials, and of those of `clean` alone: the other arm's do not make up for these.
[[nodiscard]] bool voids_above_a_third(const Tally& tally, model::ArmName clean);

// The same for a claim that rests on what boots with the patch have shown: four voids at least, and
// stalls are left out. What a kernel under load does is no failure to look, its exposure is charged
// to the arm that hits, and p_of_stalls judges it.
[[nodiscard]] bool voids_too_many(const Tally& tally);

}  // namespace krepro::verdict
