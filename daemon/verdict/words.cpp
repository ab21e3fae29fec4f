// SPDX-License-Identifier: Apache-2.0
#include "verdict/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verdict/weigh.hpp"

namespace krepro::verdict {
namespace {

using model::ArmName;
using model::VerdictKind;

std::string boots_words(int boots) {
    return fmt::format("{} boot{}", boots, boots == 1 ? "" : "s");
}

std::string_view arm_words(ArmName arm) {
    return arm == ArmName::unpatched ? "without the patch" : "with it";
}

int boots_of(const model::ArmCounts& counts) {
    return counts.trials - counts.voids;
}

// "none of 2 boots with it (130 deadline-task exits)"
std::string hits_in(const ArmTally& arm, ArmName name, model::ExposureUnit unit) {
    const auto& counts = arm.counts;
    const std::string hits = counts.hits == 0 ? "none" : std::to_string(counts.hits);
    return fmt::format("{} of {} {} ({})", hits, boots_words(boots_of(counts)), arm_words(name),
                       exposure_words(counts.exposure, unit));
}

// "The bug hit in 1 of 2 boots (90 guest seconds)"
std::string one_kernel(const Tally& tally) {
    const auto& counts = tally.unpatched.counts;
    if (boots_of(counts) == 0) return "No boot gave evidence";
    return fmt::format("The bug hit in {} of {} ({})",
                       counts.hits == 0 ? "none" : std::to_string(counts.hits),
                       boots_words(boots_of(counts)), exposure_words(counts.exposure, tally.unit));
}

// "The bug hit in 1 of 2 boots without the patch (90 guest seconds); no boot with it gave evidence"
std::string both_arms(const Tally& tally) {
    if (tally.alone) return one_kernel(tally);
    const auto unpatched = hits_in(tally.unpatched, ArmName::unpatched, tally.unit);
    const auto patched = hits_in(tally.patched, ArmName::patched, tally.unit);
    if (boots_of(tally.unpatched.counts) == 0 && boots_of(tally.patched.counts) == 0)
        return "No boot gave evidence";
    if (boots_of(tally.patched.counts) == 0)
        return fmt::format("The bug hit in {}; no boot with it gave evidence", unpatched);
    if (boots_of(tally.unpatched.counts) == 0)
        return fmt::format("No boot without the patch gave evidence; the bug hit in {}", patched);
    return fmt::format("The bug hit in {} and in {}", unpatched, patched);
}

std::string probability_words(double p) {
    return p < 0.0001 ? std::string("below 0.0001") : fmt::format("{:.2g}", p);
}

std::string comparison(const model::Verdict& verdict, const Tally& tally) {
    const bool regression = verdict.kind == VerdictKind::regression;
    const ArmName hit_arm = regression ? ArmName::patched : ArmName::unpatched;
    const ArmTally& hit = tally.arm(hit_arm);
    const ArmTally& clean = regression ? tally.unpatched : tally.patched;
    if (regression) {
        return fmt::format(
            "The bug hit in {} of {} with the patch ({}) and in {}; were the rates "
            "equal, this would happen with probability {}.",
            hit.counts.hits, boots_words(boots_of(hit.counts)),
            exposure_words(hit.counts.exposure, verdict.unit),
            hits_in(clean, ArmName::unpatched, verdict.unit),
            probability_words(verdict.p_value.value_or(1)));
    }
    return fmt::format(
        "The bug hit in {} and in {}; were the rates equal, this would happen with "
        "probability {}.",
        hits_in(hit, hit_arm, verdict.unit), hits_in(clean, ArmName::patched, verdict.unit),
        probability_words(verdict.p_value.value_or(1)));
}

std::string control_words(const Tally& tally) {
    if (tally.control.counts.hits == 0) return {};
    return " A boot without the patch afterwards hit again.";
}

// " (another report: WARNING in do_exit; and 2 more)"
std::string listed(const std::vector<std::string>& words) {
    constexpr std::size_t k_most = 3;
    if (words.empty()) return {};
    std::string text;
    for (std::size_t i = 0; i < std::min(words.size(), k_most); ++i)
        text += (i == 0 ? "" : "; ") + words[i];
    if (words.size() > k_most) text += fmt::format("; and {} more", words.size() - k_most);
    return " (" + text + ")";
}

std::string new_splat_words(const Tally& tally) {
    std::string words;
    if (tally.patched.new_splats > 0)
        words += fmt::format(
            " But {} with the patch showed something that no boot without it showed{}.",
            boots_words(tally.patched.new_splats), listed(tally.patched.new_splat_words));
    if (stalls_held_against_patch(tally))
        words += fmt::format(" But {} with the patch stalled.", boots_words(tally.patched.stalls));
    if (stalls_left_open(tally))
        words += fmt::format(
            " But {} with the patch stalled and none without it; the time without it was too short "
            "to tell whether that is chance.",
            boots_words(tally.patched.stalls));
    if (deaths_held_against_patch(tally))
        words += fmt::format(
            " But the VM did not boot, or ended by itself, in {} with the patch, and in {} "
            "without.",
            boots_words(tally.patched.deaths()), tally.unpatched_deaths());
    return words;
}

// Stalls that are not held against the patch are said all the same.
std::string stall_words(const model::Verdict& verdict, const Tally& tally) {
    if (verdict.kind != VerdictKind::fixed || tally.patched.stalls == 0) return {};
    return fmt::format(
        "{} with the patch stalled under load, and {} without it; were both to stall at the same "
        "rate, so many would fall to the patched kernel with probability {}. Whether the patch has "
        "to do with it was not shown.",
        boots_words(tally.patched.stalls), tally.unpatched_stalls(),
        probability_words(p_of_stalls(tally)));
}

std::string beyond_sight_words(const model::Verdict& verdict, const Tally& tally) {
    const int splats = splats_beyond_sight(tally);
    if (verdict.kind != VerdictKind::fixed_new_splat || splats == 0) return {};
    return fmt::format(
        "{} with the patch showed a report of lockdep's own. Without the patch the bug turns "
        "lockdep off when it hits, so that no such boot could have shown it past its hit: whether "
        "the patch has to do with it was not shown.",
        boots_words(splats));
}

std::string death_words(const model::Verdict& verdict, const Tally& tally) {
    if (verdict.kind != VerdictKind::fixed || tally.patched.deaths() == 0) return {};
    return fmt::format(
        "The VM did not boot, or ended by itself, in {} with the patch, and in {} without it; were "
        "both to fail at the same rate, this would happen with probability {}. Whether the patch "
        "has to do with it was not shown.",
        boots_words(tally.patched.deaths()), tally.unpatched_deaths(),
        probability_words(p_of_deaths(tally)));
}

std::string not_reproduced_words(const model::Verdict& verdict, const Tally& tally) {
    std::string text = both_arms(tally);
    text += tally.alone ? "." : ": it was not reproduced, so nothing is proved about the patch.";
    if (verdict.rate_bound && *verdict.rate_bound > 0) {
        text += fmt::format(" {} it hits at most once in {} ({:g} % confidence).",
                            tally.alone ? "If it is there," : "Without the patch",
                            exposure_words(1 / *verdict.rate_bound, verdict.unit),
                            verdict.confidence * 100);
    }
    return text;
}

std::string form_words(const Tally& tally) {
    if (tally.amplified)
        return "The workload was amplified: its parameters are not those of the mail.";
    return "Only this workload, configuration and virtual machine were tried.";
}

std::string void_words(const Tally& tally) {
    const int voids = tally.voids();
    if (voids == 0) return {};
    std::string words = fmt::format("{} of {} gave no evidence and {} not counted", voids,
                                    boots_words(tally.trials()), voids == 1 ? "was" : "were");
    std::string causes;
    for (const auto& cause : tally.void_causes) causes += (causes.empty() ? "" : ", ") + cause;
    words += fmt::format(" ({}", causes);
    words += tally.alone ? ")" : fmt::format("; with the patch {})", tally.patched.counts.voids);
    const double charged = tally.unpatched.void_exposure;
    if (!tally.alone && tally.unpatched.counts.hits > 0 && charged > 0)
        words += fmt::format(", but for {} without the patch, which lower the rate there",
                             exposure_words(charged, tally.unit));
    return words + ".";
}

bool rests_on_a_clean_arm(VerdictKind kind) {
    return kind == VerdictKind::fixed || kind == VerdictKind::fixed_new_splat ||
           kind == VerdictKind::regression;
}

std::string ratio_words(const model::Verdict& verdict) {
    if (!rests_on_a_clean_arm(verdict.kind) || !verdict.rate_ratio_bound) return {};
    const std::string_view clean =
        verdict.kind == VerdictKind::regression ? "without the patch" : "with the patch";
    const std::string_view hit = verdict.kind == VerdictKind::regression ? "with it" : "without it";
    return fmt::format(
        "The bug may still hit {} at up to {:.0f} % of the rate measured {} "
        "({:g} % confidence).",
        clean, std::ceil(*verdict.rate_ratio_bound * 100), hit, verdict.confidence * 100);
}

std::string earlier_words(const model::Verdict& verdict, const Tally& tally) {
    if (!verdict.earlier) return {};
    std::string jobs;
    for (const auto id : verdict.earlier->jobs)
        jobs += fmt::format("{}{}", jobs.empty() ? "" : ", ", id);
    return fmt::format(
        "A warm start: {} of the {} hits that count, and {}, were seen without the patch in "
        "earlier "
        "jobs ({}), and taken at half their weight or less.",
        verdict.earlier->hits, tally.k, exposure_words(verdict.earlier->exposure, verdict.unit),
        jobs);
}

std::string control_missing_words(const model::Verdict& verdict, const Tally& tally) {
    const bool claims =
        verdict.kind == VerdictKind::fixed || verdict.kind == VerdictKind::fixed_new_splat;
    if (!claims || tally.control.counts.hits > 0) return {};
    return "No boot without the patch hit after the boots with it: that the host and the workload "
           "still provoked the bug at the end was not shown.";
}

}  // namespace

std::string exposure_words(double exposure, model::ExposureUnit unit) {
    const auto name = model::unit_words(unit);
    // Whole units carry all there is to know, but for the smallest figures.
    if (exposure < 10) return fmt::format("{:.3g} {}", exposure, name);
    return fmt::format("{:.0f} {}", exposure, name);
}

std::string sentence_for(const model::Verdict& verdict, const Tally& tally) {
    const std::string both = both_arms(tally);
    switch (verdict.kind) {
        case VerdictKind::fixed:
            return comparison(verdict, tally) + control_words(tally);
        case VerdictKind::fixed_new_splat:
            return comparison(verdict, tally) + new_splat_words(tally) + control_words(tally);
        case VerdictKind::regression:
            return comparison(verdict, tally);
        case VerdictKind::not_fixed:
            return both + ": the patch does not fix it.";
        case VerdictKind::not_reproduced:
            return not_reproduced_words(verdict, tally);
        case VerdictKind::reproduced:
        case VerdictKind::inconclusive:
        case VerdictKind::error:
            break;
    }
    return both + ".";
}

std::vector<std::string> limits_for(const model::Verdict& verdict, const Tally& tally) {
    std::vector<std::string> limits;
    const auto add = [&](std::string line) {
        if (!line.empty()) limits.push_back(std::move(line));
    };
    add(ratio_words(verdict));
    add(earlier_words(verdict, tally));
    add(control_missing_words(verdict, tally));
    if (verdict.kind != VerdictKind::error) add(form_words(tally));
    if (tally.attempts > 1)
        add("Two workloads were allowed for, so each was held to half of the error probability.");
    if (tally.candidates > 1)
        add(fmt::format(
            "The trials themselves chose the bug among {}, so it was held to 1/{} of the "
            "error probability: a mail with the trace would name it.",
            tally.candidates, tally.candidates));
    for (const auto& finding : tally.side_findings)
        add("Seen with and without the patch, and not counted against it: " + finding + ".");
    add(stall_words(verdict, tally));
    add(death_words(verdict, tally));
    add(beyond_sight_words(verdict, tally));
    add(void_words(tally));
    return limits;
}

}  // namespace krepro::verdict
