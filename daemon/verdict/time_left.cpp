// SPDX-License-Identifier: Apache-2.0
#include "verdict/time_left.hpp"

#include <algorithm>
#include <vector>

#include "verdict/tally.hpp"

namespace krepro::verdict {
namespace {

std::vector<TrialRecord> finished(std::span<const StartedTrial> trials) {
    std::vector<TrialRecord> records;
    for (const auto& trial : trials)
        if (!trial.running) records.push_back(trial.record);
    return records;
}

// Seconds of a VM that a unit of exposure takes: with the patch where that is known. A boot without
// it ends at its hit, so it gathers less in a second.
std::optional<double> pace(const Tally& tally) {
    for (const auto* arm : {&tally.patched, &tally.unpatched})
        if (arm->counts.exposure > 0) return arm->counts.wall_s / arm->counts.exposure;
    return std::nullopt;
}

TimeLeft within(double budget_s, TimeLeft left) {
    for (double* part : {&left.hits_s, &left.clean_s, &left.control_s}) {
        *part = std::clamp(*part, 0.0, budget_s);
        budget_s -= *part;
    }
    return left;
}

}  // namespace

double TimeLeft::after(double run_s) const {
    // Clean time does not begin before the hits are there.
    const double clean = hits_s > 0 ? clean_s : std::max(0.0, clean_s - run_s);
    return hits_s + clean + control_s;
}

std::optional<TimeLeft> time_left(const Plan& plan, std::span<const StartedTrial> trials) {
    if (plan.alone || trials.empty()) return std::nullopt;
    const Tally tally = tally_form(plan, finished(trials), trials.back().record.form);
    const auto& unpatched = tally.unpatched;
    const int hits = unpatched.counts.hits;
    const auto clean_pace = pace(tally);
    if (hits == 0 || tally.patched.counts.hits > 0 || !clean_pace) return std::nullopt;

    const double hit_s = unpatched.counts.wall_s / hits;
    const int missing = std::max(0, tally.fresh_hits_needed() - hits);
    const double hit_exposure = unpatched.hit_exposure() / hits * (hits + missing);
    const double needed =
        exposure_needed(tally.confidence, tally.k, hit_exposure + tally.earlier.exposure);
    TimeLeft left;
    left.hits_s = missing * hit_s;
    left.clean_s = std::max(0.0, needed - tally.patched.clean_exposure()) * *clean_pace;
    left.control_s = plan.confirm_assay && tally.control.counts.hits == 0 ? hit_s : 0;
    return within(std::max(0.0, tally.budget_wall_s - tally.wall_s()), left);
}

}  // namespace krepro::verdict
