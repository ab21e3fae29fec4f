// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evidence.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "intake/workload.hpp"
#include "report/families.hpp"
#include "vm/run_monitor.hpp"

namespace krepro::pipeline {

namespace {

// How many of the newest jobs a warm start looks through.
constexpr int k_jobs_looked_back = 200;

// Whether what another job saw without its patch is about the same bug, kernel and workload. The
// bug must be known by a mail's own trace: one that the first splat names may differ between jobs.
bool has_same_unpatched_arm(const model::Job& other, const model::Job& mine) {
    const bool same_kernel = other.unpatched_build && mine.unpatched_build &&
                             other.unpatched_build->key == mine.unpatched_build->key;
    const bool same_bug = other.expected && mine.expected && !mine.expected->signature.empty() &&
                          other.expected->signature == mine.expected->signature;
    return other.id < mine.id && same_kernel && same_bug && other.workload == mine.workload;
}

// What most closed trials of this arm have marked as their candidate.
std::string most_frequent_candidate(store::Store& store, std::int64_t job, model::ArmName arm) {
    std::set<std::int64_t> closed;
    for (const auto& trial : store.trials(job))
        if (trial.arm == arm && trial.outcome) closed.insert(trial.id);
    std::map<std::string, std::set<std::int64_t>> trials_by_signature;
    std::vector<std::string> in_order;
    for (const auto& report : store.reports(job)) {
        if (!report.target || !closed.contains(report.trial)) continue;
        auto& trials = trials_by_signature[report.report.signature];
        if (trials.empty()) in_order.push_back(report.report.signature);
        trials.insert(report.trial);
    }
    const auto most = std::max_element(
        in_order.begin(), in_order.end(), [&](const std::string& a, const std::string& b) {
            return trials_by_signature[a].size() < trials_by_signature[b].size();
        });
    return most == in_order.end() ? std::string() : *most;
}

bool is_lockdeps_own(const model::Report& report) {
    const auto* family = report::family_of_kind(report.kind);
    return family != nullptr && family->detector == report::Detector::lockdep;
}

// A hit of a trial's own candidate, which the target has turned out not to be, is another report.
model::TrialOutcome judged_again(model::TrialOutcome outcome, const std::string& candidate) {
    if (outcome.kind != model::OutcomeKind::hit) return outcome;
    outcome.kind = model::OutcomeKind::other;
    outcome.cause = model::Cause::other_report;
    outcome.detail = "another report: " + candidate;
    return outcome;
}

// A sight of the bug whose exposure says nothing about its rate.
bool is_unmeasured(const model::TrialOutcome& outcome) {
    return outcome.cause == model::Cause::lockdep_off_early ||
           outcome.cause == model::Cause::uncounted;
}

// With the patch, and where one kernel alone is asked about, a sight of the bug always counts,
// whatever else the trial has ended with.
model::TrialOutcome made_a_hit(model::TrialOutcome outcome, const std::string& title) {
    if (outcome.kind == model::OutcomeKind::hit) return outcome;
    // Before the workload, or with an exposure that nobody knows: the verdict must know.
    if (!is_unmeasured(outcome)) outcome.cause.reset();
    outcome.kind = model::OutcomeKind::hit;
    outcome.detail = "the target hit: " + title + "; " + outcome.detail;
    return outcome;
}

}  // namespace

bool has_trace(const model::Job& job) {
    return job.expected && !job.expected->frames.empty();
}

std::string target_without_patch(store::Store& store, const model::Job& job) {
    if (!job.target_signature.empty()) return job.target_signature;
    return most_frequent_candidate(store, job.id, model::ArmName::unpatched);
}

std::string target_of(store::Store& store, const model::Job& job) {
    auto target = target_without_patch(store, job);
    if (!target.empty()) return target;
    return most_frequent_candidate(store, job.id, model::ArmName::patched);
}

bool speaks_against_a_patch(const model::Report& report) {
    const auto what = vm::classify(report);
    return what != vm::ReportClass::side && what != vm::ReportClass::stall;
}

verdict::Plan plan_of(const model::Job& job) {
    verdict::Plan plan;
    plan.confidence = job.spec.confidence;
    plan.budget_wall_s = job.spec.budget.wall_s;
    plan.budget_trials = job.spec.budget.trials;
    plan.form = job.spec.workload;
    if (job.workload) plan.unit = job.workload->unit;
    if (job.workload && job.workload->form == model::WorkloadForm::amplified)
        plan.amplified_differs = intake::differs_from_mail(*job.workload);
    plan.earlier = job.earlier;
    plan.alone = job.spec.alone;
    if (job.unpatched_build && job.patched_build && !job.patched_build->vmlinux.empty())
        plan.same_kernel = job.unpatched_build->vmlinux == job.patched_build->vmlinux;
    return plan;
}

std::vector<verdict::StartedTrial> started_trials(store::Store& store, std::int64_t id) {
    const auto job = store.job(id);
    const bool by_signature = job && !has_trace(*job);
    const std::string target = by_signature ? target_of(store, *job) : std::string();
    std::map<std::int64_t, std::vector<std::string>> others;
    std::map<std::int64_t, std::string> first_others;
    std::map<std::int64_t, std::vector<std::string>> candidates;
    std::map<std::int64_t, std::string> show_target;  // its title
    for (const auto& report : store.reports(id)) {
        if (by_signature && speaks_against_a_patch(report.report))
            candidates[report.trial].push_back(report.report.signature);
        // A report's mark is its trial's own guess, as long as the target is not settled.
        const bool shows = by_signature ? report.report.signature == target : report.target;
        if (shows) {
            show_target.emplace(report.trial, report.report.title);
            continue;
        }
        if (by_signature) first_others.emplace(report.trial, report.report.title);
        if (speaks_against_a_patch(report.report))
            others[report.trial].push_back(report.report.signature);
    }
    const auto always_counts = [&](const model::Trial& trial) {
        return trial.arm == model::ArmName::patched || (job && job->spec.alone);
    };
    std::vector<verdict::StartedTrial> started;
    for (const auto& trial : store.trials(id)) {
        const bool running = !trial.outcome;
        auto outcome = trial.outcome.value_or(model::TrialOutcome{});
        if (const auto found = first_others.find(trial.id);
            found != first_others.end() && !show_target.contains(trial.id))
            outcome = judged_again(std::move(outcome), found->second);
        if (const auto found = show_target.find(trial.id);
            found != show_target.end() && always_counts(trial) && !running)
            outcome = made_a_hit(std::move(outcome), found->second);
        started.push_back({{trial.arm,
                            trial.form,
                            std::move(outcome),
                            others[trial.id],
                            {},
                            running ? std::vector<std::string>() : candidates[trial.id]},
                           running});
    }
    return started;
}

std::vector<verdict::StartedTrial> trials_of_rule(store::Store& store, std::int64_t job) {
    auto started = started_trials(store, job);
    std::set<std::string> lockdeps;
    for (const auto& report : store.reports(job))
        if (is_lockdeps_own(report.report)) lockdeps.insert(report.report.signature);
    for (auto& trial : started)
        for (const auto& signature : trial.record.other_signatures)
            if (lockdeps.contains(signature)) trial.record.lockdep_signatures.push_back(signature);
    return started;
}

std::vector<verdict::TrialRecord> trial_records(store::Store& store, std::int64_t job) {
    std::vector<verdict::TrialRecord> records;
    for (auto& trial : trials_of_rule(store, job))
        if (!trial.running) records.push_back(std::move(trial.record));
    return records;
}

model::EarlierEvidence earlier_evidence(store::Store& store, const model::Job& mine,
                                        const std::string& accelerator) {
    model::EarlierEvidence sum;
    sum.form = mine.workload->form;
    store::JobFilter newest;
    newest.limit = k_jobs_looked_back;
    newest.before = mine.id;
    newest.stage = model::JobStage::done;
    for (const auto& other : store.jobs(newest)) {
        if (!has_same_unpatched_arm(other, mine)) continue;
        const auto trials = store.trials(other.id);
        const bool same_machine = std::all_of(trials.begin(), trials.end(), [&](const auto& trial) {
            return trial.accelerator == accelerator;
        });
        if (!same_machine) continue;
        const auto evidence = verdict::unpatched_evidence(trial_records(store, other.id), sum.form);
        if (evidence.hits == 0 && !(evidence.exposure > 0)) continue;
        sum.hits += evidence.hits;
        sum.exposure += evidence.exposure;
        sum.jobs.push_back(other.id);
    }
    return sum;
}

}  // namespace krepro::pipeline
