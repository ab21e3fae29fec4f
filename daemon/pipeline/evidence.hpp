// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/job.hpp"
#include "store/store.hpp"
#include "verdict/next.hpp"

namespace krepro::pipeline {

// What the rule is asked, by what the job asks for.
[[nodiscard]] verdict::Plan plan_of(const model::Job& job);

// Whether a report that is not the target may be what a patch has brought: noise of a slow machine
// is not, and stalls are counted by themselves.
[[nodiscard]] bool speaks_against_a_patch(const model::Report& report);

// The bug of a job whose mail has no trace: the signature that most closed trials without the patch
// showed first after "ready", the earliest of them when there are several. Empty when there is
// none. Until a job's target is settled such reports are marked as targets, each its trial's own
// candidate. Runs on the store's thread.
[[nodiscard]] std::string target_without_patch(store::Store& store, const model::Job& job);

// The same for a verdict: when nothing was seen without the patch, what most trials with it showed,
// for that is what the patch has brought. The job's own when it is settled.
[[nodiscard]] std::string target_of(store::Store& store, const model::Job& job);

// Whether the mail says what the target is.
[[nodiscard]] bool has_trace(const model::Job& job);

// The job's finished trials as the rule sees them. Runs on the store's thread.
[[nodiscard]] std::vector<verdict::TrialRecord> trial_records(store::Store& store,
                                                              std::int64_t job);

// The same with those that run, in the order of their start.
[[nodiscard]] std::vector<verdict::StartedTrial> started_trials(store::Store& store,
                                                                std::int64_t job);

// These with what only a lockdep that is on reports: what the rule is asked with.
[[nodiscard]] std::vector<verdict::StartedTrial> trials_of_rule(store::Store& store,
                                                                std::int64_t job);

// For a warm start: what done jobs before `mine` saw of the same bug, unpatched kernel and workload
// under the same accelerator, in the form that `mine` runs now. Runs on the store's thread.
[[nodiscard]] model::EarlierEvidence earlier_evidence(store::Store& store, const model::Job& mine,
                                                      const std::string& accelerator);

}  // namespace krepro::pipeline
