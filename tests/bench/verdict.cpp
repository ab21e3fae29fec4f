// SPDX-License-Identifier: Apache-2.0
//
// How often does a patch that does nothing pass as fixed, and what does a job cost? Simulated jobs
// with the grain of the real system (see simulation.hpp), under krepro's rule and beside it under
// the rules that others use: run the patched kernel n times and call any crash "not fixed".
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "../unit/verdict/simulation.hpp"

namespace krepro::verdict {
namespace {

using model::OutcomeKind;
using model::VerdictKind;
using simulation::Simulator;
using simulation::World;

constexpr double k_confidence = 0.95;
constexpr double k_alpha = 1 - k_confidence;
constexpr int k_jobs = 10000;  // a cell, for the error
constexpr int k_at_once = 4;
constexpr int k_cost_jobs = 1000;  // a cell, for the cost
constexpr double k_lowest_share = 0.02;
constexpr double k_highest_share = 0.95;
constexpr std::array k_void_shares{0.0, 0.1, 0.3};

std::vector<double> hit_shares() {
    std::vector<double> shares{k_lowest_share};
    for (int percent = 5; percent <= 95; percent += 5) shares.push_back(percent / 100.0);
    return shares;
}

Plan plan_with_control(bool control) {
    Plan plan = simulation::unlimited_plan();
    plan.confidence = k_confidence;
    plan.confirm_assay = control;
    return plan;
}

struct Measured {
    double fixed = 0;         // share of the jobs
    double inconclusive = 0;  // share of the jobs
    double vm_s = 0;          // a job, in the mean
};

// Jobs under some rule; the rule is given the simulator and returns a JobResult.
template <class Rule>
Measured measure(const World& world, int jobs, const Rule& rule) {
    Simulator simulator(world, 20240229);
    Measured measured;
    for (int i = 0; i < jobs; ++i) {
        const simulation::JobResult result = rule(simulator);
        measured.fixed += result.verdict.kind == VerdictKind::fixed ? 1 : 0;
        measured.inconclusive += result.verdict.kind == VerdictKind::inconclusive ? 1 : 0;
        measured.vm_s += result.vm_s;
    }
    measured.fixed /= jobs;
    measured.inconclusive /= jobs;
    measured.vm_s /= jobs;
    return measured;
}

auto krepro_rule(bool control) {
    return
        [plan = plan_with_control(control)](Simulator& simulator) { return simulator.job(plan); };
}

// The same with trials side by side.
auto at_once_rule(bool control) {
    return [plan = plan_with_control(control)](Simulator& simulator) {
        return simulator.job_at_once(plan, k_at_once);
    };
}

// The same with a warm start, over the evidence of one job before.
auto warm_rule() {
    return [plan = plan_with_control(true)](Simulator& simulator) {
        return simulator.job_after_another(plan);
    };
}

// One full-length trial of an arm, repeated until it is not void.
model::TrialOutcome trial_with_evidence(Simulator& simulator, model::ArmName arm, double& vm_s) {
    for (;;) {
        auto outcome = simulator.trial(arm, 0);
        vm_s += outcome.wall_s;
        if (outcome.kind != OutcomeKind::none) return outcome;
    }
}

// The bug is seen once without the patch; then the patched kernel runs n times.
auto n_run_rule(int runs) {
    return [runs](Simulator& simulator) {
        simulation::JobResult result;
        result.verdict.kind = VerdictKind::fixed;
        while (trial_with_evidence(simulator, model::ArmName::unpatched, result.vm_s).kind !=
               OutcomeKind::hit)
            continue;
        for (int i = 0; i < runs; ++i) {
            if (trial_with_evidence(simulator, model::ArmName::patched, result.vm_s).kind !=
                OutcomeKind::hit)
                continue;
            result.verdict.kind = VerdictKind::not_fixed;
            break;
        }
        return result;
    };
}

// Runs that a rule of fixed n needs so that its error is alpha at this share of hits.
int runs_for(double hit_share) {
    return static_cast<int>(std::ceil(std::log(k_alpha) / std::log1p(-hit_share)));
}

World world_of(double hit_share, double void_share, double patched_rate) {
    World world;
    world.hit_share = hit_share;
    world.void_share = void_share;
    world.patched_rate = patched_rate;
    return world;
}

struct Worst {
    double krepro = 0;
    double at_once = 0;
    double warm = 0;
    double three_runs = 0;
    double twenty_runs = 0;
    double fixed_runs = 0;
};

// A patch that does nothing: the share of jobs that call it fixed.
Worst print_errors() {
    fmt::print(
        "False `fixed`, {} jobs a cell, both kernels the same; hit = share of full-length "
        "trials that hit\n\n",
        k_jobs);
    fmt::print(
        "  hit | krepro, voids 0 %   10 %   30 % | no control | warm start | inconclusive at 30 % "
        "| "
        "3 runs  20 runs  {} runs\n",
        runs_for(k_lowest_share));
    Worst worst;
    for (const double share : hit_shares()) {
        std::array<Measured, k_void_shares.size()> cells;
        for (std::size_t i = 0; i < cells.size(); ++i)
            cells[i] = measure(world_of(share, k_void_shares[i], 1), k_jobs, krepro_rule(true));
        const World same = world_of(share, 0, 1);
        const auto bare = measure(same, k_jobs, krepro_rule(false));
        const auto warm = measure(same, k_jobs, warm_rule());
        const auto three = measure(same, k_jobs, n_run_rule(3));
        const auto twenty = measure(same, k_jobs, n_run_rule(20));
        const auto many = measure(same, k_jobs, n_run_rule(runs_for(k_lowest_share)));
        fmt::print(
            " {:.2f} | {:17.4f} {:6.4f} {:6.4f} | {:10.4f} | {:10.4f} | {:20.4f} | {:6.4f} {:8.4f} "
            "{:9.4f}\n",
            share, cells[0].fixed, cells[1].fixed, cells[2].fixed, bare.fixed, warm.fixed,
            cells[2].inconclusive, three.fixed, twenty.fixed, many.fixed);
        for (const auto& cell : cells) worst.krepro = std::max(worst.krepro, cell.fixed);
        worst.krepro = std::max(worst.krepro, bare.fixed);
        worst.warm = std::max(worst.warm, warm.fixed);
        worst.three_runs = std::max(worst.three_runs, three.fixed);
        worst.twenty_runs = std::max(worst.twenty_runs, twenty.fixed);
        worst.fixed_runs = std::max(worst.fixed_runs, many.fixed);
    }
    fmt::print(
        "\nworst: krepro {:.4f}, with a warm start {:.4f}, 3 runs {:.4f}, 20 runs {:.4f}, {} runs "
        "{:.4f}; alpha "
        "{:.2f}, simulation error {:.4f} (one standard deviation)\n\n",
        worst.krepro, worst.warm, worst.three_runs, worst.twenty_runs, runs_for(k_lowest_share),
        worst.fixed_runs, k_alpha, std::sqrt(k_alpha * (1 - k_alpha) / k_jobs));
    return worst;
}

// As print_errors(), with trials that run side by side.
double print_errors_at_once() {
    fmt::print("False `fixed` with {} trials at once, {} jobs a cell\n\n", k_at_once, k_jobs);
    fmt::print("  hit | voids 0 %   10 %   30 % | no control | VM-s, fix: one by one  at once\n");
    double worst = 0;
    for (const double share : hit_shares()) {
        std::array<double, k_void_shares.size()> cells{};
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const World world = world_of(share, k_void_shares[i], 1);
            cells[i] = measure(world, k_jobs, at_once_rule(true)).fixed;
            worst = std::max(worst, cells[i]);
        }
        const auto bare = measure(world_of(share, 0, 1), k_jobs, at_once_rule(false));
        worst = std::max(worst, bare.fixed);
        const World fix = world_of(share, 0, 0);
        const auto one = measure(fix, k_cost_jobs, krepro_rule(true));
        const auto many = measure(fix, k_cost_jobs, at_once_rule(true));
        fmt::print(" {:.2f} | {:9.4f} {:6.4f} {:6.4f} | {:10.4f} | {:21.0f} {:8.0f}\n", share,
                   cells[0], cells[1], cells[2], bare.fixed, one.vm_s, many.vm_s);
    }
    fmt::print("\nworst: {:.4f}\n\n", worst);
    return worst;
}

// The share of real fixes that are proved within the budget that a job has when it asks for none.
double proved_in_default_budget(const World& world) {
    Plan plan = plan_with_control(true);
    plan.budget_wall_s = Plan{}.budget_wall_s;
    plan.budget_trials = Plan{}.budget_trials;
    const auto rule = [&plan](Simulator& simulator) { return simulator.job(plan); };
    return measure(world, k_cost_jobs, rule).fixed;
}

void print_costs_by_rate() {
    const int runs = runs_for(k_lowest_share);
    fmt::print(
        "VM-seconds a job, control included. An oracle that knows the rate would do with n runs;\n"
        "nobody tells a rule how often the bug hits, so one of fixed n takes the n of the rarest.\n"
        "\n  hit |  krepro, fix    no fix  warm, fix |  {} runs, fix    no fix | oracle n, fix | "
        "proved "
        "within "
        "{:.0f} s\n",
        runs, Plan{}.budget_wall_s);
    for (const double share : hit_shares()) {
        const World fix = world_of(share, 0, 0);
        const World none = world_of(share, 0, 1);
        const auto ours_fix = measure(fix, k_cost_jobs, krepro_rule(true));
        const auto warm_fix = measure(fix, k_cost_jobs, warm_rule());
        const auto ours_none = measure(none, k_cost_jobs, krepro_rule(true));
        const auto fixed_fix = measure(fix, k_cost_jobs, n_run_rule(runs));
        const auto fixed_none = measure(none, k_cost_jobs, n_run_rule(runs));
        const auto oracle = measure(fix, k_cost_jobs, n_run_rule(runs_for(share)));
        fmt::print(" {:.2f} | {:12.0f} {:9.0f} {:10.0f} | {:14.0f} {:9.0f} | {:13.0f} | {:18.2f}\n",
                   share, ours_fix.vm_s, ours_none.vm_s, warm_fix.vm_s, fixed_fix.vm_s,
                   fixed_none.vm_s, oracle.vm_s, proved_in_default_budget(fix));
    }
}

// VM-seconds of the rule of fixed n over those of krepro, at equal error, in the mean over jobs
// whose rates lie evenly between the lowest and the highest; every second patch is a real fix.
double saved_in_the_mean() {
    const auto rule = krepro_rule(true);
    const auto many = n_run_rule(runs_for(k_lowest_share));
    double ours = 0;
    double theirs = 0;
    for (int i = 0; i < k_jobs; ++i) {
        const double share =
            k_lowest_share + (k_highest_share - k_lowest_share) * (i + 0.5) / k_jobs;
        const World world = world_of(share, 0, i % 2);
        Simulator simulator(world, static_cast<unsigned>(i));
        ours += rule(simulator).vm_s;
        theirs += many(simulator).vm_s;
    }
    fmt::print(
        "\nmean over {} jobs with rates drawn evenly from {} to {}, every second patch a "
        "real fix:\nkrepro {:.0f} s, fixed n {:.0f} s, {:.2f} times fewer VM-seconds\n\n",
        k_jobs, k_lowest_share, k_highest_share, ours / k_jobs, theirs / k_jobs, theirs / ours);
    return theirs / ours;
}

}  // namespace
}  // namespace krepro::verdict

int main() {
    auto worst = krepro::verdict::print_errors();
    worst.at_once = krepro::verdict::print_errors_at_once();
    krepro::verdict::print_costs_by_rate();
    const double saved = krepro::verdict::saved_in_the_mean();
    fmt::print(
        R"({{"worst_false_fixed": {:.4f}, "warm_false_fixed": {:.4f}, "at_once_false_fixed": {:.4f}, "alpha": {:.2f}, )"
        R"("three_run_false_fixed": {:.4f}, "vm_seconds_saved": {:.2f}}})"
        "\n",
        worst.krepro, worst.warm, worst.at_once, krepro::verdict::k_alpha, worst.three_runs, saved);
}
