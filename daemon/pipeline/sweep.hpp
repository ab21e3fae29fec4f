// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model/json.hpp"
#include "model/trial.hpp"

namespace krepro::pipeline {

// What the trials of one workload on one kernel came to.
struct HitRate {
    int trials = 0;
    int hits = 0;
    int stalls = 0;
    int voids = 0;  // other than stalls
    double vm_s = 0;
    double exposure = 0;

    void add(const model::TrialOutcome& outcome);
    [[nodiscard]] double hits_per_minute() const { return vm_s > 0 ? 60 * hits / vm_s : 0; }

    bool operator==(const HitRate&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            model::field("trials", &HitRate::trials), model::field("hits", &HitRate::hits),
            model::field("stalls", &HitRate::stalls), model::field("voids", &HitRate::voids),
            model::field("vm_s", &HitRate::vm_s), model::field("exposure", &HitRate::exposure));
    }
};

// Which of some workloads hits soonest, with few trials: in each round every workload that is
// still in the race gets as many trials as it has had before (two at first), then the better half
// stays. What is compared are hits a VM-minute over all trials, those that stall or are void
// included, for they cost as much. Pure: it says what to run and is told what came of it.
class Sweep {
  public:
    explicit Sweep(std::size_t workloads);

    // The workload whose trial is next; nullopt when one alone is left and has had its rounds.
    [[nodiscard]] std::optional<std::size_t> next() const;
    void add(std::size_t workload, const model::TrialOutcome& outcome);

    [[nodiscard]] const std::vector<HitRate>& rates() const { return rates_; }
    // Still in the race.
    [[nodiscard]] bool races(std::size_t workload) const { return races_.at(workload); }
    // The one with the most hits a minute of those still in the race; nullopt as long as fewer than
    // two hits speak for it, which may be chance.
    [[nodiscard]] std::optional<std::size_t> best() const;

  private:
    [[nodiscard]] std::ptrdiff_t racing() const;
    void drop_worse_half();

    std::vector<HitRate> rates_;
    std::vector<bool> races_;
    int goal_ = 2;  // trials of each workload in the race, at the end of this round
};

}  // namespace krepro::pipeline
