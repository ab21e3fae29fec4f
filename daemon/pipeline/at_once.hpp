// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/json.hpp"
#include "model/workload.hpp"

namespace krepro::pipeline {

// What jobs have measured with so many trials side by side: of one workload on one host.
struct Pace {
    int at_once = 1;
    double exposure = 0;
    double wall_s = 0;  // while trials ran

    bool operator==(const Pace&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(model::field("at_once", &Pace::at_once),
                               model::field("exposure", &Pace::exposure),
                               model::field("wall_s", &Pace::wall_s));
    }
};

// Measures it for the trials of one form, which one job counts apart from those of the other.
class PaceMeter {
  public:
    void begin_trial(int at_once, std::chrono::steady_clock::time_point now);
    void end_trial(std::chrono::steady_clock::time_point now);
    void add_exposure(double exposure) { pace_.exposure += exposure; }
    [[nodiscard]] const Pace& pace() const { return pace_; }

  private:
    Pace pace_;
    int running_ = 0;
    std::chrono::steady_clock::time_point since_;
};

struct Paces {
    std::vector<Pace> paces;  // by at_once, from 1 without a gap

    bool operator==(const Paces&) const = default;
    static constexpr auto fields() { return std::make_tuple(model::field("paces", &Paces::paces)); }
};

// What a host has for guests.
struct Room {
    int cores = 1;
    long memory_mib = 0;  // available now
};

// Where the store keeps the paces of a workload: host, accelerator, script and machine.
[[nodiscard]] std::string pace_key(const std::string& host, const std::string& accelerator,
                                   const model::Workload& workload);

// The most trials that cores and memory allow. An emulated vCPU is a busy thread and gets a core of
// its own; with KVM two share one.
[[nodiscard]] int most_at_once(const Room& room, const std::string& accelerator,
                               const model::Workload& workload);

// How many of the `held` that the job began with: as many as the cores allow for this form of its
// workload, and one when memory is short. Fewer load the host less, which ends no job: its evidence
// is counted by exposure.
[[nodiscard]] int fitting_at_once(int held, const Room& room, const std::string& accelerator,
                                  const model::Workload& workload);

// How many a job is to run: as many as gave the most exposure a second, and one more when the last
// one more has paid and nobody has tried it. One job holds to one number, so that its two arms are
// compared under the same load.
[[nodiscard]] int choose_at_once(const Paces& known, int most);

// Adds what a job has measured; older jobs fade, for hosts change.
[[nodiscard]] Paces with_pace(Paces known, const Pace& measured);

// This host, now.
[[nodiscard]] Room room_here();

}  // namespace krepro::pipeline
