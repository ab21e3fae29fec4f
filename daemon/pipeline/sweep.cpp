// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sweep.hpp"

#include <algorithm>

#include "verdict/decide.hpp"

namespace krepro::pipeline {
namespace {

constexpr int k_hits_that_speak = 2;
// Of the last two: more trials would change little, and cost as much as all before.
constexpr int k_most_trials = 8;

}  // namespace

void HitRate::add(const model::TrialOutcome& outcome) {
    const bool stalled = verdict::stalled_under_load(outcome);
    ++trials;
    hits += outcome.kind == model::OutcomeKind::hit ? 1 : 0;
    stalls += stalled ? 1 : 0;
    voids += outcome.kind == model::OutcomeKind::none && !stalled ? 1 : 0;
    vm_s += outcome.wall_s;
    exposure += outcome.exposure;
}

Sweep::Sweep(std::size_t workloads) : rates_(workloads), races_(workloads, true) {}

std::optional<std::size_t> Sweep::next() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < rates_.size(); ++i)
        if (races_[i] && rates_[i].trials < goal_ &&
            (!found || rates_[i].trials < rates_[*found].trials))
            found = i;
    return found;
}

void Sweep::add(std::size_t workload, const model::TrialOutcome& outcome) {
    rates_.at(workload).add(outcome);
    while (!next() && racing() > 1) {
        drop_worse_half();
        if (racing() > 1) goal_ = std::min(2 * goal_, k_most_trials);
    }
}

std::ptrdiff_t Sweep::racing() const {
    return std::count(races_.begin(), races_.end(), true);
}

void Sweep::drop_worse_half() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < races_.size(); ++i)
        if (races_[i]) order.push_back(i);
    // Equal ones stay in the order in which they were given: the rule's own is first.
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return rates_[a].hits_per_minute() > rates_[b].hits_per_minute();
    });
    for (std::size_t i = (order.size() + 1) / 2; i < order.size(); ++i) races_[order[i]] = false;
}

std::optional<std::size_t> Sweep::best() const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < rates_.size(); ++i)
        if (races_[i] && rates_[i].hits >= k_hits_that_speak &&
            (!best || rates_[i].hits_per_minute() > rates_[*best].hits_per_minute()))
            best = i;
    return best;
}

}  // namespace krepro::pipeline
