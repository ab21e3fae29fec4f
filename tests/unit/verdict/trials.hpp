// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "verdict/decide.hpp"

// Trials as the rule sees them, in few words.
namespace krepro::verdict::trials {

using model::ArmName;
using model::Cause;
using model::OutcomeKind;
using model::WorkloadForm;

inline constexpr auto k_unpatched = ArmName::unpatched;
inline constexpr auto k_patched = ArmName::patched;

inline Plan plan_of(WorkloadForm form = WorkloadForm::amplified) {
    Plan plan;
    plan.form = form;
    plan.confirm_assay = false;
    return plan;
}

inline Plan confirming_plan() {
    Plan plan = plan_of();
    plan.confirm_assay = true;
    return plan;
}

inline TrialRecord trial(ArmName arm, OutcomeKind kind, double exposure) {
    TrialRecord record;
    record.arm = arm;
    record.form = WorkloadForm::amplified;
    record.outcome.kind = kind;
    record.outcome.exposure = exposure;
    record.outcome.unit = model::ExposureUnit::deadline_exits;
    record.outcome.wall_s = 20;
    return record;
}

inline TrialRecord hit(ArmName arm, double exposure) {
    return trial(arm, OutcomeKind::hit, exposure);
}
inline TrialRecord clean(ArmName arm, double exposure) {
    return trial(arm, OutcomeKind::clean, exposure);
}

inline TrialRecord no_evidence(ArmName arm, Cause cause = Cause::boot_hang) {
    auto record = trial(arm, OutcomeKind::none, 0);
    record.outcome.cause = cause;
    return record;
}

inline TrialRecord other(ArmName arm, double exposure, std::vector<std::string> signatures) {
    auto record = trial(arm, OutcomeKind::other, exposure);
    record.outcome.cause = Cause::other_report;
    record.other_signatures = std::move(signatures);
    return record;
}

inline TrialRecord with_signature(std::string signature, TrialRecord record) {
    record.other_signatures.push_back(std::move(signature));
    return record;
}

inline TrialRecord in_form(WorkloadForm form, TrialRecord record) {
    record.form = form;
    return record;
}

inline TrialRecord under_load(TrialRecord record) {
    record.outcome.ready_s = 8;
    return record;
}

inline TrialRecord lasting(double wall_s, TrialRecord record) {
    record.outcome.wall_s = wall_s;
    return record;
}

using Trials = std::vector<TrialRecord>;

inline Trials operator+(Trials left, const Trials& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

inline Trials repeated(int times, const TrialRecord& record) {
    return Trials(static_cast<std::size_t>(times), record);
}

// Three hits within 100 units in all: the patched arm needs 171.4.
inline Trials three_hits() {
    return {hit(k_unpatched, 20), hit(k_unpatched, 50), hit(k_unpatched, 30)};
}

// As many boots as three_hits() has, clean over this exposure in all.
inline Trials cleans(ArmName arm, double exposure) {
    return repeated(3, clean(arm, exposure / 3));
}

// "run unpatched", "run patched", or the verdict's name.
inline std::string answer(const Plan& plan, const Trials& trials) {
    const Decision decision = decide(plan, trials);
    if (const auto* run = std::get_if<RunTrial>(&decision))
        return "run " + std::string(model::to_string(run->arm));
    return std::string(model::to_string(std::get<Stop>(decision).verdict.kind));
}

inline model::Verdict verdict_of(const Plan& plan, const Trials& trials) {
    const Decision decision = decide(plan, trials);
    const auto* stop = std::get_if<Stop>(&decision);
    EXPECT_NE(stop, nullptr) << "the rule wants more trials";
    return stop == nullptr ? model::Verdict{} : stop->verdict;
}

inline RunTrial next_trial(const Plan& plan, const Trials& trials) {
    const Decision decision = decide(plan, trials);
    const auto* run = std::get_if<RunTrial>(&decision);
    EXPECT_NE(run, nullptr) << std::get<Stop>(decision).verdict.sentence;
    return run == nullptr ? RunTrial{} : *run;
}

}  // namespace krepro::verdict::trials
