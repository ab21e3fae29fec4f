// SPDX-License-Identifier: Apache-2.0
#include "pipeline/bisect_evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/evidence.hpp"

namespace krepro::pipeline {

using model::OutcomeKind;
using model::VerdictKind;

namespace {

constexpr double k_build_s = 120;  // of a warm build, as long as none is on record
constexpr double k_step_s = 15;    // checkout, image, boot
constexpr int k_least_step_trials = 12;
constexpr double k_least_step_s = 300;

// A boot shows so much less a second than those of the other kernels when something else ends it.
constexpr double k_starved = 8;

// A void for which the kernel can do nothing, so that the next test of it may fare better.
bool is_the_hosts(const std::optional<model::Cause>& cause) {
    using model::Cause;
    switch (cause.value_or(Cause::boot_hang)) {
        case Cause::host_suspended:
        case Cause::host_stall:
        case Cause::infrastructure:
        case Cause::interrupted:
        case Cause::cancelled:
        case Cause::not_needed:
            return true;
        default:
            return false;
    }
}

bool is_untestable(const StepRecord& step) {
    const auto& job = step.job;
    if (!job.verdict) return false;
    if (job.verdict->kind == VerdictKind::inconclusive)
        return std::any_of(step.trials.begin(), step.trials.end(), [](const auto& trial) {
            return trial.outcome.kind == OutcomeKind::none && !is_the_hosts(trial.outcome.cause);
        });
    return job.verdict->kind == VerdictKind::error && job.problem && job.problem->arm;
}

// Of the trials that gave evidence, all commits together.
struct StepPace {
    double wall_s = 0, exposure = 0;
    int trials = 0;
};

StepPace pace_of(std::span<const StepRecord> steps) {
    StepPace pace;
    for (const auto& step : steps) {
        for (const auto& trial : step.trials) {
            if (trial.outcome.kind == OutcomeKind::none) continue;
            pace.wall_s += trial.outcome.wall_s;
            pace.exposure += trial.outcome.exposure;
            ++pace.trials;
        }
    }
    return pace;
}

// It stayed far from what it was to show: another bug ends its boots before the workload has done
// much. More tests of it would use up what the others need.
bool is_starved(const StepRecord& step, const StepPace& all) {
    const auto& verdict = step.job.verdict;
    if (!verdict || verdict->kind != VerdictKind::not_reproduced) return false;
    const auto own = pace_of({&step, 1});
    return 2 * own.exposure < step.step.exposure_goal &&
           k_starved * own.exposure * all.wall_s < all.exposure * own.wall_s;
}

// Most of its boots ended at another splat: what would have come behind it nobody knows, and it may
// be the bug itself in other words.
bool is_blinded(const StepRecord& step) {
    std::size_t counted = 0;
    std::size_t others = 0;
    for (const auto& trial : step.trials) {
        counted += trial.outcome.kind != OutcomeKind::none ? 1 : 0;
        others += trial.outcome.kind == OutcomeKind::other ? 1 : 0;
    }
    return 2 * others > counted;
}

// An alone kernel's sight of the bug that was made a hit though its exposure is not known.
bool is_measured(const model::TrialOutcome& hit) {
    return hit.exposure > 0 && hit.cause != model::Cause::uncounted &&
           hit.cause != model::Cause::lockdep_off_early;
}

// The median: the first kernel of a tree is built from nothing.
double build_s_of(std::span<const StepRecord> steps) {
    std::vector<double> times;
    for (const auto& step : steps)
        if (const auto& build = step.job.unpatched_build; build && !build->cached)
            times.push_back(build->wall_s);
    if (times.size() < 2) return k_build_s;
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

}  // namespace

std::vector<StepRecord> step_records(store::Store& store, std::int64_t bisection) {
    std::vector<StepRecord> records;
    for (const auto& step : store.steps(bisection))
        if (auto job = store.job(step.job)) {
            // A job that ended before its target was settled; all steps are about one bug.
            if (!has_trace(*job)) job->target_signature = target_of(store, *job);
            // Megabytes that say nothing about the step.
            job->spec.mail.clear();
            job->mail = {};
            records.push_back({step, std::move(*job), trial_records(store, step.job)});
        }
    return records;
}

std::vector<verdict::CommitEvidence> commit_evidence(std::size_t commits,
                                                     std::span<const StepRecord> steps) {
    std::vector<verdict::CommitEvidence> line(commits);
    const auto pace = pace_of(steps);
    for (const auto& step : steps) {
        auto& commit = line.at(static_cast<std::size_t>(step.step.place));
        commit.built = commit.built || step.job.unpatched_build.has_value();
        commit.skipped =
            commit.skipped || is_untestable(step) || is_starved(step, pace) || is_blinded(step);
        for (const auto& trial : step.trials) {
            const bool none = trial.outcome.kind == OutcomeKind::none;
            (none ? commit.void_exposure : commit.exposure) += trial.outcome.exposure;
            if (trial.outcome.kind == OutcomeKind::hit)
                ++(is_measured(trial.outcome) ? commit.hits : commit.sights);
        }
    }
    for (auto& commit : line) {
        commit.skipped = commit.skipped && !commit.is_bad();
        // No kernel is said to stay clean where most boots could not have hit.
        if (commit.skipped) commit.void_exposure += std::exchange(commit.exposure, 0);
    }
    return line;
}

verdict::BisectPlan bisect_plan(const model::BisectionSpec& spec,
                                std::span<const StepRecord> steps) {
    const auto pace = pace_of(steps);
    return {spec.confidence, build_s_of(steps), k_step_s,
            pace.exposure > 0 ? pace.wall_s / pace.exposure : 0};
}

model::Budget budget_left(const model::BisectionSpec& spec, std::span<const StepRecord> steps) {
    auto left = spec.budget;
    for (const auto& step : steps) {
        for (const auto& trial : step.trials) {
            left.wall_s -= trial.outcome.wall_s;
            --left.trials;
        }
    }
    return left;
}

model::Budget budget_of(const verdict::TestCommit& test, model::Budget left,
                        std::span<const StepRecord> steps) {
    const auto pace = pace_of(steps);
    if (!(test.exposure_goal > 0) || !(pace.exposure > 0)) return left;
    double boots = std::ceil(test.exposure_goal * pace.trials / pace.exposure);
    if (test.boot_exposure > 0)
        boots = std::max(boots, std::ceil(test.exposure_goal / test.boot_exposure));
    const double wall_s = test.exposure_goal * pace.wall_s / pace.exposure;
    const double trials = std::max<double>(k_least_step_trials, 3 * boots + 6);
    if (trials < left.trials) left.trials = static_cast<int>(trials);
    left.wall_s = std::min(left.wall_s, std::max(k_least_step_s, 60 + 4 * wall_s));
    return left;
}

std::optional<util::Error> failure_of(const StepRecord& step) {
    const auto& job = step.job;
    if (!job.verdict || job.verdict->kind != VerdictKind::error || is_untestable(step))
        return std::nullopt;
    const auto where = fmt::format("step {}, job {}", step.step.number, job.id);
    if (!job.problem)
        return util::Error{util::ErrorKind::internal, job.verdict->sentence, where, ""};
    const auto& hint = job.problem->hint;
    return util::Error{util::ErrorKind::unavailable, job.problem->what, where,
                       hint.empty() ? "resume the bisection when that is mended" : hint};
}

}  // namespace krepro::pipeline
