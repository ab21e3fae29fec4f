// SPDX-License-Identifier: Apache-2.0
#include "exports/suites.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "exports/text.hpp"

namespace krepro::exports {

using model::ArmName;
using model::OutcomeKind;
using model::VerdictKind;

namespace {

bool blames_patch(VerdictKind kind) {
    return kind == VerdictKind::not_fixed || kind == VerdictKind::regression ||
           kind == VerdictKind::fixed_new_splat;
}

CaseResult result_of(const model::Trial& trial, const model::Job& job) {
    const auto& verdict = *job.verdict;
    if (!trial.outcome || trial.outcome->kind == OutcomeKind::none) return CaseResult::skip;
    if (job.spec.alone && trial.outcome->kind == OutcomeKind::hit) return CaseResult::fail;
    if (trial.arm == ArmName::unpatched || trial.outcome->kind == OutcomeKind::clean)
        return CaseResult::pass;
    if (trial.outcome->kind == OutcomeKind::hit || blames_patch(verdict.kind))
        return CaseResult::fail;
    return CaseResult::skip;
}

CaseResult result_of(const model::Job& job) {
    const auto kind = job.verdict->kind;
    const bool absent = job.spec.alone && kind == VerdictKind::not_reproduced;
    if (kind == VerdictKind::fixed || absent) return CaseResult::pass;
    return blames_patch(kind) || kind == VerdictKind::reproduced ? CaseResult::fail
                                                                 : CaseResult::error;
}

Case case_of(const Evidence& evidence, const model::Trial& trial) {
    Case made;
    made.name = fmt::format("trial {} ({} workload)", trial.number, model::to_string(trial.form));
    made.result = result_of(trial, evidence.job);
    made.message = "not finished";
    if (trial.outcome) {
        made.seconds = trial.outcome->wall_s;
        made.message = plain_line(
            fmt::format("{}: {}", model::to_string(trial.outcome->kind), trial.outcome->detail));
    }
    for (const auto* report : reports_of(evidence, trial.id))
        made.detail +=
            plain_line(report->report.title) + "\n" + plain_text(report->report.text) + "\n";
    return made;
}

Suite suite_of(const Evidence& evidence, ArmName arm) {
    Suite suite;
    suite.name = model::to_string(arm);
    for (const auto& trial : evidence.trials) {
        if (trial.arm != arm) continue;
        if (suite.cases.empty()) suite.started_at = trial.started_at;
        suite.cases.push_back(case_of(evidence, trial));
    }
    return suite;
}

Suite verdict_suite(const Evidence& evidence) {
    const auto& verdict = *evidence.job.verdict;
    Case made;
    const bool alone = evidence.job.spec.alone;
    made.name = alone ? "the bug does not show" : "the patch fixes the bug";
    made.result = result_of(evidence.job);
    made.message =
        plain_line(fmt::format("{}: {}", model::to_string(verdict.kind), verdict.sentence));
    made.detail = fmt::format("unpatched: {}\n", counts_words(verdict.unpatched, verdict.unit));
    if (!alone)
        made.detail += fmt::format("patched: {}\n", counts_words(verdict.patched, verdict.unit));
    for (const auto& limit : verdict.limits) made.detail += "limit: " + plain_line(limit) + "\n";
    return {"verdict", evidence.job.updated_at, {std::move(made)}};
}

}  // namespace

int Suite::count(CaseResult result) const {
    return static_cast<int>(std::count_if(cases.begin(), cases.end(),
                                          [result](const Case& c) { return c.result == result; }));
}

double Suite::seconds() const {
    double sum = 0;
    for (const auto& made : cases) sum += made.seconds;
    return sum;
}

std::vector<Suite> suites_of(const Evidence& evidence) {
    if (evidence.job.spec.alone)
        return {suite_of(evidence, ArmName::unpatched), verdict_suite(evidence)};
    return {suite_of(evidence, ArmName::unpatched), suite_of(evidence, ArmName::patched),
            verdict_suite(evidence)};
}

}  // namespace krepro::exports
