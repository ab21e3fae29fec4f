// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evidence.hpp"

#include <algorithm>
#include <map>

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

}  // namespace

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
    plan.earlier = job.earlier;
    plan.alone = job.spec.alone;
    return plan;
}

std::vector<verdict::StartedTrial> started_trials(store::Store& store, std::int64_t job) {
    std::map<std::int64_t, std::vector<std::string>> others;
    for (const auto& report : store.reports(job))
        if (!report.target && speaks_against_a_patch(report.report))
            others[report.trial].push_back(report.report.signature);
    std::vector<verdict::StartedTrial> started;
    for (const auto& trial : store.trials(job)) {
        const bool running = !trial.outcome;
        started.push_back({{trial.arm, trial.form, trial.outcome.value_or(model::TrialOutcome{}),
                            others[trial.id]},
                           running});
    }
    return started;
}

std::vector<verdict::TrialRecord> trial_records(store::Store& store, std::int64_t job) {
    std::vector<verdict::TrialRecord> records;
    for (auto& trial : started_trials(store, job))
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
