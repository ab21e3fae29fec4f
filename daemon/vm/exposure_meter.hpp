// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "model/harness.hpp"
#include "model/workload.hpp"

namespace krepro::vm {

// Counts the exposure of one trial from its heartbeats. What lies between two heartbeats counts
// when lockdep is alive at the later one: lockdep never comes back, so it was alive all the while.
// A heartbeat gap of more than three beats counts nothing in guest seconds, for nobody knows how
// much of it the guest ran; exits of deadline tasks are counted in the guest and have no gaps.
// stress-ng tells its bogo operations when an iteration ends: the first heartbeat after that has
// all of them, and an iteration that has not ended has none yet. Guest seconds are those of the
// script: a pause between two iterations is none of them.
class ExposureMeter {
  public:
    explicit ExposureMeter(model::ExposureUnit unit) : unit_(unit) {}

    // "ready": where exposure begins.
    void begin(const model::HarnessEvent& ready);
    void add(const model::HarnessEvent& heartbeat);
    // Guest seconds: from here on the script does not run, or runs again.
    void rest(double uptime);
    void work(double uptime);
    // Nothing counts from here on (a trial that has what it wanted and only lingers).
    void freeze() { frozen_ = true; }

    [[nodiscard]] double exposure() const { return exposure_; }
    // For the arm whose exposure must not come out too small: runs to the first heartbeat at which
    // lockdep was off, or, where none came within `silence_s`, is estimated from the busiest beat.
    // In bogo operations it runs to the end of the iteration, or takes the busiest one for it.
    [[nodiscard]] double exposure_to_the_end(double silence_s) const;
    // Whether exposure_to_the_end() is known: it is not while the guest has counted nothing from
    // which a beat, or in bogo operations an iteration, could be estimated.
    [[nodiscard]] bool reaches_the_end() const;
    // Whether the last heartbeat brought what closes the exposure of a hit before it.
    [[nodiscard]] bool closes() const;
    // It did: what follows the hit is counted up to that heartbeat.
    void settle() { settled_ = true; }
    // Of deadline tasks since "ready".
    [[nodiscard]] double exits() const { return exits_; }

  private:
    [[nodiscard]] bool in_ops() const { return unit_ == model::ExposureUnit::bogo_ops; }
    [[nodiscard]] double delta_to(const model::HarnessEvent& heartbeat) const;
    // Seconds without the script since the last heartbeat.
    [[nodiscard]] double rested_until(double uptime) const;

    model::ExposureUnit unit_;
    double exposure_ = 0;
    double exits_ = 0;
    double busiest_delta_ = 0;
    std::optional<double> blind_delta_;  // of the first heartbeat with lockdep off
    std::optional<double> last_uptime_;
    std::optional<double> last_exits_;
    std::optional<double> resting_since_;
    double rested_s_ = 0;  // since the last heartbeat, in pauses that are over
    double last_ops_ = 0;
    double last_delta_ = 0;
    bool frozen_ = false;
    bool settled_ = false;
};

}  // namespace krepro::vm
