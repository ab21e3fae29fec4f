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
#include "vm/exposure_meter.hpp"
#include "vm/workload_watch.hpp"

namespace krepro::vm {

// The limits of one trial.
struct TrialLimits {
    double boot_s = 60;                        // from start to "ready"
    double boot_silence_s = 12;                // without a console byte before "ready"
    double heartbeat_s = 20;                   // without a heartbeat after "ready"
    double wall_s = 240;                       // the whole trial
    double exposure_goal = 0;                  // end clean when reached; 0: none
    int iterations = 0;                        // end clean after this many; 0: no limit
    std::uint64_t console_bytes = 64U << 20U;  // more is a flood
    double after_hit_s = 2.5;  // wait this long for the heartbeat that closes a hit's exposure
    double iteration_s = 0;    // guest seconds, for units that are told when an iteration ends
    // Go on after the target's hit, to see what else this kernel shows at the age that clean boots
    // come to. The outcome is a hit all the same; its cause says what else there was.
    bool past_hit = false;
    model::ExposureUnit unit = model::ExposureUnit::deadline_exits;
    model::ArmName arm = model::ArmName::unpatched;
};

// What may happen to a VM, in the order in which it is seen.
struct ConsoleOutput {  // bytes arrived on ttyS0
    std::uint64_t bytes = 0;
};
struct HarnessOutput {  // bytes arrived on ttyS1, where a guest can flood as well
    std::uint64_t bytes = 0;
};
struct ReportSeen {
    const model::Report* report = nullptr;
    bool target = false;
};
// Whether the console has begun a report that is not complete yet.
struct SplatPending {
    bool pending = false;
};
struct HarnessLine {
    model::HarnessEvent event;
};
struct DomainCrashed {};  // pvpanic: the guest is paused and must be resumed to print the rest
struct DomainStopped {    // QEMU has ended or the guest has shut down
    std::string reason;
};
struct WatchdogFired {};
struct Tick {  // at least once a second
    // How long the host has ever slept: the monotonic clock stands still while it does.
    double host_slept_s = 0;
};
struct CancelRequested {
    model::Cause cause = model::Cause::cancelled;  // or interrupted
};
struct InfraFailed {
    std::string what;
};
using RunEvent =
    std::variant<ConsoleOutput, HarnessOutput, ReportSeen, SplatPending, HarnessLine, DomainCrashed,
                 DomainStopped, WatchdogFired, Tick, CancelRequested, InfraFailed>;

struct Continue {};
struct Resume {};  // the crashed domain, to let it print
struct EndTrial {  // destroy the domain; the trial is over
    model::TrialOutcome outcome;
};
using RunAction = std::variant<Continue, Resume, EndTrial>;

// What a report that is not the target means for the trial.
enum class ReportClass {
    side,   // noise of a slow machine: noted, nothing more
    splat,  // lockdep lives on: the trial goes on and is `other` at its end
    blind,  // lockdep is off, or the kernel has oopsed: no evidence can follow
    stall,  // lockup, hung task, RCU stall: the host's or the load's doing, or the patch's
    panic,
};

[[nodiscard]] ReportClass classify(const model::Report& report);

// One trial as a state machine without I/O: lines, heartbeats, timeouts, a stopped domain and a
// cancel race there, and only there. on() is called with monotonic `now`; after EndTrial it must
// not be called again.
//
// Who wins: a hit that was seen is a hit, whatever else happens while its exposure is closed. Then
// comes what the kernel said (reports, panic), then silence, then the limits. On the patched arm a
// hang, a panic or a splat under load is `other`, never void: a retry must not wash it away.
class RunMonitor {
  public:
    RunMonitor(TrialLimits limits, util::SteadyTime start);
    RunAction on(const RunEvent& event, util::SteadyTime now);
    // Evidence so far, for progress.
    [[nodiscard]] double exposure() const { return meter_.exposure(); }

  private:
    enum class Phase {
        booting,        // before "ready"
        loaded,         // the workload runs
        closing_hit,    // the target was seen: waiting for the heartbeat that ends its exposure
        past_hit,       // the hit is settled, the boot goes on
        closing_other,  // as above, for another report: the target may follow it
        blind_early,    // patched, lockdep off before the workload: the target may be why
        unexplained,    // lockdep is off: the report that says why may still come
        crashed,        // pvpanic: the rest of the panic may still come
        ended,
    };
    // A splat takes its time through an emulated UART: as long as the console talks, wait on.
    static constexpr double k_report_wait_s = 3;

    RunAction handle(const ConsoleOutput& output);
    RunAction handle(const HarnessOutput& output);
    RunAction handle(const ReportSeen& seen);
    RunAction handle(const SplatPending& splat);
    RunAction handle(const HarnessLine& line);
    RunAction handle(const DomainCrashed& crashed);
    RunAction handle(const DomainStopped& stopped);
    RunAction handle(const WatchdogFired& fired);
    RunAction handle(const Tick& tick);
    RunAction handle(const CancelRequested& request);
    RunAction handle(const InfraFailed& failure);

    RunAction count_output(std::uint64_t bytes);
    RunAction on_target(const model::Report& report);
    RunAction on_other(const model::Report& report);
    RunAction on_early_report(const model::Report& report, ReportClass what);
    RunAction on_ready(const model::HarnessEvent& event);
    RunAction on_heartbeat(const model::HarnessEvent& event);
    RunAction on_first_heartbeat(const model::HarnessEvent& event);
    RunAction on_live_heartbeat(const model::HarnessEvent& event);
    RunAction on_iteration_start(const model::HarnessEvent& event);
    RunAction on_iteration_end(const model::HarnessEvent& event);
    RunAction on_boot_tick();
    RunAction on_loaded_tick();
    RunAction on_phase_timeout();

    // What is settled already, when something from outside ends the trial.
    std::optional<RunAction> settled();
    RunAction close_hit();
    [[nodiscard]] double hit_exposure() const;
    RunAction end_hit(std::optional<model::Cause> what_else = std::nullopt);
    RunAction on_heartbeat_past_hit(const model::HarnessEvent& event);
    RunAction on_tick_past_hit();
    RunAction end_exited(const std::string& reason);
    RunAction end_reported();
    RunAction end_blind_early();
    RunAction end_finished();
    // A report that is being printed may be the target: no end is clean before it is read.
    [[nodiscard]] bool held_by_a_splat();
    RunAction end_silent();
    RunAction end_panicked();
    RunAction end_void(model::Cause cause, std::string detail);
    RunAction end_other(model::Cause cause, std::string detail);
    RunAction end(model::OutcomeKind kind, std::optional<model::Cause> cause, std::string detail);

    void enter(Phase phase, double timeout_s);
    // Silence while krepro itself did not run says nothing about the guest.
    void forgive_pause(double seconds);
    void linger(double uptime);
    void prove(std::string_view line);
    // Whether a heartbeat is older than the report whose exposure it would close: two UARTs race.
    [[nodiscard]] bool precedes_report(const model::HarnessEvent& event) const;
    [[nodiscard]] static std::string heartbeat_words(const model::HarnessEvent& event);
    // How long the heartbeat that closes an exposure may take.
    [[nodiscard]] double closing_s() const;
    [[nodiscard]] bool patched() const { return limits_.arm == model::ArmName::patched; }
    [[nodiscard]] double since(util::SteadyTime time) const;

    TrialLimits limits_;
    util::SteadyTime start_;
    util::SteadyTime now_;
    util::SteadyTime last_console_;
    util::SteadyTime last_heartbeat_;
    util::SteadyTime last_tick_;
    util::SteadyTime phase_began_;
    double phase_timeout_s_ = 0;
    Phase phase_ = Phase::booting;
    ExposureMeter meter_;
    WorkloadWatch workload_;
    model::TrialOutcome outcome_;  // fills as the trial goes
    std::string title_;            // of the report that decides
    std::string other_title_;      // of the first other splat
    std::string fresh_title_;      // of the first one since lockdep was last seen alive
    std::string panic_title_;
    std::optional<double> hit_uptime_;  // guest time of the target, where its lines have one
    bool hit_blinds_ = false;           // the target has switched lockdep off
    // Of a patched trial when another report blinded it: what follows is no evidence.
    std::optional<double> exposure_before_other_;
    std::optional<model::HarnessEvent> heartbeat_;  // the last one since "ready"
    bool done_ = false;                   // the harness has run its iterations and powers off
    std::optional<double> linger_until_;  // guest time
    bool splat_pending_ = false;
    std::optional<util::SteadyTime> held_since_;  // the clean end
    std::optional<double> host_slept_s_;          // at the last tick
    std::uint64_t output_bytes_ = 0;              // of both UARTs
};

}  // namespace krepro::vm
