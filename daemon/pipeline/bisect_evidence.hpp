// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/bisection.hpp"
#include "store/store.hpp"
#include "verdict/bisect.hpp"
#include "verdict/decide.hpp"

namespace krepro::pipeline {

// A step of a bisection with what its job has come to.
struct StepRecord {
    model::BisectionStep step;
    model::Job job;
    std::vector<verdict::TrialRecord> trials;  // that have ended
};

// All of one bisection's, in their order. Runs on the store's thread.
[[nodiscard]] std::vector<StepRecord> step_records(store::Store& store, std::int64_t bisection);

// What the steps say about each place of the line. A kernel that does not build, does not boot or
// gives no evidence, or hardly any, makes its commit one that cannot be tested, unless another test
// of it hit. What such a commit has shown clean counts as the exposure of void boots.
[[nodiscard]] std::vector<verdict::CommitEvidence> commit_evidence(
    std::size_t commits, std::span<const StepRecord> steps);

// What a step costs, as those before it show.
[[nodiscard]] verdict::BisectPlan bisect_plan(const model::BisectionSpec& spec,
                                              std::span<const StepRecord> steps);

// What is left of the bisection's budget.
[[nodiscard]] model::Budget budget_left(const model::BisectionSpec& spec,
                                        std::span<const StepRecord> steps);

// Of it, what one test may use: enough for what it is to show, and no more, so that a kernel that
// gives no evidence does not use up what the others need.
[[nodiscard]] model::Budget budget_of(const verdict::TestCommit& test, model::Budget left,
                                      std::span<const StepRecord> steps);

// Why the bisection cannot go on after this step, if it cannot: its job was cancelled, or the
// machine failed.
[[nodiscard]] std::optional<util::Error> failure_of(const StepRecord& step);

}  // namespace krepro::pipeline
