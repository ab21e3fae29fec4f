// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/harness.hpp"
#include "model/report.hpp"
#include "model/trial.hpp"
#include "util/clock.hpp"

namespace krepro::vm {

// The limits of one trial.
struct TrialLimits {
    double boot_s = 60;           // from start to "ready"
    double boot_silence_s = 15;   // without a console byte before "ready"
    double heartbeat_s = 20;      // without a heartbeat after "ready"
    double wall_s = 240;          // the whole trial
    double exposure_goal = 0;     // end clean when reached; 0: none
    int iterations = 0;           // end clean after this many; 0: no limit
    std::uint64_t console_bytes = 64U << 20U;  // more is a flood
    double after_hit_s = 2.5;     // wait this long for the heartbeat that closes a hit's exposure
    model::ExposureUnit unit = model::ExposureUnit::deadline_exits;
    model::ArmName arm = model::ArmName::unpatched;
};

// What may happen to a VM, in the order in which it is seen.
struct ConsoleOutput {  // bytes arrived on ttyS0
    std::uint64_t bytes = 0;
};
struct ReportSeen {
    const model::Report* report = nullptr;
    bool target = false;
};
struct HarnessLine {
    model::HarnessEvent event;
};
struct DomainCrashed {};  // pvpanic: the guest is paused and must be resumed to print the rest
struct DomainStopped {    // QEMU has ended or the guest has shut down
    std::string reason;
};
struct WatchdogFired {};
struct Tick {};           // at least once a second
struct CancelRequested {
    model::Cause cause = model::Cause::cancelled;  // or interrupted
};
struct InfraFailed {
    std::string what;
};
using RunEvent = std::variant<ConsoleOutput, ReportSeen, HarnessLine, DomainCrashed, DomainStopped,
                              WatchdogFired, Tick, CancelRequested, InfraFailed>;

struct Continue {};
struct Resume {};  // the crashed domain, to let it print
struct EndTrial {  // destroy the domain; the trial is over
    model::TrialOutcome outcome;
};
using RunAction = std::variant<Continue, Resume, EndTrial>;

// One trial as a state machine without I/O: lines, heartbeats, timeouts, a stopped domain and a
// cancel race here, and only here. on() is called with monotonic `now`; after EndTrial it must
// not be called again.
class RunMonitor {
  public:
    RunMonitor(TrialLimits limits, util::SteadyTime start);
    RunAction on(const RunEvent& event, util::SteadyTime now);
    // Evidence so far, for progress.
    [[nodiscard]] double exposure() const { return exposure_; }

  private:
    // (the implementer owns everything below)
    TrialLimits limits_;
    util::SteadyTime start_;
    double exposure_ = 0;
};

}  // namespace krepro::vm
