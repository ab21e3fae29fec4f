// SPDX-License-Identifier: Apache-2.0
#include "verdict/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "verdict/tally.hpp"
#include "verdict/weigh.hpp"
#include "verdict/words.hpp"

namespace krepro::verdict {
namespace {

using model::ArmName;
using model::VerdictKind;
using model::WorkloadForm;

std::string plan_error(const Plan& plan) {
    if (!(plan.confidence > 0 && plan.confidence < 1))
        return fmt::format("The confidence must lie between 0 and 1, it is {:g}.", plan.confidence);
    if (!(plan.budget_wall_s > 0))
        return fmt::format("The wall-time budget must be above 0 s, it is {:g} s.",
                           plan.budget_wall_s);
    if (plan.budget_trials < 1)
        return fmt::format("The budget must allow a trial, it allows {}.", plan.budget_trials);
    return {};
}

// The part of this form's budget that the unpatched arm has used: of wall time or of trials,
// whichever is more.
double used_by_unpatched(const Tally& tally) {
    const auto& counts = tally.unpatched.counts;
    if (tally.budget_exhausted()) return 1;
    return std::max(counts.wall_s / tally.budget_wall_s,
                    static_cast<double>(counts.trials) / tally.budget_trials);
}

// Trials that hit are mostly boot, the long clean ones of the patched arm are mostly exposure: once
// the bug has been seen, the k-th hit may come later than the share says and still be of use.
double unpatched_limit(const Tally& tally) {
    const double share = unpatched_share(tally.confidence, tally.k);
    return tally.unpatched.counts.hits > 0 ? std::min(2 * share, 0.8) : share;
}

// Grows with each void trial in a row, so that a busy host gets air: 1, 2, 4 ... 60 s.
double pause_after(int voids_in_a_row) {
    if (voids_in_a_row < 1) return 0;
    return std::min(60.0, std::ldexp(1.0, std::min(voids_in_a_row, 10) - 1));
}

// One question asked of one tally.
class Decider {
  public:
    Decider(const Plan& plan, const Tally& tally) : plan_(plan), tally_(tally) {}

    [[nodiscard]] Decision decide() const {
        if (tally_.mixed_units)
            return stop(
                VerdictKind::error,
                "The trials count their exposure in different units and cannot be compared.");
        if (plan_.alone) return decide_alone();
        if (unpatched().counts.hits > 0 && patched().counts.hits > 0)
            return stop(VerdictKind::not_fixed);
        if (voids_hopeless(tally_)) return too_many_voids();
        if (unpatched().counts.hits >= tally_.fresh_hits_needed()) return compare_patched();
        if (patched().counts.hits > 0) return compare_unpatched();
        if (used_by_unpatched(tally_) < unpatched_limit(tally_)) return run(ArmName::unpatched);
        if (unpatched().counts.hits > 0) return look_for_a_hit_on_patched();
        return run_patched_as_long();
    }

  private:
    [[nodiscard]] const ArmTally& unpatched() const { return tally_.unpatched; }
    [[nodiscard]] const ArmTally& patched() const { return tally_.patched; }

    // One hit shows that the bug is there. When none comes, the exposure says how rare it must be.
    [[nodiscard]] Decision decide_alone() const {
        const int hits = hits_of_one_kernel();
        if (hits >= plan_.alone_hits) return reproduced();
        if (voids_hopeless(tally_)) return hits > 0 ? reproduced() : too_many_voids();
        const double missing = plan_.alone_exposure - unpatched().clean_exposure();
        const bool enough = hits == 0 && plan_.alone_exposure > 0 && missing <= 0;
        if (!enough && !tally_.budget_exhausted())
            return run_alone(hits == 0 ? std::max(missing, 0.0) : 0);
        if (hits > 0) return reproduced();
        if (!(unpatched().clean_exposure() > 0)) return no_exposure();
        return claim(VerdictKind::not_reproduced);
    }

    [[nodiscard]] Decision run_alone(double goal) const {
        auto decision = run(ArmName::unpatched, goal);
        auto* trial = std::get_if<RunTrial>(&decision);
        if (trial != nullptr && goal > 0) trial->boot_exposure = plan_.alone_boot_exposure;
        return decision;
    }

    // Those after the k-th are counted apart.
    [[nodiscard]] int hits_of_one_kernel() const {
        return unpatched().counts.hits + tally_.control.counts.hits + tally_.surplus.counts.hits;
    }

    [[nodiscard]] Decision reproduced() const { return stop(VerdictKind::reproduced); }

    // k hits without the patch: does the patched kernel stay clean for long enough?
    [[nodiscard]] Decision compare_patched() const {
        const double needed =
            exposure_needed(tally_.confidence, tally_.k, tally_.unpatched_hit_exposure());
        const double missing = needed - patched().clean_exposure();
        if (missing > 0) return run(ArmName::patched, missing);
        const bool new_splat = patched().new_splats > 0 || stalls_held_against_patch(tally_) ||
                               stalls_left_open(tally_) || deaths_held_against_patch(tally_);
        if (!new_splat && lacks_boots(unpatched(), patched()))
            return run(ArmName::patched, exposure_a_boot(unpatched()));
        if (unpatched_needs_longer_look(tally_) && !tally_.budget_exhausted())
            return look_past_the_hit();
        if (plan_.confirm_assay && tally_.control.counts.hits == 0) {
            const double lost =
                exposure_needed(control_confidence(), tally_.k, tally_.unpatched_hit_exposure());
            if (tally_.control.clean_exposure() >= lost) return stop_assay_lost();
            if (!tally_.budget_exhausted())
                return run(ArmName::unpatched, lost - tally_.control.clean_exposure());
        }
        return claim(new_splat ? VerdictKind::fixed_new_splat : VerdictKind::fixed);
    }

    [[nodiscard]] Decision look_past_the_hit() const {
        auto decision = run(ArmName::unpatched);
        if (auto* trial = std::get_if<RunTrial>(&decision)) trial->past_hit = true;
        return decision;
    }

    // The rate of a bug that the trials chose among several is measured too high.
    [[nodiscard]] double confidence_of_target() const {
        return 1 - (1 - plan_.confidence) / tally_.candidates;
    }

    // The control may stay clean by chance as well, and then takes a true claim back: it is given
    // enough exposure to make that ten times rarer than a false claim.
    [[nodiscard]] double control_confidence() const { return 1 - (1 - tally_.confidence) / 10; }

    // Hits with the patch and none without: the same rule with the arms exchanged.
    [[nodiscard]] Decision compare_unpatched() const {
        if (patched().counts.hits < tally_.k) return run(ArmName::patched);
        const double needed =
            exposure_needed(tally_.confidence, tally_.k, patched().hit_exposure());
        const double missing = needed - unpatched().clean_exposure();
        if (missing > 0) return run(ArmName::unpatched, missing);
        if (lacks_boots(patched(), unpatched()))
            return run(ArmName::unpatched, exposure_a_boot(patched()));
        if (patched().blind_early > 0 && unpatched().blind_early > 0)
            return stop(VerdictKind::inconclusive,
                        "Both kernels complained before the workload began, so the hits with the "
                        "patch cannot be held against it.");
        return claim(VerdictKind::regression);
    }

    // Too few hits came in time for `fixed`, but one hit with the patch still proves `not_fixed`.
    [[nodiscard]] Decision look_for_a_hit_on_patched() const { return run(ArmName::patched); }

    [[nodiscard]] Decision run_patched_as_long() const {
        if (!(unpatched().clean_exposure() > 0)) return no_exposure();
        const double missing = unpatched().clean_exposure() - patched().clean_exposure();
        if (missing > 0) return run(ArmName::patched, missing);
        return claim(VerdictKind::not_reproduced);
    }

    [[nodiscard]] Decision run(ArmName arm, double goal = 0) const {
        if (tally_.budget_exhausted()) return out_of_budget();
        return RunTrial{arm, tally_.form, goal, wall_left(arm), pause_after(tally_.voids_in_a_row)};
    }

    // One long trial of the unpatched arm must not use up what the patched arm needs.
    [[nodiscard]] double wall_left(ArmName arm) const {
        const double left = tally_.budget_wall_s - tally_.wall_s();
        if (arm != ArmName::unpatched || patched().counts.trials > 0) return left;
        const double limit = plan_.alone ? 1 : unpatched_limit(tally_);
        double share = limit * tally_.budget_wall_s;
        if (plan_.form == WorkloadForm::automatic && tally_.form == WorkloadForm::verbatim)
            share = std::min(share, k_verbatim_share * plan_.budget_wall_s);
        return std::min(left, share - unpatched().counts.wall_s);
    }

    // The rule takes boots to be alike. Where they are not - only some can hit, or only while they
    // are young - one long clean boot says little: the clean arm has as many as the other took.
    [[nodiscard]] static bool lacks_boots(const ArmTally& hit, const ArmTally& clean) {
        return clean.counted_boots() < hit.counted_boots();
    }
    [[nodiscard]] static double exposure_a_boot(const ArmTally& hit) {
        return hit.hit_exposure() / std::max(1, hit.counted_boots());
    }

    // Every verdict that rests on hits not having come asks that most trials could have seen them.
    // Where too few could, more of the clean arm can only take the claim back.
    [[nodiscard]] Decision claim(VerdictKind kind) const {
        const bool says_fixed = kind == VerdictKind::fixed || kind == VerdictKind::fixed_new_splat;
        if (says_fixed && plan_.same_kernel)
            return stop(VerdictKind::inconclusive,
                        "Both kernels are byte for byte the same, so nothing that the patch "
                        "changes is built: what was seen of them differs by chance.");
        if (!says_fixed && tally_.hits_in_other_form > 0)
            return stop(VerdictKind::inconclusive,
                        fmt::format("This workload did not show the bug without the patch, and the "
                                    "mail's own did in {} of its boots: nothing is proved.",
                                    tally_.hits_in_other_form));
        if (kind == VerdictKind::fixed_new_splat)
            return voids_too_many(tally_) ? too_many_voids() : stop(kind);
        const auto clean =
            kind == VerdictKind::regression || tally_.alone ? ArmName::unpatched : ArmName::patched;
        if (!voids_above_a_third(tally_, clean)) return stop(kind);
        return tally_.budget_exhausted() ? too_many_voids() : run(clean);
    }

    [[nodiscard]] Decision no_exposure() const {
        return stop(VerdictKind::inconclusive,
                    fmt::format("{} boots{} gave no exposure at all.", unpatched().counts.trials,
                                plan_.alone ? "" : " without the patch"));
    }

    [[nodiscard]] Decision stop(VerdictKind kind, std::string sentence = {}) const {
        return Stop{make_verdict(kind, std::move(sentence))};
    }
    [[nodiscard]] Decision too_many_voids() const;
    [[nodiscard]] Decision out_of_budget() const;
    [[nodiscard]] Decision stop_assay_lost() const;

  public:
    [[nodiscard]] model::Verdict make_verdict(VerdictKind kind, std::string sentence) const;

  private:
    void add_statistics(model::Verdict& verdict) const;

    const Plan& plan_;
    const Tally& tally_;
};

Decision Decider::too_many_voids() const {
    std::string causes;
    for (const auto& cause : tally_.void_causes) causes += (causes.empty() ? "" : ", ") + cause;
    return stop(VerdictKind::inconclusive,
                fmt::format("{} of {} boots gave no evidence ({}), so the others cannot be trusted "
                            "to have been able to hit.",
                            tally_.voids(), tally_.trials(), causes));
}

Decision Decider::out_of_budget() const {
    model::Verdict verdict = make_verdict(VerdictKind::inconclusive, {});
    std::string why = fmt::format("The budget was used up ({} boots, {:.0f} s).", tally_.trials(),
                                  tally_.wall_s());
    const int hits = std::max(unpatched().counts.hits, patched().counts.hits);
    if (hits > 0 && hits < (unpatched().counts.hits > 0 ? tally_.fresh_hits_needed() : tally_.k))
        why += fmt::format(" {} of the {} hits that the confidence asks for had come.", hits,
                           tally_.k);
    else if (verdict.exposure_needed)
        why += fmt::format(" The clean kernel had to show {} in {} boots.",
                           exposure_words(*verdict.exposure_needed, verdict.unit),
                           (unpatched().counts.hits > 0 ? unpatched() : patched()).counted_boots());
    if (patched().new_splats > 0)
        why += fmt::format(" {} with the patch showed something that no boot without it showed.",
                           patched().new_splats);
    verdict.sentence += " " + why;
    return Stop{std::move(verdict)};
}

Decision Decider::stop_assay_lost() const {
    model::Verdict verdict = make_verdict(VerdictKind::inconclusive, {});
    verdict.sentence += fmt::format(
        " But afterwards the kernel without the patch stayed clean as well, over {}: something "
        "besides the patch has changed.",
        exposure_words(tally_.control.clean_exposure(), verdict.unit));
    return Stop{std::move(verdict)};
}

model::Verdict Decider::make_verdict(VerdictKind kind, std::string sentence) const {
    model::Verdict verdict;
    verdict.kind = kind;
    verdict.confidence = plan_.confidence;
    verdict.hits_needed = tally_.k;
    verdict.unpatched = unpatched().counts;
    verdict.patched = patched().counts;
    verdict.unit = tally_.unit;
    verdict.form = tally_.form;
    verdict.void_causes = tally_.void_causes;
    add_statistics(verdict);
    verdict.sentence = sentence.empty() ? sentence_for(verdict, tally_) : std::move(sentence);
    verdict.limits = limits_for(verdict, tally_);
    return verdict;
}

void Decider::add_statistics(model::Verdict& verdict) const {
    const bool exchanged = unpatched().counts.hits == 0 && patched().counts.hits > 0;
    const ArmTally& hit = exchanged ? patched() : unpatched();
    const ArmTally& clean = exchanged ? unpatched() : patched();
    const int hits_needed = exchanged ? tally_.k : tally_.fresh_hits_needed();
    const double exposure = exchanged ? hit.hit_exposure() : tally_.unpatched_hit_exposure();
    const double minus_ln_alpha = -std::log1p(-plan_.confidence);
    if (!exchanged && tally_.earlier.hits > 0) verdict.earlier = tally_.earlier;
    if (hit.counts.hits >= hits_needed && clean.counts.hits == 0) {
        verdict.exposure_needed = exposure_needed(tally_.confidence, tally_.k, exposure);
        // Each further claim adds its chance of a false one.
        verdict.p_value = std::min(
            1.0, tally_.claims() * p_of_no_hit(tally_.k, exposure, clean.clean_exposure()));
        if (clean.clean_exposure() > 0)
            verdict.rate_ratio_bound = -std::log1p(-confidence_of_target()) * exposure /
                                       (tally_.k * clean.clean_exposure());
    }
    if (hit.counts.hits == 0 && unpatched().clean_exposure() > 0)
        verdict.rate_bound = minus_ln_alpha / unpatched().clean_exposure();
}

// Verbatim has had its share and did not reproduce the bug often enough, or cannot run here.
bool verbatim_is_over(const Plan& plan, const Tally& tally) {
    if (tally.unpatched.counts.hits >= tally.fresh_hits_needed()) return false;
    const auto& counts = tally.unpatched.counts;
    return voids_hopeless(tally) || counts.wall_s >= k_verbatim_share * plan.budget_wall_s ||
           counts.trials >= k_verbatim_share * plan.budget_trials;
}

Tally tally_of_current_form(const Plan& plan, std::span<const TrialRecord> trials) {
    if (plan.form != WorkloadForm::automatic) return tally_form(plan, trials, plan.form);
    Tally verbatim = tally_form(plan, trials, WorkloadForm::verbatim);
    if (!verbatim_is_over(plan, verbatim)) return verbatim;
    return tally_form(plan, trials, WorkloadForm::amplified);
}

}  // namespace

Decision decide(const Plan& plan, std::span<const TrialRecord> trials) {
    if (std::string problem = plan_error(plan); !problem.empty())
        return Stop{summarize(plan, trials, VerdictKind::error, std::move(problem))};
    const Tally tally = tally_of_current_form(plan, trials);
    return Decider(plan, tally).decide();
}

model::Verdict summarize(const Plan& plan, std::span<const TrialRecord> trials,
                         model::VerdictKind kind, std::string sentence) {
    const Tally tally = tally_of_current_form(plan, trials);
    return Decider(plan, tally).make_verdict(kind, std::move(sentence));
}

}  // namespace krepro::verdict
