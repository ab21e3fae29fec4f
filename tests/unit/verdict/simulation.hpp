// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "verdict/next.hpp"

namespace krepro::verdict::simulation {

// A bug, a patch and a host, with the grain of the real system: a heartbeat a second; a hit's
// exposure runs to the first heartbeat after it, a clean trial's to its last one; a trial ends when
// it has its goal and has lingered, or at its wall limit.
struct World {
    double hit_share = 0.5;     // of full-length unpatched trials that hit
    double patched_rate = 1;    // in units of the unpatched rate: 0 is a perfect fix
    double void_share = 0;      // of trials that would be void if the bug did not come first
    double void_loaded = 0.5;   // of those: under load, at any time; the others never boot
    double patched_panics = 0;  // share of patched boots that panic, which no other boot does
    double patched_deaths = 0;  // share of patched boots that end without a word, likewise
    double able_share = 1;      // of boots that can hit at all
    double young_s = 1e9;       // after so long under load a boot hits no more
    double boot_s = 8;
    double void_s = 20;     // what a void trial costs
    double loaded_s = 232;  // of a full-length trial after "ready"
    double linger_s = 3;
};

struct JobResult {
    model::Verdict verdict;
    double vm_s = 0;
    int trials = 0;
    std::vector<TrialRecord> records;
};

class Simulator {
  public:
    Simulator(World world, unsigned seed) : world_(world), random_(seed) {
        hit_rate_ = -std::log1p(-world_.hit_share) / world_.loaded_s;
    }

    model::TrialOutcome trial(model::ArmName arm, double goal) {
        const double rate =
            arm == model::ArmName::unpatched ? hit_rate_ : hit_rate_ * world_.patched_rate;
        const double wanted =
            goal > 0 ? std::min(std::ceil(goal), world_.loaded_s) : world_.loaded_s;
        const double watched = std::min(wanted + world_.linger_s, world_.loaded_s);
        double hit_at = rate > 0 ? -std::log1p(-uniform()) / rate : watched + 1;
        if (hit_at > world_.young_s) hit_at = watched + 1;
        if (world_.able_share < 1 && uniform() >= world_.able_share) hit_at = watched + 1;
        if (uniform() < world_.void_share) {
            if (uniform() >= world_.void_loaded) return boot_hang();
            const double void_at = uniform() * world_.loaded_s;
            if (void_at < std::min(hit_at, watched)) return void_under_load(arm, void_at);
        }
        return hit_at < watched ? hit_trial(hit_at) : clean_trial(wanted, watched);
    }

    // With what its reports were.
    TrialRecord record(const RunTrial& run) {
        const bool patched = run.arm == model::ArmName::patched;
        const double panics = patched ? world_.patched_panics : 0;
        const double deaths = patched ? world_.patched_deaths : 0;
        const double fate = panics + deaths > 0 ? uniform() : 1;
        if (fate < panics) return {run.arm, run.form, no_boot(), {"panic|only_patched"}};
        if (fate < panics + deaths) return {run.arm, run.form, no_boot(), {}};
        return {run.arm, run.form, trial(run.arm, run.exposure_goal), {}};
    }

    JobResult job(const Plan& plan) {
        std::vector<TrialRecord> trials;
        JobResult result;
        for (;;) {
            const Decision decision = decide(plan, trials);
            if (const auto* stop = std::get_if<Stop>(&decision)) {
                result.verdict = stop->verdict;
                result.records = std::move(trials);
                return result;
            }
            const auto& run = std::get<RunTrial>(decision);
            trials.push_back(record(run));
            result.vm_s += trials.back().outcome.wall_s;
            ++result.trials;
        }
    }

    // The same with trials side by side: each ends when its own time is over.
    JobResult job_at_once(const Plan& plan, int at_once) {
        std::vector<StartedTrial> trials;
        std::vector<Running> running;
        double now = 0;
        JobResult result;
        for (;;) {
            const Step step = next(plan, trials, {true, at_once});
            if (const auto* stop = std::get_if<Stop>(&step)) {
                result.verdict = stop->verdict;
                for (const auto& left : running) result.vm_s -= left.ends_at - now;
                return result;
            }
            if (const auto* run = std::get_if<RunTrial>(&step)) {
                const auto outcome = trial(run->arm, run->exposure_goal);
                running.push_back({trials.size(), now + outcome.wall_s, outcome});
                trials.push_back({{run->arm, run->form, {}, {}}, true});
                result.vm_s += outcome.wall_s;
                ++result.trials;
                continue;
            }
            const auto first = std::min_element(
                running.begin(), running.end(),
                [](const Running& a, const Running& b) { return a.ends_at < b.ends_at; });
            now = first->ends_at;
            trials[first->index].running = false;
            trials[first->index].record.outcome = first->outcome;
            running.erase(first);
        }
    }

    // A job that counts what one before it has seen of the same unpatched kernel.
    JobResult job_after_another(Plan plan) {
        const JobResult first = job(plan);
        plan.earlier = unpatched_evidence(first.records, plan.form);
        return job(plan);
    }

    double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  private:
    struct Running {
        std::size_t index;
        double ends_at;
        model::TrialOutcome outcome;
    };

    [[nodiscard]] model::TrialOutcome boot_hang() const {
        model::TrialOutcome outcome;
        outcome.kind = model::OutcomeKind::none;
        outcome.cause = model::Cause::boot_hang;
        outcome.wall_s = world_.void_s;
        return outcome;
    }
    [[nodiscard]] model::TrialOutcome no_boot() const {
        auto outcome = boot_hang();
        outcome.cause = model::Cause::no_boot;
        return outcome;
    }
    [[nodiscard]] model::TrialOutcome void_under_load(model::ArmName arm, double void_at) const {
        model::TrialOutcome outcome;
        outcome.kind = model::OutcomeKind::none;
        outcome.cause = model::Cause::early_exit;
        outcome.exposure = std::floor(void_at) + (arm == model::ArmName::unpatched ? 1 : 0);
        outcome.wall_s = world_.boot_s + void_at;
        return outcome;
    }
    [[nodiscard]] model::TrialOutcome hit_trial(double hit_at) const {
        model::TrialOutcome outcome;
        outcome.kind = model::OutcomeKind::hit;
        outcome.exposure = std::floor(hit_at) + 1;
        outcome.wall_s = world_.boot_s + outcome.exposure;
        return outcome;
    }
    [[nodiscard]] model::TrialOutcome clean_trial(double counted, double watched) const {
        model::TrialOutcome outcome;
        outcome.kind = model::OutcomeKind::clean;
        outcome.exposure = counted;
        outcome.wall_s = world_.boot_s + watched;
        return outcome;
    }

    World world_;
    double hit_rate_ = 0;
    std::mt19937_64 random_;
};

// A plan whose budget never decides: what the rule itself does.
inline Plan unlimited_plan() {
    Plan plan;
    plan.budget_wall_s = 1e9;
    plan.budget_trials = 1000000;
    plan.form = model::WorkloadForm::amplified;
    plan.unit = model::ExposureUnit::guest_seconds;
    return plan;
}

}  // namespace krepro::verdict::simulation
