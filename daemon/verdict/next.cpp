// SPDX-License-Identifier: Apache-2.0
#include "verdict/next.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace krepro::verdict {
namespace {

using model::ArmName;
using model::OutcomeKind;

struct Begun {
    std::vector<TrialRecord> settled;   // up to the first that runs, in the order of start
    std::vector<TrialRecord> finished;  // all that have ended
    int total = 0;
    int running = 0;
    bool patched_runs = false;
};

Begun sort_out(std::span<const StartedTrial> trials) {
    Begun begun;
    for (const auto& trial : trials) {
        ++begun.total;
        begun.running += trial.running ? 1 : 0;
        begun.patched_runs |= trial.running && trial.record.arm == ArmName::patched;
        if (trial.running) continue;
        begun.finished.push_back(trial.record);
        if (begun.running == 0) begun.settled.push_back(trial.record);
    }
    return begun;
}

bool hit(std::span<const TrialRecord> trials, ArmName arm, model::WorkloadForm form) {
    return std::any_of(trials.begin(), trials.end(), [&](const TrialRecord& trial) {
        return trial.arm == arm && trial.form == form && trial.outcome.kind == OutcomeKind::hit;
    });
}

// In one form of the workload.
bool both_hit(std::span<const TrialRecord> trials) {
    using model::WorkloadForm;
    constexpr std::array k_forms{WorkloadForm::verbatim, WorkloadForm::amplified};
    return std::any_of(k_forms.begin(), k_forms.end(), [&](WorkloadForm form) {
        return hit(trials, ArmName::unpatched, form) && hit(trials, ArmName::patched, form);
    });
}

// What one more trial with the patch may take back.
bool waits_for_patched(const model::Verdict& verdict) {
    return verdict.kind == model::VerdictKind::fixed ||
           verdict.kind == model::VerdictKind::fixed_new_splat;
}

// What the trials of this arm that run, or that wait for an earlier one to end, will bring in the
// mean. A trial is not begun when those that were are likely to bring what is missing.
double expected_of_unsettled(const Begun& begun, std::span<const StartedTrial> trials,
                             const RunTrial& wanted) {
    double exposure = 0;
    int clean = 0;
    for (const auto& trial : begun.finished) {
        if (trial.arm != wanted.arm || trial.form != wanted.form) continue;
        if (trial.outcome.kind != OutcomeKind::clean) continue;
        exposure += trial.outcome.exposure;
        ++clean;
    }
    if (clean == 0) return 0;
    double expected = 0;
    for (const auto& trial : trials.subspan(begun.settled.size()))
        if (trial.record.arm == wanted.arm && trial.record.form == wanted.form)
            expected += trial.running ? exposure / clean : trial.record.outcome.exposure;
    return expected;
}

}  // namespace

Step next(const Plan& plan, std::span<const StartedTrial> trials, Able able) {
    const Begun begun = sort_out(trials);
    if (both_hit(begun.finished)) {
        const Decision of_all = decide(plan, begun.finished);
        if (const auto* stop = std::get_if<Stop>(&of_all)) return *stop;
    }
    const Decision decision = decide(plan, begun.settled);
    if (const auto* stop = std::get_if<Stop>(&decision)) {
        if (begun.patched_runs && waits_for_patched(stop->verdict)) return Wait{};
        return *stop;
    }
    RunTrial run = std::get<RunTrial>(decision);
    if (run.arm == ArmName::patched && !able.patched_built) return Wait{};
    if (begun.running == 0) return run;
    if (begun.running >= able.at_once || begun.total >= plan.budget_trials) return Wait{};
    if (run.exposure_goal > 0 && expected_of_unsettled(begun, trials, run) >= run.exposure_goal)
        return Wait{};
    // What is left of the budget is shared with those that run.
    run.wall_s /= begun.running + 1;
    return run;
}

}  // namespace krepro::verdict
